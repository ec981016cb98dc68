"""Selling with Stripe, over HTTP and against a fake of it: authorise, commit the stock, capture, refund, reconcile."""

import itertools
import json

import pytest

from livehub.commerce.orders.model import RESERVATION_MS
from livehub.commerce.payments.dues import RETRY_S
from livehub.commerce.payments.reconcile import Difference
from tests.commerce.gateways.stripe.conftest import Shop

AFTER_EXPIRY_S = RESERVATION_MS / 1000 + 1


async def reconciled(shop: Shop, *, mend: bool = True) -> list[Difference]:
    return [one async for one in shop.site.commerce.reconciler.run(0, mend=mend)]


async def test_authorised_then_the_stock_then_captured(shop: Shop, mode: str) -> None:
    buyer = shop.site.guest()
    order = await shop.order(buyer, 2)
    assert ("action_url" in order["payment"]) is (mode == "checkout")
    payment = await shop.payment_id(order)
    # 3-D Secure: until the buyer has proved who they are, nothing is said that moves the order.
    await shop.tell(shop.stripe.authorize(payment, three_d_secure=True))
    assert await shop.seen(buyer, order) == ("pending_payment", "pending")
    await shop.tell(shop.stripe.authorize(payment))
    intent = shop.stripe.intent_of(payment)
    assert intent["status"] == "requires_capture"
    # The stock is committed before the money is taken: it can neither expire nor be cancelled any more.
    shop.site.clock.advance(AFTER_EXPIRY_S)
    assert await shop.site.commerce.settlement.expire_due() == 0
    await buyer.refused(409, "payment_under_way", "POST", f"/orders/{order['id']}/cancel")
    await shop.work()
    assert intent["status"] == "succeeded"
    assert await shop.seen(buyer, order) == ("paid", "paid")
    assert (await shop.site.counts())["sold"] == 2
    # Stripe says so too, and again.
    for _ in range(2):
        await shop.tell(shop.stripe.event("payment_intent.succeeded", intent))
    captures = [path for _, path, _ in shop.stripe.requests if path.endswith("/capture")]
    assert len(captures) == 1


async def test_any_order_of_events_ends_the_same(shop: Shop) -> None:
    for number, order_of in enumerate(itertools.permutations(range(3))):
        buyer = shop.site.guest(f"Buyer {number}")
        order = await shop.order(buyer)
        payment = await shop.payment_id(order)
        failed = shop.stripe.decline(payment)
        authorised = shop.stripe.authorize(payment)
        intent = shop.stripe.intent_of(payment)
        shop.stripe._capture(intent)
        events = [failed, authorised, shop.stripe.event("payment_intent.succeeded", intent)]
        for index in order_of:
            await shop.tell(events[index])
        await shop.work()
        assert await shop.seen(buyer, order) == ("paid", "paid"), order_of
    assert (await shop.site.counts())["sold"] == 6


async def test_late_but_there_is_held_again_and_captured(shop: Shop) -> None:
    buyer = shop.site.guest()
    order = await shop.order(buyer, 3)
    payment = await shop.payment_id(order)
    shop.site.clock.advance(AFTER_EXPIRY_S)
    await shop.work()
    assert await shop.seen(buyer, order) == ("expired", "pending")
    await shop.tell(shop.stripe.authorize(payment))
    assert (await shop.site.counts())["held"] == 3
    await shop.work()
    assert await shop.seen(buyer, order) == ("paid", "paid")
    assert (await shop.site.counts())["sold"] == 3


async def test_late_and_gone_is_released_and_no_money_moves(shop: Shop) -> None:
    late, quick = shop.site.guest("Late"), shop.site.guest("Quick")
    order = await shop.order(late, 8)
    payment = await shop.payment_id(order)
    shop.site.clock.advance(AFTER_EXPIRY_S)
    await shop.work()
    await shop.show.buy(quick, 5)
    await shop.tell(shop.stripe.authorize(payment))
    await shop.work()
    assert await shop.seen(late, order) == ("expired", "released")
    assert shop.stripe.intent_of(payment)["status"] == "canceled"
    assert await shop.site.commerce.ledger.page(shop.show.store["id"], None, 10) == []


async def test_a_capture_that_fails_is_tried_again_and_one_refused_lets_the_stock_go(shop: Shop) -> None:
    buyer = shop.site.guest()
    first, second = await shop.order(buyer), await shop.order(buyer)
    one, two = await shop.payment_id(first), await shop.payment_id(second)
    await shop.tell(shop.stripe.authorize(one))
    await shop.tell(shop.stripe.authorize(two))
    shop.stripe.intent_of(two)["status"] = "canceled"  # the bank's hold ran out
    broken = shop.stripe._capture
    shop.stripe._capture = lambda intent: (402, {"error": {"type": "card_error", "code": "x", "message": "x"}})  # type: ignore[method-assign]
    await shop.work()
    shop.stripe._capture = broken  # type: ignore[method-assign]
    assert await shop.seen(buyer, first) == ("pending_payment", "pending")
    assert (await shop.seen(buyer, second))[1] == "failed"
    await shop.work()
    assert await shop.seen(buyer, first) == ("pending_payment", "pending")
    shop.site.clock.advance(RETRY_S[0])
    await shop.work()
    assert await shop.seen(buyer, first) == ("paid", "paid")
    assert await shop.seen(buyer, second) == ("expired", "failed")
    assert (await shop.site.counts())["sold"] == 1


