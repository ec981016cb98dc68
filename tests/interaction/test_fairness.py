"""How winners are found: the same by anybody, whatever the order of entries, and by nobody's favour."""

import hashlib
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livehub.errors import IllegalTransition, InvalidInput
from livehub.interaction import fairness
from livehub.interaction.draws import TRANSITIONS, DrawState, NewDraw, check_transition, is_keyword
from livehub.interaction.limits import InteractionLimits
from livehub.interaction.polls import NewPoll

LIMITS = InteractionLimits()
SEED = bytes(range(32))
tickets = st.sets(st.binary(min_size=32, max_size=32).map(bytes.hex), max_size=40)


def test_a_known_draw() -> None:
    """The figures of docs/interaction.md: whoever writes a verifier starts from these."""
    mine = [fairness.ticket_of("draw_1", name) for name in ("ann", "ben", "cem", "dan")]
    assert fairness.commitment_to(SEED) == "630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd"
    assert mine[0] == hashlib.sha256(b"draw_1:ann").hexdigest()
    assert fairness.entry_list(mine) == "".join(f"{ticket}\n" for ticket in sorted(mine)).encode()
    winners = fairness.choose(SEED, "draw_1", mine, 2)
    assert [("ann", "ben", "cem", "dan")[mine.index(ticket)] for ticket in winners] == ["cem", "ann"]


@given(st.binary(min_size=32, max_size=32), tickets, st.integers(1, 50), st.randoms())
def test_winners_are_among_the_entries_each_once_in_any_order(
    seed: bytes, entered: set[str], places: int, random: object
) -> None:
    given_order = list(entered)
    random.shuffle(given_order)  # type: ignore[attr-defined]
    winners = fairness.choose(seed, "draw_1", given_order, places)
    assert winners == fairness.choose(seed, "draw_1", sorted(entered), places)
    assert len(winners) == len(set(winners)) == min(places, len(entered))
    assert set(winners) <= entered


@given(st.binary(min_size=32, max_size=32), tickets.filter(bool), st.integers(1, 10))
def test_the_first_places_do_not_depend_on_how_many_there_are(seed: bytes, entered: set[str], places: int) -> None:
    assert fairness.choose(seed, "d", entered, places) == fairness.choose(seed, "d", entered, places + 1)[:places]


def test_every_entry_wins_about_as_often() -> None:
    entered = [fairness.ticket_of("d", str(n)) for n in range(10)]
    won = Counter(fairness.choose(hashlib.sha256(str(n).encode()).digest(), "d", entered, 1)[0] for n in range(5_000))
    # Seeds are fixed, so this is one number, not luck: chi-square with 9 degrees of freedom, 0.1 % at 27.9.
    assert sum((won[ticket] - 500) ** 2 / 500 for ticket in entered) < 27.9


@given(tickets, tickets)
def test_another_list_has_another_digest(first: set[str], second: set[str]) -> None:
    assert (fairness.entries_digest(first) == fairness.entries_digest(second)) == (first == second)


def test_a_draw_goes_forward_only() -> None:
    allowed = {(a, b) for a in DrawState for b in TRANSITIONS[a]}
    assert (DrawState.OPEN, DrawState.DRAWN) not in allowed
    for a in DrawState:
        for b in DrawState:
            if (a, b) in allowed:
                check_transition(a, b)
            else:
                with pytest.raises(IllegalTransition):
                    check_transition(a, b)


@pytest.mark.parametrize(
    ("line", "keyword", "enters"),
    [
        (" Blue  BOWL ", "blue bowl", True),
        ("blue bowls", "blue bowl", False),
        ("STRASSE", "straße", True),
        ("", "x", False),
    ],
)
def test_the_keyword_is_the_whole_line(line: str, keyword: str, enters: bool) -> None:
    assert is_keyword(line, keyword) is enters


def test_what_a_draw_may_say() -> None:
    assert NewDraw.checked("  A   bowl ", 2, " blue  bowl ", LIMITS) == NewDraw("A bowl", 2, "blue bowl")
    assert NewDraw.checked("A bowl", 1, "", LIMITS).keyword is None
    for title, places, keyword in (("", 1, None), ("A", 0, None), ("A", 51, None), ("A", 1, "x" * 31), ("A", 1, "   ")):
        with pytest.raises(InvalidInput):
            NewDraw.checked(title, places, keyword, LIMITS)


def test_what_a_poll_may_say() -> None:
    assert NewPoll.checked(" Which? ", [" a ", "b"], LIMITS) == NewPoll("Which?", ("a", "b"))
    for options, field in (
        (["a"], "options"),
        (["a", "A "], "options[1]"),
        (["a"] * 11, "options"),
        (["a", " "], "options[1]"),
    ):
        with pytest.raises(InvalidInput) as refusal:
            NewPoll.checked("Which?", options, LIMITS)
        assert refusal.value.extra["field"] == field
