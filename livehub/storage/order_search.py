"""What the desk looks for among a store's orders, in SQL."""

from typing import Any

from sqlalchemy import ColumnElement, exists, func, or_, select

from livehub.commerce.fulfilment.returns import ReturnState
from livehub.commerce.fulfilment.shipments import ShipmentStatus
from livehub.commerce.orders.model import FIRST_NUMBER, OrderStatus
from livehub.commerce.orders.ports import OrderQuery
from livehub.storage.commerce import order_lines, orders
from livehub.storage.return_rows import return_requests
from livehub.storage.shipment_rows import shipments


def wanted_of(query: OrderQuery) -> list[ColumnElement[bool]]:
    """The conditions beyond store, room and state."""
    found: list[ColumnElement[bool]] = []
    if query.text:
        found.append(_text(query.text))
    if query.method is not None:
        found.append(orders.c.delivery.contains(f'"method":"{query.method}"', autoescape=True))
    of_order = select(shipments.c.id).where(shipments.c.order_seq == orders.c.seq)
    if query.work == "to_pack":
        found += [orders.c.status == OrderStatus.PAID, ~exists(of_order)]
    elif query.work == "packed":
        found.append(exists(of_order.where(shipments.c.status == ShipmentStatus.PACKED.value)))
    elif query.work == "returns":
        asked = select(return_requests.c.id).where(
            return_requests.c.order_seq == orders.c.seq, return_requests.c.state == ReturnState.ASKED.value
        )
        found.append(exists(asked))
    if query.since is not None:
        found.append(orders.c.placed_at >= query.since)
    if query.until is not None:
        found.append(orders.c.placed_at < query.until)
    return found


def _text(text: str) -> ColumnElement[bool]:
    """Whatever the letters' case, as far as the database knows them: SQLite does for ASCII."""
    if text.isascii() and text.isdigit() and len(text) <= 18 and int(text) > FIRST_NUMBER:
        by_number: list[Any] = [orders.c.seq == int(text) - FIRST_NUMBER]
    else:
        by_number = []
    part = text.lower()
    # A scalar, not EXISTS: inside OR PostgreSQL answers EXISTS by all lines there are, read once and hashed, while this
    # can only be asked of one order after the other, by the index.
    inside = (
        select(order_lines.c.position)
        .where(
            order_lines.c.order_seq == orders.c.seq,
            or_(_has(order_lines.c.sku, part), _has(order_lines.c.title, part)),
        )
        .limit(1)
        .correlate(orders)
        .scalar_subquery()
        .is_not(None)
    )
    return or_(
        *by_number, _has(orders.c.buyer_name, part), _has(orders.c.contact, part), _has(orders.c.delivery, part), inside
    )  # fmt: skip


def _has(column: Any, part: str) -> ColumnElement[bool]:
    return func.lower(column).contains(part, autoescape=True)
