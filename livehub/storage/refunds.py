"""Refunds in SQL: kept first, then asked of the provider; what it did is booked together with the units."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, func, insert, select, tuple_, update

from livehub.commerce.money import Money
from livehub.commerce.orders.model import Order, OrderStatus
from livehub.commerce.payments.ledger import MovementKind
from livehub.commerce.payments.refunds import Asked, Refund, RefundState, settle_amount
from livehub.storage import invoices, stock
from livehub.storage.commerce import orders
from livehub.storage.database import Database
from livehub.storage.ledger import book
from livehub.storage.order_rows import keep_refunded, load_order, lock_order, must_load
from livehub.storage.orders import SqlOrders
from livehub.storage.payment_tables import payment_refunds
from livehub.storage.return_rows import reopen
from livehub.storage.units import finish, returned, to_stock
from livehub.storage.waitlist import inherit, lock_with_parts
from livehub.storage.writer import Tx

_Lines = tuple[tuple[str, int], ...]


class SqlRefunds:
    """Implements :class:`livehub.commerce.payments.ports.RefundStore`."""

    def __init__(self, database: Database, of: SqlOrders) -> None:
        self._database = database
        self._orders = of

    async def open_refund(
        self, order_id: str, refund_id: str, asked: Asked, at_ms: int, unless: Callable[[Order], None] | None = None
    ) -> tuple[Refund, Order]:
        def write(tx: Tx) -> tuple[Refund, Order]:
            order = must_load(tx, order_id)
            if unless is not None:
                unless(order)
            return open_in(tx, order, refund_id, asked, at_ms)

        return await self._database.write(write)

    async def refund_done(self, refund_id: str, at_ms: int) -> Order:
        def done(tx: Tx, refund: Refund, order: Order) -> Order:
            book(tx, order, MovementKind.REFUND, refund.amount.amount_minor, refund.id, at_ms)
            invoices.credit(tx, self._database, order, refund, at_ms)
            if order.status is OrderStatus.PAID:
                back = returned(tx, order)
                _give_back(tx, order, to_stock(order, back - Counter(dict(refund.lines)), back), at_ms)
            order = close_if_empty(tx, self._orders, order, at_ms)
            if order.status is not OrderStatus.REFUNDED:
                self._orders.tell(tx, order, "order.partially_refunded", at_ms)
            return finish(tx, self._orders.step, order, at_ms)

        return await self._settled(refund_id, RefundState.DONE, "", at_ms, done)

    async def refund_failed(self, refund_id: str, why: str, at_ms: int) -> Order:
        def failed(tx: Tx, refund: Refund, order: Order) -> Order:
            reopen(tx, order, refund.id)
            return keep_refunded(tx, order, order.refunded_minor - refund.amount.amount_minor)

        return await self._settled(refund_id, RefundState.FAILED, why[:300], at_ms, failed)

    async def _settled(
        self,
        refund_id: str,
        state: RefundState,
        answer: str,
        at_ms: int,
        then: Callable[[Tx, Refund, Order], Order],
    ) -> Order:
        """Once: whoever comes second finds it settled."""

        def write(tx: Tx) -> Order:
            own = select(payment_refunds).where(payment_refunds.c.id == refund_id)
            order = lock_order(tx, orders.c.seq == tx.execute(own).one().order_seq)
            assert order is not None  # noqa: S101  a foreign key says so
            # Not before: another process may have settled it, or opened a second one.
            row = tx.execute(own).one()
            refund = _refund(row, order.id)
            if refund.state is not RefundState.DUE:
                return order
            values = {"state": state.value, "answer": answer, "settled_at": at_ms}
            tx.execute(update(payment_refunds).where(payment_refunds.c.id == refund_id).values(values))
            return then(tx, replace(refund, state=state), order)

        return await self._orders.told(write)

    async def refunds_due(self, after: tuple[Refund, Order] | None, limit: int) -> list[tuple[Refund, Order]]:
        due = payment_refunds.c.state == RefundState.DUE.value
        place = tuple_(payment_refunds.c.made_at, payment_refunds.c.id)
        statement = (
            select(payment_refunds).where(due).order_by(payment_refunds.c.made_at, payment_refunds.c.id).limit(limit)
        )
        if after is not None:
            statement = statement.where(place > (after[0].made_at, after[0].id))

        def read(connection: Connection) -> list[tuple[Refund, Order]]:
            found = []
            for row in connection.execute(statement).all():
                order = load_order(connection, orders.c.seq == row.order_seq)
                if order is not None:
                    found.append((_refund(row, order.id), order))
            return found

        return await self._database.read(read)

    async def refunds_of(self, order_id: str) -> list[Refund]:
        statement = (
            select(payment_refunds)
            .join(orders, orders.c.seq == payment_refunds.c.order_seq)
            .where(orders.c.id == order_id)
            .order_by(payment_refunds.c.made_at, payment_refunds.c.id)
        )
        return await self._database.read(
            lambda connection: [_refund(row, order_id) for row in connection.execute(statement)]
        )


def open_in(tx: Tx, order: Order, refund_id: str, asked: Asked, at_ms: int) -> tuple[Refund, Order]:
    """Keep a refund of the order, which is locked; one that is still tried for the same is that one.

    Raises: what :func:`~livehub.commerce.payments.refunds.settle_amount` does.
    """
    known = _same_due(tx, order, asked)
    if known is not None:
        return known, order
    amount = settle_amount(order, asked, returned(tx, order))
    refund = Refund(refund_id, order.id, amount, asked.lines, asked.reason, RefundState.DUE, "", at_ms, None)
    values = {
        "id": refund.id,
        "order_seq": order.seq,
        "amount_minor": amount.amount_minor,
        "currency": amount.currency,
        "lines": msgspec.json.encode(refund.lines).decode(),
        "reason": refund.reason,
        "state": refund.state.value,
        "answer": "",
        "made_at": at_ms,
    }
    tx.execute(insert(payment_refunds), values).close()
    return refund, keep_refunded(tx, order, order.refunded_minor + amount.amount_minor)


def close_if_empty(tx: Tx, of: SqlOrders, order: Order, at_ms: int) -> Order:
    """An order of which all the money is back is refunded; what it still holds of the stock is free again, unless it
    was sent or handed over: the merchant books that in once it is there."""
    if order.refunded_minor < order.total.amount_minor or due_refunds(tx, order):
        return order
    if order.status is OrderStatus.PAID:
        everything = Counter({line.offer_id: line.quantity for line in order.lines})
        _give_back(tx, order, to_stock(order, returned(tx, order), everything), at_ms)
    return of.step(tx, order, OrderStatus.REFUNDED, at_ms)


def due_refunds(tx: Tx, order: Order) -> int:
    """What is on its way back by refunds of ours."""
    total = select(func.coalesce(func.sum(payment_refunds.c.amount_minor), 0)).where(
        payment_refunds.c.order_seq == order.seq, payment_refunds.c.state == RefundState.DUE.value
    )
    return int(tx.execute(total).scalar_one())


def _give_back(tx: Tx, order: Order, quantities: dict[str, int], at_ms: int) -> None:
    back = (replace(line, quantity=quantities.get(line.offer_id, 0)) for line in order.lines)
    draws = [draw for line in back if line.quantity > 0 for draw in line.draws_back]
    lock_with_parts(tx, {draw.offer_id for draw in draws})  # parts of a bundle that do not come back are among them
    stock.move(tx, [(draw, stock.give_back_sold) for draw in draws])
    inherit(tx, {draw.offer_id for draw in draws}, at_ms)


def _same_due(tx: Tx, order: Order, asked: Asked) -> Refund | None:
    """A refund that is still being tried for the same: asking again must not give back twice."""
    statement = select(payment_refunds).where(
        payment_refunds.c.order_seq == order.seq, payment_refunds.c.state == RefundState.DUE.value
    )
    whole = asked.amount is None and not asked.lines
    for row in tx.execute(statement).all():
        due = _refund(row, order.id)
        if (whole and order.refunded_minor == order.total.amount_minor) or (
            not whole and due.lines == asked.lines and asked.amount in {None, due.amount}
        ):
            return due
    return None


def _refund(row: Row[Any], order_id: str) -> Refund:
    return Refund(
        row.id,
        order_id,
        Money(row.amount_minor, row.currency),
        msgspec.json.decode(row.lines, type=_Lines),
        row.reason,
        RefundState(row.state),
        row.answer,
        row.made_at,
        row.settled_at,
    )
