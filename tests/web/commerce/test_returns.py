"""Buyers ask for their money back within the shop's terms; the shop decides, once, and the money goes back once."""

import asyncio
from typing import Any

import msgspec
from sqlalchemy import select

from livehub.commerce.errors import GatewayFailed, PaymentRefused
from livehub.ids import new_id
from livehub.storage.commerce import outbox
from tests.commerce.selling import Json, Person, SellingSite, Show, euros

DAY_S = 24 * 3600
OFF = {"code": "OFF", "amount": {"amount_minor": 100, "currency": "EUR"},
       "minimum": {"amount_minor": 200, "currency": "EUR"}}  # fmt: skip


async def terms(show: Show, days: int) -> None:
    await show.merchant.ok("PUT", f"/stores/{show.store['id']}/terms", json={"return_days": days})


async def paid(show: Show, quantity: int = 3, **changes: Any) -> tuple[Person, Json]:
    buyer = show.site.guest()
    order = await show.buy(buyer, quantity, **changes)
    await show.site.report(order, event_id=new_id("evt"))
    return buyer, order


async def sent(show: Show, days: int = 14, quantity: int = 3, **changes: Any) -> tuple[Person, Json]:
    await terms(show, days)
    buyer, order = await paid(show, quantity, **changes)
    return buyer, await show.merchant.ok("POST", f"/orders/{order['id']}/fulfil")


async def balances(show: Show) -> Json:
    rows = (await show.merchant.ok("GET", f"/stores/{show.store['id']}/ledger/balances"))["accounts"]
    return {row["account"]: row["amount_minor"] for row in rows}


async def waiting(show: Show) -> tuple[int, list[str]]:
    """What the desk counts, and what its filter finds."""
    count = await show.merchant.ok("GET", f"/stores/{show.store['id']}/returns/count")
    listed = await show.merchant.ok("GET", f"/stores/{show.store['id']}/orders?work=returns")
    return count["waiting"], [one["id"] for one in listed["items"]]


async def test_asked_and_approved(show: Show) -> None:
    buyer, order = await sent(show)
    path, lines = f"/orders/{order['id']}/returns", [{"offer": show.offer["id"], "quantity": 2}]
    service = await buyer.ok("GET", f"/orders/{order['id']}/service")
    assert service["return_until"] is not None
    assert service["returnable"] == [{"offer": show.offer["id"], "quantity": 3}]
    assert await waiting(show) == (0, [])
    asked = await buyer.ok("POST", path, json={"reason": " chipped ", "lines": lines})
    assert (asked["state"], asked["reason"], asked["lines"]) == ("asked", "chipped", lines)
    assert (asked["amount"], asked["refund"]) == (euros(2500), None)
    await buyer.refused(409, "return_open", "POST", path, json={"reason": "again"})
    assert await waiting(show) == (1, [order["id"]])
    approved = await show.merchant.ok("POST", f"/returns/{asked['id']}/approve")
    assert (approved["state"], approved["refund"], approved["amount"]) == ("approved", "done", euros(2500))
    assert await waiting(show) == (0, [])
    seen = await buyer.ok("GET", f"/orders/{order['id']}")
    assert (seen["refunded"], seen["status"]) == (euros(2500), "fulfilled")
    assert (await show.site.counts())["sold"] == 3, "booked in by hand once it is there"
    # The same yes again is the same yes: no money goes back for it.
    assert await show.merchant.ok("POST", f"/returns/{asked['id']}/approve") == approved
    await show.merchant.refused(409, "illegal_transition", "POST", f"/returns/{asked['id']}/decline")
    await buyer.refused(409, "illegal_transition", "POST", f"/returns/{asked['id']}/withdraw")
    assert (await buyer.ok("GET", f"/orders/{order['id']}"))["refunded"] == euros(2500)
    assert await balances(show) == {"buyer": -1250, "provider:sandbox": 1250}
    # One unit is left to come back, and no more.
    problem = await buyer.refused(409, "return_not_possible", "POST", path, json={"reason": "x", "lines": lines})
    assert problem["field"] == "lines[0].quantity"
    last = await buyer.ok("POST", path, json={"reason": "x"})
    assert last["lines"] == [{"offer": show.offer["id"], "quantity": 1}]
    await show.merchant.ok("POST", f"/returns/{last['id']}/approve")
    assert (await buyer.ok("GET", f"/orders/{order['id']}"))["status"] == "refunded"
    assert set((await balances(show)).values()) == {0}
    papers = (await buyer.ok("GET", f"/orders/{order['id']}/service"))["invoices"]
    assert [one["kind"] for one in papers] == ["invoice", "credit", "credit"]


