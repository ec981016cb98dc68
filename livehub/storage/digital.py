"""Digital goods in SQL: what they are, the codes, and who has which. A code is given once, in the payment's commit."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, func, insert, select, update

from livehub.commerce.errors import SkuNotFound
from livehub.commerce.orders.digital import MAX_CODES, Delivered, DigitalGood, DigitalKind, units_of
from livehub.commerce.orders.model import Order
from livehub.commerce.payments.refunds import REFUNDABLE
from livehub.errors import InvalidInput
from livehub.storage.commerce import variants
from livehub.storage.database import Database
from livehub.storage.digital_tables import digital_codes, digital_goods
from livehub.storage.order_rows import must_load
from livehub.storage.upsert import insert_into
from livehub.storage.writer import Tx

_G, _K = digital_goods.c, digital_codes.c


class SqlDigital:
    """Implements :class:`livehub.commerce.orders.ports.DigitalStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, product_id: str, good: DigitalGood) -> DigitalGood:
        def write(tx: Tx) -> DigitalGood:
            variant_id = _variant(tx, product_id, good.sku)
            values = {"kind": good.kind.value, "url": good.url, "note": good.note}
            statement = insert_into(self._database, digital_goods).values(variant_id=variant_id, **values)
            tx.execute(statement.on_conflict_do_update(index_elements=["variant_id"], set_=values)).close()
            return _load(tx, [variant_id])[variant_id]

        return await self._database.write(write)

    async def take_away(self, product_id: str, sku: str) -> None:
        def write(tx: Tx) -> None:
            tx.execute(delete(digital_goods).where(_G.variant_id == _variant(tx, product_id, sku))).close()

        await self._database.write(write)

    async def of_product(self, product_id: str) -> list[DigitalGood]:
        own = select(variants.c.id).where(variants.c.product_id == product_id, ~variants.c.archived)

        def read(connection: Connection) -> list[DigitalGood]:
            found = _load(connection, list(connection.execute(own).scalars()))
            return sorted(found.values(), key=lambda good: good.sku)

        return await self._database.read(read)

    async def add_codes(self, product_id: str, sku: str, codes: Sequence[str]) -> DigitalGood:
        def write(tx: Tx) -> DigitalGood:
            variant_id = _variant(tx, product_id, sku)
            known = _load(tx, [variant_id]).get(variant_id)
            if known is None or known.kind is not DigitalKind.CODES:
                raise InvalidInput("This article is not delivered by codes", field="sku")
            if known.left + len(codes) > MAX_CODES:
                raise InvalidInput(f"At most {MAX_CODES} codes may wait for buyers", field="codes")
            twice = select(_K.code).where(_K.variant_id == variant_id, _K.code.in_(codes)).limit(1)
            if tx.execute(twice).first() is not None:
                raise InvalidInput("Some of these codes were added before", field="codes")
            tx.execute(insert(digital_codes), [{"variant_id": variant_id, "code": code} for code in codes]).close()
            return _load(tx, [variant_id])[variant_id]

        return await self._database.write(write)

    async def of_order(self, order_id: str) -> list[Delivered]:
        """Codes that were missing are given now, if there are any."""

        def write(tx: Tx) -> list[Delivered]:
            order = must_load(tx, order_id)
            if order.status in REFUNDABLE:  # its money may have gone back since somebody looked
                deliver(tx, order)
            units = units_of(order.lines)
            goods = _load(tx, [unit.variant_id for unit in units])
            given = select(_K.variant_id, _K.code).where(_K.order_seq == order.seq).order_by(_K.seq)
            codes: dict[str, list[str]] = {}
            for row in tx.execute(given):
                codes.setdefault(row.variant_id, []).append(row.code)
            return [
                Delivered(unit, goods[unit.variant_id], tuple(codes.get(unit.variant_id, ())))
                for unit in units
                if unit.variant_id in goods
            ]

        return await self._database.write(write)


def deliver(tx: Tx, order: Order) -> None:
    """Give the order the codes that it lacks, as far as there are any; to do it again gives nothing more."""
    for unit in units_of(order.lines):
        has = select(func.count()).where(_K.order_seq == order.seq, _K.variant_id == unit.variant_id)
        lacks = unit.quantity - int(tx.execute(has).scalar_one())
        if lacks <= 0:
            continue
        # a code that another process is just giving is passed over, not waited for
        free = select(_K.seq).where(_K.variant_id == unit.variant_id, _K.order_seq.is_(None)).order_by(_K.seq)
        seqs = list(tx.execute(free.limit(lacks).with_for_update(skip_locked=True)).scalars())
        if seqs:
            tx.execute(update(digital_codes).where(_K.seq.in_(seqs)).values(order_seq=order.seq)).close()


def _variant(tx: Tx, product_id: str, sku: str) -> str:
    own = select(variants.c.id).where(variants.c.product_id == product_id, variants.c.sku == sku, ~variants.c.archived)
    variant_id = tx.execute(own).scalar()
    if variant_id is None:
        raise SkuNotFound(f'The product has no article with the SKU "{sku}"', field="sku")
    return str(variant_id)


def _load(tx: Tx | Connection, variant_ids: Sequence[str]) -> dict[str, DigitalGood]:
    every, given = func.count(_K.seq), func.count(_K.order_seq)
    statement = (
        select(_G.variant_id, variants.c.sku, _G.kind, _G.url, _G.note, every.label("codes"), given.label("given"))
        .join(variants, variants.c.id == _G.variant_id)
        .outerjoin(digital_codes, _K.variant_id == _G.variant_id)
        .where(_G.variant_id.in_(list(variant_ids)))
        .group_by(_G.variant_id, variants.c.sku, _G.kind, _G.url, _G.note)
    )
    return {
        row.variant_id: DigitalGood(row.sku, DigitalKind(row.kind), row.url, row.note, row.codes - row.given, row.given)
        for row in tx.execute(statement)
    }
