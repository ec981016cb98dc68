"""Which of the pieces that come are kept: nothing of a pause. Pure.

Recording takes up at the beginning of a segment, because a picture can only be decoded from there on, and leaves off
after any part: a segment in which it paused is put together from its parts until then.
"""

from dataclasses import dataclass
from enum import Enum, auto

import msgspec

from livehub.media.recording.journal import Piece


class Decision(Enum):
    KEEP = auto()
    SKIP = auto()
    #: the segment is made of the parts of it that were kept
    JOIN = auto()


@dataclass(slots=True)
class _Segment:
    cut: bool
    breaks: bool
    recorded_s: float = 0.0


class Intake:
    """One recording's. Parts of a segment come in order and before the whole."""

    def __init__(self) -> None:
        self._segments: dict[str, tuple[int, _Segment]] = {}
        #: tracks whose time does not go on from what was kept last
        self._broken: set[str] = set()
        self._seen: set[str] = set()

    def interrupt(self) -> None:
        """What comes now was made in another way: no time goes on, and no segment either."""
        self._broken |= self._seen
        self._segments.clear()

    def offer(self, piece: Piece, *, recording: bool) -> tuple[Decision, Piece]:
        """What to do with ``piece``, and the piece as it is to be kept. ``recording``: no pause."""
        self._seen.add(piece.track)
        if piece.part == 0:
            segment = _Segment(False, piece.breaks or piece.track in self._broken)
            self._segments[piece.track] = (piece.number, segment)
        number, found = self._segments.get(piece.track, (-1, None))
        if found is None or number != piece.number:
            self._broken.add(piece.track)
            return Decision.SKIP, piece  # recording began in the middle of this segment
        found.cut = found.cut or not recording
        kept = msgspec.structs.replace(piece, breaks=found.breaks and piece.part <= 0)
        if piece.part >= 0:
            if found.cut:
                return Decision.SKIP, piece
            found.recorded_s += piece.duration_s
            return Decision.KEEP, kept
        del self._segments[piece.track]
        if not found.cut:
            self._broken.discard(piece.track)
            return Decision.KEEP, kept
        self._broken.add(piece.track)
        if not found.recorded_s:
            return Decision.SKIP, piece
        return Decision.JOIN, msgspec.structs.replace(kept, duration_s=found.recorded_s)
