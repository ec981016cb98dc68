"""Orders over HTTP: who may place, see and move them, and what bad input gets."""

import asyncio

import pytest

from livehub.clock import iso
from livehub.commerce.money import MAX_AMOUNT_MINOR
from livehub.commerce.orders.desk import ORDERS_BURST
from livehub.commerce.orders.model import RESERVATION_MS
from tests.commerce.selling import CONTACT, Json, Person, SellingSite, Show, euros, open_show


async def test_an_order_as_its_buyer_sees_it(show: Show) -> None:
    buyer = show.site.guest("Ana")
    order = await show.buy(
        buyer, 2, delivery={"method": "courier", "address": " 1 Tea Lane\nHanoi "}, contact={"name": " Ana  Lopez "}
    )
    now = show.site.clock.now_ms()
    assert order == {
        "id": order["id"],
        "number": "100001",
        "status": "pending_payment",
        "room_id": show.room["id"],
        "store": {"id": show.store["id"], "title": "Mai's pottery"},
        "lines": [
            {
                "offer": show.offer["id"],
                "sku": "CUP-1",
                "title": "Tea cup",
                "variant_title": "blue",
                "picture": None,
                "quantity": 2,
                "unit_price": euros(1250),
                "ships_at": None,
                "held": True,
                "parts": [],
                "auction": None,
                "digital": None,
            }
        ],
        "charges": [],
        "affirmations": [],
        "coupon": None,
        "total": euros(2500),
        "refunded": euros(0),
        "delivery": {"method": "courier", "address": "1 Tea Lane\nHanoi"},
        "contact": {"name": "Ana Lopez"},
        "note": None,
        "shipments": [],
        "payment": {"provider": "sandbox", "status": "pending", "action_url": order["payment"]["action_url"]},
        "placed_at": iso(now),
        "expires_at": iso(now + RESERVATION_MS),
        "history": [{"status": "pending_payment", "at": iso(now)}],
        "buyer": {"id": order["buyer"]["id"], "display_name": "Ana"},
    }
    assert await buyer.ok("GET", f"/orders/{order['id']}") == order
    assert await show.merchant.ok("GET", f"/orders/{order['id']}") == order


async def test_several_lines_and_the_snapshot_of_names(show: Show) -> None:
    path = f"/rooms/{show.room['id']}/offers"
    other = await show.merchant.ok("POST", path, json={"sku": "CUP-2", "quantity": 5, "price": euros(1000)})
    buyer = show.site.guest()
    lines = [{"offer": show.offer["id"], "quantity": 1}, {"offer": other["id"], "quantity": 3}]
    order = await show.buy(buyer, lines=lines)
    assert order["total"] == euros(4250)
    await show.merchant.ok("PATCH", f"/products/{show.product['id']}", json={"title": "Renamed"})
    kept = await buyer.ok("GET", f"/orders/{order['id']}")
    assert [line["title"] for line in kept["lines"]] == ["Tea cup", "Tea cup"]
    # One line that cannot be served takes nothing of the other.
    too_many = [{"offer": show.offer["id"], "quantity": 1}, {"offer": other["id"], "quantity": 3}]
    problem = await buyer.refused(409, "sold_out", "POST", "/orders", json=show.basket(lines=too_many))
    assert (problem["field"], problem["available"]) == ("lines[1].quantity", 2)
    assert (await show.site.counts())["held"] == 1


async def test_buying_begins_with_the_show_and_ends_with_it(site: SellingSite) -> None:
    show = await open_show(site, live=False)
    buyer, headers = site.guest(), {"Idempotency-Key": "k"}
    await buyer.refused(409, "room_not_live", "POST", "/orders", json=show.basket())
    await show.go_live()
    order = await buyer.ok("POST", "/orders", json=show.basket(), headers=headers)
    await show.end()
    await buyer.refused(409, "room_not_live", "POST", "/orders", json=show.basket())
    # A client that asks again for what it has bought gets its answer all the same.
    again = await buyer.ok("POST", "/orders", json=show.basket(), headers=headers)
    assert again["id"] == order["id"]
    await buyer.refused(409, "idempotency_key_reused", "POST", "/orders", json=show.basket(2), headers=headers)


