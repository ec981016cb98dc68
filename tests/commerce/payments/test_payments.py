"""The sandbox's webhooks over HTTP: forged, late, repeated, out of order, of the wrong amount."""

import json

import pytest

from livehub.commerce.errors import PaymentRefused
from livehub.commerce.gateway import RefundRequest
from livehub.commerce.orders.model import RESERVATION_MS
from livehub.commerce.payments.dues import RETRY_S
from livehub.commerce.signature import TOLERANCE_S, sign
from livehub.events import OrderChanged, OrderPaid, OrderPlaced
from tests.commerce.selling import SellingSite, Show, euros, open_show

AFTER_EXPIRY_S = RESERVATION_MS / 1000 + 1


async def test_a_paid_order_sells_its_units_and_is_told(show: Show) -> None:
    site, buyer = show.site, show.site.guest("Ana")
    order = await show.buy(buyer, 2)
    assert order["status"] == "pending_payment"
    assert order["total"] == euros(2500)
    assert order["payment"]["status"] == "pending"
    assert order["payment"]["action_url"].startswith(site.url + "/sandbox/pay/pay_")
    assert order["expires_at"] is not None
    assert (await site.report(order))[0] == 204

    paid = await buyer.ok("GET", f"/orders/{order['id']}")
    assert (paid["status"], paid["payment"]["status"], paid["expires_at"]) == ("paid", "paid", None)
    assert [step["status"] for step in paid["history"]] == ["pending_payment", "paid"]
    assert await site.counts() == {"received": 10, "free": 0, "available": 8, "held": 0, "sold": 2}
    assert [event.order["id"] for event in site.seen(OrderPlaced)] == [order["id"]]
    assert [event.order["status"] for event in site.seen(OrderChanged)] == ["paid"]
    (line,) = site.seen(OrderPaid)
    assert (line.room_id, line.display_name, line.units) == (show.room["id"], "Ana", 2)


async def test_a_webhook_that_comes_again_changes_nothing(show: Show) -> None:
    order = await show.buy(show.site.guest())
    for event_id in ("evt_1", "evt_1", "evt_2", "evt_1"):
        assert (await show.site.report(order, event_id=event_id))[0] == 204
    assert (await show.site.counts())["sold"] == 1
    assert len(show.site.seen(OrderPaid)) == 1


async def test_forged_altered_and_old_webhooks_are_refused(show: Show) -> None:
    site, path = show.site, "/webhooks/payments/sandbox"
    order = await show.buy(site.guest())
    reference = order["payment"]["action_url"].rpartition("/")[2]
    body = json.dumps({"type": "payment.paid", "data": {"reference": reference, **order["total"]}}).encode()
    now, secret = site.clock.now_ms(), site.sandbox.webhook_secret
    good = sign(secret, "evt_1", now, body)
    nobody = site.nobody
    await nobody.refused(401, "webhook_signature", "POST", path, data=body)
    await nobody.refused(401, "webhook_signature", "POST", path, data=body + b" ", headers=good)
    await nobody.refused(401, "webhook_signature", "POST", path, data=body, headers=good | {"webhook-id": "evt_2"})
    forged = sign("whsec_" + "A" * 44, "evt_1", now, body)
    await nobody.refused(401, "webhook_signature", "POST", path, data=body, headers=forged)
    for seconds in (-TOLERANCE_S - 1, TOLERANCE_S + 1):
        stale = sign(secret, "evt_1", now + seconds * 1000, body)
        await nobody.refused(401, "webhook_timestamp", "POST", path, data=body, headers=stale)
    assert (await site.counts())["sold"] == 0
    status, _ = await nobody.call("POST", path, data=body, headers=good)
    assert (status, (await site.counts())["sold"]) == (204, 1)


async def test_signed_nonsense_is_refused_as_such(site: SellingSite) -> None:
    path = "/webhooks/payments/sandbox"
    for body in (b"{}", b"no json", b"\xff\xfe", b'{"type":"payment.paid","data":{"reference":1}}'):
        if body == b"\xff\xfe":
            await site.nobody.refused(401, "webhook_signature", "POST", path, data=body)
            continue
        headers = sign(site.sandbox.webhook_secret, "evt_1", site.clock.now_ms(), body)
        await site.nobody.refused(400, "malformed_request", "POST", path, data=body, headers=headers)
    await site.nobody.refused(413, "payload_too_large", "POST", path, data=b"x" * 70_000)
    await site.nobody.refused(404, "payment_provider_not_found", "POST", "/webhooks/payments/nobody", data=b"{}")
    await site.nobody.refused(401, "webhook_signature", "POST", "/webhooks/payments/manual", data=b"{}")


