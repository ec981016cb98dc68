"""Recording over HTTP, in the whole application: who may what, and what caches may keep."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

from livehub.accounts.permissions import Role
from livehub.accounts.principal import Principal, PrincipalKind
from livehub.app import make_app
from livehub.chat.model import Author, Message, Translation
from livehub.chat.moderation import Target
from livehub.chat.replay import MAX_LINES
from livehub.clock import ManualClock
from livehub.config import Config
from livehub.events import OfferPinned
from livehub.media.captions.model import Line
from livehub.media.hls.events import HlsRemoved
from livehub.services import Services, compose
from livehub.storage.captions import SqlCaptions
from livehub.storage.texts import SqlTexts
from livehub.translation.texts import Text
from tests.databases import Templates
from tests.recording.conftest import Packaging
from tests.recording.fragments import Made

PASSWORD = "correct horse battery"
Client = TestClient[web.Request, web.Application]


@dataclass
class Site:
    services: Services
    server: TestServer
    root: Path
    made: Made
    clients: list[Client]

    async def person(self, name: str) -> Client:
        client: Client = TestClient(self.server)
        self.clients.append(client)
        body = {"email": f"{name}@example.org", "password": PASSWORD, "display_name": name, "locale": "en"}
        assert (await client.post("/api/v1/accounts", json=body)).status == 201
        return client

    def nobody(self) -> Client:
        client: Client = TestClient(self.server)
        self.clients.append(client)
        return client

    def packaging(self, room: str, *, apart: bool = False) -> Packaging:
        """Its clock is the server's: what it writes is of now."""
        clock = ManualClock(self.services.clock.now_ms() + 60_000)
        folder = self.root / ("hls-apart" if apart else "hls")
        return Packaging(self.services.bus, clock, folder, room, self.made, apart=apart).start()

    async def settle(self) -> None:
        async def nothing() -> None:
            pass

        await self.services.recordings.recorder.ordered(nothing)


@pytest.fixture
async def site(tmp_path: Path, made: Made, templates: Templates) -> AsyncIterator[Site]:
    config = Config(
        data_dir=tmp_path,
        database_url=templates.migrate(tmp_path / "livehub.db"),
        media_port=0,
        media_ips=("127.0.0.1",),
        secret="0123456789abcdef0123456789abcdef",
        recording_min_free_mb=0,
    )
    services = compose(config)
    server = TestServer(make_app(services))
    await server.start_server()
    site = Site(services, server, tmp_path, made, [])
    yield site
    for client in site.clients:
        await client.close()
    await server.close()


async def _json(answer: ClientResponse, status: int = 200) -> Any:
    assert answer.status == status, await answer.text()
    return await answer.json(content_type=None)


async def _room(
    host: Client, kind: str = "show", visibility: str = "public", *, start: bool = True, **more: str
) -> str:
    body = {"kind": kind, "title": "Pots", "locale": "en", "visibility": visibility, **more}
    room = str((await _json(await host.post("/api/v1/rooms", json=body), 201))["id"])
    if start:
        await _json(await host.post(f"/api/v1/rooms/{room}/start"))
    return room


async def _over(site: Site, host: Client, room: str, *, apart: bool = False) -> dict[str, Any]:
    """The room was recorded and has ended: its recording."""
    await site.settle()
    packaging = site.packaging(room, apart=apart)
    packaging.segment()
    packaging.segment()
    await site.settle()
    await _json(await host.post(f"/api/v1/rooms/{room}/end"))
    packaging.end()
    await site.settle()
    [recording] = (await _json(await host.get(f"/api/v1/rooms/{room}/recordings")))["items"]
    found: dict[str, Any] = recording
    return found


