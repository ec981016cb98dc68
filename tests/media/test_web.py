"""WHIP and WHEP over HTTP: real rooms, tokens and bans, real DTLS behind the answers."""

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

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
from livehub.web.auth import AUTHENTICATOR
from livehub.web.ice_servers import ICE_SERVERS, IceServers
from livehub.web.media import DOORKEEPER, MEDIA, STAGE
from livehub.web.problem import problem_middleware
from livehub.web.rooms import ROOMS
from tests.media.conftest import send_frames, until

SDP = {"Content-Type": "application/sdp"}
FRAGMENT = {"Content-Type": "application/trickle-ice-sdpfrag"}
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
    clients: list[LightClient]
    desk: StageDesk

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
    database: Database, clock: ManualClock, bus: EventBus, plane: MediaPlane, certificate: Certificate
) -> AsyncIterator[Stage]:
    signer = TokenSigner("0123456789abcdef0123456789abcdef", clock)

    async def store_of(store_id: str) -> None:
        return None

    rooms = RoomService(SqlRooms(database), clock=clock, bus=bus, viewers=plane.viewers, store_of=store_of)
    moderation = Moderation(SqlChat(database), clock=clock, bus=bus)
    await SqlAccounts(database).add(Account("acc_host", "h@example.org", "-", "Hana", "en", clock.now_ms()))
    app = web.Application(middlewares=[problem_middleware])
    app[AUTHENTICATOR] = CookieAndTokenAuthenticator(SqlAccounts(database), signer, clock)
    app[ROOMS], app[DOORKEEPER], app[MEDIA] = rooms, moderation, plane
    desk = app[STAGE] = StageDesk(clock, bus)
    app[ICE_SERVERS] = IceServers([{"urls": "stun:stun.example:3478"}], turn_secret="", turn_ttl_s=600, clock=clock)
    app.add_routes(media.routes())
    access = await rooms.create(HOST, NewRoom(RoomKind.SHOW, "Show", "en"))
    async with TestClient(TestServer(app)) as http:
        made = Stage(http, plane, rooms, moderation, signer, access, certificate, [], desk)
        yield made
        for client in made.clients:
            client.close()


async def test_publish_and_watch_over_http(stage: Stage) -> None:
    await stage.start()
    host, viewer = stage.client("sendonly"), stage.client("recvonly")
    status, headers, answer = await stage.post("whip", host.offer, stage.token("c", Role.COHOST))
    assert status == 201
    assert headers["Content-Type"].startswith("application/sdp")
    assert re.fullmatch(r"/api/v1/media/[\w-]{20,}", headers["Location"])
    assert re.fullmatch(r'"\w+"', headers["ETag"])
    assert headers["Link"] == '<stun:stun.example:3478>; rel="ice-server"'
    await host.use_answer(answer)
    status, _, answer = await stage.post("whep?video=1", viewer.offer, stage.token("v"))
    assert status == 201
    await viewer.use_answer(answer)
    await send_frames(host, 5)
    await until(lambda: len(viewer.video()) == 5)


async def test_session_is_its_owners_to_see_and_to_end(stage: Stage) -> None:
    await stage.start()
    viewer = stage.client("recvonly")
    _, headers, answer = await stage.post("whep", viewer.offer, stage.token("v"))
    await viewer.use_answer(answer)
    location = headers["Location"]
    shown = await stage.http.get(location, headers=stage.token("v"))
    assert (await shown.json()) | {"id": ""} == {
        "id": "", "room": stage.room, "kind": "play", "connected": True, "undecodable": [],
        "source": "", "slots": [],
    }  # fmt: skip
    assert (await stage.http.delete(location, headers=stage.token("other"))).status == 404
    assert (await stage.http.delete(location)).status == 401
    assert (await stage.http.delete(location, headers=stage.token("v"))).status == 200
    await until(viewer.closed.is_set)
    assert (await stage.http.delete(location, headers=stage.token("v"))).status == 404


async def test_who_may_not_is_told_why(stage: Stage) -> None:
    offer, listen = stage.client("sendonly").offer, stage.client("recvonly").offer
    assert await stage.code("whep", listen, stage.token("v")) == (409, "room_not_live")
    assert await stage.code("whip", offer, stage.token("s", Role.SPEAKER)) == (403, "forbidden")
    assert (await stage.post("whip", offer, stage.token("c", Role.COHOST)))[0] == 201  # rehearses
    assert (await stage.post("whep", listen, stage.token("c", Role.COHOST)))[0] == 201
    await stage.start()
    assert await stage.code("whip", offer, stage.token("v")) == (403, "forbidden")
    assert await stage.code("whep", listen, {}) == (401, "unauthenticated")
    answer = await stage.http.post("/api/v1/rooms/nowhere/whep", data=listen, headers=SDP)
    assert answer.status == 404
    await stage.moderation.ban(stage.access, stage.identity("v"), Role.VIEWER)
    assert await stage.code("whep", listen, stage.token("v")) == (403, "banned")
    await stage.rooms.end(stage.access)
    assert await stage.code("whep", listen, stage.token("w")) == (410, "room_ended")
    assert await stage.code("whip", offer, stage.token("c", Role.COHOST)) == (410, "room_ended")


async def test_end_of_the_room_and_a_ban_end_the_media(stage: Stage) -> None:
    await stage.start()
    banned, other = stage.client("recvonly"), stage.client("recvonly")
    for client, name in ((banned, "b"), (other, "o")):
        await client.use_answer((await stage.post("whep", client.offer, stage.token(name)))[2])
    await stage.moderation.ban(stage.access, stage.identity("b"), Role.VIEWER)
    await until(banned.closed.is_set)
    assert not other.closed.is_set()
    await stage.rooms.end(stage.access)
    await until(other.closed.is_set)


