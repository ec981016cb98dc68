"""HLS over HTTP: who may fetch what, who waits for what, and what caches are told. RFC 8216bis section 6.2."""

import asyncio
import base64
import gzip
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from livehub.accounts.authenticator import CookieAndTokenAuthenticator
from livehub.accounts.model import Account
from livehub.accounts.origin import Origin
from livehub.accounts.permissions import Role
from livehub.accounts.principal import Principal, PrincipalKind
from livehub.accounts.tokens import TokenSigner
from livehub.chat.moderation import Moderation, Target
from livehub.clock import ManualClock
from livehub.events import Event, EventBus, StageChanged
from livehub.media.errors import PackagingUnavailable
from livehub.media.hls.events import (
    HlsEnded,
    HlsEraBegan,
    HlsPartWritten,
    HlsRemoved,
    HlsRenditions,
    HlsSegmentWritten,
    HlsStarted,
)
from livehub.rooms.access import Access
from livehub.rooms.kinds import RoomKind, Visibility
from livehub.rooms.service import NewRoom, RoomService
from livehub.storage.accounts import SqlAccounts
from livehub.storage.chat import SqlChat
from livehub.storage.database import Database
from livehub.storage.rooms import SqlRooms
from livehub.web import hls as hls_routes
from livehub.web.auth import AUTHENTICATOR
from livehub.web.hls import HLS, Hls
from livehub.web.hls_delivery import IDLE_S, HlsDelivery
from livehub.web.hls_files import FileCache
from livehub.web.hls_token import TTL_S, HlsKeys
from livehub.web.media import DOORKEEPER
from livehub.web.problem import loggable_path, problem_middleware
from livehub.web.rooms import ROOMS
from tests.media.conftest import until

SECRET = "0123456789abcdef0123456789abcdef"
HOST = Principal(PrincipalKind.ACCOUNT, "acc_host", "Hana", "en")
PART_S = 16 * 1024 / 48_000


@dataclass
class Packager:
    """Notes what the delivery asks of the media plane."""

    wanted: list[tuple[str, str]] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    full: bool = False

    async def package(self, room_id: str, reason: str) -> None:
        if self.full:
            raise PackagingUnavailable
        self.wanted.append((room_id, reason))

    async def stop_packaging(self, room_id: str, reason: str) -> None:
        self.stopped.append(room_id)


