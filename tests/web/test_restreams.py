"""Restream targets over HTTP: what is shown to whom, and that no key ever is."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import insert

from livehub.accounts.permissions import Role
from livehub.accounts.principal import Principal, PrincipalKind
from livehub.clock import ManualClock
from livehub.events import EventBus
from livehub.restream.service import RestreamService
from livehub.restream.vault import Vault
from livehub.rooms.access import Access
from livehub.rooms.kinds import RoomKind
from livehub.rooms.service import NewRoom, RoomService
from livehub.storage.accounts import accounts
from livehub.storage.database import Database
from livehub.storage.restreams import SqlRestreams
from livehub.storage.rooms import SqlRooms
from livehub.web import restreams as routes
from livehub.web.auth import AUTHENTICATOR
from livehub.web.problem import problem_middleware
from livehub.web.rooms import ROOMS
from tests.restream.test_service import Sender

HOST = Principal(PrincipalKind.ACCOUNT, "host", "Host", "en")
KEY = "live_0123-4567-89ab-cdef"
TARGET = {"name": "Channel", "url": "rtmp://live.example/app", "key": KEY}


class Bearers:
    """``host`` and ``cohost`` are accounts, anybody else a guest."""

    async def principal(self, *, bearer: str | None, session: str | None, guest: str | None) -> Principal | None:
        if bearer is None:
            return None
        kind = PrincipalKind.ACCOUNT if bearer in {"host", "cohost"} else PrincipalKind.GUEST
        return Principal(kind, bearer, bearer.title(), "en")


@dataclass
class Desk:
    client: TestClient[web.Request, web.Application]
    access: Access
    sender: Sender

    async def ask(self, method: str, path: str = "", body: Any = None, bearer: str | None = "host") -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        url = f"/api/v1/rooms/{self.access.room.id}/restreams{path}"
        async with self.client.request(method, url, json=body, headers=headers) as response:
            text = await response.text()
            assert KEY not in text
            return response.status, await response.json(content_type=None) if text else None


@pytest.fixture
async def desk(database: Database, clock: ManualClock, bus: EventBus) -> AsyncIterator[Desk]:
    host = {"id": "host", "email": "h@example.com", "password_hash": "-", "display_name": "Host", "locale": "en"}
    await database.write(lambda tx: tx.execute(insert(accounts).values(**host, created_at=0)).close())

    async def no_store(_: str) -> None:
        return None

    rooms = RoomService(SqlRooms(database), clock=clock, bus=bus, viewers=lambda _: 0, store_of=no_store)
    access = await rooms.create(HOST, NewRoom(RoomKind.SHOW, "Pots", "en"))
    await rooms.start(access)
    await rooms.set_role(access, "cohost", Role.COHOST)
    sender = Sender(bus)
    app = web.Application(middlewares=[problem_middleware])
    app[AUTHENTICATOR] = Bearers()
    app[ROOMS] = rooms
    app[routes.RESTREAMS] = RestreamService(
        SqlRestreams(database), sender, Vault("s" * 32), room_of=rooms.get, bus=bus, clock=clock
    )
    app.add_routes(routes.routes())
    async with TestClient(TestServer(app)) as client:
        yield Desk(client, access, sender)


async def test_a_target_from_first_to_last(desk: Desk) -> None:
    status, made = await desk.ask("POST", body=TARGET)
    assert status == 201
    assert made == {
        "id": made["id"], "name": "Channel", "protocol": "rtmp", "server": "live.example",
        "url": "rtmp://live.example/app", "has_key": True, "key_hint": "cdef", "automatic": False,
        "status": {
            "state": "stopped", "code": "", "detail": "", "since": None, "bitrate_bps": 0, "dropped_frames": 0,
            "retry_at": None,
        },
    }  # fmt: skip
    status, changed = await desk.ask("PATCH", f"/{made['id']}", {"name": "Kanal", "automatic": True})
    assert (status, changed["name"], changed["automatic"], changed["has_key"]) == (200, "Kanal", True, True)
    status, started = await desk.ask("POST", f"/{made['id']}/start")
    assert (status, started["status"]["state"]) == (200, "connecting")
    assert desk.sender.running[made["id"]][2] == KEY
    status, listed = await desk.ask("GET")
    assert [item["status"]["state"] for item in listed["items"]] == ["connecting"]
    status, stopped = await desk.ask("POST", f"/{made['id']}/stop")
    assert (status, stopped["status"]["state"]) == (200, "stopped")
    assert await desk.ask("DELETE", f"/{made['id']}") == (204, None)
    assert (await desk.ask("GET"))[1]["items"] == []


async def test_a_cohost_runs_what_the_host_has_set_up(desk: Desk) -> None:
    _, made = await desk.ask("POST", body=TARGET)
    status, listed = await desk.ask("GET", bearer="cohost")
    (shown,) = listed["items"]
    assert (status, shown["server"], shown["url"], shown["key_hint"]) == (200, "live.example", None, "")
    assert (await desk.ask("POST", f"/{made['id']}/start", bearer="cohost"))[0] == 200
    assert (await desk.ask("POST", f"/{made['id']}/stop", bearer="cohost"))[0] == 200
    for method, path, body in (
        ("POST", "", TARGET),
        ("PATCH", f"/{made['id']}", {}),
        ("DELETE", f"/{made['id']}", None),
    ):
        status, problem = await desk.ask(method, path, body, bearer="cohost")
        assert (status, problem["code"]) == (403, "forbidden")


async def test_nobody_else_gets_to_see_them(desk: Desk) -> None:
    _, made = await desk.ask("POST", body=TARGET)
    for bearer, expected in ((None, 401), ("guest", 403)):
        for method, path in (
            ("GET", ""), ("POST", ""), ("PATCH", f"/{made['id']}"), ("DELETE", f"/{made['id']}"),
            ("POST", f"/{made['id']}/start"), ("POST", f"/{made['id']}/stop"),
        ):  # fmt: skip
            assert (await desk.ask(method, path, TARGET, bearer=bearer))[0] == expected


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"url": "ftp://live.example/x"}, "restream_url_refused", "url"),
        ({"url": "http://whip.example/x"}, "restream_url_refused", "url"),
        ({"key": ""}, "restream_key_refused", "key"),
        ({"key": "with space"}, "restream_key_refused", "key"),
        ({"name": "\u202e"}, "invalid_input", "name"),
        ({"name": "x" * 61}, "invalid_input", "name"),
        ({"automatic": "yes"}, "invalid_input", "automatic"),
    ],
)
async def test_what_cannot_be_taken_is_said_where_it_was_typed(
    desk: Desk, change: dict[str, Any], code: str, field: str
) -> None:
    status, problem = await desk.ask("POST", body={**TARGET, **change})
    assert (status, problem["code"], problem["field"]) == (422, code, field)


async def test_an_unknown_target(desk: Desk) -> None:
    for method, path in (("PATCH", "/rst_x"), ("DELETE", "/rst_x"), ("POST", "/rst_x/start"), ("POST", "/rst_x/stop")):
        status, problem = await desk.ask(method, path, {})
        assert (status, problem["code"]) == (404, "restream_target_not_found")
