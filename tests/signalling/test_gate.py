"""The pace at which a crowd is let in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livehub.errors import RateLimited
from livehub.signalling.gate import JoinGate


def test_a_storm_is_let_in_evenly_and_the_rest_told_when_to_come() -> None:
    gate = JoinGate(100, 50, 1.0)
    waits: list[float] = []
    away: list[float] = []
    for _ in range(300):
        try:
            waits.append(gate.wait_s(1000.0))
        except RateLimited as error:
            away.append(error.retry_after_s)
    assert waits[:50] == pytest.approx([0.0] * 50, abs=0.011)
    assert waits[50:] == pytest.approx([n / 100 for n in range(1, 101)], abs=0.011)
    assert len(away) == 150
    assert all(1 <= wait <= 2 for wait in away)
    # Spread: no tenth of a second gets more than twice its share.
    assert max(sum(n / 10 <= wait - 1 < (n + 1) / 10 for wait in away) for n in range(10)) <= 30
    assert gate.wait_s(1003.0) == 0


@given(st.lists(st.floats(0, 0.2), min_size=1, max_size=200))
def test_never_more_than_the_burst_and_the_rate(pauses: list[float]) -> None:
    gate, now, turns = JoinGate(20, 5, 0.5), 100.0, []
    for pause in pauses:
        now += pause
        try:
            turns.append(now + gate.wait_s(now))
        except RateLimited:
            continue
    assert turns == sorted(turns)
    for first in range(len(turns)):
        for last in range(first, len(turns)):
            assert last - first + 1 <= 5 + 20 * (turns[last] - turns[first]) + 1 + 1e-6
