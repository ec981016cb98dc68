"""Coupons over HTTP: made, claimed in the stream, taken off orders, given back, ended."""

import pytest

from livehub.clock import iso
from livehub.commerce.orders.model import RESERVATION_MS
from livehub.events import CouponChanged
from tests.commerce.selling import Json, SellingSite, Show, euros, open_show


async def make(show: Show, **coupon: object) -> Json:
    body = {"code": "tea-10", "percent": 10} | coupon
    made: Json = await show.merchant.ok("POST", f"/stores/{show.store['id']}/coupons", json=body)
    return made


async def state(show: Show) -> tuple[int, int]:
    """Uses, and what was taken off."""
    (coupon,) = (await show.merchant.ok("GET", f"/stores/{show.store['id']}/coupons"))["items"]
    return coupon["used"], coupon["spent"]["amount_minor"]


async def test_a_code_takes_something_off_and_returns_what_was_given_up(show: Show) -> None:
    coupon = await make(show, max_uses=2, per_buyer=1, budget=euros(500))
    assert coupon["code"] == "TEA-10"
    buyer, other = show.site.guest(), show.site.guest()
    order = await show.buy(buyer, 2, coupon=" tea-10 ")
    assert order["coupon"] == {"code": "TEA-10", "discount": euros(250)}
    assert order["total"] == euros(2250)
    assert await state(show) == (1, 250)
    # Once each; not beyond the budget; then not beyond the uses.
    basket = show.basket(coupon="TEA-10")
    await buyer.refused(409, "coupon_used", "POST", "/orders", json=basket)
    await other.refused(409, "coupon_spent", "POST", "/orders", json=show.basket(3, coupon="TEA-10"))
    second = await show.buy(other, 1, coupon="TEA-10")
    await show.site.guest().refused(409, "coupon_spent", "POST", "/orders", json=basket)
    await buyer.ok("POST", f"/orders/{order['id']}/cancel")
    assert await state(show) == (1, 125)
    # Paid for what it came to, and an expired one gives back too.
    assert (await show.site.report(second))[0] == 204
    third = await show.buy(buyer, 1, coupon="TEA-10")
    show.site.clock.advance(RESERVATION_MS / 1000 + 1)
    await show.site.worker.sweeper.sweep()
    assert await state(show) == (1, 125)
    # A late payment draws it again while something is left of it.
    assert (await show.site.report(third, event_id="evt_late"))[0] == 204
    assert (await buyer.ok("GET", f"/orders/{third['id']}"))["status"] == "paid"
    assert await state(show) == (2, 250)


async def test_a_late_payment_whose_coupon_is_spent_goes_back(show: Show) -> None:
    await make(show, max_uses=1)
    late = await show.buy(show.site.guest(), 1, coupon="TEA-10")
    show.site.clock.advance(RESERVATION_MS / 1000 + 1)
    await show.site.worker.sweeper.sweep()
    await show.buy(show.site.guest(), 1, coupon="TEA-10")
    assert (await show.site.report(late))[0] == 204
    assert (await show.merchant.ok("GET", f"/orders/{late['id']}"))["status"] == "expired"
    assert await state(show) == (1, 125)


async def test_who_lets_an_order_expire_uses_its_coupon_no_second_time(show: Show) -> None:
    await make(show, per_buyer=1)
    buyer = show.site.guest()
    late = await show.buy(buyer, 1, coupon="TEA-10")
    show.site.clock.advance(RESERVATION_MS / 1000 + 1)
    await show.site.worker.sweeper.sweep()
    again = await show.buy(buyer, 1, coupon="TEA-10")
    assert (await show.site.report(again))[0] == 204
    assert (await show.site.report(late, event_id="evt_late"))[0] == 204
    assert (await buyer.ok("GET", f"/orders/{late['id']}"))["status"] == "expired"
    assert await state(show) == (1, 125)


async def test_an_amount_needs_a_larger_order(show: Show) -> None:
    await make(show, percent=None, amount=euros(500), minimum=euros(2000))
    problem = await show.site.guest().refused(
        409, "coupon_minimum", "POST", "/orders", json=show.basket(coupon="TEA-10")
    )
    assert problem["minimum"] == euros(2000)
    assert (await show.buy(show.site.guest(), 2, coupon="TEA-10"))["total"] == euros(2000)


