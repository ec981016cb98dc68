"""SQLite's write-ahead log, copied back into the database beside the commits, instead of within one of them.

Left to itself SQLite does it in the commit that brings the log to a thousand pages, and syncs two files for it: of a
chat's lines one in 125 waited 10 to 60 ms. A passive checkpoint on another connection holds up no commit
(sqlite.org/wal.html, section 3.2). Where commits follow so closely that it never catches up with them the log goes on
growing, to :data:`AT_LAST_PAGES`; then the commit does what is left, as before.
"""

import logging
import threading
from typing import Final

from sqlalchemy import Engine

log = logging.getLogger(__name__)

#: some eight pages each: about as often as SQLite itself
EVERY_WRITES: Final = 125
#: and no oftener: thousands of orders a second would have the disk sync little else
APART_S: Final = 1.0
#: 16 MiB; a commit that copies back four times as much takes four times as long
AT_LAST_PAGES: Final = 4_000


class Checkpointer:
    """A thread with a connection of its own, from :meth:`start` to :meth:`close`."""

    def __init__(self, engine: Engine, *, every_writes: int = EVERY_WRITES) -> None:
        self._engine = engine
        self._every_writes = every_writes
        self._writes = 0
        self._due = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="livehub-checkpoints", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def committed(self, writes: int) -> None:
        """So many more; called in the writer's thread, never waits."""
        self._writes += writes
        if self._writes >= self._every_writes:
            self._writes = 0
            self._due.set()

    def close(self) -> None:
        """Ends after what is under way."""
        self._ended.set()
        self._due.set()
        self._thread.join()

    def _loop(self) -> None:
        while True:
            self._due.wait()
            self._due.clear()
            if self._ended.is_set():
                return
            try:
                self._copy_back()
            except Exception:
                # A full disk, mostly, of which the writer's callers hear by themselves. It is tried again.
                log.exception("the database's log could not be copied back")
            self._ended.wait(APART_S)

    def _copy_back(self) -> None:
        pooled = self._engine.raw_connection()
        try:
            cursor = pooled.cursor()
            cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")
            cursor.fetchone()
        finally:
            pooled.close()