async def test_a_public_replay_is_for_everybody_and_for_caches(site: Site) -> None:
    host, nobody = await site.person("ana"), site.nobody()
    room = await _room(host)
    for path in ("index.m3u8", "video.m3u8"):
        assert (await _json(await nobody.get(f"/hls/{room}/replay/{path}"), 404))["code"] == "no_replay"
    recording = await _over(site, host, room)
    assert (recording["state"], recording["duration_s"], recording["reason"]) == ("ready", 4, "room_ended")
    shown = await _json(await nobody.get(f"/api/v1/rooms/{room}"))
    assert shown["replay"] == f"/hls/{room}/replay/index.m3u8"
    index = await nobody.get(shown["replay"])
    assert index.content_type == "application/vnd.apple.mpegurl"
    assert index.headers["Cache-Control"] == "public, max-age=10"
    assert index.headers["Access-Control-Allow-Origin"] == "*"
    playlist = await (await nobody.get(f"/hls/{room}/replay/video.m3u8")).text()
    [init] = [line.split('"')[1] for line in playlist.splitlines() if line.startswith("#EXT-X-MAP")]
    segments = [line for line in playlist.splitlines() if line and not line.startswith("#")]
    assert len(segments) == 2
    for name, kind in [(init, "video/mp4"), (segments[0], "video/iso.segment")]:
        answer = await nobody.get(f"/hls/{room}/replay/{name}")
        assert (answer.status, answer.content_type) == (200, kind)
        assert answer.headers["Cache-Control"] == "public, max-age=3600"
    part = await nobody.get(f"/hls/{room}/replay/{segments[0]}", headers={"Range": "bytes=4-7"})
    assert (part.status, await part.read()) == (206, b"moof")
    site.services.bus.publish(HlsRemoved(room, "run_1"))
    led = await nobody.get(f"/hls/{room}/index.m3u8", allow_redirects=False)
    assert (led.status, led.headers["Location"]) == (307, shown["replay"])
    still = await nobody.get(shown["still"])
    assert (still.status, still.content_type) == (200, "image/webp")
    listed = (await _json(await nobody.get("/api/v1/rooms?state=ended&replay=1")))["items"]
    assert [item["id"] for item in listed] == [room]
    for path in ("x.m3u8", "UP.m3u8", f"{recording['id']}/journal.jsonl", f"{recording['id']}/poster.webp", "rec_x/a"):
        assert (await nobody.get(f"/hls/{room}/replay/{path}")).status == 404


async def test_chapters_for_players_are_in_the_readers_language_and_for_caches_where_the_address_says_it(
    site: Site,
) -> None:
    host, nobody = await site.person("ana"), site.nobody()
    store = (await _json(await host.post("/api/v1/stores", json={"title": "Pots", "currency": "EUR"}), 201))["id"]
    room = await _room(host, store_id=store, start=False)
    site.services.bus.publish(OfferPinned(room, {"id": "ofr_1", "title": "Green tea"}))
    await _json(await host.post(f"/api/v1/rooms/{room}/start"))
    await _over(site, host, room)
    texts = SqlTexts(site.services.database)
    await texts.keep([(f"store:{store}", "es", Text("Green tea", "Té <verde>", "engine"))], 1)
    await texts.keep([("store:other", "th", Text("Green tea", "ชาเขียว", "engine"))], 1)

    async def chapters(query: str = "", **headers: str) -> tuple[str, str, str | None]:
        answer = await nobody.get(f"/hls/{room}/replay/chapters.vtt{query}", headers=headers)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        [title] = re.findall(r" --> .*\n(.*)\n", await answer.text())
        return title, answer.headers["Cache-Control"], answer.headers.get("Vary")

    own, anybodys = ("private, max-age=10", "Accept-Language, Cookie"), ("public, max-age=10", None)
    assert await chapters() == ("Green tea", *own)
    assert await chapters("?locale=es") == ("Té &lt;verde&gt;", *anybodys)
    assert await chapters("?locale=th") == ("Green tea", *anybodys), "another shop's words"
    assert await chapters(Cookie="livehub_locale=es") == ("Té &lt;verde&gt;", *own)
    assert await chapters(**{"Accept-Language": "es-AR"}) == ("Té &lt;verde&gt;", *own)
    # What is no language of ours is negotiated, and so no cache's.
    assert await chapters("?locale=xx", **{"Accept-Language": "es"}) == ("Té &lt;verde&gt;", *own)
    assert (await _json(await nobody.get(f"/api/v1/rooms/{room}/chapters")))["items"][0]["title"] == "Green tea"