@pytest.mark.parametrize(
    ("change", "status", "code", "field"),
    [
        ({"lines": []}, 422, "invalid_input", "lines"),
        ({"lines": [{"offer": "ofr_0", "quantity": -1}]}, 422, "invalid_input", "lines[0].quantity"),
        ({"lines": [{"offer": "ofr_0", "quantity": 0}]}, 422, "invalid_input", "lines[0].quantity"),
        ({"lines": [{"offer": "ofr_0", "quantity": 10**12}]}, 422, "invalid_input", "lines[0].quantity"),
        ({"lines": [{"offer": "ofr_0", "quantity": 1}]}, 404, "offer_not_found", "lines[0].offer"),
        ({"lines": [{"offer": "ofr_0", "quantity": 1}] * 2}, 422, "invalid_input", "lines"),
        ({"lines": [{"offer": f"ofr_{n}", "quantity": 1} for n in range(21)]}, 422, "invalid_input", "lines"),
        ({"delivery": {"method": "courier"}}, 422, "address_missing", "delivery.address"),
        ({"delivery": {"method": "courier", "address": "  "}}, 422, "address_missing", "delivery.address"),
        ({"delivery": {"method": "drone"}}, 422, "invalid_input", "delivery.method"),
        ({"contact": {}}, 422, "invalid_input", "contact.name"),
        ({"contact": {"name": " "}}, 422, "invalid_input", "contact.name"),
        ({"contact": CONTACT | {"email": "nobody"}}, 422, "invalid_input", "contact.email"),
        ({"payment_provider": "bitcoin"}, 422, "payment_provider_unknown", "payment_provider"),
        ({"room": "room_0"}, 404, "room_not_found", None),
    ],
)
async def test_orders_that_cannot_be(show: Show, change: Json, status: int, code: str, field: str | None) -> None:
    body = show.basket() | change
    problem = await show.site.guest().refused(status, code, "POST", "/orders", json=body)
    assert problem.get("field") == field
    assert (await show.site.counts())["held"] == 0


async def test_a_total_that_no_column_holds_is_refused_and_takes_nobody_along(show: Show) -> None:
    """900 of the dearest articles at the most: all clients count that exactly, and no sum runs over."""
    dearest = {"amount_minor": MAX_AMOUNT_MINOR, "currency": "EUR"}
    variants = [{"sku": f"GOLD-{n}", "price": dearest, "stock": 1_000_000} for n in range(12)]
    await show.merchant.ok("POST", f"/stores/{show.store['id']}/products", json={"title": "Gold", "variants": variants})
    offers = [
        await show.merchant.ok(
            "POST", f"/rooms/{show.room['id']}/offers", json={"sku": f"GOLD-{n}", "quantity": 1_000_000}
        )
        for n in range(12)
    ]
    lines = [{"offer": offer["id"], "quantity": 1_000_000} for offer in offers]
    greedy, buyer = show.site.guest(), show.site.guest()
    for asked in (lines, lines[:1], [{"offer": offers[0]["id"], "quantity": 901}]):
        (status, refusal), order = await asyncio.gather(
            greedy.call("POST", "/orders", json=show.basket(lines=asked)), show.buy(buyer)
        )
        assert (status, refusal["code"], refusal["field"]) == (422, "invalid_input", "lines")
        assert order["status"] == "pending_payment"
        await greedy.refused(
            422, "invalid_input", "POST", "/quotes",
            json={"room": show.room["id"], "lines": asked, "delivery": {"method": "pickup"}},
        )  # fmt: skip
    most = await show.buy(greedy, lines=[{"offer": offers[0]["id"], "quantity": 900}])
    assert most["total"]["amount_minor"] == 900 * MAX_AMOUNT_MINOR
    await show.site.report(most)
    assert (await greedy.ok("GET", f"/orders/{most['id']}"))["status"] == "paid"


async def test_an_offer_of_another_room_is_none_here(show: Show) -> None:
    other = await open_show(show.site)
    body = show.basket() | {"lines": [{"offer": other.offer["id"], "quantity": 1}]}
    await show.site.guest().refused(404, "offer_not_found", "POST", "/orders", json=body)


async def test_nobody_and_strange_keys_buy_nothing(show: Show) -> None:
    await show.site.nobody.refused(401, "unauthenticated", "POST", "/orders", json=show.basket())
    headers = {"Idempotency-Key": "x" * 256}
    await show.site.guest().refused(422, "invalid_input", "POST", "/orders", json=show.basket(), headers=headers)
    await show.site.guest().refused(415, "unsupported_media_type", "POST", "/orders", data=b"{}")


async def test_only_buyer_and_merchant_see_and_move_an_order(show: Show) -> None:
    site, buyer = show.site, show.site.guest("Ana")
    order = await show.buy(buyer, payment_provider="manual")
    path = f"/orders/{order['id']}"
    for stranger in (site.guest("Eve"), await site.account("Eve")):
        await stranger.refused(404, "order_not_found", "GET", path)
        await stranger.refused(404, "order_not_found", "POST", f"{path}/cancel")
        assert (await stranger.ok("GET", "/orders"))["items"] == []
    await site.nobody.refused(401, "unauthenticated", "GET", path)
    account = await site.account("Eve")
    for step in ("paid", "fulfil", "refunds"):
        await account.refused(404, "order_not_found", "POST", f"{path}/{step}")
        await buyer.refused(403, "account_required", "POST", f"{path}/{step}")
    await account.refused(403, "not_store_owner", "GET", f"/stores/{show.store['id']}/orders")
    await show.merchant.refused(409, "illegal_transition", "POST", f"{path}/fulfil")
    await show.merchant.refused(409, "illegal_transition", "POST", f"{path}/refunds")
    await show.merchant.ok("POST", f"{path}/paid")
    await buyer.refused(409, "illegal_transition", "POST", f"{path}/cancel")