async def test_each_may_do_what_is_theirs(show: Show) -> None:
    buyer, order = await sent(show)
    path, body = f"/orders/{order['id']}/returns", {"reason": "x"}
    eve, guest = await show.site.account("Eve"), show.site.guest("Eve")
    await show.site.nobody.refused(401, "unauthenticated", "POST", path, json=body)
    await show.merchant.refused(403, "not_buyer", "POST", path, json=body)
    for stranger in (eve, guest):
        await stranger.refused(404, "order_not_found", "POST", path, json=body)
        await stranger.refused(404, "order_not_found", "GET", path)
    one = f"/returns/{(await buyer.ok('POST', path, json=body))['id']}"
    for verb in ("approve", "decline"):
        for person in (buyer, guest):
            await person.refused(403, "account_required", "POST", f"{one}/{verb}")
        await eve.refused(404, "order_not_found", "POST", f"{one}/{verb}")
    await show.merchant.refused(403, "not_buyer", "POST", f"{one}/withdraw")
    await eve.refused(404, "order_not_found", "POST", f"{one}/withdraw")
    await eve.refused(403, "not_store_owner", "GET", f"/stores/{show.store['id']}/returns/count")
    await show.merchant.refused(404, "return_not_found", "POST", "/returns/ret_none/approve")
    await buyer.refused(404, "return_not_found", "POST", "/returns/ret_none/withdraw")
    assert (await buyer.ok("GET", path))["items"][0]["state"] == "asked"


async def test_declined_with_a_word_and_withdrawn(show: Show) -> None:
    buyer, order = await sent(show)
    path = f"/orders/{order['id']}/returns"
    first = await buyer.ok("POST", path, json={"reason": "too blue"})
    withdrawn = await buyer.ok("POST", f"/returns/{first['id']}/withdraw")
    assert withdrawn["state"] == "withdrawn"
    assert await buyer.ok("POST", f"/returns/{first['id']}/withdraw") == withdrawn
    await show.merchant.refused(409, "illegal_transition", "POST", f"/returns/{first['id']}/approve")
    asked = await buyer.ok("POST", path, json={"reason": "too blue"})
    answer = {"answer": "It was made for you."}
    declined = await show.merchant.ok("POST", f"/returns/{asked['id']}/decline", json=answer)
    assert (declined["state"], declined["answer"]) == ("declined", "It was made for you.")
    assert (await buyer.ok("GET", path))["items"] == [withdrawn, declined]
    assert (await buyer.ok("GET", f"/orders/{order['id']}"))["refunded"] == euros(0)
    assert await waiting(show) == (0, [])


async def test_only_in_time_and_only_what_left(show: Show) -> None:
    body: dict[str, Any] = {"reason": "x"}
    buyer, order = await sent(show, 0)
    path = f"/orders/{order['id']}/returns"
    await buyer.refused(409, "return_not_possible", "POST", path, json=body)
    buyer, order = await sent(show, 14)
    path = f"/orders/{order['id']}/returns"
    wrong = {"reason": "x", "lines": [{"offer": "ofr_none", "quantity": 1}]}
    await buyer.refused(404, "offer_not_found", "POST", path, json=wrong)
    twice = {"reason": "x", "lines": [{"offer": show.offer["id"], "quantity": 1}] * 2}
    await buyer.refused(422, "invalid_input", "POST", path, json=twice)
    await buyer.refused(422, "invalid_input", "POST", path, json={"reason": ""})
    await buyer.refused(422, "invalid_input", "POST", path, json={"reason": "x" * 501})
    await buyer.refused(422, "invalid_input", "POST", path, json={"reason": " \n "})
    show.site.clock.advance(14 * DAY_S - 1)
    assert (await buyer.ok("GET", f"/orders/{order['id']}/service"))["returnable"] != []
    show.site.clock.advance(1)
    assert (await buyer.ok("GET", f"/orders/{order['id']}/service"))["returnable"] == []
    problem = await buyer.refused(409, "return_not_possible", "POST", path, json=body)
    assert "until" in problem
    # Paid, but nothing has left.
    buyer, other = await paid(show, 1)
    await buyer.refused(409, "return_not_possible", "POST", f"/orders/{other['id']}/returns", json=body)


async def test_what_the_shop_promised_when_it_was_paid_holds(show: Show) -> None:
    buyer, order = await sent(show, 14)
    await terms(show, 0)
    show.site.clock.advance(13 * DAY_S)
    await buyer.ok("POST", f"/orders/{order['id']}/returns", json={"reason": "x"})


async def test_the_days_begin_when_it_arrives(show: Show) -> None:
    buyer, order = await sent(show, 14)
    shipment = (await buyer.ok("GET", f"/orders/{order['id']}"))["shipments"][0]
    show.site.clock.advance(10 * DAY_S)
    one = f"/orders/{order['id']}/shipments/{shipment['id']}"
    await show.merchant.ok("PATCH", one, json={"status": "delivered"})
    show.site.clock.advance(13 * DAY_S)
    await buyer.ok("POST", f"/orders/{order['id']}/returns", json={"reason": "x"})


