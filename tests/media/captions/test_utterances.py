"""When somebody speaks, from when to when, and what is told of it meanwhile."""

import numpy as np
import pytest

from livehub.media.captions.limits import CaptionLimits
from livehub.media.captions.transcriber import RATE, Pcm
from livehub.media.captions.utterances import Utterance, Utterances
from livehub.media.captions.voice import FRAME, VoiceDetector, levels_db
from tests.media.captions.speech import clip, noise, programme, silence

EPOCH_MS = 1_700_000_000_000


def voice(seconds: float, level: float = 0.2) -> Pcm:
    t = np.arange(round(seconds * RATE)) / RATE
    return (level * np.sin(2 * np.pi * 180 * t)).astype(np.float32)


def listen(pcm: Pcm, limits: CaptionLimits | None = None, step_s: float = 0.34) -> list[Utterance]:
    utterances, step = Utterances(limits or CaptionLimits()), round(step_s * RATE)
    found: list[Utterance] = []
    for at in range(0, len(pcm), step):
        found += utterances.add(EPOCH_MS + round(at * 1000 / RATE), pcm[at : at + step])
    return found + utterances.end()


def test_levels_are_in_decibels_of_full_scale() -> None:
    assert levels_db(np.full(2 * FRAME, 0.1, np.float32)) == pytest.approx([-20, -20], abs=0.01)
    assert levels_db(silence(0.02)) == [-100.0]


def test_noise_is_no_voice_and_speech_is() -> None:
    detector = VoiceDetector()
    assert not any(detector.judge(noise(2, 0.003)))
    judged = detector.judge(clip("price"))
    assert sum(judged) > len(judged) * 0.5


def test_what_is_said_between_pauses_is_one_utterance_with_its_times() -> None:
    finals = [item for item in listen(np.concatenate([silence(1), voice(0.8), silence(1), voice(0.6)])) if item.final]
    assert [item.number for item in finals] == [0, 1]
    first, second = finals
    assert EPOCH_MS + 600 <= first.start_ms <= EPOCH_MS + 1000
    assert EPOCH_MS + 1800 <= first.end_ms <= EPOCH_MS + 2400
    assert EPOCH_MS + 2400 <= second.start_ms <= EPOCH_MS + 2800
    assert second.end_ms == pytest.approx(EPOCH_MS + 3400, abs=30)


def test_three_sentences_are_three_utterances() -> None:
    assert len([item for item in listen(programme("welcome", "price", "thanks")) if item.final]) == 3


def test_partial_ones_come_while_somebody_speaks_and_grow() -> None:
    found = listen(np.concatenate([silence(0.5), voice(3.5), silence(1)]))
    assert [item.final for item in found] == [False, False, False, True]
    assert len({item.number for item in found}) == 1
    assert len({item.start_ms for item in found}) == 1
    assert [len(item.pcm) for item in found] == sorted(len(item.pcm) for item in found)


def test_who_does_not_pause_is_cut_where_it_is_quietest() -> None:
    limits = CaptionLimits(longest_s=3.0)
    pcm = np.concatenate([silence(0.5), voice(2.2), voice(0.1, 0.02), voice(2), silence(1)])
    finals = [item for item in listen(pcm, limits) if item.final]
    assert len(finals) == 2
    assert finals[0].end_ms == pytest.approx(EPOCH_MS + 2750, abs=80)
    assert finals[1].start_ms == finals[0].end_ms
    assert all(len(item.pcm) <= 3.4 * RATE for item in finals)


def test_a_click_is_no_speech() -> None:
    assert listen(np.concatenate([silence(1), voice(0.06), silence(2)])) == []


def test_a_hole_ends_what_was_said() -> None:
    utterances = Utterances(CaptionLimits())
    utterances.add(EPOCH_MS, np.concatenate([silence(0.5), voice(0.6)]))
    found = utterances.add(EPOCH_MS + 9_000, voice(0.6))
    assert [item.final for item in found] == [True]
    assert [item.start_ms for item in utterances.end()] == [EPOCH_MS + 9_000]


def test_hours_of_silence_are_not_kept() -> None:
    utterances = Utterances(CaptionLimits())
    for at in range(200):
        assert utterances.add(EPOCH_MS + at * 1000, silence(1)) == []
    assert len(utterances._pcm) < RATE


def test_endless_sound_comes_out_in_pieces_of_bounded_length() -> None:
    limits = CaptionLimits()
    found = listen(voice(60))
    assert all(len(item.pcm) <= (limits.longest_s + 0.4) * RATE for item in found)
