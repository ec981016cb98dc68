"""What shops say in orders, in their buyers' languages: the order, its place in the list, and where it is paid."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from livehub.web import order_texts
from tests.integration.test_languages import API, Client, Place, libretranslate, ok, place, shop

__all__ = ["libretranslate", "place"]


async def ordered(buyer: Client, room: str, offer: str, quantity: int = 1) -> dict[str, Any]:
    """An order that waits for its payment."""
    body = {
        "room": room, "lines": [{"offer": offer, "quantity": quantity}], "delivery": {"method": "pickup"},
        "contact": {"name": "Ana"}, "payment_provider": "sandbox",
    }  # fmt: skip
    order: dict[str, Any] = await ok(await buyer.post(f"{API}/orders", json=body), 201)
    return order


async def test_an_order_is_read_in_the_buyers_language(place: Place) -> None:
    host = await place.account("host")
    _, product, room = await shop(host)
    buyer = place.anybody(await place.guest("ana", "es"))
    (offer,) = (await ok(await buyer.get(f"{API}/rooms/{room}/offers")))["items"]
    order = await ordered(buyer, room, offer["id"])
    url = f"{API}/orders/{order['id']}/texts"
    # Nobody was in the room, so nothing was there yet: it is waited for, in the buyer's own language.
    (item,) = (await ok(await buyer.get(url)))["items"]
    assert (item["source"], item["text"], item["engine"]) == ("Green tea", "es(Green tea)", "libretranslate")
    assert (await ok(await buyer.get(f"{url}?locale=en")))["items"] == []
    assert (await ok(await buyer.get(f"{API}/orders/{order['id']}")))["lines"][0]["title"] == "Green tea"
    assert (await buyer.get(f"{url}?locale=xx")).status == 422
    assert (await place.anybody(await place.guest("eve", "es")).get(url)).status == 404
    assert (await place.anybody().get(url)).status == 401
    # What the merchant wrote goes before the engine's, and holds on the page of the sandbox as well.
    await ok(await host.put(f"{API}/products/{product}/translations/es", json={"title": "Té verde"}))
    assert (await ok(await buyer.get(url)))["items"][0]["text"] == "Té verde"
    path = "/sandbox/pay/" + order["payment"]["action_url"].rpartition("/")[2]
    pages = {}
    for tag in ("es", "tr", "en"):
        answer = await place.anybody().get(path, headers={"Accept-Language": tag})
        pages[tag] = await answer.text()
        assert f'lang="{tag}"' in pages[tag]
    assert "Té verde" in pages["es"]
    assert "tr(Green tea)" in pages["tr"]
    assert "<bdi>Green tea</bdi>" in pages["en"]


async def test_what_a_bundle_consists_of_is_said_where_it_is_paid(place: Place) -> None:
    host = await place.account("host")
    _, _, room = await shop(host)
    (tea,) = (await ok(await host.get(f"{API}/rooms/{room}/offers")))["items"]
    bundle = {
        "title": "Breakfast box", "price": {"amount_minor": 2000, "currency": "EUR"}, "quantity": 2,
        "parts": [{"offer": tea["id"], "quantity": 2}],
    }  # fmt: skip
    offer = await ok(await host.post(f"{API}/rooms/{room}/bundles", json=bundle), 201)
    buyer = place.anybody(await place.guest("ana", "es"))
    order = await ordered(buyer, room, offer["id"], quantity=2)
    texts = (await ok(await buyer.get(f"{API}/orders/{order['id']}/texts")))["items"]
    assert {item["source"] for item in texts} == {"Breakfast box", "Green tea"}
    path = "/sandbox/pay/" + order["payment"]["action_url"].rpartition("/")[2]
    said = {"es": ("es(Breakfast box)", "4 × es(Green tea)"), "en": ("Breakfast box", "4 × Green tea")}
    for tag, (title, part) in said.items():
        page = await (await place.anybody().get(path, headers={"Accept-Language": tag})).text()
        assert f"<bdi>{title}</bdi>" in page
        assert f"<bdi>{part}</bdi>" in page


async def test_a_list_of_orders_is_read_in_the_buyers_language(place: Place) -> None:
    buyer = place.anybody(await place.guest("ana", "es"))
    orders: list[dict[str, Any]] = []
    products: list[tuple[Client, str]] = []
    for name in ("host", "other"):
        host = await place.account(name)
        _, product, room = await shop(host)
        (offer,) = (await ok(await buyer.get(f"{API}/rooms/{room}/offers")))["items"]
        orders.insert(0, await ordered(buyer, room, offer["id"]))
        products.append((host, product))
    url = f"{API}/orders/texts"
    # Both shops call theirs the same, and one has its own word for it.
    host, product = products[0]
    await ok(await host.put(f"{API}/products/{product}/translations/es", json={"title": "Té verde"}))
    page = await ok(await buyer.get(url))
    assert page["next"] is None
    assert [(item["order"], [text["text"] for text in item["texts"]]) for item in page["items"]] == [
        (orders[0]["id"], ["es(Green tea)"]), (orders[1]["id"], ["Té verde"]),
    ]  # fmt: skip
    assert page["items"][0]["texts"][0]["source"] == "Green tea"

    # They are those of the same page of the list.
    listed = await ok(await buyer.get(f"{API}/orders?limit=1"))
    first = await ok(await buyer.get(f"{url}?limit=1"))
    assert (len(first["items"]), first["next"]) == (1, listed["next"])
    second = await ok(await buyer.get(f"{url}?limit=1&after={first['next']}"))
    assert (second["items"], second["next"]) == (page["items"][1:], None)
    assert (await ok(await buyer.get(f"{url}?room={orders[1]['room_id']}")))["items"] == second["items"]
    assert [item["texts"] for item in (await ok(await buyer.get(f"{url}?locale=en")))["items"]] == [[], []]

    assert (await ok(await place.anybody(await place.guest("eve", "es")).get(url)))["items"] == []
    assert (await ok(await host.get(f"{url}?locale=es")))["items"] == [], "the shop's list is another"
    assert (await place.anybody().get(url)).status == 401
    assert (await buyer.get(f"{url}?locale=xx")).status == 422
    assert (await buyer.get(f"{url}?after=x")).status == 422


async def test_a_page_of_orders_has_its_newest_texts_first_where_they_are_too_many(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order_texts, "MAX_TEXTS", 1)
    host = await place.account("host")
    store, _, room = await shop(host)
    variant = {"sku": "MUG", "price": {"amount_minor": 900, "currency": "EUR"}, "stock": 5}
    await ok(await host.post(f"{API}/stores/{store}/products", json={"title": "A mug", "variants": [variant]}), 201)
    await ok(await host.post(f"{API}/rooms/{room}/offers", json={"sku": "MUG", "quantity": 5}), 201)
    buyer = place.anybody(await place.guest("ana", "es"))
    for offer in (await ok(await buyer.get(f"{API}/rooms/{room}/offers")))["items"]:
        await ordered(buyer, room, offer["id"])
    newest, older = (await ok(await buyer.get(f"{API}/orders/texts")))["items"]
    assert [text["source"] for text in newest["texts"]] == ["A mug"]
    assert older["texts"] == []


async def test_where_it_is_picked_up_and_what_the_shop_answers_is_read_in_the_buyers_language(place: Place) -> None:
    host = await place.account("host")
    store, _, room = await shop(host)
    variant = {"sku": "BOOK", "price": {"amount_minor": 900, "currency": "EUR"}, "stock": 5}
    book = {"title": "A book", "variants": [variant]}
    product = (await ok(await host.post(f"{API}/stores/{store}/products", json=book), 201))["id"]
    good = {"sku": "BOOK", "kind": "link", "url": "https://example.org/tea", "note": "How to brew it"}
    await ok(await host.put(f"{API}/products/{product}/digital", json=good))
    await ok(await host.post(f"{API}/rooms/{room}/offers", json={"sku": "BOOK", "quantity": 5}), 201)
    where = {"title": "The shop", "address": "7 Market Square", "directions": "By the well", "time_zone": "Asia/Tokyo"}
    spot = (await ok(await host.post(f"{API}/stores/{store}/pickup-places", json=where), 201))["id"]
    day = (datetime.now(UTC) + timedelta(days=3)).date().isoformat()
    times = {"days": [day], "opens": "10:00", "closes": "12:00", "minutes": 60, "capacity": 5}
    slots = (await ok(await host.post(f"{API}/pickup-places/{spot}/slots", json=times), 201))["items"]
    buyer = place.anybody(await place.guest("ana", "es"))
    viewer = await place.reader(room, "es")
    offers = (await ok(await buyer.get(f"{API}/rooms/{room}/offers")))["items"]
    # Those who buy ask for the places, and then for their words; addresses stay, for they have to be found.
    texts = {text["source"] for text in (await ok(await buyer.get(f"{API}/rooms/{room}/texts")))["items"]}
    assert {"The shop", "By the well"} <= texts
    assert "7 Market Square" not in texts
    body = {
        "room": room, "lines": [{"offer": offer["id"], "quantity": 1} for offer in offers], "contact": {"name": "Ana"},
        "delivery": {"method": "pickup", "slot": slots[0]["id"]}, "payment_provider": "manual",
    }  # fmt: skip
    order = await ok(await buyer.post(f"{API}/orders", json=body), 201)
    url = f"{API}/orders/{order['id']}"
    known = {text["source"] for text in (await ok(await buyer.get(f"{url}/texts")))["items"]}
    assert known == {"Green tea", "A book", "The shop"}
    await ok(await host.post(f"{url}/paid"))
    known = {text["source"] for text in (await ok(await buyer.get(f"{url}/texts")))["items"]}
    assert known == {"Green tea", "A book", "The shop", "How to brew it"}
    assert "How to brew it" not in await (await host.get(f"{url}/texts?locale=es")).text(), "it is the buyer's alone"

    await ok(await host.put(f"{API}/stores/{store}/terms", json={"return_days": 30}))
    await ok(await host.post(f"{url}/fulfil"))
    asked = await ok(await buyer.post(f"{url}/returns", json={"reason": "It is dented"}), 201)
    await ok(await host.post(f"{API}/returns/{asked['id']}/decline", json={"answer": "It left us whole"}))
    told = {text["source"]: text["text"] for text in (await ok(await buyer.get(f"{url}/texts")))["items"]}
    assert told["It left us whole"] == "es(It left us whole)"
    assert "It is dented" not in told
    # Nobody else who is in the room in the buyer's language was told of them.
    await ok(await host.put(f"{API}/products/{product}/translations/es", json={"title": "Un libro"}))
    heard: list[dict[str, Any]] = []
    while "Un libro" not in {item["text"] for event in heard for item in event["items"]}:
        heard = await viewer.until("text:translations", len(heard) + 1)
    sources = {item["source"] for event in heard for item in event["items"]}
    assert not sources & {"How to brew it", "It left us whole"}
