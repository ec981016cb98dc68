"""Rooms, accounts and sessions in SQL, on both databases as `livehub serve` makes them."""

import asyncio
from dataclasses import asdict, replace

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from livehub.accounts.errors import EmailTaken
from livehub.accounts.model import Account, ApiKey
from livehub.accounts.permissions import Role
from livehub.rooms.errors import RoomIsLive, RoomNotFound, TooManyRoles
from livehub.rooms.kinds import RoomKind, Visibility
from livehub.rooms.listing import Cursor, RoomQuery
from livehub.rooms.model import Room, RoomState
from livehub.storage.accounts import SqlAccounts, accounts
from livehub.storage.database import Database
from livehub.storage.rooms import SqlRooms

ANA = Account("acc_ana", "ana@example.org", "hash", "Ana 🏺", "en", 1)
ROOM = Room(
    id="room_1",
    kind=RoomKind.SHOW,
    title="Bowls 碗",
    description="Two\nlines",
    state=RoomState.SCHEDULED,
    locale="en",
    visibility=Visibility.PUBLIC,
    owner_id="acc_ana",
    owner_name="Ana 🏺",
    store_id="sto_1",
    store_title="Pots",
    created_at=1_700_000_000_000,
    starts_at=1_800_000_000_000,
)


@pytest.fixture
async def rooms(migrated: Database) -> SqlRooms:
    await SqlAccounts(migrated).add(ANA)
    return SqlRooms(migrated)


async def test_a_room_comes_back_as_it_was(rooms: SqlRooms) -> None:
    await rooms.add(ROOM)
    await rooms.set_role("room_1", "gst_1", Role.MODERATOR, 10)
    await rooms.set_role("room_1", "gst_1", Role.SPEAKER, 10)
    record = await rooms.find("room_1")
    assert record is not None
    assert record.room == ROOM
    assert record.roles == {"gst_1": Role.SPEAKER}
    assert await rooms.find("room_2") is None


async def test_changes_are_made_to_the_present_row_one_after_the_other(rooms: SqlRooms) -> None:
    await rooms.add(replace(ROOM, title=""))
    await asyncio.gather(
        *(rooms.change("room_1", lambda room: replace(room, title=room.title + "x")) for _ in range(30))
    )
    record = await rooms.find("room_1")
    assert record is not None
    assert record.room.title == "x" * 30
    with pytest.raises(RoomNotFound):
        await rooms.change("room_2", lambda room: room)


async def test_a_deleted_room_is_nowhere(rooms: SqlRooms) -> None:
    await rooms.add(ROOM)

    def refuse(_room: Room) -> None:
        raise RoomIsLive

    with pytest.raises(RoomIsLive):
        await rooms.delete("room_1", 5, refuse)
    assert await rooms.find("room_1") is not None
    await rooms.delete("room_1", 5, lambda _room: None)
    assert await rooms.find("room_1") is None
    assert await rooms.page(RoomQuery()) == ([], None)
    assert await rooms.page(RoomQuery(member="acc_ana")) == ([], None)
    for action in (rooms.delete("room_1", 6, lambda _room: None), rooms.set_role("room_1", "x", Role.VIEWER, 10)):
        with pytest.raises(RoomNotFound):
            await action


async def test_pages_in_the_order_of_their_state(rooms: SqlRooms) -> None:
    for number, starts_at in enumerate([30, 10, None, 10, 20]):
        await rooms.add(replace(ROOM, id=f"room_{number}", starts_at=starts_at, created_at=number))
    await rooms.add(replace(ROOM, id="room_hidden", visibility=Visibility.PRIVATE))

    async def ids(query: RoomQuery) -> tuple[list[str], Cursor | None]:
        records, following = await rooms.page(query)
        return [record.room.id for record in records], following

    first, cursor = await ids(RoomQuery(RoomState.SCHEDULED, limit=3))
    assert first == ["room_1", "room_3", "room_4"]
    assert cursor is not None
    assert await ids(RoomQuery(RoomState.SCHEDULED, after=Cursor.parse(str(cursor)), limit=3)) == (
        ["room_0", "room_2"],
        None,
    )
    assert (await ids(RoomQuery(limit=2)))[0] == ["room_4", "room_3"]
    assert await ids(RoomQuery(RoomState.LIVE)) == ([], None)
    assert len((await ids(RoomQuery(member="acc_ana")))[0]) == 6
    assert await ids(RoomQuery(member="acc_bob")) == ([], None)
    await rooms.set_role("room_hidden", "acc_bob", Role.COHOST, 10)
    assert await ids(RoomQuery(member="acc_bob")) == (["room_hidden"], None)


async def test_one_account_an_address_even_at_once(migrated: Database) -> None:
    store = SqlAccounts(migrated)
    results = await asyncio.gather(
        *(store.add(replace(ANA, id=f"acc_{number}")) for number in range(5)), return_exceptions=True
    )
    assert sum(isinstance(result, EmailTaken) for result in results) == 4
    found = await store.by_email("ana@example.org")
    assert found is not None
    assert await store.by_id(found.id) == found
    await store.set_profile(found.id, "Anna", "th")
    await store.set_password_hash(found.id, "other")
    assert await store.by_id(found.id) == replace(found, display_name="Anna", locale="th", password_hash="other")


async def test_sessions_and_keys(migrated: Database) -> None:
    store = SqlAccounts(migrated)
    await store.add(ANA)
    await store.add_session("hash_1", "acc_ana", created_at=10, expires_at=20)
    assert await store.session("hash_1") == (ANA, 20)
    await store.prolong_session("hash_1", 30)
    assert await store.session("hash_1") == (ANA, 30)
    await store.add_session("hash_2", "acc_ana", created_at=31, expires_at=60)
    assert await store.session("hash_1") is None
    await store.delete_session("hash_2")
    assert await store.session("hash_2") is None

    keys = [ApiKey(f"key_{number}", "acc_ana", f"kh_{number}", "Till", number) for number in range(3)]
    assert [await store.add_api_key(key, 2) for key in keys] == [True, True, False]
    assert await store.api_keys("acc_ana") == [keys[1], keys[0]]
    assert await store.api_key_account("kh_0") == ANA
    assert await store.revoke_api_key("acc_bob", "key_0", 5) is None
    assert await store.revoke_api_key("acc_ana", "key_0", 5) == "kh_0"
    assert await store.revoke_api_key("acc_ana", "key_0", 6) is None
    assert await store.api_key_account("kh_0") is None
    assert await store.add_api_key(keys[2], 2)


async def test_errors_that_end_in_the_log_name_no_values(migrated: Database) -> None:
    await SqlAccounts(migrated).add(ANA)
    again = insert(accounts).values(asdict(replace(ANA, id="acc_2", password_hash="argon2-secret")))
    with pytest.raises(IntegrityError) as failed:
        await migrated.write(lambda tx: tx.execute(again).close())
    assert "argon2-secret" not in str(failed.value)


async def test_so_many_people_have_a_role(rooms: SqlRooms) -> None:
    await rooms.add(ROOM)
    for number in range(3):
        await rooms.set_role("room_1", f"gst_{number}", Role.SPEAKER, 3)
    with pytest.raises(TooManyRoles):
        await rooms.set_role("room_1", "gst_3", Role.SPEAKER, 3)
    await rooms.set_role("room_1", "gst_2", Role.VIEWER, 3)
