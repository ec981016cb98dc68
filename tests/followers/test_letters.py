"""Links in letters: only ours count, each for its own purpose, for ever."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livehub.followers.errors import LetterInvalid
from livehub.followers.letters import Letters, Purpose

LETTERS = Letters("0123456789abcdef" * 2)


@given(st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=40))
def test_a_link_is_good_for_its_own_purpose(address_id: str) -> None:
    link = LETTERS.link(Purpose.STOP, address_id)
    assert LETTERS.read(Purpose.STOP, link) == address_id
    for purpose, letters in ((Purpose.CONFIRM, LETTERS), (Purpose.STOP, Letters("f" * 32))):
        with pytest.raises(LetterInvalid):
            letters.read(purpose, link)


@given(st.text(max_size=400))
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(LetterInvalid):
        LETTERS.read(Purpose.STOP, text)


@given(st.integers(0, 200), st.sampled_from("AZaz09-_."))
def test_a_changed_link_is_refused(at: int, char: str) -> None:
    link = LETTERS.link(Purpose.STOP, "adr_1")
    changed = link[:at] + char + link[at + 1 :]
    if changed != link:
        try:
            # The last character of a base64 group has bits that mean nothing.
            assert LETTERS.read(Purpose.STOP, changed) == "adr_1"
        except LetterInvalid:
            return
        assert at in {len(link) - 1, link.index(".") - 1}
