"""A stream of sound cut into utterances: what is to be written now, and from when to when it was said. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from livehub.media.captions.limits import CaptionLimits
from livehub.media.captions.transcriber import RATE, Pcm
from livehub.media.captions.voice import FRAME, VoiceDetector, levels_db

_FRAME_S: Final = FRAME / RATE
#: where a long utterance may be cut, before its end
_CUT_WITHIN_S: Final = 1.5
#: sound that does not follow what came before, by more than this, is of another time
_HOLE_S: Final = 0.25


@dataclass(frozen=True, slots=True)
class Utterance:
    """``number`` counts utterances of a room; the same one comes again until it is ``final``.

    ``start_ms`` is since 1970, by the media clock.
    """

    number: int
    start_ms: int
    pcm: Pcm
    final: bool

    @property
    def end_ms(self) -> int:
        return self.start_ms + round(len(self.pcm) * 1000 / RATE)


class Utterances:
    """Sound goes in by :meth:`add`; utterances come out, the partial ones to be replaced by what follows."""

    def __init__(self, limits: CaptionLimits) -> None:
        self._limits = limits
        self._detector = VoiceDetector()
        self._number = 0
        self._reset(0)

    def _reset(self, start_ms: int) -> None:
        self._pcm: Pcm = np.zeros(0, np.float32)
        self._voiced: list[bool] = []
        self._start_ms = start_ms
        self._judged = 0  # frames
        self._told = 0  # frames that were in the last partial
        self._speaks = False

    @property
    def end_ms(self) -> int:
        """Where the sound that came so far ends."""
        return self._start_ms + round(len(self._pcm) * 1000 / RATE)

    def add(self, at_ms: int, pcm: Pcm) -> list[Utterance]:
        """Sound that begins at ``at_ms``. Overlaps are left out; a hole ends the utterance."""
        found: list[Utterance] = []
        if len(self._pcm) and abs(at_ms - self.end_ms) > _HOLE_S * 1000:
            found += self.end()
        if not len(self._pcm):
            self._start_ms = at_ms
        self._pcm = np.concatenate([self._pcm, pcm])
        return found + self._advance()

    def end(self) -> list[Utterance]:
        """Nothing follows what came so far."""
        found = [self._utterance(len(self._voiced), final=True)] if self._speaks and self._is_speech() else []
        if self._speaks:
            self._number += 1
        self._reset(self.end_ms)
        return found

    def _advance(self) -> list[Utterance]:
        fresh = self._pcm[self._judged * FRAME :]
        self._voiced += self._detector.judge(fresh)
        self._judged = len(self._voiced)
        found: list[Utterance] = []
        while (utterance := self._next()) is not None:
            found.append(utterance)
        return found

    def _next(self) -> Utterance | None:
        if not self._speaks:
            self._wait_for_voice()
            if not self._speaks:
                return None
        quiet = _trailing_quiet(self._voiced)
        if quiet * _FRAME_S >= self._limits.pause_s:
            return self._finish(len(self._voiced) - quiet // 2)
        if len(self._voiced) * _FRAME_S >= self._limits.longest_s:
            return self._finish(self._quietest())
        is_due = (len(self._voiced) - self._told) * _FRAME_S >= self._limits.partial_every_s
        if is_due and quiet * _FRAME_S < self._limits.pause_s / 2 and self._is_speech():
            self._told = len(self._voiced)
            return self._utterance(self._told, final=False)
        return None

    def _wait_for_voice(self) -> None:
        """Let go of what is long before the first loud moment."""
        lead = round(self._limits.lead_s / _FRAME_S)
        first = next((at for at in range(len(self._voiced) - 1) if self._voiced[at] and self._voiced[at + 1]), None)
        if first is None:
            self._drop(max(0, len(self._voiced) - lead - 1))
            return
        self._drop(max(0, first - lead))
        self._speaks, self._told = True, 0

    def _finish(self, frames: int) -> Utterance | None:
        spoken = self._utterance(frames, final=True) if self._is_speech() else None
        self._drop(frames)
        self._speaks = False
        self._number += 1
        return spoken or self._next()

    def _utterance(self, frames: int, *, final: bool) -> Utterance:
        return Utterance(self._number, self._start_ms, self._pcm[: frames * FRAME], final)

    def _drop(self, frames: int) -> None:
        self._pcm, self._voiced = self._pcm[frames * FRAME :], self._voiced[frames:]
        self._start_ms += round(frames * FRAME * 1000 / RATE)
        self._judged = len(self._voiced)
        self._told = max(0, self._told - frames)

    def _is_speech(self) -> bool:
        return sum(self._voiced) * _FRAME_S >= self._limits.shortest_s

    def _quietest(self) -> int:
        """The frame to cut at, so that no word is torn where it can be helped."""
        within = min(round(_CUT_WITHIN_S / _FRAME_S), len(self._voiced) - 1)
        first = len(self._voiced) - within
        levels = levels_db(self._pcm[first * FRAME : len(self._voiced) * FRAME])
        return first + min(range(len(levels)), key=levels.__getitem__)


def _trailing_quiet(voiced: Sequence[bool]) -> int:
    return next((at for at, is_voice in enumerate(reversed(voiced)) if is_voice), len(voiced))
