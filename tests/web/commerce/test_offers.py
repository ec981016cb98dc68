"""The tray over HTTP."""

import pytest

from livehub.clock import iso
from livehub.events import OfferChanged, OfferPinned
from tests.commerce.selling import Json, Person, SellingSite, Show, euros, open_show


async def test_an_offer_allocates_stock(site: SellingSite) -> None:
    show = await open_show(site, stock=10, quantity=4, live=False, per_buyer_limit=2)
    assert show.offer == {
        "id": show.offer["id"],
        "room_id": show.room["id"],
        "sku": "CUP-1",
        "title": "Tea cup",
        "variant_title": "blue",
        "picture": None,
        "price": euros(1250),
        "list_price": euros(1250),
        "quantity": 4,
        "available": 4,
        "per_buyer_limit": 2,
        "starts_at": None,
        "ends_at": None,
        "pinned": False,
        "pinned_at": None,
        "position": 0,
        "tiers": [],
        "deal": None,
        "ships_at": None,
        "affirmation": None,
        "served": "held",
        "claim": None,
        "parts": [],
        "donation": None,
        "digital": None,
        "category": None,
    }
    assert await site.counts() == {"received": 10, "free": 6, "available": 4, "held": 0, "sold": 0}
    for quantity, status in ((7, 409), (6, 200)):
        got, _ = await show.merchant.call("PATCH", f"/offers/{show.offer['id']}", json={"quantity": 4 + quantity})
        assert got == status
    assert (await site.counts())["free"] == 0
    smaller = await show.merchant.ok("PATCH", f"/offers/{show.offer['id']}", json={"quantity": 1})
    assert (smaller["quantity"], smaller["available"]) == (1, 1)
    assert (await site.counts())["free"] == 9
    # A second room gets what is free, not what the first one holds.
    body = {"kind": "show", "title": "Two", "locale": "en", "store_id": show.store["id"]}
    other = await show.merchant.ok("POST", "/rooms", json=body)
    path = f"/rooms/{other['id']}/offers"
    await show.merchant.refused(409, "stock_short", "POST", path, json={"sku": "CUP-1", "quantity": 10})
    await show.merchant.ok("POST", path, json={"sku": "CUP-1", "quantity": 9})


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"sku": "CUP-1", "quantity": 1}, 409, "offer_exists"),
        ({"sku": "NONE", "quantity": 1}, 404, "sku_not_found"),
        ({"sku": "CUP-2", "quantity": 0}, 422, "invalid_input"),
        ({"sku": "CUP-2", "quantity": -3}, 422, "invalid_input"),
        ({"sku": "CUP-2", "quantity": 10**12}, 422, "invalid_input"),
        ({"sku": "CUP-2", "quantity": 11}, 409, "stock_short"),
        ({"sku": "CUP-2", "quantity": 1, "price": {"amount_minor": 5, "currency": "XXX"}}, 422, "currency_unknown"),
        ({"sku": "CUP-2", "quantity": 1, "price": {"amount_minor": 5, "currency": "JPY"}}, 422, "currency_mismatch"),
        ({"sku": "CUP-2", "quantity": 1, "per_buyer_limit": 0}, 422, "invalid_input"),
        ({"sku": "CUP-2", "quantity": 1, "starts_at": "tomorrow"}, 422, "invalid_input"),
        ({"sku": "CUP-2", "quantity": 1, "starts_at": "2030-01-02T00:00:00Z", "ends_at": "2030-01-01T00:00:00Z"}, 422,
         "invalid_input"),
    ],
)  # fmt: skip
async def test_offers_that_cannot_be(show: Show, body: Json, status: int, code: str) -> None:
    await show.merchant.refused(status, code, "POST", f"/rooms/{show.room['id']}/offers", json=body)
    assert (await show.site.counts("CUP-2"))["free"] == 10


async def test_who_may_not(show: Show) -> None:
    site, path = show.site, f"/rooms/{show.room['id']}/offers"
    stranger = await site.account("Eve")
    own = f"/offers/{show.offer['id']}"
    body = {"sku": "CUP-2", "quantity": 1}
    await site.nobody.refused(401, "unauthenticated", "POST", path, json=body)
    await stranger.refused(403, "forbidden", "POST", path, json=body)
    await stranger.refused(403, "forbidden", "PATCH", own, json={"price": euros(1)})
    await stranger.refused(403, "forbidden", "PUT", f"{own}/pin")
    await site.nobody.refused(401, "unauthenticated", "DELETE", f"{own}/pin")
    await show.merchant.refused(404, "offer_not_found", "PATCH", "/offers/ofr_0", json={})
    # Anybody may look, without being anybody.
    assert [offer["sku"] for offer in (await site.nobody.ok("GET", path))["items"]] == ["CUP-1"]


