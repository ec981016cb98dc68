"""Levels, adjustments and their journal in SQL, and the watch over what has little left."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import BigInteger, ColumnElement, Connection, Row, Select, cast, func, insert, select, true, update

from livehub.commerce.catalog.stock_levels import Adjusted, Change, Entry, Level, Reason, take_from
from livehub.commerce.errors import SkuNotFound
from livehub.commerce.webhooks.events import STOCK_LOW
from livehub.storage.catalog import log_move
from livehub.storage.commerce import offers, outbox, products, stock_moves, variants
from livehub.storage.database import Database
from livehub.storage.outbox import SqlOutbox, outbox_row
from livehub.storage.owner_mail import owner_address
from livehub.storage.writer import Tx

_V = variants.c
HOUR_MS = 3600 * 1000


def _sum(column: Any) -> Any:
    # PostgreSQL's sum of BIGINT is NUMERIC, which would go out as a string
    own = select(cast(func.coalesce(func.sum(column), 0), BigInteger)).where(offers.c.variant_id == _V.id)
    return own.scalar_subquery()


_OFFERED = _sum(offers.c.available)
_LEFT = _V.free + _OFFERED
_LEVELS = (
    select(
        _V.id,
        _V.store_id,
        _V.product_id,
        _V.sku,
        products.c.title,
        _V.title.label("variant_title"),
        _V.free,
        _OFFERED.label("offered"),
        _sum(offers.c.held).label("held"),
        _sum(offers.c.sold).label("sold"),
        _V.received,
        _V.changes,
        _V.low_stock,
    )
    .join(products, products.c.id == _V.product_id)
    .where(~_V.archived)
)
_IS_LOW = _V.low_stock.is_not(None) & (_V.low_stock >= _LEFT)
_JUST_LOW = _V.low_stock.is_not(None) & _V.low_since.is_(None) & ~_V.archived & (_V.low_stock >= _LEFT)
_NOT_LOW_ANY_MORE = _V.low_stock.is_not(None) & _V.low_since.is_not(None) & (_V.low_stock < _LEFT)


def _level(row: Row[Any]) -> Level:
    return Level(*tuple(row))


class SqlStockroom:
    """Implements :class:`livehub.commerce.catalog.stockroom.StockStore`. ``mail``: letters can be sent."""

    def __init__(self, database: Database, outbox_: SqlOutbox, *, mail: bool = False) -> None:
        self._database = database
        self._outbox = outbox_
        self._mail = mail

    async def level(self, store_id: str, sku: str) -> Level | None:
        found = await self._levels(_LEVELS.where(_V.store_id == store_id, _V.sku == sku))
        return found[0] if found else None

    async def levels(self, store_id: str, after: str | None, limit: int, *, low: bool) -> list[Level]:
        which = _IS_LOW if low else true()
        page = _LEVELS.where(_V.store_id == store_id, _V.sku > (after or ""), which).order_by(_V.sku).limit(limit)
        return await self._levels(page)

    async def told_low(self, store_id: str, limit: int) -> list[Level]:
        statement = _LEVELS.where(_V.store_id == store_id, _IS_LOW).order_by(_LEFT, _V.sku).limit(limit)
        return await self._levels(statement)

    async def _levels(self, statement: Select[Any]) -> list[Level]:
        return await self._database.read(lambda connection: [_level(row) for row in connection.execute(statement)])

    async def adjust(self, store_id: str, change: Change, by: str, at_ms: int) -> Adjusted:
        return await self._database.write(lambda tx: adjust(tx, store_id, change, by, at_ms))

    async def journal(self, store_id: str, sku: str, after: int | None, limit: int) -> list[Entry]:
        own = select(_V.id).where(_V.store_id == store_id, _V.sku == sku, ~_V.archived)

        def read(connection: Connection) -> list[Entry]:
            variant_id = connection.execute(own).scalar()
            if variant_id is None:
                raise SkuNotFound
            moves = select(stock_moves).where(stock_moves.c.variant_id == variant_id)
            if after is not None:
                moves = moves.where(stock_moves.c.seq < after)
            rows = connection.execute(moves.order_by(stock_moves.c.seq.desc()).limit(limit))
            return [_entry(row, sku) for row in rows]

        return await self._database.read(read)

    async def set_low(self, store_id: str, sku: str, low_stock: int | None) -> Level:
        own = (_V.store_id == store_id) & (_V.sku == sku) & ~_V.archived
        # what is low by the new measure is told of anew
        change = update(variants).where(own).values(low_stock=low_stock, low_since=None)

        def write(tx: Tx) -> Level:
            present = _load(tx, store_id, sku)
            if present.low_stock != low_stock:
                tx.execute(change).close()
            return _load(tx, store_id, sku)

        return await self._database.write(write)

    async def watch(self, at_ms: int, limit: int) -> int:
        ids = select(_V.id)
        low, over = ids.where(_JUST_LOW).limit(limit), ids.where(_NOT_LOW_ANY_MORE).limit(limit)

        def look(connection: Connection) -> tuple[list[str], list[str]]:
            return list(connection.execute(low).scalars()), list(connection.execute(over).scalars())

        just_low, not_any_more = await self._database.read(look)
        if not just_low and not not_any_more:
            return 0
        told = await self._database.write(lambda tx: self._tell(tx, just_low, not_any_more, at_ms))
        if told:
            self._outbox.added()
        return max(len(just_low), len(not_any_more))

    def _tell(self, tx: Tx, just_low: Sequence[str], not_any_more: Sequence[str], at_ms: int) -> bool:
        """Looked at again inside the write: between reading and writing units may have come or gone."""
        tx.execute(update(variants).where(_V.id.in_(not_any_more), _NOT_LOW_ANY_MORE).values(low_since=None)).close()
        levels = [_level(row) for row in tx.execute(_LEVELS.where(_V.id.in_(just_low), _JUST_LOW).order_by(_V.sku))]
        if not levels:
            return False
        ids = [level.variant_id for level in levels]
        tx.execute(update(variants).where(_V.id.in_(ids)).values(low_since=at_ms)).close()
        told = False
        for level in levels:
            told = self._outbox.tell(tx, level.store_id, STOCK_LOW, level.present, at_ms) or told
        if self._mail:
            for store_id in sorted({level.store_id for level in levels}):
                told = _write_to_owner(tx, store_id, at_ms) or told
        return told


def _write_to_owner(tx: Tx, store_id: str, at_ms: int) -> bool:
    """A letter to the owner's confirmed address, one an hour: what is low by then all stands in it."""
    address_id = owner_address(tx, store_id)
    if address_id is None:
        return False
    hour = at_ms // HOUR_MS
    for slot, due_at in ((hour, at_ms), (hour + 1, (hour + 1) * HOUR_MS)):
        letter_id = f"low_{store_id}_{slot}"
        known = tx.execute(select(outbox.c.state).where(outbox.c.id == letter_id)).scalar()
        if known == "waiting":
            return False
        if known is None:
            body = msgspec.json.encode({"kind": "low_stock", "store": store_id}).decode()
            row = outbox_row(letter_id, f"mail:{address_id}", body, at_ms) | {"due_at": due_at}
            tx.execute(insert(outbox), row).close()
            return True
    return False


