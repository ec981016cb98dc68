"""A room's texts as sound, over HTTP: who may hear which, how often, and what is never spoken."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

from livehub.accounts.permissions import Role
from livehub.accounts.principal import Principal, PrincipalKind
from livehub.app import make_app
from livehub.chat.model import Author, Message, Translation
from livehub.config import Config
from livehub.media.captions.model import Line
from livehub.services import Services, compose
from livehub.translation.speech.service import SpeechService
from livehub.translation.texts import Source
from livehub.web import speech as speech_routes
from tests.databases import Templates
from tests.translation.speech.test_service import Parrot

Client = TestClient[web.Request, web.Application]


@dataclass
class Site:
    services: Services
    server: TestServer
    parrot: Parrot
    clients: list[Client]

    def nobody(self) -> Client:
        client: Client = TestClient(self.server)
        self.clients.append(client)
        return client

    async def person(self, name: str) -> Client:
        client = self.nobody()
        body = {
            "email": f"{name}@speech.example.org",
            "password": "correct horse battery",
            "display_name": name,
            "locale": "en",
        }
        assert (await client.post("/api/v1/accounts", json=body)).status == 201
        return client

    async def say(self, room: str, text: str, seq: int = 1, locale: str = "en") -> str:
        author = Author("ann", "Ann", Role.VIEWER)
        message = Message(f"msg_{room}_{seq}", room, seq, author, text, locale, seq, f"c{seq}")
        return (await self.services.chat.append(message))[0].id


@pytest.fixture
async def site(tmp_path: Path, templates: Templates) -> AsyncIterator[Site]:
    config = Config(
        data_dir=tmp_path,
        database_url=templates.migrate(tmp_path / "livehub.db"),
        media_port=0,
        media_ips=("127.0.0.1",),
        secret="0123456789abcdef0123456789abcdef",
    )
    services, parrot = compose(config), Parrot()
    app = make_app(services)
    app[speech_routes.SPEECH] = SpeechService([parrot], services.clock, budget=services.translation.speech_budget)
    server = TestServer(app)
    await server.start_server()
    site = Site(services, server, parrot, [])
    yield site
    for client in site.clients:
        await client.close()
    await app[speech_routes.SPEECH].close()
    await server.close()


async def body_of(answer: ClientResponse, status: int) -> Any:
    assert answer.status == status, await answer.text()
    return await answer.json(content_type=None)


async def room_of(host: Client, visibility: str = "public", **more: Any) -> str:
    body = {"kind": "show", "title": "Pots", "locale": "en", "visibility": visibility, **more}
    room = str((await body_of(await host.post("/api/v1/rooms", json=body), 201))["id"])
    await body_of(await host.post(f"/api/v1/rooms/{room}/start"), 200)
    return room


async def guest(site: Site) -> Client:
    client = site.nobody()
    made = await body_of(await client.post("/api/v1/guests", json={"display_name": "Gus", "locale": "th"}), 201)
    client.session.headers["Authorization"] = f"Bearer {made['token']}"
    return client


async def test_a_chat_line_in_the_listeners_language(site: Site) -> None:
    host, listener = await site.person("ana"), await guest(site)
    room = await room_of(host)
    name = await site.say(room, "The glaze is celadon")
    await site.services.chat.keep_translations([(name, "th", Translation("เคลือบเซลาดอน", "test"))])
    path = f"/api/v1/rooms/{room}/speech"
    answer = await listener.get(path, params={"of": "message", "id": name, "locale": "th"})
    assert (answer.status, answer.content_type) == (200, "audio/wav")
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["Content-Language"] == "th"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert (await answer.read()).startswith(b"RIFF")
    tag = answer.headers["ETag"]
    again = await listener.get(
        path, params={"of": "message", "id": name, "locale": "th"}, headers={"If-None-Match": tag}
    )
    assert again.status == 304
    assert site.parrot.asked == [("Ann: เคลือบเซลาดอน", "th")]
    # No engine has it: it is read in its own language, if there is a voice for that.
    other = await site.say(room, "Celadon dreams", 2)
    answer = await listener.get(path, params={"of": "message", "id": other, "locale": "th"})
    assert answer.headers["Content-Language"] == "en"
    foreign = await site.say(room, "Les rêves de céladon", 3, locale="fr")
    problem = await body_of(await listener.get(path, params={"of": "message", "id": foreign, "locale": "th"}), 404)
    assert problem["code"] == "no_voice"


async def test_what_is_said_otherwise_by_now_is_not_heard_as_before(site: Site) -> None:
    """A browser plays nothing again without asking, and gets another sound for the same address."""
    host = await site.person("ana")
    store = await body_of(await host.post("/api/v1/stores", json={"title": "Pots", "currency": "EUR"}), 201)
    variants = [{"sku": "CUP-1", "price": {"amount_minor": 1250, "currency": "EUR"}, "stock": 5}]
    product = {"title": "Celadon cup", "variants": variants}
    await body_of(await host.post(f"/api/v1/stores/{store['id']}/products", json=product), 201)
    room = await room_of(host, store_id=store["id"])
    offer = await body_of(await host.post(f"/api/v1/rooms/{room}/offers", json={"sku": "CUP-1", "quantity": 2}), 201)
    source, texts = Source(f"store:{store['id']}", "Celadon cup", "en"), site.services.translation.texts
    path, query = f"/api/v1/rooms/{room}/speech", {"of": "offer", "id": offer["id"], "locale": "th"}
    tag = "none"
    for title in ("ถ้วยเขียว", "ถ้วยเซลาดอน"):
        await texts.edit(source, "th", title, "ana")
        answer = await host.get(path, params=query, headers={"If-None-Match": f'"{tag}"'})
        assert (answer.status, answer.headers["Cache-Control"]) == (200, "private, no-cache")
        assert title in site.parrot.asked[-1][0]
        tag = answer.headers["ETag"].strip('"')
    assert (await host.get(path, params=query, headers={"If-None-Match": f'"{tag}"'})).status == 304
    assert len(site.parrot.asked) == 2


async def test_captions_products_and_the_greeting(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    host = await site.person("ana")
    store = await body_of(await host.post("/api/v1/stores", json={"title": "Pots", "currency": "EUR"}), 201)
    variants = [{"sku": "CUP-1", "price": {"amount_minor": 1250, "currency": "EUR"}, "stock": 5}]
    made = await host.post(
        f"/api/v1/stores/{store['id']}/products", json={"title": "Celadon cup", "variants": variants}
    )
    assert made.status == 201
    room = await room_of(host, store_id=store["id"])
    offer = await body_of(await host.post(f"/api/v1/rooms/{room}/offers", json={"sku": "CUP-1", "quantity": 2}), 201)
    source = Source(f"store:{store['id']}", "Celadon cup", "en")
    await site.services.translation.texts.edit(source, "th", "ถ้วยเซลาดอน", "ana")
    line = Line("cap_1-1", 0, 900, "en", "What is said", {"th": "สิ่งที่พูด"})

    def recent(room_id: str) -> Sequence[Line]:
        return [line] if room_id == room else []

    monkeypatch.setattr(site.services.captions, "recent", recent)
    path = f"/api/v1/rooms/{room}/speech"
    for of, name in [("offer", offer["id"]), ("caption", "cap_1-1"), ("greeting", "")]:
        assert (await host.get(path, params={"of": of, "id": name, "locale": "th"})).status == 200, of
    shown, said, hello = (text for text, _ in site.parrot.asked)
    assert "ถ้วยเซลาดอน" in shown
    assert "12.50" in shown
    assert "Shown now" not in shown  # the sentence is the interface's own, in Thai
    assert said == "สิ่งที่พูด"
    assert hello != "I read to you from now on."
    for of, name in [("offer", "ofr_none"), ("caption", "cap_none"), ("message", "msg_none")]:
        answer = await host.get(path, params={"of": of, "id": name, "locale": "th"})
        assert answer.status == 404, of


async def test_only_texts_of_the_room_for_those_who_may_read_them(site: Site) -> None:
    host, other = await site.person("ana"), await site.person("bob")
    room, private = await room_of(host), await room_of(host, "private")
    name, secret = await site.say(room, "Celadon"), await site.say(private, "Private celadon")
    path, hidden = f"/api/v1/rooms/{room}/speech", f"/api/v1/rooms/{private}/speech"
    wanted = {"of": "message", "id": name, "locale": "en"}
    assert (await site.nobody().get(path, params=wanted)).status == 401
    assert (await other.get(hidden, params={**wanted, "id": secret})).status == 404
    assert (await other.get(path, params={**wanted, "id": secret})).status == 404  # of another room
    for wrong, field in [
        ({**wanted, "of": "text"}, "of"),
        ({"of": "message", "locale": "en", "text": "say what I like"}, "id"),
        ({**wanted, "id": "../x"}, "id"),
        ({**wanted, "locale": "xx"}, None),
    ]:
        problem = await body_of(await other.get(path, params=wrong), 422)
        assert problem.get("field") == field, wrong
    assert site.parrot.asked == []
    assert (await host.get(path, params=wanted)).status == 200
    me = (await body_of(await host.get("/api/v1/me"), 200))["id"]
    access = await site.services.rooms.access(room, Principal(PrincipalKind.ACCOUNT, me, "ana", "en"))
    await site.services.chat.delete(access, name)
    gone = await body_of(await host.get(path, params=wanted), 404)
    assert gone["code"] == "message_not_found"


async def test_how_often_and_how_much(site: Site) -> None:
    host = await site.person("ana")
    room = await room_of(host)
    name = await site.say(room, "Celadon")
    path, wanted = f"/api/v1/rooms/{room}/speech", {"of": "message", "id": name, "locale": "en"}
    statuses = [(await host.get(path, params=wanted)).status for _ in range(speech_routes.BURST + 20)]
    assert statuses[: speech_routes.BURST] == [200] * speech_routes.BURST
    assert 429 in statuses
    assert len(site.parrot.asked) == 1
    used = await site.services.translation.speech_budget.look(f"speech:{room}")
    assert used["used"] == len("Ann: Celadon")


async def test_a_server_without_speakers_says_that_it_has_none(tmp_path: Path, templates: Templates) -> None:
    config = Config(
        data_dir=tmp_path, database_url=templates.migrate(tmp_path / "livehub.db"), media_port=0,
        media_ips=("127.0.0.1",), secret="0123456789abcdef0123456789abcdef",
    )  # fmt: skip
    server = TestServer(make_app(compose(config)))
    await server.start_server()
    client: Client = TestClient(server)
    assert (await body_of(await client.get("/api/v1/config"), 200))["speech"] is None
    body = {"email": "a@speech.example.org", "password": "correct horse battery", "display_name": "A", "locale": "en"}
    assert (await client.post("/api/v1/accounts", json=body)).status == 201
    room = await room_of(client)
    answer = await client.get(f"/api/v1/rooms/{room}/speech", params={"of": "greeting", "locale": "en"})
    assert (await body_of(answer, 404))["code"] == "no_voice"
    await client.close()
    await server.close()