@dataclass
class Show:
    """A room, its server, and the packager's side: files and events."""

    http: TestClient[web.Request, web.Application]
    bus: EventBus
    clock: ManualClock
    rooms: RoomService
    moderation: Moderation
    signer: TokenSigner
    delivery: HlsDelivery
    files: FileCache
    packager: Packager
    folder: Path
    access: Access
    run: str = "run_1"
    msn: int = 0
    part: int = 0

    @property
    def room(self) -> str:
        return self.access.room.id

    @property
    def media(self) -> str:
        return f"/hls/{self.room}/{self.run}/video"

    @property
    def is_ready(self) -> bool:
        stream = self.delivery.last_of(self.room)
        return stream is not None and stream.is_ready

    def tell(self, event: Event) -> None:
        self.bus.publish(event)

    def _write(self, name: str, data: bytes, rendition: str = "video") -> str:
        path = f"{self.room}/{self.run}/{rendition}/{name}"
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_bytes(data)
        return path

    def begin(self) -> None:
        self.tell(HlsStarted(self.room, self.run, ("video",), self.clock.now_ms(), 4, 0.35, 120.0))
        path = self._write("init-0.mp4", b"init")
        self.tell(HlsEraBegan(self.room, self.run, "video", 0, path, "avc1.42e01f,mp4a.40.2", 640, 360))

    def begin_smaller(self, name: str, width: int, height: int) -> None:
        """Its first era, and the first part of the segment that is being made."""
        path = self._write("init-0.mp4", b"init", name)
        self.tell(HlsEraBegan(self.room, self.run, name, 0, path, "avc1.42e01f,mp4a.40.2", width, height))
        path = self._write(f"{self.msn}.0.m4s", b"part", name)
        where = self.room, self.run, name, 0, self.msn, 0
        self.tell(HlsPartWritten(*where, path, self.clock.now_ms(), PART_S, 9_000, True))

    def close_smaller(self, name: str) -> None:
        """Its first segment, as long as those of the leading rendition."""
        path = self._write(f"{self.msn}.m4s", b"segment", name)
        where = self.room, self.run, name, 0, self.msn
        self.tell(HlsSegmentWritten(*where, 1, path, self.clock.now_ms(), 6 * PART_S, 54_000, True))

    def add_part(self) -> str:
        name = f"{self.msn}.{self.part}.m4s"
        path = self._write(name, b"part " + name.encode())
        key, at_ms = self.part == 0, self.clock.now_ms()
        where = self.room, self.run, "video", 0, self.msn, self.part
        self.tell(HlsPartWritten(*where, path, at_ms, PART_S, 40_000, key))
        self.part += 1
        return name

    def close_segment(self) -> None:
        path = self._write(f"{self.msn}.m4s", b"segment")
        where = self.room, self.run, "video", 0, self.msn
        length_s = self.part * PART_S
        self.tell(HlsSegmentWritten(*where, self.part, path, self.clock.now_ms(), length_s, 40_000 * self.part, True))
        self.msn, self.part = self.msn + 1, 0

    def add_segments(self, count: int) -> None:
        for _ in range(count):
            for _ in range(6):
                self.add_part()
            self.close_segment()

    async def get(self, path: str, **headers: str) -> str:
        answer = await self.http.get(path, headers=headers)
        text = await answer.text()
        assert answer.status == 200, (answer.status, text)
        return text

    async def code(self, path: str, **headers: str) -> tuple[int, str]:
        answer = await self.http.get(path, headers=headers)
        document: dict[str, Any] = await answer.json(content_type="application/problem+json")
        return answer.status, document["code"]

    def bearer(self, identity: str, role: Role = Role.VIEWER) -> dict[str, str]:
        issued = self.signer.member(
            issuer_id="acc_host", room_id=self.room, identity=identity, display_name=identity, role=role,
            locale="en", ttl_s=24 * 3600,
        )  # fmt: skip
        return {"Authorization": f"Bearer {issued.token}"}

    def identity(self, name: str) -> str:
        return f"mem_host_{name}"


@pytest.fixture
def visibility() -> Visibility:
    return Visibility.PUBLIC


@pytest.fixture
async def show(
    database: Database, clock: ManualClock, bus: EventBus, tmp_path: Path, visibility: Visibility
) -> AsyncIterator[Show]:
    async def store_of(store_id: str) -> None:
        return None

    signer = TokenSigner(SECRET, clock)
    rooms = RoomService(SqlRooms(database), clock=clock, bus=bus, viewers=lambda _room: 0, store_of=store_of)
    moderation = Moderation(SqlChat(database), clock=clock, bus=bus)
    await SqlAccounts(database).add(Account("acc_host", "h@example.org", "-", "Hana", "en", clock.now_ms()))
    packager, files = Packager(), FileCache()
    delivery = HlsDelivery(packager, bus, clock, start_s=0.05)
    app = web.Application(middlewares=[problem_middleware])
    app[AUTHENTICATOR] = CookieAndTokenAuthenticator(SqlAccounts(database), signer, clock)
    app[ROOMS], app[DOORKEEPER] = rooms, moderation
    app[HLS] = Hls(delivery, HlsKeys(SECRET, clock), tmp_path, files)
    app.add_routes(hls_routes.routes())
    access = await rooms.create(HOST, NewRoom(RoomKind.SHOW, "Show", "en", visibility=visibility))
    await rooms.start(access)
    async with TestClient(TestServer(app)) as http:
        yield Show(
            http, bus, clock, rooms, moderation, signer, delivery, files, packager, tmp_path, access
        )  # fmt: skip
    await delivery.close()


# --- beginning and ending


async def test_the_first_who_asks_has_the_room_packaged_and_waits_for_the_first_part(show: Show) -> None:
    asking = asyncio.ensure_future(show.get(f"/hls/{show.room}/index.m3u8"))
    await until(lambda: show.packager.wanted)
    assert show.packager.wanted == [(show.room, "hls")]
    show.begin()
    show.add_part()
    assert (await asking).splitlines()[-1] == "run_1/video/index.m3u8"