async def test_an_unknown_payment_and_a_wrong_amount_pay_nothing(show: Show) -> None:
    site, order = show.site, await show.buy(show.site.guest())
    status, body = await site.report(order, reference="pay_unknown")
    assert (status, body["code"]) == (404, "payment_not_found")
    for changes in ({"amount_minor": 1249}, {"currency": "USD"}, {"amount_minor": 0}):
        status, body = await site.report(order, **changes)
        assert (status, body["code"]) == (409, "payment_mismatch")
    assert (await site.counts())["held"] == 1
    # The refused report used up no event id: the right one is still taken.
    assert (await site.report(order))[0] == 204


async def test_a_declined_payment_leaves_the_order_waiting_for_another(show: Show) -> None:
    site, buyer = show.site, show.site.guest()
    order = await show.buy(buyer)
    assert (await site.report(order, "payment.declined", event_id="evt_1"))[0] == 204
    declined = await buyer.ok("GET", f"/orders/{order['id']}")
    assert (declined["status"], declined["payment"]["status"]) == ("pending_payment", "failed")
    assert (await site.report(order, event_id="evt_2"))[0] == 204
    # A refusal that was on its way for longer does not undo the payment.
    assert (await site.report(order, "payment.declined", event_id="evt_3"))[0] == 204
    paid = await buyer.ok("GET", f"/orders/{order['id']}")
    assert (paid["status"], paid["payment"]["status"]) == ("paid", "paid")


async def test_what_is_not_paid_in_time_gives_its_units_back_once(show: Show) -> None:
    site, buyer = show.site, show.site.guest()
    order = await show.buy(buyer, 3)
    site.clock.advance(RESERVATION_MS / 1000 - 1)
    await site.worker.sweeper.sweep()
    assert (await site.counts())["held"] == 3
    site.clock.advance(2)
    for _ in range(3):
        await site.worker.sweeper.sweep()
    assert await site.counts() == {"received": 10, "free": 0, "available": 10, "held": 0, "sold": 0}
    assert (await buyer.ok("GET", f"/orders/{order['id']}"))["status"] == "expired"
    assert [event.order["status"] for event in site.seen(OrderChanged)] == ["expired"]
    await buyer.refused(409, "illegal_transition", "POST", f"/orders/{order['id']}/cancel")


async def test_a_payment_that_comes_late_is_served_while_there_is_stock(show: Show) -> None:
    site, buyer = show.site, show.site.guest()
    order = await show.buy(buyer, 3)
    site.clock.advance(AFTER_EXPIRY_S)
    await site.worker.sweeper.sweep()
    assert (await site.report(order))[0] == 204
    assert (await buyer.ok("GET", f"/orders/{order['id']}"))["status"] == "paid"
    assert await site.counts() == {"received": 10, "free": 0, "available": 7, "held": 0, "sold": 3}


@pytest.mark.parametrize(("limit", "status"), [(3, "expired"), (5, "paid")])
async def test_a_late_payment_is_served_within_what_one_buyer_may_take(show: Show, limit: int, status: str) -> None:
    site, buyer = show.site, show.site.guest()
    await show.merchant.ok("PATCH", f"/offers/{show.offer['id']}", json={"per_buyer_limit": limit})
    late = await show.buy(buyer, 3)
    site.clock.advance(AFTER_EXPIRY_S)
    await site.worker.sweeper.sweep()
    await site.report(await show.buy(buyer, 2), event_id="evt_again")
    assert (await site.report(late, event_id="evt_late"))[0] == 204
    assert (await buyer.ok("GET", f"/orders/{late['id']}"))["status"] == status
    assert (await site.counts())["sold"] == (5 if status == "paid" else 2)


async def test_a_late_payment_is_served_from_free_stock_once_the_room_is_over(show: Show) -> None:
    site, buyer = show.site, show.site.guest()
    order = await show.buy(buyer, 3)
    site.clock.advance(AFTER_EXPIRY_S)
    await show.end()
    assert await site.counts() == {"received": 10, "free": 10, "available": 0, "held": 0, "sold": 0}
    assert (await site.report(order))[0] == 204
    assert await site.counts() == {"received": 10, "free": 7, "available": 0, "held": 0, "sold": 3}


