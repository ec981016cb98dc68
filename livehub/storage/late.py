"""Whether an order that was given up for want of a payment can still be served, now that its payment came after all."""

from sqlalchemy import func, select

from livehub.commerce.orders.model import Order, OrderStatus
from livehub.storage import auction_awards, coupons, pickups, stock
from livehub.storage.commerce import offers, order_lines, orders
from livehub.storage.writer import Tx

_GIVEN_UP = (OrderStatus.CANCELLED, OrderStatus.EXPIRED)


def is_there(tx: Tx, order: Order) -> bool:
    """Whether all that the order would take besides what it holds could be had now.

    What others could take of at this moment is locked first, in the order in which :mod:`.place` does: what is said
    here holds until this transaction ends. The store's counter of invoices, should one be issued, is locked before.
    """
    stock.lock(tx, {line.offer_id for line in order.lines} | {draw.offer_id for draw in stock.not_held(order)})
    if not stock.are_available(tx, stock.not_held(order)):
        return False
    if order.status is OrderStatus.PENDING_PAYMENT:  # the rest is its own already
        return True
    return (
        pickups.is_left(tx, order)
        and coupons.is_left(tx, order)
        and auction_awards.are_left(tx, order)
        and _is_within_limits(tx, order)
    )


def _is_within_limits(tx: Tx, order: Order) -> bool:
    """What one buyer may have, with what they ordered while this one was given up. What was won asks for no limit."""
    wanted = {line.offer_id: line.quantity for line in order.lines if line.auction_id is None}
    limit = offers.c.per_buyer_limit
    limits = tx.execute(select(offers.c.id, limit).where(offers.c.id.in_(wanted), limit.is_not(None))).all()
    if not limits:
        return True
    taken = (
        select(order_lines.c.offer_id, func.sum(order_lines.c.quantity).label("units"))
        .join(orders, orders.c.seq == order_lines.c.order_seq)
        .where(
            orders.c.buyer_id == order.buyer_id,
            orders.c.status.not_in(_GIVEN_UP),
            order_lines.c.offer_id.in_([row.id for row in limits]),
        )
        .group_by(order_lines.c.offer_id)
    )
    bought = {row.offer_id: int(row.units) for row in tx.execute(taken)}
    return all(bought.get(row.id, 0) + wanted[row.id] <= row.per_buyer_limit for row in limits)
