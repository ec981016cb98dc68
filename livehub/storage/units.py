"""Where an order's units are between the shop and its buyer: returned, sent, or still to be packed."""

from collections import Counter
from collections.abc import Callable

import msgspec
from sqlalchemy import Connection, select

from livehub.commerce.fulfilment.shipments import ShipmentStatus, gone, to_pack
from livehub.commerce.orders.model import Order, OrderStatus
from livehub.commerce.payments.refunds import RefundState
from livehub.storage.payment_tables import payment_refunds
from livehub.storage.writer import Tx

Step = Callable[[Tx, Order, OrderStatus, int], Order]


def returned(tx: Tx | Connection, order: Order) -> Counter[str]:
    """Units by offer that came back, or are about to, with the order's refunds."""
    statement = select(payment_refunds.c.lines).where(
        payment_refunds.c.order_seq == order.seq, payment_refunds.c.state != RefundState.FAILED.value
    )
    found: Counter[str] = Counter()
    for (lines,) in tx.execute(statement).all():
        for offer_id, quantity in msgspec.json.decode(lines, type=tuple[tuple[str, int], ...]):
            found[offer_id] += quantity
    return found


def to_stock(order: Order, before: Counter[str], after: Counter[str]) -> dict[str, int]:
    """Units by offer that are free again when those that came back grow from ``before`` to ``after``.

    What was not sent comes back first; what was sent is booked in by the merchant once it is there.
    """
    sent = gone(order.shipments)
    found = {}
    for line in order.lines:
        unsent = line.quantity - sent[line.offer_id]
        found[line.offer_id] = min(after[line.offer_id], unsent) - min(before[line.offer_id], unsent)
    return found


def finish(tx: Tx, step: Step, order: Order, at_ms: int) -> Order:
    """A paid order of which something was sent, and nothing is left to be, is fulfilled."""
    if order.status is not OrderStatus.PAID or not gone(order.shipments):
        return order
    if any(shipment.status is ShipmentStatus.PACKED for shipment in order.shipments):
        return order
    return order if to_pack(order, returned(tx, order)) else step(tx, order, OrderStatus.FULFILLED, at_ms)
