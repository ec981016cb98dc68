"""A scheduled room on a running server with all its middlewares, and a real media plane behind it."""

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from livehub.accounts.authenticator import CookieAndTokenAuthenticator
from livehub.accounts.model import Account
from livehub.accounts.permissions import Role
from livehub.accounts.principal import Principal, PrincipalKind
from livehub.accounts.tokens import TokenSigner
from livehub.bench.light import LightClient, OfferOptions
from livehub.chat.moderation import Moderation
from livehub.clock import ManualClock
from livehub.events import EventBus
from livehub.media.plane import MediaPlane
from livehub.media.transport import Certificate
from livehub.rooms.access import Access
from livehub.rooms.kinds import RoomKind
from livehub.rooms.service import NewRoom, RoomService
from livehub.rooms.stage import StageDesk
from livehub.storage.accounts import SqlAccounts
from livehub.storage.chat import SqlChat
from livehub.storage.database import Database
from livehub.storage.rooms import SqlRooms
from livehub.web import media
from livehub.web.application import make_application
from livehub.web.assets import share_dir
from livehub.web.auth import AUTHENTICATOR
from livehub.web.ice_servers import ICE_SERVERS, IceServers
from livehub.web.media import DOORKEEPER, MEDIA, ROOM_ORIGINS, STAGE
from livehub.web.media_throttle import MEDIA_THROTTLE, MediaThrottle
from livehub.web.rooms import ROOMS

SDP = {"Content-Type": "application/sdp"}
FRAGMENT = {"Content-Type": "application/trickle-ice-sdpfrag"}
#: as LIVEHUB_ICE_SERVERS may have it
ICE = (
    {"urls": "stun:stun.example:3478"},
    {"urls": ["turn:turn.example?transport=udp"], "username": "u", "credential": 'p"w'},
)
HOST = Principal(PrincipalKind.ACCOUNT, "acc_host", "Hana", "en")


@dataclass
class Stage:
    """A scheduled room on a running server, and tokens for it."""

    http: TestClient[web.Request, web.Application]
    plane: MediaPlane
    rooms: RoomService
    moderation: Moderation
    signer: TokenSigner
    access: Access
    certificate: Certificate
    clock: ManualClock
    desk: StageDesk
    #: rooms whose media another server carries, and its origin
    elsewhere: dict[str, str] = field(default_factory=dict)
    clients: list[LightClient] = field(default_factory=list)

    @property
    def room(self) -> str:
        return self.access.room.id

    def token(self, identity: str, role: Role = Role.VIEWER) -> dict[str, str]:
        issued = self.signer.member(
            issuer_id="acc_host", room_id=self.room, identity=identity, display_name=identity, role=role,
            locale="en", ttl_s=3600,
        )  # fmt: skip
        return {"Authorization": f"Bearer {issued.token}"}

    def identity(self, identity: str) -> str:
        return self.signer.member(
            issuer_id="acc_host", room_id=self.room, identity=identity, display_name=identity, role=Role.VIEWER,
            locale="en", ttl_s=3600,
        ).identity  # fmt: skip

    def client(self, direction: str, *, h264: bool = True, vp8: bool = False) -> LightClient:
        made = LightClient(self.certificate, OfferOptions(direction, h264=h264, vp8=vp8))
        self.clients.append(made)
        return made

    async def start(self) -> None:
        await self.rooms.start(self.access)

    async def post(self, path: str, offer: str | bytes, headers: dict[str, str]) -> tuple[int, Mapping[str, str], str]:
        answer = await self.http.post(f"/api/v1/rooms/{self.room}/{path}", data=offer, headers=SDP | headers)
        return answer.status, answer.headers, await answer.text()

    async def code(self, path: str, offer: str | bytes, headers: dict[str, str]) -> tuple[int, str]:
        status, _, text = await self.post(path, offer, headers)
        found = re.search(r'"code":"(\w+)"', text)
        assert found, text
        return status, found[1]


@pytest.fixture
async def stage(
    database: Database,
    clock: ManualClock,
    bus: EventBus,
    plane: MediaPlane,
    certificate: Certificate,
    tmp_path: Path,
) -> AsyncIterator[Stage]:
    signer = TokenSigner("0123456789abcdef0123456789abcdef", clock)

    async def store_of(store_id: str) -> None:
        return None

    rooms = RoomService(SqlRooms(database), clock=clock, bus=bus, viewers=plane.viewers, store_of=store_of)
    moderation = Moderation(SqlChat(database), clock=clock, bus=bus)
    await SqlAccounts(database).add(Account("acc_host", "h@example.org", "-", "Hana", "en", clock.now_ms()))
    app = make_application(
        public_url="http://shop.example",
        static=share_dir("static"),
        translations=tmp_path,
        pictures=tmp_path,
        clock=clock,
    )
    elsewhere: dict[str, str] = {}
    app[AUTHENTICATOR] = CookieAndTokenAuthenticator(SqlAccounts(database), signer, clock)
    app[ROOMS], app[DOORKEEPER], app[MEDIA] = rooms, moderation, plane
    app[MEDIA_THROTTLE] = MediaThrottle(clock, plane.limits)
    desk = app[STAGE] = StageDesk(clock, bus)
    app[ICE_SERVERS] = IceServers(list(ICE), turn_secret="", turn_ttl_s=600, clock=clock)
    app[ROOM_ORIGINS] = elsewhere
    app.add_routes(media.routes())
    access = await rooms.create(HOST, NewRoom(RoomKind.SHOW, "Show", "en"))
    async with TestClient(TestServer(app)) as http:
        made = Stage(http, plane, rooms, moderation, signer, access, certificate, clock, desk, elsewhere)
        yield made
        for client in made.clients:
            client.close()
