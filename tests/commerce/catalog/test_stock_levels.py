"""Adjustments, without a database: what fits what, and where units that are gone are taken from."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livehub.commerce.catalog.errors import StockChanged, StockShort, VersionMissing
from livehub.commerce.catalog.stock_levels import MAX_STOCK, Change, Level, Reason, take_from
from livehub.errors import InvalidInput

LEVEL = Level("var_1", "store_1", "prd_1", "CUP", "Cup", "blue", 3, 5, 2, 4, 14, 7, None)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (Change("CUP", Reason.COUNTED), "delta"),
        (Change("CUP", Reason.COUNTED, delta=1, stock=1, version="*"), "delta"),
        (Change("CUP", Reason.RECEIVED, delta=-1), "delta"),
        (Change("CUP", Reason.DAMAGED, delta=1), "delta"),
        (Change("CUP", Reason.CORRECTED, delta=0), "delta"),
        (Change("CUP", Reason.OPENING, delta=1), "reason"),
        (Change("CUP", Reason.IMPORTED, delta=1), "reason"),
    ],
)
def test_changes_that_say_nothing_clear(change: Change, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        change.check()
    assert refused.value.extra["field"] == field


def test_a_count_needs_the_level_it_was_made_from() -> None:
    with pytest.raises(VersionMissing):
        Change("CUP", Reason.COUNTED, stock=3).check()
    count = Change("CUP", Reason.COUNTED, stock=3, version=LEVEL.version)
    count.check()
    assert count.delta_from(LEVEL) == -5
    # a sale, a booking in, and both: each of them makes it another version
    sold, booked = replace(LEVEL, offered=4, held=3), replace(LEVEL, free=4, received=15, changes=8)
    for level in (sold, booked, replace(booked, offered=4)):
        with pytest.raises(StockChanged) as refused:
            count.delta_from(level)
        assert refused.value.extra["level"] == level.present()
    assert replace(count, version="*").delta_from(sold) == -4


def test_no_variant_grows_without_bound() -> None:
    with pytest.raises(InvalidInput):
        Change("CUP", Reason.RECEIVED, delta=MAX_STOCK).delta_from(LEVEL)


@given(free=st.integers(0, 9), available=st.lists(st.integers(0, 9), max_size=4), units=st.integers(1, 50))
def test_what_is_gone_is_taken_from_free_first_and_never_from_held(free: int, available: list[int], units: int) -> None:
    level = replace(LEVEL, free=free, offered=sum(available))
    offers = [(f"ofr_{index}", there) for index, there in enumerate(available)]
    if units > level.stock:
        with pytest.raises(StockShort):
            take_from(level, offers, units)
        return
    from_free, taken = take_from(level, offers, units)
    assert from_free + sum(taken.values()) == units
    assert from_free == min(free, units)
    assert all(0 < taken[offer_id] <= dict(offers)[offer_id] for offer_id in taken)


def test_low_is_at_the_number_or_below() -> None:
    assert not LEVEL.is_low
    assert not replace(LEVEL, low_stock=7).is_low
    assert replace(LEVEL, low_stock=8).is_low