async def test_the_first_who_asks_waits_for_all_renditions_and_reads_of_them(show: Show) -> None:
    show.begin()
    show.tell(HlsRenditions(show.room, show.run, ("video", "medium", "small")))
    asked = asyncio.create_task(show.get(f"/hls/{show.room}/index.m3u8"))
    await until(lambda: show.packager.wanted)
    show.add_part()
    for name, width, height in (("small", 160, 90), ("medium", 320, 180)):
        show.begin_smaller(name, width, height)
        assert not show.is_ready, "hls.js plays none without a whole segment"
    show.close_smaller("small")
    assert not show.is_ready
    show.close_smaller("medium")
    lines = (await asked).splitlines()
    assert [line for line in lines if not line.startswith("#")] == [
        f"{show.run}/{name}/index.m3u8" for name in ("video", "medium", "small")
    ]
    told = [line for line in lines if line.startswith("#EXT-X-STREAM-INF")]
    assert [line.partition("RESOLUTION=")[2].partition(",")[0] for line in told] == ["640x360", "320x180", "160x90"]
    rates = [int(line.partition("AVERAGE-BANDWIDTH=")[2].partition(",")[0]) for line in told]
    assert rates == sorted(rates, reverse=True)
    reports = [line for line in (await show.get(f"{show.media}/index.m3u8")).splitlines() if "RENDITION-REPORT" in line]
    assert reports == [
        f'#EXT-X-RENDITION-REPORT:URI="../{name}/index.m3u8",LAST-MSN=0,LAST-PART=0' for name in ("medium", "small")
    ]


async def test_a_rendition_that_does_not_come_is_not_waited_for_long(show: Show) -> None:
    show.begin()
    show.tell(HlsRenditions(show.room, show.run, ("video", "medium", "small")))
    show.begin_smaller("small", 160, 90)
    show.close_smaller("small")
    asked = asyncio.create_task(show.get(f"/hls/{show.room}/index.m3u8"))
    await until(lambda: show.packager.wanted)
    show.add_segments(2)
    assert not show.is_ready
    show.add_part()
    names = [line for line in (await asked).splitlines() if not line.startswith("#")]
    assert names == [f"{show.run}/video/index.m3u8", f"{show.run}/small/index.m3u8"]


async def test_a_rendition_that_joins_has_a_gap_where_the_leading_one_was_alone(show: Show) -> None:
    show.begin()
    show.add_segments(2)
    show.tell(HlsRenditions(show.room, show.run, ("video", "small")))
    show.begin_smaller("small", 160, 90)
    show.close_smaller("small")
    leading = (await show.get(f"{show.media}/index.m3u8")).splitlines()
    joined = (await show.get(f"/hls/{show.room}/{show.run}/small/index.m3u8")).splitlines()
    for tag in ("#EXT-X-MEDIA-SEQUENCE", "#EXT-X-DISCONTINUITY-SEQUENCE"):
        assert [line for line in joined if line.startswith(tag)] == [line for line in leading if line.startswith(tag)]
    uris = [(joined[at - 3], line) for at, line in enumerate(joined) if not line.startswith("#")]
    assert uris[:2] == [("#EXT-X-GAP", "0.m4s"), ("#EXT-X-GAP", "1.m4s")]
    assert uris[2][1] == "2.m4s"
    assert joined.count("#EXT-X-GAP") == 2


async def test_renditions_that_go_are_over_and_others_stay(show: Show) -> None:
    show.begin()
    show.tell(HlsRenditions(show.room, show.run, ("video", "small")))
    show.add_part()
    show.begin_smaller("small", 160, 90)
    small = f"/hls/{show.room}/{show.run}/small/index.m3u8"
    waiting = asyncio.create_task(show.code(f"{small}?_HLS_msn=0&_HLS_part=1"))
    await until(lambda: show.delivery.counts() == (1, 1))
    show.tell(HlsRenditions(show.room, show.run, ("video",)))
    assert await waiting == (404, "hls_run_over")
    assert await show.code(small) == (404, "hls_run_over")
    assert "#EXT-X-ENDLIST" not in await show.get(f"{show.media}/index.m3u8")


