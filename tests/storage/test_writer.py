"""Group commit: what was acknowledged is kept, a refusal costs its neighbours nothing, order is kept."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from livehub.bench.postgres import Postgres
from livehub.errors import Conflict, Unavailable
from livehub.storage.database import Database, make_engine
from livehub.storage.writer import Tx, Writer

LEDGER = Table(
    "ledger",
    MetaData(),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("note", String(40), nullable=False),
)


@pytest.fixture
async def ledger(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    LEDGER.metadata.create_all(database.engine)
    database.start()
    yield database
    await database.close()


def _add(number: int, note: str = "") -> Callable[[Tx], int]:
    def write(tx: Tx) -> int:
        tx.execute(insert(LEDGER).values(id=number, note=note))
        return number

    return write


async def _ids(database: Database) -> list[int]:
    return await database.read(lambda c: list(c.execute(select(LEDGER.c.id).order_by(LEDGER.c.id)).scalars()))


async def test_writes_are_there_once_they_are_answered(ledger: Database) -> None:
    for number in range(3):
        assert await ledger.write(_add(number)) == number
        assert number in await _ids(ledger)


async def test_many_callers_share_commits(ledger: Database) -> None:
    answers = await asyncio.gather(*(ledger.write(_add(number)) for number in range(500)))
    assert answers == list(range(500))
    assert await _ids(ledger) == list(range(500))
    assert ledger.writer.writes == 500
    assert ledger.writer.commits < 250


async def _hold(database: Database, gate: threading.Event) -> "asyncio.Future[bool]":
    """The writer is at a write that lasts until ``gate`` is set."""
    begun = threading.Event()

    def hold(_tx: Tx) -> bool:
        begun.set()
        return gate.wait(10)

    held = asyncio.ensure_future(database.write(hold))
    assert await asyncio.to_thread(begun.wait, 10)
    return held


async def _together(database: Database, *writes: Callable[[Tx], object]) -> list[object]:
    """Run ``writes`` in one batch: the writer is held until all of them wait."""
    gate = threading.Event()
    held = await _hold(database, gate)
    waiting = [asyncio.ensure_future(database.write(write)) for write in writes]
    await asyncio.sleep(0)
    commits = database.writer.commits
    gate.set()
    assert await held
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert database.writer.commits >= commits + 1
    return list(results)


async def test_a_batch_waits_as_long_as_more_come(ledger: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    loop, looks, late = asyncio.get_running_loop(), 0, []

    def one_more(_seconds: float) -> None:
        """In the writer's thread, where it would sleep: the first time another write is queued meanwhile."""
        nonlocal looks
        looks += 1
        if looks == 1:
            late.append(asyncio.run_coroutine_threadsafe(ledger.write(_add(3)), loop))
            asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop).result(30)

    monkeypatch.setattr("livehub.storage.writer.sleep", one_more)
    monkeypatch.setattr("livehub.storage.writer.PATIENCE_S", 30)
    await ledger.write(_add(0))
    assert looks == 0  # who comes alone is not kept
    commits = ledger.writer.commits
    assert await _together(ledger, _add(1), _add(2)) == [1, 2]
    assert await asyncio.wrap_future(late[0]) == 3
    assert looks == 2
    assert ledger.writer.commits == commits + 2  # the one that held them back, and that of all three


