"""What a line may contain."""

import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from livehub.chat.errors import MessageEmpty, MessageTooLong
from livehub.chat.text import MAX_CHARS, clean

#: a busy machine is no failure
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("  two\n\twords  ", "two words"),
        ("e\u0301", "é"),
        ("safe\u202egnp.exe\u202c", "safegnp.exe"),
        ("a\x00b\x1b[31m", "ab[31m"),
        ("lone \ud800 surrogate", "lone surrogate"),
        ("مرحبا\u200f!", "مرحبا\u200f!"),
        ("👩\u200d👧 ok", "👩\u200d👧 ok"),
        ("ที่นี่", "ที่นี่"),
        ("Z" + "\u0335" * 40, "Z" + "\u0335" * 4),
    ],
)
def test_lines_are_cleaned(sent: str, kept: str) -> None:
    assert clean(sent) == kept


@pytest.mark.parametrize("sent", ["", "   ", "\n", "\u200b\u200d", "\u202e", "\u0301", "\ufeff"])
def test_nothing_to_see_is_refused(sent: str) -> None:
    with pytest.raises(MessageEmpty):
        clean(sent)


def test_length_counts_after_normalisation() -> None:
    assert len(clean("e\u0301" * MAX_CHARS)) == MAX_CHARS
    with pytest.raises(MessageTooLong):
        clean("é" * (MAX_CHARS + 1))
    with pytest.raises(MessageTooLong):
        clean("x" * 10_000_000)


@UNHURRIED
@given(st.text(max_size=600))
def test_any_text_is_kept_clean_or_refused(text: str) -> None:
    try:
        kept = clean(text)
    except (MessageEmpty, MessageTooLong):
        return
    assert kept == kept.strip()
    assert len(kept) <= MAX_CHARS
    assert kept.encode()
    assert not any(unicodedata.category(character) in {"Cc", "Cs", "Co"} for character in kept)
    assert clean(kept) == kept
