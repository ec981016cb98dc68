"""Follows on both databases: what a guest leaves to their account, and announcing in batches without doubles."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from livehub.accounts.model import Account
from livehub.followers.errors import TooManyFollows
from livehub.followers.model import Address, AddressState, Follow, PushSubscription
from livehub.followers.ports import Start
from livehub.rooms.kinds import RoomKind, Visibility
from livehub.rooms.model import Room, RoomState
from livehub.storage.accounts import SqlAccounts
from livehub.storage.commerce import outbox
from livehub.storage.database import Database
from livehub.storage.followers import SqlFollowers, start_announced
from livehub.storage.rooms import SqlRooms

HOUR_MS = 3_600_000
ROOM = Room(
    "room_1", RoomKind.SHOW, "Bowls", "", RoomState.SCHEDULED, "en", Visibility.PUBLIC, "acc_ana", "Ana", None, None, 1
)


def address(identity: str, state: AddressState = AddressState.CONFIRMED) -> Address:
    return Address(f"adr_{identity}", identity, f"{identity}@example.org", "en", state, 5)


def browser(identity: str, n: int = 0) -> PushSubscription:
    return PushSubscription(f"push_{identity}_{n}", identity, "https://push.example/1", "p", "a", "en", n)


async def targets(database: Database) -> list[str]:
    rows = await database.read(lambda connection: connection.execute(select(outbox.c.target)).all())
    return sorted(row.target for row in rows)


async def announce(store: SqlFollowers, room: str, at_ms: int, *, per_hour: int = 100) -> int:
    """How many batches it took."""
    start = Start(room, ["host:h", f"room:{room}"], "h", per_hour, 3)
    after: str | None = ""
    batches = 0
    while after is not None:
        after = await store.announce(start, after, at_ms)
        batches += 1
    return batches


async def test_everybody_once_in_batches(migrated: Database) -> None:
    store = SqlFollowers(migrated)
    for n in range(7):
        await store.follow(Follow(f"p{n}", "host:h", "H", 1), 10)
        await store.put_address(address(f"p{n}"), ask=False)
    await store.follow(Follow("p0", "room:r1", "R", 1), 10)
    await store.put_push(browser("p0"), 10)
    await store.follow(Follow("h", "host:h", "H", 1), 10)
    await store.put_address(address("h"), ask=False)
    await store.put_address(address("p6", AddressState.PENDING), ask=False)
    expected = sorted([*(f"mail:adr_p{n}" for n in range(6)), "push:push_p0_0"])
    assert await announce(store, "r1", 10) == 3
    assert await targets(migrated) == expected
    await announce(store, "r1", 20)
    assert await targets(migrated) == expected
    await announce(store, "r2", 30)
    assert await targets(migrated) == sorted(expected * 2)


async def test_not_more_than_so_many_an_hour(migrated: Database) -> None:
    store = SqlFollowers(migrated)
    await store.follow(Follow("p", "host:h", "H", 1), 10)
    await store.put_address(address("p"), ask=False)
    for n in range(4):
        await announce(store, f"r{n}", 10 * HOUR_MS + n, per_hour=2)
    assert len(await targets(migrated)) == 2
    await announce(store, "r9", 11 * HOUR_MS + 5, per_hour=2)
    assert len(await targets(migrated)) == 3


async def test_what_a_guest_followed_is_the_accounts(migrated: Database) -> None:
    store = SqlFollowers(migrated)
    await store.follow(Follow("guest", "host:h", "H", 1), 10)
    await store.follow(Follow("guest", "store:s", "S", 2), 10)
    await store.follow(Follow("account", "store:s", "S", 3), 10)
    await store.put_address(address("guest"), ask=False)
    await store.put_push(browser("guest"), 10)
    await store.hand_over("guest", "account")
    assert await store.of("guest") == []
    assert {follow.subject for follow in await store.of("account")} == {"host:h", "store:s"}
    moved = await store.address_of("account")
    assert moved is not None
    assert moved.email == "guest@example.org"
    assert [found.id for found in await store.push_of("account")] == ["push_guest_0"]
    # An address of its own stays.
    await store.put_address(address("second"), ask=False)
    await store.hand_over("second", "account")
    assert (await store.address_of("account")) == moved
    assert await store.address_of("second") is None


async def test_follows_have_a_bound_and_the_same_one_is_one(migrated: Database) -> None:
    store = SqlFollowers(migrated)
    for n in range(3):
        await store.follow(Follow("p", f"host:{n}", "H", n), 3)
    await store.follow(Follow("p", "host:0", "H", 9), 3)
    with pytest.raises(TooManyFollows):
        await store.follow(Follow("p", "host:3", "H", 9), 3)
    assert await store.count("host:0") == 1
    await store.leave("p", "host:0")
    await store.follow(Follow("p", "host:3", "H", 9), 3)
    assert [follow.subject for follow in await store.of("p")] == ["host:3", "host:2", "host:1"]


async def test_a_show_that_starts_and_word_of_it_are_one_commit(
    migrated: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever becomes of the server in the next moment, those who follow are told; and never of what did not start."""
    await SqlAccounts(migrated).add(Account("acc_ana", "ana@example.org", "hash", "Ana", "en", 1))
    rooms = SqlRooms(migrated, start_announced)
    await rooms.add(ROOM)
    live = replace(ROOM, state=RoomState.LIVE, started_at=20)

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as failing:
        failing.setattr("livehub.storage.followers.outbox_row", broken)
        with pytest.raises(ZeroDivisionError):
            await rooms.change(ROOM.id, lambda _: live)
    record = await rooms.find(ROOM.id)
    assert record is not None
    assert record.room.state is RoomState.SCHEDULED
    await rooms.change(ROOM.id, lambda room: replace(room, title="Cups"))
    assert await targets(migrated) == []
    await rooms.change(ROOM.id, lambda _: live)
    assert await targets(migrated) == [f"announce:{ROOM.id}"]
    await rooms.change(ROOM.id, lambda room: replace(room, title="Bowls"))
    assert await targets(migrated) == [f"announce:{ROOM.id}"], "once"
