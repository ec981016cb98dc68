"""Orders between rows and :class:`~livehub.commerce.orders.Order`."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Select, select

from livehub.commerce.money import Money
from livehub.commerce.orders import Order, OrderLine, OrderStatus, Payment, PaymentStatus
from livehub.storage.commerce import order_lines, orders
from livehub.storage.writer import Tx


def load_orders(tx: Tx | Connection, statement: Select[Any]) -> list[Order]:
    """The orders that ``statement`` (over all columns of ``orders``) finds, in its order, with their lines."""
    rows = tx.execute(statement).all()
    if not rows:
        return []
    currency = {row.seq: row.currency for row in rows}
    lines: dict[int, list[OrderLine]] = {row.seq: [] for row in rows}
    wanted = select(order_lines).where(order_lines.c.order_seq.in_(lines))
    for row in tx.execute(wanted.order_by(order_lines.c.order_seq, order_lines.c.position)):
        lines[row.order_seq].append(_line(row, currency[row.order_seq]))
    return [_order(row, lines[row.seq]) for row in rows]


def load_order(tx: Tx | Connection, condition: Any) -> Order | None:
    found = load_orders(tx, select(orders).where(condition))
    return found[0] if found else None


def encode_history(history: Sequence[tuple[OrderStatus, int]]) -> str:
    return msgspec.json.encode(history).decode()


def _line(row: Row[Any], currency: str) -> OrderLine:
    return OrderLine(
        offer_id=row.offer_id,
        variant_id=row.variant_id,
        sku=row.sku,
        title=row.title,
        variant_title=row.variant_title,
        picture=row.picture,
        quantity=row.quantity,
        unit_price=Money(row.unit_minor, currency),
        deal=row.deal,
        ships_at=row.ships_at,
    )


def _order(row: Row[Any], lines: Sequence[OrderLine]) -> Order:
    return Order(
        seq=row.seq,
        id=row.id,
        store_id=row.store_id,
        store_title=row.store_title,
        room_id=row.room_id,
        buyer_id=row.buyer_id,
        buyer_name=row.buyer_name,
        status=OrderStatus(row.status),
        lines=tuple(lines),
        total=Money(row.total_minor, row.currency),
        payment=Payment(
            row.provider, PaymentStatus(row.payment_status), row.payment_id, row.payment_reference, row.action_url
        ),
        delivery=msgspec.json.decode(row.delivery),
        contact=msgspec.json.decode(row.contact),
        history=msgspec.json.decode(row.history, type=tuple[tuple[OrderStatus, int], ...]),
        placed_at=row.placed_at,
        expires_at=row.expires_at,
    )
