"""Picking up: places and slots of the merchant's, and slots that are never oversold."""

import asyncio
from datetime import UTC, datetime, timedelta

from livehub.clock import parse_iso
from livehub.commerce.orders.model import RESERVATION_MS
from livehub.ids import new_id
from tests.commerce.selling import Json, Show


async def place_with_slots(show: Show, *, capacity: int = 2, minutes: int = 60) -> tuple[Json, list[Json]]:
    body = {
        "title": "The shop",
        "address": "1 Tea Lane\nHanoi",
        "time_zone": "Asia/Bangkok",
        "directions": "Ring twice",
    }
    place = await show.merchant.ok("POST", f"/stores/{show.store['id']}/pickup-places", json=body)
    day = (datetime.fromtimestamp(show.site.clock.now_ms() / 1000, UTC) + timedelta(days=3)).date().isoformat()
    wanted = {"days": [day], "opens": "10:00", "closes": "12:30", "minutes": minutes, "capacity": capacity}
    made = await show.merchant.ok("POST", f"/pickup-places/{place['id']}/slots", json=wanted)
    return place, made["items"]


def picked_up(slot: Json) -> Json:
    return {"delivery": {"method": "pickup", "slot": slot["id"]}}


async def test_slots_are_made_on_the_places_own_clock(show: Show) -> None:
    place, slots = await place_with_slots(show)
    # 10:00 in Bangkok is 03:00 UTC, and the half hour at the end is no slot.
    assert [slot["starts_at"][11:16] for slot in slots] == ["03:00", "04:00"]
    assert parse_iso(slots[0]["ends_at"]) - parse_iso(slots[0]["starts_at"]) == 3_600_000
    choices = (await show.site.guest().ok("GET", f"/rooms/{show.room['id']}/pickup"))["items"]
    assert [(one["id"], one["address"]) for one in choices] == [(place["id"], "1 Tea Lane\nHanoi")]
    assert [slot["left"] for slot in choices[0]["slots"]] == [2, 2]
    assert "taken" not in choices[0]["slots"][0]


async def test_an_order_keeps_where_and_when_and_needs_to_say(show: Show) -> None:
    place, slots = await place_with_slots(show)
    buyer = show.site.guest()
    problem = await buyer.refused(409, "pickup_slot_missing", "POST", "/orders", json=show.basket())
    assert problem["field"] == "delivery.slot"
    order = await show.buy(buyer, **picked_up(slots[1]))
    assert order["delivery"]["pickup"] == {
        "slot": slots[1]["id"],
        "place": place,
        "starts_at": slots[1]["starts_at"],
        "ends_at": slots[1]["ends_at"],
    }
    # What was ordered stays, also when the place is no more.
    await show.merchant.ok("DELETE", f"/pickup-places/{place['id']}")
    assert (await buyer.ok("GET", f"/orders/{order['id']}"))["delivery"] == order["delivery"]
    await buyer.refused(409, "pickup_slot_closed", "POST", "/orders", json=show.basket(**picked_up(slots[0])))
    await show.buy(buyer)


async def test_a_slot_is_never_oversold_and_comes_back(show: Show) -> None:
    _, (slot, _) = await place_with_slots(show, capacity=3)
    buyers = [show.site.guest(f"Buyer {number}") for number in range(8)]
    answers = await asyncio.gather(
        *(buyer.call("POST", "/orders", json=show.basket(**picked_up(slot))) for buyer in buyers)
    )
    accepted = [body for status, body in answers if status == 201]
    assert len(accepted) == 3
    assert {body["code"] for status, body in answers if status != 201} == {"pickup_slot_full"}
    assert (await show.site.counts())["held"] == 3

    async def left() -> int:
        (choice,) = (await buyers[0].ok("GET", f"/rooms/{show.room['id']}/pickup"))["items"]
        return int(choice["slots"][0]["left"])

    assert await left() == 0
    await show.merchant.ok("POST", f"/orders/{accepted[0]['id']}/cancel")
    assert await left() == 1
    # Expired: free; paid late: taken again, or the money goes back when others were faster.
    late, later = accepted[1:]
    show.site.clock.advance(RESERVATION_MS / 1000 + 1)
    await show.site.worker.sweeper.sweep()
    assert await left() == 3
    for buyer in buyers[:2]:
        await show.buy(buyer, **picked_up(slot))
    await show.site.report(late, event_id=new_id("evt"))
    assert (await show.merchant.ok("GET", f"/orders/{late['id']}"))["status"] == "paid"
    assert await left() == 0
    await show.site.report(later, event_id=new_id("evt"))
    await show.site.worker.sweeper.sweep()
    given_back = await show.merchant.ok("GET", f"/orders/{later['id']}")
    assert (given_back["status"], given_back["payment"]["status"]) == ("expired", "refunded")
    # Refunded before it was picked up: free once more.
    await show.merchant.ok("POST", f"/orders/{late['id']}/refunds", json={"reason": "broken"})
    assert await left() == 1


