"""What the captions benchmark makes of what came when; it is run by hand itself."""

import pytest

from livehub.bench.captions import figures, translated_figures
from livehub.bench.captions_lateness import Heard, Lateness, Spoken, lateness, translated_ms
from livehub.bench.instant_engine import InstantEngine
from livehub.clock import SystemClock
from livehub.translation.registry import TranslatorRegistry

PRICE = Spoken(("twenty", "dollars"), 10_000, (10_500, 11_000))
THANKS = Spoken(("thank", "you"), 14_000, (14_300, 14_600))


def heard(at_ms: float, text: str, *, final: bool, start_ms: int = 9_700, end_ms: int = 11_100) -> Heard:
    line = {"id": "l", "start_ms": start_ms, "end_ms": end_ms, "locale": "en", "text": text, "final": final}
    return Heard(at_ms, line)


def test_a_word_stands_when_it_is_first_told_rightly_and_final_lines_end_a_sentence() -> None:
    found = lateness(
        [PRICE, THANKS],
        [
            heard(11_200, "Twenty", final=False, end_ms=10_900),
            heard(12_000, "Twenty dollars.", final=True),
            heard(15_600, "thank you", final=True, start_ms=13_800, end_ms=14_900),
        ],
    )
    assert found == Lateness(words=[700, 1_000, 1_300, 1_000], partials=[300], finals=[1_000, 1_000], missed=0)


def test_a_word_that_was_told_otherwise_meanwhile_stands_from_when_it_was_put_right() -> None:
    found = lateness(
        [PRICE],
        [
            heard(11_000, "twenty", final=False),
            heard(11_500, "plenty dollars", final=False),
            heard(12_500, "twenty dollars", final=True),
        ],
    )
    assert found.words == [2_000, 500]


def test_words_that_are_not_there_at_the_end_are_missed_and_so_are_those_without_a_final_line() -> None:
    elsewhen = heard(90_000, "thank you", final=True, start_ms=1, end_ms=2)
    found = lateness([PRICE, THANKS], [heard(12_000, "twenty", final=True), elsewhen])
    assert found.missed == 3
    unfinished = lateness([PRICE], [heard(11_200, "twenty dollars", final=False)])
    assert (unfinished.words, unfinished.finals, unfinished.missed) == ([], [], 2)


def test_a_translated_line_is_as_late_as_it_comes_after_the_sentence() -> None:
    spanish = [heard(12_400, "es: twenty dollars", final=True)]
    assert translated_ms([PRICE, THANKS], spanish) == [1_400]
    told = translated_figures([1_400, 1_800], 4)
    assert told["caption_sentences_translated"] == 0.5
    assert (told["caption_translated_ms_p50"], told["caption_translated_ms_p95"]) == (1_600, 1_800)
    with pytest.raises(RuntimeError, match="no translated captions came"):
        translated_figures([], 4)


async def test_the_engine_that_answers_at_once_is_one_as_servers_ask_it() -> None:
    async with InstantEngine() as engine:
        (made,) = TranslatorRegistry().build_chain([engine.setting], clock=SystemClock(), deadline_s=30.0)
        assert await made.translate(["good tea", "ten"], "en", "es") == ["es: good tea", "es: ten"]
        await made.close()


def test_without_captions_there_is_no_figure_that_would_look_well() -> None:
    with pytest.raises(RuntimeError, match="no captions came"):
        figures(Lateness([], [], [], 10), 10)
    told = figures(Lateness([100, 300], [], [200, 400], 1), 4)
    assert told["caption_words_right"] == 0.75
    assert told["caption_final_ms_p95"] == 400
    assert "caption_partial_ms_p50" not in told
