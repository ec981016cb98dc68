"""Group commit: many callers' writes in one transaction, each answered only after the commit.

One thread owns the only writing connection. It takes whatever has gathered since the last commit, at most ``max_batch``
(and see :meth:`Writer._gather`), runs each write in order, commits once, and resolves the callers' futures. On SQLite
with synchronous=FULL this turns one fsync per order into one per batch: 515/s becomes tens of thousands.

A write is a plain function of a :class:`Tx`. It may run more than once (a failing neighbour rolls the batch back and
each is then tried alone), so it must have no effect but on the database. It may refuse by raising a
:class:`~livehub.errors.LivehubError` *before* its first statement that writes: that costs its neighbours nothing.

Where thousands of writes of one kind gather, a :class:`Bulk` takes all of a batch at once: a handful of statements for
all instead of a handful for each.
"""

import asyncio
import logging
import queue
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic, sleep
from typing import Any, Final, Generic, Protocol, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.engine import CursorResult
from sqlalchemy.exc import OperationalError
from sqlalchemy.sql import Executable

from livehub.errors import LivehubError, Unavailable

log = logging.getLogger(__name__)
T = TypeVar("T")
I = TypeVar("I")  # noqa: E741
I_contra = TypeVar("I_contra", contravariant=True)
O_co = TypeVar("O_co", covariant=True)

MAX_BATCH = 1000
MAX_QUEUED = 20_000
#: a batch of so many is not worth waiting for more
ENOUGH = 64
#: how long more are waited for at a time and in all, as long as each time some have come
LOOK_AGAIN_S = 0.002
PATIENCE_S = 0.005
#: how long a write that may wait waits for a commit that is made anyhow
CAN_WAIT_S = 0.1


class Tx:
    """A connection inside the writer's transaction, that remembers whether anything was written."""

    __slots__ = ("_connection", "dirty")

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.dirty = False

    def execute(self, statement: Executable, parameters: Any = None) -> CursorResult[Any]:
        if not getattr(statement, "is_select", False):
            self.dirty = True
        return self._connection.execute(statement, parameters)

    def cursor(self, *, writes: bool) -> Any:
        """A DBAPI cursor of the same transaction, for :class:`~livehub.storage.prepared.Prepared` statements."""
        if writes:
            self.dirty = True
        return self._connection.connection.cursor()


class Bulk(Protocol[I_contra, O_co]):
    """A kind of write that a batch makes all at once, in the order they came."""

    def run(self, tx: Tx, items: Sequence[I_contra], /) -> "Sequence[O_co | LivehubError]":
        """What comes of each item: a value or why it is refused. Refused items must have written nothing.

        What it raises undoes the batch, and each item is tried alone.
        """


@dataclass(slots=True)
class _Write(Generic[T]):
    """``step`` is a write of its own, or a Bulk that takes ``item`` together with its neighbours'."""

    step: "Callable[[Tx], T] | Bulk[Any, T]"
    item: Any
    future: "asyncio.Future[T]"
    loop: asyncio.AbstractEventLoop
    outcome: T | BaseException | None = None


class _Look:
    """Instead of a write."""


_LOOK: Final = _Look()


class _Dirty(Exception):
    """A write refused after it had written: the batch has to be undone."""


