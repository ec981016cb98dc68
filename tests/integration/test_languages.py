"""Words in other languages, over HTTP and sockets of a whole server, with a LibreTranslate of our own."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import socketio
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from livehub.app import make_app
from livehub.config import Config
from livehub.services import Services, compose
from tests.databases import Templates
from tests.translation.libretranslate_server import LibreTranslateServer

Client = TestClient[web.Request, web.Application]
API = "/api/v1"
PASSWORD = "correct horse battery"


@dataclass
class Place:
    services: Services
    server: TestServer
    engine: LibreTranslateServer
    clients: list[Client]
    readers: list["Reader"]

    async def account(self, name: str) -> Client:
        client: Client = TestClient(self.server)
        self.clients.append(client)
        body = {"email": f"{name}@example.org", "password": PASSWORD, "display_name": name.title(), "locale": "en"}
        assert (await client.post(f"{API}/accounts", json=body)).status == 201
        return client

    def anybody(self, bearer: str = "") -> Client:
        client: Client = TestClient(self.server, headers={"Authorization": f"Bearer {bearer}"} if bearer else {})
        self.clients.append(client)
        return client

    async def guest(self, name: str, locale: str = "en") -> str:
        client: Client = TestClient(self.server)
        self.clients.append(client)
        answer = await client.post(f"{API}/guests", json={"display_name": name, "locale": locale})
        return str((await answer.json())["token"])

    async def reader(self, room: str, locale: str, name: str = "reader") -> "Reader":
        reader = Reader(await self.guest(f"{name} {locale}", locale))
        self.readers.append(reader)
        await reader.join(str(self.server.make_url("")), room, locale)
        return reader


class Reader:
    def __init__(self, token: str) -> None:
        self.token = token
        self.socket = socketio.AsyncClient()
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.state: dict[str, Any] = {}
        self.identity = ""
        self._news = asyncio.Event()
        self.socket.on("*", self._take)

    async def _take(self, name: str, payload: Any = None) -> None:
        self.events.append((name, payload))
        self._news.set()

    async def join(self, url: str, room: str, locale: str) -> None:
        await self.socket.connect(url, auth={"token": self.token}, transports=["websocket"])
        answer = await self.socket.call("room:join", {"room": room, "locale": locale})
        assert answer["ok"], answer
        self.state = answer["state"]
        self.identity = answer["me"]["identity"]

    async def call(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = await self.socket.call(name, body)
        assert answer["ok"], answer
        return answer

    def named(self, name: str) -> list[dict[str, Any]]:
        return [payload for each, payload in self.events if each == name]

    async def until(self, name: str, count: int = 1) -> list[dict[str, Any]]:
        async with asyncio.timeout(10):
            while len(self.named(name)) < count:
                self._news.clear()
                await self._news.wait()
        return self.named(name)


@pytest.fixture
async def place(tmp_path: Path, templates: Templates, libretranslate: LibreTranslateServer) -> AsyncIterator[Place]:
    config = Config(
        data_dir=tmp_path,
        database_url=templates.migrate(tmp_path / "livehub.db"),
        media_port=0,
        secret="0123456789abcdef0123456789abcdef",
        translators=("phrasebook", f"libretranslate:{libretranslate.url}"),
        translation_daily_chars=400,
        hls="off",
    )
    services = compose(config)
    server = TestServer(make_app(services))
    await server.start_server()
    place = Place(services, server, libretranslate, [], [])
    yield place
    for reader in place.readers:
        await reader.socket.disconnect()
    for client in place.clients:
        await client.close()
    await server.close()


@pytest.fixture
async def libretranslate() -> AsyncIterator[LibreTranslateServer]:
    server = LibreTranslateServer()
    await server.start()
    yield server
    await server.close()


async def ok(answer: Any, status: int = 200) -> Any:
    assert answer.status == status, await answer.text()
    return await answer.json() if status != 204 else None


async def shop(host: Client, title: str = "Green tea") -> tuple[str, str, str]:
    """Store, product, room: live, with the product on offer."""
    store = (await ok(await host.post(f"{API}/stores", json={"title": "Tea", "currency": "EUR"}), 201))["id"]
    variant = {"sku": "TEA", "price": {"amount_minor": 1250, "currency": "EUR"}, "stock": 5}
    body = {"title": title, "description": "Strong.\nHand picked.", "variants": [variant]}
    product = (await ok(await host.post(f"{API}/stores/{store}/products", json=body), 201))["id"]
    room = {"kind": "show", "title": "Tea time tonight", "locale": "en", "visibility": "public", "store_id": store}
    room_id = (await ok(await host.post(f"{API}/rooms", json=room), 201))["id"]
    await ok(await host.post(f"{API}/rooms/{room_id}/offers", json={"sku": "TEA", "quantity": 5}), 201)
    await ok(await host.post(f"{API}/rooms/{room_id}/start"))
    return store, product, room_id


SERUM = {"words": {"en": ["glow serum"], "es": ["sérum de luz"]}, "note": "the new one"}


async def test_a_shops_glossary_holds_in_its_rooms(place: Place) -> None:
    host, other = await place.account("host"), await place.account("other")
    store, _, room = await shop(host)
    url = f"{API}/stores/{store}/glossary"
    made = await ok(await host.post(url, json=SERUM), 201)
    kept = await ok(await host.post(url, json={"keep": "Lumi"}), 201)
    assert made["words"] == SERUM["words"]
    assert [term["id"] for term in (await ok(await host.get(url)))["items"]] == [made["id"], kept["id"]]
    for method, path in (("GET", url), ("POST", url), ("DELETE", f"{url}/{made['id']}"), ("PUT", f"{url}.csv")):
        assert (await other.request(method, path, json={})).status == 403
        assert (await place.anybody().request(method, path, json={})).status == 401
    reader = await place.reader(room, "es")
    writer = await place.reader(room, "en", "writer")
    await writer.call("chat:send", {"text": "is the Glow Serum by Lumi 20% off? 😍", "client_id": "c1"})
    (event, *_) = await reader.until("chat:translations")
    assert event["items"][0]["text"] == "es(is the sérum de luz by Lumi 20% off?) 😍"
    # Beside it in its batch may stand what the room is called, and what it sells.
    asked = [text for request in place.engine.requests for text in request["q"]]
    assert [text for text in asked if "by" in text.split()] == ["is the {1} by {2} {3} off?"]

    # The room's own word is nearer than the shop's, from the next line on.
    own = {"words": {"en": ["glow serum"], "es": ["suero"]}}
    await ok(await host.post(f"{API}/rooms/{room}/glossary", json=own), 201)
    await writer.call("chat:send", {"text": "the glow serum again", "client_id": "c2"})
    event = (await reader.until("chat:translations", 2))[-1]
    assert event["items"][0]["text"] == "es(the suero again)"

    changed = await ok(await host.put(f"{url}/{made['id']}", json={"keep": "Glow Serum"}))
    assert changed["keep"] == "Glow Serum"
    assert (await host.put(f"{url}/trm_none", json={"keep": "x"})).status == 404
    await ok(await host.delete(f"{url}/{made['id']}"), 204)
    assert (await host.delete(f"{url}/{made['id']}")).status == 404


@pytest.mark.parametrize(
    "body",
    [{}, {"keep": "a", "words": {"en": ["b"], "es": ["c"]}}, {"words": {"en": ["a"]}}, {"words": {"xx": ["a"]}},
     {"words": {"en": ["a"], "es": []}}, {"keep": "{1}"}, {"keep": "a", "note": "n" * 201}],
)  # fmt: skip
async def test_terms_that_cannot_be_are_refused(place: Place, body: dict[str, Any]) -> None:
    host = await place.account("host")
    store, _, _ = await shop(host)
    answer = await host.post(f"{API}/stores/{store}/glossary", json=body)
    assert answer.status == 422, await answer.text()


async def test_a_glossary_goes_to_a_spreadsheet_and_back(place: Place) -> None:
    host = await place.account("host")
    store, _, _ = await shop(host)
    url = f"{API}/stores/{store}/glossary"
    await ok(await host.post(url, json=SERUM), 201)
    await ok(await host.post(url, json={"keep": "Lumi", "note": "=SUM(A1)"}), 201)
    answer = await host.get(f"{url}.csv")
    table = await answer.text()
    assert "'=SUM(A1)" in table
    before = (await ok(await host.get(url)))["items"]
    headers = {"Content-Type": "text/csv"}
    after = (await ok(await host.put(f"{url}.csv", data=table.encode(), headers=headers)))["items"]
    assert [{**term, "id": ""} for term in after] == [{**term, "id": ""} for term in before]
    for wrong, status in ((b"keep;colour\nx;y\n", 422), (b"keep\n\xff\n", 400), (b"en,es\nonly\n", 422), (b"", 422)):
        assert (await host.put(f"{url}.csv", data=wrong, headers=headers)).status == status
    assert len((await ok(await host.get(url)))["items"]) == 2  # nothing was lost by any of them


async def test_titles_polls_and_questions_are_translated_once_and_kept(place: Place) -> None:
    host = await place.account("host")
    _, product, room = await shop(host)
    first = await place.reader(room, "es")
    texts = {item["source"]: item for event in await first.until("text:translations", 2) for item in event["items"]}
    assert texts["Green tea"]["text"] == "es(Green tea)"
    assert texts["Tea time tonight"]["text"] == "es(Tea time tonight)"
    asked = len(place.engine.requests)
    second = await place.reader(room, "es", "second")
    assert {item["source"] for item in second.state["texts"]} == {"Green tea", "Tea time tonight"}
    assert len(place.engine.requests) == asked
    await first.call("question:ask", {"text": "Does it keep for a year?", "client_id": "q1"})
    event = (await second.until("text:translations"))[-1]
    assert event["items"] == [
        {"source": "Does it keep for a year?", "text": "es(Does it keep for a year?)", "engine": "libretranslate",
         "edited": False}
    ]  # fmt: skip

    # The merchant knows better; everybody who is there sees it at once, and it outlives every engine.
    url = f"{API}/products/{product}/translations"
    shown = {item["locale"]: item for item in (await ok(await host.get(url)))["items"]}
    assert len(shown) == 11
    assert shown["en"]["original"]
    assert shown["es"]["title"]["text"] == "es(Green tea)"
    assert shown["fr"]["title"] is None
    edited = await ok(await host.put(f"{url}/es", json={"title": "Té verde"}))
    assert (edited["title"]["text"], edited["title"]["edited"]) == ("Té verde", True)
    event = (await second.until("text:translations", 2))[-1]
    assert event["items"][0] | {"engine": ""} == {
        "source": "Green tea", "text": "Té verde", "engine": "", "edited": True,
    }  # fmt: skip
    made = await ok(await host.post(f"{url}/es"))
    assert made["title"]["text"] == "Té verde"
    assert made["description"]["text"] == "es(Strong.)\nes(Hand picked.)"

    # What is taken back is an engine's again, for those who are there too; until it has it, the title itself.
    await ok(await host.put(f"{url}/es", json={"title": ""}))
    for event, text in zip(
        (await second.until("text:translations", 4))[2:], ("Green tea", "es(Green tea)"), strict=True
    ):
        assert (event["items"][0]["text"], event["items"][0]["edited"]) == (text, False)

    # Another title is another text; the old translation is of no use for it.
    await ok(await host.patch(f"{API}/products/{product}", json={"title": "Black tea"}))
    shown = {item["locale"]: item for item in (await ok(await host.get(url)))["items"]}
    assert shown["es"]["title"] is None
    assert shown["es"]["description"]["text"].startswith("es(Strong.)")
    other = await place.account("other")
    assert (await other.get(url)).status == 403
    assert (await host.put(f"{url}/xx", json={})).status == 422


async def test_a_description_is_translated_for_who_opens_it(place: Place) -> None:
    host = await place.account("host")
    _, product, room = await shop(host)
    reader = await place.reader(room, "es")
    await reader.until("text:translations", 2)
    client = place.anybody(reader.token)
    (offer,) = (await ok(await client.get(f"{API}/rooms/{room}/offers")))["items"]
    url = f"{API}/rooms/{room}/offers/{offer['id']}/product"
    assert (await ok(await client.get(url)))["texts"] == []
    # Whoever is nobody has nothing made; who reads it gets it as soon as it is there.
    assert (await ok(await place.anybody().get(f"{url}?locale=es")))["texts"] == []
    sheet = await ok(await client.get(f"{url}?locale=es"))
    assert (sheet["description"], sheet["texts"]) == ("Strong.\nHand picked.", [])
    (item,) = (await reader.until("text:translations", 3))[-1]["items"]
    assert (item["source"], item["text"]) == (sheet["description"], "es(Strong.)\nes(Hand picked.)")
    for anybody in (client, place.anybody()):
        assert (await ok(await anybody.get(f"{url}?locale=es")))["texts"] == [item]
    assert (await ok(await client.get(f"{url}?locale=en")))["texts"] == []
    assert (await client.get(f"{url}?locale=xx")).status == 422
    # What the merchant writes is seen at once.
    await ok(await host.put(f"{API}/products/{product}/translations/es", json={"description": "Fuerte."}))
    assert (await reader.until("text:translations", 4))[-1]["items"][0]["text"] == "Fuerte."
    assert (await ok(await client.get(f"{url}?locale=es")))["texts"][0]["text"] == "Fuerte."


async def test_no_engine_says_so(place: Place) -> None:
    host = await place.account("host")
    _, product, _ = await shop(host)
    answer = await host.post(f"{API}/products/{product}/translations/vi")  # which ours does not have
    assert answer.status == 503
    assert (await answer.json())["code"] == "text_not_translated"


async def test_viewers_say_what_is_wrong_and_merchants_see_it(place: Place) -> None:
    host, other = await place.account("host"), await place.account("other")
    store, _, room = await shop(host)
    reader = await place.reader(room, "es")
    writer = await place.reader(room, "en", "writer")
    await writer.call("chat:send", {"text": "this one is sold out today", "client_id": "c1"})
    (event, *_) = await reader.until("chat:translations")
    message = event["items"][0]["id"]
    client = place.anybody(reader.token)
    url = f"{API}/rooms/{room}/messages/{message}/translations"
    for _ in range(2):  # once a person
        report = await ok(await client.post(f"{url}/es/reports", json={"suggestion": " se  acabó "}), 201)
    assert (report["original"], report["suggestion"]) == ("this one is sold out today", "se acabó")
    assert report["text"] == "es(this one is agotado today)"  # by the list that comes with livehub
    assert (await client.post(f"{url}/fr/reports", json={})).status == 404
    assert (await client.post(f"{url}/es/reports", json={"suggestion": "x" * 501})).status == 422
    assert (await place.anybody().post(f"{url}/es/reports", json={})).status == 401
    listed = await ok(await host.get(f"{API}/stores/{store}/translation-reports"))
    assert [item["id"] for item in listed["items"]] == [report["id"]]
    assert "identity" not in listed["items"][0]
    assert (await ok(await host.get(f"{API}/rooms/{room}/translation-reports")))["items"] == listed["items"]
    assert (await other.get(f"{API}/rooms/{room}/translation-reports")).status == 403
    assert (await other.delete(f"{API}/translation-reports/{report['id']}")).status == 403
    await ok(await host.delete(f"{API}/translation-reports/{report['id']}"), 204)
    assert (await host.delete(f"{API}/translation-reports/{report['id']}")).status == 404


async def test_a_room_that_has_used_its_day_says_so(place: Place) -> None:
    host, other = await place.account("host"), await place.account("other")
    _, _, room = await shop(host)
    reader = await place.reader(room, "es")
    writer = await place.reader(room, "en", "writer")
    assert reader.state["translation"] == {"spent": False, "resets_at": None}
    await reader.until("text:translations", 2)
    for index, letter in enumerate("bcd"):
        text = f"please show us another one {letter * 120} and then the next one of these"
        await writer.call("chat:send", {"text": text, "client_id": f"c{index}"})
    (state,) = await reader.until("translation:state")
    assert state["spent"]
    usage = await ok(await host.get(f"{API}/rooms/{room}/translation-usage"))
    assert usage["limit"] == 400
    assert usage["spent"]
    assert 300 < usage["used"] <= 400
    assert usage["resets_at"] == state["resets_at"]
    assert (await other.get(f"{API}/rooms/{room}/translation-usage")).status == 403
    # The phrasebook costs nothing and goes on.
    await writer.call("chat:send", {"text": "Thank you", "client_id": "thanks"})
    count, engines = 1, [""]
    while "phrasebook" not in engines:  # after those of the lines that still fitted
        told = await reader.until("chat:translations", count)
        engines = [item["engine"] for event in told for item in event["items"]]
        count = len(told) + 1
    late = await place.reader(room, "es", "late")
    assert late.state["translation"]["spent"]
    metrics = await (await host.get("/metrics")).text()
    assert "livehub_translation_rooms_spent 1.0" in metrics
