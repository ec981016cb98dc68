"""Whether somebody speaks, told from how loud it is against what is always there. Pure."""

from typing import Final

import numpy as np

from livehub.media.captions.transcriber import RATE, Pcm

#: samples that are judged at a time: 20 ms
FRAME: Final = RATE // 50
#: how much louder than the room's own noise a voice is, and below which level nothing counts as one, in dB
_ABOVE_DB: Final = 9.0
_FAINTEST_DB: Final = -52.0
#: noise louder than this is not taken for the room's own
_LOUDEST_FLOOR_DB: Final = -30.0
#: the floor sinks at once and rises slowly, in dB per frame, so that a long vowel does not become the floor
_RISE_DB: Final = 0.03


class VoiceDetector:
    """Frames in their order; keeps nothing but the level of the room's noise."""

    def __init__(self) -> None:
        self._floor_db: float | None = None

    def judge(self, pcm: Pcm) -> list[bool]:
        """One answer for each whole frame of ``pcm``."""
        count = len(pcm) // FRAME
        return [self._is_voice(level) for level in levels_db(pcm[: count * FRAME])]

    def _is_voice(self, level_db: float) -> bool:
        if self._floor_db is None or level_db < self._floor_db:
            self._floor_db = min(max(level_db, -90.0), _LOUDEST_FLOOR_DB)
        else:
            self._floor_db = min(self._floor_db + _RISE_DB, _LOUDEST_FLOOR_DB)
        return level_db > max(self._floor_db + _ABOVE_DB, _FAINTEST_DB)


def levels_db(pcm: Pcm) -> list[float]:
    """Loudness of each whole frame, in dB of full scale; -100 for digital silence."""
    count = len(pcm) // FRAME
    frames = pcm[: count * FRAME].reshape(count, FRAME).astype(np.float64)
    power = np.mean(frames * frames, axis=1)
    levels: list[float] = np.maximum(10 * np.log10(np.maximum(power, 1e-10)), -100.0).tolist()
    return levels
