"""Orders that are placed in one batch see each other: stock, limits, keys, whatever comes together."""

import asyncio
import threading
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Table, func, insert, select, text
from sqlalchemy.exc import IntegrityError

from livehub.bench.postgres import Postgres
from livehub.commerce.catalog.model import NewOffer, NewVariant, Product, Store
from livehub.commerce.errors import (
    BuyerLimit,
    CouponSpent,
    CouponUsed,
    IdempotencyKeyReused,
    SoldOut,
    TooManyOpenOrders,
)
from livehub.commerce.money import Money
from livehub.commerce.offers.coupons import NewCoupon
from livehub.commerce.orders.checkout import Basket, DeliveryMethod, Intent, Wanted
from livehub.commerce.orders.model import Payment, PaymentStatus
from livehub.commerce.orders.ports import Placed
from livehub.errors import Unavailable
from livehub.ids import new_id
from livehub.storage.accounts import accounts
from livehub.storage.catalog import SqlCatalog
from livehub.storage.commerce import offers, order_lines, orders, outbox, webhook_endpoints
from livehub.storage.coupons import SqlCoupons
from livehub.storage.database import Database
from livehub.storage.offers import SqlOffers
from livehub.storage.orders import SqlOrders
from livehub.storage.outbox import SqlOutbox
from livehub.storage.writer import Tx
from tests.databases import Templates

OWNER = {"id": "acc_1", "email": "a@b.c", "password_hash": "-", "display_name": "A", "locale": "en", "created_at": 0}


