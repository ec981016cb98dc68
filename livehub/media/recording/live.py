"""A recording that is being made, as it stands. Pure."""

from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from livehub.media.recording.intake import Intake
from livehub.media.recording.journal import Format, Piece
from livehub.media.recording.model import Recording


@dataclass(slots=True)
class Live:
    """``formats``: what was written of each track's coding.

    ``only``: who is recorded. ``since_ms``: what was taken before that is not for the recording.
    """

    recording: Recording
    only: list[str] | None
    since_ms: int
    intake: Intake = field(default_factory=Intake)
    formats: dict[str, tuple[Format, Path]] = field(default_factory=dict)
    #: track → number of the segment that came last, and what it has here
    numbers: dict[str, tuple[int, int]] = field(default_factory=dict)
    marks: int = 0

    def renumber(self, piece: Piece) -> Piece:
        """Segments are numbered in the order of their coming, whichever run of the packager they are of."""
        number, own = self.numbers.get(piece.track, (-1, -1))
        if piece.number != number:
            own += 1
            self.numbers[piece.track] = (piece.number, own)
        return msgspec.structs.replace(piece, number=own)

    @property
    def paused(self) -> bool:
        return self.recording.paused_at is not None