async def test_what_can_wait_shares_the_commit_of_what_cannot(
    ledger: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("livehub.storage.writer.CAN_WAIT_S", 3600)
    waiting = [asyncio.create_task(ledger.writer.run(_add(number), can_wait=True)) for number in (1, 2)]
    await asyncio.sleep(0)
    before = ledger.writer.commits
    assert await ledger.write(_add(3)) == 3
    assert await asyncio.gather(*waiting) == [1, 2]
    assert ledger.writer.commits == before + 1
    assert await _ids(ledger) == [1, 2, 3]


async def test_what_can_wait_is_committed_all_the_same_where_nothing_else_comes(ledger: Database) -> None:
    assert await ledger.writer.run(_add(1), can_wait=True) == 1
    assert await _ids(ledger) == [1]


async def test_closing_commits_what_can_wait(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livehub.storage.writer.CAN_WAIT_S", 3600)
    database = Database(database_url)
    LEDGER.metadata.create_all(database.engine)
    database.start()
    waiting = asyncio.create_task(database.writer.run(_add(1), can_wait=True))
    await asyncio.sleep(0)
    await database.close()
    assert await waiting == 1


async def test_a_clean_refusal_keeps_its_batch(ledger: Database) -> None:
    def refuse(_tx: Tx) -> None:
        raise Conflict("sold out")

    first, refused, last = await _together(ledger, _add(1), refuse, _add(2))
    assert (first, last) == (1, 2)
    assert isinstance(refused, Conflict)
    assert await _ids(ledger) == [1, 2]


async def test_a_refusal_after_writing_leaves_nothing_behind(ledger: Database) -> None:
    def write_and_refuse(tx: Tx) -> None:
        _add(7)(tx)
        raise Conflict("too late")

    first, refused, last = await _together(ledger, _add(1), write_and_refuse, _add(2))
    assert (first, last) == (1, 2)
    assert isinstance(refused, Conflict)
    assert await _ids(ledger) == [1, 2]


async def test_only_the_culprit_of_a_broken_batch_fails(ledger: Database) -> None:
    await ledger.write(_add(1))
    results = await _together(ledger, _add(2), _add(1), _add(3))
    assert results[0] == 2
    assert isinstance(results[1], IntegrityError)
    assert results[2] == 3
    assert await _ids(ledger) == [1, 2, 3]


async def test_writes_see_those_before_them_in_their_batch(ledger: Database) -> None:
    await ledger.write(_add(1, "0"))

    def increment(tx: Tx) -> int:
        count = int(tx.execute(select(LEDGER.c.note)).scalar_one()) + 1
        tx.execute(update(LEDGER).values(note=str(count)))
        return count

    assert await _together(ledger, *[increment] * 20) == list(range(1, 21))


async def test_a_caller_that_goes_away_undoes_nothing(ledger: Database) -> None:
    gate = threading.Event()
    held = await _hold(ledger, gate)
    leaving = asyncio.ensure_future(ledger.write(_add(5)))
    await asyncio.sleep(0.01)
    leaving.cancel()
    gate.set()
    await held
    await ledger.write(_add(6))
    assert await _ids(ledger) == [5, 6]


async def test_closing_commits_what_waits_and_then_refuses(database_url: str) -> None:
    database = Database(database_url)
    LEDGER.metadata.create_all(database.engine)
    database.start()
    waiting = [asyncio.ensure_future(database.write(_add(number))) for number in range(50)]
    await asyncio.sleep(0)
    await database.close()
    assert await asyncio.gather(*waiting) == list(range(50))
    with pytest.raises(Unavailable):
        await database.write(_add(99))
    await database.close()
    engine = make_engine(database_url)
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(LEDGER)).scalar_one() == 50
    engine.dispose()


async def test_a_full_queue_is_refused_not_grown(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'small.db'}")
    LEDGER.metadata.create_all(engine)
    writer = Writer(engine.execution_options(writer=True), max_queued=2)
    waiting = [asyncio.ensure_future(writer.run(_add(number))) for number in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable) as refused:
        await writer.run(_add(3))
    assert refused.value.error_code == "overloaded"
    writer.start()
    assert await asyncio.gather(*waiting) == [0, 1]
    await writer.close()
    engine.dispose()


async def test_sqlite_is_set_up_for_durability(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'set.db'}")
    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar_one() == 2  # FULL
        assert connection.execute(text("PRAGMA foreign_keys")).scalar_one() == 1
    engine.dispose()


async def test_what_a_write_may_have_to_undo_goes_to_no_file(tmp_path: Path) -> None:
    """Before-images of every page that a statement of many rows changes would be written beside the rows themselves."""
    database = Database(f"sqlite:///{tmp_path / 'set.db'}")
    database.start()
    store = text("PRAGMA temp_store")
    assert await database.write(lambda tx: tx.execute(store).scalar_one()) == 2  # MEMORY
    # Readers sort what may be larger than memory.
    assert await database.read(lambda connection: connection.execute(store).scalar_one()) == 0
    await database.close()


#: writes as fast as it can and prints each number only once its write was acknowledged
_RUSH = """
import asyncio, os, sys
from sqlalchemy import text
from livehub.storage.database import Database

async def main():
    database = Database(sys.argv[1])
    database.start()
    async def one(number):
        await database.write(lambda tx: tx.execute(text(f"INSERT INTO ledger (id, note) VALUES ({number}, '')")))
        os.write(1, b"%d\\n" % number)
    number = 0
    while True:
        await asyncio.gather(*(one(number + i) for i in range(20)))
        number += 20

asyncio.run(main())
"""


def test_kill_9_loses_nothing_that_was_acknowledged(database_url: str) -> None:
    engine = make_engine(database_url)
    LEDGER.metadata.create_all(engine)
    process = subprocess.Popen([sys.executable, "-c", _RUSH, database_url], stdout=subprocess.PIPE, cwd=os.getcwd())
    assert process.stdout is not None
    acknowledged = [int(process.stdout.readline()) for _ in range(300)]
    process.send_signal(signal.SIGKILL)
    # What reached the pipe before the kill was acknowledged too; a line cut short was not.
    acknowledged += [int(line) for line in process.stdout.read().decode().split("\n")[:-1]]
    process.stdout.close()
    process.wait()
    with engine.connect() as connection:
        kept = set(connection.execute(select(LEDGER.c.id)).scalars())
    engine.dispose()
    assert set(acknowledged) <= kept
    assert len(kept) >= 300


async def test_a_disk_that_is_full_is_tried_once_for_a_batch_not_for_each(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'full.db'}")
    LEDGER.metadata.create_all(database.engine)
    database.start()
    await database.write(lambda tx: tx.execute(text("PRAGMA max_page_count = 1")).close())
    attempts: list[int] = []

    def fill(number: int) -> Callable[[Tx], int]:
        def write(tx: Tx) -> int:
            attempts.append(number)
            tx.execute(insert(LEDGER).values(id=number, note="x" * 20_000))
            return number

        return write

    outcomes = await _together(database, *(fill(number) for number in range(20)))
    assert {getattr(outcome, "error_code", None) for outcome in outcomes} == {"database_unavailable"}
    assert attempts == list(range(len(attempts))), "none is tried twice"
    assert await _ids(database) == []
    await database.write(lambda tx: tx.execute(text("PRAGMA max_page_count = 100000")).close())
    assert await database.write(fill(99)) == 99
    await database.close()


async def test_a_batch_that_postgresql_did_not_answer_is_not_made_twice(postgres: Postgres) -> None:
    """The connection breaks after the first of three writes: what was made of the batch nobody knows, so none of it is
    tried again behind its callers' backs."""
    url = postgres.new_database()
    database = Database(url)
    LEDGER.metadata.create_all(database.engine)
    database.start()
    name = url.split("/")[3].split("?")[0]
    attempts: list[int] = []

    def write(number: int) -> Callable[[Tx], int]:
        def add(tx: Tx) -> int:
            attempts.append(number)
            if number == 1:
                with psycopg.connect(postgres.url("postgres"), autocommit=True) as other:
                    other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
            return _add(number)(tx)

        return add

    outcomes = await _together(database, *(write(number) for number in range(3)))
    assert {getattr(outcome, "error_code", None) for outcome in outcomes} == {"database_unavailable"}
    assert attempts == [0, 1]
    assert await database.write(_add(7)) == 7
    assert await _ids(database) == [7]
    await database.close()


async def test_a_postgresql_that_restarts_costs_one_batch(postgres: Postgres) -> None:
    url = postgres.new_database()
    database = Database(url)
    LEDGER.metadata.create_all(database.engine)
    database.start()
    await database.write(_add(1))
    assert await _ids(database) == [1]
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as other:
        # The writer's connection and the readers' end as they would with the server.
        name = url.split("/")[3].split("?")[0]
        other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
    with pytest.raises(Unavailable) as refused:
        await database.write(_add(2))
    assert refused.value.error_code == "database_unavailable"
    assert await database.write(_add(3)) == 3
    assert await _ids(database) == [1, 3]
    await database.close()


async def test_a_database_that_is_away_is_unavailable(tmp_path: Path) -> None:
    database = Database(f"postgresql://nobody@/none?host={tmp_path}")
    with pytest.raises(Unavailable):
        await database.read(lambda connection: connection.exec_driver_sql("SELECT 1"))
    database.start()
    with pytest.raises(Unavailable):
        await asyncio.wait_for(database.write(_add(1)), 20)
    await database.close()
