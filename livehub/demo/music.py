"""The sound of the demonstration show: plucked strings over a soft chord, synthesised so that the loop has no seam."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

RATE = 48_000
_BEAT_S = 0.5
#: pentatonic, as semitones above A2; None rests. 48 beats of half a second: 24 s.
_MELODY: tuple[int | None, ...] = (
    12, None, 19, 24, None, 22, 19, None, 17, None, 12, 19, None, 17, 15, None,
    10, None, 17, 22, None, 24, 27, None, 24, None, 19, 22, None, 19, 17, None,
    15, None, 22, 27, None, 24, 22, None, 19, 17, None, 15, 12, None, None, None,
)  # fmt: skip
_CHORDS = ((0, 7, 15, 19), (-4, 3, 12, 15), (3, 10, 15, 19))
Samples = NDArray[np.floating[Any]]


def _hertz(semitone: int) -> float:
    return float(110.0 * 2 ** (semitone / 12))


def _pluck(hertz: float, seconds: float, rng: np.random.Generator) -> Samples:
    """Karplus–Strong: noise in a delay line, averaged at each pass (Computer Music Journal 7:2, 1983)."""
    period = round(RATE / hertz)
    line: Samples = rng.uniform(-1, 1, period)
    line = (line + np.roll(line, 1) + np.roll(line, 2)) / 3
    passes = round(seconds * RATE / period) + 1
    out = np.empty((passes, period), np.float32)
    for index in range(passes):
        out[index] = line
        line = 0.996 * (0.5 * line + 0.5 * np.roll(line, -1))
    return out.reshape(-1)[: round(seconds * RATE)]


def _pad(semitones: tuple[int, ...], seconds: float) -> Samples:
    t = np.arange(round(seconds * RATE), dtype=np.float32) / RATE
    swell = np.sin(np.pi * t / seconds) ** 0.8
    voices = [np.sin(2 * np.pi * _hertz(s) * t + 0.6 * np.sin(2 * np.pi * 0.3 * t)) for s in semitones]
    return np.asarray(swell * np.sum(voices, axis=0) / len(voices), np.float32)


def _add(track: Samples, sound: Samples, at_s: float, gain: float) -> None:
    """Mix ``sound`` in; what runs over the end goes on at the beginning."""
    start = round(at_s * RATE) % len(track)
    index = (start + np.arange(len(sound))) % len(track)
    track[index] += gain * sound


def compose(seconds: int) -> NDArray[np.int16]:
    """Stereo at 48 kHz, shape (2, seconds × 48,000). ``seconds`` is a multiple of the tune's 24."""
    return np.tile(_tune(round(len(_MELODY) * _BEAT_S)), seconds * 2 // len(_MELODY))


def _tune(seconds: int) -> NDArray[np.int16]:
    rng = np.random.default_rng(7)
    left = np.zeros(seconds * RATE, np.float32)
    right = np.zeros(seconds * RATE, np.float32)
    for beat, note in enumerate(_MELODY):
        if note is None:
            continue
        sound = _pluck(_hertz(note + 12), 2.6, rng)
        pan = 0.5 + 0.22 * np.sin(beat)
        _add(left, sound, beat * _BEAT_S, float(0.42 * (1 - pan)))
        _add(right, sound, beat * _BEAT_S, float(0.42 * pan))
    span = seconds / len(_CHORDS)
    for index, chord in enumerate(_CHORDS):
        sound = _pad(chord, span + 2)
        _add(left, sound, index * span - 1, 0.11)
        _add(right, sound, index * span - 0.98, 0.11)
    stereo = np.stack((left, right))
    return np.asarray(np.tanh(stereo * 0.9) * 28_000, np.int16)
