"""Captions over real SQLite and a real process: who may have them, what is told, what is kept and what goes."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from livehub.accounts.principal import Principal, PrincipalKind
from livehub.clock import ManualClock
from livehub.errors import Forbidden
from livehub.events import CaptionHeard, CaptionsChanged, CaptionTranslated, EventBus
from livehub.media.captions.errors import CaptionsBusy, CaptionsNotRunning, CaptionsUnavailable, LanguageNotHeard
from livehub.media.captions.limits import CaptionLimits
from livehub.media.captions.model import Line
from livehub.media.captions.replay import ReplayCaptions, search
from livehub.media.captions.service import Captions
from livehub.media.errors import RoomNotLive
from livehub.media.hls.events import HlsEnded, HlsEraBegan, HlsPartWritten
from livehub.media.recording.journal import Contents, Format, Piece
from livehub.media.recording.model import Recording, RecordingState
from livehub.media.recording.replay import Replay, Take
from livehub.rooms.access import Access
from livehub.rooms.kinds import RoomKind, Visibility
from livehub.rooms.service import NewRoom, RoomService
from livehub.storage.accounts import accounts
from livehub.storage.captions import SqlCaptions
from livehub.storage.database import Database
from livehub.storage.recordings import SqlRecordings
from livehub.storage.rooms import SqlRooms
from tests.media.captions.speech import PART_MS, parts, programme

HOST = Principal(PrincipalKind.ACCOUNT, "acc_host", "Ana", "en")
VIEWER = Principal(PrincipalKind.ACCOUNT, "acc_viewer", "Bob", "en")


class Plane:
    def __init__(self) -> None:
        self.packaged: set[str] = set()

    async def package(self, room_id: str, reason: str) -> None:
        assert reason == "captions"
        self.packaged.add(room_id)

    async def stop_packaging(self, room_id: str, reason: str) -> None:
        assert reason == "captions"
        self.packaged.discard(room_id)


class World:
    def __init__(self, database: Database, clock: ManualClock, bus: EventBus, root: Path, setting: str) -> None:
        self.database, self.clock, self.bus, self.root = database, clock, bus, root
        self.plane, self.store = Plane(), SqlCaptions(database)
        self.recording: dict[str, Any] = {"state": "off", "not_recorded": []}
        self.rooms = RoomService(SqlRooms(database), clock=clock, bus=bus, viewers=lambda _: 0, store_of=self._store_of)
        self.captions = Captions(
            setting,
            self.plane,
            self.store,
            locales=("en", "th"),
            hls_root=root,
            recording=lambda _: self.recording,
            clock=clock,
            bus=bus,
            limits=CaptionLimits(max_rooms=1),
        )
        self.states: list[str] = []
        self.lines: asyncio.Queue[CaptionHeard] = asyncio.Queue()
        bus.subscribe(CaptionsChanged, lambda event: self.states.append(event.captions["state"]))
        bus.subscribe(CaptionHeard, self.lines.put_nowait)

    async def _store_of(self, _: str) -> tuple[str, str] | None:
        return None

    async def live_room(self, principal: Principal = HOST) -> Access:
        access = await self.rooms.create(
            principal, NewRoom(kind=RoomKind.CLASS, title="Tea", locale="en", visibility=Visibility.PUBLIC)
        )
        await self.rooms.start(access)
        return await self.rooms.access(access.room.id, principal)

    def say(self, room_id: str, *names: str) -> None:
        """As the packager tells of sound; the run is a new one each time."""
        run = f"run_{len(self.states)}{len(list(self.root.iterdir()))}"
        init, made = parts(programme(*names, rate=48_000))
        (self.root / f"{run}-init.mp4").write_bytes(init)
        self.bus.publish(HlsEraBegan(room_id, run, "video", 0, f"{run}-init.mp4", "mp4a.40.2", 0, 0))
        for index, data in enumerate(made):
            (self.root / f"{run}-{index}.m4s").write_bytes(data)
            at_ms = self.clock.now_ms() + round(index * PART_MS)
            path = f"{run}-{index}.m4s"
            self.bus.publish(
                HlsPartWritten(room_id, run, "video", 0, 0, index, path, at_ms, PART_MS / 1000, len(data), True)
            )
        self.bus.publish(HlsEnded(room_id, run, "stopped"))

    async def final(self) -> dict[str, Any]:
        async with asyncio.timeout(60):
            while not (event := await self.lines.get()).line["final"]:
                pass
        return dict(event.line)

    async def kept(self, room_id: str) -> Sequence[Line]:
        return await self.store.of_room(room_id, 100)


@pytest.fixture
async def world(
    database: Database, clock: ManualClock, bus: EventBus, tmp_path: Path, package: Path
) -> AsyncIterator[World]:
    assert package
    root = tmp_path / "hls"
    root.mkdir()
    for who in (HOST, VIEWER):
        row: dict[str, Any] = {
            "id": who.identity,
            "email": f"{who.identity}@example.org",
            "password_hash": "x",
            "display_name": "x",
        }
        row |= {"locale": "en", "created_at": 0}
        await database.write(lambda tx, row=row: tx.execute(insert(accounts), [row]) and None)  # type: ignore[misc]
    world = World(database, clock, bus, root, "scribe:hello")
    world.captions.start()
    yield world
    await world.captions.close()


async def test_hosts_switch_them_on_and_everybody_is_told(world: World) -> None:
    access = await world.live_room()
    room_id = access.room.id
    assert world.captions.present(room_id)["state"] == "off"
    with pytest.raises(Forbidden):
        await world.captions.begin(await world.rooms.access(room_id, VIEWER))
    with pytest.raises(CaptionsNotRunning):
        await world.captions.stop(access)
    with pytest.raises(LanguageNotHeard):
        await world.captions.begin(access, "th")
    assert world.plane.packaged == set()
    state = await world.captions.begin(access)
    assert (state["state"], state["locale"], state["engine"], state["remote"]) == ("on", "en", "scribe", False)
    assert world.plane.packaged == {room_id}
    with pytest.raises(CaptionsBusy):
        await world.captions.begin(await world.live_room())
    with pytest.raises(Forbidden):
        await world.captions.stop(await world.rooms.access(room_id, VIEWER))
    assert (await world.captions.stop(access))["state"] == "off"
    assert world.plane.packaged == set()
    assert world.states == ["on", "off"]


async def test_none_are_offered_and_none_before_the_show(world: World) -> None:
    access = await world.live_room()
    without = Captions(
        "", world.plane, world.store, locales=("en",), hls_root=world.root, recording=lambda _: {}, clock=world.clock,
        bus=world.bus,
    )  # fmt: skip
    with pytest.raises(CaptionsUnavailable):
        await without.begin(access)
    later = await world.rooms.create(
        HOST, NewRoom(kind=RoomKind.CLASS, title="Later", locale="en", visibility=Visibility.PUBLIC)
    )
    with pytest.raises(RoomNotLive):
        await world.captions.begin(later)


async def test_they_end_with_the_room(world: World) -> None:
    access = await world.live_room()
    await world.captions.begin(access)
    await world.rooms.end(access)
    async with asyncio.timeout(10):
        while world.states[-1] != "off":
            await asyncio.sleep(0.01)
    assert world.plane.packaged == set()


async def test_lines_are_kept_while_all_agree_to_be_recorded_and_go_with_the_recording(world: World) -> None:
    access = await world.live_room()
    room_id = access.room.id
    await world.captions.begin(access)
    world.say(room_id, "welcome")
    assert (await world.final())["text"] == "hello"
    world.recording = {"state": "recording", "not_recorded": ["acc_viewer"]}
    world.say(room_id, "welcome")
    await world.final()
    world.recording = {"state": "recording", "not_recorded": []}
    started_ms = world.clock.now_ms()
    world.say(room_id, "welcome")
    line = await world.final()
    world.bus.publish(CaptionTranslated(room_id, line["id"], "th", "สวัสดี"))
    async with asyncio.timeout(10):
        while not (kept := await world.kept(room_id)) or not kept[0].translations:
            await asyncio.sleep(0.01)
    assert [(item.id, item.text, item.translations) for item in kept] == [(line["id"], "hello", {"th": "สวัสดี"})]
    assert started_ms + 500 < line["start_ms"] < started_ms + 1_500
    assert list(world.captions.locales(room_id)) == ["en", "th"]
    assert len(world.captions.recent(room_id)) == 3

    recordings = SqlRecordings(world.database)
    await recordings.add(Recording("rec_1", room_id, RecordingState.RECORDING, started_ms, "acc_host"))
    await recordings.change("rec_1", lambda found: found.deleted(started_ms + 60_000, "acc_host"))
    assert await world.kept(room_id) == []


PATIENT = """
import pathlib, time
from livehub.media.captions.transcriber import Spoken

