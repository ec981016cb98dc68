"""Payments in SQL: what a provider says, and what was done at it, each in one commit with stock and ledger."""

from dataclasses import replace

from sqlalchemy import insert, literal_column, select

from livehub.commerce.errors import PaymentMismatch, PaymentNotFound, PaymentUnderWay, SoldOut
from livehub.commerce.gateway import Outcome, PaymentEvent, PaymentStart
from livehub.commerce.orders.model import PAYMENT_DUES, Order, OrderStatus, PaymentStatus, check_transition
from livehub.commerce.payments.ledger import MovementKind
from livehub.commerce.payments.ports import Settled
from livehub.commerce.payments.refunds import REFUNDABLE
from livehub.commerce.payments.settling import UNPAID, Step, next_step
from livehub.errors import IllegalTransition
from livehub.storage import coupons, invoices, late, pickups, stock
from livehub.storage.commerce import orders, payment_events
from livehub.storage.database import Database
from livehub.storage.ledger import book, booked_refunds
from livehub.storage.order_rows import (
    keep_held,
    keep_provider_payment,
    keep_refunded,
    load_orders,
    lock_order,
    must_load,
)
from livehub.storage.orders import SqlOrders, payment_is
from livehub.storage.refunds import close_if_empty, due_refunds
from livehub.storage.units import finish
from livehub.storage.writer import Tx

#: stands in the statement itself: only so do databases see that the partial index fits
_DUE = literal_column("payment_status").in_([literal_column(f"'{status}'") for status in PAYMENT_DUES])


