"""Finding lines, taking them away as files, pinning one: over HTTP."""

import csv
import io
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert

from livehub.accounts.permissions import Role
from livehub.accounts.principal import Principal, PrincipalKind
from livehub.chat.conversation import Conversation
from livehub.chat.model import About, Author, Mention, Message, Translation
from livehub.chat.moderation import Target
from livehub.chat.references import quote_of
from livehub.chat.service import ChatService
from livehub.chat.transcript import BATCH, COLUMNS, EXPORTS_BURST
from livehub.clock import ManualClock
from livehub.events import EventBus, MessagePinned, ModerationLogged
from livehub.rooms.access import Access
from livehub.rooms.kinds import RoomKind
from livehub.rooms.service import NewRoom, RoomService
from livehub.storage.accounts import accounts
from livehub.storage.chat import SqlChat
from livehub.storage.conversation import conversation_over
from livehub.storage.database import Database
from livehub.storage.rooms import SqlRooms
from livehub.text import bare_cell, safe_cell
from livehub.web import talk
from livehub.web.auth import AUTHENTICATOR
from livehub.web.origin import DOORKEEPER
from livehub.web.problem import problem_middleware
from livehub.web.rooms import ROOMS

ANN = Author("ann", "Ann", Role.VIEWER)


class Bearers:
    async def principal(self, *, bearer: str | None, session: str | None, guest: str | None) -> Principal | None:
        kind = PrincipalKind.ACCOUNT if bearer == "host" else PrincipalKind.GUEST
        return Principal(kind, bearer, bearer.title(), "es") if bearer else None


@dataclass
class Place:
    client: TestClient[web.Request, web.Application]
    access: Access
    rooms: RoomService
    chat: ChatService
    conversation: Conversation

    async def said(self, n: int, text: str, **more: Any) -> Message:
        message = Message(f"msg_{n}", self.access.room.id, n * 10, ANN, text, "en", n * 1000, f"c{n}", **more)
        return await self.conversation.lines.append(message)

    async def raw(
        self, path: str, bearer: str | None = "ann", method: str = "GET", body: Any = None
    ) -> tuple[int, bytes]:
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        url = f"/api/v1/rooms/{self.access.room.id}{path}"
        async with self.client.request(method, url, json=body, headers=headers) as response:
            return response.status, await response.read()

    async def ask(
        self, path: str, bearer: str | None = "ann", method: str = "GET", body: Any = None
    ) -> tuple[int, Any]:
        status, found = await self.raw(path, bearer, method, body)
        return status, json.loads(found) if found else None

    async def code(self, path: str, bearer: str | None = "ann", **more: Any) -> tuple[int, str]:
        status, document = await self.ask(path, bearer, **more)
        return status, document["code"]


@pytest.fixture
async def place(database: Database, clock: ManualClock, bus: EventBus) -> AsyncIterator[Place]:
    host = {"id": "host", "email": "h@example.com", "password_hash": "-", "display_name": "Host", "locale": "en"}
    await database.write(lambda tx: tx.execute(insert(accounts).values(**host, created_at=0)).close())

    async def no_store(_: str) -> None:
        return None

    rooms = RoomService(SqlRooms(database), clock=clock, bus=bus, viewers=lambda _: 0, store_of=no_store)
    access = await rooms.create(
        Principal(PrincipalKind.ACCOUNT, "host", "Host", "en"), NewRoom(RoomKind.SHOW, "P", "en")
    )
    await rooms.start(access)
    chat = ChatService(SqlChat(database), clock=clock, bus=bus)
    app = web.Application(middlewares=[problem_middleware])
    app[AUTHENTICATOR] = Bearers()
    app[ROOMS] = rooms
    app[DOORKEEPER] = chat.moderation
    app[talk.CONVERSATION] = conversation_over(database, chat.moderation, clock=clock, bus=bus, max_scanned=10)
    app.add_routes(talk.routes())
    async with TestClient(TestServer(app)) as client:
        yield Place(client, access, rooms, chat, app[talk.CONVERSATION])


async def test_lines_are_found_and_pages_lead_to_one_another(place: Place) -> None:
    for n in range(1, 26):
        await place.said(n, f"Jarrón número {n}" if n % 5 == 0 else "hay")
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        status, page = await place.ask(f"/messages/search?q=jarron&limit=2{cursor}")
        assert status == 200
        assert len(page["items"]) <= 2
        found += [item["text"] for item in page["items"]]
        cursor = f"&after={page['next']}" if page["next"] else None
    assert found == [f"Jarrón número {n}" for n in (25, 20, 15, 10, 5)]


async def test_a_reader_finds_what_was_translated_for_them(place: Place) -> None:
    message = await place.said(1, "青い花瓶")
    await place.chat.keep_translations([(message.id, "es", Translation("Jarrón azul", "test"))])
    _, page = await place.ask("/messages/search?q=JARRON")
    assert page["items"][0]["translation"]["text"] == "Jarrón azul"
    assert (await place.ask("/messages/search?q=JARRON&locale=fr"))[1]["items"] == []
    assert len((await place.ask("/messages/search?q=花瓶&author=ann"))[1]["items"]) == 1
    assert (await place.ask("/messages/search?q=花瓶&author=ben"))[1]["items"] == []


