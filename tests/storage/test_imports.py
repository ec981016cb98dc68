"""A store takes one file in at a time, whichever process is asked, on both databases."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from sqlalchemy import insert

from livehub.commerce.catalog.errors import ImportRunning
from livehub.commerce.catalog.imports import STALE_MS, Import, ImportState
from livehub.commerce.catalog.model import Store
from livehub.storage.accounts import accounts
from livehub.storage.catalog import SqlCatalog
from livehub.storage.database import Database
from livehub.storage.imports import SqlImports
from tests.storage.test_place import OWNER

NOW = 1_000_000


def new(name: str, store: str = "store_1", at_ms: int = NOW) -> Import:
    counts = {field: 0 for field in Import.__slots__ if field not in {"id", "store_id", "by", "name", "state"}}
    texts = {"error": "", "encoding": "", "ignored": "", "created_at": at_ms, "touched_at": at_ms}
    return Import(name, store, "acc_1", "x.csv", ImportState.READING, **{**counts, **texts})  # type: ignore[arg-type]


@pytest.fixture
async def both(migrated: Database) -> AsyncIterator[tuple[SqlImports, SqlImports]]:
    """What two processes have of one database with two stores."""
    await migrated.write(lambda tx: tx.execute(insert(accounts), OWNER).close())
    for store_id in ("store_1", "store_2"):
        await SqlCatalog(migrated).add_store(Store(store_id, "acc_1", "x", "EUR", 0))
    other = Database(migrated.url)
    other.start()
    yield SqlImports(migrated, "http://x"), SqlImports(other, "http://x")
    await other.close()


async def test_one_of_a_store_is_begun_at_a_time(both: tuple[SqlImports, SqlImports]) -> None:
    here, there = both
    begun = await asyncio.gather(
        here.add(new("imp_1")),
        there.add(new("imp_2")),
        here.add(new("imp_3", "store_2")),
        there.add(new("imp_4")),
        return_exceptions=True,
    )
    assert begun[2] is None, "another store's is its own"
    assert sum(isinstance(one, ImportRunning) for one in begun) == 2
    (kept,) = await there.of_store("store_1", 10)
    for refusal in begun:
        assert refusal is None or (isinstance(refusal, ImportRunning) and refusal.extra["import"] == kept.id)
    # What gives no sign of life any more holds nobody up; what is over neither.
    await there.add(new("imp_5", at_ms=NOW + STALE_MS + 1))
    with pytest.raises(ImportRunning):
        await here.add(new("imp_6", at_ms=NOW + STALE_MS + 2))
    assert await here.change("imp_5", ImportState.READING, state=ImportState.FAILED)
    await here.add(new("imp_7", at_ms=NOW + STALE_MS + 3))


async def test_what_is_ready_waits_for_what_is_read(both: tuple[SqlImports, SqlImports]) -> None:
    here, there = both
    ready = new("imp_1")
    await here.add(ready)
    assert await here.change(ready.id, ImportState.READING, state=ImportState.READY)
    ready = replace(ready, state=ImportState.READY)
    await there.add(new("imp_2"))
    with pytest.raises(ImportRunning):
        await here.begin_writing(ready, NOW + 5, 1)
    assert await there.change("imp_2", ImportState.READING, state=ImportState.CANCELLED)
    # Confirmed twice it is written by one.
    written = await asyncio.gather(*(one.begin_writing(ready, NOW + 5, 1) for one in both))
    assert sorted(written) == [False, True]
    with pytest.raises(ImportRunning):
        await there.add(new("imp_3"))
