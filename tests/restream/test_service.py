"""Targets over real SQL, with a sender that notes what it is asked for."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from livehub.accounts.permissions import Role
from livehub.accounts.principal import Principal, PrincipalKind
from livehub.clock import ManualClock
from livehub.errors import Conflict, Forbidden, Gone
from livehub.events import EventBus, RestreamChanged
from livehub.restream.errors import (
    KeyUnreadable,
    NotOnAir,
    TargetBusy,
    TargetKeyRefused,
    TargetNotFound,
    TooManyTargets,
)
from livehub.restream.model import Target
from livehub.restream.service import MAX_TARGETS, STOPPED, NewTarget, RestreamService, TargetPatch
from livehub.restream.vault import Vault
from livehub.rooms.access import Access
from livehub.rooms.kinds import RoomKind
from livehub.rooms.service import NewRoom, RoomPatch, RoomService
from livehub.storage.accounts import accounts
from livehub.storage.database import Database
from livehub.storage.restreams import SqlRestreams, restream_targets
from livehub.storage.rooms import SqlRooms
from livehub.storage.rooms import rooms as sql_rooms

SECRET = "a-secret-of-thirty-two-characters"
KEY = "abcd-efgh-ijkl-mnop"
TARGET = NewTarget("Channel", "rtmp://live.example/app", KEY, automatic=False)
HOST = Principal(PrincipalKind.ACCOUNT, "acc_host", "Host", "en")
CONNECTING = {**STOPPED, "state": "connecting"}


@dataclass
class Sender:
    """The media plane's part: notes calls, answers with ``connecting``."""

    bus: EventBus
    running: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    started: int = 0
    full: bool = False

    async def start_restream(self, room_id: str, target_id: str, *, url: str, key: str) -> Mapping[str, Any]:
        if self.full:
            raise Conflict(code="too_many_restreams")
        self.started += 1
        self.running[target_id] = (room_id, url, key)
        return CONNECTING

    async def stop_restream(self, room_id: str, target_id: str) -> None:
        if target_id in self.running and self.running[target_id][0] == room_id:
            del self.running[target_id]
            self.bus.publish(RestreamChanged(room_id, target_id, STOPPED))


@dataclass
class Desk:
    """A host, rooms of theirs, and the service."""

    database: Database
    bus: EventBus
    clock: ManualClock
    rooms: RoomService
    sender: Sender
    service: RestreamService

    async def room(self, *, live: bool = True) -> Access:
        access = await self.rooms.create(HOST, NewRoom(RoomKind.SHOW, "Show", "en"))
        return replace(access, room=await self.rooms.start(access)) if live else access

    async def present(self, access: Access) -> Access:
        return await self.rooms.access(access.room.id, access.principal)

    async def settle(self) -> None:
        """Until everything that follows from events is done."""
        await self.service.close()
        self.service.start()
        await self.service.close()
        self.service.start()

    def again(self, secret: str = SECRET) -> RestreamService:
        """The service of a server that was started anew."""
        return RestreamService(
            SqlRestreams(self.database), self.sender, Vault(secret), room_of=self.rooms.get, bus=EventBus(),
            clock=self.clock,
        )  # fmt: skip


@pytest.fixture
async def desk(database: Database, bus: EventBus, clock: ManualClock) -> AsyncIterator[Desk]:
    row = {"id": "acc_host", "email": "h@example.org", "password_hash": "x", "display_name": "Host", "locale": "en"}
    await database.write(lambda tx: tx.execute(insert(accounts).values(**row, created_at=0)).close())

    async def store_of(_store_id: str) -> None:
        return None

    rooms = RoomService(SqlRooms(database), clock=clock, bus=bus, viewers=lambda _: 0, store_of=store_of)
    sender = Sender(bus)
    service = RestreamService(SqlRestreams(database), sender, Vault(SECRET), room_of=rooms.get, bus=bus, clock=clock)
    service.start()
    yield Desk(database, bus, clock, rooms, sender, service)
    await service.close()