async def test_a_cohost_edits_the_tray(show: Show) -> None:
    admitted = await show.merchant.ok(
        "POST",
        f"/rooms/{show.room['id']}/tokens",
        json={"identity": "bo", "display_name": "Bo", "role": "cohost", "locale": "en", "expires_in_s": 600},
    )
    cohost = Person(show.site, admitted["token"])
    made = await cohost.ok("POST", f"/rooms/{show.room['id']}/offers", json={"sku": "CUP-2", "quantity": 2})
    assert made["available"] == 2


async def test_a_room_without_a_store_sells_nothing(site: SellingSite) -> None:
    merchant = await site.account()
    room = await merchant.ok("POST", "/rooms", json={"kind": "show", "title": "Talk", "locale": "en"})
    path = f"/rooms/{room['id']}/offers"
    await merchant.refused(409, "room_has_no_store", "POST", path, json={"sku": "CUP-1", "quantity": 1})
    expert = await merchant.ok("POST", "/rooms", json={"kind": "expert", "title": "Talk", "locale": "en"})
    path = f"/rooms/{expert['id']}/offers"
    await merchant.refused(403, "forbidden", "POST", path, json={"sku": "CUP-1", "quantity": 1})


async def test_the_price_may_only_fall_while_the_room_is_live(site: SellingSite) -> None:
    show = await open_show(site, live=False)
    path = f"/offers/{show.offer['id']}"
    assert (await show.merchant.ok("PATCH", path, json={"price": euros(1500)}))["price"] == euros(1500)
    await show.go_live()
    await show.merchant.refused(409, "price_guard", "PATCH", path, json={"price": euros(1501)})
    lower = await show.merchant.ok("PATCH", path, json={"price": euros(900)})
    assert (lower["price"], lower["list_price"]) == (euros(900), euros(1250))
    await show.merchant.refused(409, "price_guard", "PATCH", path, json={"price": euros(901)})
    # What was bought keeps its price.
    order = await show.buy(site.guest(), 2)
    await show.merchant.ok("PATCH", path, json={"price": euros(100)})
    assert (await site.report(order))[0] == 204
    await site.commerce.announcer.flush()
    assert site.seen(OfferChanged)[-1].offer["price"] == euros(100)


async def test_one_pin_a_room(show: Show) -> None:
    other = await show.merchant.ok("POST", f"/rooms/{show.room['id']}/offers", json={"sku": "CUP-2", "quantity": 1})
    for offer in (show.offer, other):
        assert (await show.merchant.ok("PUT", f"/offers/{offer['id']}/pin"))["pinned"] is True
    pinned = [offer["sku"] for offer in (await show.merchant.ok("GET", f"/rooms/{show.room['id']}/offers"))["items"]
              if offer["pinned"]]  # fmt: skip
    assert pinned == ["CUP-2"]
    # Somebody who still saw the other one pinned: theirs comes off, which it is already, and not the present one.
    assert (await show.merchant.ok("DELETE", f"/offers/{show.offer['id']}/pin"))["pinned"] is False
    assert (await show.merchant.ok("DELETE", f"/offers/{other['id']}/pin"))["pinned"] is False
    told = [event.offer and event.offer["sku"] for event in show.site.seen(OfferPinned)]
    assert told == ["CUP-1", "CUP-2", None]


async def test_a_window_opens_and_closes(site: SellingSite) -> None:
    now = site.clock.now_ms()
    show = await open_show(site, starts_at=iso(now + 60_000), ends_at=iso(now + 120_000))
    buyer = site.guest()
    problem = await buyer.refused(409, "offer_closed", "POST", "/orders", json=show.basket())
    assert problem["starts_at"] == iso(now + 60_000)
    site.clock.advance(60)
    await show.buy(buyer)
    site.clock.advance(60)
    await buyer.refused(409, "offer_closed", "POST", "/orders", json=show.basket())
    path = f"/offers/{show.offer['id']}"
    await show.merchant.refused(422, "invalid_input", "PATCH", path, json={"ends_at": iso(now)})
    assert (await show.merchant.ok("PATCH", path, json={"ends_at": None}))["ends_at"] is None
    await show.buy(buyer)


async def test_an_ended_room_gives_its_stock_back(show: Show) -> None:
    site, buyer = show.site, show.site.guest()
    held, sold = await show.buy(buyer, 2), await show.buy(buyer, 3)
    await site.report(sold)
    await show.end()
    assert await site.counts() == {"received": 10, "free": 5, "available": 0, "held": 2, "sold": 3}
    assert (await buyer.ok("GET", f"/rooms/{show.room['id']}/offers"))["items"] == []
    await buyer.ok("POST", f"/orders/{held['id']}/cancel")
    await show.merchant.ok("POST", f"/orders/{sold['id']}/refunds")
    assert await site.counts() == {"received": 10, "free": 10, "available": 0, "held": 0, "sold": 0}
    await show.merchant.refused(409, "offer_closed", "PATCH", f"/offers/{show.offer['id']}", json={"quantity": 5})
