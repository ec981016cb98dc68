"""Packing and sending, whole and in parts, and what of it refunds, cancelling and stock follow."""

import csv
import io
from typing import Any

import pytest

from livehub.commerce.errors import GatewayFailed
from livehub.commerce.orders.model import Order
from livehub.ids import new_id
from tests.commerce.selling import Json, Person, SellingSite, Show, euros
from tests.web.commerce.test_digital import NO_ADDRESSES

COURIER: dict[str, Any] = {"delivery": {"method": "courier", "address": "1 Tea Lane\nHanoi"}}


async def paid(show: Show, quantity: int = 3, **changes: Any) -> tuple[Person, Json]:
    buyer = show.site.guest()
    order = await show.buy(buyer, quantity, **(COURIER | changes))
    status, _ = await show.site.report(order, event_id=new_id("evt"))
    assert status == 204
    return buyer, await buyer.ok("GET", f"/orders/{order['id']}")


async def test_an_order_is_sent_in_two_parcels(show: Show) -> None:
    buyer, order = await paid(show)
    path, offer = f"/orders/{order['id']}/shipments", show.offer["id"]
    packed = await show.merchant.ok("POST", path, json={"lines": [{"offer": offer, "quantity": 2}]})
    (first,) = packed["shipments"]
    assert (packed["status"], first["status"], first["lines"]) == ("paid", "packed", [{"offer": offer, "quantity": 2}])
    problem = await show.merchant.refused(
        409, "shipment_too_much", "POST", path, json={"lines": [{"offer": offer, "quantity": 2}]}
    )
    assert (problem["field"], problem["remaining"]) == ("lines[0].quantity", 1)
    tracking = {"carrier": "Post", "tracking_number": "RR 1", "tracking_url": "https://post.example.org/RR1"}
    sent = await show.merchant.ok("PATCH", f"{path}/{first['id']}", json={"status": "shipped", "tracking": tracking})
    assert sent["status"] == "paid"
    seen = await buyer.ok("GET", f"/orders/{order['id']}")
    assert {name: seen["shipments"][0][name] for name in tracking} == tracking
    assert [step["status"] for step in seen["shipments"][0]["history"]] == ["packed", "shipped"]
    # The rest: packed without naming lines; the order is fulfilled with its last unit.
    packed = await show.merchant.ok("POST", path)
    second = packed["shipments"][1]
    assert second["lines"] == [{"offer": offer, "quantity": 1}]
    done = await show.merchant.ok("PATCH", f"{path}/{second['id']}", json={"status": "shipped"})
    assert done["status"] == "fulfilled"
    await show.merchant.refused(409, "illegal_transition", "POST", path)
    await show.merchant.refused(409, "illegal_transition", "PATCH", f"{path}/{first['id']}", json={"status": "packed"})
    delivered = await show.merchant.ok("PATCH", f"{path}/{first['id']}", json={"status": "delivered"})
    assert delivered["shipments"][0]["status"] == "delivered"


async def test_only_the_merchant_packs_and_only_what_is_paid(show: Show) -> None:
    buyer = show.site.guest()
    order = await show.buy(buyer, **COURIER)
    path = f"/orders/{order['id']}/shipments"
    await show.merchant.refused(409, "illegal_transition", "POST", path)
    await buyer.refused(403, "account_required", "POST", path)
    eve = await show.site.account("Eve")
    await eve.refused(404, "order_not_found", "POST", path)
    _, order = await paid(show)
    path = f"/orders/{order['id']}/shipments"
    await show.merchant.refused(404, "shipment_not_found", "PATCH", f"{path}/shp_none", json={"status": "shipped"})
    await show.merchant.refused(
        404, "offer_not_found", "POST", path, json={"lines": [{"offer": "ofr_none", "quantity": 1}]}
    )
    packed = await show.merchant.ok("POST", path)
    where = f"{path}/{packed['shipments'][0]['id']}"
    for url in NO_ADDRESSES:
        bad = {"tracking": {"tracking_url": url}}
        problem = await show.merchant.refused(422, "invalid_input", "PATCH", where, json=bad)
        assert problem["field"] == "tracking_url"


