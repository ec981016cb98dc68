"""Polls, questions and draws over HTTP: shapes, statuses, who may, and what a stranger needs to check a draw."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import insert

from livehub.accounts.principal import Principal, PrincipalKind
from livehub.chat.moderation import Target
from livehub.chat.service import ChatService
from livehub.clock import ManualClock
from livehub.events import EventBus
from livehub.interaction.limits import InteractionLimits
from livehub.rooms.kinds import RoomKind, Visibility
from livehub.rooms.service import NewRoom, RoomService
from livehub.storage.accounts import accounts
from livehub.storage.chat import SqlChat
from livehub.storage.database import Database
from livehub.storage.interaction import interaction_over
from livehub.storage.rooms import SqlRooms
from livehub.web import draws, interaction
from livehub.web.auth import AUTHENTICATOR
from livehub.web.media import DOORKEEPER
from livehub.web.problem import problem_middleware
from livehub.web.rooms import ROOMS
from tests.interaction.test_docs import documented

POLL = {"question": "Which glaze?", "options": ["Celadon", "Shino"]}


class Bearers:
    async def principal(self, *, bearer: str | None, session: str | None, guest: str | None) -> Principal | None:
        kind = PrincipalKind.ACCOUNT if bearer == "host" else PrincipalKind.GUEST
        return Principal(kind, bearer, bearer.title(), "en") if bearer else None


@dataclass
class Room:
    client: TestClient[web.Request, web.Application]
    id: str
    rooms: RoomService
    chat: ChatService

    async def ask(self, method: str, path: str, body: Any = None, bearer: str | None = "ann") -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        url = f"/api/v1/rooms/{self.id}{path}"
        async with self.client.request(method, url, json=body, headers=headers) as response:
            if response.content_type == "text/plain":
                return response.status, await response.read()
            return response.status, await response.json(content_type=None) if await response.read() else None

    async def code(self, method: str, path: str, body: Any = None, bearer: str | None = "ann") -> tuple[int, str]:
        status, document = await self.ask(method, path, body, bearer)
        return status, document["code"]


@pytest.fixture
async def room(database: Database, clock: ManualClock, bus: EventBus) -> AsyncIterator[Room]:
    host = {"id": "host", "email": "h@example.com", "password_hash": "-", "display_name": "Host", "locale": "en"}
    await database.write(lambda tx: tx.execute(insert(accounts).values(**host, created_at=0)).close())

    async def no_store(_: str) -> None:
        return None

    rooms = RoomService(SqlRooms(database), clock=clock, bus=bus, viewers=lambda _: 0, store_of=no_store)
    person = Principal(PrincipalKind.ACCOUNT, "host", "Host", "en")
    access = await rooms.create(person, NewRoom(RoomKind.SHOW, "Pots", "en", Visibility.PUBLIC))
    await rooms.start(access)
    chat = ChatService(SqlChat(database), clock=clock, bus=bus)
    app = web.Application(middlewares=[problem_middleware])
    app[AUTHENTICATOR] = Bearers()
    app[ROOMS] = rooms
    limits = InteractionLimits(max_draws=2)
    app[DOORKEEPER] = chat.moderation
    app[interaction.INTERACTION] = interaction_over(database, chat, clock=clock, bus=bus, limits=limits)
    app.add_routes([*interaction.routes(), *draws.routes()])
    client = TestClient(TestServer(app))
    await client.start_server()
    yield Room(client, access.room.id, rooms, chat)
    await client.close()


async def test_a_poll_by_http(room: Room) -> None:
    assert await room.code("POST", "/polls", POLL) == (403, "forbidden")
    assert await room.code("POST", "/polls", POLL, None) == (401, "unauthenticated")
    assert await room.code("POST", "/polls", {**POLL, "options": ["one"]}, "host") == (422, "invalid_input")
    status, poll = await room.ask("POST", "/polls", POLL, "host")
    assert (status, poll["options"][1]) == (201, {"text": "Shino", "votes": 0})
    one = f"/polls/{poll['id']}"
    assert await room.ask("PUT", f"{one}/vote", {"option": 1}) == (204, None)
    assert await room.code("PUT", f"{one}/vote", {"option": 2}) == (422, "unknown_option")
    assert await room.code("PUT", f"{one}/vote", {"option": -1}) == (422, "invalid_input")
    assert await room.code("PUT", f"{one}/vote", {"option": 0}, None) == (401, "unauthenticated")
    assert await room.code("POST", f"{one}/close") == (403, "forbidden")
    status, closed = await room.ask("POST", f"{one}/close", None, "host")
    assert (status, closed["state"], closed["voters"], closed["options"][1]["votes"]) == (200, "closed", 1, 1)
    assert await room.ask("GET", one) == (200, closed)
    assert await room.ask("GET", "/polls") == (200, {"items": [closed], "next": None})
    assert await room.code("PUT", f"{one}/vote", {"option": 0}) == (409, "poll_closed")
    assert await room.code("GET", "/polls/poll_none") == (404, "poll_not_found")


async def test_questions_by_http(room: Room, clock: ManualClock) -> None:
    status, first = await room.ask("POST", "/questions", {"text": " How  hot? ", "client_id": "1"})
    assert (status, first["text"], first["votes"], first["state"]) == (201, "How hot?", 0, "waiting")
    one = f"/questions/{first['id']}"
    assert await room.ask("PUT", f"{one}/vote", None, "ben") == (204, None)
    _, listed = await room.ask("GET", "/questions")
    assert [item["votes"] for item in listed["items"]] == [1]
    assert await room.ask("DELETE", f"{one}/vote", None, "ben") == (204, None)
    assert await room.code("PATCH", one, {"state": "answered"}) == (403, "forbidden")
    assert await room.code("PATCH", one, {"state": "removed"}, "host") == (422, "invalid_input")
    status, answered = await room.ask("PATCH", one, {"state": "answered"}, "host")
    assert (status, answered["state"], answered["votes"]) == (200, "answered", 0)
    assert (await room.ask("GET", "/questions"))[1]["items"] == []
    assert (await room.ask("GET", "/questions?state=answered"))[1]["items"] == [answered]
    assert await room.code("GET", "/questions?state=removed") == (422, "invalid_input")
    assert await room.code("DELETE", one, None, "ben") == (403, "not_yours")
    assert await room.ask("DELETE", one) == (204, None)
    assert await room.code("PUT", f"{one}/vote", None, "ben") == (404, "question_not_found")


async def test_asking_has_a_rate_and_a_bound(room: Room, clock: ManualClock) -> None:
    for n in range(3):
        assert (await room.ask("POST", "/questions", {"text": f"Why {n}?", "client_id": f"{n}"}))[0] == 201
    assert await room.code("POST", "/questions", {"text": "Why?", "client_id": "x"}) == (429, "rate_limited")
    for n in range(3, 5):
        clock.advance(15)
        assert (await room.ask("POST", "/questions", {"text": f"Why {n}?", "client_id": f"{n}"}))[0] == 201
    clock.advance(15)
    assert await room.code("POST", "/questions", {"text": "Why?", "client_id": "x"}) == (409, "too_many_questions")


async def test_a_draw_by_http_and_its_list(room: Room) -> None:
    assert await room.code("POST", "/draws", {"title": "A bowl"}) == (403, "forbidden")
    status, draw = await room.ask("POST", "/draws", {"title": "A bowl", "places": 1}, "host")
    assert (status, draw["seed"], draw["winners"]) == (201, None, [])
    one = f"/draws/{draw['id']}"
    assert await room.code("GET", f"{one}/entries") == (409, "entries_not_closed")
    _, mine = await room.ask("PUT", f"{one}/entry")
    assert await room.ask("PUT", f"{one}/entry") == (200, mine)
    assert await room.code("PUT", f"{one}/entry", None, "host") == (403, "forbidden")
    assert await room.code("POST", f"{one}/draw", None, "host") == (409, "illegal_transition")
    _, closed = await room.ask("POST", f"{one}/close", None, "host")
    status, entries = await room.ask("GET", f"{one}/entries", None, "ben")
    assert entries == f"{mine['ticket']}\n".encode()
    assert hashlib.sha256(entries).hexdigest() == closed["entries_digest"]
    _, drawn = await room.ask("POST", f"{one}/draw", None, "host")
    assert drawn["winners"] == [{"place": 1, "ticket": mine["ticket"], "display_name": "Ann", "identity": "ann"}]
    _, seen = await room.ask("GET", one, None, "ben")
    assert seen["winners"] == [{"place": 1, "ticket": mine["ticket"], "display_name": "Ann"}]
    assert hashlib.sha256(bytes.fromhex(seen["seed"])).hexdigest() == draw["commitment"]
    _, second = await room.ask("POST", "/draws", {"title": "Another"}, "host")
    _, off = await room.ask("POST", f"/draws/{second['id']}/cancel", None, "host")
    assert (off["state"], off["winners"]) == ("cancelled", [])
    assert [item["id"] for item in (await room.ask("GET", "/draws"))[1]["items"]] == [second["id"], draw["id"]]
    assert await room.code("POST", "/draws", {"title": "A third"}, "host") == (409, "too_many")


async def test_a_stranger_finds_the_winners_by_the_script_in_the_docs(room: Room) -> None:
    """From what is public alone, without any code of the server's."""
    _, draw = await room.ask("POST", "/draws", {"title": "Bowls", "places": 3}, "host")
    one, entered = f"/draws/{draw['id']}", {}
    for number in range(9):
        name = f"p{number}"
        entered[name] = (await room.ask("PUT", f"{one}/entry", None, name))[1]["ticket"]
    await room.ask("POST", f"{one}/close", None, "host")
    await room.ask("POST", f"{one}/draw", None, "host")
    (_, shown), (_, entries) = (
        await room.ask("GET", one, None, "p0"),
        await room.ask("GET", f"{one}/entries", None, "p0"),
    )
    assert sorted(entries.decode().split()) == sorted(entered.values())
    assert shown["commitment"] == draw["commitment"]
    assert documented()(shown, entries) == [winner["ticket"] for winner in shown["winners"]]
    assert len(shown["winners"]) == 3


