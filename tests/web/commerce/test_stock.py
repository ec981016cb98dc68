"""The stockroom over HTTP: bookings with reasons, counts that undo nothing, many at once, and being told of little."""

import asyncio
import json
from urllib.parse import quote

import pytest

from livehub.commerce.webhooks.events import STOCK_LOW
from tests.commerce.selling import Json, Show, euros


def stock_of(show: Show, sku: str = "CUP-1", more: str = "") -> str:
    return f"/stores/{show.store['id']}/stock/{quote(sku, safe='')}{more}"


async def level(show: Show, sku: str = "CUP-1") -> Json:
    found: Json = await show.merchant.ok("GET", stock_of(show, sku))
    return found


async def book(show: Show, delta: int, reason: str, sku: str = "CUP-1", **more: object) -> Json:
    body = {"delta": delta, "reason": reason, **more}
    made: Json = await show.merchant.ok("POST", stock_of(show, sku, "/adjustments"), json=body)
    return made


async def test_bookings_are_kept_with_their_reason(show: Show) -> None:
    assert await level(show) == {
        "store_id": show.store["id"], "product": show.product["id"], "sku": "CUP-1", "title": "Tea cup",
        "variant_title": "blue", "stock": 10, "free": 0, "offered": 10, "held": 0, "sold": 0, "received": 10,
        "low_stock": None, "is_low": False, "version": "0-10",
    }  # fmt: skip
    await book(show, 5, "received", note="  from  the potter ")
    done = await book(show, -2, "damaged")
    assert (done["level"]["stock"], done["level"]["version"]) == (13, "2-13")
    page = await show.merchant.ok("GET", stock_of(show, more="/adjustments?limit=2"))
    assert [(m["delta"], m["reason"], m["note"], m["stock"], m["received"]) for m in page["items"]] == [
        (-2, "damaged", "", 13, 13),
        (5, "received", "from the potter", 15, 15),
    ]
    rest = await show.merchant.ok("GET", stock_of(show, more=f"/adjustments?after={page['next']}"))
    assert [(m["delta"], m["reason"]) for m in rest["items"]] == [(10, "opening")]
    # the desk's own form is a correction in the same journal
    patch = {"variants": [{"sku": "CUP-1", "stock": 12}]}
    await show.merchant.ok("PATCH", f"/products/{show.product['id']}", json=patch)
    journal = (await show.merchant.ok("GET", stock_of(show, more="/adjustments")))["items"]
    assert (journal[0]["delta"], journal[0]["reason"]) == (-1, "corrected")
    assert sum(move["delta"] for move in journal) == (await level(show))["received"] == 12
    assert {move["by"] for move in journal} == {journal[0]["by"]}


async def test_what_is_broken_leaves_the_offers_but_never_the_orders(show: Show) -> None:
    order = await show.buy(show.site.guest(), 4)
    await book(show, -3, "damaged")
    assert await show.site.counts() == {"received": 7, "free": 0, "available": 3, "held": 4, "sold": 0}
    refused = await show.merchant.refused(
        409, "stock_short", "POST", stock_of(show, more="/adjustments"), json={"delta": -4, "reason": "lost"}
    )
    assert refused["free"] == 3
    await book(show, -3, "lost")
    assert await show.site.counts() == {"received": 4, "free": 0, "available": 0, "held": 4, "sold": 0}
    assert (await show.site.report(order))[0] == 204
    assert await show.site.counts() == {"received": 4, "free": 0, "available": 0, "held": 0, "sold": 4}
    await show.site.commerce.announcer.flush()
    offers = (await show.merchant.ok("GET", f"/rooms/{show.room['id']}/offers"))["items"]
    assert [(offer["available"], offer["quantity"]) for offer in offers] == [(0, 4)]


async def test_a_count_does_not_undo_what_was_sold_meanwhile(show: Show) -> None:
    site, path = show.site, stock_of(show)
    headers = {"Authorization": f"Bearer {show.merchant.token}"}
    async with site.http.get(f"/api/v1{path}", headers=headers) as read:
        tag = read.headers["ETag"]
    await show.buy(site.guest(), 2)
    body = {"stock": 10}
    await show.merchant.refused(428, "version_missing", "PUT", path, json=body)
    refused = await show.merchant.refused(412, "stock_changed", "PUT", path, json=body, headers={"If-Match": tag})
    assert (refused["level"]["stock"], refused["level"]["held"]) == (8, 2)
    now = {"If-Match": f'"{refused["level"]["version"]}"'}
    done = await show.merchant.ok("PUT", path, json={"stock": 11}, headers=now)
    assert (done["level"]["stock"], done["entry"]["delta"], done["entry"]["reason"]) == (11, 3, "counted")
    await show.merchant.refused(412, "stock_changed", "PUT", path, json=body, headers=now)
    # whoever says so overrules; what is as it should be is no line of the journal
    assert (await show.merchant.ok("PUT", path, json=body, headers={"If-Match": "*"}))["entry"]["delta"] == -1
    assert (await show.merchant.ok("PUT", path, json=body, headers={"If-Match": "*"}))["entry"] is None
    # a booking may name a version too
    lost = {"delta": -1, "reason": "lost"}
    await show.merchant.refused(412, "stock_changed", "POST", f"{path}/adjustments", json=lost, headers=now)