async def test_unpacked_again(show: Show) -> None:
    _, order = await paid(show)
    path = f"/orders/{order['id']}/shipments"
    packed = await show.merchant.ok("POST", path)
    where = f"{path}/{packed['shipments'][0]['id']}"
    assert (await show.merchant.ok("DELETE", where))["shipments"] == []
    packed = await show.merchant.ok("POST", path)
    where = f"{path}/{packed['shipments'][0]['id']}"
    await show.merchant.ok("PATCH", where, json={"status": "shipped"})
    await show.merchant.refused(409, "illegal_transition", "DELETE", where)


async def test_what_was_sent_does_not_come_back_to_the_stock_by_itself(show: Show) -> None:
    _, order = await paid(show)
    path, offer = f"/orders/{order['id']}/shipments", show.offer["id"]
    packed = await show.merchant.ok("POST", path, json={"lines": [{"offer": offer, "quantity": 2}]})
    await show.merchant.ok("PATCH", f"{path}/{packed['shipments'][0]['id']}", json={"status": "shipped"})
    # Two come back of which one was never sent: one unit is free, and nothing is left to send.
    lines = [{"offer": offer, "quantity": 2}]
    refunded = await show.merchant.ok("POST", f"/orders/{order['id']}/refunds", json={"lines": lines})
    assert refunded["status"] == "fulfilled"
    assert await show.site.counts() == {"received": 10, "free": 0, "available": 8, "held": 0, "sold": 2}
    await show.merchant.ok("POST", f"/orders/{order['id']}/refunds")
    assert (await show.site.counts())["sold"] == 2


async def test_a_packed_parcel_is_none_when_all_the_money_went_back(show: Show) -> None:
    _, order = await paid(show)
    await show.merchant.ok("POST", f"/orders/{order['id']}/shipments")
    refunded = await show.merchant.ok("POST", f"/orders/{order['id']}/refunds")
    assert (refunded["status"], refunded["shipments"]) == ("refunded", [])
    assert (await show.site.counts())["available"] == 10


async def test_paid_on_delivery_is_sent_first_and_fulfilled_when_paid(show: Show) -> None:
    buyer = show.site.guest()
    order = await show.buy(buyer, 2, payment_provider="manual", **COURIER)
    path = f"/orders/{order['id']}/shipments"
    packed = await show.merchant.ok("POST", path)
    sent = await show.merchant.ok("PATCH", f"{path}/{packed['shipments'][0]['id']}", json={"status": "shipped"})
    assert sent["status"] == "pending_payment"
    await buyer.refused(409, "already_shipped", "POST", f"/orders/{order['id']}/cancel")
    done = await show.merchant.ok("POST", f"/orders/{order['id']}/paid")
    assert done["status"] == "fulfilled"


async def test_fulfil_sends_all_that_is_left(show: Show) -> None:
    _, order = await paid(show)
    path, offer = f"/orders/{order['id']}/shipments", show.offer["id"]
    await show.merchant.ok("POST", path, json={"lines": [{"offer": offer, "quantity": 1}]})
    done = await show.merchant.ok("POST", f"/orders/{order['id']}/fulfil")
    assert done["status"] == "fulfilled"
    assert [one["status"] for one in done["shipments"]] == ["shipped", "shipped"]
    await show.merchant.refused(409, "illegal_transition", "POST", f"/orders/{order['id']}/fulfil")


