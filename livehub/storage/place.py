"""Placing orders: the hot write. All that gathered since the last commit are placed by a handful of statements.

What the orders could collide on is read first, for all of them; then each is decided in the order it came, in plain
Python, against what those before it have left; what was decided is written at last.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnClause,
    Dialect,
    ScalarSelect,
    Select,
    Text,
    and_,
    bindparam,
    column,
    func,
    insert,
    literal_column,
    select,
    update,
)

from livehub.commerce.errors import SoldOut
from livehub.commerce.orders.checkout import Intent
from livehub.commerce.orders.model import Order, OrderLine, OrderStatus
from livehub.commerce.orders.ports import Placed
from livehub.errors import LivehubError
from livehub.storage.auction_awards import AwardShelf
from livehub.storage.commerce import offers, order_lines, orders
from livehub.storage.confirmed import keep_confirmed
from livehub.storage.coupons import CouponShelf
from livehub.storage.insertion import Insertion
from livehub.storage.json_rows import fold, unfold
from livehub.storage.order_look import Look
from livehub.storage.order_rows import encode_history, encode_parts, load_orders
from livehub.storage.order_shelf import Accepted, Again, Key, Shelf, decide
from livehub.storage.pickups import PickupStatements
from livehub.storage.prepared import Prepared
from livehub.storage.waitlist import ClaimShelf, inherit
from livehub.storage.writer import Tx

_GIVEN_UP: list[ColumnClause[Any]] = [
    literal_column(f"'{status}'") for status in (OrderStatus.CANCELLED, OrderStatus.EXPIRED)
]
Tell = Callable[[Tx, Sequence[Order], set[str]], set[str]]


class PlaceOrders:
    """A :class:`~livehub.storage.writer.Bulk`: the statements of one database, and the write made of them.

    ``tell`` is called with the new orders and the stores whose merchants' systems want to be told, inside the
    transaction; it answers which stores got a message. What comes of an intent is its order, and whether there is a
    message about it.
    """

    def __init__(self, dialect: Dialect, tell: Tell) -> None:
        self._tell = tell
        self._statements = _Statements(dialect)

    def run(self, tx: Tx, intents: Sequence[Intent], /) -> Sequence[tuple[Placed, bool] | LivehubError]:
        shelf, listened = self._statements.look(tx, intents)
        decided = [decide(shelf, intent) for intent in intents]
        accepted = [one for one in decided if isinstance(one, Accepted)]
        new = {one.order_id for one in accepted}
        known = _load(tx, {one.order_id for one in decided if isinstance(one, Again)} - new)
        told: set[str] = set()
        if accepted:
            seqs = self._statements.keep(tx, accepted)
            shelf.coupons.keep(tx)
            shelf.claims.keep(tx)
            if free := {id_ for one in accepted for id_, n in one.drawn.items() if n < 0}:
                inherit(tx, free, accepted[-1].intent.placed_at)
            shelf.pickups.keep(tx)
            shelf.awards.keep(tx)
            placed = [one.numbered(seqs[one.order_id]) for one in accepted]
            told = self._tell(tx, placed, listened)
            known |= {order.id: order for order in placed}
        outcomes: list[tuple[Placed, bool] | LivehubError] = []
        for one in decided:
            if isinstance(one, LivehubError):
                outcomes.append(one)
            else:
                order, replayed = known[one.order_id], isinstance(one, Again)
                outcomes.append((Placed(order, replayed), not replayed and order.store_id in told))
        return outcomes


def _load(tx: Tx, order_ids: set[str]) -> dict[str, Order]:
    if not order_ids:
        return {}
    return {order.id: order for order in load_orders(tx, select(orders).where(orders.c.id.in_(order_ids)))}


def _of_each(one: Select[Any]) -> ScalarSelect[Any]:
    """``one`` value for each row that the statement around it has."""
    return one.correlate_except(orders, order_lines).scalar_subquery()


class _Statements:
    def __init__(self, dialect: Dialect) -> None:
        rows = unfold(dialect, [orders.c.buyer_id, order_lines.c.offer_id])
        taken = select(func.coalesce(func.sum(order_lines.c.quantity), 0)).where(
            orders.c.buyer_id == rows["buyer_id"],
            orders.c.status.not_in(_GIVEN_UP),
            and_(order_lines.c.order_seq == orders.c.seq, order_lines.c.offer_id == rows["offer_id"]),
        )
        bought = select(rows["buyer_id"], rows["offer_id"], _of_each(taken))
        hold = (
            update(offers)
            .where(offers.c.id == bindparam("offer_id"), offers.c.available >= bindparam("least"))
            .values(
                available=offers.c.available - bindparam("less"),
                held=offers.c.held + bindparam("more"),
                deal_left=offers.c.deal_left - bindparam("of_deal"),
            )
        )
        self._look = Look(dialect)
        self._bought = Prepared(bought, dialect)
        self._hold = Prepared(hold, dialect)
        self._rows = _NumberedRows(dialect) if dialect.name == "sqlite" else _RowsOfAll(dialect)
        self._pickups = PickupStatements(dialect)

    def look(self, tx: Tx, intents: Sequence[Intent]) -> tuple[Shelf, set[str]]:
        """What they could collide on, and the stores whose merchants' systems want to be told."""
        found = self._look.run(tx, intents)
        limited = {
            (intent.buyer_id, line.offer_id)
            for intent in intents
            for line in intent.basket.lines
            if line.offer_id in found.offers and found.offers[line.offer_id].per_buyer_limit is not None
        }
        bought: dict[Key, int] = {}
        if limited:
            # After the offers are locked: what others have just bought counts.
            pairs = fold({"buyer_id": buyer, "offer_id": offer_id} for buyer, offer_id in limited)
            rows = self._bought.run(tx, {"rows": pairs}).fetchall()
            bought = {(buyer, offer_id): int(n) for buyer, offer_id, n in rows}
        claims, pickups = ClaimShelf(tx, intents, found.offers), self._pickups.look(tx, intents)
        coupons, awards = CouponShelf(tx, intents), AwardShelf(tx, intents)
        return (
            Shelf(found.known, found.unpaid, found.offers, bought, coupons, pickups, claims, awards),
            found.listened,
        )

    def keep(self, tx: Tx, accepted: Sequence[Accepted]) -> dict[str, int]:
        """Reserve, then write the orders and their lines; the new orders' ``seq`` by their id."""
        taken, of_deal = Counter[str](), Counter[str]()
        for one in accepted:
            for offer_id, n in one.drawn.items():
                taken[offer_id] += n
            for line in one.lines:
                if line.deal is not None and line.held:
                    of_deal[line.offer_id] += line.quantity
        for offer_id, n in sorted(taken.items()):
            if n == 0 and not of_deal[offer_id]:
                continue
            values = {"offer_id": offer_id, "least": n, "less": n, "more": n, "of_deal": of_deal[offer_id]}
            held = self._hold.run(tx, values)
            if held.rowcount != 1:  # the rows are locked: only a mistake in this module comes here, and sells nothing
                raise SoldOut("The stock has just changed; try again", offer=offer_id)
        seqs = self._rows.keep(tx, accepted)
        keep_confirmed(tx, {seqs[one.order_id]: one.intent.confirmed for one in accepted})
        return seqs