async def test_where_nobody_is_on_air_the_answer_is_to_come_again(show: Show) -> None:
    answer = await show.http.get(f"/hls/{show.room}/index.m3u8")
    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) >= 1
    assert '"hls_not_ready"' in await answer.text()


async def test_a_room_that_nobody_asks_for_any_more_is_no_longer_packaged(show: Show) -> None:
    show.begin()
    show.add_part()
    await show.get(f"/hls/{show.room}/index.m3u8")
    show.clock.advance(IDLE_S - 1)
    await show.get(f"{show.media}/index.m3u8")  # a player
    show.clock.advance(IDLE_S - 1)
    await show.delivery.sweep()
    assert show.packager.stopped == []
    show.clock.advance(2)
    await show.delivery.sweep()
    assert show.packager.stopped == [show.room]


async def test_always_packages_what_comes_on_air(bus: EventBus, clock: ManualClock) -> None:
    packager = Packager()
    delivery = HlsDelivery(packager, bus, clock, always=True)
    bus.publish(StageChanged("r", ()))
    bus.publish(StageChanged("s", ({"kind": "video"},)))
    delivery.start()
    await until(lambda: packager.wanted)
    assert packager.wanted == [("s", "hls")]
    await delivery.close()


async def test_a_full_packager_is_told_as_unavailable(show: Show) -> None:
    show.packager.full = True
    assert await show.code(f"/hls/{show.room}/index.m3u8") == (503, "hls_unavailable")


async def test_an_ended_room_can_be_watched_until_its_files_go(show: Show) -> None:
    show.begin()
    show.add_segments(2)
    await show.rooms.end(show.access)
    show.tell(HlsEnded(show.room, show.run, "room_ended"))
    assert "#EXT-X-ENDLIST" in await show.get(f"{show.media}/index.m3u8")
    assert "run_1/video" in await show.get(f"/hls/{show.room}/index.m3u8")
    show.tell(HlsRemoved(show.room, show.run))
    assert await show.code(f"{show.media}/index.m3u8") == (404, "hls_run_over")
    assert await show.code(f"/hls/{show.room}/index.m3u8") == (410, "room_ended")


async def test_another_run_ends_one_that_died_without_a_word(show: Show) -> None:
    show.begin()
    show.add_segments(1)
    waiting = asyncio.ensure_future(show.get(f"{show.media}/index.m3u8?_HLS_msn=1&_HLS_part=0"))
    await until(lambda: show.delivery.counts()[1])
    show.run, show.msn = "run_2", 0
    show.begin()
    assert "#EXT-X-ENDLIST" in await waiting


# --- blocking reload, section 6.2.5.2


async def test_waiting_requests_share_one_future_and_are_answered_with_the_part(show: Show) -> None:
    show.begin()
    show.add_segments(1)
    path = f"{show.media}/index.m3u8?_HLS_msn=1&_HLS_part=0"
    waiting = [asyncio.ensure_future(show.get(path)) for _ in range(40)]
    await until(lambda: show.delivery.counts()[1])
    await asyncio.sleep(0.05)
    assert show.delivery.counts() == (1, 1)
    assert not any(task.done() for task in waiting)
    show.add_part()
    texts = await asyncio.gather(*waiting)
    assert len(set(texts)) == 1
    assert '"1.0.m4s"' in texts[0]
    assert show.delivery.counts() == (1, 0)


async def test_a_player_that_leaves_does_not_end_the_waiting_of_others(show: Show) -> None:
    show.begin()
    show.add_segments(1)
    path = f"{show.media}/index.m3u8?_HLS_msn=1"
    leaving, staying = (asyncio.ensure_future(show.get(path)) for _ in range(2))
    await until(lambda: show.delivery.counts()[1])
    leaving.cancel()
    show.add_part()
    await asyncio.sleep(0.02)
    assert not staying.done()  # it waits for the whole segment
    show.close_segment()
    assert "1.m4s" in await staying


