"""The hook of rates answers what it should."""

import pytest
from livehub_example_shop.rates import create

from livehub.clock import ManualClock
from livehub.commerce.checkout_hook import CheckoutContext, HookContext, HookLine
from livehub.commerce.money import Money

RATES = create("490/5000/19", HookContext(ManualClock()))


def order(total: int, sku: str = "CUP-1", method: str = "courier", address: str = "Street 1") -> CheckoutContext:
    price = Money(total, "EUR")
    line = HookLine("ofr_1", sku, "Cup", 1, price)
    return CheckoutContext("store_1", "room_1", (line,), price, {"method": method, "address": address}, "en", 0)


@pytest.mark.parametrize(
    ("total", "method", "charges"),
    [(1190, "courier", [490, 190]), (5000, "courier", [798]), (1190, "pickup", [190])],
)
async def test_shipping_and_tax(total: int, method: str, charges: list[int]) -> None:
    answer = await RATES.quote(order(total, method=method))
    assert [charge.amount.amount_minor for charge in answer.charges] == charges
    assert answer.affirmations == ()


async def test_wine() -> None:
    assert [one.id for one in (await RATES.quote(order(1000, "WINE-1"))).affirmations] == ["of-age"]
    assert (await RATES.quote(order(1000, "WINE-1", address="An island"))).refusal
