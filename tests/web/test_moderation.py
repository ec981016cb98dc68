"""The moderators' desk over HTTP."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import insert, text

from livehub.accounts.origin import DEVICE_COOKIE, DeviceSigner, Origin
from livehub.accounts.permissions import Role
from livehub.accounts.principal import Principal, PrincipalKind
from livehub.chat.conduct import Reach
from livehub.chat.model import Message
from livehub.chat.moderation import Target
from livehub.chat.service import ChatService, Draft
from livehub.clock import ManualClock
from livehub.events import EventBus
from livehub.rooms.access import Access
from livehub.rooms.kinds import RoomKind
from livehub.rooms.service import NewRoom, RoomService
from livehub.storage.accounts import accounts
from livehub.storage.chat import SqlChat
from livehub.storage.conversation import conversation_over
from livehub.storage.database import Database
from livehub.storage.rooms import SqlRooms
from livehub.web import chat as chat_routes
from livehub.web import moderation as routes
from livehub.web import rooms as room_routes
from livehub.web import talk as talk_routes
from livehub.web.accounts import DEVICES
from livehub.web.auth import AUTHENTICATOR
from livehub.web.origin import DOORKEEPER
from livehub.web.problem import problem_middleware
from livehub.web.rooms import APPOINTMENTS, ROOMS
from tests.web.test_chat import HOST, Bearers

DEVICE_MARKS = DeviceSigner("a secret of the tests")


@dataclass
class Desk:
    client: TestClient[web.Request, web.Application]
    chat: ChatService
    rooms: RoomService
    access: Access
    viewer: Access
    line: Message

    async def ask(self, method: str, path: str, body: Any = None, who: str = "host", **more: str) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {who}", **more}
        url = f"/api/v1/rooms/{self.access.room.id}{path}"
        async with self.client.request(method, url, headers=headers, json=body) as response:
            return response.status, await response.json() if response.status not in {201, 204} else None


@pytest.fixture
async def desk(database: Database, clock: ManualClock, bus: EventBus) -> AsyncIterator[Desk]:
    host = {"id": "host", "email": "h@example.com", "password_hash": "-", "display_name": "Host", "locale": "en"}
    await database.write(lambda tx: tx.execute(insert(accounts).values(**host, created_at=0)))

    async def no_store(_: str) -> None:
        return None

    rooms = RoomService(SqlRooms(database), clock=clock, bus=bus, viewers=lambda _: 0, store_of=no_store)
    chat = ChatService(SqlChat(database), clock=clock, bus=bus)
    access = await rooms.create(HOST, NewRoom(RoomKind.SHOW, "Pots", "en"))
    viewer = await rooms.access(access.room.id, Principal(PrincipalKind.GUEST, "ann", "Ann", "en"))
    line, _ = await chat.append(chat.compose(viewer, Draft("rude", "c1", "en"), 10))
    app = web.Application(middlewares=[problem_middleware])
    app[AUTHENTICATOR], app[ROOMS], app[chat_routes.CHAT] = Bearers(), rooms, chat
    app[APPOINTMENTS] = chat.desk
    app[DOORKEEPER], app[DEVICES] = chat.moderation, DEVICE_MARKS
    app[talk_routes.CONVERSATION] = conversation_over(database, chat.moderation, clock=clock, bus=bus)
    app.add_routes([*routes.routes(), *room_routes.routes(), *chat_routes.routes(), *talk_routes.routes()])
    async with TestClient(TestServer(app)) as client:
        yield Desk(client, chat, rooms, access, viewer, line)


async def test_rules(desk: Desk) -> None:
    rules = {"slow_s": 10, "links": "hold", "words": {"en": {"refused": ["idiot"]}}}
    status, kept = await desk.ask("PUT", "/moderation/rules", rules)
    assert status == 200
    assert await desk.ask("GET", "/moderation/rules") == (200, kept)
    assert kept["words"]["en"] == {"refused": ["idiot"], "held": []}
    for wrong, field in (({"links": "maybe"}, "links"), ({"slow_s": -1}, "slow_s"), ({"words": {"xx": {}}}, "words")):
        status, problem = await desk.ask("PUT", "/moderation/rules", wrong)
        assert (status, problem["field"]) == (422, field)


async def test_reports_are_made_and_settled(desk: Desk) -> None:
    path = f"/messages/{desk.line.id}/report"
    assert (await desk.ask("POST", path, {"reason": "abuse", "note": "look"}, "ben"))[0] == 201
    assert (await desk.ask("POST", path, {"reason": "abuse"}, "ben"))[0] == 204
    assert (await desk.ask("POST", path, {"reason": "boredom"}, "ben"))[0] == 422
    _, reports = await desk.ask("GET", "/moderation/reports")
    assert [(item["message"]["id"], item["notes"]) for item in reports["items"]] == [(desk.line.id, ["look"])]
    assert (await desk.ask("POST", f"/moderation/reports/{desk.line.id}", {"uphold": True}))[0] == 204
    status, problem = await desk.ask("POST", f"/moderation/reports/{desk.line.id}", {"uphold": True})
    assert (status, problem["code"]) == (409, "decided_already")


async def test_the_banned_report_nothing(desk: Desk) -> None:
    await desk.chat.moderation.ban(desk.access, Target("ben"))
    status, problem = await desk.ask("POST", f"/messages/{desk.line.id}/report", {"reason": "spam"}, "ben")
    assert (status, problem["code"]) == (403, "banned")


async def test_queue_sanctions_networks_log_and_undo(desk: Desk) -> None:
    await desk.ask("PUT", "/moderation/rules", {"hold_all": True})
    await desk.chat.screen(desk.viewer, Draft("may I?", "c2", "en"), frozenset({"en"}))
    _, queue = await desk.ask("GET", "/moderation/queue")
    assert [item["text"] for item in queue["items"]] == ["may I?"]
    assert (await desk.ask("POST", "/moderation/networks", {"network": "198.51.100.0/24", "reason": "raid"}))[0] == 204
    assert (await desk.ask("POST", "/moderation/networks", {"network": "0.0.0.0/1"}))[0] == 422
    await desk.chat.moderation.mute(desk.access, Target("ann", Role.VIEWER, "Ann"), 60)
    _, sanctions = await desk.ask("GET", "/moderation/sanctions")
    assert {item["kind"] for item in sanctions["items"]} == {"mute", "network"}
    _, page = await desk.ask("GET", "/moderation/log?limit=2")
    assert [item["action"] for item in page["items"]] == ["member.mute", "network.ban"]
    _, older = await desk.ask("GET", f"/moderation/log?after={page['next']}")
    assert [item["action"] for item in older["items"]] == ["line.hold", "rules.change"]
    for entry in page["items"]:
        assert (await desk.ask("POST", f"/moderation/log/{entry['id']}/undo"))[0] == 201
        status, problem = await desk.ask("POST", f"/moderation/log/{entry['id']}/undo")
        assert (status, problem["code"]) == (409, "not_undoable")
    assert (await desk.ask("GET", "/moderation/sanctions"))[1]["items"] == []
    assert (await desk.ask("POST", "/moderation/log/log_none/undo"))[0] == 404
    assert (await desk.ask("GET", "/moderation/log?after=²"))[0] == 422


async def test_an_appointment_is_in_the_log(desk: Desk) -> None:
    assert (await desk.ask("PUT", "/members/acc_mo/role", {"role": "moderator"}))[0] == 204
    _, page = await desk.ask("GET", "/moderation/log")
    assert (page["items"][0]["action"], page["items"][0]["details"]) == ("member.appoint", {"role": "moderator"})
    assert page["items"][0]["member"]["identity"] == "acc_mo"


async def test_nobody_is_appointed_but_for_the_log_to_tell(desk: Desk, database: Database) -> None:
    await database.write(lambda tx: tx.execute(text("ALTER TABLE chat_log RENAME TO elsewhere")).close())
    status, problem = await desk.ask("PUT", "/members/acc_mo/role", {"role": "moderator"})
    assert (status, problem["code"]) == (503, "database_unavailable")
    mo = Principal(PrincipalKind.ACCOUNT, "acc_mo", "Mo", "en")
    assert (await desk.rooms.access(desk.access.room.id, mo)).role is Role.VIEWER


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/rules", None),
        ("PUT", "/rules", {}),
        ("GET", "/queue", None),
        ("GET", "/reports", None),
        ("POST", "/reports/x", {"uphold": True}),
        ("GET", "/sanctions", None),
        ("POST", "/networks", {"network": "198.51.100.0/24"}),
        ("DELETE", "/networks?network=198.51.100.0/24", None),
        ("GET", "/log", None),
        ("POST", "/log/x/undo", None),
    ],
)
async def test_viewers_do_none_of_it(desk: Desk, method: str, path: str, body: Any) -> None:
    status, problem = await desk.ask(method, f"/moderation{path}", body, "ann")
    assert (status, problem["code"]) == (403, "forbidden")


async def test_who_is_banned_reads_and_reports_nothing_under_a_new_name(desk: Desk) -> None:
    mark = DEVICE_MARKS.issue()
    desk.chat.moderation.saw(desk.access.room.id, "ann", Origin("203.0.113.7", DEVICE_MARKS.read(mark)))
    await desk.chat.moderation.ban(desk.access, Target("ann"), reach=Reach.ADDRESS)
    there, browser = {"X-Forwarded-For": "203.0.113.7"}, {"Cookie": f"{DEVICE_COOKIE}={mark}"}
    for method, path, body in (
        ("GET", "/messages", None),
        ("GET", "/messages/search?q=rude", None),
        ("GET", "/pinned-message", None),
        ("POST", f"/messages/{desk.line.id}/report", {"reason": "abuse"}),
    ):
        for who, where in (("ann", {}), ("anna", there), ("anna", browser)):
            status, problem = await desk.ask(method, path, body, who, **where)
            assert (status, problem["code"]) == (403, "banned"), (path, who, where)
        assert (await desk.ask(method, path, body, "ben", **{"X-Forwarded-For": "203.0.113.8"}))[0] in {200, 201}
        assert (await desk.ask(method, path, body, "host", **there))[0] in {200, 201, 204}, "a role brings them here"
