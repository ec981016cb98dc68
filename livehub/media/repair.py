"""Asking a publisher for the packets of one track that did not come: when, and by which timer."""

import asyncio
from collections.abc import Callable

from livehub.media.rtp import rtcp
from livehub.media.rtp.nack import NackGenerator, to_pairs
from livehub.media.timers import Timers


class Repair:
    """A track's NACKs. One timer at most, armed for what is due next."""

    #: what is due within this is asked for in the same datagram
    TOGETHER_S = 0.002

    def __init__(self, sender_ssrc: int, ssrc: int, timers: Timers, send_rtcp: Callable[[bytes], None]) -> None:
        self.nack = NackGenerator()
        self._ssrcs = sender_ssrc, ssrc
        self._timers = timers
        self._send_rtcp = send_rtcp
        self._timer: asyncio.TimerHandle | None = None
        self._due_s = float("inf")

    @property
    def round_trip_s(self) -> float | None:
        """To the publisher and back, as its answers show; None while nothing was lost."""
        return self.nack.round_trip_s

    def gap(self, newest: int, delta: int) -> bool:
        """As :meth:`livehub.media.rtp.nack.NackGenerator.gap`."""
        if not self.nack.gap(newest, delta, self._timers.monotonic()):
            self._disarm()
            return False
        self._arm()
        return True

    def received(self, sequence_number: int, *, repair: bool) -> None:
        self.nack.received(sequence_number, self._timers.monotonic(), repair=repair)

    def clear(self) -> None:
        """Nothing is missing any more: the source began anew, is muted, or has gone."""
        self.nack.clear()
        self._disarm()

    def _arm(self) -> None:
        due_s = self.nack.next_s()
        if due_s is None or due_s >= self._due_s:
            return
        self._disarm()
        self._due_s = due_s
        delay_s = max(due_s - self._timers.monotonic(), 0.0) + self.TOGETHER_S
        self._timer = self._timers.call_later(delay_s, self._ask)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._due_s = None, float("inf")

    def _ask(self) -> None:
        self._disarm()
        pairs = to_pairs(self.nack.due(self._timers.monotonic()))
        if pairs:
            self._send_rtcp(rtcp.pack_nack(*self._ssrcs, pairs))
        self._arm()