async def test_a_key_is_sealed_in_the_database_and_reaches_the_sender_alone(desk: Desk, tmp_path: Path) -> None:
    access = await desk.room()
    target, status = await desk.service.add(access, TARGET)
    assert (target.key_hint, target.has_key, status["state"]) == ("mnop", True, "stopped")
    (sealed,) = await desk.database.read(lambda c: c.execute(select(restream_targets.c.sealed_key)).scalars().all())
    assert KEY not in sealed
    _, status = await desk.service.run(access, target.id)
    assert status == CONNECTING
    assert desk.sender.running == {target.id: (access.room.id, TARGET.url, KEY)}
    await desk.database.close()
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]


async def test_starting_and_stopping(desk: Desk) -> None:
    access = await desk.room()
    target, _ = await desk.service.add(access, TARGET)
    await desk.service.run(access, target.id)
    desk.bus.publish(RestreamChanged(access.room.id, target.id, {**STOPPED, "state": "live", "bitrate_bps": 5}))
    [(listed, status)] = await desk.service.list(access)
    assert (listed.room_id, status["state"], status["bitrate_bps"]) == (access.room.id, "live", 5)
    await desk.service.run(access, target.id)
    assert desk.sender.started == 2  # at once, instead of when the pause between two tries is over
    _, status = await desk.service.stop(access, target.id)
    assert (status, desk.sender.running) == (STOPPED, {})
    assert [status for _, status in await desk.service.list(access)] == [STOPPED]


async def test_nothing_leaves_before_the_show_or_after_it(desk: Desk) -> None:
    planned = await desk.room(live=False)
    target, _ = await desk.service.add(planned, TARGET)
    with pytest.raises(NotOnAir):
        await desk.service.run(planned, target.id)
    live = replace(planned, room=await desk.rooms.start(planned))
    await desk.service.run(live, target.id)
    await desk.rooms.end(live)
    await desk.settle()
    assert desk.sender.running == {}
    assert [(one.room_id, status) for one, status in await desk.service.list(live)] == [(None, STOPPED)]
    with pytest.raises(Gone):
        await desk.service.run(await desk.present(live), target.id)


async def test_a_target_takes_one_show_at_a_time(desk: Desk) -> None:
    first, second = await desk.room(), await desk.room()
    target, _ = await desk.service.add(first, TARGET)
    await desk.service.run(first, target.id)
    assert [status["state"] for _, status in await desk.service.list(second)] == ["busy"]
    with pytest.raises(TargetBusy):
        await desk.service.run(second, target.id)
    await desk.service.stop(second, target.id)  # what carries another show is not stopped from here
    assert desk.sender.running[target.id][0] == first.room.id
    await desk.service.stop(first, target.id)
    await desk.service.run(second, target.id)


async def test_what_shall_start_by_itself_starts_with_the_show_once(desk: Desk) -> None:
    planned = await desk.room(live=False)
    await desk.service.add(planned, TARGET)
    automatic, _ = await desk.service.add(planned, replace(TARGET, automatic=True))
    live = replace(planned, room=await desk.rooms.start(planned))
    await desk.settle()
    assert list(desk.sender.running) == [automatic.id]
    await desk.service.stop(live, automatic.id)
    await desk.rooms.patch(live, RoomPatch(title="Another title"))
    await desk.settle()
    assert desk.sender.running == {}


async def test_one_that_cannot_start_by_itself_says_why(desk: Desk) -> None:
    planned = await desk.room(live=False)
    await desk.service.add(planned, replace(TARGET, automatic=True))
    desk.sender.full = True
    await desk.rooms.start(planned)
    await desk.settle()
    [(target, status)] = await desk.service.list(planned)
    assert (target.room_id, status["state"], status["code"]) == (None, "failed", "too_many_restreams")


async def test_a_restarted_server_goes_on_sending(desk: Desk) -> None:
    access, ended = await desk.room(), await desk.room()
    target, _ = await desk.service.add(access, TARGET)
    stale, _ = await desk.service.add(access, TARGET)
    await desk.service.run(access, target.id)
    await desk.service.run(ended, stale.id)
    await desk.service.close()
    desk.sender.running.clear()
    over = update(sql_rooms).where(sql_rooms.c.id == ended.room.id).values(state="ended")
    await desk.database.write(lambda tx: tx.execute(over).close())
    desk.clock.advance(5)
    anew = desk.again()
    anew.start()
    await anew.close()
    assert list(desk.sender.running) == [target.id]
    assert {one.id: one.room_id for one, _ in await anew.list(access)} == {target.id: access.room.id, stale.id: None}


