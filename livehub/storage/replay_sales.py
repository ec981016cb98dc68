"""Selling from replays in SQL: drawing units for one order from free stock, and the merchant's switch."""

from collections.abc import Sequence

from sqlalchemy import BigInteger, Column, Connection, String, Table, delete, select, update

from livehub.commerce.catalog.model import Offer
from livehub.commerce.errors import OfferClosed, OfferNotFound, SoldOut
from livehub.storage.commerce import offers, variants
from livehub.storage.database import Database
from livehub.storage.offer_rows import OFFER_COLUMNS, offer_of, select_offers
from livehub.storage.tables import metadata
from livehub.storage.upsert import insert_into
from livehub.storage.writer import Tx

#: rooms from whose recordings nothing is sold
replay_sales_off = Table(
    "replay_sales_off",
    metadata,
    Column("room_id", String(40), primary_key=True),
    Column("at", BigInteger, nullable=False),
)


class SqlReplaySales:
    """Implements :class:`livehub.commerce.offers.replay_shop.ReplayStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def sells(self, room_id: str) -> bool:
        statement = select(replay_sales_off.c.room_id).where(replay_sales_off.c.room_id == room_id)
        return await self._database.read(lambda connection: connection.execute(statement).first() is None)

    async def switch(self, room_id: str, sells: bool, at_ms: int) -> None:
        off = insert_into(self._database, replay_sales_off).values(room_id=room_id, at=at_ms).on_conflict_do_nothing()
        on = delete(replay_sales_off).where(replay_sales_off.c.room_id == room_id)
        await self._database.write(lambda tx: tx.execute(on if sells else off).close())

    async def offers(self, room_id: str) -> list[tuple[Offer, int]]:
        statement = (
            select_offers()
            .add_columns(variants.c.free)
            .where(offers.c.room_id == room_id, ~variants.c.archived)
            .order_by(offers.c.position, offers.c.id)
        )

        def read(connection: Connection) -> list[tuple[Offer, int]]:
            rows = connection.execute(statement).all()
            return [(offer_of(row[: len(OFFER_COLUMNS)]), int(row.free)) for row in rows]

        return await self._database.read(read)

    async def draw(self, room_id: str, wanted: Sequence[tuple[str, int]]) -> None:
        def write(tx: Tx) -> None:
            found = {offer_id: _find(tx, room_id, offer_id) for offer_id, _ in wanted}
            # in one order for everybody, for where several processes write
            for offer_id, units in sorted(wanted):
                variant_id = found[offer_id]
                moved = tx.execute(
                    update(variants)
                    .where(variants.c.id == variant_id, variants.c.free >= units, ~variants.c.archived)
                    .values(free=variants.c.free - units)
                )
                if moved.rowcount != 1:
                    left = int(tx.execute(select(variants.c.free).where(variants.c.id == variant_id)).scalar_one())
                    detail = f"{left} are left" if left else "These are sold out"
                    raise SoldOut(detail, field="lines", offer=offer_id, available=left)
                tx.execute(
                    update(offers)
                    .where(offers.c.id == offer_id)
                    .values(quantity=offers.c.quantity + units, available=offers.c.available + units, closed_at=None)
                ).close()

        await self._database.write(write)

    async def give_back(self, room_id: str, drawn: Sequence[tuple[str, int]]) -> None:
        def write(tx: Tx) -> None:
            for offer_id, units in sorted(drawn):
                moved = tx.execute(
                    update(offers)
                    .where(offers.c.id == offer_id, offers.c.room_id == room_id, offers.c.available >= units)
                    .values(quantity=offers.c.quantity - units, available=offers.c.available - units)
                )
                if moved.rowcount:  # else a sweep was faster
                    own = variants.c.id == select(offers.c.variant_id).where(offers.c.id == offer_id).scalar_subquery()
                    tx.execute(update(variants).where(own).values(free=variants.c.free + units)).close()

        await self._database.write(write)


def _find(tx: Tx, room_id: str, offer_id: str) -> str:
    """The offer's variant, still the shop's. Raises: OfferNotFound, OfferClosed."""
    statement = select(offers.c.variant_id, variants.c.archived).join(variants, variants.c.id == offers.c.variant_id)
    row = tx.execute(statement.where(offers.c.id == offer_id, offers.c.room_id == room_id)).first()
    if row is None:
        raise OfferNotFound(field="lines")
    if row.archived:
        raise OfferClosed("This offer is over", field="lines")
    return str(row.variant_id)
