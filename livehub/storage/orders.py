"""Orders in SQL: placed in :mod:`.place`, moved through their states here, each step in one commit with its stock."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from sqlalchemy import Connection, insert, select, update

from livehub.commerce.checkout import Intent
from livehub.commerce.errors import OrderNotFound, PaymentMismatch, PaymentNotFound
from livehub.commerce.gateway import Outcome, PaymentEvent, PaymentStart
from livehub.commerce.orders import Order, OrderLine, OrderStatus, PaymentStatus, check_transition
from livehub.commerce.ports import OrderQuery, Placed, Settled
from livehub.storage import stock
from livehub.storage.commerce import orders, payment_events
from livehub.storage.database import Database
from livehub.storage.order_rows import encode_history, load_order, load_orders
from livehub.storage.outbox import SqlOutbox
from livehub.storage.place import PlaceOrders
from livehub.storage.writer import Tx

T = TypeVar("T")


class SqlOrders:
    """Implements :class:`livehub.commerce.ports.OrderStore`."""

    def __init__(self, database: Database, outbox: SqlOutbox) -> None:
        self._database = database
        self._outbox = outbox
        self._place = PlaceOrders(database.engine.dialect, self._tell_of)

    async def place(self, intent: Intent) -> Placed:
        placed, told = await self._database.write_bulk(self._place, intent)
        if told:
            self._outbox.added()
        return placed

    def _tell_of(self, tx: Tx, new: Sequence[Order]) -> set[str]:
        """Messages about orders just placed; the stores whose merchants get one."""
        listened = self._outbox.listened(tx, {order.store_id for order in new})
        for order in new:
            if order.store_id in listened:
                self._tell(tx, order, order.placed_at)
        return listened

    async def find(self, order_id: str) -> Order | None:
        return await self._database.read(lambda connection: load_order(connection, orders.c.id == order_id))

    async def by_key(self, buyer_id: str, idempotency_key: str) -> tuple[Order, str] | None:
        own = (orders.c.buyer_id == buyer_id) & (orders.c.idempotency_key == idempotency_key)

        def read(connection: Connection) -> tuple[Order, str] | None:
            fingerprint = connection.execute(select(orders.c.fingerprint).where(own)).scalar()
            order = load_order(connection, own)
            return None if order is None else (order, str(fingerprint))

        return await self._database.read(read)

    async def by_payment(self, provider: str, reference: str) -> Order | None:
        return await self._database.read(lambda connection: load_order(connection, _payment(provider, reference)))

    async def page(self, query: OrderQuery) -> list[Order]:
        statement = select(orders).order_by(orders.c.seq.desc()).limit(query.limit)
        for column, value in (
            (orders.c.buyer_id, query.buyer_id),
            (orders.c.store_id, query.store_id),
            (orders.c.room_id, query.room_id),
            (orders.c.status, query.status),
        ):
            if value is not None:
                statement = statement.where(column == value)
        if query.after is not None:
            statement = statement.where(orders.c.seq < query.after)
        return await self._database.read(lambda connection: load_orders(connection, statement))

    async def hand_over(self, guest_id: str, account_id: str) -> int:
        of_account = select(orders.c.idempotency_key).where(orders.c.buyer_id == account_id).scalar_subquery()

        def write(tx: Tx) -> int:
            # A key is unique to its buyer: of two orders with the same one the guest's gets another.
            taken = (orders.c.buyer_id == guest_id) & orders.c.idempotency_key.in_(of_account)
            tx.execute(update(orders).where(taken).values(idempotency_key="moved-" + orders.c.id))
            moved = tx.execute(update(orders).where(orders.c.buyer_id == guest_id).values(buyer_id=account_id))
            return moved.rowcount

        return await self._database.write(write)

    async def set_payment(self, order_id: str, start: PaymentStart) -> Order:
        def write(tx: Tx) -> Order:
            order = _load(tx, order_id)
            payment = replace(order.payment, reference=start.reference, action_url=start.action_url)
            return self._store(tx, replace(order, payment=payment))

        return await self._database.write(write)

    async def move(self, order_id: str, wanted: OrderStatus, at_ms: int) -> Order:
        def write(tx: Tx) -> Order:
            order = _load(tx, order_id)
            check_transition(order.status, wanted)
            return self._step(tx, order, wanted, at_ms)

        return await self._told(write)

    async def settle(self, provider: str, event: PaymentEvent, at_ms: int) -> Settled:
        def write(tx: Tx) -> Settled:
            order = load_order(tx, _payment(provider, event.reference))
            if order is None:
                raise PaymentNotFound(f'No payment is known as "{event.reference[:80]}"')
            if _is_known(tx, provider, event.event_id):
                return Settled(order, changed=False)
            if event.amount != order.total:
                raise PaymentMismatch(f"The order's total is {order.total}, not {event.amount.amount_minor}")
            values = {
                "provider": provider,
                "event_id": event.event_id,
                "order_seq": order.seq,
                "outcome": event.outcome.value,
                "at": at_ms,
            }
            tx.execute(insert(payment_events), values)
            settled = self._paid(tx, order, at_ms) if event.outcome is Outcome.PAID else self._declined(tx, order)
            return Settled(settled, changed=settled != order)

        return await self._told(write)

    def _paid(self, tx: Tx, order: Order, at_ms: int) -> Order:
        """In time, late but possible, or to be given back; a payment that is known already changes nothing."""
        if order.payment.status not in {PaymentStatus.PENDING, PaymentStatus.FAILED}:
            return order
        if order.status is OrderStatus.PENDING_PAYMENT:
            return self._step(tx, order, OrderStatus.PAID, at_ms)
        if order.status is OrderStatus.EXPIRED and all(stock.is_available(tx, line) for line in order.lines):
            return self._step(tx, order, OrderStatus.PAID, at_ms)
        return self._store(tx, replace(order, payment=replace(order.payment, status=PaymentStatus.REFUND_DUE)))

    def _declined(self, tx: Tx, order: Order) -> Order:
        """The order waits on: the buyer may try again until it expires."""
        if order.status is not OrderStatus.PENDING_PAYMENT or order.payment.status is not PaymentStatus.PENDING:
            return order
        return self._store(tx, replace(order, payment=replace(order.payment, status=PaymentStatus.FAILED)))

    async def expire(self, at_ms: int, limit: int) -> list[Order]:
        over = (orders.c.expires_at <= at_ms) & (orders.c.status == OrderStatus.PENDING_PAYMENT)
        due = select(orders).where(over).order_by(orders.c.expires_at).limit(limit)
        if await self._database.read(lambda connection: connection.execute(due.limit(1)).first()) is None:
            return []

        def write(tx: Tx) -> list[Order]:
            return [self._step(tx, order, OrderStatus.EXPIRED, at_ms) for order in load_orders(tx, due)]

        return await self._told(write)

    async def refunds_due(self, limit: int) -> list[Order]:
        statement = select(orders).where(orders.c.payment_status == PaymentStatus.REFUND_DUE)
        statement = statement.order_by(orders.c.seq).limit(limit)
        return await self._database.read(lambda connection: load_orders(connection, statement))

    async def refunded(self, order_id: str, at_ms: int) -> Order:
        def write(tx: Tx) -> Order:
            order = _load(tx, order_id)
            if order.payment.status is not PaymentStatus.REFUND_DUE:
                return order
            order = self._store(tx, replace(order, payment=replace(order.payment, status=PaymentStatus.REFUNDED)))
            self._outbox.tell_merchant(tx, order, "order.payment_refunded", at_ms)
            return order

        return await self._told(write)

    async def _told(self, write: Callable[[Tx], T]) -> T:
        """Write, then wake the outbox: these steps are rare enough not to ask whether anything is in it."""
        result = await self._database.write(write)
        self._outbox.added()
        return result

    def _step(self, tx: Tx, order: Order, wanted: OrderStatus, at_ms: int) -> Order:
        """What a transition does to stock and payment, then the order itself and the message about it."""
        payment = order.payment
        move: Callable[[Tx, OrderLine], None] | None = None
        match wanted:
            case OrderStatus.PAID:
                move = stock.sell_held if order.status is OrderStatus.PENDING_PAYMENT else stock.sell_again
                payment = replace(payment, status=PaymentStatus.PAID)
            case OrderStatus.CANCELLED | OrderStatus.EXPIRED:
                move = stock.give_back_held
            case OrderStatus.REFUNDED:
                # What was handed over is with the buyer: the merchant books it in again once it is back.
                move = stock.give_back_sold if order.status is OrderStatus.PAID else None
                payment = replace(payment, status=PaymentStatus.REFUNDED)
            case _:
                pass
        if move is not None:
            for line in sorted(order.lines, key=lambda line: line.offer_id):
                move(tx, line)
        history = (*order.history, (wanted, at_ms))
        order = self._store(tx, replace(order, status=wanted, payment=payment, history=history, expires_at=None))
        self._tell(tx, order, at_ms)
        return order

    def _tell(self, tx: Tx, order: Order, at_ms: int) -> bool:
        event = "placed" if order.status is OrderStatus.PENDING_PAYMENT else order.status
        return self._outbox.tell_merchant(tx, order, f"order.{event}", at_ms)

    @staticmethod
    def _store(tx: Tx, order: Order) -> Order:
        values = {
            "status": order.status.value,
            "payment_status": order.payment.status.value,
            "payment_reference": order.payment.reference,
            "action_url": order.payment.action_url,
            "history": encode_history(order.history),
            "expires_at": order.expires_at,
        }
        tx.execute(update(orders).where(orders.c.seq == order.seq).values(values))
        return order


def _load(tx: Tx, order_id: str) -> Order:
    """Raises: OrderNotFound."""
    order = load_order(tx, orders.c.id == order_id)
    if order is None:
        raise OrderNotFound
    return order


def _payment(provider: str, reference: str) -> Any:
    return (orders.c.provider == provider) & (orders.c.payment_reference == reference)


def _is_known(tx: Tx, provider: str, event_id: str) -> bool:
    known = select(payment_events.c.at).where(
        payment_events.c.provider == provider, payment_events.c.event_id == event_id
    )
    return tx.execute(known).first() is not None
