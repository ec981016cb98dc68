"""Prices by quantity and flash deals, as arithmetic."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livehub.commerce.catalog.pricing import MAX_TIERS, Deal, Tier, check_tiers, rises, unit_price
from livehub.commerce.money import Money
from livehub.errors import InvalidInput


def euro(minor: int) -> Money:
    return Money(minor, "EUR")


@st.composite
def prices(draw: st.DrawFn) -> tuple[Money, tuple[Tier, ...]]:
    """A price and prices by quantity that :func:`check_tiers` accepts."""
    minors = sorted(draw(st.sets(st.integers(1, 10_000), min_size=1, max_size=MAX_TIERS + 1)), reverse=True)
    bounds = sorted(draw(st.sets(st.integers(2, 50), min_size=len(minors) - 1, max_size=len(minors) - 1)))
    tiers = tuple(Tier(bound, euro(minor)) for bound, minor in zip(bounds, minors[1:], strict=True))
    return euro(minors[0]), tiers


@given(prices(), st.integers(1, 60))
def test_more_units_never_cost_more_each(side: tuple[Money, tuple[Tier, ...]], quantity: int) -> None:
    price, tiers = side
    check_tiers(tiers, price)
    less, more = (unit_price(price, tiers, None, n, 0)[0].amount_minor for n in (quantity, quantity + 1))
    assert more <= less <= price.amount_minor
    reached = [tier for tier in tiers if tier.quantity <= quantity]
    assert less == (reached[-1].price if reached else price).amount_minor


@given(prices(), prices())
def test_a_rise_at_any_quantity_is_a_rise(
    before: tuple[Money, tuple[Tier, ...]], after: tuple[Money, tuple[Tier, ...]]
) -> None:
    def at(side: tuple[Money, tuple[Tier, ...]], quantity: int) -> int:
        return unit_price(*side, None, quantity, 0)[0].amount_minor

    assert rises(before, after) == any(at(after, n) > at(before, n) for n in range(1, 60))


@given(prices(), st.integers(1, 10_000), st.integers(1, 20), st.integers(0, 20), st.integers(0, 200))
def test_a_deal_serves_within_its_time_and_its_quantity(
    side: tuple[Money, tuple[Tier, ...]], minor: int, quantity: int, left: int, now: int
) -> None:
    deal = Deal(1, euro(minor), 20, left, 100)
    without = unit_price(*side, None, quantity, now)[0]
    unit, used = unit_price(*side, deal, quantity, now)
    if now < 100 and quantity <= left and minor < without.amount_minor:
        assert (unit, used) == (deal.price, deal)
    else:
        assert (unit, used) == (without, None)


@pytest.mark.parametrize(
    "tiers",
    [[(1, 400)], [(2, 500)], [(2, 600)], [(5, 400), (5, 300)], [(5, 400), (4, 300)], [(5, 400), (9, 400)],
     [(n, 500 - n) for n in range(2, 8)]],
)  # fmt: skip
def test_prices_by_quantity_that_are_no_reductions_are_refused(tiers: list[tuple[int, int]]) -> None:
    with pytest.raises(InvalidInput):
        check_tiers([Tier(quantity, euro(minor)) for quantity, minor in tiers], euro(500))
