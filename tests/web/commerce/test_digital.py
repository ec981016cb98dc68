"""What is delivered the moment it is paid: addresses, codes that are given once; and gifts of any amount."""

from typing import Any

from tests.commerce.selling import Json, SellingSite, Show, euros, open_show

NONE = {"method": "none"}
#: what nobody is to be led to, or reads as another address than it is
NO_ADDRESSES = (
    "javascript:alert(1)",
    "ftp://x.example/",
    "https://a:b@x.example/",
    "https://[",
    "https://x.example:99999/",
    "https://x.example/\n\nPay again at https://y.example",
    "https://x\u2100y.example/",
    "https:///nowhere",
)


async def deliver(show: Show, kind: str = "codes", sku: str = "CUP-1", **more: Any) -> Json:
    body = {"sku": sku, "kind": kind} | more
    made: Json = await show.merchant.ok("PUT", f"/products/{show.product['id']}/digital", json=body)
    return made


async def add(show: Show, *codes: str) -> Json:
    body = {"sku": "CUP-1", "codes": codes}
    made: Json = await show.merchant.ok("POST", f"/products/{show.product['id']}/digital/codes", json=body)
    return made


async def test_codes_are_given_once_when_they_are_paid_and_lacking_ones_come_later(site: SellingSite) -> None:
    show = await open_show(site)
    assert await deliver(show, url="https://play.example/redeem", note="Redeem it\nin the shop") == {
        "sku": "CUP-1",
        "kind": "codes",
        "url": "https://play.example/redeem",
        "note": "Redeem it\nin the shop",
        "codes_left": 0,
        "codes_given": 0,
    }
    assert (await add(show, "AAA", " BBB ", "CCC"))["codes_left"] == 3
    (offer,) = (await site.nobody.ok("GET", f"/rooms/{show.room['id']}/offers"))["items"]
    assert offer["digital"] == "codes"
    ana, ben = site.guest(), site.guest()
    first = await show.buy(ana, 2, delivery=NONE)
    path = f"/orders/{first['id']}/digital"
    assert (await ana.refused(409, "not_paid", "GET", path))["status_now"] == "pending_payment"
    await site.report(first, event_id="evt_1")
    await site.report(first, event_id="evt_2")
    (mine,) = (await ana.ok("GET", path))["items"]
    assert (mine["codes"], mine["missing"], mine["url"]) == (["AAA", "BBB"], 0, "https://play.example/redeem")
    # Nobody else sees them, the merchant neither.
    await show.merchant.refused(403, "not_buyer", "GET", path)
    await ben.refused(404, "order_not_found", "GET", path)
    assert "AAA" not in str(await show.merchant.ok("GET", f"/orders/{first['id']}"))
    # Ben bought two, of which one is missing until the merchant adds it.
    second = await show.buy(ben, 2, delivery=NONE)
    await site.report(second, event_id="evt_3")
    (theirs,) = (await ben.ok("GET", f"/orders/{second['id']}/digital"))["items"]
    assert (theirs["codes"], theirs["missing"]) == (["CCC"], 1)
    await add(show, "DDD", "EEE")
    (theirs,) = (await ben.ok("GET", f"/orders/{second['id']}/digital"))["items"]
    assert (theirs["codes"], theirs["missing"]) == (["CCC", "DDD"], 0)
    (good,) = (await show.merchant.ok("GET", f"/products/{show.product['id']}/digital"))["items"]
    assert (good["codes_left"], good["codes_given"]) == (1, 4)
    # Money that goes back brings back neither code nor unit, and the code is hidden.
    await show.merchant.ok("POST", f"/orders/{first['id']}/refunds")
    assert (await site.counts())["sold"] == 4
    await ana.refused(409, "not_paid", "GET", path)


async def test_a_link_is_shown_to_who_paid_and_goods_need_a_way_to_their_buyer(site: SellingSite) -> None:
    show = await open_show(site)
    await site.guest().refused(422, "delivery_missing", "POST", "/orders", json=show.basket(delivery=NONE))
    await deliver(show, "link", url="https://files.example/album")
    red = await show.merchant.ok("POST", f"/rooms/{show.room['id']}/offers", json={"sku": "CUP-2", "quantity": 5})
    both = [{"offer": show.offer["id"], "quantity": 1}, {"offer": red["id"], "quantity": 1}]
    ana = site.guest()
    await ana.refused(422, "delivery_missing", "POST", "/orders", json=show.basket(lines=both, delivery=NONE))
    mixed = await ana.ok("POST", "/orders", json=show.basket(lines=both))
    await site.report(mixed)
    (one,) = (await ana.ok("GET", f"/orders/{mixed['id']}/digital"))["items"]
    assert (one["sku"], one["url"], one["codes"], one["missing"]) == ("CUP-1", "https://files.example/album", [], 0)
    # A bundle delivers its digital part, and needs a way for the other.
    parts = [{"offer": show.offer["id"]}, {"offer": red["id"]}]
    body = {"title": "Set", "price": euros(2000), "quantity": 5, "parts": parts}
    bundle = await show.merchant.ok("POST", f"/rooms/{show.room['id']}/bundles", json=body)
    lines = [{"offer": bundle["id"], "quantity": 2}]
    await ana.refused(422, "delivery_missing", "POST", "/orders", json=show.basket(lines=lines, delivery=NONE))
    order = await ana.ok("POST", "/orders", json=show.basket(lines=lines))
    await site.report(order, event_id="evt_set")
    (one,) = (await ana.ok("GET", f"/orders/{order['id']}/digital"))["items"]
    assert (one["sku"], one["quantity"]) == ("CUP-1", 2)
    # Taken away, it is goods again.
    await show.merchant.ok("DELETE", f"/products/{show.product['id']}/digital?sku=CUP-1")
    await ana.refused(422, "delivery_missing", "POST", "/orders", json=show.basket(delivery=NONE))


