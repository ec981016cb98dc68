"""Token buckets: bursts, rates, refusals, and memory that does not grow."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livehub.clock import ManualClock
from livehub.errors import RateLimited
from livehub.ratelimit import LOCAL, TokenBuckets, counted_by


def _allowed(buckets: TokenBuckets, key: str, n: float = 1) -> bool:
    try:
        buckets.take(key, n)
    except RateLimited:
        return False
    return True


def test_a_burst_and_then_the_rate() -> None:
    clock = ManualClock()
    buckets = TokenBuckets(clock, rate_per_s=2, burst=3)
    assert [_allowed(buckets, "a") for _ in range(4)] == [True, True, True, False]
    assert _allowed(buckets, "b"), "every key has a bucket of its own"
    with pytest.raises(RateLimited) as refused:
        buckets.take("a")
    assert refused.value.retry_after_s == pytest.approx(0.5)
    clock.advance(0.5)
    assert [_allowed(buckets, "a") for _ in range(2)] == [True, False]
    clock.advance(3600)
    assert [_allowed(buckets, "a") for _ in range(4)] == [True, True, True, False]


def test_a_refusal_takes_nothing_and_forgetting_gives_all_back() -> None:
    clock = ManualClock()
    buckets = TokenBuckets(clock, rate_per_s=1, burst=5)
    assert _allowed(buckets, "a", 3)
    assert not _allowed(buckets, "a", 3)
    assert _allowed(buckets, "a", 2)
    buckets.forget("a")
    buckets.forget("never seen")
    assert _allowed(buckets, "a", 5)


def test_more_than_a_bucket_holds_is_never_allowed_and_the_wait_is_still_a_number() -> None:
    buckets = TokenBuckets(ManualClock(), rate_per_s=1, burst=2)
    with pytest.raises(RateLimited) as refused:
        buckets.take("a", 10)
    assert refused.value.retry_after_s == 0


def test_the_least_recently_used_bucket_goes_first() -> None:
    buckets = TokenBuckets(ManualClock(), rate_per_s=1, burst=1, max_keys=2)
    assert _allowed(buckets, "a")
    assert _allowed(buckets, "b")
    assert not _allowed(buckets, "a")
    assert _allowed(buckets, "c"), "b goes"
    assert len(buckets) == 2
    assert not _allowed(buckets, "a")
    assert _allowed(buckets, "b")


def test_nobody_is_remembered_once_their_bucket_is_full_again() -> None:
    clock = ManualClock()
    buckets = TokenBuckets(clock, rate_per_s=2, burst=4)
    for number in range(1_000):
        assert _allowed(buckets, f"passer-by {number}", 2)
        clock.advance(0.1)
        assert len(buckets) <= 11, "a second's, until they have their two tokens back"
    assert _allowed(buckets, "busy", 4)
    buckets.spend("busy", 4)
    clock.advance(3.9)
    assert _allowed(buckets, "somebody")
    assert not _allowed(buckets, "busy", 4), "what is owed is not forgiven"
    clock.advance(0.1)
    assert _allowed(buckets, "busy", 4)
    assert not _allowed(buckets, "nobody", 5)


@given(st.lists(st.tuples(st.floats(0, 5), st.floats(0.1, 4)), max_size=60))
def test_never_more_than_burst_and_rate_allow(steps: list[tuple[float, float]]) -> None:
    clock = ManualClock()
    buckets = TokenBuckets(clock, rate_per_s=1.5, burst=4)
    taken = elapsed = 0.0
    for wait_s, n in steps:
        clock.advance(wait_s)
        elapsed += wait_s
        if _allowed(buckets, "a", n):
            taken += n
        assert taken <= 4 + 1.5 * elapsed + 1e-6


@pytest.mark.parametrize("settings", [{"rate_per_s": 0}, {"burst": 0}, {"max_keys": 0}])
def test_settings_that_make_no_sense(settings: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be"):
        TokenBuckets(ManualClock(), **{"rate_per_s": 1.0, "burst": 1.0, **settings})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("peer", "lines", "counted"),
    [
        ("203.0.113.9", [], "203.0.113.9"),
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
        ("127.0.0.1", [], LOCAL),
        ("127.0.0.1", [""], LOCAL),
        ("127.0.0.1", ["127.0.0.1"], LOCAL),
        ("127.0.0.1", ["10.9.9.9, 198.51.100.1"], "198.51.100.1"),
        ("127.0.0.1", ["10.9.9.9", "198.51.100.1"], "198.51.100.1"),
        ("127.0.0.1", ["198.51.100.1, nonsense"], LOCAL),
        ("::1", ["2001:db8:1:2:3:4:5:6"], "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", [], "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", [], "203.0.113.9"),
        ("::ffff:127.0.0.1", ["::ffff:203.0.113.9"], "203.0.113.9"),
        (None, ["198.51.100.1"], "198.51.100.1"),
    ],
)
def test_requests_are_counted_by_an_address_that_cannot_be_made_up(
    peer: str | None, lines: list[str], counted: str
) -> None:
    assert counted_by(peer, lines) == counted
