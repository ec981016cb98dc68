"""What of a stage goes out: one picture and the voices with it."""

from dataclasses import dataclass

from livehub.media.track import Track


@dataclass(frozen=True, slots=True)
class Programme:
    """``video`` is what a viewer with one slot sees, ``audio`` who spoke last; None where there is none.

    ``voices``: all that are heard, ``audio`` among them, for those who mix.
    """

    video: Track | None = None
    audio: Track | None = None
    voices: tuple[Track, ...] = ()

    @property
    def is_empty(self) -> bool:
        return self.video is None and self.audio is None

    @property
    def codecs(self) -> str:
        """For comparison and the log: what has to be negotiated."""
        return "+".join(str(track.codec) for track in (self.video, self.audio) if track is not None)


NOTHING = Programme()
