"""Folding and queries: what is meant to be found is, and nothing in a query is anything but text."""

import sqlite3
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livehub.chat.words import MAX_TERMS, fold, like, terms
from livehub.errors import InvalidInput


@pytest.mark.parametrize(
    ("said", "looked_for"),
    [
        ("Crème BRÛLÉE", "creme brulee"),
        ("STRASSE", "straße"),
        ("Phở bò Đà Nẵng", "pho bo da nang"),
        ("İSTANBUL ılık", "istanbul ilik"),
        ("ЁЛКА", "елка"),
        ("مُحَمَّد ســلام", "محمد سلام"),
        ("ＡＢＣ１２３", "abc123"),
        ("ｶﾞﾗｽの花瓶", "ガラスの花瓶"),
        ("青い花瓶はいくらですか", "花瓶"),
        ("แจกันสีน้ำเงินราคาเท่าไหร่", "สีน้ำเงิน"),
        ("cafe\u0301", "café"),
        ("zero\u200bwidth", "zerowidth"),
    ],
)
def test_what_is_meant_is_found(said: str, looked_for: str) -> None:
    (term, *more) = terms(looked_for)
    assert all(each in fold(said) for each in (term, *more))


@pytest.mark.parametrize(("said", "looked_for"), [("ガラス", "カラス"), ("ป่า", "ป้า"), ("น้ำ", "นำ")])
def test_marks_that_make_another_word_count(said: str, looked_for: str) -> None:
    assert fold(looked_for) not in fold(said)


def test_words_and_phrases() -> None:
    assert terms('Blue  "tall  Vase" blue “Oak”') == ("blue", "tall vase", "oak")
    assert terms('an "open phrase') == ("an", '"open', "phrase")


@pytest.mark.parametrize(
    "query", ["", "   ", '""', "\u0301", "x" * 101, " ".join(map(str, range(MAX_TERMS + 1))), "a\x00b", "\ud800"]
)
def test_queries_that_say_nothing_or_too_much(query: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        terms(query)
    assert refused.value.extra["field"] == "q"


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    once = fold(text)
    assert fold(once) == once
    assert fold(unicodedata.normalize("NFD", text)) == once


@given(st.text(alphabet="a%_\\'\";-", max_size=12), st.text(alphabet="a%_\\'\";-", min_size=1, max_size=4))
def test_a_pattern_finds_what_contains_it_and_nothing_else(said: str, term: str) -> None:
    connection = sqlite3.connect(":memory:")
    (found,) = connection.execute("SELECT ? LIKE ? ESCAPE '\\'", (said, like(term))).fetchone()
    connection.close()
    assert bool(found) == (term in said)
