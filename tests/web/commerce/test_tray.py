"""The tray's order, several pins, flash deals, prices by quantity and what ships later, over HTTP."""

import pytest

from livehub.clock import iso
from livehub.commerce.orders.model import RESERVATION_MS
from livehub.events import OfferChanged, OfferPinned, OffersArranged
from tests.commerce.selling import Json, SellingSite, Show, euros, open_show


async def more_offers(show: Show) -> list[Json]:
    """Four more, after the one that is there."""
    variants = [{"sku": f"X-{n}", "title": str(n), "price": euros(100), "stock": 5} for n in range(4)]
    path = f"/stores/{show.store['id']}/products"
    await show.merchant.ok("POST", path, json={"title": "More", "variants": variants})
    offers = f"/rooms/{show.room['id']}/offers"
    return [await show.merchant.ok("POST", offers, json={"sku": f"X-{n}", "quantity": 1}) for n in range(4)]


async def tray(show: Show) -> list[Json]:
    items: list[Json] = (await show.site.nobody.ok("GET", f"/rooms/{show.room['id']}/offers"))["items"]
    return items


async def test_the_tray_has_an_order(show: Show) -> None:
    ids = [show.offer["id"], *(offer["id"] for offer in await more_offers(show))]
    assert [offer["id"] for offer in await tray(show)] == ids
    path = f"/rooms/{show.room['id']}/offers/order"
    arranged = await show.merchant.ok("PUT", path, json={"offers": [ids[3], ids[1]]})
    wanted = [ids[3], ids[1], ids[0], ids[2], ids[4]]
    assert [offer["id"] for offer in arranged["items"]] == wanted
    assert [offer["position"] for offer in await tray(show)] == [0, 1, 2, 3, 4]
    assert show.site.seen(OffersArranged)[-1].offers == tuple(wanted)
    await show.merchant.refused(404, "offer_not_found", "PUT", path, json={"offers": ["ofr_elsewhere"]})
    await show.merchant.refused(422, "invalid_input", "PUT", path, json={"offers": [ids[0], ids[0]]})
    await show.site.guest().refused(403, "forbidden", "PUT", path, json={"offers": ids})
    assert [offer["id"] for offer in await tray(show)] == wanted


async def test_several_pins(show: Show) -> None:
    first, second, third, fourth, _ = [show.offer, *await more_offers(show)]
    pin = "/offers/{}/pin?beside=true"
    for offer in (first, second, third):
        show.site.clock.advance(1)
        await show.merchant.ok("PUT", pin.format(offer["id"]))
    problem = await show.merchant.refused(409, "too_many_pins", "PUT", pin.format(fourth["id"]))
    assert problem["limit"] == 3
    told = show.site.seen(OfferPinned)[-1]
    assert [offer["id"] for offer in told.offers] == [third["id"], second["id"], first["id"]]
    assert told.offer["id"] == third["id"]
    await show.merchant.ok("DELETE", f"/offers/{third['id']}/pin")
    assert show.site.seen(OfferPinned)[-1].offer["id"] == second["id"]
    # The pin of old takes everybody's place.
    await show.merchant.ok("PUT", f"/offers/{fourth['id']}/pin")
    assert [offer["id"] for offer in await tray(show) if offer["pinned"]] == [fourth["id"]]
    before = len(show.site.seen(OfferPinned))
    await show.merchant.ok("PUT", f"/offers/{fourth['id']}/pin")
    assert len(show.site.seen(OfferPinned)) == before
    # A product that is taken out of sale takes its pin along.
    product = (await show.merchant.ok("GET", f"/stores/{show.store['id']}/products"))["items"][-1]
    await show.merchant.ok("DELETE", f"/products/{product['id']}")
    assert not [offer for offer in await tray(show) if offer["pinned"]]


async def test_prices_by_quantity(site: SellingSite) -> None:
    tiers = [{"quantity": 2, "price": euros(1100)}, {"quantity": 4, "price": euros(1000)}]
    show = await open_show(site, live=False, tiers=tiers)
    assert show.offer["tiers"] == tiers
    path = f"/offers/{show.offer['id']}"
    await show.merchant.refused(422, "invalid_input", "PATCH", path, json={"tiers": [tiers[1], tiers[0]]})
    dollars = {"quantity": 3, "price": {"amount_minor": 5, "currency": "USD"}}
    await show.merchant.refused(422, "currency_mismatch", "PATCH", path, json={"tiers": [dollars]})
    await show.go_live()
    # Taking a reduction away is a rise; a lower price hides the ones above it.
    await show.merchant.refused(409, "price_guard", "PATCH", path, json={"tiers": tiers[:1]})
    for quantity, unit in ((1, 1250), (3, 1100), (4, 1000)):
        order = await show.buy(site.guest(), quantity)
        assert order["lines"][0]["unit_price"] == euros(unit)
        assert order["total"] == euros(quantity * unit)
    assert (await show.merchant.ok("PATCH", path, json={"price": euros(1050)}))["tiers"] == tiers[1:]