async def test_search_is_for_those_who_may_read_at_a_bounded_rate(place: Place) -> None:
    assert await place.code("/messages/search?q=x", None) == (401, "unauthenticated")
    for wrong in ("q=", f"q={'x' * 101}", "q=x&limit=0", "q=x&after=y", "q=x&locale=xx", f"q=x&author={'a' * 161}"):
        assert await place.code(f"/messages/search?{wrong}") == (422, "invalid_input"), wrong
    await place.chat.moderation.ban(place.access, Target("ben"))
    assert await place.code("/messages/search?q=x", "ben") == (403, "banned")
    statuses = [(await place.ask("/messages/search?q=x"))[0] for _ in range(11)]
    assert statuses == [200] * 10 + [429]


async def test_the_file_has_every_line_and_can_be_read_again(place: Place) -> None:
    first = await place.said(1, '=HYPERLINK("http://evil")')
    for n in range(2, BATCH + 3):
        await place.said(n, f"line {n}")
    about = About(quote_of(first), (Mention("ann", "Ann"), Mention("ben", "Ben")), announcement=True)
    await place.said(BATCH + 3, 'an "answer", 青い', about=about)
    await place.conversation.lines.delete(place.access.room.id, "msg_2", "host", 5)
    status, body = await place.raw("/messages/export", "host")
    assert status == 200
    rows = list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"), newline="")))
    assert tuple(rows[0]) == COLUMNS
    assert [int(row["seq"]) for row in rows] == [n * 10 for n in range(1, BATCH + 4)]
    assert rows[0]["text"].startswith("'=")
    assert (rows[1]["text"], rows[1]["deleted"]) == ("", "yes")
    last = rows[-1]
    assert (last["text"], last["reply_to"]) == ('an "answer", 青い', "msg_1")
    assert (last["mentions"], last["announcement"]) == ("ann ben", "yes")
    status, items = await place.ask("/messages/export?format=json", "host")
    assert (status, len(items)) == (200, BATCH + 3)
    assert items[-1]["reply_to"]["text"].startswith("=HYPERLINK")
    assert items[1]["deleted"]


async def test_an_empty_chat_is_a_whole_file(place: Place) -> None:
    assert await place.ask("/messages/export?format=json", "host") == (200, [])
    assert (await place.raw("/messages/export", "host"))[1].decode("utf-8-sig") == ",".join(COLUMNS) + "\r\n"


async def test_the_file_is_the_hosts(place: Place) -> None:
    await place.rooms.set_role(place.access, "ann", Role.COHOST)
    assert await place.code("/messages/export") == (403, "forbidden")
    assert await place.code("/messages/export", None) == (401, "unauthenticated")
    assert await place.code("/messages/export?format=xml", "host") == (422, "invalid_input")
    statuses = [(await place.raw("/messages/export", "host"))[0] for _ in range(int(EXPORTS_BURST) + 1)]
    assert statuses == [200] * int(EXPORTS_BURST) + [429]


@given(st.text() | st.text("=+-@\t\r\n＝＋－＠a"))
def test_no_cell_is_a_formula(text: str) -> None:
    cell = safe_cell(text)
    assert cell[:1] not in set("=+-@\t\r\n＝＋－＠")
    assert cell in (text, f"'{text}")
    assert bare_cell(cell) == text or text.startswith("'")


async def test_a_line_is_pinned_and_taken_off(place: Place, bus: EventBus) -> None:
    told: list[MessagePinned] = []
    logged: list[ModerationLogged] = []
    bus.subscribe(MessagePinned, told.append)
    bus.subscribe(ModerationLogged, logged.append)
    await place.said(1, "We ship on Monday")
    assert await place.ask("/pinned-message") == (200, {"message": None})
    assert await place.code("/pinned-message", method="PUT", body={"id": "msg_1"}) == (403, "forbidden")
    assert await place.code("/pinned-message", "host", method="PUT", body={"id": "msg_9"}) == (404, "message_not_found")
    for _ in range(2):
        status, pinned = await place.ask("/pinned-message", "host", "PUT", {"id": "msg_1"})
        assert (status, pinned["message"]["text"]) == (200, "We ship on Monday")
    assert (await place.ask("/pinned-message"))[1]["message"]["id"] == "msg_1"
    assert await place.code("/pinned-message", method="DELETE") == (403, "forbidden")
    for _ in range(2):
        assert await place.ask("/pinned-message", "host", "DELETE") == (204, None)
    assert [event.message and event.message["id"] for event in told] == ["msg_1", None]
    entries = [event.entry for event in logged]
    assert [entry["action"] for entry in entries] == ["message.pin", "message.unpin"], "each once"
    for entry in entries:
        assert (entry["subject"], entry["details"]) == ("msg_1", {"text": "We ship on Monday"})
        assert (entry["by"]["identity"], entry["member"]["identity"]) == ("host", ANN.identity)
    kept = (await place.chat.desk.entries(place.access)).entries
    assert [entry.id for entry in kept] == [entry["id"] for entry in reversed(entries)]
    await place.rooms.end(place.access)
    access = await place.rooms.access(place.access.room.id, place.access.principal)
    assert access.room.state == "ended"
    assert await place.code("/pinned-message", "host", method="PUT", body={"id": "msg_1"}) == (410, "room_ended")
