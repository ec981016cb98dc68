"""Orders between rows and :class:`~livehub.commerce.orders.model.Order`."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Select, insert, select, update

from livehub.commerce.catalog.model import Part
from livehub.commerce.errors import OrderNotFound
from livehub.commerce.money import Money
from livehub.commerce.orders.model import Order, OrderLine, OrderStatus, Payment, PaymentStatus, TakenOff
from livehub.storage.commerce import order_lines, orders
from livehub.storage.confirmed import load_confirmed
from livehub.storage.payment_tables import payment_details
from livehub.storage.shipment_rows import load_shipments
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
    details = _details(tx, lines)
    found = [_order(row, lines[row.seq], *details.get(row.seq, (None, 0))) for row in rows]
    confirmed, shipped = load_confirmed(tx, lines), load_shipments(tx, {order.seq: order.id for order in found})
    return [
        replace(order, confirmed=confirmed.get(order.seq), shipments=tuple(shipped.get(order.seq, ())))
        if order.seq in confirmed or order.seq in shipped
        else order
        for order in found
    ]


def _details(tx: Tx | Connection, seqs: Collection[int]) -> dict[int, tuple[str | None, int]]:
    """Order → the provider's name for its payment, and what went back."""
    known = select(payment_details).where(payment_details.c.order_seq.in_(seqs))
    return {row.order_seq: (row.provider_payment, row.refunded_minor) for row in tx.execute(known)}


def load_order(tx: Tx | Connection, condition: Any) -> Order | None:
    found = load_orders(tx, select(orders).where(condition))
    return found[0] if found else None


def lock_order(tx: Tx, condition: Any) -> Order | None:
    """The order as it is until this transaction ends: whoever else wants to change it, or its money, waits, where
    several processes write. Before offers and invoices are."""
    found = load_orders(tx, select(orders).where(condition).with_for_update())
    return found[0] if found else None


def must_load(tx: Tx, order_id: str) -> Order:
    """The order, locked. Raises: OrderNotFound."""
    order = lock_order(tx, orders.c.id == order_id)
    if order is None:
        raise OrderNotFound
    return order


def keep_held(tx: Tx, order: Order) -> Order:
    """From now on all of its units are kept for it."""
    if not order.holds_all:
        tx.execute(update(order_lines).where(order_lines.c.order_seq == order.seq).values(held=1))
    return replace(order, lines=tuple(replace(line, held=True) for line in order.lines))


def keep_provider_payment(tx: Tx, order: Order, name: str | None) -> Order:
    if name is None or name == order.payment.provider_payment:
        return order
    _keep_detail(tx, order, provider_payment=name)
    return replace(order, payment=replace(order.payment, provider_payment=name))


def keep_refunded(tx: Tx, order: Order, refunded_minor: int) -> Order:
    _keep_detail(tx, order, refunded_minor=refunded_minor)
    return replace(order, refunded_minor=refunded_minor)


def _keep_detail(tx: Tx, order: Order, **values: str | int) -> None:
    changed = tx.execute(update(payment_details).where(payment_details.c.order_seq == order.seq).values(values))
    if changed.rowcount == 0:
        tx.execute(insert(payment_details), {"order_seq": order.seq, **values})


def encode_parts(parts: Sequence[Part]) -> str | None:
    return msgspec.json.encode(parts).decode() if parts else None


def decode_parts(text: str | None) -> tuple[Part, ...]:
    return msgspec.json.decode(text, type=tuple[Part, ...]) if text else ()


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
        held=bool(row.held),
        parts=decode_parts(row.parts),
        auction_id=row.auction_id,
        digital=row.digital,
    )


def _order(row: Row[Any], lines: Sequence[OrderLine], provider_payment: str | None, refunded_minor: int) -> Order:
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
            row.provider,
            PaymentStatus(row.payment_status),
            row.payment_id,
            row.payment_reference,
            row.action_url,
            provider_payment,
        ),
        delivery=msgspec.json.decode(row.delivery),
        contact=msgspec.json.decode(row.contact),
        history=msgspec.json.decode(row.history, type=tuple[tuple[OrderStatus, int], ...]),
        placed_at=row.placed_at,
        expires_at=row.expires_at,
        refunded_minor=refunded_minor,
        note=row.note,
        locale=row.locale or "en",
        slot_id=row.slot_id,
        coupon=None
        if row.coupon_id is None
        else TakenOff(row.coupon_id, row.coupon_code, Money(row.discount_minor, row.currency)),
    )
