"""Taking products in from a file: read and compared first, shown, and written once the merchant says so.

A file is read line by line beside the event loop; what it would change is kept in SQL, so that the preview can be
paged, any process can go on, and a crash loses nothing. Each product is written in a commit of its own.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from livehub.accounts.principal import Principal
from livehub.clock import Clock
from livehub.commerce.catalog.diff import Plan, RowKind, plan
from livehub.commerce.catalog.errors import ImportHasErrors, ImportNotFound, ImportNotReady, ImportRunning
from livehub.commerce.catalog.file import CatalogFile, Opened
from livehub.commerce.catalog.import_pictures import ImportPictures
from livehub.commerce.catalog.imports import ACTIVE, STALE_MS, Import, ImportState, ImportStore, Row
from livehub.commerce.catalog.model import Store
from livehub.commerce.catalog.product_csv import CsvBroken, FileProduct
from livehub.commerce.catalog.shop import Shop
from livehub.errors import LivehubError
from livehub.ids import new_id
from livehub.ratelimit import TokenBuckets

log = logging.getLogger(__name__)

#: products that are compared together, and that are written together
READ_BATCH: Final = 100
WRITE_BATCH: Final = 10
AT_ONCE: Final = 2
#: how often an import gives a sign of life besides its progress
BEAT_S: Final = STALE_MS / 4000
#: files of one account: some in a row, then one every two minutes
FILES_BURST: Final = 20
FILES_PER_S: Final = 1 / 120
KEEP_MS: Final = 7 * 24 * 3600 * 1000


class ImportDesk:
    """Jobs run in this process, two at a time; :meth:`close` stops them, and they can go on elsewhere."""

    def __init__(
        self,
        store: ImportStore,
        shop: Shop,
        pictures: ImportPictures,
        touch: Callable[[Sequence[str]], None],
        clock: Clock,
    ) -> None:
        self._store = store
        self._shop = shop
        self._pictures = pictures
        self._touch = touch
        self._clock = clock
        self._rate = TokenBuckets(clock, FILES_PER_S, FILES_BURST)
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._jobs: dict[str, asyncio.Task[None]] = {}

    def now_ms(self) -> int:
        """For :meth:`Import.present`."""
        return self._clock.now_ms()

    async def require_free(self, principal: Principal, store_id: str) -> Store:
        """Before a large body is read; :meth:`begin` looks again. Raises: StoreNotFound, Forbidden, RateLimited,
        ImportRunning."""
        store = await self._shop.own_store(principal, store_id)
        for known in await self._store.of_store(store.id, 5):
            if known.state_at(self._clock.now_ms()) in ACTIVE:
                raise ImportRunning(**{"import": known.id})
        self._rate.take(principal.identity)
        return store

    async def begin(self, principal: Principal, store: Store, name: str, file: CatalogFile) -> Import:
        """Read the file in the background; it is closed after that. Raises: ImportRunning, when another was begun
        while the file came."""
        now = self._clock.now_ms()
        await self._store.forget(now - KEEP_MS)
        new = Import(
            new_id("imp"), store.id, principal.identity, name, ImportState.READING, "", 0, "", "", 0, 0, 0, 0, 0, 0, 0,
            0, 0, file.size, now, now,
        )  # fmt: skip
        await self._store.add(new)
        self._start(new.id, self._read(new, store, file))
        return new

    async def own(self, principal: Principal, import_id: str) -> Import:
        """Raises: ImportNotFound, also for somebody else's."""
        found = await self._store.find(import_id)
        if found is None or found.store_id not in {store.id for store in await self._shop.stores_of(principal)}:
            raise ImportNotFound
        return found

    async def of_store(self, principal: Principal, store_id: str) -> list[Import]:
        """The last ones, newest first. Raises: StoreNotFound, Forbidden."""
        store = await self._shop.own_store(principal, store_id)
        return await self._store.of_store(store.id, 20)

    async def rows(
        self, principal: Principal, import_id: str, kind: RowKind | None, after: int, limit: int
    ) -> list[Row]:
        """What it would change, or changed, in the order of the file. Raises: ImportNotFound."""
        found = await self.own(principal, import_id)
        return await self._store.rows(found.id, kind, after, limit)

    async def confirm(self, principal: Principal, import_id: str, *, skip_errors: bool) -> Import:
        """Write what was shown; where it was interrupted it goes on. Raises: ImportNotFound, ImportNotReady,
        ImportHasErrors, ImportRunning (another of the store is)."""
        found = await self.own(principal, import_id)
        state = found.state_at(self._clock.now_ms())
        goes_on = state is ImportState.INTERRUPTED and found.state is not ImportState.READING
        # one that waits for its turn here gives no sign of life, and is not gone
        if (state is not ImportState.READY and not goes_on) or found.id in self._jobs:
            raise ImportNotReady(state=state)
        if found.errors and not skip_errors and not goes_on:
            raise ImportHasErrors(errors=found.errors)
        store = await self._shop.own_store(principal, found.store_id)
        total = found.to_create + found.to_change
        if not await self._store.begin_writing(found, self._clock.now_ms(), total):
            raise ImportNotReady(state=state)
        self._start(found.id, self._write(found.id, store, principal.identity))
        return await self.own(principal, import_id)

    async def cancel(self, principal: Principal, import_id: str) -> Import:
        """What was written stays. Raises: ImportNotFound, ImportNotReady (it is over)."""
        found = await self.own(principal, import_id)
        over = {ImportState.DONE, ImportState.FAILED, ImportState.CANCELLED}
        if found.state in over or not await self._set(found, found.state, state=ImportState.CANCELLED):
            raise ImportNotReady(state=found.state)
        return await self.own(principal, import_id)

    def _start(self, import_id: str, job: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self._guarded(import_id, job), name=f"import {import_id}")
        self._jobs[import_id] = task
        task.add_done_callback(lambda done: self._jobs.pop(import_id) if self._jobs.get(import_id) is done else None)

    async def close(self) -> None:
        """Idempotent."""
        tasks = list(self._jobs.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._pictures.close()

    async def settled(self) -> None:
        """Until nothing runs here any more."""
        while self._jobs:
            await asyncio.gather(*self._jobs.values(), return_exceptions=True)

    async def _guarded(self, import_id: str, job: Coroutine[Any, Any, None]) -> None:
        try:
            async with self._alive(import_id), self._slots:
                await job
        except Exception:  # a fault of ours must not look like one of the file's
            log.exception("the import %s failed", import_id)
            found = await self._store.find(import_id)
            if found is not None and found.state in ACTIVE:
                await self._store.change(import_id, found.state, state=ImportState.FAILED, error="internal")
        finally:
            job.close()

    @asynccontextmanager
    async def _alive(self, import_id: str) -> AsyncIterator[None]:
        """Signs of life, also while it waits for its turn: other processes take what gives none for interrupted."""
        beating = asyncio.create_task(self._beat(import_id), name=f"signs of life of import {import_id}")
        try:
            yield
        finally:
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)

    async def _beat(self, import_id: str) -> None:
        while True:
            await asyncio.sleep(BEAT_S)
            try:
                await self._store.touch(import_id, self._clock.now_ms())
            except Exception as error:  # the database may be away for a while
                log.warning("the import %s could not give a sign of life (%s)", import_id, type(error).__name__)

    async def _set(self, found: Import, expected: ImportState, **values: Any) -> bool:
        return await self._store.change(found.id, expected, touched_at=self._clock.now_ms(), **values)

    # --- reading ----------------------------------------------------------------------------------------------------

    async def _read(self, new: Import, store: Store, file: CatalogFile) -> None:
        try:
            opened = await asyncio.to_thread(file.open, store.currency)
            counts = dict.fromkeys(RowKind, 0)
            position = 0
            facts = {"encoding": opened.encoding, "ignored": "\n".join(opened.ignored)}
            while batch := await asyncio.to_thread(opened.take, READ_BATCH):
                rows = await self._compare(store, batch, position)
                position += len(batch)
                for row in rows:
                    counts[row.kind] += 1
                await self._store.keep_rows(new.id, [row for row in rows if row.kind is not RowKind.SAME])
                if not await self._set(new, ImportState.READING, **facts, **_so_far(counts, opened)):
                    return  # cancelled
            await self._set(new, ImportState.READING, **facts, **_so_far(counts, opened), state=ImportState.READY)
        except CsvBroken as broken:
            failed = {"state": ImportState.FAILED, "error": broken.code, "error_line": broken.line}
            await self._set(new, ImportState.READING, **failed)
        finally:
            await asyncio.to_thread(file.close)

    async def _compare(self, store: Store, batch: Sequence[FileProduct], start: int) -> list[Row]:
        present = await self._store.present(store.id, batch)
        return [_row(start + index, one, plan(one, present)) for index, one in enumerate(batch)]

    # --- writing ----------------------------------------------------------------------------------------------------

    async def _write(self, import_id: str, store: Store, by: str) -> None:
        # what was committed and not yet counted when a process went away counts too
        written, skipped = await self._store.tried(import_id)
        while rows := await self._store.to_write(import_id, WRITE_BATCH):
            outcomes = await asyncio.gather(*(self._write_row(store, import_id, row, by) for row in rows))
            found = await self._store.find(import_id)
            if found is None:
                return
            if None in outcomes:  # another process writes too, which took this one for gone
                written, skipped = await self._store.tried(import_id)
            else:
                written, skipped = written + outcomes.count(True), skipped + outcomes.count(False)
            if not await self._set(
                found, ImportState.WRITING, written=written, skipped=skipped, position=written + skipped
            ):
                return
        found = await self._store.find(import_id)
        counts = {"written": written, "skipped": skipped, "position": 0}
        if found is not None and await self._set(found, ImportState.WRITING, state=ImportState.PICTURES, **counts):
            await self._fetch(found)

    async def _write_row(self, store: Store, import_id: str, row: Row, by: str) -> bool | None:
        """Whether it was written; None: it was tried before."""
        try:
            touched = await self._store.write_row(store, import_id, row, by, self._clock.now_ms())
            if touched is None:
                return None
            self._touch(touched)
        except LivehubError as refusal:
            await self._store.refuse_row(import_id, row.position, refusal.error_code)
            return False
        return True

    # --- pictures ---------------------------------------------------------------------------------------------------

    async def _fetch(self, found: Import) -> None:
        after, done, failed = (-1, ""), 0, 0
        while some := await self._store.wanted_pictures(found.id, after, self._pictures.at_once):
            outcomes = await asyncio.gather(*(self._pictures.take(found.id, one) for one in some))
            after = (some[-1].position, some[-1].sku or "")
            done, failed = done + sum(len(one.urls) for one in some), failed + sum(outcomes)
            progress = {"position": done, "total": done, "pictures_failed": failed}
            if not await self._set(found, ImportState.PICTURES, **progress):
                return
        await self._set(found, ImportState.PICTURES, state=ImportState.DONE)


def _row(position: int, wanted: FileProduct, planned: Plan) -> Row:
    title = wanted.title or (planned.product.title if planned.product else "")
    handle = wanted.handle or (wanted.variants[0].sku if wanted.variants else "")
    return Row(position, wanted.line, planned.kind, handle, title, planned.differences, planned.faults, "", wanted)


def _so_far(counts: dict[RowKind, int], opened: Opened) -> dict[str, int]:
    return {
        "lines": opened.lines,
        "position": opened.position,
        "to_create": counts[RowKind.CREATE],
        "to_change": counts[RowKind.CHANGE],
        "same": counts[RowKind.SAME],
        "errors": counts[RowKind.ERROR],
    }
