"""How a line of the chat is read: words in any case, width and script of digits, and numbers after them."""

import pytest

from livehub.commerce.offers.claims import MAX_UNITS, read_claim
from livehub.commerce.offers.claims import normal_word as word
from livehub.errors import InvalidInput

WORDS = {
    word("SOLD 1"): "one",
    word("Sold 12"): "twelve",
    word("ขาย ๓"): "thai",
    word("CUP"): "cup",
    word("cup 2"): "second",
}


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("SOLD 12", ("twelve", 1)),
        ("  sold   12 !", ("twelve", 1)),
        ("sold １２", ("twelve", 1)),
        ("SOLD 12 x3", ("twelve", 3)),
        ("sold 12 × 3", ("twelve", 3)),
        ("sold 12 +2", ("twelve", 2)),
        ("SOLD 12 4", ("twelve", 4)),
        ("sold 1 2", ("one", 2)),
        ("sold 1x2", ("one", 2)),
        ("ขาย 3", ("thai", 1)),
        ("cup ٣", ("cup", 3)),
        ("CUP 2", ("second", 1)),
        ("CUP 2 2", ("second", 2)),
    ],
)
def test_a_line_that_is_a_keyword_claims(line: str, found: tuple[str, int]) -> None:
    assert read_claim(line, WORDS) == found


@pytest.mark.parametrize(
    "line",
    [
        "", "sold", "sold 2", "sold 123", "is it sold 12", "sold 12 please", "sold 12 x0", "sold 12 0", "cups",
        f"cup {MAX_UNITS + 1}", "cup 99999", "sold 12" + " " * 80, "-", "cup -1", "cup x", "cup 1.5",
    ],
)  # fmt: skip
def test_any_other_line_does_not(line: str) -> None:
    assert read_claim(line, WORDS) is None


def test_without_words_nothing_is_read() -> None:
    assert read_claim("sold 12", {}) is None


@pytest.mark.parametrize("text", ["", "   ", "---", "a" * 25, "sold\u202e1", "so;ld", "12\n<b>"])
def test_a_keyword_is_short_and_plain(text: str) -> None:
    with pytest.raises(InvalidInput):
        word(text)
