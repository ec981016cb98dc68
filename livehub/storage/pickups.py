"""Pick-up places and slots in SQL, and the room that orders take in a slot, under the table's CHECK.

Slots are locked after offers and before coupons, in the order of their ids.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    Select,
    String,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    func,
    insert,
    select,
    update,
)

from livehub.commerce.errors import SlotClosed, SlotFull, SlotMissing, SlotNotFound, TooManyPlaces
from livehub.commerce.fulfilment.pickups import MAX_OPEN_SLOTS, MAX_PLACES, Place, Slot, snapshot
from livehub.commerce.orders.checkout import DeliveryMethod, Intent
from livehub.commerce.orders.model import Order, OrderStatus
from livehub.errors import InvalidInput
from livehub.ids import new_id
from livehub.storage.database import Database
from livehub.storage.json_rows import fold, unfold
from livehub.storage.prepared import Prepared
from livehub.storage.tables import metadata
from livehub.storage.writer import Tx

pickup_places = Table(
    "pickup_places",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("store_id", String(40), ForeignKey("stores.id"), nullable=False),
    Column("title", String(320), nullable=False),
    Column("address", Text, nullable=False),
    Column("directions", Text, nullable=False),
    Column("time_zone", String(64), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("closed_at", BigInteger),
    Index(None, "store_id"),
)

pickup_slots = Table(
    "pickup_slots",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("place_id", String(40), ForeignKey("pickup_places.id"), nullable=False),
    Column("store_id", String(40), ForeignKey("stores.id"), nullable=False),
    Column("starts_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
    Column("capacity", Integer, nullable=False),
    Column("taken", Integer, nullable=False, server_default="0"),
    Column("closed_at", BigInteger),
    CheckConstraint("taken >= 0 AND taken <= capacity", name="capacity"),
    UniqueConstraint("place_id", "starts_at"),
    Index(None, "store_id", "starts_at"),
)
_P, _S = pickup_places.c, pickup_slots.c
_GIVEN_UP = (OrderStatus.CANCELLED, OrderStatus.EXPIRED)


def _place(row: Any) -> Place:
    return Place(**{name: getattr(row, name) for name in Place.__slots__})


def _slot(row: Any) -> Slot:
    return Slot(**{name: getattr(row, name) for name in Slot.__slots__})


class SqlPickups:
    """Implements :class:`livehub.commerce.fulfilment.ports.PickupStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_place(self, place: Place) -> None:
        values = {name: getattr(place, name) for name in Place.__slots__}
        count = select(func.count()).where(_P.store_id == place.store_id, _P.closed_at.is_(None))

        def write(tx: Tx) -> None:
            if tx.execute(count).scalar_one() >= MAX_PLACES:
                raise TooManyPlaces(f"A store has at most {MAX_PLACES} pick-up places", limit=MAX_PLACES)
            tx.execute(insert(pickup_places), values).close()

        await self._database.write(write)

    async def place(self, place_id: str) -> Place | None:
        found = await self._places(_P.id == place_id)
        return found[0] if found else None

    async def places(self, store_id: str) -> list[Place]:
        return await self._places(_P.store_id == store_id)

    async def _places(self, condition: Any) -> list[Place]:
        statement = select(pickup_places).where(condition, _P.closed_at.is_(None)).order_by(_P.created_at, _P.id)
        return await self._database.read(lambda connection: [_place(row) for row in connection.execute(statement)])

    async def close_place(self, place_id: str, at_ms: int) -> None:
        def write(tx: Tx) -> None:
            tx.execute(update(pickup_places).where(_P.id == place_id).values(closed_at=at_ms)).close()
            tx.execute(update(pickup_slots).where(_S.place_id == place_id).values(closed_at=at_ms)).close()

        await self._database.write(write)

    async def add_slots(self, place: Place, times: Sequence[tuple[int, int]], capacity: int, at_ms: int) -> list[Slot]:
        here = _S.place_id == place.id

        def write(tx: Tx) -> list[Slot]:
            starts = [begin for begin, _ in times]
            known = {
                row.starts_at: _slot(row)
                for row in tx.execute(select(pickup_slots).where(here))
                if row.starts_at in set(starts)
            }
            for slot in known.values():
                room = {"capacity": max(capacity, slot.taken), "closed_at": None}
                tx.execute(update(pickup_slots).where(_S.id == slot.id).values(room)).close()
            new = [
                {
                    "id": new_id("slt"),
                    "place_id": place.id,
                    "store_id": place.store_id,
                    "starts_at": begin,
                    "ends_at": end,
                    "capacity": capacity,
                    "taken": 0,
                }
                for begin, end in times
                if begin not in known
            ]
            if new:
                tx.execute(insert(pickup_slots), new).close()
            coming = select(func.count()).where(here, _S.closed_at.is_(None), _S.ends_at > at_ms)
            if tx.execute(coming).scalar_one() > MAX_OPEN_SLOTS:
                raise InvalidInput(f"A place has at most {MAX_OPEN_SLOTS} slots to come", field="days")
            wanted = select(pickup_slots).where(here, _S.starts_at.in_(starts)).order_by(_S.starts_at)
            return [_slot(row) for row in tx.execute(wanted)]

        return await self._database.write(write)

    async def slot(self, slot_id: str) -> Slot | None:
        statement = select(pickup_slots).where(_S.id == slot_id)
        row = await self._database.read(lambda connection: connection.execute(statement).first())
        return None if row is None else _slot(row)

    async def slots(self, place_ids: Sequence[str], at_ms: int) -> list[Slot]:
        statement = (
            select(pickup_slots)
            .where(_S.place_id.in_(place_ids), _S.closed_at.is_(None), _S.ends_at > at_ms)
            .order_by(_S.starts_at, _S.id)
        )
        return await self._database.read(lambda connection: [_slot(row) for row in connection.execute(statement)])

    async def change_slot(self, slot_id: str, capacity: int) -> Slot:
        def write(tx: Tx) -> Slot:
            slot = _load(tx, select(pickup_slots).where(_S.id == slot_id).with_for_update())
            if slot.taken > capacity:
                raise SlotFull(f"{slot.taken} orders are in it already", field="capacity")
            tx.execute(update(pickup_slots).where(_S.id == slot_id).values(capacity=capacity)).close()
            return replace(slot, capacity=capacity)

        return await self._database.write(write)

    async def close_slot(self, slot_id: str, at_ms: int) -> None:
        statement = update(pickup_slots).where(_S.id == slot_id).values(closed_at=at_ms)
        await self._database.write(lambda tx: tx.execute(statement).close())


def _load(tx: Tx, statement: Select[Any]) -> Slot:
    """Raises: SlotNotFound."""
    row = tx.execute(statement).first()
    if row is None:
        raise SlotNotFound
    return _slot(row)


class PickupStatements:
    """What every batch of orders asks: which stores want a slot chosen."""

    def __init__(self, dialect: Dialect) -> None:
        rows = unfold(dialect, [pickup_slots.c.store_id])
        wanting = (
            select(_S.store_id)
            .where(_S.store_id == rows["store_id"], _S.closed_at.is_(None), _S.starts_at > bindparam("now"))
            .group_by(_S.store_id)
        )
        self._wanting = Prepared(wanting, dialect)

    def look(self, tx: Tx, intents: Sequence[Intent]) -> "PickupShelf":
        collected = [intent for intent in intents if intent.basket.method is DeliveryMethod.PICKUP]
        slots = sorted({intent.basket.slot for intent in collected if intent.basket.slot is not None})
        bare = {intent.store_id for intent in collected if intent.basket.slot is None}
        wanting: set[str] = set()
        if bare:
            stores = fold({"store_id": store_id} for store_id in sorted(bare))
            values = {"rows": stores, "now": min(intent.placed_at for intent in collected)}
            wanting = {store_id for (store_id,) in self._wanting.run(tx, values).fetchall()}
        if not slots:
            return PickupShelf({}, {}, wanting)
        found = select(pickup_slots).where(_S.id.in_(slots)).order_by(_S.id).with_for_update()
        known = {row.id: _slot(row) for row in tx.execute(found)}
        places = select(pickup_places).where(_P.id.in_({slot.place_id for slot in known.values()}))
        return PickupShelf(known, {row.id: _place(row) for row in tx.execute(places)}, wanting)


class PickupShelf:
    """The slots that a batch of intents names, as the batch draws from them; see :mod:`livehub.storage.place`."""

    def __init__(self, slots: dict[str, Slot], places: dict[str, Place], wanting: set[str]) -> None:
        self._slots = slots
        self._places = places
        self._wanting = wanting
        self._taken: Counter[str] = Counter()

    def check(self, intent: Intent) -> None:
        """Raises: SlotMissing, SlotNotFound, SlotClosed, SlotFull."""
        basket = intent.basket
        if basket.method is not DeliveryMethod.PICKUP:
            return
        if basket.slot is None:
            if intent.store_id in self._wanting:
                raise SlotMissing(field="delivery.slot")
            return
        slot = self._slots.get(basket.slot)
        if slot is None or slot.store_id != intent.store_id:
            raise SlotNotFound(field="delivery.slot")
        if slot.closed_at is not None or slot.starts_at <= intent.placed_at:
            raise SlotClosed(field="delivery.slot")
        if slot.left < 1:
            raise SlotFull(field="delivery.slot")

    def take(self, intent: Intent) -> Mapping[str, Any] | None:
        """After :meth:`check`: what the order keeps of it."""
        if intent.basket.slot is None:
            return None
        slot = self._slots[intent.basket.slot]
        self._slots[slot.id] = replace(slot, taken=slot.taken + 1)
        self._taken[slot.id] += 1
        return snapshot(self._places[slot.place_id], slot)

    def keep(self, tx: Tx) -> None:
        for slot_id, taken in sorted(self._taken.items()):
            _draw(tx, slot_id, taken)


def _draw(tx: Tx, slot_id: str, count: int) -> None:
    tx.execute(update(pickup_slots).where(_S.id == slot_id).values(taken=_S.taken + count)).close()


def lock(tx: Tx, slot_ids: Collection[str]) -> None:
    """After the offers, where several processes write."""
    if slot_ids:
        tx.execute(select(_S.id).where(_S.id.in_(slot_ids)).order_by(_S.id).with_for_update()).close()


def is_left(tx: Tx, order: Order) -> bool:
    """Whether an expired order could be picked up in its slot after all. It is locked, after the offers."""
    own = select(pickup_slots).where(_S.id == order.slot_id).with_for_update()
    return order.slot_id is None or _load(tx, own).left > 0


def follow(tx: Tx, order: Order, wanted: OrderStatus) -> None:
    """What a step of ``order`` to ``wanted`` does to its slot."""
    if order.slot_id is None:
        return
    if wanted in _GIVEN_UP or (wanted is OrderStatus.REFUNDED and order.status is OrderStatus.PAID):
        _draw(tx, order.slot_id, -1)
    elif order.status is OrderStatus.EXPIRED:
        _draw(tx, order.slot_id, 1)
