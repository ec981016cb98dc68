"""The whole application: who is in a room, by whichever way, keeps it from being ended as one that all have left."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import socketio
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from livehub.app import make_app
from livehub.bench.light import LightClient, OfferOptions
from livehub.config import Config
from livehub.media.transport import Certificate
from livehub.services import Services, compose
from tests.databases import Templates

Client = TestClient[web.Request, web.Application]


@pytest.fixture
async def site(tmp_path: Path, templates: Templates) -> AsyncIterator[tuple[Services, Client]]:
    config = Config(
        data_dir=tmp_path,
        database_url=templates.migrate(tmp_path / "livehub.db"),
        media_port=0,
        media_ips=("127.0.0.1",),
        secret="0123456789abcdef0123456789abcdef",
    )
    services = compose(config)
    async with TestClient(TestServer(make_app(services))) as host:
        person = {
            "email": "a@example.org",
            "password": "correct horse battery",
            "display_name": "Ana",
            "locale": "en",
        }
        assert (await host.post("/api/v1/accounts", json=person)).status == 201
        yield services, host


async def test_a_member_and_a_publisher_keep_their_room(site: tuple[Services, Client]) -> None:
    services, host = site
    abandoned = services.abandoned
    assert abandoned is not None
    abandoned.after_s = 0.0
    body = {"kind": "show", "title": "Pots", "locale": "en", "visibility": "public"}
    room = (await (await host.post("/api/v1/rooms", json=body)).json())["id"]
    assert (await host.post(f"/api/v1/rooms/{room}/start")).status == 200

    async def state_after_a_look() -> str:
        await abandoned.sweep()
        return str((await (await host.get(f"/api/v1/rooms/{room}")).json())["state"])

    guest = await (await host.post("/api/v1/guests", json={"display_name": "Lin", "locale": "en"})).json()
    member = socketio.AsyncClient(reconnection=False)
    await member.connect(str(host.make_url("")), auth={"token": guest["token"]}, transports=["websocket"])
    assert (await member.call("room:join", {"room": room, "locale": "en"}))["ok"]
    assert await state_after_a_look() == "live"

    publisher = LightClient(Certificate.generateCertificate(), OfferOptions("sendonly"))
    session = await services.media.publish(room, "acc_1", "Ana", publisher.offer)
    await publisher.use_answer(session.answer_sdp)
    publisher.send_rtp(1002, 108, 0, b"\x67" + bytes(40))
    publisher.send_rtp(1002, 108, 0, b"\x65" + bytes(400), marker=True)
    await member.disconnect()
    while services.hub.viewers(room) or not services.media.tracks(room):
        await host.get("/healthz")
    assert await state_after_a_look() == "live"

    await services.media.close_session(session.id)
    assert await state_after_a_look() == "ended"
    publisher.close()
