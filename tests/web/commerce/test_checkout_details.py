"""Notes, contactless delivery, address books, affirmations for listed goods and ceilings on their price."""

from livehub.clock import iso
from tests.commerce.selling import Show, euros

TEXT = "I am 18 years of age or older."


async def test_a_note_and_where_to_leave_it(show: Show) -> None:
    delivery = {"method": "courier", "address": "1 Tea Lane", "contactless": True, "leave_at": " Behind the  gate "}
    order = await show.buy(show.site.guest(), delivery=delivery, note="A gift, please no bill.")
    assert order["delivery"] == {**delivery, "leave_at": "Behind the  gate"}
    assert order["note"] == "A gift, please no bill."
    buyer = show.site.guest()
    for change, field in (
        ({"delivery": {"method": "pickup", "contactless": True}}, "delivery.contactless"),
        ({"delivery": {"method": "courier", "address": "x", "leave_at": "gate"}}, "delivery.contactless"),
        ({"delivery": {**delivery, "leave_at": "x" * 201}}, "delivery.leave_at"),
        ({"note": "x" * 501}, "note"),
        ({"note": "\u202e"}, "note"),
    ):
        problem = await buyer.refused(422, "invalid_input", "POST", "/orders", json=show.basket(**change))
        assert problem["field"] == field, change


async def test_another_note_is_another_basket(show: Show) -> None:
    buyer = show.site.guest()
    await show.buy(buyer, key="k", note="red")
    headers = {"Idempotency-Key": "k"}
    await buyer.refused(
        409, "idempotency_key_reused", "POST", "/orders", json=show.basket(note="blue"), headers=headers
    )


async def test_an_address_book_is_its_owners_alone(show: Show) -> None:
    ana, eve = show.site.guest("Ana"), show.site.guest("Eve")
    home = {"name": "Ana", "phone": "+84 1", "email": "ana@example.org", "address": "1 Tea Lane\nHanoi", "leave_at": ""}
    first = await ana.ok("POST", "/me/addresses", json=home)
    show.site.clock.advance(60)
    work = await ana.ok("POST", "/me/addresses", json={**home, "address": "2 Work Street"})
    show.site.clock.advance(60)
    again = await ana.ok("POST", "/me/addresses", json=home)
    assert again["id"] == first["id"]
    assert again["used_at"] == iso(show.site.clock.now_ms())
    assert [one["id"] for one in (await ana.ok("GET", "/me/addresses"))["items"]] == [first["id"], work["id"]]
    assert (await eve.ok("GET", "/me/addresses"))["items"] == []
    await eve.ok("DELETE", f"/me/addresses/{work['id']}")
    assert len((await ana.ok("GET", "/me/addresses"))["items"]) == 2
    await ana.ok("DELETE", f"/me/addresses/{work['id']}")
    assert len((await ana.ok("GET", "/me/addresses"))["items"]) == 1
    await show.site.nobody.refused(401, "unauthenticated", "GET", "/me/addresses")
    problem = await ana.refused(422, "invalid_input", "POST", "/me/addresses", json={**home, "email": "nobody"})
    assert problem["field"] == "email"


async def test_the_oldest_address_makes_room_and_a_guest_takes_the_book_along(show: Show) -> None:
    ana = show.site.guest("Ana")
    for number in range(22):
        await ana.ok("POST", "/me/addresses", json={"name": "Ana", "address": f"{number} Tea Lane"})
        show.site.clock.advance(2)
    kept = (await ana.ok("GET", "/me/addresses"))["items"]
    assert [one["address"] for one in kept] == [f"{number} Tea Lane" for number in range(21, 1, -1)]
    guest = (await show.buy(ana))["buyer"]["id"]
    account = await show.site.account("Ana")
    await account.ok("POST", "/me/addresses", json={"name": "Ana", "address": "21 Tea Lane"})
    me = (await show.buy(account))["buyer"]["id"]
    await show.site.commerce.addresses.hand_over(guest, me)
    assert (await ana.ok("GET", "/me/addresses"))["items"] == []
    moved = (await account.ok("GET", "/me/addresses"))["items"]
    assert len(moved) == 20
    assert moved[0]["address"] == "21 Tea Lane"