async def test_an_account_that_buys_is_no_merchant(show: Show) -> None:
    buyer = await show.site.account("Ana")
    order = await show.buy(buyer, payment_provider="manual")
    await buyer.refused(403, "not_store_owner", "POST", f"/orders/{order['id']}/paid")
    assert (await show.merchant.ok("POST", f"/orders/{order['id']}/cancel"))["status"] == "cancelled"


async def test_lists_are_newest_first_and_filtered(show: Show) -> None:
    buyer = show.site.guest()
    orders = [await show.buy(buyer, payment_provider="manual") for _ in range(5)]
    await show.merchant.ok("POST", f"/orders/{orders[1]['id']}/paid")
    ids = [order["id"] for order in orders]
    store = f"/stores/{show.store['id']}/orders"

    async def listed(person: Person, path: str) -> list[str]:
        return [order["id"] for order in (await person.ok("GET", path))["items"]]

    assert await listed(buyer, "/orders") == ids[::-1]
    assert await listed(buyer, f"/orders?room={show.room['id']}") == ids[::-1]
    assert await listed(buyer, "/orders?room=room_0") == []
    assert await listed(show.merchant, f"{store}?status=paid") == [ids[1]]
    assert await listed(show.merchant, f"{store}?status=pending_payment&limit=2") == [ids[4], ids[3]]
    page = await show.merchant.ok("GET", f"{store}?room={show.room['id']}&limit=3")
    rest = await show.merchant.ok("GET", f"{store}?limit=3&after={page['next']}")
    assert [order["id"] for order in page["items"] + rest["items"]] == ids[::-1]
    assert rest["next"] is None
    await show.merchant.refused(422, "invalid_input", "GET", f"{store}?status=lost")
    await show.merchant.refused(422, "invalid_input", "GET", f"{store}?after=x")


async def test_one_buyer_cannot_keep_the_till_busy(site: SellingSite) -> None:
    show = await open_show(site, live=False)
    buyer = site.guest()
    for _ in range(ORDERS_BURST):
        await buyer.refused(409, "room_not_live", "POST", "/orders", json=show.basket())
    problem = await buyer.refused(429, "rate_limited", "POST", "/orders", json=show.basket())
    assert problem["retry_after_s"] > 0
    # Others are not concerned, and the buyer only for a moment.
    await site.guest().refused(409, "room_not_live", "POST", "/orders", json=show.basket())
    site.clock.advance(1)
    await buyer.refused(409, "room_not_live", "POST", "/orders", json=show.basket())


async def test_a_limit_counts_what_was_not_given_up(site: SellingSite) -> None:
    show = await open_show(site, per_buyer_limit=3)
    buyer = site.guest()
    first = await show.buy(buyer, 2)
    problem = await buyer.refused(409, "buyer_limit", "POST", "/orders", json=show.basket(2))
    assert problem["remaining"] == 1
    await buyer.ok("POST", f"/orders/{first['id']}/cancel")
    await show.buy(buyer, 3)
    await buyer.refused(409, "buyer_limit", "POST", "/orders", json=show.basket(1))


async def test_an_address_in_pieces_is_joined(show: Show) -> None:
    delivery = {"method": "courier", "address": {"street": "1 Tea Lane", "city": "Hanoi", "country": None}}
    order = await show.buy(show.site.guest(), delivery=delivery)
    assert order["delivery"]["address"] == "1 Tea Lane\nHanoi"


async def test_a_private_rooms_offers_are_its_members(site: SellingSite) -> None:
    show = await open_show(site)
    await show.merchant.ok("PATCH", f"/rooms/{show.room['id']}", json={"visibility": "private"})
    await site.guest().refused(404, "room_not_found", "POST", "/orders", json=show.basket())
    await site.guest().refused(404, "room_not_found", "GET", f"/rooms/{show.room['id']}/offers")


async def test_a_guests_orders_become_an_accounts(site: SellingSite, show: Show) -> None:
    guest, member = site.guest("Lin"), await site.account("Ana")
    first, second = await show.buy(guest, key="one"), await show.buy(guest, key="two")
    own = await show.buy(member, key="one")
    guest_id, account_id = first["buyer"]["id"], own["buyer"]["id"]
    assert await site.commerce.desk.hand_over(guest_id, account_id) == 2
    assert await site.commerce.desk.hand_over(guest_id, account_id) == 0
    mine = await member.ok("GET", "/orders")
    assert [order["id"] for order in mine["items"]] == [own["id"], second["id"], first["id"]]
    assert (await guest.ok("GET", "/orders"))["items"] == []
    await guest.refused(404, "order_not_found", "GET", f"/orders/{first['id']}")
    # Keys go on meaning what they meant to the account; one that only the guest had comes along.
    assert (await show.buy(member, key="one"))["id"] == own["id"]
    assert (await show.buy(member, key="two"))["id"] == second["id"]
    assert (await site.report(first))[0] == 204
    assert (await member.ok("GET", f"/orders/{first['id']}"))["status"] == "paid"
