"""How many units of a variant there are, and what changes that beside buying: adjustments with a reason. Pure.

An adjustment changes what was *received*, and with it what can still be sold; held and sold units are never touched::

    received = free + Σ over its offers (available + held + sold) = Σ of its journal
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from livehub.clock import iso
from livehub.commerce.catalog.errors import StockChanged, StockShort, VersionMissing
from livehub.errors import InvalidInput

#: the same as a product's, see :mod:`livehub.web.commerce_wire`
MAX_STOCK: Final = 1_000_000
MAX_NOTE_CHARS: Final = 300
MAX_REFERENCE_CHARS: Final = 80
#: changes in one request
MAX_BULK: Final = 500
#: "whatever it is now": an absolute count that overrules
ANY_VERSION: Final = "*"


class Reason(StrEnum):
    RECEIVED = "received"
    RETURNED = "returned"
    FOUND = "found"
    DAMAGED = "damaged"
    LOST = "lost"
    GIVEN_AWAY = "given_away"
    COUNTED = "counted"
    CORRECTED = "corrected"
    #: by a system that keeps its own books
    SYNCED = "synced"
    #: by a file
    IMPORTED = "imported"
    #: what a variant began with
    OPENING = "opening"


#: which way a reason goes; the others go either way
_UP: Final = frozenset({Reason.RECEIVED, Reason.RETURNED, Reason.FOUND})
_DOWN: Final = frozenset({Reason.DAMAGED, Reason.LOST, Reason.GIVEN_AWAY})
#: what people and their programs may say; the others are livehub's own
GIVEN: Final = tuple(reason for reason in Reason if reason not in {Reason.IMPORTED, Reason.OPENING})


@dataclass(frozen=True, slots=True)
class Level:
    """Where a variant's units are. ``offered``: available in open offers; ``changes``: how often it was adjusted."""

    variant_id: str
    store_id: str
    product_id: str
    sku: str
    title: str
    variant_title: str
    free: int
    offered: int
    held: int
    sold: int
    received: int
    changes: int
    low_stock: int | None

    @property
    def stock(self) -> int:
        """What can still be sold."""
        return self.free + self.offered

    @property
    def version(self) -> str:
        """Another whenever an absolute count made from this level would be wrong: after an adjustment, and after a
        sale. Buying itself writes nothing for it."""
        return f"{self.changes}-{self.stock}"

    @property
    def is_low(self) -> bool:
        return self.low_stock is not None and self.stock <= self.low_stock

    def present(self) -> dict[str, Any]:
        return {
            "store_id": self.store_id,
            "product": self.product_id,
            "sku": self.sku,
            "title": self.title,
            "variant_title": self.variant_title,
            "stock": self.stock,
            "free": self.free,
            "offered": self.offered,
            "held": self.held,
            "sold": self.sold,
            "received": self.received,
            "low_stock": self.low_stock,
            "is_low": self.is_low,
            "version": self.version,
        }


@dataclass(frozen=True, slots=True)
class Change:
    """``delta`` more or fewer, or ``stock``: what can be sold from now on. ``version``: the level it was made from,
    needed with ``stock``. ``reference``: the caller's own name of it; the same again changes nothing."""

    sku: str
    reason: Reason
    delta: int | None = None
    stock: int | None = None
    version: str | None = None
    note: str = ""
    reference: str | None = None

    def check(self) -> None:
        """Raises: InvalidInput, VersionMissing."""
        if (self.delta is None) == (self.stock is None):
            raise InvalidInput("Give delta or stock", field="delta")
        if self.reason not in GIVEN:
            raise InvalidInput(f"reason is one of {', '.join(GIVEN)}", field="reason")
        if self.delta == 0:
            raise InvalidInput("A change of nothing is none", field="delta")
        if self.stock is not None and self.version is None:
            raise VersionMissing(field="version")
        if self.delta is not None and (
            (self.delta < 0 and self.reason in _UP) or (self.delta > 0 and self.reason in _DOWN)
        ):
            raise InvalidInput(f"{self.reason} goes the other way", field="delta")

    def delta_from(self, level: Level) -> int:
        """Raises: StockChanged, InvalidInput (too many)."""
        if self.version not in {None, ANY_VERSION, level.version}:
            raise StockChanged(
                f"{level.sku} has changed since: {level.stock} can be sold now", sku=level.sku, level=level.present()
            )
        delta = self.delta if self.stock is None else self.stock - level.stock
        if level.stock + (delta or 0) > MAX_STOCK:
            raise InvalidInput(f"A variant has at most {MAX_STOCK} units", field="delta")
        return delta or 0


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a variant's journal; ``stock`` and ``received`` are as they were after it."""

    seq: int
    sku: str
    delta: int
    reason: Reason
    note: str
    reference: str | None
    stock: int
    received: int
    by: str
    at: int

    def present(self) -> dict[str, Any]:
        return {
            "id": str(self.seq),
            "sku": self.sku,
            "delta": self.delta,
            "reason": self.reason,
            "note": self.note,
            "reference": self.reference,
            "stock": self.stock,
            "received": self.received,
            "by": self.by,
            "at": iso(self.at),
        }


@dataclass(frozen=True, slots=True)
class Adjusted:
    """``entry`` None: nothing was to change. ``offer_ids``: the offers that units were taken from."""

    level: Level
    entry: Entry | None
    offer_ids: tuple[str, ...] = ()


def take_from(level: Level, available: Sequence[tuple[str, int]], units: int) -> tuple[int, dict[str, int]]:
    """Where ``units`` that are gone are taken from: first what is free, then open offers, the fullest first.

    ``available``: (offer, what it has available). Gives what comes from free, and what from which offer.

    Raises:
        StockShort: more than can still be sold; what is held or sold stays (``free`` says how many there are).
    """
    if units > level.stock:
        raise StockShort(
            f"{level.stock} of {level.sku} can be taken out; {level.held} are held for orders", free=level.stock
        )
    from_free = min(units, level.free)
    rest, taken = units - from_free, {}
    for offer_id, there in sorted(available, key=lambda one: (-one[1], one[0])):
        if rest <= 0:
            break
        taken[offer_id] = min(rest, there)
        rest -= taken[offer_id]
    return from_free, taken