def adjust(tx: Tx, store_id: str, change: Change, by: str, at_ms: int) -> Adjusted:
    """One change inside a write, with its line of the journal.

    Raises: SkuNotFound, StockShort, StockChanged, InvalidInput; nothing was written then.
    """
    level, available = _locked(tx, store_id, change.sku)
    if change.reference is not None and (known := _known(tx, level, change.reference)) is not None:
        return Adjusted(level, known)
    delta = change.delta_from(level)
    if delta == 0:
        return Adjusted(level, None)
    from_free, taken = (-delta, {}) if delta > 0 else take_from(level, available, -delta)
    for offer_id, units in taken.items():
        values = {"quantity": offers.c.quantity - units, "available": offers.c.available - units}
        tx.execute(update(offers).where(offers.c.id == offer_id).values(values)).close()
    values = {"free": _V.free - from_free, "received": _V.received + delta, "changes": _V.changes + 1}
    tx.execute(update(variants).where(_V.id == level.variant_id).values(values)).close()
    seq = log_move(tx, level.variant_id, change.reason, by, at_ms, change.note, change.reference)
    row = tx.execute(select(stock_moves).where(stock_moves.c.seq == seq)).one()
    return Adjusted(_load(tx, store_id, level.sku), _entry(row, level.sku), tuple(sorted(taken)))


def _locked(tx: Tx, store_id: str, sku: str) -> tuple[Level, list[tuple[str, int]]]:
    """Locked, offers by their id and then the variant, where several processes write. Raises: SkuNotFound."""
    level = _load(tx, store_id, sku)
    there = select(offers.c.id, offers.c.available).where(offers.c.variant_id == level.variant_id)
    open_ones = there.where(offers.c.closed_at.is_(None)).order_by(offers.c.id).with_for_update()
    available = [(row.id, row.available) for row in tx.execute(open_ones)]
    tx.execute(select(_V.id).where(_V.id == level.variant_id).with_for_update()).close()
    return _load(tx, store_id, sku), available


def _load(tx: Tx, store_id: str, sku: str) -> Level:
    row = tx.execute(_LEVELS.where(_V.store_id == store_id, _V.sku == sku)).first()
    if row is None:
        raise SkuNotFound(f'The store has no article with the SKU "{sku}"', field="sku")
    return _level(row)


def _known(tx: Tx, level: Level, reference: str) -> Entry | None:
    own: ColumnElement[bool] = stock_moves.c.variant_id == level.variant_id
    row = tx.execute(select(stock_moves).where(own, stock_moves.c.reference == reference)).first()
    return None if row is None else _entry(row, level.sku)


def _entry(row: Row[Any], sku: str) -> Entry:
    return Entry(
        row.seq, sku, row.delta, Reason(row.reason), row.note, row.reference, row.stock, row.received, row.by, row.at
    )