async def test_a_flash_deal_has_a_quantity_of_its_own(site: SellingSite) -> None:
    show = await open_show(site, stock=10, quantity=10)
    deal = f"/offers/{show.offer['id']}/deal"
    started = await show.merchant.ok("PUT", deal, json={"price": euros(800), "quantity": 3, "seconds": 1200})
    ends_at = iso(site.clock.now_ms() + 1_200_000)
    assert started["deal"] == {"price": euros(800), "quantity": 3, "left": 3, "ends_at": ends_at}
    assert started["price"] == euros(1250)
    one, two = site.guest(), site.guest()
    seen: Json = {"lines": [{"offer": show.offer["id"], "quantity": 2, "unit_price": euros(800)}]}
    order = await show.buy(one, **seen)
    assert order["total"] == euros(1600)
    # Two more do not fit in the deal: nobody pays more than what they saw without being told.
    problem = await two.refused(409, "price_changed", "POST", "/orders", json=show.basket(**seen))
    assert (problem["unit_price"], problem["deal_left"]) == (euros(1250), 1)
    assert (await show.buy(two, 2))["total"] == euros(2500)
    await site.commerce.announcer.flush()
    assert site.seen(OfferChanged)[-1].offer["deal"]["left"] == 1
    # What is given up comes back to the deal, and to the one stock.
    await one.ok("POST", f"/orders/{order['id']}/cancel")
    assert (await tray(show))[0]["deal"]["left"] == 3
    assert await site.counts() == {"received": 10, "free": 0, "available": 8, "held": 2, "sold": 0}
    # Late payment: of a deal whose units others took meanwhile nothing is left to serve.
    late = await show.buy(one, **seen)
    site.clock.advance(RESERVATION_MS / 1000 + 1)
    await site.worker.sweeper.sweep()
    await show.buy(two, **seen)
    assert (await site.report(late))[0] == 204
    assert (await one.ok("GET", f"/orders/{late['id']}"))["status"] == "expired"
    # When its time is over the offer's own price holds again.
    site.clock.advance(1200)
    problem = await two.refused(409, "price_changed", "POST", "/orders", json=show.basket(**seen))
    assert problem["deal_left"] == 0


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"price": euros(1250), "quantity": 1, "seconds": 60}, 422, "invalid_input"),
        ({"price": euros(1), "quantity": 11, "seconds": 60}, 409, "stock_short"),
        ({"price": euros(1), "quantity": 0, "seconds": 60}, 422, "invalid_input"),
        ({"price": euros(1), "quantity": 1, "seconds": 9}, 422, "invalid_input"),
        ({"price": euros(1), "quantity": 1, "seconds": 86401}, 422, "invalid_input"),
        ({"price": {"amount_minor": 1, "currency": "USD"}, "quantity": 1, "seconds": 60}, 422, "currency_mismatch"),
    ],
)
async def test_a_deal_that_cannot_be(show: Show, body: Json, status: int, code: str) -> None:
    await show.merchant.refused(status, code, "PUT", f"/offers/{show.offer['id']}/deal", json=body)
    assert (await tray(show))[0]["deal"] is None


async def test_deals_are_the_hosts_and_for_live_rooms(site: SellingSite) -> None:
    show = await open_show(site, live=False)
    body, path = {"price": euros(900), "quantity": 1, "seconds": 60}, f"/offers/{show.offer['id']}/deal"
    await show.merchant.refused(409, "room_not_live", "PUT", path, json=body)
    await show.go_live()
    await site.guest().refused(403, "forbidden", "PUT", path, json=body)
    await show.merchant.ok("PUT", path, json=body)
    await site.guest().refused(403, "forbidden", "DELETE", path)
    assert (await show.merchant.ok("DELETE", path))["deal"] is None
    # An order of a deal that is over gives its units to the stock alone.
    await show.merchant.ok("PUT", path, json=body)
    buyer = site.guest()
    order = await show.buy(buyer)
    await show.merchant.ok("PUT", path, json=body | {"quantity": 2})
    await buyer.ok("POST", f"/orders/{order['id']}/cancel")
    assert (await tray(show))[0]["deal"]["left"] == 2
    assert (await site.counts())["available"] == 10


async def test_what_ships_later_says_when(site: SellingSite) -> None:
    show = await open_show(site, ships_at="2026-12-24T00:00:00.000Z")
    assert show.offer["ships_at"] == "2026-12-24T00:00:00.000Z"
    order = await show.buy(site.guest())
    assert order["lines"][0]["ships_at"] == "2026-12-24T00:00:00.000Z"
    path = f"/offers/{show.offer['id']}"
    assert (await show.merchant.ok("PATCH", path, json={"ships_at": None}))["ships_at"] is None
    again = await show.merchant.ok("GET", f"/orders/{order['id']}")
    assert again["lines"][0]["ships_at"] == "2026-12-24T00:00:00.000Z"
