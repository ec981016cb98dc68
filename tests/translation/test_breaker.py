import pytest

from livehub.clock import ManualClock
from livehub.translation.breaker import FAILURES_BEFORE_REST, MAX_REST_S, REST_S, Breaker


def opened(clock: ManualClock) -> Breaker:
    breaker = Breaker(clock)
    for _ in range(FAILURES_BEFORE_REST):
        assert breaker.admit()
        breaker.failed()
    assert breaker.state == "open"
    return breaker


def test_opens_after_failures_in_a_row_only(clock: ManualClock) -> None:
    breaker = Breaker(clock)
    for _ in range(FAILURES_BEFORE_REST * 3):
        assert breaker.admit()
        assert breaker.failed() == 0
        assert breaker.admit()
        breaker.succeeded()
    assert (breaker.state, breaker.opened) == ("closed", 0)


def test_one_probe_after_the_rest_and_the_others_wait_for_it(clock: ManualClock) -> None:
    breaker = opened(clock)
    clock.advance(REST_S - 0.1)
    assert not breaker.admit()
    clock.advance(0.1)
    assert breaker.ready
    assert breaker.admit()
    assert str(breaker.state) == "half_open"
    assert not breaker.admit()
    breaker.succeeded()
    assert str(breaker.state) == "closed"
    assert breaker.admit()


def test_rests_twice_as_long_after_each_probe_that_fails_and_never_longer_than_the_bound(clock: ManualClock) -> None:
    breaker = opened(clock)
    rest_s, rests = REST_S, []
    for _ in range(7):
        clock.advance(rest_s)
        assert breaker.admit()
        rest_s = breaker.failed()
        rests.append(rest_s)
    assert rests == [20, 40, 80, 160, MAX_REST_S, MAX_REST_S, MAX_REST_S]
    assert breaker.opened == 8
    clock.advance(rest_s)
    assert breaker.admit()
    breaker.succeeded()
    for _ in range(FAILURES_BEFORE_REST - 1):
        assert breaker.failed() == 0
    assert breaker.failed() == REST_S, "once it worked, it begins anew"


@pytest.mark.parametrize(("asked_s", "rests_s"), [(0.0, 1.0), (42.0, 42.0), (1e9, MAX_REST_S)])
def test_opens_at_once_for_as_long_as_it_is_told(clock: ManualClock, asked_s: float, rests_s: float) -> None:
    breaker = Breaker(clock)
    assert breaker.failed(asked_s) == rests_s
    clock.advance(rests_s - 0.5)
    assert not breaker.admit()
    clock.advance(0.5)
    assert breaker.admit()


def test_calls_begun_before_it_opened_neither_close_it_nor_make_it_rest_longer(clock: ManualClock) -> None:
    breaker = opened(clock)
    breaker.succeeded()
    assert breaker.failed() == 0
    assert (breaker.state, breaker.opened) == ("open", 1)
    clock.advance(REST_S)
    assert breaker.admit()


def test_a_longer_rest_asked_for_while_it_is_open_counts(clock: ManualClock) -> None:
    breaker = opened(clock)
    assert breaker.failed(60.0) == 60.0
    assert breaker.failed(5.0) == 5.0
    clock.advance(59)
    assert not breaker.admit()
    clock.advance(1)
    assert breaker.admit()


def test_a_probe_nobody_waited_for_is_made_again(clock: ManualClock) -> None:
    breaker = opened(clock)
    clock.advance(REST_S)
    assert breaker.admit()
    breaker.abandoned()
    assert breaker.admit()