async def test_money_goes_back_in_parts_and_the_ledger_sums(shop: Shop) -> None:
    buyer, merchant = shop.site.guest(), shop.show.merchant
    order = await shop.order(buyer, 4)
    payment = await shop.payment_id(order)
    await shop.tell(shop.stripe.authorize(payment))
    await shop.work()
    path = f"/orders/{order['id']}/refunds"
    part = {"reason": "one broke", "lines": [{"offer": shop.show.offer["id"], "quantity": 1}]}
    after = await merchant.ok("POST", path, json=part)
    assert (after["status"], after["refunded"]["amount_minor"]) == ("paid", 1250)
    assert (await shop.site.counts())["sold"] == 3
    after = await merchant.ok("POST", path, json={"amount": {"amount_minor": 250, "currency": "EUR"}})
    assert (after["refunded"]["amount_minor"], (await shop.site.counts())["sold"]) == (1500, 3)
    # In Stripe's dashboard, without us: the event says the sum so far, ours among it.
    event = shop.stripe.refunded_in_the_dashboard(payment, 500)
    await shop.tell(event)
    await shop.tell(event)
    assert (await buyer.ok("GET", f"/orders/{order['id']}"))["refunded"]["amount_minor"] == 2000
    too_much = {"amount": {"amount_minor": 3001, "currency": "EUR"}}
    problem = await merchant.refused(409, "refund_too_much", "POST", path, json=too_much)
    assert problem["remaining_minor"] == 3000
    await merchant.refused(
        422, "currency_mismatch", "POST", path, json={"amount": {"amount_minor": 1, "currency": "USD"}}
    )
    after = await merchant.ok("POST", path)
    assert (after["status"], after["payment"]["status"]) == ("refunded", "refunded")
    assert (await shop.site.counts())["sold"] == 0
    assert shop.stripe.money_back(shop.stripe.intent_of(payment)["id"]) == 5000
    refunds = (await buyer.ok("GET", path))["items"]
    assert [(one["amount"]["amount_minor"], one["state"]) for one in refunds] == [
        (1250, "done"),
        (250, "done"),
        (3000, "done"),
    ]
    ledger = f"/stores/{shop.show.store['id']}/ledger"
    first = await merchant.ok("GET", f"{ledger}?limit=3")
    rest = await merchant.ok("GET", f"{ledger}?after={first['next']}")
    movements = [*first["items"], *rest["items"]]
    assert [one["amount"]["amount_minor"] for one in movements] == [3000, 500, 250, 1250, 5000]
    assert (movements[0]["from"], movements[-1]["to"]) == ("provider:stripe", "provider:stripe")
    accounts = (await merchant.ok("GET", f"{ledger}/balances"))["accounts"]
    assert accounts == [{"account": "buyer", "amount_minor": 0}, {"account": "provider:stripe", "amount_minor": 0}]
    await buyer.refused(403, "account_required", "GET", ledger)
    await (await shop.site.account("Nosy")).refused(403, "not_store_owner", "GET", ledger)


async def test_a_refund_whose_answer_is_lost_goes_back_once(shop: Shop) -> None:
    buyer, merchant = shop.site.guest(), shop.show.merchant
    order = await shop.order(buyer, 2)
    payment = await shop.payment_id(order)
    await shop.tell(shop.stripe.authorize(payment))
    await shop.work()
    path = f"/orders/{order['id']}/refunds"
    made = shop.stripe._refund
    asked = {"amount": {"amount_minor": 700, "currency": "EUR"}, "reason": "late"}

    def lost(asked: dict[str, object]) -> tuple[int, dict[str, object]]:
        made(asked)
        return 500, {"error": {"type": "api_error"}}

    shop.stripe._refund = lost  # type: ignore[method-assign]
    shop.stripe.answers.clear()
    await merchant.refused(503, "payment_provider_failed", "POST", path, json=asked)
    shop.stripe._refund = made  # type: ignore[method-assign]
    shop.stripe.answers.clear()  # as after a day, when Stripe has forgotten the keys
    # The merchant tries again, and so does the worker: it is the same refund.
    after = await merchant.ok("POST", path, json=asked)
    await shop.work()
    assert after["refunded"]["amount_minor"] == 700
    assert shop.stripe.money_back(shop.stripe.intent_of(payment)["id"]) == 700
    assert len((await buyer.ok("GET", path))["items"]) == 1