class Till:
    """A store with two offers of ten units each; the second takes two of one buyer."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.orders = SqlOrders(database, SqlOutbox(database))

    async def open(self, units: int = 10) -> None:
        await self.database.write(lambda tx: tx.execute(insert(accounts), OWNER).close())
        catalog, shelf = SqlCatalog(self.database), SqlOffers(self.database)
        store = Store("store_1", "acc_1", "x", "EUR", 0)
        await catalog.add_store(store)
        variants = [NewVariant(sku, "", Money(100, "EUR"), units) for sku in "AB"]
        await catalog.add_product(Product("prd_1", store.id, "Cup", "", None, (), 0), variants)
        await shelf.add("ofr_a", "room_1", store, NewOffer("A", units), 0)
        await shelf.add("ofr_b", "room_1", store, NewOffer("B", units, per_buyer_limit=2), 0)

    async def together(self, *intents: Intent) -> list[Any]:
        """Place them in one batch: the writer is held until all of them wait."""
        gate, begun = threading.Event(), threading.Event()

        def hold(_tx: object) -> bool:
            begun.set()
            return gate.wait(30)

        held = asyncio.ensure_future(self.database.write(hold))
        assert await asyncio.to_thread(begun.wait, 30)
        waiting = [asyncio.ensure_future(self.orders.place(intent)) for intent in intents]
        await asyncio.sleep(0)
        commits = self.database.writer.commits
        gate.set()
        assert await held
        outcomes = await asyncio.gather(*waiting, return_exceptions=True)
        assert self.database.writer.commits == commits + 2  # the one that held them back, and theirs
        return list(outcomes)

    async def rows(self, table: Table) -> int:
        statement = select(func.count()).select_from(table)
        return int(await self.database.read(lambda connection: connection.execute(statement).scalar_one()))

    async def count(self, offer_id: str) -> tuple[int, int]:
        statement = select(offers.c.available, offers.c.held).where(offers.c.id == offer_id)
        row = await self.database.read(lambda connection: connection.execute(statement).one())
        return row.available, row.held


def intent(buyer: str, *lines: tuple[str, int], key: str = "", max_open: int = 20, coupon: str | None = None) -> Intent:
    wanted = tuple(Wanted(offer_id, quantity) for offer_id, quantity in lines)
    contact = {"name": 'Ana "Ñ" \N{SNOWMAN}'}
    basket = Basket("room_1", wanted, DeliveryMethod.COURIER, "1 Tea Lane\nHanoi", contact, "sandbox", coupon)
    payment = Payment("sandbox", PaymentStatus.PENDING, new_id("pay"), new_id("ref"), None)
    order_id = new_id("ord")
    return Intent(
        order_id, basket, basket.fingerprint(), key or order_id, buyer, "A", "store_1", "x", payment, 5, None, max_open
    )  # fmt: skip


@pytest.fixture
async def till(migrated: Database) -> Till:
    till = Till(migrated)
    await till.open()
    return till


async def test_first_come_first_served(till: Till) -> None:
    outcomes = await till.together(*(intent(f"gst_{n}", ("ofr_a", 4)) for n in range(4)))
    assert [type(outcome) for outcome in outcomes] == [Placed, Placed, SoldOut, SoldOut]
    assert outcomes[2].extra["available"] == 2
    assert await till.count("ofr_a") == (2, 8)
    assert outcomes[0].order.seq < outcomes[1].order.seq
    for outcome in outcomes[:2]:
        assert await till.orders.find(outcome.order.id) == outcome.order


async def test_a_basket_is_taken_whole_or_not_at_all(till: Till) -> None:
    outcomes = await till.together(
        intent("gst_1", ("ofr_a", 9)), intent("gst_2", ("ofr_b", 1), ("ofr_a", 2)), intent("gst_3", ("ofr_b", 1))
    )
    assert [type(outcome) for outcome in outcomes] == [Placed, SoldOut, Placed]
    assert (await till.count("ofr_a"), await till.count("ofr_b")) == ((1, 9), (9, 1))


async def test_limits_count_what_came_in_the_same_batch(till: Till) -> None:
    await till.orders.place(intent("gst_1", ("ofr_b", 1)))
    limited = await till.together(*(intent("gst_1", ("ofr_b", 1)) for _ in range(3)), intent("gst_2", ("ofr_b", 2)))
    assert [type(outcome) for outcome in limited] == [Placed, BuyerLimit, BuyerLimit, Placed]
    assert limited[1].extra["remaining"] == 0
    crowded = await till.together(*(intent("gst_3", ("ofr_a", 1), max_open=2) for _ in range(3)))
    assert [type(outcome) for outcome in crowded] == [Placed, Placed, TooManyOpenOrders]


async def test_a_key_is_one_order_in_a_batch_and_after_it(till: Till) -> None:
    same = [intent("gst_1", ("ofr_a", 1), key="k") for _ in range(3)]
    outcomes = await till.together(
        *same, intent("gst_1", ("ofr_a", 2), key="k"), intent("gst_2", ("ofr_a", 1), key="k")
    )
    assert [outcome.replayed for outcome in outcomes[:3]] == [False, True, True]
    assert all(outcome.order == outcomes[0].order for outcome in outcomes[:3])
    assert isinstance(outcomes[3], IdempotencyKeyReused)
    assert not outcomes[4].replayed
    again = await till.orders.place(same[2])
    assert (again.order, again.replayed) == (outcomes[0].order, True)
    assert await till.count("ofr_a") == (8, 2)


async def test_a_coupon_is_shared_by_a_batch(till: Till) -> None:
    store = Store("store_1", "acc_1", "x", "EUR", 0)
    coupon = NewCoupon("TEN", percent=10, budget=Money(35, "EUR"), max_uses=3)
    await SqlCoupons(till.database).add("cpn_1", store, coupon, 0)
    wanted = [("gst_1", 1), ("gst_1", 1), ("gst_2", 3), ("gst_3", 1), ("gst_4", 1)]
    outcomes = await till.together(*(intent(buyer, ("ofr_a", n), coupon="TEN") for buyer, n in wanted))
    # Three units of gst_2 would take 30 more out of a budget of 35 that has 25 left; one unit each still fits.
    assert [type(outcome) for outcome in outcomes] == [Placed, CouponUsed, CouponSpent, Placed, Placed]
    assert [one.order.total.amount_minor for one in outcomes if isinstance(one, Placed)] == [90, 90, 90]
    found = await SqlCoupons(till.database).find("cpn_1")
    assert found is not None
    assert (found.used, found.spent_minor) == (3, 30)
    assert await till.count("ofr_a") == (7, 3)


async def test_a_broken_neighbour_fails_alone(till: Till) -> None:
    """The same payment reference twice breaks the statement that writes all orders: each is then tried alone."""
    good, bad = intent("gst_1", ("ofr_a", 1)), intent("gst_2", ("ofr_a", 1))
    await till.orders.place(good)
    twin = Intent(**{name: getattr(bad, name) for name in Intent.__slots__} | {"payment": good.payment})
    fine = intent("gst_3", ("ofr_a", 1))
    gathered = await asyncio.gather(till.orders.place(twin), till.orders.place(fine), return_exceptions=True)
    assert isinstance(gathered[0], IntegrityError)
    assert isinstance(gathered[1], Placed)
    assert await till.count("ofr_a") == (8, 2)
    assert [await till.rows(table) for table in (orders, order_lines)] == [2, 2]


async def test_the_merchant_is_told_of_each(till: Till) -> None:
    woken: list[int] = []
    till.orders._outbox.on_added(lambda: woken.append(1))
    await till.orders.place(intent("gst_1", ("ofr_a", 1)))
    assert not woken
    endpoint = {"id": "whe_1", "store_id": "store_1", "url": "https://example.org", "secret": "s", "created_at": 0}
    await till.database.write(lambda tx: tx.execute(insert(webhook_endpoints), endpoint).close())
    placed = await till.together(
        intent("gst_2", ("ofr_a", 1)), intent("gst_2", ("ofr_a", 99)), intent("gst_3", ("ofr_a", 1))
    )
    bodies = await till.database.read(lambda c: c.execute(select(outbox.c.body)).scalars().all())
    told = {placed[0].order.id, placed[2].order.id}
    assert len(bodies) == len(told)
    assert all(any(order_id in body for body in bodies) for order_id in told)
    assert len(woken) == 2


async def test_a_batch_asks_once_and_writes_by_few_statements(till: Till) -> None:
    """Each statement costs the writer the interpreter, and a way to the server and back."""
    ran: list[str] = []
    real = Tx.cursor

    def cursor(tx: Tx, *, writes: bool) -> Any:
        ran.append("writes" if writes else "reads")
        return real(tx, writes=writes)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Tx, "cursor", cursor)
        outcomes = await till.together(*(intent(f"gst_{n}", ("ofr_a", 1)) for n in range(8)))
    assert [type(outcome) for outcome in outcomes] == [Placed] * 8
    # The stock, the orders and their lines; PostgreSQL writes both in one, SQLite asks for the last number before.
    expected = ["reads", "writes", "reads", "writes", "writes"]
    assert ran == (expected if till.database.is_sqlite else ["reads", "writes", "writes"])


async def test_a_connection_that_broke_is_said_and_replaced(postgres: Postgres, templates: Templates) -> None:
    url = templates.migrate_in(postgres)
    database = Database(url)
    database.start()
    till = Till(database)
    await till.open()
    await till.orders.place(intent("gst_1", ("ofr_a", 1)))
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as other:
        name = url.split("/")[3].split("?")[0]
        other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
    with pytest.raises(Unavailable) as refused:
        await till.orders.place(intent("gst_2", ("ofr_a", 1)))
    assert refused.value.error_code == "database_unavailable"
    await till.orders.place(intent("gst_3", ("ofr_a", 1)))
    assert await till.count("ofr_a") == (8, 2)
    await database.close()


async def test_a_full_disk_refuses_and_keeps_what_was_acknowledged(tmp_path: Path, templates: Templates) -> None:
    """SQLite's own limit of pages stands for the disk: it fails with the same error (SQLITE_FULL) at the same place."""
    url = templates.migrate(tmp_path / "full.db")
    database = Database(url)
    database.start()
    till = Till(database)
    await till.open(units=1000)

    async def limit(pages: int) -> None:
        await database.write(lambda tx: tx.execute(text(f"PRAGMA max_page_count = {pages}")).close())

    await limit(1)  # cannot be less than what there is: from here on the file does not grow
    outcomes: list[Any] = []
    while all(isinstance(outcome, Placed) for outcome in outcomes):
        kept = len(outcomes)
        placing = till.orders.place(intent(f"gst_{kept}", ("ofr_a", 1)))
        outcomes += await asyncio.gather(placing, return_exceptions=True)
    assert isinstance(outcomes[-1], Unavailable)
    assert outcomes[-1].error_code == "database_unavailable"
    assert (await till.rows(orders), await till.count("ofr_a")) == (kept, (1000 - kept, kept))
    await limit(1_000_000)
    await till.orders.place(intent("gst_late", ("ofr_a", 1)))
    assert await till.rows(orders) == kept + 1
    await database.close()