async def test_what_cannot_be_delivered_is_refused(site: SellingSite) -> None:
    show = await open_show(site)
    path = f"/products/{show.product['id']}/digital"
    merchant = show.merchant
    for url in (None, *NO_ADDRESSES):
        await merchant.refused(422, "invalid_input", "PUT", path, json={"sku": "CUP-1", "kind": "link", "url": url})
    await merchant.refused(404, "sku_not_found", "PUT", path, json={"sku": "NONE", "kind": "codes"})
    codes = {"sku": "CUP-1", "codes": ["A"]}
    await merchant.refused(422, "invalid_input", "POST", f"{path}/codes", json=codes)
    await deliver(show)
    await add(show, "A")
    for wrong in (["A"], ["B", "B"], [" "], [], ["x" * 201], ["a\u0007b"]):
        await merchant.refused(422, "invalid_input", "POST", f"{path}/codes", json=codes | {"codes": wrong})
    stranger = await site.account()
    await stranger.refused(403, "not_store_owner", "POST", f"{path}/codes", json=codes)
    await stranger.refused(403, "not_store_owner", "GET", path)
    await site.guest().refused(403, "account_required", "GET", path)


async def test_a_gift_of_any_amount_within_its_limits(site: SellingSite) -> None:
    show = await open_show(site)
    path = f"/rooms/{show.room['id']}/donations"
    body = {"title": "For the kiln", "suggested": euros(500), "least": euros(100), "most": euros(10_000)}
    gift = await show.merchant.ok("POST", path, json=body)
    assert gift["donation"] == {"least": euros(100), "most": euros(10_000)}
    ana = site.guest()

    def give(amount: Json | None, **more: Any) -> Json:
        line = {"offer": gift["id"], "quantity": 1} | ({} if amount is None else {"amount": amount}) | more
        return show.basket(lines=[line], delivery=NONE)

    for amount in (99, 10_001):
        refused = await ana.refused(422, "donation_outside", "POST", "/orders", json=give(euros(amount)))
        assert (refused["field"], refused["least"]) == ("lines[0].amount", euros(100))
    dollars = {"amount_minor": 500, "currency": "USD"}
    await ana.refused(422, "currency_mismatch", "POST", "/orders", json=give(dollars))
    await ana.refused(422, "invalid_input", "POST", "/orders", json=give(euros(500), quantity=2))
    goods = show.basket(lines=[{"offer": show.offer["id"], "quantity": 1, "amount": euros(1)}])
    await ana.refused(422, "invalid_input", "POST", "/orders", json=goods)
    assert (await ana.ok("POST", "/orders", json=give(None)))["total"] == euros(500)
    # The same key with another amount is another basket.
    key = {"Idempotency-Key": "gift"}
    order = await ana.ok("POST", "/orders", json=give(euros(777)), headers=key)
    assert order["total"] == euros(777)
    await ana.refused(409, "idempotency_key_reused", "POST", "/orders", json=give(euros(778)), headers=key)
    await site.report(order)
    paid = await ana.ok("GET", f"/orders/{order['id']}")
    assert (paid["status"], paid["delivery"]["method"]) == ("paid", "none")
    assert (await ana.ok("GET", f"/orders/{order['id']}/digital"))["items"] == []
    await show.merchant.ok("POST", f"/orders/{order['id']}/refunds")
    # Limits that make no sense, coupons and deals.
    await show.merchant.refused(422, "invalid_input", "POST", path, json=body | {"suggested": euros(50)})
    await show.merchant.refused(422, "currency_mismatch", "POST", path, json=body | {"least": dollars})
    await ana.refused(403, "forbidden", "POST", path, json=body)
    coupon = {"code": "tea-10", "percent": 10}
    await show.merchant.ok("POST", f"/stores/{show.store['id']}/coupons", json=coupon)
    await ana.refused(422, "invalid_input", "POST", "/orders", json=give(None) | {"coupon": "TEA-10"})
    deal = {"price": euros(200), "quantity": 1, "seconds": 60}
    await show.merchant.refused(422, "invalid_input", "PUT", f"/offers/{gift['id']}/deal", json=deal)
    await show.merchant.refused(422, "invalid_input", "PATCH", f"/offers/{gift['id']}", json={"quantity": 9})
    await show.end()
