"""Proxy bidding, by examples and against a slow oracle for any order of bids."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livehub.commerce.auctions.bidding import Standing, price_without, take
from livehub.commerce.auctions.errors import BidTooLow

START, STEP = 1000, 100


def after(*bids: tuple[str, int], start: int = START, step: int = STEP) -> Standing:
    standing = Standing(start, step)
    for bidder, maximum in bids:
        standing = take(standing, bidder, maximum).standing
    return standing


def test_the_first_bid_leads_at_the_start_however_high_it_is() -> None:
    standing = after(("ana", 5000))
    assert (standing.leader, standing.price) == ("ana", 1000)
    assert standing.least == 1100


def test_a_leaders_maximum_answers_by_itself() -> None:
    done = take(after(("ana", 5000)), "ben", 2000)
    assert (done.standing.leader, done.standing.price, done.leads, done.moved) == ("ana", 2100, False, True)
    done = take(done.standing, "ben", 5050)
    assert (done.standing.leader, done.standing.price, done.leads) == ("ben", 5050, True)  # not above their own


def test_of_two_equal_maxima_the_earlier_leads() -> None:
    done = take(after(("ana", 3000)), "ben", 3000)
    assert (done.standing.leader, done.standing.price, done.leads) == ("ana", 3000, False)


def test_a_leader_raises_their_own_maximum_without_paying_more() -> None:
    done = take(after(("ana", 2000)), "ana", 9000)
    assert (done.standing.price, done.standing.maximum, done.moved) == (1000, 9000, False)


def test_no_price_is_above_a_ceiling_whatever_was_bid_before_it() -> None:
    standing = replace(after(("ana", 5000), ("ben", 1500)), ceiling=1750)
    assert (standing.price, standing.least, standing.is_at_ceiling) == (1600, 1700, False)
    raised = take(standing, "ben", 1700).standing
    assert (raised.price, raised.leader, raised.is_at_ceiling) == (1750, "ana", True)
    # The last step may be smaller than the others, or nobody could bid what the goods may cost.
    last = replace(after(("ana", 1700), ("ben", 1600)), ceiling=1750)
    assert (last.price, last.least) == (1700, 1750)
    done = take(last, "ben", 1750)
    assert (done.leads, done.standing.price, done.standing.is_at_ceiling) == (True, 1750, True)
    assert price_without(standing, [5000, 4000]) == 1750
    assert replace(Standing(START, STEP), ceiling=1050).least == START


LOW = [("ben", 1099, 1100), ("ana", 5000, 5001), ("ana", 10, 5001)]


@pytest.mark.parametrize(("bidder", "maximum", "minimum"), LOW)
def test_too_low_says_from_where_on(bidder: str, maximum: int, minimum: int) -> None:
    with pytest.raises(BidTooLow) as refused:
        take(after(("ana", 5000)), bidder, maximum)
    assert refused.value.extra["minimum_minor"] == minimum
    with pytest.raises(BidTooLow):
        take(Standing(START, STEP), "ben", START - 1)


def test_no_secret_is_in_what_is_printed() -> None:
    assert "5000" not in repr(after(("ana", 5000)))
    assert "5000" not in repr(take(after(("ana", 5000)), "ben", 2000))


@dataclass
class Oracle:
    """Remembers every accepted bid, and works everything out from all of them each time."""

    start: int
    step: int
    accepted: list[tuple[str, int]] = field(default_factory=list)

    def ranked(self) -> list[tuple[str, int]]:
        """Bidders by their highest maximum, of equal ones whoever said theirs first."""
        best: dict[str, tuple[int, int]] = {}
        for at, (bidder, maximum) in enumerate(self.accepted):
            if bidder not in best or maximum > best[bidder][0]:
                best[bidder] = (maximum, at)
        order = sorted(best, key=lambda bidder: (-best[bidder][0], best[bidder][1]))
        return [(bidder, best[bidder][0]) for bidder in order]


BIDS = st.lists(st.tuples(st.sampled_from("abcd"), st.integers(1, 60)), max_size=40)


@given(bids=BIDS, start=st.integers(1, 20), step=st.integers(1, 7))
def test_any_order_of_bids(bids: Sequence[tuple[str, int]], start: int, step: int) -> None:
    standing, oracle = Standing(start, step), Oracle(start, step)
    for bidder, maximum in bids:
        before = standing
        try:
            done = take(standing, bidder, maximum)
        except BidTooLow as refused:
            # What is asked for instead would be taken, and the refusal says nothing that only the leader may know.
            least = refused.extra["minimum_minor"]
            assert isinstance(least, int)
            assert maximum < least
            take(standing, bidder, least)
            if bidder != standing.leader:
                assert least == before.least
            continue
        oracle.accepted.append((bidder, maximum))
        standing = done.standing
        assert standing.price is not None
        assert standing.maximum is not None
        ranked = oracle.ranked()
        assert (standing.leader, standing.maximum) == ranked[0]
        assert done.leads == (ranked[0][0] == bidder)
        # Never above the leader's maximum, never below what the others would pay, and never falling.
        assert start <= standing.price <= standing.maximum
        if len(ranked) > 1:
            assert ranked[1][1] <= standing.price <= max(ranked[1][1] + step, before.price or 0)
        assert standing.price >= (before.price or 0)
        changed = (standing.price, standing.leader) != (before.price, before.leader)
        assert done.moved or not changed


@given(bids=BIDS, start=st.integers(1, 20), step=st.integers(1, 7))
def test_a_runner_up_pays_what_it_had_come_to_without_those_before(
    bids: Sequence[tuple[str, int]], start: int, step: int
) -> None:
    standing, oracle = Standing(start, step), Oracle(start, step)
    for bidder, maximum in bids:
        try:
            standing = take(standing, bidder, maximum).standing
        except BidTooLow:
            continue
        oracle.accepted.append((bidder, maximum))
    maxima = [maximum for _, maximum in oracle.ranked()]
    for rank in range(1, len(maxima)):
        price = price_without(standing, maxima[rank:])
        assert start <= price <= maxima[rank], "nobody pays more than their maximum"
        assert standing.price is not None
        assert price <= standing.price, "nor more than the winner would have"
