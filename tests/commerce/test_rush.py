"""Many at once: never oversold, never twice."""

import asyncio
from collections import Counter

from livehub.commerce.orders.model import MAX_OPEN_ORDERS, RESERVATION_MS
from livehub.events import OfferChanged
from tests.commerce.selling import SellingSite, open_show


async def test_two_hundred_buyers_for_fifty_units_buy_exactly_fifty(site: SellingSite) -> None:
    show = await open_show(site, stock=60, quantity=50)
    buyers = [site.guest(f"Buyer {number}") for number in range(200)]
    answers = await asyncio.gather(
        *(buyer.call("POST", "/orders", json=show.basket(), headers={"Idempotency-Key": "mine"}) for buyer in buyers)
    )
    statuses = Counter(status for status, _ in answers)
    assert statuses == {201: 50, 409: 150}
    assert {body["code"] for status, body in answers if status == 409} == {"sold_out"}
    assert len({body["id"] for status, body in answers if status == 201}) == 50
    assert await site.counts() == {"received": 60, "free": 10, "available": 0, "held": 50, "sold": 0}
    await site.commerce.announcer.flush()
    assert site.seen(OfferChanged)[-1].offer["available"] == 0
    # The rush was told in a handful of events, not one an order.
    assert len(site.seen(OfferChanged)) < 20


async def test_one_key_in_twenty_parallel_requests_makes_one_order(site: SellingSite) -> None:
    show = await open_show(site)
    buyer = site.guest()
    headers = {"Idempotency-Key": "once"}
    answers = await asyncio.gather(
        *(buyer.ok("POST", "/orders", json=show.basket(2), headers=headers) for _ in range(20))
    )
    assert len({order["id"] for order in answers}) == 1
    assert (await site.counts())["held"] == 2
    assert len((await buyer.ok("GET", "/orders"))["items"]) == 1


async def test_the_same_key_with_another_basket_is_refused(site: SellingSite) -> None:
    show = await open_show(site)
    buyer, headers = site.guest(), {"Idempotency-Key": "once"}
    await buyer.ok("POST", "/orders", json=show.basket(1), headers=headers)
    await buyer.refused(409, "idempotency_key_reused", "POST", "/orders", json=show.basket(2), headers=headers)
    # Somebody else's key is another key.
    await site.guest("Ben").ok("POST", "/orders", json=show.basket(2), headers=headers)
    assert (await site.counts())["held"] == 3


async def test_a_buyers_limit_holds_in_parallel(site: SellingSite) -> None:
    show = await open_show(site, per_buyer_limit=3)
    buyer = site.guest()
    answers = await asyncio.gather(
        *(
            buyer.call("POST", "/orders", json=show.basket(), headers={"Idempotency-Key": f"k{number}"})
            for number in range(10)
        )
    )
    assert Counter(status for status, _ in answers) == {201: 3, 409: 7}
    assert {body["code"] for status, body in answers if status == 409} == {"buyer_limit"}


async def test_nobody_holds_everything_with_orders_that_they_do_not_pay(site: SellingSite) -> None:
    show = await open_show(site, stock=100, quantity=100)
    buyer = site.guest()
    mine = [await show.buy(buyer, key=f"key-{number}") for number in range(MAX_OPEN_ORDERS)]
    refusal = await buyer.refused(409, "too_many_open_orders", "POST", "/orders", json=show.basket())
    assert refusal["limit"] == MAX_OPEN_ORDERS
    assert (await show.buy(buyer, key="key-0"))["id"] == mine[0]["id"], "asking again is no new order"
    await show.buy(site.guest())
    # One paid and one cancelled make room for two.
    assert (await site.report(mine[0]))[0] == 204
    await buyer.ok("POST", f"/orders/{mine[1]['id']}/cancel")
    await show.buy(buyer)
    await show.buy(buyer)
    await buyer.refused(409, "too_many_open_orders", "POST", "/orders", json=show.basket())
    site.clock.advance(RESERVATION_MS / 1000 + 1)
    await site.worker.sweeper.sweep()
    await show.buy(buyer)
