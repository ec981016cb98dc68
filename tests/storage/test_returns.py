"""Several processes at one database: a request for money back is one, is answered once, and pays once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest

from livehub.commerce.errors import ReturnNotPossible, ReturnOpen
from livehub.commerce.fulfilment.invoices import InvoiceKind
from livehub.commerce.fulfilment.returns import Return, ReturnState
from livehub.commerce.fulfilment.terms import Terms
from livehub.commerce.money import Money
from livehub.commerce.orders.model import Order, OrderStatus
from livehub.commerce.payments.refunds import Asked
from livehub.errors import IllegalTransition
from livehub.ids import new_id
from livehub.storage import invoices
from livehub.storage.database import Database
from livehub.storage.invoices import SqlInvoices
from livehub.storage.ledger import SqlLedger
from livehub.storage.order_rows import must_load
from livehub.storage.orders import SqlOrders
from livehub.storage.outbox import SqlOutbox
from livehub.storage.payments import SqlPayments
from livehub.storage.refunds import SqlRefunds
from livehub.storage.returns import SqlReturns
from livehub.storage.shipments import SqlShipments
from livehub.storage.terms import SqlTerms
from tests.storage.test_place import Till, intent


class Process:
    """What one of several servers has: a writer of its own over the same database."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.orders = SqlOrders(database, SqlOutbox(database))
        self.refunds = SqlRefunds(database, self.orders)
        self.returns = SqlReturns(database, self.orders)
        self.payments = SqlPayments(database, self.orders)
        self.shipments = SqlShipments(database, self.orders)

    async def sent(self, units: int) -> Order:
        order = (await self.orders.place(intent("gst_1", ("ofr_a", units)))).order
        await self.orders.move(order.id, OrderStatus.PAID, 10)
        return await self.shipments.ship_all(order.id, new_id("shp"), 20)


@pytest.fixture
async def processes(migrated: Database, migrated_url: str) -> AsyncIterator[list[Process]]:
    await Till(migrated).open(100)
    await SqlTerms(migrated).put_terms("store_1", Terms(return_days=14))
    others = [Database(migrated_url) for _ in range(2)]
    for other in others:
        other.start()
    yield [Process(database) for database in (migrated, *others)]
    for other in others:
        await other.close()


def kinds(outcomes: list[Any]) -> Counter[type]:
    return Counter(type(outcome) for outcome in outcomes)


async def test_asked_once_and_paid_once(processes: list[Process]) -> None:
    first = processes[0]
    order = await first.sent(5)
    lines = [("ofr_a", 2)]
    asked = await asyncio.gather(
        *(one.returns.ask(order.id, new_id("ret"), lines, "x", 30) for one in processes * 2), return_exceptions=True
    )
    made = [one for one in asked if not isinstance(one, BaseException)]
    assert len(made) == 1
    assert all(isinstance(one, ReturnOpen) for one in asked if isinstance(one, BaseException)), asked
    answers = await asyncio.gather(
        *(one.returns.approve(made[0].id, new_id("ref"), None, 40) for one in processes * 2), return_exceptions=True
    )
    assert not [one for one in answers if isinstance(one, BaseException)]
    assert len([refund for _, refund, _ in answers if refund is not None]) == 1, answers  # type: ignore[misc]
    assert [one.amount for one in await first.refunds.refunds_of(order.id)] == [Money(200, "EUR")]
    assert (await first.orders.find(order.id)).refunded_minor == 200  # type: ignore[union-attr]


async def test_a_yes_and_a_no_at_once_are_one_of_them(processes: list[Process]) -> None:
    first, second, third = processes
    for _ in range(4):
        order = await first.sent(1)
        asked = await first.returns.ask(order.id, new_id("ret"), (), "x", 30)
        outcomes = await asyncio.gather(
            first.returns.approve(asked.id, new_id("ref"), None, 40),
            second.returns.decide(asked.id, ReturnState.DECLINED, "", 40),
            third.returns.decide(asked.id, ReturnState.WITHDRAWN, "", 40),
            return_exceptions=True,
        )
        assert kinds(list(outcomes))[IllegalTransition] == 2, outcomes
        found = await first.returns.find(asked.id)
        assert found is not None
        paid = sum(one.amount.amount_minor for one in await first.refunds.refunds_of(order.id))
        assert paid == (100 if found.state is ReturnState.APPROVED else 0)


