"""Reading back what was said, and the phrasebook, over HTTP."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import insert

from livehub.accounts.permissions import Role
from livehub.accounts.principal import Principal, PrincipalKind
from livehub.chat.model import Translation
from livehub.chat.moderation import Target
from livehub.chat.service import ChatService, Draft
from livehub.clock import ManualClock
from livehub.events import EventBus
from livehub.rooms.access import Access
from livehub.rooms.kinds import RoomKind, Visibility
from livehub.rooms.service import NewRoom, RoomService
from livehub.storage.accounts import accounts
from livehub.storage.chat import SqlChat
from livehub.storage.database import Database
from livehub.storage.rooms import SqlRooms
from livehub.translation.locale import LOCALES
from livehub.translation.phrasebook import Phrasebook
from livehub.web import chat as routes
from livehub.web.auth import AUTHENTICATOR
from livehub.web.origin import DOORKEEPER
from livehub.web.problem import problem_middleware
from livehub.web.rooms import ROOMS

HOST = Principal(PrincipalKind.ACCOUNT, "host", "Host", "en")


class Bearers:
    """``host`` is the account, any other bearer a guest of that name who reads Spanish."""

    async def principal(self, *, bearer: str | None, session: str | None, guest: str | None) -> Principal | None:
        if bearer is None:
            return None
        return HOST if bearer == "host" else Principal(PrincipalKind.GUEST, bearer, bearer.title(), "es")


@dataclass
class Talk:
    client: TestClient[web.Request, web.Application]
    chat: ChatService
    rooms: RoomService
    access: Access

    async def get(self, path: str, bearer: str | None = "ann") -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        async with self.client.get(f"/api/v1{path}", headers=headers) as response:
            return response.status, await response.json()

    async def page(self, query: str = "") -> tuple[list[str], str | None, str | None]:
        status, body = await self.get(f"/rooms/{self.access.room.id}/messages{query}")
        assert status == 200, body
        return [item["text"] for item in body["items"]], body["next"], body["previous"]

    async def code(self, path: str, bearer: str | None = "ann") -> tuple[int, str]:
        status, body = await self.get(path, bearer)
        return status, body["code"]


@pytest.fixture
async def talk(database: Database, clock: ManualClock, bus: EventBus) -> AsyncIterator[Talk]:
    host = {"id": "host", "email": "h@example.com", "password_hash": "-", "display_name": "Host", "locale": "en"}
    await database.write(lambda tx: tx.execute(insert(accounts).values(**host, created_at=0)))

    async def no_store(_: str) -> None:
        return None

    rooms = RoomService(SqlRooms(database), clock=clock, bus=bus, viewers=lambda _: 0, store_of=no_store)
    chat = ChatService(SqlChat(database), clock=clock, bus=bus)
    access = await rooms.create(HOST, NewRoom(RoomKind.SHOW, "Pots", "en"))
    for number in range(1, 8):
        message, _ = await chat.append(chat.compose(access, Draft(f"{number}", f"c{number}", "en"), number * 10))
    await chat.keep_translations([(message.id, "es", Translation("siete", "test"))])
    app = web.Application(middlewares=[problem_middleware])
    app[AUTHENTICATOR] = Bearers()
    app[ROOMS] = rooms
    app[routes.CHAT] = chat
    app[DOORKEEPER] = chat.moderation
    app[routes.PHRASEBOOK] = Phrasebook.shipped()
    app.add_routes(routes.routes())
    async with TestClient(TestServer(app)) as client:
        yield Talk(client, chat, rooms, access)


async def test_pages_lead_to_one_another(talk: Talk) -> None:
    assert await talk.page("?limit=3") == (["5", "6", "7"], None, "50")
    assert await talk.page("?limit=3&before=50") == (["2", "3", "4"], None, "20")
    assert await talk.page("?limit=3&before=20") == (["1"], None, None)
    assert await talk.page("?limit=3&after=0") == (["1", "2", "3"], "30", None)
    assert await talk.page("?limit=3&after=30") == (["4", "5", "6"], "60", None)
    assert await talk.page("?limit=3&after=60") == (["7"], None, None)
    assert await talk.page("?after=70") == ([], None, None)


async def test_translations_come_in_the_readers_language(talk: Talk) -> None:
    path = f"/rooms/{talk.access.room.id}/messages"
    _, mine = await talk.get(path)
    assert mine["items"][-1]["translation"] == {"locale": "es", "text": "siete", "engine": "test"}
    _, thai = await talk.get(f"{path}?locale=th")
    assert "translation" not in thai["items"][-1]


async def test_who_may_read(talk: Talk) -> None:
    path = f"/rooms/{talk.access.room.id}/messages"
    assert await talk.code(path, None) == (401, "unauthenticated")
    assert await talk.code("/rooms/room_unknown/messages") == (404, "room_not_found")
    private = await talk.rooms.create(HOST, NewRoom(RoomKind.SHOW, "Pots", "en", Visibility.PRIVATE))
    assert await talk.code(f"/rooms/{private.room.id}/messages") == (404, "room_not_found")
    await talk.chat.moderation.ban(talk.access, Target("ann", Role.VIEWER))
    assert await talk.code(path) == (403, "banned")
    assert (await talk.get(path, "ben"))[0] == 200


@pytest.mark.parametrize(
    "query",
    ["before=x", "before=-1", "after=1.5", "after=99999999999999999", "after=٣", "limit=0", "limit=201", "locale=xx"],
)
async def test_what_cannot_be_read_is_named(talk: Talk, query: str) -> None:
    status, body = await talk.get(f"/rooms/{talk.access.room.id}/messages?{query}")
    assert (status, body["code"], body["field"]) == (422, "invalid_input", query.partition("=")[0])


async def test_phrases_are_the_same_in_every_language(talk: Talk) -> None:
    ids = []
    for locale in LOCALES:
        status, body = await talk.get(f"/phrases?locale={locale}", None)
        assert status == 200
        assert body["next"] is None
        assert all(item["text"] for item in body["items"])
        ids.append([item["id"] for item in body["items"]])
    assert len(ids[0]) > 80
    assert all(other == ids[0] for other in ids)
    assert (await talk.get("/phrases", "ann"))[1] == (await talk.get("/phrases?locale=es", None))[1]
