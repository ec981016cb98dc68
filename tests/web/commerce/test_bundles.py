"""Bundles: several articles of the tray as one offer, whose units are theirs whoever buys first."""

from typing import Any

from tests.commerce.selling import Json, Person, SellingSite, Show, euros, open_show


async def with_bundle(site: SellingSite, cups: int = 6, reds: int = 2, **bundle: Any) -> tuple[Show, Json, Json]:
    """A show with six blue cups, two red ones, and sets of two blue and one red."""
    show = await open_show(site, quantity=cups)
    room = f"/rooms/{show.room['id']}"
    red = await show.merchant.ok("POST", f"{room}/offers", json={"sku": "CUP-2", "quantity": reds})
    body = {
        "title": "A set",
        "price": euros(3000),
        "quantity": 5,
        "parts": [{"offer": show.offer["id"], "quantity": 2}, {"offer": red["id"]}],
    } | bundle
    made = await show.merchant.ok("POST", f"{room}/bundles", json=body)
    return show, red, made


def lines(show: Show, *wanted: tuple[Json, int]) -> Json:
    return show.basket(lines=[{"offer": offer["id"], "quantity": quantity} for offer, quantity in wanted])


async def order(buyer: Person, basket: Json) -> Json:
    placed: Json = await buyer.ok("POST", "/orders", json=basket)
    return placed


async def left(show: Show) -> dict[str, int]:
    offers = (await show.site.nobody.ok("GET", f"/rooms/{show.room['id']}/offers"))["items"]
    return {offer["title"] + offer["variant_title"]: offer["available"] for offer in offers}


async def test_a_bundle_draws_on_all_its_parts_and_gives_back_to_all(site: SellingSite) -> None:
    show, red, bundle = await with_bundle(site)
    assert bundle["sku"] == ""
    assert [(part["offer"], part["quantity"], part["variant_title"]) for part in bundle["parts"]] == [
        (show.offer["id"], 2, "blue"),
        (red["id"], 1, "red"),
    ]
    # Five may be sold, the red ones make two.
    assert await left(show) == {"A set": 2, "Tea cupblue": 6, "Tea cupred": 2}
    buyer = site.guest()
    placed = await order(buyer, lines(show, (bundle, 1)))
    assert placed["total"] == euros(3000)
    assert [part["sku"] for part in placed["lines"][0]["parts"]] == ["CUP-1", "CUP-2"]
    assert await left(show) == {"A set": 1, "Tea cupblue": 4, "Tea cupred": 1}
    assert [(await site.counts(sku))["held"] for sku in ("CUP-1", "CUP-2")] == [2, 1]
    await site.report(placed)
    assert [(await site.counts(sku))["sold"] for sku in ("CUP-1", "CUP-2")] == [2, 1]
    # All of the money back: all of the units back.
    await show.merchant.ok("POST", f"/orders/{placed['id']}/refunds")
    assert await left(show) == {"A set": 2, "Tea cupblue": 6, "Tea cupred": 2}
    again = await order(buyer, lines(show, (bundle, 2)))
    await buyer.ok("POST", f"/orders/{again['id']}/cancel")
    assert [(await site.counts(sku))["available"] for sku in ("CUP-1", "CUP-2")] == [6, 2]


async def test_parts_and_bundles_never_sell_the_same_unit(site: SellingSite) -> None:
    show, red, bundle = await with_bundle(site)
    first, second = site.guest(), site.guest()
    # A set and two red cups would be three red ones of two.
    short = await first.refused(409, "sold_out", "POST", "/orders", json=lines(show, (bundle, 1), (red, 2)))
    assert short["offer"] == red["id"]
    await order(first, lines(show, (bundle, 1), (red, 1)))
    refused = await second.refused(409, "sold_out", "POST", "/orders", json=lines(show, (bundle, 1)))
    assert refused["available"] == 0
    await order(second, lines(show, (show.offer, 4)))
    assert await left(show) == {"A set": 0, "Tea cupblue": 0, "Tea cupred": 0}
    # The show ends with orders that wait: what comes back later goes to free stock.
    await show.end()
    for sku, held in (("CUP-1", 6), ("CUP-2", 2)):
        assert await site.counts(sku) == {"received": 10, "free": 10 - held, "available": 0, "held": held, "sold": 0}
    site.clock.advance(3600)
    await site.worker.sweeper.sweep()
    assert [(await site.counts(sku))["free"] for sku in ("CUP-1", "CUP-2")] == [10, 10]