async def all_back(one: Process, order: Order) -> None:
    """All the money goes back at the merchant's own wish."""
    refund, _ = await one.refunds.open_refund(order.id, new_id("ref"), Asked("all"), 30)
    await one.refunds.refund_done(refund.id, 40)


async def test_all_the_money_back_leaves_no_request_open(processes: list[Process]) -> None:
    first, second, third = processes
    orders = [await first.sent(2) for _ in range(8)]
    outcomes = await asyncio.gather(
        *(third.returns.ask(order.id, new_id("ret"), (), "x", 30) for order in orders),
        *(all_back(second, order) for order in orders),
        return_exceptions=True,
    )
    assert kinds(outcomes).keys() <= {Return, ReturnNotPossible, type(None)}, outcomes
    for order in orders:
        kept = await first.orders.find(order.id)
        assert kept is not None
        assert kept.status is OrderStatus.REFUNDED
        standing = await first.returns.standing(order.id)
        assert not [one for one in standing.returns if one.state is ReturnState.ASKED]
    with pytest.raises(ReturnNotPossible):
        await second.returns.ask(orders[0].id, new_id("ret"), (), "x", 50)


async def test_refunds_from_all_sides_never_come_to_more_than_was_paid(processes: list[Process]) -> None:
    first, second, third = processes
    order = await first.sent(5)
    asked = await first.returns.ask(order.id, new_id("ret"), (("ofr_a", 3),), "x", 30)
    await asyncio.gather(
        first.returns.approve(asked.id, new_id("ref"), None, 40),
        *(
            one.refunds.open_refund(order.id, new_id("ref"), Asked(f"for {number}", Money(150, "EUR")), 40)
            for number, one in enumerate((second, third, second, third))
        ),
        return_exceptions=True,
    )
    for refund in await first.refunds.refunds_of(order.id):
        await first.refunds.refund_done(refund.id, 50)
    given = sum(one.amount.amount_minor for one in await first.refunds.refunds_of(order.id))
    kept = await first.orders.find(order.id)
    assert kept is not None
    assert kept.refunded_minor == given
    assert given in {450, 500}, "three units and once 1.50, or thrice 1.50 and what was left"
    left = 500 - given
    assert await SqlLedger(first.database).balances("store_1") == {"buyer": -left, "provider:sandbox": left}
    assert kept.status is (OrderStatus.FULFILLED if left else OrderStatus.REFUNDED)


async def test_papers_are_numbered_without_gaps_by_all_processes_together(processes: list[Process]) -> None:
    first = processes[0]
    orders = [(await first.orders.place(intent(f"gst_{n}", ("ofr_a", 1)))).order for n in range(24)]
    at_work = [processes[n % len(processes)] for n in range(len(orders))]

    async def pay(one: Process, order: Order) -> None:
        await one.orders.move(order.id, OrderStatus.PAID, 10)
        refund, _ = await one.refunds.open_refund(order.id, new_id("ref"), Asked("x", Money(40, "EUR")), 20)
        await one.refunds.refund_done(refund.id, 30)

    async def fail(one: Process, order: Order) -> None:
        """A number that was drawn in a commit that never came is drawn again."""

        def write(tx: Any) -> None:
            invoices.issue(tx, one.database, must_load(tx, order.id), 10)
            raise ArithmeticError

        with pytest.raises(ArithmeticError):
            await one.database.write(write)

    lost = (await first.orders.place(intent("gst_x", ("ofr_b", 1)))).order
    work = [pay(one, order) for one, order in zip(at_work, orders, strict=True)]
    await asyncio.gather(*work, *(fail(one, lost) for one in processes))
    papers = await SqlInvoices(first.database).of_store("store_1", None, 1000)
    assert sorted(one.number for one in papers) == list(range(1, 49))
    assert Counter(one.kind for one in papers) == {InvoiceKind.INVOICE: 24, InvoiceKind.CREDIT: 24}
    assert {(one.order_id, one.kind) for one in papers} == {(o.id, kind) for o in orders for kind in InvoiceKind}
