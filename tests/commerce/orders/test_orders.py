"""The order's transition table, and pricing, without any I/O."""

from dataclasses import replace
from itertools import product

import pytest

from livehub.commerce.catalog.model import Offer
from livehub.commerce.errors import BuyerLimit, OfferClosed, OfferNotFound, SoldOut
from livehub.commerce.money import Money
from livehub.commerce.orders.checkout import Basket, DeliveryMethod, Intent, Wanted, make_order, price, total
from livehub.commerce.orders.model import TRANSITIONS, OrderStatus, Payment, PaymentStatus, check_transition
from livehub.errors import IllegalTransition

NOW = 1_000_000
OFFER = Offer(
    id="ofr_1", room_id="room_1", store_id="store_1", variant_id="var_1", sku="S", title="Cup", variant_title="",
    picture=None, price=Money(500, "EUR"), list_price=Money(700, "EUR"), quantity=10, available=10, held=0, sold=0,
    per_buyer_limit=None, starts_at=None, ends_at=None, pinned=False, closed_at=None, created_at=0,
)  # fmt: skip


def intent(*wanted: Wanted) -> Intent:
    basket = Basket("room_1", wanted, DeliveryMethod.PICKUP, None, {"name": "Ana"}, "sandbox")
    payment = Payment("sandbox", PaymentStatus.PENDING, "pay_1", "pay_1", None)
    return Intent(
        "ord_1", basket, basket.fingerprint(), "key", "gst_1", "Ana", "store_1", "Shop", payment, NOW, NOW + 1
    )


def test_every_step_is_in_the_table_or_refused() -> None:
    allowed = {
        ("pending_payment", "paid"),
        ("pending_payment", "cancelled"),
        ("pending_payment", "expired"),
        ("expired", "paid"),
        ("expired", "pending_payment"),
        ("paid", "fulfilled"),
        ("paid", "refunded"),
        ("fulfilled", "refunded"),
    }
    assert set(TRANSITIONS) == set(OrderStatus)
    for present, wanted in product(OrderStatus, OrderStatus):
        if (present, wanted) in allowed:
            check_transition(present, wanted)
        else:
            with pytest.raises(IllegalTransition):
                check_transition(present, wanted)


def test_a_price_is_what_the_offer_says_now() -> None:
    wanted = intent(Wanted("ofr_1", 3), Wanted("ofr_2", 1))
    offers = {"ofr_1": OFFER, "ofr_2": replace(OFFER, id="ofr_2", price=Money(1, "EUR"))}
    lines = price(wanted, offers, {})
    assert total(lines) == Money(1501, "EUR")
    order = make_order(wanted, lines, 7)
    assert (order.number, order.units, order.total) == ("100007", 4, Money(1501, "EUR"))


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"room_id": "room_2"}, OfferNotFound),
        ({"store_id": "store_2"}, OfferNotFound),
        ({"closed_at": 5}, OfferClosed),
        ({"starts_at": NOW + 1}, OfferClosed),
        ({"ends_at": NOW}, OfferClosed),
        ({"available": 1}, SoldOut),
        ({"per_buyer_limit": 2}, BuyerLimit),
    ],
)
def test_what_is_refused(change: dict[str, object], refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        price(intent(Wanted("ofr_1", 2)), {"ofr_1": replace(OFFER, **change)}, {"ofr_1": 1})  # type: ignore[arg-type]


def test_the_window_is_open_from_its_start_to_before_its_end() -> None:
    offer = replace(OFFER, starts_at=10, ends_at=20)
    assert [offer.is_open(at) for at in (9, 10, 19, 20)] == [False, True, True, False]


def test_a_fingerprint_knows_baskets_apart_and_their_order_not() -> None:
    one, two = Wanted("ofr_1", 1), Wanted("ofr_2", 2)
    first = intent(one, two).basket
    assert first.fingerprint() == intent(two, one).basket.fingerprint()
    others = [
        intent(one, Wanted("ofr_2", 3)).basket,
        replace(first, address="x"),
        replace(first, contact={"name": "Ben"}),
        replace(first, provider="manual"),
        replace(first, room_id="room_2"),
    ]
    assert len({basket.fingerprint() for basket in [first, *others]}) == 6
