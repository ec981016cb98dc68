"""Buying from the recording of a show that is over: from free stock, never more than there is, and given back."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import insert

from livehub.clock import ManualClock
from livehub.commerce.errors import OfferClosed
from livehub.storage.recording_rows import recordings
from tests.commerce.selling import SellingSite, Show, open_show


async def recorded(site: SellingSite, clock: ManualClock, **offer: Any) -> Show:
    """A show that was recorded and has ended."""
    show = await open_show(site, **offer)
    now = clock.now_ms()
    row = {
        "id": f"rec_{show.room['id'][5:]}", "room_id": show.room["id"], "state": "ready", "started_at": now,
        "ended_at": now, "duration_ms": 9000, "size_bytes": 10,
    }  # fmt: skip
    known = {column.name for column in recordings.columns}
    row |= {column.name: 0 for column in recordings.columns if not column.nullable and column.name not in row}
    row = {name: value for name, value in row.items() if name in known}
    await site.database.write(lambda tx: tx.execute(insert(recordings), row).close())
    await show.end()
    return show


async def replay_offers(show: Show) -> list[dict[str, Any]]:
    return list((await show.site.guest().ok("GET", f"/rooms/{show.room['id']}/replay/offers"))["items"])


async def test_it_sells_what_the_shop_has_free(site: SellingSite, clock: ManualClock) -> None:
    show = await recorded(site, clock, stock=5, quantity=3)
    assert (await site.counts())["free"] == 5
    [offer] = await replay_offers(show)
    assert (offer["id"], offer["available"], offer["price"]["amount_minor"]) == (show.offer["id"], 5, 1250)
    order = await show.buy(site.guest(), 4, key="k")
    assert (await site.counts()) == {"received": 5, "free": 1, "available": 0, "held": 4, "sold": 0}
    assert (await replay_offers(show))[0]["available"] == 1
    await site.report(order)
    await site.worker.sweeper.sweep()
    assert (await site.counts())["sold"] == 4
    await site.guest().refused(409, "sold_out", "POST", "/orders", json=show.basket(2))
    assert (await site.counts())["free"] == 1, "what was not taken is where it was"


async def test_the_same_key_is_the_same_order(site: SellingSite, clock: ManualClock) -> None:
    show = await recorded(site, clock)
    buyer = site.guest()
    first = await show.buy(buyer, 2, key="same")
    assert (await show.buy(buyer, 2, key="same"))["id"] == first["id"]
    assert (await site.counts())["held"] == 2


async def test_what_comes_back_is_free_for_the_next_show(site: SellingSite, clock: ManualClock) -> None:
    show = await recorded(site, clock)
    buyer = site.guest()
    order = await show.buy(buyer, 2)
    await site.worker.sweeper.sweep()
    await buyer.ok("POST", f"/orders/{order['id']}/cancel")
    assert (await site.counts()) == {"received": 10, "free": 10, "available": 0, "held": 0, "sold": 0}


async def test_a_crowd_gets_what_there_is_and_no_more(site: SellingSite, clock: ManualClock) -> None:
    show = await recorded(site, clock, stock=7, quantity=7)

    async def want() -> int:
        status, _ = await site.guest().call("POST", "/orders", json=show.basket(2))
        return status

    async def sweeps() -> None:
        for _ in range(5):
            await site.worker.sweeper.sweep()

    *statuses, _ = await asyncio.gather(*(want() for _ in range(12)), sweeps())
    assert set(statuses) <= {201, 409}
    await site.worker.sweeper.sweep()
    counts = await site.counts()
    assert counts["held"] == 2 * statuses.count(201) == 6
    assert (counts["free"], counts["available"]) == (1, 0)


async def test_its_limits_and_windows_hold_there_too(site: SellingSite, clock: ManualClock) -> None:
    show = await recorded(site, clock, per_buyer_limit=1)
    await site.guest().refused(409, "buyer_limit", "POST", "/orders", json=show.basket(2))
    assert (await site.counts())["free"] == 10
    body = show.basket(1)
    body["lines"][0]["offer"] = "ofr_nowhere"
    await site.guest().refused(404, "offer_not_found", "POST", "/orders", json=body)


async def test_the_host_switches_it_off_and_on(site: SellingSite, clock: ManualClock) -> None:
    show = await recorded(site, clock)
    path = f"/rooms/{show.room['id']}/replay/sale"
    assert await show.merchant.ok("GET", path) == {"open": True}
    await site.guest().refused(403, "forbidden", "PUT", path, json={"open": False})
    await show.merchant.ok("PUT", path, json={"open": False})
    await show.merchant.ok("PUT", path, json={"open": False})
    assert await replay_offers(show) == []
    await site.guest().refused(409, "room_not_live", "POST", "/orders", json=show.basket(1))
    await show.merchant.ok("PUT", path, json={"open": True})
    await show.buy(site.guest(), 1)


async def test_nothing_is_sold_without_a_recording_or_of_an_article_that_is_gone(
    site: SellingSite, clock: ManualClock
) -> None:
    plain = await open_show(site)
    await plain.end()
    assert await replay_offers(plain) == []
    await site.guest().refused(409, "room_not_live", "POST", "/orders", json=plain.basket(1))


async def test_an_archived_article_is_over(site: SellingSite, clock: ManualClock) -> None:
    show = await recorded(site, clock)
    await show.merchant.ok("DELETE", f"/products/{show.product['id']}")
    assert await replay_offers(show) == []
    await site.guest().refused(409, "offer_closed", "POST", "/orders", json=show.basket(1))


async def test_a_sweep_between_drawing_and_placing_is_drawn_for_again(site: SellingSite, clock: ManualClock) -> None:
    show = await recorded(site, clock)
    room = await site.rooms.get(show.room["id"])
    tries = 0

    async def place() -> str:
        nonlocal tries
        tries += 1
        if tries == 1:
            await site.worker.sweeper.sweep()
            raise OfferClosed
        return "placed"

    assert await site.commerce.replays.drawing(room, [(show.offer["id"], 1)], place) == "placed"
    assert tries == 2
    with pytest.raises(OfferClosed):
        await site.commerce.replays.drawing(room, [(show.offer["id"], 1)], _closed)
    await site.worker.sweeper.sweep()
    assert (await site.counts())["free"] == 10


async def _closed() -> None:
    raise OfferClosed
