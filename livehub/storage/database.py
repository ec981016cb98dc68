"""Engines, the writer and the readers of one database: SQLite in WAL by default, PostgreSQL by URL."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import QueuePool

from livehub.storage.checkpoints import AT_LAST_PAGES, Checkpointer
from livehub.storage.writer import Bulk, Tx, Writer, outward

I = TypeVar("I")  # noqa: E741
T = TypeVar("T")

READERS = 4
BUSY_TIMEOUT_MS = 10_000
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-32000")


def make_engine(url: str) -> Engine:
    """An engine for ``sqlite:///path`` or ``postgresql://…`` (psycopg 3).

    SQLite runs in WAL with synchronous=FULL: what was committed survives power loss (sqlite.org/pragma.html). Errors
    name no parameters: they end in the log, which is no place for addresses and hashes.
    """
    if url.startswith("postgresql://"):
        url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    if not url.startswith("sqlite"):
        # A server may restart under us: readers ask a connection whether it still lives before they use it.
        return create_engine(url, pool_size=READERS + 2, pool_pre_ping=True, hide_parameters=True)
    engine = create_engine(
        url,
        hide_parameters=True,
        poolclass=QueuePool,
        pool_size=READERS + 2,
        connect_args={"check_same_thread": False, "timeout": BUSY_TIMEOUT_MS / 1000},
    )

    @event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _record: object) -> None:
        # Transactions are ours: sqlite3's own implicit BEGIN would leave DDL and reads outside of them.
        connection.isolation_level = None
        for pragma in (*PRAGMAS, f"wal_autocheckpoint={AT_LAST_PAGES}"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "engine_connect")
    def _keep_in_memory(connection: Connection) -> None:
        # What a statement of many rows would need to be undone alone is kept while it runs, every page it changes. In a
        # file, the default, that is as much to write as the rows themselves; it has no part in what survives. Readers'
        # sorts stay as they are: they may be larger than memory.
        if connection.get_execution_options().get("writer"):
            driver: Any = connection.connection.driver_connection
            driver.execute("PRAGMA temp_store=MEMORY")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writer") else "BEGIN")

    return engine


class Database:
    """Reads run in a small pool of threads, writes in the one writer; neither touches the event loop."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = make_engine(url)
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="livehub-reader")
        self._checkpoints = Checkpointer(self.engine) if self.is_sqlite else None
        committed = self._checkpoints.committed if self._checkpoints else None
        self.writer = Writer(self.engine.execution_options(writer=True), on_commit=committed)

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    def start(self) -> None:
        self.writer.start()
        if self._checkpoints is not None:
            self._checkpoints.start()

    async def close(self) -> None:
        await self.writer.close()
        if self._checkpoints is not None:
            await asyncio.to_thread(self._checkpoints.close)
        await asyncio.to_thread(self._readers.shutdown)
        self.engine.dispose()

    async def read(self, query: Callable[[Connection], T]) -> T:
        """Run ``query`` on a connection of its own, seeing what was committed before it began.

        Raises:
            Unavailable: the database is away (``database_unavailable``).
        """
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, query)

    def _read(self, query: Callable[[Connection], T]) -> T:
        try:
            with self.engine.connect() as connection:
                return query(connection)
        except OperationalError as error:
            raise outward(error) from error

    async def write(self, write: Callable[[Tx], T], *, can_wait: bool = False) -> T:
        """Group-committed; see :meth:`livehub.storage.writer.Writer.run`."""
        return await self.writer.run(write, can_wait=can_wait)

    async def write_bulk(self, bulk: Bulk[I, T], item: I) -> T:
        """Group-committed together with its neighbours; see :class:`livehub.storage.writer.Bulk`."""
        return await self.writer.run_bulk(bulk, item)
