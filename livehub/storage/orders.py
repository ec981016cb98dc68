"""Orders in SQL: placed in :mod:`.place`, moved through their states here, each step in one commit with its stock."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from sqlalchemy import Connection, select, update

from livehub.commerce.errors import AlreadyShipped, PaymentUnderWay
from livehub.commerce.fulfilment.buyer_letters import Letter
from livehub.commerce.fulfilment.shipments import gone
from livehub.commerce.orders.checkout import Intent
from livehub.commerce.orders.model import Draw, Order, OrderStatus, PaymentStatus, check_transition
from livehub.commerce.orders.ports import OrderQuery, Placed
from livehub.commerce.orders.waiting import remind_at
from livehub.commerce.payments.ledger import MovementKind
from livehub.storage import auction_awards, coupons, invoices, pickups, return_rows, stock
from livehub.storage.commerce import orders
from livehub.storage.database import Database
from livehub.storage.digital import deliver
from livehub.storage.ledger import book
from livehub.storage.order_rows import encode_history, load_order, load_orders, must_load
from livehub.storage.order_search import wanted_of
from livehub.storage.outbox import SqlOutbox
from livehub.storage.owner_mail import write_to_owner
from livehub.storage.place import PlaceOrders
from livehub.storage.shipment_rows import unpack
from livehub.storage.units import finish
from livehub.storage.waitlist import hand_over_claims, inherit
from livehub.storage.writer import Tx

T = TypeVar("T")
#: after which nothing of an order is sent any more
_OVER = (OrderStatus.CANCELLED, OrderStatus.EXPIRED, OrderStatus.REFUNDED)


class SqlOrders:
    """Implements :class:`livehub.commerce.ports.OrderStore`. ``paid_first``: providers whose buyers are told when
    their money has to be there, and when it has not come; see :mod:`livehub.commerce.orders.waiting`."""

    def __init__(self, database: Database, outbox: SqlOutbox, paid_first: Collection[str] = ()) -> None:
        self._database = database
        self._outbox = outbox
        self._paid_first = paid_first
        self._place = PlaceOrders(database.engine.dialect, self._tell_of)

    async def place(self, intent: Intent) -> Placed:
        placed, told = await self._database.write_bulk(self._place, intent)
        if told:
            self._outbox.added()
        return placed

    def _tell_of(self, tx: Tx, new: Sequence[Order], listened: set[str]) -> set[str]:
        """Messages about orders just placed; the stores that one of them is of."""
        told = set(listened)
        for order in new:
            if order.store_id in listened:
                self._outbox.tell_merchant(tx, order, "order.placed", order.placed_at)
            if self._outbox.tell_buyer(tx, order, "order.placed", order.placed_at):
                told.add(order.store_id)
            if order.expires_at is not None and order.payment.provider in self._paid_first:
                self._outbox.post(tx, order, Letter("reminder"), remind_at(order.placed_at, order.expires_at))
        return told

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
        return await self._database.read(lambda connection: load_order(connection, payment_is(provider, reference)))

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
        statement = statement.where(*wanted_of(query))
        return await self._database.read(lambda connection: load_orders(connection, statement))

    async def hand_over(self, guest_id: str, account_id: str) -> int:
        of_account = select(orders.c.idempotency_key).where(orders.c.buyer_id == account_id).scalar_subquery()

        def write(tx: Tx) -> int:
            # A key is unique to its buyer: of two orders with the same one the guest's gets another.
            taken = (orders.c.buyer_id == guest_id) & orders.c.idempotency_key.in_(of_account)
            tx.execute(update(orders).where(taken).values(idempotency_key="moved-" + orders.c.id))
            hand_over_claims(tx, guest_id, account_id)
            moved = tx.execute(update(orders).where(orders.c.buyer_id == guest_id).values(buyer_id=account_id))
            auction_awards.hand_over(tx, guest_id, account_id)
            return moved.rowcount

        return await self._database.write(write)

    async def move(self, order_id: str, wanted: OrderStatus, at_ms: int) -> Order:
        def write(tx: Tx) -> Order:
            order = must_load(tx, order_id)
            if order.payment.status is PaymentStatus.CAPTURE_DUE:
                raise PaymentUnderWay
            check_transition(order.status, wanted)
            if wanted is OrderStatus.CANCELLED and gone(order.shipments):
                raise AlreadyShipped
            return finish(tx, self.step, self.step(tx, order, wanted, at_ms), at_ms)

        return await self.told(write)

    async def expire(self, at_ms: int, limit: int) -> list[Order]:
        over = (orders.c.expires_at <= at_ms) & (orders.c.status == OrderStatus.PENDING_PAYMENT)
        due = select(orders).where(over).order_by(orders.c.expires_at).limit(limit)
        if await self._database.read(lambda connection: connection.execute(due.limit(1)).first()) is None:
            return []

        def write(tx: Tx) -> list[Order]:
            # What is just being paid or cancelled by another process is passed over: it may be over with waiting.
            found = load_orders(tx, due.with_for_update(skip_locked=True))
            if len(found) > 1:
                _lock_all(tx, found)
            return [self.step(tx, order, OrderStatus.EXPIRED, at_ms) for order in found]

        return await self.told(write)

    async def told(self, write: Callable[[Tx], T]) -> T:
        """Write, then wake the outbox: these steps are rare enough not to ask whether anything is in it."""
        result = await self._database.write(write)
        self._outbox.added()
        return result

    def step(self, tx: Tx, order: Order, wanted: OrderStatus, at_ms: int) -> Order:
        """What a transition does to stock, payment and ledger, then the order itself and the message about it.

        A refund's units are moved where the refund is (:mod:`.refunds`): part of them may be back already.
        """
        payment = order.payment
        match wanted:
            case OrderStatus.PAID:
                # The store's counter of invoices is locked before its offers, here as with refunds.
                invoices.issue(tx, self._database, order, at_ms)
                self._sell(tx, order)
                deliver(tx, order)
                payment = replace(payment, status=PaymentStatus.PAID)
                book(tx, order, MovementKind.PAYMENT, order.total.amount_minor, payment.id, at_ms)
            case OrderStatus.CANCELLED | OrderStatus.EXPIRED:
                stock.move(tx, [(draw, stock.give_back_held) for draw in stock.held_draws(order)])
            case OrderStatus.REFUNDED:
                payment = replace(payment, status=PaymentStatus.REFUNDED)
            case _:
                pass
        pickups.follow(tx, order, wanted)
        coupons.follow(tx, order, wanted)
        auction_awards.follow(tx, self._outbox, order, wanted, at_ms)
        return_rows.follow(tx, order, wanted, at_ms)
        if wanted in _OVER:
            order = unpack(tx, order)
        history = (*order.history, (wanted, at_ms))
        if wanted in {OrderStatus.CANCELLED, OrderStatus.EXPIRED}:
            inherit(tx, {draw.offer_id for draw in stock.held_draws(order)}, at_ms)
        order = self.keep(tx, replace(order, status=wanted, payment=payment, history=history, expires_at=None))
        self._tell(tx, order, at_ms)
        return order

    @staticmethod
    def _sell(tx: Tx, order: Order) -> None:
        moves: list[tuple[Draw, stock.Move]] = [(draw, stock.sell_held) for draw in stock.held_draws(order)]
        stock.move(tx, [*moves, *((draw, stock.sell_again) for draw in stock.not_held(order))])

    def tell(self, tx: Tx, order: Order, event: str, at_ms: int, shipment: str | None = None) -> None:
        """A message about something that is no transition; ``shipment``: the one it is about."""
        self._outbox.tell_merchant(tx, order, event, at_ms)
        self._outbox.tell_buyer(tx, order, event, at_ms, shipment)

    def write_to_buyer(self, tx: Tx, order: Order, event: str, at_ms: int, shipment: str) -> None:
        """The letter of ``event`` alone: the courier was faster than the merchant's click."""
        self._outbox.tell_buyer(tx, order, event, at_ms, shipment)

    def tell_of(self, tx: Tx, order: Order, event: str, data: Callable[[], Mapping[str, Any]], at_ms: int) -> None:
        """A message to the merchant's systems about something that belongs to the order."""
        self._outbox.tell(tx, order.store_id, event, data, at_ms)

    def post(self, tx: Tx, order: Order, letter: Letter, at_ms: int) -> None:
        self._outbox.post(tx, order, letter, at_ms)

    def write_to_owner(self, tx: Tx, order: Order, letter_id: str, letter: Mapping[str, str], at_ms: int) -> None:
        """``letter`` is one of :class:`livehub.worker.mailing.Letter`."""
        if self._outbox.mails:
            write_to_owner(tx, order.store_id, letter_id, letter, at_ms)

    def _tell(self, tx: Tx, order: Order, at_ms: int) -> bool:
        event = "placed" if order.status is OrderStatus.PENDING_PAYMENT else order.status
        mailed = self._outbox.tell_buyer(tx, order, f"order.{event}", at_ms)
        if order.status is OrderStatus.EXPIRED and order.payment.provider in self._paid_first:
            mailed = self._outbox.post(tx, order, Letter("expired"), at_ms)
        return self._outbox.tell_merchant(tx, order, f"order.{event}", at_ms) or mailed

    @staticmethod
    def keep(tx: Tx, order: Order) -> Order:
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


def _lock_all(tx: Tx, found: Sequence[Order]) -> None:
    """What giving up those orders changes, in the order in which :mod:`.place` locks it. One order after the other, the
    second's offers would be locked behind the first's coupon."""
    stock.lock(tx, {draw.offer_id for order in found for draw in stock.held_draws(order)})
    pickups.lock(tx, {order.slot_id for order in found if order.slot_id is not None})
    coupons.lock(tx, {order.coupon.id for order in found if order.coupon is not None})
    auction_awards.lock(tx, {line.auction_id for order in found for line in order.lines if line.auction_id is not None})


def payment_is(provider: str, reference: str) -> Any:
    return (orders.c.provider == provider) & (orders.c.payment_reference == reference)
