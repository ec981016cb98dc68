"""An import of products from a file, what its preview shows, and what it needs of storage."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Protocol

from livehub.clock import iso
from livehub.commerce.catalog.diff import Difference, Present, RowKind
from livehub.commerce.catalog.model import Store
from livehub.commerce.catalog.product_csv import Fault, FileProduct

#: without a sign of life for so long its process is gone
STALE_MS: Final = 60_000


class ImportState(StrEnum):
    READING = "reading"
    #: to be looked at, and confirmed
    READY = "ready"
    WRITING = "writing"
    PICTURES = "pictures"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    #: its process went away: while writing, confirming goes on where it stopped
    INTERRUPTED = "interrupted"


ACTIVE: Final = (ImportState.READING, ImportState.WRITING, ImportState.PICTURES)


@dataclass(frozen=True, slots=True)
class Import:
    """``lines`` of the file read so far; counts are products. ``position`` and ``total``: how far the present state is,
    in bytes while reading and in products or pictures after that."""

    id: str
    store_id: str
    by: str
    name: str
    state: ImportState
    error: str
    error_line: int
    encoding: str
    ignored: str
    lines: int
    to_create: int
    to_change: int
    same: int
    errors: int
    written: int
    skipped: int
    pictures_failed: int
    position: int
    total: int
    created_at: int
    touched_at: int

    def state_at(self, at_ms: int) -> ImportState:
        stale = self.state in ACTIVE and at_ms - self.touched_at > STALE_MS
        return ImportState.INTERRUPTED if stale else self.state

    def present(self, at_ms: int) -> dict[str, Any]:
        return {
            "id": self.id,
            "store_id": self.store_id,
            "name": self.name,
            "state": self.state_at(at_ms),
            "error": {"code": self.error, "line": self.error_line} if self.error else None,
            "encoding": self.encoding,
            "ignored_columns": [name for name in self.ignored.split("\n") if name],
            "lines": self.lines,
            "create": self.to_create,
            "change": self.to_change,
            "same": self.same,
            "errors": self.errors,
            "written": self.written,
            "skipped": self.skipped,
            "pictures_failed": self.pictures_failed,
            "progress": {"position": self.position, "total": self.total},
            "created_at": iso(self.created_at),
        }


@dataclass(frozen=True, slots=True)
class Row:
    """A product of the file, as the preview shows it. ``outcome``: '' until it was written, then ``written``, the code
    of what it was refused with, or ``changed_meanwhile``."""

    position: int
    line: int
    kind: RowKind
    handle: str
    title: str
    differences: tuple[Difference, ...]
    faults: tuple[Fault, ...]
    outcome: str
    product: FileProduct

    def present(self) -> dict[str, Any]:
        return {
            "id": str(self.position),
            "line": self.line,
            "kind": self.kind,
            "handle": self.handle,
            "title": self.title,
            "changes": list(self.differences),
            "faults": list(self.faults),
            "outcome": self.outcome,
        }


@dataclass(frozen=True, slots=True)
class Wanted:
    """Pictures to fetch: all of ``product_id``, in their order, or the one of its variant ``sku``."""

    position: int
    product_id: str
    sku: str | None
    urls: tuple[str, ...]
    lines: tuple[int, ...]


class ImportStore(Protocol):
    async def add(self, new: Import) -> None:
        """Raises: ImportRunning, while another of the store gives signs of life."""

    async def find(self, import_id: str) -> Import | None: ...

    async def of_store(self, store_id: str, limit: int) -> list[Import]:
        """Newest first."""

    async def change(self, import_id: str, expected: ImportState, **values: Any) -> bool:
        """False: it is in another state by now, and was left alone."""

    async def begin_writing(self, found: Import, at_ms: int, total: int) -> bool:
        """From the state in which it was found. False: it is in another by now. Raises: as :meth:`add`."""

    async def present(self, store_id: str, wanted: Sequence[FileProduct]) -> Present: ...

    async def keep_rows(self, import_id: str, rows: Sequence[Row]) -> None: ...

    async def rows(self, import_id: str, kind: RowKind | None, after: int, limit: int) -> list[Row]: ...

    async def to_write(self, import_id: str, limit: int) -> list[Row]:
        """Those that were not tried yet."""

    async def write_row(self, store: Store, import_id: str, row: Row, by: str, at_ms: int) -> Sequence[str] | None:
        """Take one product in, if it would still change what the preview said; ids of the offers it touched, None
        when it was tried before.

        Raises: LivehubError; nothing was written then.
        """

    async def refuse_row(self, import_id: str, position: int, outcome: str) -> None: ...

    async def tried(self, import_id: str) -> tuple[int, int]:
        """How many products were written, and how many refused."""

    async def touch(self, import_id: str, at_ms: int) -> None:
        """A sign of life of what is active."""

    async def wanted_pictures(self, import_id: str, after: tuple[int, str], limit: int) -> list[Wanted]: ...

    async def fault_picture(self, import_id: str, wanted: Wanted, number: int, code: str) -> None:
        """``number`` of those wanted could not be had; told once."""

    async def forget(self, before_ms: int) -> None: ...