async def test_two_counts_from_one_reading_cannot_both_be_right(show: Show) -> None:
    version = (await level(show))["version"]
    path, headers = stock_of(show), {"If-Match": f'"{version}"'}
    answers = await asyncio.gather(
        *(show.merchant.call("PUT", path, json={"stock": 20 + n}, headers=headers) for n in range(5))
    )
    assert sorted(status for status, _ in answers) == [200, 412, 412, 412, 412]


async def test_many_at_once_each_for_itself(show: Show) -> None:
    path = f"/stores/{show.store['id']}/stock"
    items = [
        {"sku": "CUP-1", "delta": 3, "reference": "delivery 7"},
        {"sku": "NONE", "delta": 3},
        {"sku": "CUP-2", "stock": 4, "version": (await level(show, "CUP-2"))["version"]},
        {"sku": "CUP-2", "stock": 9, "version": "0-10"},
        {"sku": "CUP-2", "stock": 9},
        {"sku": "CUP-1", "delta": -99},
    ]
    found = (await show.merchant.ok("POST", path, json={"items": items}))["items"]
    assert [one["error"] and one["error"]["code"] for one in found] == [
        None, "sku_not_found", None, "stock_changed", "version_missing", "stock_short",
    ]  # fmt: skip
    assert [one["level"] and one["level"]["stock"] for one in found] == [13, None, 4, 4, None, None]
    # sent again, because the answer was lost: nothing twice
    again = (await show.merchant.ok("POST", path, json={"items": items[:1]}))["items"]
    assert again[0]["entry"] == found[0]["entry"]
    assert (await level(show))["stock"] == 13
    page = await show.merchant.ok("GET", f"{path}?limit=1")
    assert ([one["sku"] for one in page["items"]], page["next"]) == (["CUP-1"], "CUP-1")
    rest = await show.merchant.ok("GET", f"{path}?after=CUP-1")
    assert ([one["sku"] for one in rest["items"]], rest["next"]) == (["CUP-2"], None)
    await show.merchant.refused(422, "invalid_input", "POST", path, json={"items": []})
    many = {"items": [{"sku": "CUP-1", "delta": 1}] * 501}
    await show.merchant.refused(422, "invalid_input", "POST", path, json=many)


async def test_who_may_not(show: Show) -> None:
    stranger, path = await show.site.account("Eve"), stock_of(show)
    lost = {"delta": -1, "reason": "lost"}
    await show.site.nobody.refused(401, "unauthenticated", "GET", path)
    await show.site.guest().refused(403, "account_required", "POST", f"{path}/adjustments", json=lost)
    for method, where, body in (
        ("GET", path, None), ("GET", f"{path}/adjustments", None), ("POST", f"{path}/adjustments", lost),
        ("PUT", path, {"stock": 1}), ("PATCH", path, {"low_stock": 1}),
        ("GET", f"/stores/{show.store['id']}/stock", None),
        ("POST", f"/stores/{show.store['id']}/stock", {"items": [{"sku": "CUP-1", "delta": 1}]}),
    ):  # fmt: skip
        await stranger.refused(403, "not_store_owner", method, where, json=body, headers={"If-Match": "*"})
    await show.merchant.refused(404, "sku_not_found", "GET", stock_of(show, "NONE"))
    await show.merchant.refused(404, "sku_not_found", "GET", stock_of(show, "NONE", "/adjustments"))
    assert (await level(show))["stock"] == 10


@pytest.mark.parametrize("sku", ["A/B 1", "100%", "Größe-é"])
async def test_articles_may_be_named_as_they_like(show: Show, sku: str) -> None:
    body = {"title": "x", "variants": [{"sku": sku, "price": euros(100), "stock": 1}]}
    await show.merchant.ok("POST", f"/stores/{show.store['id']}/products", json=body)
    assert (await book(show, 1, "found", sku))["level"]["sku"] == sku


async def test_of_little_the_merchant_is_told_once(show: Show) -> None:
    site, endpoint = show.site, {"url": "https://shop.example/hook", "store_id": show.store["id"]}
    made = await show.merchant.ok("POST", "/webhook-endpoints", json=endpoint | {"events": [STOCK_LOW]})
    watched = await show.merchant.ok("PATCH", stock_of(show), json={"low_stock": 7})
    assert (watched["low_stock"], watched["is_low"]) == (7, False)

    async def told() -> list[Json]:
        site.clock.advance(11)
        await site.worker.sweeper.sweep()
        log = await show.merchant.ok("GET", f"/webhook-endpoints/{made['id']}/deliveries")
        return [json.loads(one["body"]) for one in log["items"]]

    await show.buy(site.guest(), 2)
    assert await told() == []
    await show.buy(site.guest(), 1)
    (message,) = await told()
    assert (message["type"], message["data"]) == (STOCK_LOW, await level(show))
    assert await told() == [message]
    low = (await show.merchant.ok("GET", f"/stores/{show.store['id']}/stock?low=1"))["items"]
    assert [one["sku"] for one in low] == ["CUP-1"]
    # enough again, then little again: that is news
    await book(show, 5, "received")
    assert await told() == [message]
    await book(show, -5, "lost")
    assert len(await told()) == 2
    (variant, _) = (await show.merchant.ok("GET", f"/stores/{show.store['id']}/products"))["items"][0]["variants"]
    assert (variant["low_stock"], variant["is_low"]) == (7, True)
    await show.merchant.ok("PATCH", stock_of(show), json={"low_stock": None})
    assert (await level(show))["is_low"] is False