class _NumberedRows:
    """SQLite has one writer: it can number the rows itself, which is cheaper than to ask which numbers they got."""

    def __init__(self, dialect: Dialect) -> None:
        self._last = Prepared(select(func.max(orders.c.seq)), dialect)
        self._order = Insertion(list(orders.c), dialect)
        self._line = Insertion(list(order_lines.c), dialect)

    def keep(self, tx: Tx, accepted: Sequence[Accepted]) -> dict[str, int]:
        (last,) = self._last.run(tx, {}).fetchone()
        rows, lines = [], []
        for seq, one in enumerate(accepted, (last or 0) + 1):
            rows.append(row := _order_values(one))
            row["seq"] = seq
            for line in _lines_of(one):
                line["order_seq"] = seq
                lines.append(line)
        self._order.run(tx, rows)
        self._line.run(tx, lines)
        return {row["id"]: row["seq"] for row in rows}


class _RowsOfAll:
    """PostgreSQL numbers the orders, several processes' at once, and writes their lines in the same statement."""

    def __init__(self, dialect: Dialect) -> None:
        columns = [one for one in orders.c if one.name != "seq"]
        rows = unfold(dialect, columns, "orders")
        new = (
            insert(orders)
            .from_select([one.name for one in columns], select(*rows.values()))
            .returning(orders.c.id, orders.c.seq)
            .cte("new")
        )
        columns = [one for one in order_lines.c if one.name != "order_seq"]
        lines = unfold(dialect, [column("order_id", Text()), *columns], "lines")
        of_order = select(new.c.seq, *(lines[one.name] for one in columns)).where(new.c.id == lines["order_id"])
        kept = insert(order_lines).from_select(["order_seq", *(one.name for one in columns)], of_order).cte("kept")
        self._all = Prepared(select(new.c.id, new.c.seq).add_cte(kept), dialect, writes=True)

    def keep(self, tx: Tx, accepted: Sequence[Accepted]) -> dict[str, int]:
        lines = fold({"order_id": one.order_id, **line} for one in accepted for line in _lines_of(one))
        return dict(self._all.run(tx, {"orders": fold(map(_order_values, accepted)), "lines": lines}).fetchall())