async def test_what_was_said_is_a_subtitle_rendition_on_the_pictures_own_clock(site: Site, tmp_path: Path) -> None:
    host, nobody = await site.person("ana"), site.nobody()
    room = await _room(host)
    recording = await _over(site, host, room)
    base = f"/hls/{room}/replay"
    assert "SUBTITLES" not in await (await nobody.get(f"{base}/index.m3u8")).text()
    replay = await site.services.recordings.library.replay(room)
    assert replay is not None
    start_ms = replay.moment_ms(0)
    store = SqlCaptions(site.services.database)
    lines = [
        Line("cap-1", start_ms + 500, start_ms + 1500, "en", "The price is ten"),
        Line("cap-2", start_ms + 3000, start_ms + 3900, "en", "Celadon glaze"),
    ]
    await store.add(room, lines)
    await store.translate([("cap-1", "es", "Cuesta diez")])

    index = await (await nobody.get(f"{base}/index.m3u8")).text()
    languages = re.findall(r'TYPE=SUBTITLES,GROUP-ID="captions",.*?LANGUAGE="(\w+)".*?URI="([^"]+)"', index)
    assert languages == [("en", "captions-en/index.m3u8"), ("es", "captions-es/index.m3u8")]
    assert re.search(r'#EXT-X-STREAM-INF:.*,SUBTITLES="captions"\nvideo.m3u8', index)

    answer = await nobody.get(f"{base}/captions-es/index.m3u8")
    assert (answer.content_type, answer.headers["Access-Control-Allow-Origin"]) == (
        "application/vnd.apple.mpegurl",
        "*",
    )
    playlist = await answer.text()
    assert re.findall(r"#EXTINF:([\d.]+),\n(.*)", playlist) == [("4.00000", "0.vtt")]
    assert playlist.endswith("#EXT-X-ENDLIST\n")

    piece = await nobody.get(f"{base}/captions-es/0.vtt")
    assert (piece.status, piece.content_type) == (200, "text/vtt")
    text = await piece.text()
    # What the first picture's own clock says, read from the very bytes that players get.
    picture = await (await nobody.get(f"{base}/video.m3u8")).text()
    [init] = re.findall(r'#EXT-X-MAP:URI="([^"]+)"', picture)
    first = re.findall(r"#EXTINF:[\d.]+,\n(.*)", picture)[0]
    film = tmp_path / "first.mp4"
    film.write_bytes(b"".join([await (await nobody.get(f"{base}/{name}")).read() for name in (init, first)]))
    with av.open(str(film)) as opened:
        stream = opened.streams.video[0]
        times = [packet.pts for packet in opened.demux(stream) if packet.pts is not None]
        assert stream.time_base is not None
        ticks = round(min(times) * float(stream.time_base) * 90_000)
    assert text == (
        f"WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:{ticks},LOCAL:00:00:00.000\n"
        "\n00:00:00.500 --> 00:00:01.500\nCuesta diez\n\n00:00:03.000 --> 00:00:03.900\nCeladon glaze\n"
    )
    for wrong in ("captions-xx/index.m3u8", "captions-en/1.vtt", "captions-en/x.vtt", "captions-en/-1.vtt"):
        assert (await nobody.get(f"{base}/{wrong}")).status == 404, wrong
    (site.root / "recordings" / recording["id"] / first.rpartition("/")[2]).write_bytes(b"no film")
    again = await nobody.get(f"{base}/captions-en/0.vtt")
    assert f"MPEGTS:{ticks}," in await again.text()  # it was read once


async def _said(site: Site, room: str, at_ms: int, text: str) -> str:
    lines = site.services.conversation.lines
    author = Author("ann", "Ann", Role.VIEWER)
    message = Message(f"msg_{room}_{at_ms}", room, at_ms, author, text, "en", at_ms, f"c{at_ms}")
    return (await lines.append(message)).id


