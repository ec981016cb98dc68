"""What shops say on the page of a room that is over, and on cards of rooms that are live, in the readers' languages."""

import asyncio
import html
import json
import re
from typing import Any

import pytest
from aiohttp import web

from livehub.followers.letters import Letters
from livehub.followers.model import Address, AddressState
from livehub.followers.notices import Notices, Sender
from livehub.translating import MerchantWords
from livehub.translation.texts import Source
from livehub.web import room_texts
from livehub.web.assets import share_dir
from livehub.web.i18n import Catalogues
from tests.integration.test_languages import API, Client, Place, libretranslate, ok, place, shop

__all__ = ["libretranslate", "place"]
PRICE = {"amount_minor": 700, "currency": "EUR"}


async def auctioned(host: Client, room: str) -> None:
    (tea,) = (await ok(await host.get(f"{API}/rooms/{room}/offers")))["items"]
    body = {"offer": tea["id"], "start": PRICE, "increment": PRICE, "seconds": 600, "mode": "sudden"}
    await ok(await host.post(f"{API}/rooms/{room}/auctions", json=body), 201)


def said(answer: Any) -> dict[str, str]:
    return {item["source"]: item["text"] for item in answer["items"]}


async def test_a_room_that_is_over_is_read_in_ones_own_language(place: Place) -> None:
    host = await place.account("host")
    _, product, room = await shop(host)
    await auctioned(host, room)
    await ok(await host.post(f"{API}/rooms/{room}/end"))
    url = f"{API}/rooms/{room}/texts"
    # Nothing is made for nobody, however often they ask.
    assert said(await ok(await place.anybody().get(f"{url}?locale=es"))) == {}
    assert place.engine.requests == []
    reader = place.anybody(await place.guest("ana", "es"))
    texts = said(await ok(await reader.get(url)))
    assert texts == {"Tea time tonight": "es(Tea time tonight)", "Green tea": "es(Green tea)"}
    assert said(await ok(await reader.get(f"{url}?locale=en"))) == {}
    asked = len(place.engine.requests)
    assert said(await ok(await place.anybody().get(f"{url}?locale=es"))) == texts, "which is there now for everybody"
    assert len(place.engine.requests) == asked
    # What the merchant wrote goes before the engine's.
    await ok(await host.put(f"{API}/products/{product}/translations/es", json={"title": "Té verde"}))
    assert said(await ok(await reader.get(url)))["Green tea"] == "Té verde"
    assert (await reader.get(f"{url}?locale=xx")).status == 422
    assert (await place.anybody().get(url)).status == 422
    assert (await reader.get(f"{API}/rooms/room_none/texts")).status == 404


async def test_who_asks_while_it_is_made_for_another_waits_for_the_same(place: Place) -> None:
    _, _, room = await shop(await place.account("host"))
    texts, source = place.services.translation.texts, Source(f"room:{room}", "Tea for two", "en")
    place.engine.open.clear()
    first, second = (
        asyncio.create_task(texts.shown(room, [source], "es", within_s=30), name=name) for name in ("first", "second")
    )
    await asyncio.wait({first, second}, timeout=0.5)
    assert not first.done()
    assert not second.done()
    place.engine.open.set()
    assert [text.text for text in await first] == ["es(Tea for two)"]
    assert await second == await first
    assert len(place.engine.requests) == 1


async def test_lists_and_links_have_what_is_there_in_the_readers_language_and_make_nothing(place: Place) -> None:
    host = await place.account("host")
    _, _, room = await shop(host)
    twin = {"kind": "show", "title": "Tea time tonight", "locale": "en", "description": "Bring <b>a cup</b>"}
    other = (await ok(await host.post(f"{API}/rooms", json=twin), 201))["id"]
    texts, nobody = place.services.translation.texts, place.anybody()

    async def listed(query: str) -> dict[str, dict[str, str]]:
        items = (await ok(await nobody.get(f"{API}/rooms{query}")))["items"]
        return {item["id"]: {text["source"]: text["text"] for text in item["texts"]} for item in items}

    async def head(room: str, query: str = "", **headers: str) -> dict[str, str]:
        answer = await nobody.get(f"/r/{room}{query}", headers=headers)
        assert answer.headers["Cache-Control"].startswith("private")
        assert answer.headers["Vary"] == "Accept-Language, Cookie"
        metas = re.findall(r'<meta property="og:(\w+)" content="([^"]*)">', await answer.text())
        return {name: html.unescape(said) for name, said in metas}

    assert await listed("?locale=es") == {room: {}, other: {}}
    assert (await head(room, "?locale=es"))["title"] == "Tea time tonight · livehub"
    assert place.engine.requests == [], "nothing is made for nobody"

    # Two rooms of the same name, and a merchant who has a better word for one of them.
    await texts.make(room, Source(f"room:{room}", "Tea time tonight", "en"), "es")
    for written, said in (("Tea time tonight", "Hora del té"), ("Bring <b>a cup</b>", 'Trae "una taza"')):
        await texts.edit(Source(f"room:{other}", written, "en"), "es", said, "host")
    asked = len(place.engine.requests)
    made = {"Tea time tonight": "es(Tea time tonight)"}
    better = {"Tea time tonight": "Hora del té", "Bring <b>a cup</b>": 'Trae "una taza"'}
    assert await listed("?locale=es") == {room: made, other: better}
    assert await listed("") == await listed("?locale=th") == {room: {}, other: {}}
    assert (await nobody.get(f"{API}/rooms?locale=xx")).status == 422

    named = "Hora del té · livehub"
    for found in (
        await head(other, "?locale=es"),
        await head(other, Cookie="livehub_locale=es"),
        await head(other, **{"Accept-Language": "es-MX,en;q=0.5"}),
    ):
        assert (found["title"], found["description"]) == (named, 'Trae "una taza"')
    # Crawlers that go on to the page's own address find it in the same language; who says none, as it is written.
    assert (await head(other, "?locale=es"))["url"].endswith(f"/r/{other}?locale=es")
    for found in (await head(other), await head(other, "?locale=xx", **{"Accept-Language": "tlh"})):
        assert (found["title"], found["description"]) == ("Tea time tonight · livehub", "Bring <b>a cup</b>")
        assert found["url"].endswith(f"/r/{other}")
    assert len(place.engine.requests) == asked


