"""How a slot sends the past: from the kept keyframe to the present, some packets at a time."""

from collections.abc import Callable, Sequence
from typing import Final

from livehub.media.rtp.cache import Packet
from livehub.media.rtp.catchup import CatchUp
from livehub.media.timers import Timers
from livehub.media.track import Track

#: packets of the past sent at a time, and the pause between: 4,000 packets/s, sixteen times what comes
PACKETS: Final = 20
PAUSE_S: Final = 0.005


def _sent_nowhere(_packet: Packet, _timestamp: int) -> None:
    """The slot is closed."""


def _arrived_nowhere(_track: Track) -> None:
    """The slot is closed."""


class CatchingUp:
    """``send`` is called with each packet and its squeezed timestamp, ``arrived`` when the present is reached.

    What was squeezed is kept after that, for resends of the past: until :meth:`forget`.
    """

    def __init__(self, timers: Timers, send: Callable[[Packet, int], None], arrived: Callable[[Track], None]) -> None:
        self.began_s = float("-inf")
        self._timers = timers
        self._send = send
        self._arrived = arrived
        self._past: CatchUp | None = None

    def begin(self, track: Track, packets: Sequence[Packet]) -> CatchUp:
        """``packets``: what ``track`` keeps since its last keyframe. :meth:`go` sends them."""
        self.began_s = self._timers.monotonic()
        self._past = CatchUp(packets)
        return self._past

    def go(self, track: Track) -> None:
        if self._past is not None:
            self._pump(track, self._past)

    def _pump(self, track: Track, past: CatchUp) -> None:
        if past is not self._past or track.closed:
            return
        packets = past.take(PACKETS)
        for packet in packets:
            self._send(packet, past.timestamp(packet.timestamp))
        if len(packets) == PACKETS:
            self._timers.call_later(PAUSE_S, self._pump, track, past)
        elif track.is_kept(past.packets):
            self._arrived(track)
        # else the group grew too long and was given up: the next keyframe brings the slot on

    def timestamp(self, source: int) -> int:
        """The source's timestamp, squeezed if it is of the past that was sent."""
        return source if self._past is None else self._past.timestamp(source)

    @property
    def last(self) -> Packet | None:
        """The last packet of the past that was sent."""
        return None if self._past is None else self._past.last

    def forget(self) -> None:
        self._past = None

    def close(self) -> None:
        """Nothing of the slot is known any more: its memory is free without the garbage collector."""
        self._past = None
        self._send, self._arrived = _sent_nowhere, _arrived_nowhere