async def test_after_the_end_nobody_takes_part_and_a_draw_is_finished_still(room: Room) -> None:
    _, poll = await room.ask("POST", "/polls", POLL, "host")
    _, draw = await room.ask("POST", "/draws", {"title": "A bowl"}, "host")
    await room.ask("PUT", f"/draws/{draw['id']}/entry")
    person = Principal(PrincipalKind.ACCOUNT, "host", "Host", "en")
    await room.rooms.end(await room.rooms.access(room.id, person))
    assert await room.code("PUT", f"/polls/{poll['id']}/vote", {"option": 0}) == (410, "room_ended")
    assert await room.code("PUT", f"/draws/{draw['id']}/entry", None, "ben") == (410, "room_ended")
    assert await room.code("POST", "/questions", {"text": "Why?", "client_id": "1"}) == (410, "room_ended")
    assert await room.code("POST", "/polls", POLL, "host") == (410, "room_ended")
    await room.ask("POST", f"/draws/{draw['id']}/close", None, "host")
    status, drawn = await room.ask("POST", f"/draws/{draw['id']}/draw", None, "host")
    assert (status, len(drawn["winners"])) == (200, 1)


async def test_who_is_banned_takes_part_in_nothing(room: Room) -> None:
    _, poll = await room.ask("POST", "/polls", POLL, "host")
    _, draw = await room.ask("POST", "/draws", {"title": "A bowl"}, "host")
    host = await room.rooms.access(room.id, Principal(PrincipalKind.ACCOUNT, "host", "Host", "en"))
    await room.chat.moderation.ban(host, Target("ann"))
    for method, path, body in (
        ("PUT", f"/polls/{poll['id']}/vote", {"option": 0}),
        ("PUT", f"/draws/{draw['id']}/entry", None),
        ("POST", "/questions", {"text": "Why?", "client_id": "1"}),
    ):
        assert await room.code(method, path, body) == (403, "banned")
