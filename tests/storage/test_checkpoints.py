"""SQLite's log is copied back beside the commits, not within them, and does not grow without bound."""

import asyncio
import logging
import sqlite3
import threading
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path
from time import monotonic

import pytest
from sqlalchemy import Column, Connection, Integer, LargeBinary, MetaData, Table, insert

from livehub.storage import checkpoints
from livehub.storage.checkpoints import AT_LAST_PAGES, EVERY_WRITES, Checkpointer
from livehub.storage.database import Database

HEAPS = Table("heaps", MetaData(), Column("id", Integer, primary_key=True), Column("heap", LargeBinary))
#: a row is four pages of four KiB and more
ROW = bytes(16_000)
ROWS = 2 * EVERY_WRITES + 10


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(f"sqlite:///{tmp_path}/heaps.db")
    HEAPS.metadata.create_all(database.engine)
    database.start()
    yield database
    await database.close()


async def heap_up(database: Database, rows: int = ROWS) -> None:
    for _ in range(rows):
        await database.write(lambda tx: tx.execute(insert(HEAPS).values(heap=ROW)))


async def test_the_log_is_used_anew_though_no_commit_copies_it_back(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = threading.Event()
    real = Checkpointer._copy_back

    def copy_back(self: Checkpointer) -> None:
        real(self)
        done.set()

    monkeypatch.setattr(Checkpointer, "_copy_back", copy_back)
    await heap_up(database, EVERY_WRITES)
    assert await asyncio.to_thread(done.wait, 60)
    log_bytes = (tmp_path / "heaps.db-wal").stat().st_size
    assert (tmp_path / "heaps.db").stat().st_size > EVERY_WRITES * len(ROW)
    await heap_up(database, EVERY_WRITES // 2)
    assert (tmp_path / "heaps.db-wal").stat().st_size == log_bytes, "it was begun anew"


async def test_commits_leave_it_alone(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Checkpointer, "_copy_back", lambda _: None)
    before = (tmp_path / "heaps.db").stat().st_size
    await heap_up(database)
    assert (tmp_path / "heaps.db").stat().st_size == before
    assert (tmp_path / "heaps.db-wal").stat().st_size > ROWS * len(ROW)


async def test_a_log_that_is_never_caught_up_with_is_copied_back_at_last(database: Database) -> None:
    def limit_of(connection: Connection) -> int:
        return int(connection.exec_driver_sql("PRAGMA wal_autocheckpoint").scalar_one())

    assert await database.read(limit_of) == AT_LAST_PAGES
    written = await database.write(lambda tx: tx.cursor(writes=False).execute("PRAGMA wal_autocheckpoint").fetchone())
    assert written == (AT_LAST_PAGES,)


async def test_one_that_fails_is_said_and_the_next_is_tried(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tried = [threading.Event(), threading.Event()]
    real = Checkpointer._copy_back

    def fail_once(self: Checkpointer) -> None:
        if not tried[0].is_set():
            tried[0].set()
            raise sqlite3.OperationalError("disk I/O error")
        real(self)
        tried[1].set()

    monkeypatch.setattr(checkpoints, "APART_S", 0.0)
    monkeypatch.setattr(Checkpointer, "_copy_back", fail_once)
    with caplog.at_level(logging.ERROR):
        await heap_up(database, EVERY_WRITES)
        assert await asyncio.to_thread(tried[0].wait, 60)
        await heap_up(database, EVERY_WRITES)
        assert await asyncio.to_thread(tried[1].wait, 60)
    assert "could not be copied back" in caplog.text


async def test_they_are_apart_however_much_is_written(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[float] = []
    monkeypatch.setattr(checkpoints, "APART_S", 0.3)
    monkeypatch.setattr(Checkpointer, "_copy_back", lambda _: begun.append(monotonic()))
    while len(begun) < 3:
        await heap_up(database, EVERY_WRITES)
    assert all(later - earlier >= 0.3 for earlier, later in pairwise(begun))