async def test_a_line_of_which_some_is_still_to_come_waits_for_it(show: Show) -> None:
    await terms(show, 14)
    buyer, order = await paid(show, 3)
    path, lines = f"/orders/{order['id']}", [{"offer": show.offer["id"], "quantity": 2}]
    packed = await show.merchant.ok("POST", f"{path}/shipments", json={"lines": lines})
    one = f"{path}/shipments/{packed['shipments'][0]['id']}"
    await show.merchant.ok("PATCH", one, json={"status": "shipped"})
    await buyer.refused(409, "return_not_possible", "POST", f"{path}/returns", json={"reason": "x"})
    # The third is not sent after all: its money goes back, and the two that left can follow.
    rest = {"lines": [{"offer": show.offer["id"], "quantity": 1}]}
    await show.merchant.ok("POST", f"{path}/refunds", json=rest)
    asked = await buyer.ok("POST", f"{path}/returns", json={"reason": "x"})
    assert (asked["lines"], asked["amount"]) == (lines, euros(2500))
    await show.merchant.ok("POST", f"/returns/{asked['id']}/approve")
    assert (await buyer.ok("GET", path))["status"] == "refunded"
    assert set((await balances(show)).values()) == {0}


async def test_no_more_than_is_left_goes_back(show: Show) -> None:
    buyer, order = await sent(show)
    path = f"/orders/{order['id']}"
    asked = await buyer.ok("POST", f"{path}/returns", json={"reason": "x"})
    assert asked["amount"] == euros(3750)
    # For the trouble, before the answer.
    await show.merchant.ok("POST", f"{path}/refunds", json={"amount": euros(501)})
    dollars = {"amount": {"amount_minor": 1, "currency": "USD"}}
    await show.merchant.refused(422, "currency_mismatch", "POST", f"/returns/{asked['id']}/approve", json=dollars)
    much = {"amount": euros(3250)}
    problem = await show.merchant.refused(409, "refund_too_much", "POST", f"/returns/{asked['id']}/approve", json=much)
    assert problem["remaining_minor"] == 3249
    approved = await show.merchant.ok("POST", f"/returns/{asked['id']}/approve")
    assert approved["amount"] == euros(3249)
    assert (await buyer.ok("GET", path))["status"] == "refunded"
    assert set((await balances(show)).values()) == {0}


async def test_the_shop_may_keep_a_part(show: Show) -> None:
    buyer, order = await sent(show, 14, 1)
    asked = await buyer.ok("POST", f"/orders/{order['id']}/returns", json={"reason": "worn"})
    approved = await show.merchant.ok("POST", f"/returns/{asked['id']}/approve", json={"amount": euros(1000)})
    assert approved["amount"] == euros(1000)
    seen = await buyer.ok("GET", f"/orders/{order['id']}")
    assert (seen["refunded"], seen["status"]) == (euros(1000), "fulfilled")
    # Its unit came back: it is not asked for twice.
    await buyer.refused(409, "return_not_possible", "POST", f"/orders/{order['id']}/returns", json={"reason": "x"})


async def test_what_a_coupon_took_off_is_shared_to_the_cent(show: Show) -> None:
    await show.merchant.ok("POST", f"/stores/{show.store['id']}/coupons", json=OFF)
    buyer, order = await sent(show, 14, 3, coupon="OFF")
    one = {"reason": "x", "lines": [{"offer": show.offer["id"], "quantity": 1}]}
    back = []
    for _ in range(3):
        asked = await buyer.ok("POST", f"/orders/{order['id']}/returns", json=one)
        back.append((await show.merchant.ok("POST", f"/returns/{asked['id']}/approve"))["amount"]["amount_minor"])
    assert (back, sum(back)) == ([1216, 1217, 1217], 3650)
    assert (await buyer.ok("GET", f"/orders/{order['id']}"))["status"] == "refunded"


async def test_all_its_money_back_by_another_way_settles_it(show: Show) -> None:
    buyer, order = await sent(show)
    await buyer.ok("POST", f"/orders/{order['id']}/returns", json={"reason": "x"})
    await show.merchant.ok("POST", f"/orders/{order['id']}/refunds")
    (seen,) = (await buyer.ok("GET", f"/orders/{order['id']}/returns"))["items"]
    assert seen["state"] == "approved"
    assert await waiting(show) == (0, [])
    await buyer.refused(409, "return_not_possible", "POST", f"/orders/{order['id']}/returns", json={"reason": "x"})