async def test_asking_for_an_order_again_is_one_payment_at_stripe(shop: Shop) -> None:
    buyer = shop.site.guest()
    shop.stripe.failing, shop.stripe.work_then_fail = 3, True
    basket = shop.show.basket(payment_provider="stripe")
    headers = {"Idempotency-Key": "again"}
    await buyer.refused(503, "payment_provider_failed", "POST", "/orders", json=basket, headers=headers)
    shop.site.clock.advance(60)
    order = await buyer.ok("POST", "/orders", json=basket, headers=headers)
    assert order["status"] == "pending_payment"
    assert len(shop.stripe.intents) + len(shop.stripe.sessions) == 1


async def test_what_is_not_ours_or_not_right_changes_nothing(shop: Shop) -> None:
    buyer = shop.site.guest()
    order = await shop.order(buyer)
    event = shop.stripe.authorize(await shop.payment_id(order))
    about = event["data"]["object"]
    for changes in ({"amount_capturable": 1}, {"currency": "usd"}):
        wrong = {**event, "id": "evt_wrong", "data": {"object": {**about, **changes}}}
        assert (await shop.tell(wrong, status=409))["code"] == "payment_mismatch"
    foreign = {**event, "data": {"object": {**about, "metadata": {}}}}
    await shop.tell(foreign)
    await shop.tell({**event, "type": "customer.created"})
    unknown = {**event, "data": {"object": {**about, "metadata": {"livehub_payment": "pay_x"}}}}
    assert (await shop.tell(unknown, status=404))["code"] == "payment_not_found"
    body = json.dumps(event).encode()
    stale = shop.stripe.sign(body, at_ms=shop.site.clock.now_ms() - 301_000)
    path = "/webhooks/payments/stripe"
    await shop.site.nobody.refused(401, "webhook_timestamp", "POST", path, data=body, headers=stale)
    assert await shop.seen(buyer, order) == ("pending_payment", "pending")
    await shop.tell(event)


async def test_the_widgets_secret_is_for_the_buyer_alone(shop: Shop, mode: str) -> None:
    buyer = shop.site.guest()
    order = await shop.order(buyer)
    path = f"/orders/{order['id']}/payment"
    details = await buyer.ok("GET", path)
    assert set(details["client"]) == ({"client_secret", "publishable_key"} if mode == "intents" else set())
    await shop.show.merchant.refused(403, "not_buyer", "GET", path)
    await shop.site.guest("Nosy").refused(404, "order_not_found", "GET", path)
    assert "secret" not in json.dumps(await shop.show.merchant.ok("GET", f"/orders/{order['id']}"))


async def test_reconciling_finds_what_webhooks_did_not_say(shop: Shop) -> None:
    buyer = shop.site.guest()
    waiting, taken, refunded = await shop.order(buyer), await shop.order(buyer), await shop.order(buyer)
    await shop.order(buyer)  # nobody pays this one
    for order in (taken, refunded):
        await shop.tell(shop.stripe.authorize(await shop.payment_id(order)))
    await shop.work()
    shop.stripe.authorize(await shop.payment_id(waiting))  # its webhook is lost
    shop.stripe.refunded_in_the_dashboard(await shop.payment_id(refunded), 1250)
    found = await reconciled(shop, mend=False)
    assert {(one.order_id, one.mended) for one in found} == {(waiting["id"], False), (refunded["id"], False)}
    assert await shop.seen(buyer, waiting) == ("pending_payment", "pending")
    found = await reconciled(shop)
    assert {(one.order_id, one.mended) for one in found} == {(waiting["id"], True), (refunded["id"], True)}
    await shop.work()
    assert await shop.seen(buyer, waiting) == ("paid", "paid")
    assert await shop.seen(buyer, refunded) == ("refunded", "refunded")
    assert await reconciled(shop) == []


async def test_reconciling_says_what_needs_a_person(shop: Shop) -> None:
    buyer = shop.site.guest()
    order = await shop.order(buyer)
    payment = await shop.payment_id(order)
    await shop.tell(shop.stripe.authorize(payment))
    await shop.work()
    intent = shop.stripe.intent_of(payment)
    intent["status"] = "canceled"
    assert [(one.what, one.mended) for one in await reconciled(shop)] == [("paid here, closed at the provider", False)]
    del shop.stripe.intents[intent["id"]]
    assert [one.what for one in await reconciled(shop)] == ["the provider knows no such payment"]
    shop.stripe.failing = 3
    assert "did not answer" in (await reconciled(shop))[0].what


@pytest.mark.parametrize("mode", ["checkout"], indirect=True)
async def test_no_secret_is_in_what_people_or_logs_see(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    shop.stripe.failing = 3
    basket = shop.show.basket(payment_provider="stripe")
    problem = await shop.site.guest().refused(503, "payment_provider_failed", "POST", "/orders", json=basket)
    gateway = shop.site.commerce.gateways["stripe"]
    assert "sk_test" not in json.dumps(problem) + caplog.text + repr(vars(gateway))