async def test_a_late_payment_without_stock_goes_back_by_itself(site: SellingSite) -> None:
    show = await open_show(site, stock=3, quantity=3)
    late, quick = site.guest("Late"), site.guest("Quick")
    order = await show.buy(late, 3)
    site.clock.advance(AFTER_EXPIRY_S)
    await site.worker.sweeper.sweep()
    await site.report(await show.buy(quick, 3), event_id="evt_quick")
    assert (await site.report(order, event_id="evt_late"))[0] == 204
    await site.worker.sweeper.sweep()
    seen = await late.ok("GET", f"/orders/{order['id']}")
    assert (seen["status"], seen["payment"]["status"]) == ("expired", "refunded")
    assert await site.counts() == {"received": 3, "free": 0, "available": 0, "held": 0, "sold": 3}


async def test_a_provider_that_refuses_what_has_to_go_back_is_asked_later_and_later(
    show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not at every sweep, some seconds apart, for as long as the server runs."""
    site, buyer, asked = show.site, show.site.guest(), list[str]()

    async def refuse(request: RefundRequest) -> None:
        asked.append(request.refund_id)
        raise PaymentRefused("The account is closed")

    order = await show.buy(buyer)
    await buyer.ok("POST", f"/orders/{order['id']}/cancel")
    gateway = site.commerce.desk._gateways["sandbox"]
    with monkeypatch.context() as patched:
        patched.setattr(gateway, "refund", refuse)
        await site.report(order)
        for _ in range(3):
            await site.worker.sweeper.sweep()
        assert len(asked) == 1
        site.clock.advance(RETRY_S[0] + 1)
        for _ in range(3):
            await site.worker.sweeper.sweep()
        assert len(asked) == 2
    site.clock.advance(RETRY_S[1] + 1)
    await site.worker.sweeper.sweep()
    assert (await buyer.ok("GET", f"/orders/{order['id']}"))["payment"]["status"] == "refunded"


async def test_a_payment_for_a_cancelled_order_goes_back(show: Show) -> None:
    site, buyer = show.site, show.site.guest()
    order = await show.buy(buyer)
    assert (await buyer.ok("POST", f"/orders/{order['id']}/cancel"))["status"] == "cancelled"
    await site.report(order)
    await site.worker.sweeper.sweep()
    seen = await buyer.ok("GET", f"/orders/{order['id']}")
    assert (seen["status"], seen["payment"]["status"]) == ("cancelled", "refunded")
    assert (await site.counts())["available"] == 10


async def test_a_refund_before_the_goods_left_gives_the_units_back(show: Show) -> None:
    site, buyer, merchant = show.site, show.site.guest(), show.merchant
    first, second = await show.buy(buyer, 2), await show.buy(buyer, 3)
    for number, order in enumerate((first, second)):
        await site.report(order, event_id=f"evt_{number}")
    await merchant.ok("POST", f"/orders/{second['id']}/fulfil")
    refunded = await merchant.ok("POST", f"/orders/{first['id']}/refunds", json={"reason": "broken"})
    assert (refunded["status"], refunded["payment"]["status"]) == ("refunded", "refunded")
    assert (await site.counts())["sold"] == 3
    # What was handed over comes back into stock by the merchant's own hand.
    assert (await merchant.ok("POST", f"/orders/{second['id']}/refunds"))["status"] == "refunded"
    assert await site.counts() == {"received": 10, "free": 0, "available": 7, "held": 0, "sold": 3}
    await merchant.refused(409, "illegal_transition", "POST", f"/orders/{first['id']}/refunds")


async def test_paying_by_hand(show: Show) -> None:
    site, buyer, merchant = show.site, show.site.guest(), show.merchant
    order = await show.buy(buyer, 2, payment_provider="manual")
    assert order["expires_at"] is None
    assert "action_url" not in order["payment"]
    site.clock.advance(30 * 24 * 3600)
    await site.worker.sweeper.sweep()
    assert (await site.counts())["held"] == 2
    assert (await merchant.ok("POST", f"/orders/{order['id']}/paid"))["status"] == "paid"
    assert [step["status"] for step in (await merchant.ok("POST", f"/orders/{order['id']}/fulfil"))["history"]] == [
        "pending_payment",
        "paid",
        "fulfilled",
    ]
    assert len(site.seen(OrderPaid)) == 1


async def test_a_merchant_cannot_say_that_the_sandbox_paid(show: Show) -> None:
    order = await show.buy(show.site.guest())
    await show.merchant.refused(409, "payment_not_manual", "POST", f"/orders/{order['id']}/paid")
