"""Two processes at one order at the same moment, held at the point where it would go wrong. PostgreSQL alone: SQLite
has one writer at a time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import psycopg
import pytest
from sqlalchemy import insert

from livehub.bench.postgres import Postgres
from livehub.commerce.auctions.errors import AwardMissing
from livehub.commerce.auctions.model import AuctionState, Lapse, Mode, NewAuction
from livehub.commerce.auctions.ports import Bid
from livehub.commerce.catalog.model import Store
from livehub.commerce.errors import BuyerLimit, CouponUsed, SoldOut
from livehub.commerce.fulfilment.returns import ReturnState
from livehub.commerce.fulfilment.terms import Terms
from livehub.commerce.gateway import Outcome, PaymentEvent
from livehub.commerce.money import Money
from livehub.commerce.offers.coupons import NewCoupon
from livehub.commerce.orders.checkout import Intent, Wanted
from livehub.commerce.orders.model import Order, OrderStatus, PaymentStatus
from livehub.commerce.orders.ports import Placed
from livehub.commerce.payments.ledger import MovementKind
from livehub.commerce.payments.refunds import Asked
from livehub.errors import IllegalTransition
from livehub.ids import new_id
from livehub.storage.auctions import SqlAuctions
from livehub.storage.coupons import SqlCoupons
from livehub.storage.database import Database
from livehub.storage.imports import SqlImports
from livehub.storage.ledger import SqlLedger
from livehub.storage.outbox import SqlOutbox
from livehub.storage.rooms import rooms
from livehub.storage.terms import SqlTerms
from tests.databases import Templates
from tests.storage.test_imports import new as new_import
from tests.storage.test_place import Till, intent
from tests.storage.test_returns import Process

ROOM = {
    "id": "room_1", "kind": "show", "title": "x", "description": "", "state": "live", "locale": "en",
    "visibility": "public", "owner_id": "acc_1", "store_id": "store_1", "store_title": "x", "created_at": 0,
}  # fmt: skip


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

    @asynccontextmanager
    async def holding_offers(self) -> AsyncIterator[None]:
        """All of them, until the block is left."""
        async with await psycopg.AsyncConnection.connect(self._url) as holding:
            await holding.execute("SELECT 1 FROM offers FOR UPDATE")
            yield

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
            asyncio.create_task(first.payments.received(order.id, 10, or_give_back=False)),
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


async def test_money_that_came_for_nothing_is_booked_and_goes_back_once(
    both: tuple[Process, Process], url: str
) -> None:
    """Pressed at two desks, and both ask for it back: as one movement in and one out."""
    order = await placed(both[0])
    await both[0].orders.move(order.id, OrderStatus.CANCELLED, 10)
    bystander = Bystander(url)
    async with bystander.holding(order.id):
        pressed = [asyncio.create_task(one.payments.received(order.id, 20, or_give_back=True)) for one in both]
        await bystander.until_waiting(2)
    outcomes = await asyncio.gather(*pressed, return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["IllegalTransition", "Order"]
    async with bystander.holding(order.id):
        back = [asyncio.create_task(one.payments.returned(order.id, 30)) for one in both]
        await bystander.until_waiting(2)
    assert {one.payment.status for one in await asyncio.gather(*back)} == {PaymentStatus.REFUNDED}
    booked = await SqlLedger(both[0].database).page("store_1", None, 10)
    assert sorted(one.kind for one in booked) == [MovementKind.PAYMENT, MovementKind.REFUND]
    assert await Till(both[0].database).count("ofr_a") == (100, 0)


async def test_of_two_late_payments_for_the_last_units_one_is_served(both: tuple[Process, Process]) -> None:
    first, second = [await placed(both[0]) for _ in range(2)]
    for order in (first, second):
        await both[0].orders.move(order.id, OrderStatus.EXPIRED, 10)
    taken = (await both[0].orders.place(intent("gst_3", ("ofr_a", 97)))).order
    outcomes = await asyncio.gather(
        both[0].payments.received(first.id, 20, or_give_back=False),
        both[1].payments.received(second.id, 20, or_give_back=False),
        return_exceptions=True,
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Order", "SoldOut"]
    assert await Till(both[0].database).count("ofr_a") == (0, taken.units)


@pytest.mark.parametrize(("offer_id", "coupon"), [("ofr_b", None), ("ofr_a", "ONCE")])
async def test_two_late_payments_of_one_buyer_keep_within_what_one_may_have(
    both: tuple[Process, Process], url: str, offer_id: str, coupon: str | None
) -> None:
    """Two of an offer, and one order with a coupon: each payment alone would be served."""
    await with_a_coupon(both[0])
    late = [await given_up(both[0], offer_id, coupon) for _ in range(2)]
    async with Bystander(url).holding_offers():
        paying = []
        for number, (one, order) in enumerate(zip(both, late, strict=True), 1):
            paying.append(asyncio.create_task(one.payments.received(order.id, 20, or_give_back=False)))
            await Bystander(url).until_waiting(number)
    outcomes = await asyncio.gather(*paying, return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Order", "SoldOut"], outcomes
    assert await Till(both[0].database).count(offer_id) == (98, 0)


@pytest.mark.parametrize(
    ("offer_id", "coupon", "refusal"), [("ofr_b", None, BuyerLimit), ("ofr_a", "ONCE", CouponUsed)]
)
@pytest.mark.parametrize("is_ordered_first", [True, False])
async def test_a_late_payment_and_an_order_of_one_buyer_keep_within_what_one_may_have(
    both: tuple[Process, Process],
    url: str,
    offer_id: str,
    coupon: str | None,
    refusal: type[Exception],
    *,
    is_ordered_first: bool,
) -> None:
    await with_a_coupon(both[0])
    late = await given_up(both[0], offer_id, coupon)
    async with Bystander(url).holding_offers():
        for number, is_order in enumerate((is_ordered_first, not is_ordered_first), 1):
            if is_order:
                ordering = asyncio.create_task(both[0].orders.place(intent("gst_1", (offer_id, 2), coupon=coupon)))
            else:
                paying = asyncio.create_task(both[1].payments.received(late.id, 20, or_give_back=False))
            await Bystander(url).until_waiting(number)
    ordered, paid = await asyncio.gather(ordering, paying, return_exceptions=True)
    assert (type(ordered), type(paid)) in {(Placed, SoldOut), (refusal, Order)}, (ordered, paid)


async def with_a_coupon(one: Process) -> None:
    new = NewCoupon("ONCE", percent=10, per_buyer=1)
    await SqlCoupons(one.database).add("cpn_1", Store("store_1", "acc_1", "x", "EUR", 0), new, 0)


async def given_up(one: Process, offer_id: str, coupon: str | None) -> Order:
    """An order for two, that nobody paid in time."""
    order = (await one.orders.place(intent("gst_1", (offer_id, 2), coupon=coupon))).order
    return await one.orders.move(order.id, OrderStatus.EXPIRED, 10)


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


async def test_two_files_of_one_store_begun_at_once_are_one(both: tuple[Process, Process], url: str) -> None:
    imports = [SqlImports(one.database, "http://x") for one in both]
    async with await psycopg.AsyncConnection.connect(url) as holding:
        await holding.execute("SELECT 1 FROM stores FOR NO KEY UPDATE")
        adding = [asyncio.create_task(one.add(new_import(f"imp_{n}"))) for n, one in enumerate(imports)]
        await Bystander(url).until_waiting(2)
    outcomes = await asyncio.gather(*adding, return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["ImportRunning", "NoneType"]
    assert len(await imports[0].of_store("store_1", 10)) == 1


@pytest.mark.parametrize("is_ordered_first", [True, False])
async def test_what_was_won_is_ordered_or_declined(
    both: tuple[Process, Process], url: str, *, is_ordered_first: bool
) -> None:
    """By the winner in two tabs at once: never both, and the unit is where it says."""
    first, _ = both
    await first.database.write(lambda tx: tx.execute(insert(rooms), ROOM).close())
    auctions = [SqlAuctions(one.database, SqlOutbox(one.database)) for one in both]
    new = NewAuction("ofr_a", 60, Money(100, "EUR"), Money(10, "EUR"), Mode.SUDDEN, lapse=Lapse.RELEASE)
    await auctions[0].open("auc_1", "room_1", new, 0)
    await auctions[0].bid(Bid("auc_1", "gst_1", "Ana", "k", Money(200, "EUR"), 0))
    await auctions[0].stop("room_1", "auc_1", 1, cancel=False)
    bystander = Bystander(url)
    order, decline = won_intent("gst_1", "ofr_a", "auc_1"), ("room_1", "auc_1", "gst_1", 5)
    async with await psycopg.AsyncConnection.connect(url) as holding:
        await holding.execute("SELECT 1 FROM offers FOR UPDATE")
        for number, is_order in enumerate((is_ordered_first, not is_ordered_first), 1):
            if is_order:
                ordering = asyncio.create_task(first.orders.place(order))
            else:
                declining = asyncio.create_task(auctions[1].decline(*decline))
            await bystander.until_waiting(number)
    ordered, declined = await asyncio.gather(ordering, declining, return_exceptions=True)
    (auction,) = await auctions[0].by_ids(["auc_1"])
    if isinstance(ordered, AwardMissing):
        assert not isinstance(declined, BaseException)
        assert (auction.state, auction.declined) == (AuctionState.UNSOLD, 1)
        assert await Till(first.database).count("ofr_a") == (100, 0)
    else:
        assert isinstance(ordered, Placed)
        assert isinstance(declined, AwardMissing), declined
        assert (auction.state, auction.declined) == (AuctionState.ORDERED, 0)
        assert await Till(first.database).count("ofr_a") == (99, 1)


def won_intent(buyer: str, offer_id: str, auction_id: str) -> Intent:
    made = intent(buyer, (offer_id, 1))
    basket = replace(made.basket, lines=(Wanted(offer_id, 1, auction_id=auction_id),))
    return replace(made, basket=basket, fingerprint=basket.fingerprint())