async def test_waiting_is_bounded(show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    show.begin()
    show.add_segments(1)
    assert hls_routes._WAIT_FOR == 3
    monkeypatch.setattr(hls_routes, "_WAIT_FOR", 0.005)
    assert await show.code(f"{show.media}/index.m3u8?_HLS_msn=1&_HLS_part=0") == (503, "hls_late")
    assert await show.code(f"{show.media}/1.0.m4s") == (503, "hls_late")


@pytest.mark.parametrize(
    "query",
    [
        "_HLS_part=0",
        "_HLS_msn=x",
        "_HLS_msn=-1",
        "_HLS_msn=1&_HLS_part=",
        "_HLS_msn=1&_HLS_part=1.5",
        "_HLS_msn=4",
        "_HLS_msn=999999999999",
        "_HLS_msn=9999999999999",
        "_HLS_msn=1&_HLS_part=9",
        "_HLS_msn=1&_HLS_msn=1",
        "_HLS_skip=NO",
    ],
)
async def test_nonsense_is_refused_at_once(show: Show, query: str) -> None:
    show.begin()
    show.add_segments(1)
    assert await show.code(f"{show.media}/index.m3u8?{query}") == (400, "hls_directive_wrong")


async def test_what_is_there_is_answered_at_once_and_unknown_directives_are_passed_over(show: Show) -> None:
    show.begin()
    show.add_segments(2)
    await show.get(f"{show.media}/index.m3u8?_HLS_msn=1&_HLS_part=5&_HLS_future=1&other=2")


async def test_delta_updates_are_given_to_those_who_ask(show: Show) -> None:
    show.begin()
    show.add_segments(30)
    for value in ("YES", "v2"):
        assert "#EXT-X-SKIP:SKIPPED-SEGMENTS=" in await show.get(f"{show.media}/index.m3u8?_HLS_skip={value}")
    assert "#EXT-X-SKIP" not in await show.get(f"{show.media}/index.m3u8")


# --- parts and segments


async def test_the_hinted_part_is_waited_for_and_others_that_are_not_there_are_not(show: Show) -> None:
    show.begin()
    show.add_segments(1)
    waiting = [asyncio.ensure_future(show.get(f"{show.media}/1.0.m4s")) for _ in range(20)]
    await until(lambda: show.delivery.counts()[1])
    assert (await show.code(f"{show.media}/1.1.m4s"))[0] == 404
    assert (await show.code(f"{show.media}/7.m4s"))[0] == 404
    show.add_part()
    assert set(await asyncio.gather(*waiting)) == {"part 1.0.m4s"}
    assert show.files.reads == 3


async def test_a_hint_that_does_not_come_true_is_not_found(show: Show) -> None:
    show.begin()
    show.add_segments(1)
    show.add_part()
    waiting = asyncio.ensure_future(show.code(f"{show.media}/1.1.m4s"))
    await until(lambda: show.delivery.counts()[1])
    show.close_segment()
    show.add_part()
    assert (await waiting)[0] == 404


async def test_files_are_cached_for_long_and_playlists_for_their_moment(show: Show) -> None:
    show.begin()
    show.add_segments(1)
    expected = {
        f"{show.media}/0.0.m4s": ("video/iso.segment", "public, max-age=86400, immutable"),
        f"{show.media}/0.m4s": ("video/iso.segment", "public, max-age=86400, immutable"),
        f"{show.media}/init-0.mp4": ("video/mp4", "public, max-age=86400, immutable"),
        f"{show.media}/index.m3u8": ("application/vnd.apple.mpegurl", "public, max-age=1"),
        f"{show.media}/index.m3u8?_HLS_msn=0": ("application/vnd.apple.mpegurl", "public, max-age=24"),
        f"/hls/{show.room}/index.m3u8": ("application/vnd.apple.mpegurl", "public, max-age=1"),
    }
    for path, (content_type, cache) in expected.items():
        answer = await show.http.get(path)
        assert (answer.status, answer.content_type, answer.headers["Cache-Control"]) == (200, content_type, cache)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        again = await show.http.get(path, headers={"If-None-Match": answer.headers["ETag"]})
        assert again.status == 304
        assert again.headers["Access-Control-Allow-Origin"] == "*"
        preflight = await show.http.options(path, headers={"Origin": "https://shop.example"})
        assert preflight.status == 204
        assert "GET" in preflight.headers["Access-Control-Allow-Methods"]


async def test_playlists_are_compressed_for_those_who_take_it(show: Show) -> None:
    show.begin()
    show.add_segments(20)
    plain = await show.get(f"{show.media}/index.m3u8", **{"Accept-Encoding": "identity"})
    session = show.http.session
    async with session.get(
        show.http.make_url(f"{show.media}/index.m3u8"), headers={"Accept-Encoding": "gzip"}, auto_decompress=False
    ) as answer:
        squeezed = await answer.read()
    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(squeezed).decode() == plain
    assert len(squeezed) < len(plain) / 3
    assert "Accept-Encoding" in answer.headers["Vary"]


async def test_a_range_of_a_segment_is_given(show: Show) -> None:
    show.begin()
    show.add_segments(1)
    answer = await show.http.get(f"{show.media}/0.m4s", headers={"Range": "bytes=0-2"})
    assert (answer.status, await answer.text()) == (206, "seg")


@pytest.mark.parametrize(
    "name",
    [
        "..%2f..%2fsecret",
        "%2e%2e/0.m4s",
        "0.m4s%00",
        ".0.m4s.tmp",
        "0.0.0.m4s",
        "init-x.mp4",
        "0.m4s/x",
        "video.mp4",
        "-1.m4s",
    ],
)
async def test_no_other_file_can_be_named(show: Show, name: str) -> None:
    show.begin()
    show.add_segments(1)
    (show.folder / "secret").write_text("secret")
    answer = await show.http.get(f"{show.media}/{name}")
    assert answer.status in {400, 404}
    for run in ("..", "run_2", "run_1%2f.."):
        answer = await show.http.get(f"/hls/{show.room}/{run}/video/0.m4s")
        assert answer.status == 404


# --- who may watch


async def test_a_public_room_is_open_and_its_address_needs_no_key(show: Show) -> None:
    answer = await show.http.get(f"/api/v1/rooms/{show.room}/hls")
    assert await answer.json() == {
        "url": f"/hls/{show.room}/index.m3u8",
        "expires_at": None,
        "type": "application/vnd.apple.mpegurl",
    }
    assert show.packager.wanted == [(show.room, "hls")]  # so that the player finds something


async def test_a_room_that_has_not_started_is_not_shown(show: Show) -> None:
    access = await show.rooms.create(HOST, NewRoom(RoomKind.SHOW, "Soon", "en", visibility=Visibility.PUBLIC))
    assert await show.code(f"/hls/{access.room.id}/index.m3u8") == (409, "room_not_live")
    assert (await show.code("/hls/room_nowhere/index.m3u8"))[0] == 404


@pytest.mark.parametrize("visibility", [Visibility.PRIVATE])
class TestPrivate:
    async def test_it_needs_a_key_that_members_get(self, show: Show) -> None:
        show.begin()
        show.add_segments(1)
        assert await show.code(f"/hls/{show.room}/index.m3u8") == (403, "hls_key_needed")
        assert await show.code(f"{show.media}/index.m3u8") == (403, "hls_key_needed")
        assert await show.code(f"{show.media}/0.m4s") == (403, "hls_key_needed")
        assert (await show.code(f"/api/v1/rooms/{show.room}/hls"))[0] == 404
        answer = await show.http.get(f"/api/v1/rooms/{show.room}/hls", headers=show.bearer("ana"))
        address = await answer.json()
        assert address["expires_at"] is not None
        root = address["url"].removesuffix("/index.m3u8")
        assert await show.get(address["url"]) == await show.get(f"{root}/index.m3u8")
        playlist = await show.http.get(f"{root}/run_1/video/index.m3u8")
        assert playlist.headers["Cache-Control"].startswith("private, ")
        segment = await show.http.get(f"{root}/run_1/video/0.m4s")
        assert segment.headers["Cache-Control"].startswith("private, ")

    async def test_a_key_is_of_one_room_for_a_while_and_cannot_be_made_up(self, show: Show) -> None:
        show.begin()
        show.add_segments(1)
        keys = HlsKeys(SECRET, show.clock)
        good, expires_ms = keys.issue(show.room, "mem_host_ana")
        assert expires_ms == show.clock.now_ms() + TTL_S * 1000
        await show.get(f"/hls/{show.room}/key/{good}/index.m3u8")
        other = HlsKeys("f" * 32, show.clock).issue(show.room, "mem_host_ana")[0]
        wrong = [
            keys.issue("room_other", "mem_host_ana")[0],
            other,
            f"{'A' if good[0] != 'A' else 'B'}{good[1:]}",
            f"{good[:30]}{'A' if good[30] != 'A' else 'B'}{good[31:]}",
            good[:-2],
            good[:16],
            "A",
            f"{good}*",
            "éé",
            "A" * 500 + good,
        ]
        for key in wrong:
            assert await show.code(f"/hls/{show.room}/key/{key}/index.m3u8") == (403, "hls_key_invalid"), key
        show.clock.advance(TTL_S + 1)
        assert await show.code(f"/hls/{show.room}/key/{good}/index.m3u8") == (403, "hls_key_invalid")

    async def test_a_ban_ends_a_key(self, show: Show) -> None:
        show.begin()
        show.add_segments(1)
        address = await (await show.http.get(f"/api/v1/rooms/{show.room}/hls", headers=show.bearer("ana"))).json()
        await show.get(address["url"])
        await show.moderation.ban(show.access, Target(show.identity("ana"), Role.VIEWER))
        assert await show.code(address["url"]) == (403, "banned")
        assert await show.code(f"/api/v1/rooms/{show.room}/hls", **show.bearer("ana")) == (403, "banned")

    async def test_a_ban_of_a_network_ends_keys_that_were_given_or_are_used_there(self, show: Show) -> None:
        show.begin()
        show.add_segments(1)
        there, elsewhere = {"X-Forwarded-For": "203.0.113.7"}, {"X-Forwarded-For": "198.51.100.7"}
        ana, ben, co = [
            (await (await show.http.get(f"/api/v1/rooms/{show.room}/hls", headers=headers)).json())["url"]
            for headers in (
                show.bearer("ana") | there,
                show.bearer("ben") | elsewhere,
                show.bearer("co", Role.COHOST) | there,
            )
        ]
        await show.moderation.ban_network(show.access, "203.0.113.0/24", None)
        names = "index.m3u8", "run_1/video/index.m3u8", "run_1/video/0.m4s"
        for headers in (there, elsewhere, {}):
            for name in names:
                assert await show.code(ana.replace("index.m3u8", name), **headers) == (403, "banned"), name
        for name in names:
            assert await show.code(ben.replace("index.m3u8", name), **there) == (403, "banned"), name
            await show.get(ben.replace("index.m3u8", name), **elsewhere)
            await show.get(co.replace("index.m3u8", name), **there)
        await show.moderation.unban_network(show.access, "203.0.113.0/24")
        await show.get(ana, **there)

    async def test_a_key_does_not_say_whose_it_is_nor_where_they_were(self, show: Show) -> None:
        key, _ = HlsKeys(SECRET, show.clock).issue(show.room, "mem_host_ana", Origin("203.0.113.7"))
        read = base64.urlsafe_b64decode(key + "==")
        assert b"ana" not in read
        assert b"203" not in read


def test_keys_stay_out_of_logs() -> None:
    assert loggable_path("/hls/room_1/key/abc.def/run_1/video/0.m4s") == "/hls/room_1/key/-/run_1/video/0.m4s"
    assert loggable_path("/api/v1/rooms") == "/api/v1/rooms"


# --- memory


async def test_the_file_cache_is_bounded_and_reads_once_for_all(tmp_path: Path) -> None:
    cache = FileCache(max_bytes=1000)
    for index in range(10):
        (tmp_path / str(index)).write_bytes(bytes(300))
    await asyncio.gather(*(cache.read(tmp_path / "0") for _ in range(20)))
    assert cache.reads == 1
    for index in range(10):
        await cache.read(tmp_path / str(index))
    assert cache._bytes <= 1000
    assert len(cache._kept) == 3
    with pytest.raises(FileNotFoundError):
        await cache.read(tmp_path / "none")
    assert not cache._reading


async def test_hls_can_be_off(show: Show) -> None:
    app = web.Application(middlewares=[problem_middleware])
    app[HLS] = None
    app.add_routes(hls_routes.routes())
    async with TestClient(TestServer(app)) as http:
        answer = await http.get(f"/hls/{show.room}/index.m3u8")
        assert answer.status == 404
        assert '"hls_off"' in await answer.text()
