"""Targets on both databases."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import insert

from livehub.restream.errors import TargetBusy, TargetNotFound, TooManyTargets
from livehub.restream.model import Target
from livehub.storage.accounts import accounts
from livehub.storage.database import Database
from livehub.storage.restreams import SqlRestreams
from livehub.storage.rooms import rooms

TARGET = Target("rst_1", "acc_1", "Kanal", "rtmp://live.example/app", "sealed", "mnop", True, None, 1_700_000_000_000)


@pytest.fixture
async def store(migrated: Database) -> SqlRestreams:
    account = {"id": "acc_1", "email": "a@example.org", "password_hash": "x", "display_name": "A", "locale": "en"}
    room = {
        "kind": "show", "title": "T", "description": "", "state": "live", "locale": "en", "visibility": "public",
        "owner_id": "acc_1", "created_at": 0, "recording": "off",
    }  # fmt: skip
    await migrated.write(lambda tx: tx.execute(insert(accounts).values(**account, created_at=0)).close())
    rows = [{"id": name, **room} for name in ("room_1", "room_2")]
    await migrated.write(lambda tx: tx.execute(insert(rooms), rows).close())
    return SqlRestreams(migrated)


async def test_what_was_added_is_read_back(store: SqlRestreams) -> None:
    await store.add(TARGET, 2)
    await store.add(replace(TARGET, id="rst_2", automatic=False), 2)
    with pytest.raises(TooManyTargets):
        await store.add(replace(TARGET, id="rst_3"), 2)
    assert await store.of_owner("acc_1") == [TARGET, replace(TARGET, id="rst_2", automatic=False)]
    changed = await store.change("rst_1", {"name": "Channel", "key_hint": ""})
    assert changed == replace(TARGET, name="Channel", key_hint="")
    await store.delete("rst_1")
    assert [target.id for target in await store.of_owner("acc_1")] == ["rst_2"]
    with pytest.raises(TargetNotFound):
        await store.change("rst_1", {"name": "x"})


async def test_only_one_room_takes_a_target(store: SqlRestreams) -> None:
    await store.add(TARGET, 2)
    taken = await asyncio.gather(store.take("rst_1", "room_1"), store.take("rst_1", "room_2"), return_exceptions=True)
    assert [type(outcome) for outcome in taken if not isinstance(outcome, Target)] == [TargetBusy]
    (winner,) = [outcome.room_id for outcome in taken if isinstance(outcome, Target)]
    loser = "room_2" if winner == "room_1" else "room_1"
    assert [target.room_id for target in await store.running()] == [winner]
    assert [target.id for target in await store.running(winner)] == ["rst_1"]
    await store.release("rst_1", loser)
    assert await store.running(loser) == []
    assert (await store.take("rst_1", str(winner))).room_id == winner
    await store.release("rst_1", str(winner))
    assert await store.running() == []
    assert (await store.take("rst_1", loser)).room_id == loser
