"""Two processes at one order at the same moment, held at the point where it would go wrong. PostgreSQL alone: SQLite
has one writer at a time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
import pytest

from livehub.bench.postgres import Postgres
from livehub.commerce.fulfilment.returns import ReturnState
from livehub.commerce.fulfilment.terms import Terms
from livehub.commerce.gateway import Outcome, PaymentEvent
from livehub.commerce.money import Money
from livehub.commerce.orders.model import Order, OrderStatus
from livehub.commerce.payments.refunds import Asked
from livehub.errors import IllegalTransition
from livehub.ids import new_id
from livehub.storage.database import Database
from livehub.storage.terms import SqlTerms
from tests.databases import Templates
from tests.storage.test_place import Till, intent
from tests.storage.test_returns import Process


class Bystander:
    """A session of its own, which holds an order and sees who waits."""

    def __init__(self, url: str) -> None:
        self._url = url

    @asynccontextmanager
    async def holding(self, order_id: str) -> AsyncIterator[psycopg.AsyncConnection[tuple[object, ...]]]:
        """Until it commits, or the block is left."""
        async with await psycopg.AsyncConnection.connect(self._url) as holding:
            await holding.execute("SELECT 1 FROM orders WHERE id = %s FOR UPDATE", (order_id,))
            yield holding

    async def until_waiting(self, sessions: int) -> None:
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        async with await psycopg.AsyncConnection.connect(self._url, autocommit=True) as looking:
            async with asyncio.timeout(60):
                while (await (await looking.execute(waiting)).fetchone()) != (sessions,):
                    await asyncio.sleep(0.02)


@pytest.fixture
async def url(postgres: Postgres, templates: Templates) -> str:
    return templates.migrate_in(postgres)


@pytest.fixture
async def both(url: str) -> AsyncIterator[tuple[Process, Process]]:
    databases = Database(url), Database(url)
    for database in databases:
        database.start()
    await Till(databases[0]).open(100)
    yield Process(databases[0]), Process(databases[1])
    for database in databases:
        await database.close()


async def placed(one: Process) -> Order:
    return (await one.orders.place(intent("gst_1", ("ofr_a", 3)))).order


async def test_paid_and_cancelled_at_once_is_one_of_them(both: tuple[Process, Process], url: str) -> None:
    first, second = both
    order, other = await placed(first), await placed(first)
    bystander = Bystander(url)
    async with bystander.holding(order.id):
        moves = [
            asyncio.create_task(first.orders.move(order.id, OrderStatus.PAID, 10)),
            asyncio.create_task(second.orders.move(order.id, OrderStatus.CANCELLED, 10)),
        ]
        await bystander.until_waiting(2)
    outcomes = await asyncio.gather(*moves, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes].count(IllegalTransition) == 1, outcomes
    found = await first.orders.find(order.id)
    assert found is not None
    is_paid = found.status is OrderStatus.PAID
    # What the other order holds is no part of it.
    assert await Till(first.database).count("ofr_a") == (94 if is_paid else 97, 3)
    await first.orders.move(other.id, OrderStatus.CANCELLED, 20)
    assert await Till(first.database).count("ofr_a") == (97 if is_paid else 100, 0)


async def test_what_is_just_being_paid_does_not_expire(both: tuple[Process, Process], url: str) -> None:
    first, second = both
    order = await placed(first)
    async with Bystander(url).holding(order.id) as holding:
        await holding.execute("UPDATE orders SET expires_at = 5 WHERE id = %s", (order.id,))
        await holding.commit()
        await holding.execute("UPDATE orders SET status = 'paid', expires_at = NULL WHERE id = %s", (order.id,))
        assert await asyncio.wait_for(second.orders.expire(10, 100), 60) == []
    assert await second.orders.expire(10, 100) == []
    assert (await first.orders.find(order.id)).status is OrderStatus.PAID  # type: ignore[union-attr]


async def test_a_refund_that_fails_takes_back_its_own_amount_alone(both: tuple[Process, Process], url: str) -> None:
    """Else what goes back by another refund at that moment would be forgotten, and could go back twice."""
    first, second = both
    order = await placed(first)
    await first.orders.move(order.id, OrderStatus.PAID, 10)
    refund, _ = await first.refunds.open_refund(order.id, new_id("ref"), Asked("x", Money(40, "EUR")), 20)
    bystander = Bystander(url)
    async with bystander.holding(order.id) as holding:
        await holding.execute("UPDATE payment_details SET refunded_minor = refunded_minor + 30")
        failing = asyncio.create_task(second.refunds.refund_failed(refund.id, "no", 30))
        await bystander.until_waiting(1)
    assert (await failing).refunded_minor == 30
    assert (await first.orders.find(order.id)).refunded_minor == 30  # type: ignore[union-attr]


async def test_what_goes_back_at_the_provider_leaves_no_request_open(both: tuple[Process, Process], url: str) -> None:
    """Asked for in one process while the provider's webhook about all of the money comes to the other."""
    first, second = both
    await SqlTerms(first.database).put_terms("store_1", Terms(return_days=14))
    order = await first.sent(2)
    reference = order.payment.reference or ""
    event = PaymentEvent("evt_1", reference, Outcome.REFUNDED, order.total)
    bystander = Bystander(url)
    async with bystander.holding(order.id):
        asking = asyncio.create_task(first.returns.ask(order.id, new_id("ret"), (), "x", 30))
        await bystander.until_waiting(1)
        telling = asyncio.create_task(second.payments.settle("sandbox", event, 30))
        await bystander.until_waiting(2)
    await asyncio.gather(asking, telling, return_exceptions=True)
    kept = await first.orders.find(order.id)
    assert kept is not None
    assert kept.status is OrderStatus.REFUNDED
    assert not [one for one in (await first.returns.standing(order.id)).returns if one.state is ReturnState.ASKED]