class Patient:
    name, is_remote = "patient", False
    def supports(self, locale): return True
    def transcribe(self, pcm, locale, *, final):
        if locale == "en":
            pathlib.Path(FOLDER, "asked").touch()
            while not pathlib.Path(FOLDER, "go").exists():
                time.sleep(0.01)
        return [Spoken(f"in {locale}", 0.0, 1.0)]
    def close(self): pass

def create(setting, **_): return Patient()
"""


async def test_what_was_under_way_in_the_language_before_is_not_told_as_of_the_one_after(
    world: World, package: Path
) -> None:
    (package / "livehub_scribe.py").write_text(PATIENT.replace("FOLDER", repr(str(package))))
    access = await world.live_room()
    await world.captions.begin(access, "en")
    world.say(access.room.id, "welcome")
    async with asyncio.timeout(60):
        while not (package / "asked").exists():
            await asyncio.sleep(0.01)
    await world.captions.begin(access, "th")
    (package / "go").touch()
    world.say(access.room.id, "welcome")
    told = [await world.final()]
    while not world.lines.empty():
        told.append(dict(world.lines.get_nowait().line))
    assert {(line["text"], line["locale"]) for line in told} == {("in th", "th")}


class Dictionary:
    """Translates into Thai by a table; counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.rooms: set[str] = set()

    async def translate(self, room_id: str, text: str, source_locale: str, target_locales: Any) -> dict[str, Any]:
        assert source_locale == "en"
        self.rooms.add(room_id)
        self.asked += 1
        known = {"hello": "สวัสดี"}
        return {tag: type("Found", (), {"text": known[text]}) for tag in target_locales if text in known}


