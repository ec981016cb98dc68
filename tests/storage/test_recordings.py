"""Recordings and consents in SQL, on both databases as `livehub serve` makes them."""

import asyncio
from dataclasses import replace

import pytest

from livehub.errors import IllegalTransition
from livehub.media.recording.errors import AlreadyRecording, RecordingNotFound
from livehub.media.recording.model import Consent, Reason, Recording, RecordingState
from livehub.rooms.listing import RoomQuery
from livehub.rooms.model import RoomState
from livehub.storage.accounts import SqlAccounts
from livehub.storage.database import Database
from livehub.storage.recordings import SqlRecordings
from livehub.storage.rooms import SqlRooms
from tests.storage.test_sql_rooms import ANA, ROOM

FIRST = Recording("rec_1", "room_1", RecordingState.RECORDING, started_at=10, started_by="acc_ana")


@pytest.fixture
async def rooms(migrated: Database) -> SqlRooms:
    await SqlAccounts(migrated).add(ANA)
    rooms = SqlRooms(migrated)
    for number in (1, 2):
        await rooms.add(replace(ROOM, id=f"room_{number}", state=RoomState.ENDED, title=f"Bowls {number}"))
    return rooms


@pytest.fixture
async def store(migrated: Database, rooms: SqlRooms) -> SqlRecordings:
    return SqlRecordings(migrated)


async def test_a_recording_comes_back_as_it_was(store: SqlRecordings) -> None:
    await store.add(FIRST)
    assert await store.find("rec_1") == FIRST
    assert await store.find("rec_2") is None
    assert await store.unfinished() == [FIRST]
    closed = await store.change("rec_1", lambda found: found.closed(20, 9_000, 1234, Reason.ROOM_ENDED))
    assert await store.find("rec_1") == closed
    assert (closed.state, closed.duration_ms, closed.reason) == ("ready", 9_000, "room_ended")
    assert await store.unfinished() == []
    with pytest.raises(IllegalTransition):
        await store.change("rec_1", lambda found: found.closed(30, 1, 1, Reason.STOPPED))
    with pytest.raises(RecordingNotFound):
        await store.change("rec_9", lambda found: found)


async def test_a_room_has_one_open_recording_even_at_once(store: SqlRecordings) -> None:
    tries = [replace(FIRST, id=f"rec_{number}") for number in range(5)]
    results = await asyncio.gather(*map(store.add, tries), return_exceptions=True)
    assert sum(isinstance(result, AlreadyRecording) for result in results) == 4
    await store.add(replace(FIRST, id="rec_other", room_id="room_2"))
    [kept] = await store.of_room("room_1")
    await store.change(kept.id, lambda found: found.closed(20, 0, 0, Reason.ROOM_ENDED))
    assert await store.of_room("room_1") == []
    await store.add(replace(FIRST, id="rec_9"))


async def test_rooms_know_whether_they_can_be_watched_again(store: SqlRecordings, rooms: SqlRooms) -> None:
    async def replays() -> list[str]:
        records, _ = await rooms.page(RoomQuery(with_replay=True))
        return [record.room.id for record in records]

    await store.add(FIRST)
    assert await replays() == []
    await store.change("rec_1", lambda found: found.closed(20, 5, 5, Reason.STOPPED))
    assert await replays() == ["room_1"]
    record = await rooms.find("room_1")
    assert record is not None
    assert record.room.has_replay
    await store.change("rec_1", lambda found: found.deleted(30, "acc_ana"))
    assert await replays() == []


async def test_what_an_owner_has(store: SqlRecordings, rooms: SqlRooms) -> None:
    for number in range(4):
        made = replace(FIRST, id=f"rec_{number}", room_id=f"room_{1 + number % 2}")
        await store.add(made)
        await store.change(made.id, lambda found: found.closed(20, 5, 5, Reason.STOPPED))
    listed = await store.of_owner("acc_ana", None, 3)
    assert [(item.recording.id, item.room_title) for item in listed] == [
        ("rec_3", "Bowls 2"),
        ("rec_2", "Bowls 1"),
        ("rec_1", "Bowls 2"),
    ]
    assert [item.recording.id for item in await store.of_owner("acc_ana", "rec_1", 3)] == ["rec_0"]
    assert await store.of_owner("acc_bob", None, 3) == []
    await rooms.delete("room_2", 50, lambda _room: None)
    assert [item.recording.id for item in await store.of_owner("acc_ana", None, 9)] == ["rec_2", "rec_0"]


async def test_what_is_due_and_what_exists(store: SqlRecordings, rooms: SqlRooms) -> None:
    for number, ended_at in enumerate([100, 200, 300]):
        await store.add(replace(FIRST, id=f"rec_{number}"))
        await store.change(
            f"rec_{number}",
            lambda found, at=ended_at: found.closed(at, 5, 5, Reason.STOPPED),  # type: ignore[misc]
        )
    await store.add(replace(FIRST, id="rec_open"))
    assert [found.id for found in await store.due(200)] == ["rec_0"]
    assert await store.due(None) == []
    await store.change("rec_0", lambda found: found.deleted(400, None, Reason.RETENTION))
    assert await store.due(200) == []
    assert await store.existing(["rec_0", "rec_1", "rec_x", "rec_open"]) == {"rec_1", "rec_open"}
    await rooms.delete("room_1", 500, lambda _room: None)
    assert [found.id for found in await store.due(None)] == ["rec_1", "rec_2"]


async def test_consents(store: SqlRecordings) -> None:
    assert await store.consent("room_1", "gst_1") is None
    await store.set_consent("room_1", "gst_1", Consent.SEEN, 1)
    assert await store.consent("room_1", "gst_1") is Consent.SEEN
    assert await store.agreed("room_1") == frozenset()
    await store.set_consent("room_1", "gst_1", Consent.GIVEN, 2)
    await store.set_consent("room_2", "gst_2", Consent.GIVEN, 2)
    assert await store.agreed("room_1") == {"gst_1"}
