"""Viewers on narrow links: their packets leave one by one, no faster than the link takes them, and not without bound.

A keyframe of fifty packets fills the queue of a slow link for a second, and what does not fit into it is lost. So a
viewer whose link has shown itself to be narrow leaves the fan-out (:mod:`livehub.media.fanout`) and gets a lane: a
short queue, emptied at a rate. If it grows over its bound, what waits of its least important slot is dropped as a
whole, and that slot goes on with a keyframe, which is asked for. Nobody else waits: one timer empties all lanes.
"""

from collections import deque
from collections.abc import Callable
from typing import Final, Protocol

from livehub.media.limits import MediaLimits
from livehub.media.rtp.cache import Packet
from livehub.media.timers import Timers

#: what a packet costs on the wire besides its payload: IP, UDP, RTP with extension, tag
OVERHEAD_BYTES: Final = 28 + 20 + 16


class PacedSlot(Protocol):
    """Implemented by :class:`livehub.media.paced.PacedSending`."""

    index: int

    def send_paced(self, packet: Packet) -> None: ...

    def give_up(self) -> None:
        """Its packets were dropped: go on at the next keyframe."""


class Lane:
    """One viewer's queue. ``on_overflow`` is called when too much waited, with the rate it is emptied at."""

    def __init__(self, pacer: "Pacer", limits: MediaLimits, on_overflow: Callable[[float], None]) -> None:
        self.rate_bps = float(limits.min_paced_bps)
        self.dropped = 0
        self._pacer = pacer
        self._limits = limits
        self._on_overflow = on_overflow
        self._queue: deque[tuple[PacedSlot, Packet]] = deque()
        self._octets = 0
        self._credit = 0.0
        self._credited_s = float("-inf")

    def __len__(self) -> int:
        return len(self._queue)

    @property
    def octets(self) -> int:
        return self._octets

    @property
    def bound_octets(self) -> float:
        """What the link takes in so long, but at least a small keyframe."""
        return max(self.rate_bps * self._limits.max_paced_s / 8, self._limits.min_paced_octets)

    def set_rate(self, rate_bps: float) -> None:
        self.rate_bps = max(rate_bps, self._limits.min_paced_bps)

    def put(self, slot: PacedSlot, packet: Packet) -> None:
        self._queue.append((slot, packet))
        self._octets += len(packet.payload) + OVERHEAD_BYTES
        if self._octets > self.bound_octets:
            self._drop()
        if self._queue:
            self._pacer.wake(self)

    def spend(self, octets: int) -> None:
        """Something was sent beside the queue, a resend: the queue waits so much longer."""
        self._settle(self._pacer.monotonic())
        self._credit -= octets + OVERHEAD_BYTES

    def _settle(self, now_s: float) -> None:
        burst = max(self.rate_bps * self._limits.paced_burst_s / 8, 3000.0)
        self._credit = min(self._credit + (now_s - self._credited_s) * self.rate_bps / 8, burst)
        self._credited_s = now_s

    def forget(self, slot: PacedSlot) -> None:
        """What waits of ``slot`` is not wanted any more."""
        kept = [item for item in self._queue if item[0] is not slot]
        self._queue = deque(kept)
        self._octets = sum(len(packet.payload) + OVERHEAD_BYTES for _, packet in kept)

    def _drop(self) -> None:
        before = len(self._queue)
        while self._queue and self._octets > self.bound_octets / 2:
            slot = max((slot for slot, _ in self._queue), key=lambda item: item.index)
            self.forget(slot)
            slot.give_up()
        self.dropped += before - len(self._queue)
        self._on_overflow(self.rate_bps)

    def drain(self, now_s: float) -> bool:
        """Send what there is credit for. False: nothing waits any more."""
        self._settle(now_s)
        while self._queue and self._credit > 0:
            slot, packet = self._queue.popleft()
            size = len(packet.payload) + OVERHEAD_BYTES
            self._octets -= size
            self._credit -= size
            slot.send_paced(packet)
        return bool(self._queue)


class Pacer:
    """Empties all lanes that have something, by one timer that runs while there are any."""

    def __init__(self, timers: Timers, limits: MediaLimits) -> None:
        self.monotonic = timers.monotonic
        self._timers = timers
        self._limits = limits
        self._waiting: dict[Lane, None] = {}
        self._armed = False
        self._lanes = 0

    def __len__(self) -> int:
        """Viewers that have a lane."""
        return self._lanes

    def open(self, on_overflow: Callable[[float], None]) -> Lane | None:
        """None when as many viewers are paced as may be: the others get their packets as they come."""
        if self._lanes >= self._limits.max_paced_viewers:
            return None
        self._lanes += 1
        return Lane(self, self._limits, on_overflow)

    def close(self, lane: Lane) -> None:
        """Its owner has taken its slots out of it."""
        self._lanes -= 1
        self._waiting.pop(lane, None)

    def wake(self, lane: Lane) -> None:
        if lane not in self._waiting:
            self._waiting[lane] = None
            if not self._armed:
                self._armed = True
                self._timers.call_later(0.0, self._run)

    def _run(self) -> None:
        self._armed = False
        now_s = self._timers.monotonic()
        for lane in list(self._waiting):
            if not lane.drain(now_s):
                self._waiting.pop(lane, None)
        if self._waiting and not self._armed:
            self._armed = True
            self._timers.call_later(self._limits.pacing_interval_s, self._run)