def _order_values(one: Accepted) -> dict[str, Any]:
    intent, order = one.intent, one.order
    amount, coupon = order.total, order.coupon
    return {
        "id": intent.order_id,
        "store_id": intent.store_id,
        "store_title": intent.store_title,
        "room_id": intent.basket.room_id,
        "buyer_id": intent.buyer_id,
        "buyer_name": intent.buyer_name,
        "status": OrderStatus.PENDING_PAYMENT.value,
        "currency": amount.currency,
        "total_minor": amount.amount_minor,
        "idempotency_key": intent.idempotency_key,
        "fingerprint": intent.fingerprint,
        "provider": intent.payment.provider,
        "payment_id": intent.payment.id,
        "payment_status": intent.payment.status.value,
        "payment_reference": intent.payment.reference,
        "action_url": intent.payment.action_url,
        "delivery": msgspec.json.encode(order.delivery).decode(),
        "contact": msgspec.json.encode(intent.basket.contact).decode(),
        "history": encode_history(order.history),
        "placed_at": intent.placed_at,
        "expires_at": intent.expires_at,
        "coupon_id": coupon.id if coupon else None,
        "coupon_code": coupon.code if coupon else None,
        "discount_minor": coupon.discount.amount_minor if coupon else 0,
        "note": intent.basket.note,
        "locale": intent.locale,
        "slot_id": intent.basket.slot,
    }


def _lines_of(one: Accepted) -> Iterator[dict[str, Any]]:
    for position, line in enumerate(one.lines):
        yield _line_values(position, line)


def _line_values(position: int, line: OrderLine) -> dict[str, Any]:
    return {
        "position": position,
        "offer_id": line.offer_id,
        "variant_id": line.variant_id,
        "sku": line.sku,
        "title": line.title,
        "variant_title": line.variant_title,
        "picture": line.picture,
        "quantity": line.quantity,
        "unit_minor": line.unit_price.amount_minor,
        "deal": line.deal,
        "ships_at": line.ships_at,
        "held": int(line.held),
        "parts": encode_parts(line.parts),
        "auction_id": line.auction_id,
        "digital": line.digital,
    }
