"""Letters for comparing lines: the quick way of ASCII gives what reading letter by letter gives."""

from hypothesis import example, given
from hypothesis import strategies as st

from livehub.chat.screening.letters import keys, read


@given(st.one_of(st.text(alphabet="ab o01!|l @$.+-", max_size=60), st.text(max_size=80)))
@example("f u u c k")
@example("f uu u c k")
@example("1 l i ! I")
@example("o 0 o0 0o o")
@example("hello, HELLO… + 7 t tt")
@example("")
def test_the_quick_way_gives_the_same(text: str) -> None:
    assert list(keys(text)) == [letter.key for letter in read(text, symbols=False)]


@given(st.text(alphabet="abcio01! .", max_size=40))
def test_a_second_reading_is_the_same(text: str) -> None:
    assert list(keys(text)) == list(keys(text))
