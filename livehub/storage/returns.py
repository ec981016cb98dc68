"""Returns in SQL; see :mod:`livehub.commerce.fulfilment.returns`."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec
from sqlalchemy import Connection, func, insert, select, update

from livehub.commerce.errors import OrderNotFound, ReturnNotFound, ReturnNotPossible, ReturnOpen
from livehub.commerce.fulfilment.buyer_letters import Letter
from livehub.commerce.fulfilment.invoices import Document, InvoiceKind
from livehub.commerce.fulfilment.returns import (
    MAX_RETURNS,
    SENT_BACK,
    Return,
    ReturnState,
    Standing,
    check_step,
    choose,
    give,
)
from livehub.commerce.money import Money
from livehub.commerce.orders.model import Order
from livehub.commerce.payments.refunds import Asked, Refund, RefundState
from livehub.storage.commerce import orders
from livehub.storage.database import Database
from livehub.storage.invoices import invoices
from livehub.storage.order_rows import load_order, must_load
from livehub.storage.orders import SqlOrders
from livehub.storage.payment_tables import payment_refunds
from livehub.storage.refunds import open_in
from livehub.storage.return_rows import return_requests
from livehub.storage.terms import load_terms
from livehub.storage.units import returned
from livehub.storage.writer import Tx

_R = return_requests.c
#: states of which the buyer hears by a letter; of an approved one the refund's letter tells
_LETTERS = {ReturnState.ASKED: "return_asked", ReturnState.DECLINED: "return_declined"}


class SqlReturns:
    """Implements :class:`livehub.commerce.fulfilment.ports.ReturnStore`."""

    def __init__(self, database: Database, of: SqlOrders) -> None:
        self._database = database
        self._orders = of

    async def ask(
        self, order_id: str, return_id: str, lines: Sequence[tuple[str, int]], reason: str, at_ms: int
    ) -> Return:
        def write(tx: Tx) -> Return:
            order = must_load(tx, order_id)
            standing = _standing(tx, order)
            if any(one.state is ReturnState.ASKED for one in standing.returns):
                raise ReturnOpen
            chosen, amount = choose(order, standing, lines, at_ms)
            if len(standing.returns) >= MAX_RETURNS:
                raise ReturnNotPossible("Please write to the shop")
            made = Return(return_id, order.id, chosen, amount, reason, ReturnState.ASKED, "", at_ms)
            values = {
                "id": made.id,
                "order_seq": order.seq,
                "lines": msgspec.json.encode(made.lines).decode(),
                "amount_minor": amount.amount_minor,
                "reason": reason,
                "state": made.state.value,
                "answer": "",
                "made_at": at_ms,
            }
            tx.execute(insert(return_requests), values).close()
            self._tell(tx, order, made, at_ms)
            self._orders.write_to_owner(tx, order, made.id, {"kind": "return", "order": order.id}, at_ms)
            return made

        return await self._orders.told(write)

    async def approve(
        self, return_id: str, refund_id: str, amount: Money | None, at_ms: int
    ) -> tuple[Return, Refund | None, Order]:
        def write(tx: Tx) -> tuple[Return, Refund | None, Order]:
            found, order = _locked(tx, return_id)
            if found.state is ReturnState.APPROVED:
                return found, None, order
            found = self._step(tx, found, ReturnState.APPROVED, "", at_ms)
            gives = amount or give(order, found.lines, returned(tx, order))
            refund, order = open_in(tx, order, refund_id, Asked(SENT_BACK, gives, found.lines), at_ms)
            found = replace(found, amount=refund.amount, refund=refund.state)
            values = {"refund_id": refund.id, "amount_minor": refund.amount.amount_minor}
            tx.execute(update(return_requests).where(_R.id == return_id).values(values)).close()
            self._tell(tx, order, found, at_ms)
            return found, refund, order

        return await self._orders.told(write)

    async def decide(self, return_id: str, state: ReturnState, answer: str, at_ms: int) -> Return:
        def write(tx: Tx) -> Return:
            found, order = _locked(tx, return_id)
            if found.state is state:
                return found
            found = self._step(tx, found, state, answer, at_ms)
            self._tell(tx, order, found, at_ms)
            return found

        return await self._orders.told(write)

    @staticmethod
    def _step(tx: Tx, found: Return, state: ReturnState, answer: str, at_ms: int) -> Return:
        """The order is locked. Raises: IllegalTransition."""
        check_step(found.state, state)
        values = {"state": state.value, "answer": answer, "decided_at": at_ms}
        tx.execute(update(return_requests).where(_R.id == found.id).values(values)).close()
        return replace(found, state=state, answer=answer, decided_at=at_ms)

    def _tell(self, tx: Tx, order: Order, changed: Return, at_ms: int) -> None:
        self._orders.tell_of(tx, order, f"return.{changed.state}", changed.present, at_ms)
        if kind := _LETTERS.get(changed.state):
            self._orders.post(tx, order, Letter(kind, lines=changed.lines, words=changed.answer), at_ms)

    async def find(self, return_id: str) -> Return | None:
        found = await self._database.read(lambda connection: _load(connection, _R.id == return_id))
        return found[0] if found else None

    async def standing(self, order_id: str) -> Standing:
        def read(connection: Connection) -> Standing:
            order = load_order(connection, orders.c.id == order_id)
            if order is None:
                raise OrderNotFound
            return _standing(connection, order)

        return await self._database.read(read)

    async def waiting(self, store_id: str, most: int) -> int:
        asked = (
            select(_R.id)
            .join(orders, orders.c.seq == _R.order_seq)
            .where(_R.state == ReturnState.ASKED.value, orders.c.store_id == store_id)
            .limit(most)
        )
        counted = select(func.count()).select_from(asked.subquery())
        return int(await self._database.read(lambda connection: connection.execute(counted).scalar_one()))


def _standing(tx: Tx | Connection, order: Order) -> Standing:
    paid = select(invoices.c.document).where(
        invoices.c.order_seq == order.seq, invoices.c.kind == InvoiceKind.INVOICE.value
    )
    promised = [msgspec.json.decode(document, type=Document).seller for document in tx.execute(paid).scalars()]
    days = max(terms.return_days for terms in (load_terms(tx, order.store_id), *promised))
    return Standing(days, returned(tx, order), tuple(_load(tx, _R.order_seq == order.seq)))


def _one(tx: Tx, return_id: str) -> Return:
    found = _load(tx, _R.id == return_id)
    if not found:
        raise ReturnNotFound
    return found[0]


def _locked(tx: Tx, return_id: str) -> tuple[Return, Order]:
    """As both stand once the order is locked: before that somebody else may be deciding. Raises: ReturnNotFound."""
    order = must_load(tx, _one(tx, return_id).order_id)
    return _one(tx, return_id), order


def _load(tx: Tx | Connection, condition: Any) -> list[Return]:
    statement = (
        select(return_requests, orders.c.id.label("order_id"), orders.c.currency, payment_refunds.c.state.label("back"))
        .join(orders, orders.c.seq == _R.order_seq)
        .outerjoin(payment_refunds, payment_refunds.c.id == _R.refund_id)
        .where(condition)
        .order_by(_R.made_at, _R.id)
    )
    return [
        Return(
            row.id,
            row.order_id,
            msgspec.json.decode(row.lines, type=tuple[tuple[str, int], ...]),
            Money(row.amount_minor, row.currency),
            row.reason,
            ReturnState(row.state),
            row.answer,
            row.made_at,
            row.decided_at,
            None if row.back is None else RefundState(row.back),
        )
        for row in tx.execute(statement)
    ]