async def test_many_at_once_come_to_one(show: Show) -> None:
    buyer, order = await sent(show)
    path = f"/orders/{order['id']}/returns"
    lines = [{"offer": show.offer["id"], "quantity": 1}]
    said = await asyncio.gather(*(buyer.call("POST", path, json={"reason": "x", "lines": lines}) for _ in range(6)))
    assert sorted(status for status, _ in said) == [201, 409, 409, 409, 409, 409]
    (asked,) = [body for status, body in said if status == 201]
    answers = await asyncio.gather(
        *(show.merchant.call("POST", f"/returns/{asked['id']}/{verb}") for verb in ("approve", "decline") * 4)
    )
    state = (await buyer.ok("GET", path))["items"][0]["state"]
    won, lost = ("approve", "decline") if state == "approved" else ("decline", "approve")
    by = {verb: set[int]() for verb in (won, lost)}
    for verb, (status, _) in zip(("approve", "decline") * 4, answers, strict=True):
        by[verb] = by[verb] | {status}
    assert (by[won], by[lost]) == ({200}, {409})
    refunded = (await buyer.ok("GET", f"/orders/{order['id']}"))["refunded"]
    assert refunded == euros(1250 if state == "approved" else 0)


async def test_a_provider_that_is_away_is_asked_again_and_one_that_refuses_is_said(
    show: Show, monkeypatch: Any
) -> None:
    async def away(_refund: Any) -> None:
        raise GatewayFailed("away")

    async def refuses(_refund: Any) -> None:
        raise PaymentRefused("the card is closed")

    buyer, order = await sent(show)
    path = f"/orders/{order['id']}/returns"
    asked = await buyer.ok("POST", path, json={"reason": "x"})
    with monkeypatch.context() as patched:
        patched.setattr(show.site.sandbox, "refund", away)
        approved = await show.merchant.ok("POST", f"/returns/{asked['id']}/approve")
    assert (approved["state"], approved["refund"]) == ("approved", "due")
    with monkeypatch.context() as patched:
        patched.setattr(show.site.sandbox, "refund", refuses)
        await show.site.commerce.settlement.do_due()
    (seen,) = (await buyer.ok("GET", path))["items"]
    assert (seen["state"], seen["refund"]) == ("asked", "failed")
    assert await waiting(show) == (1, [order["id"]])
    assert (await buyer.ok("GET", f"/orders/{order['id']}"))["refunded"] == euros(0)
    with monkeypatch.context() as patched:
        patched.setattr(show.site.sandbox, "refund", refuses)
        await show.merchant.refused(409, "payment_refused", "POST", f"/returns/{asked['id']}/approve")
    assert await waiting(show) == (1, [order["id"]])
    approved = await show.merchant.ok("POST", f"/returns/{asked['id']}/approve")
    assert (approved["state"], approved["refund"]) == ("approved", "done")
    assert set((await balances(show)).values()) == {0}


async def told(site: SellingSite) -> list[Json]:
    def read(connection: Any) -> list[Json]:
        rows = connection.execute(select(outbox.c.body).order_by(outbox.c.created_at, outbox.c.id)).scalars()
        return [msgspec.json.decode(body) for body in rows]

    return [one for one in await site.database.read(read) if str(one.get("type")).startswith("return.")]


async def test_systems_are_told_by_the_schema(show: Show) -> None:
    endpoint = {"url": "https://shop.example.org/hook", "store_id": show.store["id"]}
    await show.merchant.ok("POST", "/webhook-endpoints", json=endpoint)
    buyer, order = await sent(show)
    path = f"/orders/{order['id']}/returns"
    for verb, who in (("withdraw", buyer), ("decline", show.merchant), ("approve", show.merchant)):
        asked = await buyer.ok("POST", path, json={"reason": "x"})
        await who.ok("POST", f"/returns/{asked['id']}/{verb}")
    messages = await told(show.site)
    expected = ["return.approved", *["return.asked"] * 3, "return.declined", "return.withdrawn"]
    assert sorted(one["type"] for one in messages) == expected
    catalogue = {one["type"]: one["schema"] for one in (await buyer.ok("GET", "/webhook-events"))["items"]}
    for one in messages:
        fields = catalogue[one["type"]]["$defs"]["ReturnView"]
        assert one["data"].keys() == fields["properties"].keys()
        assert one["data"]["order"] == order["id"]


async def test_an_order_has_so_many_requests_and_no_more(show: Show) -> None:
    buyer, order = await sent(show)
    path = f"/orders/{order['id']}/returns"
    for _ in range(20):
        asked = await buyer.ok("POST", path, json={"reason": "x"})
        await buyer.ok("POST", f"/returns/{asked['id']}/withdraw")
    await buyer.refused(409, "return_not_possible", "POST", path, json={"reason": "x"})
