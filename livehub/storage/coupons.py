"""Coupons in SQL, and what an order takes of them: a use and its discount, under the table's CHECKs."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    Connection,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    func,
    insert,
    select,
    text,
    update,
)

from livehub.commerce.catalog.model import Store
from livehub.commerce.errors import CouponNotFound, CouponTaken
from livehub.commerce.money import Money
from livehub.commerce.offers.coupons import MAX_PER_STORE, Coupon, NewCoupon, Use, normal_code, take_off
from livehub.commerce.orders.checkout import Intent
from livehub.commerce.orders.model import Order, OrderStatus
from livehub.storage.commerce import orders
from livehub.storage.database import Database
from livehub.storage.tables import metadata
from livehub.storage.writer import Tx

coupons = Table(
    "coupons",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("store_id", String(40), ForeignKey("stores.id"), nullable=False),
    Column("code", String(32), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("percent", Integer),
    Column("amount_minor", BigInteger),
    Column("minimum_minor", BigInteger, nullable=False),
    Column("budget_minor", BigInteger),
    Column("spent_minor", BigInteger, nullable=False),
    Column("max_uses", BigInteger),
    Column("used", BigInteger, nullable=False),
    Column("per_buyer", BigInteger, nullable=False),
    Column("room_id", String(40)),
    Column("claim", Boolean, nullable=False),
    Column("claimed", BigInteger, nullable=False),
    Column("starts_at", BigInteger),
    Column("ends_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    CheckConstraint("used >= 0 AND (max_uses IS NULL OR used <= max_uses)", name="uses"),
    CheckConstraint("spent_minor >= 0 AND (budget_minor IS NULL OR spent_minor <= budget_minor)", name="budget"),
    CheckConstraint("max_uses IS NULL OR claimed <= max_uses", name="claims"),
    # an ended coupon gives its code back
    Index("uq_coupons_code", "store_id", "code", unique=True, sqlite_where=text("ended_at IS NULL"),
          postgresql_where=text("ended_at IS NULL")),
    Index(None, "room_id"),
)  # fmt: skip

coupon_claims = Table(
    "coupon_claims",
    metadata,
    Column("coupon_id", String(40), ForeignKey("coupons.id"), primary_key=True),
    Column("buyer_id", String(160), primary_key=True),
    Column("claimed_at", BigInteger, nullable=False),
)

_GIVEN_UP = (OrderStatus.CANCELLED, OrderStatus.EXPIRED)


def _coupon(row: Any) -> Coupon:
    return Coupon(**{name: getattr(row, name) for name in Coupon.__slots__})


class SqlCoupons:
    """Implements :class:`livehub.commerce.offers.ports.CouponStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, coupon_id: str, store: Store, new: NewCoupon, at_ms: int) -> Coupon:
        code = normal_code(new.code)
        values = {
            "id": coupon_id,
            "store_id": store.id,
            "code": code,
            "currency": store.currency,
            "percent": new.percent,
            "amount_minor": new.amount.amount_minor if new.amount else None,
            "minimum_minor": new.minimum.amount_minor if new.minimum else 0,
            "budget_minor": new.budget.amount_minor if new.budget else None,
            "spent_minor": 0,
            "max_uses": new.max_uses,
            "used": 0,
            "per_buyer": new.per_buyer,
            "room_id": new.room_id,
            "claim": new.claim,
            "claimed": 0,
            "starts_at": new.starts_at,
            "ends_at": new.ends_at,
            "ended_at": None,
            "created_at": at_ms,
        }
        running = (coupons.c.store_id == store.id) & coupons.c.ended_at.is_(None)

        def write(tx: Tx) -> Coupon:
            if tx.execute(select(coupons.c.id).where(running, coupons.c.code == code)).first() is not None:
                raise CouponTaken(field="code")
            if tx.execute(select(func.count()).where(running)).scalar_one() >= MAX_PER_STORE:
                raise CouponTaken(f"A store has at most {MAX_PER_STORE} coupons; end some first", field="code")
            tx.execute(insert(coupons), values)
            return _load(tx, coupons.c.id == coupon_id)

        return await self._database.write(write)

    async def find(self, coupon_id: str) -> Coupon | None:
        found = await self._read(coupons.c.id == coupon_id)
        return found[0] if found else None

    async def of_store(self, store_id: str) -> list[Coupon]:
        return await self._read(coupons.c.store_id == store_id)

    async def by_code(self, store_id: str, code: str, buyer_id: str) -> tuple[Coupon, Use] | None:
        wanted = (coupons.c.store_id == store_id) & (coupons.c.code == code) & coupons.c.ended_at.is_(None)

        def read(connection: Connection) -> tuple[Coupon, Use] | None:
            row = connection.execute(select(coupons).where(wanted)).first()
            if row is None:
                return None
            return _coupon(row), _uses(connection, [row.id], [buyer_id]).get((row.id, buyer_id), Use(0, claimed=False))

        return await self._database.read(read)

    async def claimable(self, room_id: str, buyer_id: str, at_ms: int) -> list[tuple[Coupon, bool]]:
        here = (coupons.c.room_id == room_id) & coupons.c.claim & coupons.c.ended_at.is_(None)
        mine = select(coupon_claims.c.coupon_id).where(coupon_claims.c.buyer_id == buyer_id)

        def read(connection: Connection) -> list[tuple[Coupon, bool]]:
            found = [_coupon(row) for row in connection.execute(select(coupons).where(here).order_by(coupons.c.id))]
            ids = [coupon.id for coupon in found]
            claimed = set(connection.execute(mine.where(coupon_claims.c.coupon_id.in_(ids))).scalars())
            return [(coupon, coupon.id in claimed) for coupon in found if coupon.is_open(at_ms)]

        return await self._database.read(read)

    async def claim(self, coupon_id: str, buyer_id: str, at_ms: int) -> Coupon | None:
        own = (coupon_claims.c.coupon_id == coupon_id) & (coupon_claims.c.buyer_id == buyer_id)
        room = coupons.c.max_uses.is_(None) | (coupons.c.claimed < coupons.c.max_uses)

        def write(tx: Tx) -> Coupon | None:
            present = _load(tx, coupons.c.id == coupon_id)
            if tx.execute(select(coupon_claims.c.claimed_at).where(own)).first() is not None:
                return present
            if present.max_uses is not None and present.claimed >= present.max_uses:
                return None
            taken = update(coupons).where(coupons.c.id == coupon_id, room).values(claimed=coupons.c.claimed + 1)
            if tx.execute(taken).rowcount != 1:
                return None
            tx.execute(insert(coupon_claims).values(coupon_id=coupon_id, buyer_id=buyer_id, claimed_at=at_ms))
            return _load(tx, coupons.c.id == coupon_id)

        return await self._database.write(write)

    async def end(self, coupon_id: str, at_ms: int) -> Coupon:
        def write(tx: Tx) -> Coupon:
            open_one = (coupons.c.id == coupon_id) & coupons.c.ended_at.is_(None)
            tx.execute(update(coupons).where(open_one).values(ended_at=at_ms))
            return _load(tx, coupons.c.id == coupon_id)

        return await self._database.write(write)

    async def _read(self, condition: ColumnElement[bool]) -> list[Coupon]:
        statement = select(coupons).where(condition).order_by(coupons.c.created_at.desc(), coupons.c.id.desc())
        return await self._database.read(lambda connection: [_coupon(row) for row in connection.execute(statement)])


def _load(tx: Tx, condition: ColumnElement[bool]) -> Coupon:
    row = tx.execute(select(coupons).where(condition)).first()
    if row is None:
        raise CouponNotFound
    return _coupon(row)


def _uses(tx: Tx | Connection, coupon_ids: Iterable[str], buyers: Iterable[str]) -> dict[tuple[str, str], Use]:
    ids, buyer_ids = list(coupon_ids), list(buyers)
    times = (
        select(orders.c.coupon_id, orders.c.buyer_id, func.count().label("times"))
        .where(orders.c.coupon_id.in_(ids), orders.c.buyer_id.in_(buyer_ids), orders.c.status.not_in(_GIVEN_UP))
        .group_by(orders.c.coupon_id, orders.c.buyer_id)
    )
    used = {(row.coupon_id, row.buyer_id): row.times for row in tx.execute(times)}
    mine = coupon_claims.c.coupon_id.in_(ids) & coupon_claims.c.buyer_id.in_(buyer_ids)
    claimed = {(row.coupon_id, row.buyer_id) for row in tx.execute(select(coupon_claims).where(mine))}
    return {key: Use(used.get(key, 0), claimed=key in claimed) for key in {*used, *claimed}}


class CouponShelf:
    """The coupons that a batch of intents names, as the batch draws from them; see :mod:`livehub.storage.place`.

    Locked, after the offers, where several processes write.
    """

    def __init__(self, tx: Tx, intents: Sequence[Intent]) -> None:
        named = [intent for intent in intents if intent.basket.coupon is not None]
        self._coupons: dict[tuple[str, str], Coupon] = {}
        self._uses: dict[tuple[str, str], Use] = {}
        self._taken: dict[str, Counter[str]] = {}
        if not named:
            return
        statement = select(coupons).where(
            coupons.c.store_id.in_({intent.store_id for intent in named}),
            coupons.c.code.in_({intent.basket.coupon for intent in named}),
            coupons.c.ended_at.is_(None),
        )
        found = [_coupon(row) for row in tx.execute(statement.order_by(coupons.c.id).with_for_update())]
        self._coupons = {(coupon.store_id, coupon.code): coupon for coupon in found}
        self._uses = _uses(tx, [coupon.id for coupon in found], {intent.buyer_id for intent in named})

    def take(self, intent: Intent, subtotal: Money) -> tuple[Coupon, Money] | None:
        """None without a coupon. Raises: what :func:`~livehub.commerce.offers.coupons.take_off` raises."""
        code = intent.basket.coupon
        if code is None:
            return None
        coupon = self._coupons.get((intent.store_id, code))
        key = (coupon.id if coupon else "", intent.buyer_id)
        use = self._uses.get(key, Use(0, claimed=False))
        discount = take_off(coupon, use, intent.basket.room_id, subtotal, intent.placed_at)
        assert coupon is not None  # noqa: S101  take_off has raised otherwise
        less = discount.amount_minor
        self._coupons[intent.store_id, code] = replace(
            coupon, used=coupon.used + 1, spent_minor=coupon.spent_minor + less
        )
        self._uses[key] = replace(use, times=use.times + 1)
        self._taken.setdefault(coupon.id, Counter()).update(used=1, spent_minor=less)
        return coupon, discount

    def keep(self, tx: Tx) -> None:
        for coupon_id, taken in sorted(self._taken.items()):
            _draw(tx, coupon_id, taken["used"], taken["spent_minor"])


def _draw(tx: Tx, coupon_id: str, used: int, spent_minor: int) -> None:
    values = {"used": coupons.c.used + used, "spent_minor": coupons.c.spent_minor + spent_minor}
    tx.execute(update(coupons).where(coupons.c.id == coupon_id).values(values))


def lock(tx: Tx, coupon_ids: Collection[str]) -> None:
    """After offers and slots, where several processes write."""
    if coupon_ids:
        named = select(coupons.c.id).where(coupons.c.id.in_(coupon_ids)).order_by(coupons.c.id)
        tx.execute(named.with_for_update()).close()


def is_left(tx: Tx, order: Order) -> bool:
    """Whether an expired order's coupon could be drawn from again. It is locked, after offers and slots."""
    if order.coupon is None:
        return True
    tx.execute(select(coupons.c.id).where(coupons.c.id == order.coupon.id).with_for_update()).close()
    coupon = _load(tx, coupons.c.id == order.coupon.id)
    budget, less = coupon.budget_minor, order.coupon.discount.amount_minor
    use = _uses(tx, [coupon.id], [order.buyer_id]).get((coupon.id, order.buyer_id))
    if use is not None and use.times >= coupon.per_buyer:  # used again since this order was given up
        return False
    return (coupon.max_uses is None or coupon.used < coupon.max_uses) and (
        budget is None or coupon.spent_minor + less <= budget
    )


def follow(tx: Tx, order: Order, wanted: OrderStatus) -> None:
    """What a step of ``order`` to ``wanted`` does to its coupon: given up it returns, paid late it is drawn again."""
    if order.coupon is None:
        return
    less = order.coupon.discount.amount_minor
    if wanted in _GIVEN_UP:
        _draw(tx, order.coupon.id, -1, -less)
    elif order.status is OrderStatus.EXPIRED:
        _draw(tx, order.coupon.id, 1, less)
