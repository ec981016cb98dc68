"""Words however they are spelt: found, not imagined, and in time that grows with the text alone."""

import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livehub.chat.screening import letters, masks, words
from livehub.chat.screening.words import MAX_WORD_CHARS, Word, WordMatcher

LISTED = WordMatcher(
    [
        Word("idiot"), Word("ass"), Word("shit"), Word("fuck*"), Word("fail"), Word("kill yourself"), Word("nowhere"),
        Word("сука", "ru"), Word("傻逼", "zh"), Word("ngu", "vi"), Word("cabrón", "es"), Word("ばか", "ja"),
        Word("โง่", "th"), Word("حمار", "ar"), Word("aptal", "tr"), Word("*nazi*", holds=True),
    ]
)  # fmt: skip
EVERY = ("en", "ru", "zh", "vi", "es", "ja", "th", "ar", "tr")


@pytest.mark.parametrize(
    "text",
    [
        "you idiot!", "1d10t",
        "i d i o t", "i.d.i.o.t", "I-D-I-O-T", "ＩＤＩＯＴ", "iiidioooot", "і d i o t",
        "id\u200biot", "ídíöt", "i\u0336d\u0336i\u0336o\u0336t", "a$$", "a55", "assss", "$h!t!!", "sh1t", "f uck",
        "f u u c k", "an idio t", "fuckers", "kill yourself", "killyourself",
        "KILL  YOURSELF", "fa1l", "суккка",
        "cyka",
        "你是傻 逼吗", "ngu", "cabron", "CABRÓN", "バカだ", "คนโง่มาก", "يا حمار", "حـمـار", "APTAL", "neonazis",
        "n0where", "id*ot", "you sh*t!", "sh#t", "s**t", "F*ck", "f*cking", "f＊ck", "s_it", "1d*ot", "cab*ón",
        "neon*zis",
    ],
)  # fmt: skip
def test_is_found(text: str) -> None:
    assert LISTED.find(text, EVERY) is not None


@pytest.mark.parametrize(
    "text",
    [
        "as", "class", "assess", "455", "push it", "now here", "fall", "ngủ ngon", "", "👍👍",
        "skill yourselves", "Das ist gut", "he is hit", "s***", "a*s", "i****t", "*diot", "5*4*3*2", "id*o",
        "id*otic", "push*it", "1*1*7",
    ],
)  # fmt: skip
def test_is_not_imagined(text: str) -> None:
    assert LISTED.find(text, EVERY) is None


def test_lists_are_by_language() -> None:
    assert LISTED.find("ngu", ("en",)) is None
    assert LISTED.find("idiot", ()) is not None


def test_what_refuses_goes_before_what_holds() -> None:
    found = LISTED.find("nazi idiot", EVERY)
    assert found is not None
    assert not found.holds


LEET = {"a": "4@а", "e": "3е", "i": "1!і", "o": "0о", "s": "5$", "t": "7+"}
plain_words = st.text("abcdefghiklmnoprstuw", min_size=3, max_size=12)


@st.composite
def disguised(draw: st.DrawFn) -> tuple[str, str]:
    """A word, and the same word disguised by what the docs name: leetspeak, repeats, invisible characters, one kind
    of gap."""
    word = draw(plain_words)
    gap = draw(st.sampled_from(["", "", ".", "-", " ", "  ", "*", "\u200b"]))
    shown = []
    for index, letter in enumerate(word):
        # The first letter stays, so that the word is more than a number; one that follows its own kind stays as well.
        swapped = (
            LEET.get(letter, "")
            if index > 0 and word[index - 1] != letter and word[index : index + 2] != letter * 2
            else ""
        )
        shown.append(draw(st.sampled_from([letter, letter.upper(), *swapped.replace("!", "")])))
        if not gap and shown[-1] == letter:
            shown[-1] = letter * draw(st.integers(1, 3))
    return word, gap.join(shown)


@given(disguised(), st.sampled_from(["", "well, ", "¿"]), st.sampled_from(["", ".", " indeed", "!!"]))
def test_no_disguise_hides_a_word(pair: tuple[str, str], before: str, after: str) -> None:
    word, shown = pair
    assert WordMatcher([Word(word)]).find(before + shown + after, ()) == Word(word)


@given(
    st.lists(st.sampled_from(["ka", "kaba", "abak", "bab", "aka", "b", "akab*"]), min_size=1, max_size=5),
    st.text("kab ", max_size=30),
)
def test_all_at_once_is_each_alone(listed: list[str], text: str) -> None:
    together = WordMatcher([Word(word) for word in listed]).find(text, ())
    alone = [word for word in listed if WordMatcher([Word(word)]).find(text, ()) is not None]
    assert (together is not None) == bool(alone)
    assert together is None or together.text in alone


@given(plain_words, st.lists(plain_words, max_size=6))
def test_a_word_among_others_is_found_only_when_it_is_there(word: str, others: list[str]) -> None:
    squeezed = {"".join(c for i, c in enumerate(w) if not i or w[i - 1] != c) for w in others}
    target = "".join(c for i, c in enumerate(word) if not i or word[i - 1] != c)
    if target not in squeezed:
        assert WordMatcher([Word(word)]).find(" , ".join(others), ()) is None


@given(st.text(max_size=300))
def test_any_text_can_be_read(text: str) -> None:
    LISTED.find(text, EVERY)
    WordMatcher([Word(text)])


def steps(action: Callable[[], object]) -> int:
    """Lines of the matcher's modules that run: a measure of time that no other process disturbs."""
    counted = 0
    files = {letters.__file__, masks.__file__, words.__file__}

    def trace(frame: FrameType, event: str, _arg: Any) -> Any:
        nonlocal counted
        if frame.f_code.co_filename not in files:
            return None
        counted += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        action()
    finally:
        sys.settrace(before)
    return counted


@pytest.mark.parametrize("unit", ["a", "ab", "a b ", "1!", "a.", "aab "])
def test_time_grows_with_the_text_alone(unit: str) -> None:
    """Words made to fail late: every place in the text is a beginning of one, and none is complete."""
    hostile = WordMatcher([Word("ab" * (n // 2) + "z") for n in range(2, MAX_WORD_CHARS)] + [Word("aab" * 12 + "q")])
    once, ten = (unit * (600 // len(unit) * n) for n in (1, 10))
    few, many = (steps(lambda text=text: hostile.find(text, ())) for text in (once, ten))  # type: ignore[misc]
    assert many < 11 * few
    alone = WordMatcher([Word("ab" * 15 + "z")])
    assert few < 3 * steps(lambda: alone.find(once, ()))


def test_a_long_word_is_read_once_for_what_is_struck_out() -> None:
    began = time.process_time()
    assert masks.masked("1" * 8_000) == []
    assert time.process_time() - began < 0.2


def test_few_masked_words_of_a_line_are_looked_at() -> None:
    hostile = WordMatcher([Word("a" + "bc" * n + "z") for n in range(2, MAX_WORD_CHARS // 2)])
    once, ten = ("a*cbcbcb " * n for n in (masks.MAX_MASKED, 10 * masks.MAX_MASKED))
    plain_once, plain_ten = (text.replace("*", "b") for text in (once, ten))
    cost, plain = (
        steps(lambda few=few, many=many: hostile.find(many, ())) - steps(lambda few=few: hostile.find(few, ()))  # type: ignore[misc]
        for few, many in ((once, ten), (plain_once, plain_ten))
    )
    assert cost < 1.2 * plain
