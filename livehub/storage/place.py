"""Placing an order: the hot write, seven prepared statements, one of a thousand in the same commit."""

from typing import Any

import msgspec
from sqlalchemy import Dialect, bindparam, func, insert, literal_column, select, update

from livehub.commerce.catalog import Offer
from livehub.commerce.checkout import Intent, make_order, price, total
from livehub.commerce.errors import IdempotencyKeyReused, SoldOut, TooManyOpenOrders
from livehub.commerce.orders import OrderLine, OrderStatus
from livehub.commerce.ports import Placed
from livehub.storage.commerce import offers, order_lines, orders
from livehub.storage.offers import offer_of, select_offers
from livehub.storage.order_rows import encode_history, load_order
from livehub.storage.prepared import Prepared
from livehub.storage.writer import Tx

_GIVEN_UP = (OrderStatus.CANCELLED, OrderStatus.EXPIRED)
_ORDER_COLUMNS = [column.name for column in orders.c if column.name != "seq"]
_LINE_COLUMNS = [column.name for column in order_lines.c]


class PlaceOrder:
    """The statements of one database, and the write made of them."""

    def __init__(self, dialect: Dialect) -> None:
        by_key = select(orders.c.id, orders.c.fingerprint).where(
            orders.c.buyer_id == bindparam("buyer_id"), orders.c.idempotency_key == bindparam("idempotency_key")
        )
        bought = (
            select(func.coalesce(func.sum(order_lines.c.quantity), 0))
            .join(orders, orders.c.seq == order_lines.c.order_seq)
            .where(
                orders.c.buyer_id == bindparam("buyer_id"),
                order_lines.c.offer_id == bindparam("offer_id"),
                orders.c.status != bindparam("given_up_1"),
                orders.c.status != bindparam("given_up_2"),
            )
        )
        # The status stands in the statement itself: only so do databases see that the partial index fits.
        still_open = select(func.count()).where(
            orders.c.buyer_id == bindparam("buyer_id"),
            orders.c.status == literal_column(f"'{OrderStatus.PENDING_PAYMENT}'"),
        )
        hold = (
            update(offers)
            .where(offers.c.id == bindparam("offer_id"), offers.c.available >= bindparam("least"))
            .values(available=offers.c.available - bindparam("less"), held=offers.c.held + bindparam("more"))
        )
        self._by_key = Prepared(by_key, dialect)
        self._offer = Prepared(select_offers().where(offers.c.id == bindparam("offer_id")), dialect)
        self._bought = Prepared(bought, dialect)
        self._open = Prepared(still_open, dialect)
        self._hold = Prepared(hold, dialect)
        self._order = Prepared(
            insert(orders).values({name: bindparam(name) for name in _ORDER_COLUMNS}).returning(orders.c.seq), dialect
        )
        self._line = Prepared(insert(order_lines).values({name: bindparam(name) for name in _LINE_COLUMNS}), dialect)

    def run(self, tx: Tx, intent: Intent) -> Placed:
        """Everything that can refuse comes before the first statement that writes (see the writer's rule)."""
        known = self._by_key.run(tx, {"buyer_id": intent.buyer_id, "idempotency_key": intent.idempotency_key})
        row = known.fetchone()
        if row is not None:
            return self._again(tx, intent, *row)
        if self._open.run(tx, {"buyer_id": intent.buyer_id}).fetchone()[0] >= intent.max_open:
            raise TooManyOpenOrders(
                f"{intent.max_open} of your orders wait for their payment; pay for some or cancel them first",
                limit=intent.max_open,
            )
        lines = self._price(tx, intent)
        for line in sorted(lines, key=lambda line: line.offer_id):  # one order of locks for everybody
            self._reserve(tx, line)
        values = _order_values(intent, lines)
        ((seq,),) = self._order.run(tx, values).fetchall()
        for position, line in enumerate(lines):
            self._line.run(tx, _line_values(seq, position, line))
        return Placed(make_order(intent, lines, seq), replayed=False)

    @staticmethod
    def _again(tx: Tx, intent: Intent, order_id: str, fingerprint: str) -> Placed:
        if fingerprint != intent.fingerprint:
            raise IdempotencyKeyReused
        order = load_order(tx, orders.c.id == order_id)
        assert order is not None  # noqa: S101  read in this very transaction
        return Placed(order, replayed=True)

    def _price(self, tx: Tx, intent: Intent) -> tuple[OrderLine, ...]:
        found: dict[str, Offer] = {}
        bought: dict[str, int] = {}
        for wanted in intent.basket.lines:
            row = self._offer.run(tx, {"offer_id": wanted.offer_id}).fetchone()
            if row is None:
                continue
            offer = found[wanted.offer_id] = offer_of(row)
            if offer.per_buyer_limit is not None:
                bought[offer.id] = self._count(tx, intent.buyer_id, offer.id)
        return price(intent, found, bought)

    def _count(self, tx: Tx, buyer_id: str, offer_id: str) -> int:
        values = {
            "buyer_id": buyer_id,
            "offer_id": offer_id,
            "given_up_1": _GIVEN_UP[0].value,
            "given_up_2": _GIVEN_UP[1].value,
        }
        return int(self._bought.run(tx, values).fetchone()[0])

    def _reserve(self, tx: Tx, line: OrderLine) -> None:
        n = line.quantity
        held = self._hold.run(tx, {"offer_id": line.offer_id, "least": n, "less": n, "more": n})
        if held.rowcount != 1:  # only another process on the same database can have come between
            raise SoldOut("The stock has just changed; try again", offer=line.offer_id)


def _order_values(intent: Intent, lines: tuple[OrderLine, ...]) -> dict[str, Any]:
    amount = total(lines)
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
        "delivery": msgspec.json.encode(intent.basket.delivery).decode(),
        "contact": msgspec.json.encode(intent.basket.contact).decode(),
        "history": encode_history([(OrderStatus.PENDING_PAYMENT, intent.placed_at)]),
        "placed_at": intent.placed_at,
        "expires_at": intent.expires_at,
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
    }