async def test_a_replay_has_what_was_said_where_it_was_said(world: World) -> None:
    room_id = (await world.live_room()).room.id
    lines = [Line("a", 10_500, 11_500, "en", "hello"), Line("b", 13_000, 13_900, "en", "Crème brûlée")]
    await world.store.add(room_id, [*lines, Line("c", 99_000, 99_500, "en", "after the end")])
    coded, contents = Format("video", "video", "init.mp4", "avc1"), Contents()
    contents.add(coded, Piece("video", 0, "0.m4s", 10_000, 2.0, 1))
    contents.add(coded, Piece("video", 1, "1.m4s", 12_500, 2.0, 1))
    replay = Replay([Take("rec_1", contents)])
    engine = Dictionary()
    said = ReplayCaptions(world.store, engine)
    cues = await said.cues(room_id, replay, None)
    assert [(cue.start_s, cue.text) for cue in cues] == [(0.5, "hello"), (2.5, "Crème brûlée")]
    for _ in range(2):
        thai = await said.cues(room_id, replay, "th")
        assert [(cue.text, cue.locale, cue.source) for cue in thai] == [
            ("สวัสดี", "th", "hello"),
            ("Crème brûlée", "en", None),
        ]
    assert engine.rooms == {room_id}
    assert (await world.kept(room_id))[0].translations == {"th": "สวัสดี"}
    assert await said.locales(room_id) == ["en", "th"]
    assert [cue.start_s for cue in search(thai, "HELLO")] == [0.5]
    assert [cue.start_s for cue in search(thai, "brulee creme")] == [2.5]
    assert search(thai, "nothing") == []