class SqlPayments:
    """Implements :class:`livehub.commerce.payments.ports.PaymentStore`."""

    def __init__(self, database: Database, of: SqlOrders) -> None:
        self._database = database
        self._orders = of

    async def begun(self, order_id: str, start: PaymentStart) -> Order:
        def write(tx: Tx) -> Order:
            order = must_load(tx, order_id)
            payment = replace(order.payment, reference=start.reference, action_url=start.action_url)
            order = self._orders.keep(tx, replace(order, payment=payment))
            return keep_provider_payment(tx, order, start.provider_payment)

        return await self._database.write(write)

    async def settle(self, provider: str, event: PaymentEvent, at_ms: int) -> Settled:
        def write(tx: Tx) -> Settled:
            order = lock_order(tx, payment_is(provider, event.reference))
            if order is None:
                raise PaymentNotFound(f'No payment is known as "{event.reference[:80]}"')
            if _is_known(tx, provider, event.event_id):
                return Settled(order, changed=False)
            _compare(order, event)
            values = {
                "provider": provider,
                "event_id": event.event_id,
                "order_seq": order.seq,
                "outcome": event.outcome.value,
                "at": at_ms,
            }
            tx.execute(insert(payment_events), values)
            named = keep_provider_payment(tx, order, event.provider_payment)
            if event.outcome is Outcome.REFUNDED:
                settled = self._given_back_elsewhere(tx, named, event, at_ms)
            else:
                settled = self._take(tx, named, event.outcome, at_ms)
            return Settled(settled, changed=settled != named)

        return await self._orders.told(write)

    async def received(self, order_id: str, at_ms: int, *, or_give_back: bool) -> Order:
        def write(tx: Tx) -> Order:
            order = must_load(tx, order_id)
            if order.payment.status is PaymentStatus.CAPTURE_DUE:
                raise PaymentUnderWay
            if not (or_give_back and order.status is OrderStatus.CANCELLED):
                check_transition(order.status, OrderStatus.PAID)
            if order.payment.status not in UNPAID:
                raise IllegalTransition(f"Its payment is {order.payment.status}", status_now=order.status)
            taken = self._take(tx, order, Outcome.PAID, at_ms)
            # Asked once: between two questions another process could have taken what the first found.
            if not or_give_back and taken.payment.status is PaymentStatus.REFUND_DUE:
                raise SoldOut("Others were faster; nothing is left for this order")
            return finish(tx, self._orders.step, taken, at_ms)

        return await self._orders.told(write)

    def _take(self, tx: Tx, order: Order, outcome: Outcome, at_ms: int) -> Order:
        def is_there() -> bool:
            if outcome is Outcome.PAID:
                invoices.lock(tx, self._database, order.store_id)
            return late.is_there(tx, order)

        match next_step(order.status, order.payment.status, outcome, is_there, is_held=order.holds_all):
            case Step.PAY:
                return self._orders.step(tx, order, OrderStatus.PAID, at_ms)
            case Step.CAPTURE:
                return self._as(tx, replace(order, expires_at=None), PaymentStatus.CAPTURE_DUE)
            case Step.HOLD_AGAIN:
                return self._as(tx, self._hold_again(tx, order, at_ms), PaymentStatus.CAPTURE_DUE)
            case Step.RELEASE:
                return self._as(tx, self._too_late(tx, order, at_ms), PaymentStatus.RELEASE_DUE)
            case Step.GIVE_BACK:
                order = self._too_late(tx, order, at_ms)
                book(tx, order, MovementKind.PAYMENT, order.total.amount_minor, order.payment.id, at_ms)
                return self._as(tx, order, PaymentStatus.REFUND_DUE)
            case Step.FAIL:
                return self._as(tx, order, PaymentStatus.FAILED)
            case Step.LOSE:
                return self._as(tx, replace(order, expires_at=at_ms), PaymentStatus.FAILED)
            case Step.LET_GO:
                return self._as(tx, order, PaymentStatus.RELEASED)
            case Step.NOTHING:
                return order

    def _hold_again(self, tx: Tx, order: Order, at_ms: int) -> Order:
        stock.move(tx, [(draw, stock.hold_again) for draw in stock.not_held(order)])
        order = keep_held(tx, order)
        if order.status is OrderStatus.PENDING_PAYMENT:
            return replace(order, expires_at=None)
        pickups.follow(tx, order, OrderStatus.PENDING_PAYMENT)
        coupons.follow(tx, order, OrderStatus.PENDING_PAYMENT)
        history = (*order.history, (OrderStatus.PENDING_PAYMENT, at_ms))
        return replace(order, status=OrderStatus.PENDING_PAYMENT, history=history)

    def _too_late(self, tx: Tx, order: Order, at_ms: int) -> Order:
        """Others paid first: an order that still waits is over with it."""
        if order.status is not OrderStatus.PENDING_PAYMENT:
            return order
        return self._orders.step(tx, order, OrderStatus.EXPIRED, at_ms)

    def _given_back_elsewhere(self, tx: Tx, order: Order, event: PaymentEvent, at_ms: int) -> Order:
        """``event.amount`` is the sum that went back at the provider; what we asked for ourselves is part of it."""
        on_its_way = due_refunds(tx, order)
        if order.payment.status is PaymentStatus.REFUND_DUE:
            on_its_way += order.total.amount_minor
        more = event.amount.amount_minor - booked_refunds(tx, order) - on_its_way
        if more <= 0 or order.status not in REFUNDABLE:
            return order
        book(tx, order, MovementKind.REFUND, more, f"{order.payment.provider}:{event.event_id}", at_ms)
        order = keep_refunded(tx, order, order.refunded_minor + more)
        invoices.credit_amount(tx, self._database, order, more, event.event_id, at_ms)
        self._orders.tell(tx, order, "order.partially_refunded", at_ms)
        return close_if_empty(tx, self._orders, order, at_ms)

    def _as(self, tx: Tx, order: Order, status: PaymentStatus) -> Order:
        return self._orders.keep(tx, replace(order, payment=replace(order.payment, status=status)))

    # --- what was done at the provider ------------------------------------------------------------------------------

    async def dues(self, after: Order | None, limit: int) -> list[Order]:
        statement = select(orders).where(_DUE).order_by(orders.c.seq).limit(limit)
        if after is not None:
            statement = statement.where(orders.c.seq > after.seq)
        return await self._database.read(lambda connection: load_orders(connection, statement))

    async def captured(self, order_id: str, at_ms: int) -> Order:
        return await self._after(order_id, PaymentStatus.CAPTURE_DUE, Outcome.PAID, at_ms)

    async def lost(self, order_id: str, at_ms: int) -> Order:
        return await self._after(order_id, PaymentStatus.CAPTURE_DUE, Outcome.CLOSED, at_ms)

    async def released(self, order_id: str) -> Order:
        return await self._after(order_id, PaymentStatus.RELEASE_DUE, Outcome.CLOSED, 0)

    async def _after(self, order_id: str, due: PaymentStatus, outcome: Outcome, at_ms: int) -> Order:
        """A webhook may have said so first: then there is nothing left to do."""

        def write(tx: Tx) -> Order:
            order = must_load(tx, order_id)
            return self._take(tx, order, outcome, at_ms) if order.payment.status is due else order

        return await self._orders.told(write)

    async def returned(self, order_id: str, at_ms: int) -> Order:
        def write(tx: Tx) -> Order:
            order = must_load(tx, order_id)
            if order.payment.status is not PaymentStatus.REFUND_DUE:
                return order
            order = self._as(tx, order, PaymentStatus.REFUNDED)
            book(tx, order, MovementKind.REFUND, order.total.amount_minor, order.payment.id, at_ms)
            order = keep_refunded(tx, order, order.total.amount_minor)
            self._orders.tell(tx, order, "order.payment_refunded", at_ms)
            return order

        return await self._orders.told(write)

    async def unsettled(self, provider: str, since_ms: int, after: int, limit: int) -> list[Order]:
        statement = (
            select(orders)
            .where(
                orders.c.provider == provider,
                orders.c.placed_at >= since_ms,
                orders.c.seq > after,
                orders.c.payment_reference.is_not(None),
            )
            .order_by(orders.c.seq)
            .limit(limit)
        )
        return await self._database.read(lambda connection: load_orders(connection, statement))


def _compare(order: Order, event: PaymentEvent) -> None:
    """Raises: PaymentMismatch."""
    fits = event.amount == order.total
    if event.outcome is Outcome.REFUNDED:
        same = event.amount.currency == order.total.currency
        fits = same and 0 <= event.amount.amount_minor <= order.total.amount_minor
    if not fits:
        raise PaymentMismatch(
            f"The order's total is {order.total}, not {event.amount.amount_minor} {event.amount.currency}"
        )


def _is_known(tx: Tx, provider: str, event_id: str) -> bool:
    known = select(payment_events.c.at).where(
        payment_events.c.provider == provider, payment_events.c.event_id == event_id
    )
    return tx.execute(known).first() is not None