@pytest.mark.parametrize("minutes", [0, 60])
async def test_a_buyer_cancels_what_is_paid_within_the_shops_terms(show: Show, minutes: int) -> None:
    await show.merchant.ok("PUT", f"/stores/{show.store['id']}/terms", json={"cancel_minutes": minutes})
    buyer, order = await paid(show)
    service = await buyer.ok("GET", f"/orders/{order['id']}/service")
    assert service["may_cancel"] is bool(minutes)
    path = f"/orders/{order['id']}/cancel"
    if not minutes:
        await buyer.refused(409, "illegal_transition", "POST", path)
        return
    stranger = show.site.guest("Eve")
    await stranger.refused(404, "order_not_found", "POST", path)
    cancelled = await buyer.ok("POST", path)
    assert (cancelled["status"], cancelled["refunded"]) == ("refunded", euros(3750))
    assert (await show.site.counts())["available"] == 10
    # Too late, or packed: the shop decides.
    buyer, order = await paid(show)
    show.site.clock.advance(60 * 60)
    await buyer.refused(409, "cancel_too_late", "POST", f"/orders/{order['id']}/cancel")
    buyer, order = await paid(show)
    await show.merchant.ok("POST", f"/orders/{order['id']}/shipments")
    assert not (await buyer.ok("GET", f"/orders/{order['id']}/service"))["may_cancel"]
    await buyer.refused(409, "cancel_too_late", "POST", f"/orders/{order['id']}/cancel")


async def test_many_orders_at_once_each_with_its_own_outcome(show: Show) -> None:
    _, one = await paid(show, 1)
    _, two = await paid(show, 1)
    unpaid = await show.buy(show.site.guest(), **COURIER)
    path = f"/stores/{show.store['id']}/orders/work"
    ids = [one["id"], unpaid["id"], two["id"], "ord_none"]
    packed = (await show.merchant.ok("POST", path, json={"action": "pack", "orders": ids}))["items"]
    assert [(item["order"], item["ok"], item["code"]) for item in packed] == [
        (one["id"], True, None), (unpaid["id"], False, "illegal_transition"), (two["id"], True, None),
        ("ord_none", False, "order_not_found"),
    ]  # fmt: skip
    listed = await show.merchant.ok("GET", f"/stores/{show.store['id']}/orders?work=packed")
    assert {order["id"] for order in listed["items"]} == {one["id"], two["id"]}
    sent = (await show.merchant.ok("POST", path, json={"action": "ship", "orders": [one["id"]]}))["items"]
    assert sent[0]["status"] == "fulfilled"
    gone = await show.merchant.ok("POST", path, json={"action": "cancel", "orders": [two["id"], unpaid["id"]]})
    assert [item["status"] for item in gone["items"]] == ["refunded", "cancelled"]
    eve = await show.site.account("Eve")
    await eve.refused(403, "not_store_owner", "POST", path, json={"action": "ship", "orders": ids})
    await show.merchant.refused(422, "invalid_input", "POST", path, json={"action": "burn", "orders": ids})
    await show.merchant.refused(422, "invalid_input", "POST", path, json={"action": "pack", "orders": [one["id"]] * 2})
    # Another store of the same merchant does not reach into this one.
    other = await show.merchant.ok("POST", "/stores", json={"title": "Other", "currency": "EUR"})
    elsewhere = await show.merchant.ok(
        "POST", f"/stores/{other['id']}/orders/work", json={"action": "pack", "orders": [one["id"]]}
    )
    assert elsewhere["items"][0]["code"] == "order_not_found"