async def test_what_was_said_stands_at_its_place_in_the_replay(site: Site) -> None:
    host, nobody = await site.person("ana"), site.nobody()
    room = await _room(host)
    path = f"/api/v1/rooms/{room}/replay/messages"
    assert (await _json(await nobody.get(path), 404))["code"] == "no_replay"
    await _over(site, host, room)
    replay = await site.services.recordings.library.replay(room)
    assert replay is not None
    start_ms = replay.moment_ms(0)
    for after_ms, text in [(-5000, "before"), (0, "at once"), (1500, "later"), (3999, "last"), (4000, "after the end")]:
        said = await _said(site, room, start_ms + after_ms, text)
    await site.services.conversation.lines.keep_translations([(said, "es", Translation("nunca", "test"))])
    answer = await nobody.get(path)
    assert answer.headers["Cache-Control"] == "public, max-age=10"
    page = await _json(answer)
    assert [(item["at_s"], item["message"]["text"]) for item in page["items"]] == [
        (0, "at once"), (1.5, "later"), (3.999, "last"),
    ]  # fmt: skip
    assert page["next"] is None
    seeked = await _json(await nobody.get(f"{path}?from_s=1.5&locale=es"))
    assert [item["message"]["text"] for item in seeked["items"]] == ["later", "last"]
    following = await _json(await nobody.get(f"{path}?after={seeked['items'][0]['message']['seq']}"))
    assert [item["message"]["text"] for item in following["items"]] == ["last"]
    await site.services.conversation.lines.delete(room, seeked["items"][0]["message"]["id"], "ana", start_ms)
    left = await _json(await nobody.get(path))
    assert [item["message"]["text"] for item in left["items"]] == ["at once", "last"], "what was taken back is gone"
    for wrong in ("from_s=-1", "from_s=nan", "from_s=1e9", "from_s=x", "after=x", "locale=xx"):
        assert (await nobody.get(f"{path}?{wrong}")).status == 422, wrong


async def test_a_long_chat_comes_in_pages(site: Site) -> None:
    host = await site.person("ana")
    room = await _room(host)
    await _over(site, host, room)
    replay = await site.services.recordings.library.replay(room)
    assert replay is not None
    for n in range(MAX_LINES + 5):
        await _said(site, room, replay.moment_ms(0) + n, f"line {n}")
    first = await _json(await host.get(f"/api/v1/rooms/{room}/replay/messages"))
    rest = await _json(await host.get(f"/api/v1/rooms/{room}/replay/messages?after={first['next']}"))
    assert [len(first["items"]), len(rest["items"]), rest["next"]] == [MAX_LINES, 5, None]


async def test_the_talk_of_experts_is_read_by_those_who_may_come_in(site: Site) -> None:
    host, other, nobody = await site.person("ana"), await site.person("bob"), site.nobody()
    room = await _room(host, "expert", "public", recording="consent")
    await _over(site, host, room, apart=True)
    path = f"/api/v1/rooms/{room}/replay/messages"
    assert (await nobody.get(path)).status == 401
    read = await other.get(path)
    assert read.status == 200
    assert read.headers["Cache-Control"] == "private, max-age=10", "a shared cache would give it to anybody"
    assert "Access-Control-Allow-Origin" not in read.headers


async def test_a_private_replay_is_for_those_who_may_come_in(site: Site) -> None:
    host, other, nobody = await site.person("ana"), await site.person("bob"), site.nobody()
    room = await _room(host, visibility="private")
    recording = await _over(site, host, room)
    paths = [
        f"/hls/{room}/replay/index.m3u8",
        f"/hls/{room}/replay/video.m3u8",
        f"/hls/{room}/replay/{recording['id']}/video-0.m4s",
        f"/hls/{room}/replay/chapters.vtt",
        f"/hls/{room}/replay/captions-en/index.m3u8",
        f"/hls/{room}/replay/captions-en/0.vtt",
        f"/api/v1/rooms/{room}/chapters",
        f"/api/v1/rooms/{room}/replay/channels",
        f"/api/v1/rooms/{room}/replay/messages",
        f"/api/v1/rooms/{room}/still",
    ]
    for path in paths:
        for somebody in (other, nobody):
            assert (await somebody.get(path)).status == 404, path
        answer = await host.get(path)
        assert answer.status == 200, path
        assert answer.headers["Cache-Control"].startswith("private")
        assert "Access-Control-Allow-Origin" not in answer.headers
    me = await _json(await other.get("/api/v1/me"))
    assert (await host.put(f"/api/v1/rooms/{room}/members/{me['id']}/role", json={"role": "viewer"})).status == 204
    assert (await other.get(paths[0])).status == 200
    account = await _json(await host.get("/api/v1/me"))
    moderator = Principal(PrincipalKind.ACCOUNT, account["id"], "Ana", "en")
    access = await site.services.rooms.access(room, moderator)
    await site.services.chat.moderation.ban(access, Target(me["id"]))
    for path in paths:
        assert (await _json(await other.get(path), 403))["code"] == "banned", path