async def test_a_bundle_is_claimed_and_waited_for(site: SellingSite) -> None:
    show, red, bundle = await with_bundle(site, claim={"word": "set", "seconds": 60})
    ana, ben = site.guest(), site.guest()
    made = await ana.ok("POST", f"/offers/{bundle['id']}/claims", json={"quantity": 2})
    assert (made["state"], made["quantity"]) == ("held", 2)
    assert [(await site.counts(sku))["held"] for sku in ("CUP-1", "CUP-2")] == [4, 2]
    await ben.refused(409, "sold_out", "POST", "/orders", json=lines(show, (red, 1)))
    waiting = await ben.ok("POST", f"/offers/{bundle['id']}/claims")
    assert waiting["state"] == "waiting"
    # Ana orders one of the two: the other is Ben's.
    await order(ana, lines(show, (bundle, 1)))
    (mine,) = (await ben.ok("GET", f"/rooms/{show.room['id']}/claims"))["items"]
    assert mine["state"] == "held"
    assert [(await site.counts(sku))["held"] for sku in ("CUP-1", "CUP-2")] == [4, 2]
    # Cho waits for a set. A red cup that comes in makes one, once time has passed.
    cho = site.guest()
    await cho.ok("POST", f"/offers/{bundle['id']}/claims")
    await show.merchant.ok("PATCH", f"/offers/{red['id']}", json={"quantity": 3})
    await site.worker.sweeper.sweep()
    (hers,) = (await cho.ok("GET", f"/rooms/{show.room['id']}/claims"))["items"]
    assert hers["state"] == "held"
    assert [(await site.counts(sku))["available"] for sku in ("CUP-1", "CUP-2")] == [0, 0]


async def test_what_makes_no_bundle_is_refused(site: SellingSite) -> None:
    show, red, bundle = await with_bundle(site)
    path = f"/rooms/{show.room['id']}/bundles"
    good = {"title": "x", "price": euros(100), "quantity": 1, "parts": [{"offer": red["id"], "quantity": 2}]}
    other = await open_show(site)
    for part in ("ofr_none", bundle["id"], other.offer["id"]):
        wrong = good | {"parts": [{"offer": part, "quantity": 2}]}
        assert (await show.merchant.refused(404, "offer_not_found", "POST", path, json=wrong))["field"] == "parts"
    twice = good | {"parts": [{"offer": red["id"]}, {"offer": red["id"]}]}
    await show.merchant.refused(422, "invalid_input", "POST", path, json=twice)
    await show.merchant.refused(422, "invalid_input", "POST", path, json=good | {"parts": [{"offer": red["id"]}]})
    await show.merchant.refused(422, "invalid_input", "POST", path, json=good | {"parts": []})
    dollars = {"amount_minor": 100, "currency": "USD"}
    await show.merchant.refused(422, "currency_mismatch", "POST", path, json=good | {"price": dollars})
    await site.guest().refused(403, "forbidden", "POST", path, json=good)
    # It is changed like any other offer, and has deals of its own.
    await show.merchant.ok("PATCH", f"/offers/{bundle['id']}", json={"quantity": 1})
    assert (await left(show))["A set"] == 1
    deal = {"price": euros(2000), "quantity": 1, "seconds": 60}
    await show.merchant.ok("PUT", f"/offers/{bundle['id']}/deal", json=deal)
    assert (await order(site.guest(), lines(show, (bundle, 1))))["total"] == euros(2000)
