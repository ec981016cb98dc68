"""Two planes in one process: the room is on one, and the other takes it in by WHIP over real HTTP, UDP and DTLS."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from livehub.clock import SystemClock
from livehub.errors import LivehubError
from livehub.events import EventBus, RestreamChanged
from livehub.media.plane import MediaPlane
from livehub.media.restream.udp import UdpSocket
from livehub.media.restream.whip import WhipSending
from livehub.media.transport import Certificate
from tests.media.conftest import Studio, until

KEY = "a-bearer-token-of-some-length"


@dataclass
class WhipServer:
    """A WHIP endpoint on a plane of its own. ``refuse`` answers instead, when it is set."""

    plane: MediaPlane
    refuse: Callable[[web.Request], web.Response | None] = lambda _request: None
    offers: list[str] = field(default_factory=list)
    authorizations: list[str | None] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    url: str = ""

    async def post(self, request: web.Request) -> web.Response:
        self.authorizations.append(request.headers.get("Authorization"))
        refusal = self.refuse(request)
        if refusal is not None:
            return refusal
        offer = await request.text()
        self.offers.append(offer)
        try:
            session = await self.plane.publish("there", "restream", "From elsewhere", offer)
        except LivehubError as error:
            return web.Response(status=error.status, text=error.detail)
        headers = {"Location": f"/sessions/{session.id}"}
        return web.Response(status=201, text=session.answer_sdp, content_type="application/sdp", headers=headers)

    async def delete(self, request: web.Request) -> web.Response:
        self.authorizations.append(request.headers.get("Authorization"))
        self.deleted.append(request.match_info["session"])
        try:
            await self.plane.close_session(request.match_info["session"])
        except LivehubError as error:
            return web.Response(status=error.status)
        return web.Response()


@dataclass
class Relay:
    """The room's plane, and what its restreams told."""

    plane: MediaPlane
    there: WhipServer
    statuses: list[dict[str, Any]]

    @property
    def states(self) -> list[str]:
        """Without repetition."""
        found: list[str] = []
        for status in self.statuses:
            if not found or found[-1] != status["state"]:
                found.append(status["state"])
        return found

    @property
    def sending(self) -> WhipSending:
        """The connection of the one restream that is live."""
        (restream,) = self.plane._restreams._running.values()
        assert isinstance(restream.sending, WhipSending)
        return restream.sending

    @property
    def link(self) -> UdpSocket:
        """Its socket, for tests that make its network worse."""
        assert self.sending._socket is not None
        return self.sending._socket

    async def start(self, url: str | None = None, key: str = KEY) -> None:
        await self.plane.start_restream("r", "rst_1", url=url or self.there.url, key=key)

    async def reach(self, state: str, timeout_s: float = 8.0) -> dict[str, Any]:
        await until(lambda: self.statuses and self.statuses[-1]["state"] == state, timeout_s)
        return self.statuses[-1]


def watch(bus: EventBus) -> list[dict[str, Any]]:
    statuses: list[dict[str, Any]] = []
    bus.subscribe(RestreamChanged, lambda event: statuses.append(dict(event.status)))
    return statuses


@pytest.fixture
async def there() -> AsyncIterator[WhipServer]:
    plane = MediaPlane(0, ("127.0.0.1",), bus=EventBus(), clock=SystemClock())
    await plane.start()
    made = WhipServer(plane)
    app = web.Application()
    app.add_routes([web.post("/whip", made.post), web.delete("/sessions/{session}", made.delete)])
    server = TestServer(app)
    await server.start_server()
    made.url = str(server.make_url("/whip"))
    yield made
    await server.close()
    await plane.close()


@pytest.fixture
async def relay(there: WhipServer) -> AsyncIterator[Relay]:
    bus = EventBus()
    plane = MediaPlane(0, ("127.0.0.1",), bus=bus, clock=SystemClock(), allow_private_restreams=True)
    await plane.start()
    yield Relay(plane, there, watch(bus))
    await plane.close()


@pytest.fixture
async def stage(relay: Relay, certificate: Certificate) -> AsyncIterator[Studio]:
    """Publishers of the room."""
    made = Studio(relay.plane, certificate)
    yield made
    made.close()


@pytest.fixture
async def audience(there: WhipServer, certificate: Certificate) -> AsyncIterator[Studio]:
    """Viewers at the other server."""
    made = Studio(there.plane, certificate)
    yield made
    made.close()