async def test_the_host_starts_pauses_and_stops(site: Site) -> None:
    host, viewer = await site.person("ana"), await site.person("bob")
    room = await _room(host, recording="on")
    await site.settle()
    path = f"/api/v1/rooms/{room}/recording"
    assert (await _json(await viewer.get(path)))["state"] == "recording"
    assert (await _json(await viewer.post(path, json={"action": "pause"}), 403))["code"] == "forbidden"
    assert (await _json(await host.post(path, json={"action": "pause"})))["state"] == "paused"
    assert (await _json(await host.post(path, json={"action": "resume"})))["state"] == "recording"
    assert (await _json(await host.post(path, json={"action": "stop"})))["reason"] == "stopped"
    assert (await _json(await host.post(path, json={"action": "stop"}), 409))["code"] == "not_recording"
    assert (await _json(await host.post(path, json={"action": "erase"}), 422))["field"] == "action"
    assert (await _json(await host.post(path, json={"action": "start"})))["state"] == "recording"
    assert (await _json(await host.post(path, json={"action": "start"}), 409))["code"] == "already_recording"
    off = await _room(host, recording="off")
    answer = await host.post(f"/api/v1/rooms/{off}/recording", json={"action": "start"})
    assert (await _json(answer, 409))["code"] == "recording_off"
    assert (await site.nobody().get(path)).status == 401


async def test_people_say_what_they_agree_to(site: Site) -> None:
    teacher, pupil = await site.person("lin"), await site.person("bob")
    room = await _room(teacher, "class", "unlisted")
    await site.settle()
    path = f"/api/v1/rooms/{room}/recording"
    mine = await _json(await pupil.get(path))
    assert (mine["mode"], mine["consent"], mine["asked"], mine["state"]) == ("consent", None, True, "recording")
    for consent in ("seen", "given", "seen"):
        assert (await _json(await pupil.put(f"{path}/consent", json={"consent": consent})))["consent"] == consent
    assert (await _json(await pupil.put(f"{path}/consent", json={"consent": "no"}), 422))["field"] == "consent"
    recording = await _over(site, teacher, room, apart=True)
    assert recording["duration_s"] == 4
    assert (await _json(await pupil.put(f"{path}/consent", json={"consent": "given"}), 410))["code"] == "room_ended"


async def test_recordings_are_their_owners(site: Site) -> None:
    host, other = await site.person("ana"), await site.person("bob")
    rooms = [await _room(host) for _ in range(3)]
    made = [await _over(site, host, room) for room in rooms]
    page = await _json(await host.get("/api/v1/recordings?limit=2"))
    assert [item["room_id"] for item in page["items"]] == [rooms[2], rooms[1]]
    assert page["items"][0]["room_title"] == "Pots"
    rest = await _json(await host.get(f"/api/v1/recordings?limit=2&after={page['next']}"))
    assert ([item["room_id"] for item in rest["items"]], rest["next"]) == ([rooms[0]], None)
    assert (await _json(await host.get("/api/v1/recordings?after=../x"), 422))["field"] == "after"
    assert (await _json(await other.get("/api/v1/recordings")))["items"] == []
    assert (await other.get(f"/api/v1/rooms/{rooms[0]}/recordings")).status == 403
    path = f"/api/v1/recordings/{made[0]['id']}"
    for method in ("get", "delete"):
        assert (await _json(await getattr(other, method)(path), 404))["code"] == "recording_not_found"
    assert (await other.post(f"{path}/file")).status == 404
    assert (await _json(await host.get(f"{path}/file"), 409))["progress"] is None
    assert (await _json(await host.post(f"{path}/file"), 202))["file"]["state"] in {"preparing", "ready"}
    while (await _json(await host.get(path)))["file"]["state"] == "preparing":
        pass
    film = await host.get(f"{path}/file")
    assert (film.status, film.content_type) == (200, "video/mp4")
    assert film.headers["Content-Disposition"] == f'attachment; filename="{made[0]["id"]}.mp4"'
    size = len(await film.read())
    rest_of_it = await host.get(f"{path}/file", headers={"Range": "bytes=100-"})
    assert (rest_of_it.status, len(await rest_of_it.read())) == (206, size - 100)
    assert (await other.get(f"{path}/file")).status == 404
    assert (await host.delete(path)).status == 204
    assert (await host.get(path)).status == 404
    assert (await _json(await host.get(f"/api/v1/rooms/{rooms[0]}")))["replay"] is None
