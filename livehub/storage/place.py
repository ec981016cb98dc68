"""Placing orders: the hot write. All that gathered since the last commit are placed by some eight statements.

What the orders could collide on is read first, for all of them; then each is decided in the order it came, in plain
Python, against what those before it have left; what was decided is written at last.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnClause,
    Dialect,
    ScalarSelect,
    Select,
    and_,
    bindparam,
    func,
    literal_column,
    select,
    update,
)

from livehub.commerce.catalog.model import Offer
from livehub.commerce.errors import SoldOut
from livehub.commerce.orders.checkout import Intent
from livehub.commerce.orders.model import Order, OrderLine, OrderStatus
from livehub.commerce.orders.ports import Placed
from livehub.errors import LivehubError
from livehub.storage.auction_awards import AwardShelf
from livehub.storage.commerce import bundle_parts, offers, order_lines, orders
from livehub.storage.confirmed import keep_confirmed
from livehub.storage.coupons import CouponShelf
from livehub.storage.insertion import Insertion
from livehub.storage.json_rows import fold, unfold
from livehub.storage.offer_rows import load_parts, offer_of, select_offers
from livehub.storage.order_rows import encode_history, encode_parts, load_orders
from livehub.storage.order_shelf import Accepted, Again, Key, Shelf, decide
from livehub.storage.pickups import PickupStatements
from livehub.storage.prepared import Prepared
from livehub.storage.waitlist import ClaimShelf, inherit
from livehub.storage.writer import Tx

_GIVEN_UP: list[ColumnClause[Any]] = [
    literal_column(f"'{status}'") for status in (OrderStatus.CANCELLED, OrderStatus.EXPIRED)
]
_ORDER_COLUMNS = [column for column in orders.c if column.name != "seq"]


class PlaceOrders:
    """A :class:`~livehub.storage.writer.Bulk`: the statements of one database, and the write made of them.

    ``tell`` is called with the new orders, inside the transaction; it answers which stores got a message. What comes of
    an intent is its order, and whether there is a message about it.
    """

    def __init__(self, dialect: Dialect, tell: Callable[[Tx, Sequence[Order]], set[str]]) -> None:
        self._tell = tell
        self._statements = _Statements(dialect)

    def run(self, tx: Tx, intents: Sequence[Intent], /) -> Sequence[tuple[Placed, bool] | LivehubError]:
        shelf = self._statements.look(tx, intents)
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
            told = self._tell(tx, placed)
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
        # A subquery for each row, not a join: PostgreSQL can but guess how many rows the JSON has, and went through
        # all orders there are to join them. A subquery is answered by the index.
        rows = unfold(dialect, [orders.c.buyer_id, orders.c.idempotency_key])
        known = select(orders.c.id + literal_column("' '") + orders.c.fingerprint).where(
            orders.c.buyer_id == rows["buyer_id"], orders.c.idempotency_key == rows["idempotency_key"]
        )
        by_key = select(rows["buyer_id"], rows["idempotency_key"], _of_each(known))
        rows = unfold(dialect, [orders.c.buyer_id])
        # The status stands in the statement itself: only so do databases see that the partial index fits.
        waiting = select(func.count()).where(
            orders.c.buyer_id == rows["buyer_id"],
            orders.c.status == literal_column(f"'{OrderStatus.PENDING_PAYMENT}'"),
        )
        unpaid = select(rows["buyer_id"], _of_each(waiting.select_from(orders)))
        rows = unfold(dialect, [orders.c.buyer_id, order_lines.c.offer_id])
        taken = select(func.coalesce(func.sum(order_lines.c.quantity), 0)).where(
            orders.c.buyer_id == rows["buyer_id"],
            orders.c.status.not_in(_GIVEN_UP),
            and_(order_lines.c.order_seq == orders.c.seq, order_lines.c.offer_id == rows["offer_id"]),
        )
        bought = select(rows["buyer_id"], rows["offer_id"], _of_each(taken))
        wanted = select(unfold(dialect, [offers.c.id])["id"])
        # In one order for everybody, and locked where several processes write: what is read here is what is decided on.
        found = select_offers().where(offers.c.id.in_(wanted)).order_by(offers.c.id).with_for_update(of=offers)
        hold = (
            update(offers)
            .where(offers.c.id == bindparam("offer_id"), offers.c.available >= bindparam("least"))
            .values(
                available=offers.c.available - bindparam("less"),
                held=offers.c.held + bindparam("more"),
                deal_left=offers.c.deal_left - bindparam("of_deal"),
            )
        )
        within = select(bundle_parts.c.bundle_id, bundle_parts.c.offer_id).where(
            bundle_parts.c.bundle_id.in_(select(unfold(dialect, [offers.c.id])["id"]))
        )
        self._by_key = Prepared(by_key, dialect)
        self._unpaid = Prepared(unpaid, dialect)
        self._offers = Prepared(found, dialect)
        self._bought = Prepared(bought, dialect)
        self._hold = Prepared(hold, dialect)
        # SQLite has one writer: it can number the rows itself, which is cheaper than to ask which numbers they got.
        self._last = Prepared(select(func.max(orders.c.seq)), dialect) if dialect.name == "sqlite" else None
        if self._last is None:
            self._order = Insertion(_ORDER_COLUMNS, dialect, returning=(orders.c.id, orders.c.seq))
        else:
            self._order = Insertion(list(orders.c), dialect)
        self._line = Insertion(list(order_lines.c), dialect)
        self._within = Prepared(within, dialect)
        self._pickups = PickupStatements(dialect)

    def look(self, tx: Tx, intents: Sequence[Intent]) -> Shelf:
        keys = {(intent.buyer_id, intent.idempotency_key) for intent in intents}
        named = fold({"buyer_id": buyer, "idempotency_key": key} for buyer, key in keys)
        known = {
            (buyer, key): (found.partition(" ")[0], found.partition(" ")[2])
            for buyer, key, found in self._rows(tx, self._by_key, named)
            if found is not None
        }
        buyers = fold({"buyer_id": buyer} for buyer in {intent.buyer_id for intent in intents})
        unpaid = dict(self._rows(tx, self._unpaid, buyers))
        found = self._look_at_offers(tx, {line.offer_id for intent in intents for line in intent.basket.lines})
        limited = {
            (intent.buyer_id, line.offer_id)
            for intent in intents
            for line in intent.basket.lines
            if line.offer_id in found and found[line.offer_id].per_buyer_limit is not None
        }
        bought: dict[Key, int] = {}
        if limited:
            pairs = fold({"buyer_id": buyer, "offer_id": offer_id} for buyer, offer_id in limited)
            bought = {(buyer, offer_id): int(n) for buyer, offer_id, n in self._rows(tx, self._bought, pairs)}
        claims, pickups = ClaimShelf(tx, intents, found), self._pickups.look(tx, intents)
        return Shelf(known, unpaid, found, bought, CouponShelf(tx, intents), pickups, claims, AwardShelf(tx, intents))

    def _look_at_offers(self, tx: Tx, named: set[str]) -> dict[str, Offer]:
        """Those offers and the parts of bundles among them, locked all together in the order of their ids."""
        within = self._rows(tx, self._within, fold({"id": offer_id} for offer_id in sorted(named)))
        ids = sorted(named | {part_id for _, part_id in within})
        rows = self._rows(tx, self._offers, fold({"id": offer_id} for offer_id in ids))
        found = {offer.id: offer for offer in map(offer_of, rows)}
        if bundles := {bundle_id for bundle_id, _ in within}:
            parts, _ = load_parts(tx, bundles)
            found |= {id_: replace(found[id_], parts=tuple(parts[id_])) for id_ in bundles}
        return found

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
        seqs = self._keep_orders(tx, accepted)
        self._keep_lines(tx, accepted, seqs)
        keep_confirmed(tx, {seqs[one.order_id]: one.intent.confirmed for one in accepted})
        return seqs

    def _keep_orders(self, tx: Tx, accepted: Sequence[Accepted]) -> dict[str, int]:
        rows = [_order_values(one) for one in accepted]
        if self._last is None:
            return dict(self._order.run(tx, rows))
        (last,) = self._last.run(tx, {}).fetchone()
        for seq, row in enumerate(rows, (last or 0) + 1):
            row["seq"] = seq
        self._order.run(tx, rows)
        return {row["id"]: row["seq"] for row in rows}

    def _keep_lines(self, tx: Tx, accepted: Iterable[Accepted], seqs: dict[str, int]) -> None:
        lines = [
            _line_values(seqs[one.order_id], position, line)
            for one in accepted
            for position, line in enumerate(one.lines)
        ]
        self._line.run(tx, lines)

    @staticmethod
    def _rows(tx: Tx, statement: Prepared, rows: str) -> Any:
        return statement.run(tx, {"rows": rows}).fetchall()


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


def _line_values(seq: int, position: int, line: OrderLine) -> dict[str, Any]:
    return {
        "order_seq": seq,
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
