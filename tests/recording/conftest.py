"""Recording over real SQLite and a real disk, fed by a packager that says what it wrote; time moves by hand."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import insert

from livehub.accounts.principal import Principal, PrincipalKind
from livehub.clock import ManualClock
from livehub.errors import Unavailable
from livehub.events import Event, EventBus, RecordingChanged, StageChanged
from livehub.media.errors import MediaWorkerLost, PackagingUnavailable
from livehub.media.hls.events import HlsEnded, HlsEraBegan, HlsPartWritten, HlsSegmentWritten, HlsStarted, SetApart
from livehub.media.recording.limits import RecordingLimits
from livehub.media.recording.service import Recordings
from livehub.rooms.access import Access
from livehub.rooms.kinds import RecordingMode, RoomKind, Visibility
from livehub.rooms.service import NewRoom, RoomService
from livehub.storage.accounts import accounts
from livehub.storage.database import Database
from livehub.storage.recordings import SqlRecordings
from livehub.storage.rooms import SqlRooms
from tests.recording.fragments import Made, video

HOST = Principal(PrincipalKind.ACCOUNT, "acc_host", "Ana", "en")
OTHER = Principal(PrincipalKind.ACCOUNT, "acc_other", "Bob", "en")
ROOMY = 1 << 40


@dataclass
class Plane:
    """What the media plane is asked for."""

    asked: dict[str, Sequence[str] | None] = field(default_factory=dict)
    unavailable: bool = False
    lost: bool = False
    full: bool = False

    async def package(self, room_id: str, reason: str, only: Sequence[str] | None = None) -> None:
        assert reason == "recording"
        if self.unavailable:
            raise Unavailable
        if self.full:
            raise PackagingUnavailable
        if self.lost:
            raise MediaWorkerLost
        self.asked[room_id] = only

    async def stop_packaging(self, room_id: str, reason: str) -> None:
        assert reason == "recording"
        self.asked.pop(room_id, None)


@dataclass
class Packaging:
    """One run of the packager: segments of two parts, a second each, out of real fragments."""

    bus: EventBus
    clock: ManualClock
    root: Path
    room_id: str
    made: Made
    run: str = "run_1"
    apart: bool = False
    era: int = 0
    msn: int = 0

    def tell(self, event: Event) -> None:
        self.bus.publish(SetApart(event) if self.apart else event)

    def start(self) -> "Packaging":
        self.tell(HlsStarted(self.room_id, self.run, ("video",), self.clock.now_ms(), 4, 0.5, 60.0))
        self.begin_era(self.era)
        return self

    def begin_era(self, era: int) -> None:
        self.era = era
        path = self._write(f"init-{era}.mp4", self.made.init)
        self.tell(HlsEraBegan(self.room_id, self.run, "video", era, path, "avc1.42e01f", 160, 96))

    def part(self, part: int) -> None:
        """One second passes; then the part is there. The two of a segment make it whole together."""
        at_ms = self.clock.now_ms()
        self.clock.advance(1)
        data, _ = self.made.fragments[(2 * self.msn + part) % len(self.made.fragments)]
        path = self._write(f"{self.msn}.{part}.m4s", data)
        where = (self.room_id, self.run, "video", self.era, self.msn)
        self.tell(HlsPartWritten(*where, part, path, at_ms, 1.0, len(data), True))
        if part == 1:
            first = (self.root / self.room_id / self.run / f"{self.msn}.0.m4s").read_bytes()
            path = self._write(f"{self.msn}.m4s", first + data)
            self.tell(HlsSegmentWritten(*where, 2, path, at_ms - 1000, 2.0, len(first + data), True))
            self.msn += 1

    def segment(self) -> None:
        self.part(0)
        self.part(1)

    def end(self, reason: str = "room_ended") -> None:
        self.tell(HlsEnded(self.room_id, self.run, reason))

    def _write(self, name: str, data: bytes) -> str:
        path = self.root / self.room_id / self.run / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return f"{self.room_id}/{self.run}/{name}"


@dataclass
class Studio:
    """Everything that a test of recording needs."""

    recordings: Recordings
    rooms: RoomService
    store: SqlRecordings
    clock: ManualClock
    bus: EventBus
    plane: Plane
    root: Path
    made: Made
    free: list[int]
    told: list[RecordingChanged] = field(default_factory=list)

    async def settle(self) -> None:
        """What was told so far has been done."""

        async def nothing() -> None:
            pass

        await self.recordings.recorder.ordered(nothing)

    async def room(
        self, mode: RecordingMode = RecordingMode.ON, kind: RoomKind = RoomKind.SHOW, *, live: bool = True
    ) -> Access:
        access = await self.rooms.create(HOST, NewRoom(kind, "Bowls", "en", Visibility.PUBLIC, recording=mode))
        if live:
            await self.rooms.start(access)
            await self.settle()
        return await self.rooms.access(access.room.id, HOST)

    def packaging(self, room_id: str, run: str = "run_1", *, apart: bool = False) -> Packaging:
        root = self.root / ("apart" if apart else "hls")
        return Packaging(self.bus, self.clock, root, room_id, self.made, run, apart).start()

    def on_stage(self, room_id: str, *identities: str) -> None:
        tracks = tuple({"publisher": who, "display_name": who, "kind": "video", "codec": "H264"} for who in identities)
        self.bus.publish(StageChanged(room_id, tracks))

    def files(self) -> list[str]:
        return sorted(str(path.relative_to(self.root / "recordings")) for path in self.root.glob("recordings/*/*"))

    def make(self, limits: RecordingLimits | None = None) -> Recordings:
        """As a server does at its start."""
        return Recordings(
            self.store,
            self.rooms,
            self.plane,
            root=self.root / "recordings",
            hls_roots=(self.root / "hls", self.root / "apart"),
            channels_root=self.root / "channels",
            clock=self.clock,
            bus=self.bus,
            limits=limits,
            free_bytes=lambda: self.free[0],
        )


@pytest.fixture(scope="session")
def made() -> Made:
    return video(8)


@pytest.fixture
def limits() -> RecordingLimits:
    return RecordingLimits()


@pytest.fixture
async def studio(
    database: Database, clock: ManualClock, bus: EventBus, tmp_path: Path, made: Made, limits: RecordingLimits
) -> AsyncIterator[Studio]:
    rows = [
        {"id": p.identity, "email": p.identity, "password_hash": "", "display_name": p.display_name, "locale": "en"}
        for p in (HOST, OTHER)
    ]
    await database.write(lambda tx: tx.execute(insert(accounts), [row | {"created_at": 1} for row in rows]))

    async def store_of(_store_id: str) -> None:
        return None

    rooms = RoomService(SqlRooms(database), clock=clock, bus=bus, viewers=lambda _room: 0, store_of=store_of)
    studio = Studio(None, rooms, SqlRecordings(database), clock, bus, Plane(), tmp_path, made, [ROOMY])  # type: ignore[arg-type]
    studio.recordings = studio.make(limits)
    bus.subscribe(RecordingChanged, studio.told.append)
    studio.recordings.start()
    await studio.recordings.recover()
    yield studio
    await studio.recordings.close()