async def test_a_coupon_of_the_stream_is_claimed_there(show: Show) -> None:
    await make(show, room=show.room["id"], claim=True, max_uses=2)
    path = f"/rooms/{show.room['id']}/coupons"
    assert show.site.seen(CouponChanged)[-1].coupon["code"] == "TEA-10"
    first, second, third = (show.site.guest() for _ in range(3))
    await first.refused(409, "coupon_unclaimed", "POST", "/orders", json=show.basket(coupon="TEA-10"))
    for _ in range(2):  # once is enough, and again changes nothing
        assert (await first.ok("POST", f"{path}/tea-10/claim"))["claimed"] is True
    await second.ok("POST", f"{path}/TEA-10/claim")
    await third.refused(409, "coupon_spent", "POST", f"{path}/TEA-10/claim")
    assert [(one["code"], one["claimed"]) for one in (await first.ok("GET", path))["items"]] == [("TEA-10", True)]
    assert (await third.ok("GET", path))["items"][0]["claimed"] is False
    assert (await first.ok("GET", f"{path}/TEA-10"))["percent"] == 10
    assert (await show.buy(first, coupon="TEA-10"))["total"] == euros(1125)
    # Ended, it is gone for everybody; its code can be used again.
    (coupon,) = (await show.merchant.ok("GET", f"/stores/{show.store['id']}/coupons"))["items"]
    await first.refused(401 if first.token is None else 403, "account_required", "DELETE", f"/coupons/{coupon['id']}")
    stranger = await show.site.account("Eve")
    await stranger.refused(404, "coupon_not_found", "DELETE", f"/coupons/{coupon['id']}")
    assert (await show.merchant.ok("DELETE", f"/coupons/{coupon['id']}"))["open"] is False
    assert show.site.seen(CouponChanged)[-1].coupon["open"] is False
    await second.refused(404, "coupon_not_found", "POST", "/orders", json=show.basket(coupon="TEA-10"))
    assert (await first.ok("GET", path))["items"] == []
    await make(show)


async def test_a_coupon_has_its_time_and_its_room(site: SellingSite) -> None:
    show = await open_show(site)
    now = site.clock.now_ms()
    await make(show, starts_at=iso(now + 60_000), ends_at=iso(now + 120_000))
    body = {"kind": "show", "title": "Two", "locale": "en", "store_id": show.store["id"]}
    other = await show.merchant.ok("POST", "/rooms", json=body)
    path = f"/stores/{show.store['id']}/coupons"
    await show.merchant.ok("POST", path, json={"code": "ELSE", "percent": 5, "room": other["id"]})
    buyer = site.guest()
    await buyer.refused(409, "coupon_closed", "POST", "/orders", json=show.basket(coupon="TEA-10"))
    await buyer.refused(404, "coupon_not_found", "POST", "/orders", json=show.basket(coupon="ELSE"))
    site.clock.advance(60)
    await show.buy(buyer, coupon="TEA-10")
    site.clock.advance(60)
    await buyer.refused(409, "coupon_closed", "POST", "/orders", json=show.basket(coupon="TEA-10"))


@pytest.mark.parametrize(
    ("coupon", "status", "code"),
    [
        ({"percent": None}, 422, "invalid_input"),
        ({"amount": euros(100)}, 422, "invalid_input"),
        ({"percent": 96}, 422, "invalid_input"),
        ({"percent": None, "amount": euros(100)}, 422, "invalid_input"),
        ({"percent": None, "amount": euros(100), "minimum": euros(100)}, 422, "invalid_input"),
        ({"budget": {"amount_minor": 1, "currency": "USD"}}, 422, "currency_mismatch"),
        ({"code": "a b c"}, 422, "invalid_input"),
        ({"claim": True}, 422, "invalid_input"),
        ({"room": "room_none"}, 404, "room_not_found"),
    ],
)
async def test_a_coupon_that_cannot_be(show: Show, coupon: Json, status: int, code: str) -> None:
    body = {"code": "tea-10", "percent": 10} | coupon
    await show.merchant.refused(status, code, "POST", f"/stores/{show.store['id']}/coupons", json=body)


async def test_coupons_are_the_merchants_and_guessing_is_slow(show: Show) -> None:
    path = f"/stores/{show.store['id']}/coupons"
    stranger = await show.site.account("Eve")
    await stranger.refused(403, "not_store_owner", "POST", path, json={"code": "MINE", "percent": 95})
    await stranger.refused(403, "not_store_owner", "GET", path)
    await make(show)
    await show.merchant.refused(409, "coupon_taken", "POST", path, json={"code": "Tea-10", "percent": 5})
    guesser = show.site.guest()
    for n in range(10):
        await guesser.refused(404, "coupon_not_found", "GET", f"/rooms/{show.room['id']}/coupons/GUESS-{n}")
    await guesser.refused(429, "rate_limited", "GET", f"/rooms/{show.room['id']}/coupons/TEA-10")
