"""How a slot sends to a viewer on a narrow link: by the viewer's queue, outside of the fan-out."""

from collections.abc import Callable

from livehub.media.continuity import Continuity
from livehub.media.pacing import Lane
from livehub.media.rtp.cache import Packet
from livehub.media.rtp.sequence import sequence_delta
from livehub.media.track import Track


def _sent_nowhere(_packet: Packet) -> None:
    """The slot is closed."""


def _nothing() -> None:
    """The slot is closed."""


class PacedSending:
    """What of a slot a :class:`~livehub.media.pacing.Lane` and a :class:`~livehub.media.track.Track` know.

    ``send`` is called with packets whose turn it is, ``give_up`` when those that waited were dropped.
    """

    def __init__(
        self, index: int, continuity: Continuity, send: Callable[[Packet], None], give_up: Callable[[], None]
    ) -> None:
        self.index = index
        self.lane: Lane | None = None
        self.is_on = False
        self._give_up = give_up
        self._continuity = continuity
        self._send = send
        #: the newest that left the queue, and where the track stood when this joined it
        self._newest: Packet | None = None
        self._entered: tuple[int, int, bytes, float] = (0, 0, b"", 0.0)

    def enter(self, track: Track) -> None:
        self.is_on, self._newest = True, None
        self._entered = track.sequence.extended, track.newest_timestamp, track.newest_payload, track.newest_s
        track.add_paced(self)

    def leave(self, track: Track, *, drop: bool, last_extended: int | None = None) -> None:
        """``drop``: what waits is not wanted any more, and numbers go on from what has left.

        ``last_extended``: the track's newest before its numbers began anew.
        """
        self.is_on = False
        track.remove_paced(self)
        if not drop:
            return
        last = self._newest
        if last is not None:
            newest = track.sequence.extended if last_extended is None else last_extended
            extended = newest + sequence_delta(last.sequence_number, newest & 0xFFFF)
            self._continuity.leave(track, extended, last.timestamp, last.payload, last.arrived_s)
        else:
            self._continuity.leave(track, *self._entered)
        if self.lane is not None:
            self.lane.forget(self)

    def give_up(self) -> None:
        """From the queue: what waited was dropped."""
        self._give_up()

    def close(self) -> None:
        """Nothing of the slot is known any more: its memory is free without the garbage collector."""
        self._send, self._give_up = _sent_nowhere, _nothing

    def pace(self, packet: Packet) -> None:
        """From the track."""
        if self.lane is not None:
            self.lane.put(self, packet)

    def send_paced(self, packet: Packet) -> None:
        """From the queue."""
        if self._newest is None or sequence_delta(packet.sequence_number, self._newest.sequence_number) > 0:
            self._newest = packet
        self._send(packet)