async def test_the_desk_searches_filters_and_pages(show: Show) -> None:
    site: SellingSite = show.site
    await site.commerce.offers.of_room(show.room["id"])
    ana = site.guest("Ana")
    first = await show.buy(ana, contact={"name": "Ana Lopez", "email": "ana_1@example.org"}, **COURIER)
    second = await show.buy(ana, contact={"name": "Böris", "phone": "+49 170"})
    _, third = await paid(show, 1, contact={"name": "Chi 100%"})
    base = f"/stores/{show.store['id']}/orders"

    async def found(query: str) -> set[str]:
        return {order["id"] for order in (await show.merchant.ok("GET", f"{base}?{query}"))["items"]}

    assert await found(f"q={first['number']}") == {first["id"]}
    assert await found("q=ana%20lopez") == {first["id"]}
    assert await found("q=ana_1@") == {first["id"]}
    assert await found("q=anaX1@") == set()
    assert await found("q=100%25") == {third["id"]}
    assert await found("q=B%C3%B6ris") == {second["id"]}
    assert await found("q=cup-1") == {first["id"], second["id"], third["id"]}
    assert await found("q=tea%20lane") == {first["id"], third["id"]}
    assert await found("method=pickup") == {second["id"]}
    assert await found("work=to_pack") == {third["id"]}
    assert await found("status=paid&q=chi") == {third["id"]}
    now = third["placed_at"]
    assert await found(f"until={now}") == set()
    assert await found(f"since={now}") == {first["id"], second["id"], third["id"]}
    page = await show.merchant.ok("GET", f"{base}?q=cup&limit=2")
    rest = await show.merchant.ok("GET", f"{base}?q=cup&limit=2&after={page['next']}")
    assert [len(page["items"]), len(rest["items"])] == [2, 1]
    for query in ("method=drone", "work=sleep", "since=yesterday", f"q={'x' * 101}"):
        await show.merchant.refused(422, "invalid_input", "GET", f"{base}?{query}")


async def test_the_csv_runs_nothing(show: Show) -> None:
    evil = {"name": '=HYPERLINK("http://evil.example.org")', "email": "ana@example.org", "phone": "+1 555"}
    note = '@SUM(A1)\nand, "more"'
    await show.buy(show.site.guest("-cmd|x"), 2, contact=evil, note=note, **COURIER)
    text = await show.merchant.ok("GET", f"/stores/{show.store['id']}/orders.csv?q=hyperlink")
    assert text.startswith("\ufeff")
    head, row = csv.reader(io.StringIO(text[1:]))
    order = dict(zip(head, row, strict=True))
    assert order["name"] == "'" + evil["name"]
    assert (order["phone"], order["buyer"], order["note"]) == ("'+1 555", "'-cmd|x", f"'{note}")
    assert (order["unit_price"], order["order_total"], order["quantity"]) == ("12.50", "25.00", "2")
    assert (
        await show.merchant.ok("GET", f"/stores/{show.store['id']}/orders.csv?q=nobody")
        == f"\ufeff{','.join(head)}\r\n"
    )
    eve = await show.site.account("Eve")
    await eve.refused(403, "not_store_owner", "GET", f"/stores/{show.store['id']}/orders.csv")


async def test_what_is_being_packed_is_not_cancelled_by_its_buyer(show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shop packs between the buyer's asking and the refund's commit: one of them has to see the other."""
    await show.merchant.ok("PUT", f"/stores/{show.store['id']}/terms", json={"cancel_minutes": 60})
    buyer, order = await paid(show)
    desk = show.site.commerce.fulfilment
    may_cancel = desk.may_cancel

    async def then_pack(found: Order) -> bool:
        may = await may_cancel(found)
        await show.merchant.ok("POST", f"/orders/{order['id']}/shipments")
        return may

    monkeypatch.setattr(desk, "may_cancel", then_pack)
    await buyer.refused(409, "cancel_too_late", "POST", f"/orders/{order['id']}/cancel")
    seen = await buyer.ok("GET", f"/orders/{order['id']}")
    assert (seen["status"], seen["refunded"]) == ("paid", euros(0))
    assert [one["status"] for one in seen["shipments"]] == ["packed"]


async def test_nothing_is_packed_while_all_the_money_is_on_its_way_back(
    show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The provider may be away for hours, and the order looks paid meanwhile."""
    buyer, order = await paid(show)

    async def away(_request: object) -> None:
        raise GatewayFailed

    path = f"/orders/{order['id']}"
    with monkeypatch.context() as patched:
        patched.setattr(show.site.commerce.desk._gateways["sandbox"], "refund", away)
        await show.merchant.refused(503, "payment_provider_failed", "POST", f"{path}/refunds")
    for way in ("shipments", "fulfil"):
        await show.merchant.refused(409, "illegal_transition", "POST", f"{path}/{way}")
    await show.site.worker.sweeper.sweep()
    assert (await buyer.ok("GET", path))["status"] == "refunded"