async def test_another_secret_makes_keys_unreadable_and_a_new_key_mends_it(desk: Desk) -> None:
    access = await desk.room()
    target, _ = await desk.service.add(access, TARGET)
    other = desk.again("another-secret-of-thirty-two-char")
    with pytest.raises(KeyUnreadable):
        await other.run(access, target.id)
    assert (await other.list(access))[0][0].room_id is None
    await other.change(access, target.id, TargetPatch(key="new-key-of-sixteen"))
    await other.run(access, target.id)
    assert desk.sender.running[target.id][2] == "new-key-of-sixteen"


async def test_changing_what_runs_starts_it_anew(desk: Desk) -> None:
    access = await desk.room()
    target, _ = await desk.service.add(access, TARGET)
    await desk.service.run(access, target.id)
    await desk.service.change(access, target.id, TargetPatch(name="Other name", automatic=True))
    assert desk.sender.started == 1
    changed, _ = await desk.service.change(access, target.id, TargetPatch(url="rtmp://live.example/other"))
    assert (changed.name, changed.automatic, desk.sender.started) == ("Other name", True, 2)
    assert desk.sender.running[target.id][1:3] == ("rtmp://live.example/other", KEY)


async def test_a_key_goes_to_the_server_it_was_entered_for_alone(desk: Desk) -> None:
    access = await desk.room()
    target, _ = await desk.service.add(access, TARGET)
    with pytest.raises(TargetKeyRefused):
        await desk.service.change(access, target.id, TargetPatch(url="rtmp://thief.example/app"))
    changed, _ = await desk.service.change(access, target.id, TargetPatch(url="https://whip.example/x", key=""))
    assert (changed.has_key, changed.key_hint) == (False, "")
    with pytest.raises(TargetKeyRefused):
        await desk.service.change(access, target.id, TargetPatch(url="rtmp://whip.example/app"))


async def test_deleting_ends_the_sending(desk: Desk) -> None:
    access = await desk.room()
    target, _ = await desk.service.add(access, TARGET)
    await desk.service.run(access, target.id)
    await desk.service.delete(access, target.id)
    assert (desk.sender.running, await desk.service.list(access)) == ({}, [])
    with pytest.raises(TargetNotFound):
        await desk.service.delete(access, target.id)


async def test_the_number_of_targets_is_bounded(desk: Desk) -> None:
    access = await desk.room()
    for _ in range(MAX_TARGETS):
        await desk.service.add(access, TARGET)
    with pytest.raises(TooManyTargets):
        await desk.service.add(access, TARGET)


@pytest.mark.parametrize(
    ("role", "runs", "edits"),
    [(Role.HOST, True, True), (Role.COHOST, True, False), (Role.MODERATOR, False, False), (Role.VIEWER, False, False)],
)
async def test_who_may_do_what(desk: Desk, role: Role, runs: bool, edits: bool) -> None:
    host = await desk.room()
    target, _ = await desk.service.add(host, TARGET)
    access = replace(host, role=role)

    async def refused(call: Any) -> bool:
        try:
            await call
        except Forbidden:
            return True
        return False

    assert await refused(desk.service.list(access)) == (not runs)
    assert await refused(desk.service.run(access, target.id)) == (not runs)
    assert await refused(desk.service.stop(access, target.id)) == (not runs)
    assert await refused(desk.service.add(access, TARGET)) == (not edits)
    assert await refused(desk.service.change(access, target.id, TargetPatch(name="x"))) == (not edits)
    assert await refused(desk.service.delete(access, target.id)) == (not edits)


async def test_anothers_targets_are_not_to_be_found(desk: Desk) -> None:
    access = await desk.room()
    row = Target("rst_other", "acc_host2", "n", "rtmp://x.example/y", "", "", False, None, 0)
    account = {"id": "acc_host2", "email": "i@example.org", "password_hash": "x", "display_name": "I", "locale": "en"}
    await desk.database.write(lambda tx: tx.execute(insert(accounts).values(**account, created_at=0)).close())
    await SqlRestreams(desk.database).add(row, 10)
    for call in (
        desk.service.run(access, "rst_other"),
        desk.service.stop(access, "rst_other"),
        desk.service.delete(access, "rst_other"),
        desk.service.change(access, "rst_other", TargetPatch(name="mine")),
    ):
        with pytest.raises(TargetNotFound):
            await call