class Writer:
    """Start with :meth:`start`; :meth:`close` commits what is queued and stops the thread.

    ``on_commit`` is called in that thread with the number of writes.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        max_batch: int = MAX_BATCH,
        max_queued: int = MAX_QUEUED,
        on_commit: Callable[[int], None] | None = None,
    ) -> None:
        self._engine = engine
        self._on_commit = on_commit
        self._max_batch = max_batch
        self._max_queued = max_queued
        #: None: stop after what came before. _LOOK: there may be something among what can wait.
        self._queue: queue.SimpleQueue[_Write[Any] | _Look | None] = queue.SimpleQueue()
        self._can_wait: deque[_Write[Any]] = deque()
        self._thread = threading.Thread(target=self._loop, name="livehub-writer", daemon=True)
        self._closed = False
        self.commits = 0
        self.writes = 0

    def start(self) -> None:
        self._thread.start()

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    async def run(self, write: Callable[[Tx], T], *, can_wait: bool = False) -> T:
        """Queue ``write`` and wait until it is committed. One that ``can_wait`` is committed with the next that cannot,
        or after :data:`CAN_WAIT_S`: it delays nobody by a commit of its own.

        Raises:
            LivehubError: what ``write`` refused with; nothing of it was kept.
            Unavailable: too many writes are waiting, the server is stopping, or the database is away
                (``database_unavailable``: should it have gone during the commit, the write may have been kept).
        """
        return await self._queued(write, None, can_wait=can_wait)

    async def run_bulk(self, bulk: Bulk[I, T], item: I) -> T:
        """Queue ``item`` for ``bulk`` and wait until it is committed; raises what :meth:`run` does."""
        return await self._queued(bulk, item)

    async def _queued(self, step: Callable[[Tx], T] | Bulk[Any, T], item: Any, *, can_wait: bool = False) -> T:
        if self._closed:
            raise Unavailable("The server is stopping")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        if self._queue.qsize() + len(self._can_wait) >= self._max_queued:
            raise Unavailable("Too much is being written at once", retry_after_s=1, code="overloaded")
        write = _Write(step, item, future, loop)
        if can_wait:
            self._can_wait.append(write)
            loop.call_later(CAN_WAIT_S, self._queue.put, _LOOK)
        else:
            self._queue.put(write)
        # A caller that goes away cancels its future alone, not what may be committed already.
        return await future

    def _loop(self) -> None:
        connection: Connection | None = None
        stop = False
        while not stop:
            batch, stop = self._gather()
            try:
                connection = connection or self._engine.connect()
            except Exception as error:
                # The next batch tries again: a database that starts after us, or comes back, is found.
                for write in batch:
                    write.outcome = outward(error)
            else:
                if batch:
                    self._commit(connection, batch)
            self._answer(batch)
        if connection is not None:
            connection.close()

    def _gather(self) -> tuple[list[_Write[Any]], bool]:
        """The next batch, and whether it is the last. Who comes alone is served at once; where there are several and
        more keep coming, they are waited for a little: a commit costs as much for one as for fifty."""
        first = self._queue.get()
        if not isinstance(first, _Write):
            return self._with_the_patient([]), first is None
        batch = [first]
        stop = self._take(batch)
        known, until = 1, monotonic() + PATIENCE_S
        # By the clock: on a busy core to sleep takes longer than was asked for.
        while known < len(batch) < min(ENOUGH, self._max_batch) and not stop and monotonic() < until:
            known = len(batch)
            sleep(LOOK_AGAIN_S)
            stop = self._take(batch)
        return self._with_the_patient(batch), stop

    def _with_the_patient(self, batch: list[_Write[Any]]) -> list[_Write[Any]]:
        """And all that can wait, on top of ``max_batch``: few writes are of that kind."""
        while self._can_wait:
            batch.append(self._can_wait.popleft())
        return batch

    def _take(self, batch: list[_Write[Any]]) -> bool:
        """Add what waits; whether that was all there will ever be."""
        while len(batch) < self._max_batch:
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                return False
            if item is None:
                return True
            if isinstance(item, _Write):
                batch.append(item)
        return False

    def _commit(self, connection: Connection, batch: list[_Write[Any]]) -> None:
        try:
            with connection.begin():
                for step, writes in _by_step(batch):
                    self._attempt(connection, step, writes)
        except Exception as error:
            if len(batch) == 1 or _is_of_database(error):
                outcome = error.__cause__ if isinstance(error, _Dirty) else outward(error)
                for write in batch:
                    write.outcome = outcome
                return
            # Somebody in the batch broke it: each alone, so that only the culprit fails.
            for write in batch:
                self._commit(connection, [write])
            return
        self.commits += 1
        self.writes += len(batch)
        if self._on_commit is not None:
            self._on_commit(len(batch))

    @staticmethod
    def _attempt(connection: Connection, step: Callable[[Tx], Any] | Bulk[Any, Any], writes: list[_Write[Any]]) -> None:
        tx = Tx(connection)
        try:
            outcomes = [step(tx)] if callable(step) else step.run(tx, [write.item for write in writes])
        except LivehubError as refusal:
            if tx.dirty or len(writes) > 1:
                raise _Dirty from refusal
            outcomes = [refusal]
        for write, outcome in zip(writes, outcomes, strict=True):
            write.outcome = outcome

    @staticmethod
    def _answer(batch: list[_Write[Any]]) -> None:
        by_loop: dict[asyncio.AbstractEventLoop, list[_Write[Any]]] = {}
        for write in batch:
            by_loop.setdefault(write.loop, []).append(write)
        for loop, writes in by_loop.items():
            try:
                loop.call_soon_threadsafe(_resolve, writes)
            except RuntimeError:
                log.warning("%d writes were committed after their event loop had closed", len(writes))


def _by_step(batch: list[_Write[Any]]) -> list[tuple[Any, list[_Write[Any]]]]:
    """The batch in order, all items of one Bulk where its first stands."""
    steps: list[tuple[Any, list[_Write[Any]]]] = []
    bulks: dict[int, list[_Write[Any]]] = {}
    for write in batch:
        if callable(write.step):
            steps.append((write.step, [write]))
        elif (gathered := bulks.get(id(write.step))) is not None:
            gathered.append(write)
        else:
            bulks[id(write.step)] = gathered = [write]
            steps.append((write.step, gathered))
    return steps


#: of SQLite's primary result codes (sqlite.org/rescode.html) those that say nothing about the statement itself
_SQLITE_AWAY = frozenset(
    {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY}
)


#: of PostgreSQL's, beside the classes of :func:`_is_of_database` (postgresql.org/docs/current/errcodes-appendix.html)
_DISK_FULL = "53100"


def _sqlite_code(error: OperationalError) -> int:
    """The primary one; 0 for other databases."""
    return int(getattr(error.orig, "sqlite_errorcode", 0)) & 0xFF


def _is_full(error: OperationalError) -> bool:
    return _sqlite_code(error) == sqlite3.SQLITE_FULL or getattr(error.orig, "sqlstate", None) == _DISK_FULL


def _is_of_database(error: Exception) -> bool:
    """It went away, is locked, or its disk is full: to try each write alone would fail, or wait, as often.

    Where the connection broke during the commit it would moreover write twice what had been kept after all.
    """
    if not isinstance(error, OperationalError):
        return False
    # psycopg's errors have it, SQLite's do not. The driver is not imported for this: it takes a while, and those who
    # have SQLite have no need of it.
    if error.orig is not None and hasattr(error.orig, "sqlstate"):
        # Nothing came from the server itself, or: no connection, no resources, shutting down or starting up
        # (postgresql.org/docs/current/errcodes-appendix.html).
        sqlstate: str | None = error.orig.sqlstate
        return error.connection_invalidated or sqlstate is None or sqlstate[:2] in {"08", "53", "57"}
    return error.connection_invalidated or _sqlite_code(error) in _SQLITE_AWAY


def outward(error: Exception) -> Exception:
    """``error`` as callers get it: a database that is away, full or locked is Unavailable and logged; others stay."""
    if not isinstance(error, OperationalError):
        return error
    log.error("the database failed: %s", error.orig)
    detail = "The server's disk is full" if _is_full(error) else "The database cannot be reached right now"
    unavailable = Unavailable(detail, code="database_unavailable")
    unavailable.__cause__ = error
    return unavailable


def _resolve(writes: list[_Write[Any]]) -> None:
    for write in writes:
        if write.future.done():
            continue
        if isinstance(write.outcome, BaseException):
            write.future.set_exception(write.outcome)
        else:
            write.future.set_result(write.outcome)