async def test_capacity_changes_within_what_is_taken(show: Show) -> None:
    place, (slot, other) = await place_with_slots(show, capacity=3)
    for _ in range(2):
        await show.buy(show.site.guest(), **picked_up(slot))
    path = f"/pickup-slots/{slot['id']}"
    await show.merchant.refused(409, "pickup_slot_full", "PATCH", path, json={"capacity": 1})
    assert (await show.merchant.ok("PATCH", path, json={"capacity": 2}))["left"] == 0
    await show.merchant.ok("DELETE", f"/pickup-slots/{other['id']}")
    listed = (await show.merchant.ok("GET", f"/pickup-places/{place['id']}/slots"))["items"]
    assert [(one["id"], one["taken"], one["capacity"]) for one in listed] == [(slot["id"], 2, 2)]
    # Another merchant sees and changes nothing of it.
    other_merchant = await show.site.account("Eve")
    await other_merchant.refused(403, "not_store_owner", "PATCH", path, json={"capacity": 9})
    await other_merchant.refused(403, "not_store_owner", "DELETE", f"/pickup-places/{place['id']}")
    await other_merchant.refused(403, "not_store_owner", "GET", f"/pickup-places/{place['id']}/slots")
    await show.merchant.refused(404, "pickup_slot_not_found", "DELETE", "/pickup-slots/slt_none")
    await show.merchant.refused(404, "pickup_place_not_found", "DELETE", "/pickup-places/plc_none")


async def test_what_cannot_be_a_slot(show: Show) -> None:
    place, _ = await place_with_slots(show)
    path = f"/pickup-places/{place['id']}/slots"
    good = {"days": ["2099-01-01"], "opens": "10:00", "closes": "12:00", "minutes": 30, "capacity": 1}
    for change, field in (
        ({}, "days"),  # too far ahead
        ({"days": ["2001-01-01"]}, "days"),  # long ago
        ({"opens": "13:00"}, "closes"),
        ({"minutes": 1}, "minutes"),
        ({"capacity": 0}, "capacity"),
    ):
        problem = await show.merchant.refused(422, "invalid_input", "POST", path, json={**good, **change})
        assert problem["field"] == field, change
    body = {"title": "x", "address": "y", "time_zone": "Mars/Olympus"}
    problem = await show.merchant.refused(
        422, "invalid_input", "POST", f"/stores/{show.store['id']}/pickup-places", json=body
    )
    assert problem["field"] == "time_zone"


async def test_a_slot_of_another_store_is_none(show: Show) -> None:
    elsewhere = await show.site.account("Eve")
    store = await elsewhere.ok("POST", "/stores", json={"title": "Eve's", "currency": "EUR"})
    theirs = Show(show.site, elsewhere, store, show.product, show.room, show.offer)
    _, (slot, _) = await place_with_slots(theirs)
    await show.site.guest().refused(
        404, "pickup_slot_not_found", "POST", "/orders", json=show.basket(**picked_up(slot))
    )
    wrong = {"method": "courier", "address": "x", "slot": slot["id"]}
    problem = await show.site.guest().refused(422, "invalid_input", "POST", "/orders", json=show.basket(delivery=wrong))
    assert problem["field"] == "delivery.slot"
