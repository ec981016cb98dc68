"""Offers in SQL: what is allocated to a room, and what goes back."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, insert, select, update

from livehub.commerce.catalog import NewOffer, Offer, OfferPatch, Store
from livehub.commerce.errors import OfferClosed, OfferExists, OfferNotFound, SkuNotFound, StockShort
from livehub.commerce.money import Money
from livehub.rooms.model import RoomState
from livehub.storage.commerce import offers, products, variants
from livehub.storage.database import Database
from livehub.storage.rooms import rooms
from livehub.storage.writer import Tx

#: columns in the order of :func:`offer_of`
OFFER_COLUMNS = (
    offers.c.id, offers.c.room_id, offers.c.store_id, offers.c.variant_id, variants.c.sku, products.c.title,
    variants.c.title.label("variant_title"), products.c.picture, offers.c.price_minor, offers.c.currency,
    variants.c.price_minor.label("list_minor"), offers.c.quantity, offers.c.available, offers.c.held, offers.c.sold,
    offers.c.per_buyer_limit, offers.c.starts_at, offers.c.ends_at, offers.c.pinned, offers.c.closed_at,
    offers.c.created_at,
)  # fmt: skip


def select_offers() -> Select[Any]:
    return (
        select(*OFFER_COLUMNS)
        .join(variants, variants.c.id == offers.c.variant_id)
        .join(products, products.c.id == variants.c.product_id)
    )


def offer_of(row: Iterable[Any]) -> Offer:
    """From the values of OFFER_COLUMNS, in that order."""
    (id_, room_id, store_id, variant_id, sku, title, variant_title, picture, price_minor, currency, list_minor,
     quantity, available, held, sold, limit, starts_at, ends_at, pinned, closed_at, created_at) = row  # fmt: skip
    return Offer(
        id_, room_id, store_id, variant_id, sku, title, variant_title, picture,
        Money(price_minor, currency), Money(list_minor, currency), quantity, available, held, sold,
        limit, starts_at, ends_at, bool(pinned), closed_at, created_at,
    )  # fmt: skip


class SqlOffers:
    """Implements :class:`livehub.commerce.ports.OfferStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, offer_id: str, room_id: str, store: Store, new: NewOffer, at_ms: int) -> Offer:
        def write(tx: Tx) -> Offer:
            variant = _variant(tx, store.id, new.sku)
            _require_not_offered(tx, room_id, variant.id)
            _require_free(variant, new.quantity)
            tx.execute(update(variants).where(variants.c.id == variant.id).values(free=variants.c.free - new.quantity))
            values = {
                "id": offer_id,
                "room_id": room_id,
                "store_id": store.id,
                "variant_id": variant.id,
                "price_minor": new.price.amount_minor if new.price else variant.price_minor,
                "currency": store.currency,
                "quantity": new.quantity,
                "available": new.quantity,
                "held": 0,
                "sold": 0,
                "per_buyer_limit": new.per_buyer_limit,
                "starts_at": new.starts_at,
                "ends_at": new.ends_at,
                "pinned": False,
                "created_at": at_ms,
            }
            tx.execute(insert(offers), values)
            return load_offer(tx, offer_id)

        return await self._database.write(write)

    async def of_room(self, room_id: str) -> list[Offer]:
        statement = select_offers().where(offers.c.room_id == room_id, offers.c.closed_at.is_(None))
        return await self._read(statement.order_by(offers.c.id))

    async def by_ids(self, offer_ids: Sequence[str]) -> list[Offer]:
        return await self._read(select_offers().where(offers.c.id.in_(offer_ids)).order_by(offers.c.id))

    async def _read(self, statement: Select[Any]) -> list[Offer]:
        def read(connection: Connection) -> list[Offer]:
            return [offer_of(row) for row in connection.execute(statement)]

        return await self._database.read(read)

    async def change(self, offer_id: str, patch: OfferPatch, check: Callable[[Offer], None]) -> Offer:
        def write(tx: Tx) -> Offer:
            present = load_offer(tx, offer_id)
            check(present)
            if present.closed_at is not None:
                raise OfferClosed("This offer is over")
            values: dict[str, Any] = {}
            if patch.price is not None:
                values["price_minor"] = patch.price.amount_minor
            for name in ("per_buyer_limit", "ends_at"):
                if name in patch.given:
                    values[name] = getattr(patch, name)
            delta = 0 if patch.quantity is None else patch.quantity - present.quantity
            _require_movable(tx, present, delta)
            if delta:
                values |= {"quantity": offers.c.quantity + delta, "available": offers.c.available + delta}
                own = variants.c.id == present.variant_id
                tx.execute(update(variants).where(own).values(free=variants.c.free - delta))
            if values:
                tx.execute(update(offers).where(offers.c.id == offer_id).values(values))
            return load_offer(tx, offer_id)

        return await self._database.write(write)

    async def pin(self, offer_id: str, pinned: bool) -> tuple[Offer, bool]:
        def write(tx: Tx) -> tuple[Offer, bool]:
            present = load_offer(tx, offer_id)
            if pinned and present.closed_at is not None:
                raise OfferClosed("This offer is over")
            if present.pinned == pinned:
                return present, False
            if pinned:
                others = (offers.c.room_id == present.room_id) & offers.c.pinned
                tx.execute(update(offers).where(others).values(pinned=False))
            tx.execute(update(offers).where(offers.c.id == offer_id).values(pinned=pinned))
            return load_offer(tx, offer_id), True

        return await self._database.write(write)

    async def close_ended(self, at_ms: int) -> list[Offer]:
        over = (rooms.c.state == RoomState.ENDED) | rooms.c.deleted_at.is_not(None)
        open_in = select(offers.c.room_id).join(rooms, rooms.c.id == offers.c.room_id)
        statement = open_in.where(offers.c.closed_at.is_(None), over).distinct()
        room_ids = await self._database.read(lambda connection: connection.execute(statement).scalars().all())
        if not room_ids:
            return []
        return await self._database.write(lambda tx: close_offers(tx, offers.c.room_id.in_(room_ids), at_ms))


def load_offer(tx: Tx, offer_id: str) -> Offer:
    """Raises: OfferNotFound."""
    row = tx.execute(select_offers().where(offers.c.id == offer_id)).first()
    if row is None:
        raise OfferNotFound
    return offer_of(row)


def close_offers(tx: Tx, condition: ColumnElement[bool], at_ms: int) -> list[Offer]:
    """Close what is open of ``condition``: units that are left go back to the variants, held ones stay held."""
    rows = tx.execute(select_offers().where(condition, offers.c.closed_at.is_(None))).all()
    closing = [offer_of(row) for row in rows]
    for offer in closing:
        own = variants.c.id == offer.variant_id
        tx.execute(update(variants).where(own).values(free=variants.c.free + offer.available))
        tx.execute(
            update(offers)
            .where(offers.c.id == offer.id)
            .values(closed_at=at_ms, pinned=False, available=0, quantity=offers.c.quantity - offer.available)
        )
    return [load_offer(tx, offer.id) for offer in closing]


def _variant(tx: Tx, store_id: str, sku: str) -> Row[Any]:
    statement = select(variants).where(variants.c.store_id == store_id, variants.c.sku == sku, ~variants.c.archived)
    row = tx.execute(statement).first()
    if row is None:
        raise SkuNotFound(f'The store has no article with the SKU "{sku}"', field="sku")
    return row


def _require_not_offered(tx: Tx, room_id: str, variant_id: str) -> None:
    own = (offers.c.room_id == room_id) & (offers.c.variant_id == variant_id)
    if tx.execute(select(offers.c.id).where(own)).first() is not None:
        raise OfferExists(field="sku")


def _require_free(variant: Row[Any], wanted: int) -> None:
    if variant.free < wanted:
        raise StockShort(
            f"{variant.free} of {variant.sku} are free; other offers hold the rest", field="quantity", free=variant.free
        )


def _require_movable(tx: Tx, offer: Offer, delta: int) -> None:
    """Whether ``delta`` units can come from the variant's free stock, or go back to it."""
    if delta > 0:
        _require_free(tx.execute(select(variants).where(variants.c.id == offer.variant_id)).one(), delta)
    elif offer.available + delta < 0:
        taken = offer.held + offer.sold
        raise StockShort(f"{taken} are already sold or held; offer at least those", field="quantity", least=taken)