async def test_listed_goods_are_affirmed_and_the_order_keeps_text_version_and_time(show: Show) -> None:
    path = f"/stores/{show.store['id']}/goods-rules"
    rule = await show.merchant.ok("PUT", path, json={"sku": "CUP-1", "affirmation": TEXT})
    assert rule["affirmation"]["version"] == "1"
    (offer,) = (await show.site.guest().ok("GET", f"/rooms/{show.room['id']}/offers"))["items"]
    assert offer["affirmation"] == rule["affirmation"]
    buyer = show.site.guest()
    problem = await buyer.refused(409, "affirmation_missing", "POST", "/orders", json=show.basket())
    assert problem["affirmations"] == [rule["affirmation"]]
    assert (await show.site.counts())["held"] == 0
    said = [{"id": rule["affirmation"]["id"], "version": "1"}]
    order = await show.buy(buyer, affirmed=said)
    assert order["affirmations"] == [{**rule["affirmation"], "at": iso(show.site.clock.now_ms())}]
    assert order["total"] == euros(1250)
    # Another text is another version: the old yes does not count for it.
    newer = await show.merchant.ok("PUT", path, json={"sku": "CUP-1", "affirmation": "I am 21 or older."})
    assert newer["affirmation"]["version"] == "2"
    await buyer.refused(409, "affirmation_missing", "POST", "/orders", json=show.basket(affirmed=said))
    assert (await buyer.ok("GET", f"/orders/{order['id']}"))["affirmations"][0]["text"] == TEXT
    quote = await buyer.ok("POST", "/quotes", json={k: show.basket()[k] for k in ("room", "lines", "delivery")})
    assert quote["affirmations"] == [newer["affirmation"]]
    # No rule, no question; a text that comes again is a version of its own.
    await show.merchant.ok("PUT", path, json={"sku": "CUP-1"})
    assert (await show.merchant.ok("GET", path))["items"] == []
    await show.buy(buyer)
    again = await show.merchant.ok("PUT", path, json={"sku": "CUP-1", "affirmation": TEXT})
    assert again["affirmation"]["version"] == "3"


async def test_no_offer_exceeds_the_ceiling_of_listed_goods(show: Show) -> None:
    path, offers = f"/stores/{show.store['id']}/goods-rules", f"/rooms/{show.room['id']}/offers"
    problem = await show.merchant.refused(
        409, "price_ceiling", "PUT", path, json={"sku": "CUP-1", "ceiling": euros(1249)}
    )
    assert problem["field"] == "ceiling"
    await show.merchant.ok("PUT", path, json={"sku": "CUP-2", "ceiling": euros(1200)})
    # At its own price it is too dear, and no price above the ceiling is taken, live or not.
    problem = await show.merchant.refused(409, "price_ceiling", "POST", offers, json={"sku": "CUP-2", "quantity": 1})
    assert problem["ceiling"] == euros(1200)
    made = await show.merchant.ok("POST", offers, json={"sku": "CUP-2", "quantity": 1, "price": euros(1200)})
    await show.merchant.refused(409, "price_guard", "PATCH", f"/offers/{made['id']}", json={"price": euros(1201)})
    await show.end()
    body = {"kind": "show", "title": "Next", "locale": "en", "visibility": "public", "store_id": show.store["id"]}
    room = await show.merchant.ok("POST", "/rooms", json=body)
    planned = await show.merchant.ok(
        "POST", f"/rooms/{room['id']}/offers", json={"sku": "CUP-2", "quantity": 1, "price": euros(1000)}
    )
    await show.merchant.refused(409, "price_ceiling", "PATCH", f"/offers/{planned['id']}", json={"price": euros(1201)})
    dollars = {"sku": "CUP-2", "ceiling": {"amount_minor": 1, "currency": "USD"}}
    await show.merchant.refused(422, "currency_mismatch", "PUT", path, json=dollars)
    await show.merchant.refused(404, "sku_not_found", "PUT", path, json={"sku": "NONE", "ceiling": euros(1)})
    eve = await show.site.account("Eve")
    await eve.refused(403, "not_store_owner", "PUT", path, json={"sku": "CUP-1", "affirmation": "x"})


async def test_terms_of_a_store(show: Show) -> None:
    path = f"/stores/{show.store['id']}/terms"
    assert (await show.merchant.ok("GET", path))["cancel_minutes"] == 0
    terms = {
        "seller_name": "Mai Pottery Ltd", "seller_address": "1 Tea Lane\nHanoi", "seller_email": "mai@example.org",
        "tax_id": "VN 123", "invoice_note": "Thank you.", "cancel_minutes": 60, "return_days": 14,
        "transfer_to": "Mai Pottery Ltd\nDE02 1203 0000 0000 2020 51",
        "wait_days": 14,
    }  # fmt: skip
    assert await show.merchant.ok("PUT", path, json=terms) == terms
    assert await show.merchant.ok("GET", path) == terms
    await show.merchant.refused(422, "invalid_input", "PUT", path, json={**terms, "return_days": 400})
    eve = await show.site.account("Eve")
    await eve.refused(403, "not_store_owner", "GET", path)
    await show.site.guest().refused(403, "account_required", "GET", path)