async def test_what_is_said_in_a_private_room_is_for_its_members(place: Place) -> None:
    host = await place.account("host")
    body = {"kind": "show", "title": "Tea for friends", "locale": "en", "visibility": "private"}
    room = (await ok(await host.post(f"{API}/rooms", json=body), 201))["id"]
    url = f"{API}/rooms/{room}/texts?locale=es"
    assert said(await ok(await host.get(url))) == {"Tea for friends": "es(Tea for friends)"}
    assert (await place.anybody(await place.guest("eve")).get(url)).status in {403, 404}
    assert (await place.anybody().get(url)).status in {401, 404}


async def test_what_the_page_shows_first_is_translated_where_it_is_too_much(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room_texts, "MAX_TEXTS", 1)
    _, _, room = await shop(await place.account("host"))
    reader = place.anybody(await place.guest("ana", "es"))
    assert list(said(await ok(await reader.get(f"{API}/rooms/{room}/texts")))) == ["Tea time tonight"]


async def test_bundles_categories_draws_and_auctions_are_read_in_ones_own_language(place: Place) -> None:
    host = await place.account("host")
    store, product, room = await shop(host)
    category = await ok(await host.post(f"{API}/stores/{store}/categories", json={"title": "Hot drinks"}), 201)
    await ok(await host.patch(f"{API}/products/{product}", json={"category": category["id"]}))
    await ok(await host.post(f"{API}/rooms/{room}/draws", json={"title": "A cup for one of you"}), 201)
    reader = await place.reader(room, "es")
    wanted = {"Green tea", "Hot drinks", "A cup for one of you", "Tea time tonight"}
    known = dict.fromkeys(item["source"] for item in reader.state["texts"])
    while wanted - known.keys():
        events = await reader.until("text:translations", len(reader.named("text:translations")) + 1)
        known |= dict.fromkeys(item["source"] for event in events for item in event["items"])
    # What changes its name while somebody bids is told as well.
    await ok(await host.patch(f"{API}/products/{product}", json={"title": "Black tea"}))
    await auctioned(host, room)
    while "Black tea" not in known:
        events = await reader.until("text:translations", len(reader.named("text:translations")) + 1)
        known |= dict.fromkeys(item["source"] for event in events for item in event["items"])


async def test_followers_are_told_of_a_show_in_their_own_language(place: Place) -> None:
    _, _, room_id = await shop(await place.account("host"))
    room, texts = await place.services.rooms.get(room_id), place.services.translation.texts
    sentences, sender = Catalogues(share_dir("translations")), Sender("https://shop.example", "shop@shop.example")
    notices = Notices(sentences, Letters("s" * 32), sender, MerchantWords(texts, place.services.rooms))
    pushed = await asyncio.gather(*(notices.push(room, "es") for _ in range(20)))
    assert {json.loads(each)["body"].partition(": ")[2] for each in pushed} == {"es(Tea time tonight)"}
    assert len(place.engine.requests) == 1
    assert json.loads(await notices.push(room, "en"))["body"] == "Live now: Tea time tonight"
    address = Address("adr", "ana", "ana@example.org", "es", AddressState.CONFIRMED, 0)
    letter = await notices.start(room, address, "id", 0)
    assert letter["Subject"].endswith(": es(Tea time tonight)")
    assert "\n    Tea time tonight\n" in letter.get_content(), "and what the host wrote under it"
    # Nobody waits for an engine that has it not.
    place.engine.answer = web.Response(status=500)
    assert json.loads(await notices.push(room, "tr"))["body"].endswith(": Tea time tonight")