async def test_bad_offers_get_a_problem_document(stage: Stage) -> None:
    await stage.start()
    token, good = stage.token("v"), stage.client("recvonly").offer
    assert await stage.code("whep", "no sdp at all", token) == (400, "malformed_sdp")
    assert await stage.code("whep", b"\xff\xfe", token) == (400, "malformed_sdp")
    assert await stage.code("whep", "v=0\r\n" + "a=x\r\n" * 20_000, token) == (413, "payload_too_large")
    assert await stage.code("whep", good, token | {"Content-Type": "text/plain"}) == (415, "unsupported_media_type")
    assert await stage.code("whep?video=-1", good, token) == (422, "invalid_input")
    assert await stage.code("whep?video=99", good, token) == (422, "invalid_input")
    without_dtls = re.sub(r"a=fingerprint.*\r\n", "", good)
    assert await stage.code("whep", without_dtls, token) == (422, "offer_not_acceptable")
    no_codec = stage.client("recvonly", h264=False).offer.replace("opus", "speex")
    assert await stage.code("whep", no_codec, token) == (422, "codec_not_supported")


async def test_viewer_without_the_codec_on_air_gets_422(stage: Stage) -> None:
    await stage.start()
    host = stage.client("sendonly")
    await host.use_answer((await stage.post("whip", host.offer, stage.token("c", Role.COHOST)))[2])
    await send_frames(host, 1)
    await until(lambda: stage.plane.tracks(stage.room))
    only_vp8 = stage.client("recvonly", h264=False, vp8=True)
    assert await stage.code("whep", only_vp8.offer, stage.token("v")) == (422, "codec_not_supported")


async def test_trickle_and_ice_restart(stage: Stage) -> None:
    await stage.start()
    viewer = stage.client("recvonly")
    _, headers, answer = await stage.post("whep", viewer.offer, stage.token("v"))
    await viewer.use_answer(answer)
    location, own = headers["Location"], stage.token("v") | FRAGMENT
    same = (
        f"a=ice-ufrag:{viewer.ufrag}\r\na=ice-pwd:{viewer.password}\r\na=candidate:1 1 udp 1 192.0.2.9 9 typ host\r\n"
    )
    fresh = "a=ice-ufrag:fresh1\r\na=ice-pwd:" + "p" * 22 + "\r\n"
    assert (await stage.http.patch(location, data=same, headers=own)).status == 428
    assert (await stage.http.patch(location, data=same, headers=own | {"If-Match": '"old"'})).status == 412
    assert (await stage.http.patch(location, data=same, headers=own | {"If-Match": headers["ETag"]})).status == 204
    restarted = await stage.http.patch(location, data=fresh, headers=own | {"If-Match": "*"})
    assert restarted.status == 200
    assert restarted.headers["ETag"] != headers["ETag"]
    assert "a=ice-ufrag:" in await restarted.text()
    assert (await stage.http.patch(location, data="{}", headers=stage.token("v"))).status == 415


async def test_a_screen_stands_beside_the_camera(stage: Stage) -> None:
    await stage.start()
    owner, places = stage.token("c", Role.COHOST), {}
    for path in ("whip", "whip?source=screen", "whip?source=screen"):
        client = stage.client("sendonly")
        status, headers, answer = await stage.post(path, client.offer, owner)
        assert status == 201
        await client.use_answer(answer)
        places[headers["Location"]] = path
    shown = [(await stage.http.get(place, headers=owner)) for place in places]
    assert [answer.status for answer in shown] == [200, 404, 200]
    assert (await shown[2].json())["source"] == "screen"
    assert await stage.code("whip?source=desk", stage.client("sendonly").offer, owner) == (422, "invalid_input")


async def test_own_media_come_back_only_when_asked_for(stage: Stage) -> None:
    await stage.start()
    host = stage.client("sendonly")
    await host.use_answer((await stage.post("whip", host.offer, stage.token("c", Role.COHOST)))[2])
    await send_frames(host, 1)
    places = []
    for path in ("whep", "whep?own=1"):
        viewer = stage.client("recvonly")
        _, headers, answer = await stage.post(path, viewer.offer, stage.token("c", Role.COHOST))
        await viewer.use_answer(answer)
        places.append(headers["Location"])
    await send_frames(host, 2, first_timestamp=9000)
    await until(lambda: len(stage.clients[-1].video()) >= 2)
    seen = [
        (await (await stage.http.get(place, headers=stage.token("c", Role.COHOST))).json())["slots"] for place in places
    ]
    identity = stage.identity("c")
    assert seen[0] == []
    assert seen[1] == [{"mid": "1", "kind": "video", "slot": 0, "publisher": identity, "source": "camera"}]


async def test_who_was_sent_off_does_not_come_back_by_himself(stage: Stage) -> None:
    await stage.start()
    speaker = stage.token("s", Role.SPEAKER)
    assert (await stage.post("whip", stage.client("sendonly").offer, speaker))[0] == 201
    stage.desk.send_off(stage.room, stage.identity("s"))
    assert await stage.code("whip", stage.client("sendonly").offer, speaker) == (403, "off_stage")
    stage.desk.let_back(stage.room, stage.identity("s"))
    assert (await stage.post("whip", stage.client("sendonly").offer, speaker))[0] == 201


async def test_options_and_other_methods(stage: Stage) -> None:
    endpoint = f"/api/v1/rooms/{stage.room}/whip"
    assert (await stage.http.options(endpoint)).headers["Accept-Post"] == "application/sdp"
    assert (await stage.http.get(endpoint)).status == 405
