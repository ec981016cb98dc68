"""Rows are locked in one order by everybody: offers with the parts of bundles by their ids, then slots, coupons and
auctions. PostgreSQL alone: SQLite has one writer at a time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import psycopg
import pytest
from sqlalchemy import event, insert, update

from livehub.bench.postgres import Postgres
from livehub.commerce.catalog.model import OfferPatch, Store
from livehub.commerce.offers.claims import ClaimState
from livehub.commerce.offers.coupons import NewCoupon
from livehub.commerce.orders.model import OrderStatus
from livehub.commerce.payments.refunds import Asked
from livehub.ids import new_id
from livehub.storage.commerce import offers
from livehub.storage.coupons import SqlCoupons
from livehub.storage.database import Database
from livehub.storage.offers import SqlOffers
from livehub.storage.rooms import rooms
from livehub.storage.writer import Tx
from tests.databases import Templates
from tests.storage.test_claims import Till
from tests.storage.test_races import ROOM, Bystander
from tests.storage.test_returns import Process

STORE = Store("store_1", "acc_1", "x", "EUR", 0)


@pytest.fixture
async def url(postgres: Postgres, templates: Templates) -> str:
    return templates.migrate_in(postgres)


@pytest.fixture
async def till(url: str) -> AsyncIterator[Till]:
    """All sets are claimed by one, and another waits for one."""
    database = Database(url)
    database.start()
    till = Till(database)
    await till.open()
    await till.claim("gst_1", "ofr_set", 5)
    assert (await till.claim("gst_2", "ofr_set", 1)).state is ClaimState.WAITING
    yield till
    await database.close()


async def change_the_bundle(till: Till) -> None:
    await SqlOffers(till.database).change("ofr_set", OfferPatch(frozenset({"ends_at"})), lambda _: None, 0)


async def close_what_is_open(till: Till) -> None:
    await SqlOffers(till.database).close_ended(2)


def end_the_room(tx: Tx) -> None:
    """One part was closed before."""
    tx.execute(update(offers).where(offers.c.id == "ofr_a").values(closed_at=1)).close()
    tx.execute(insert(rooms), ROOM | {"state": "ended"}).close()


@pytest.mark.parametrize("act", [change_the_bundle, close_what_is_open])
async def test_who_waits_for_the_part_of_a_bundle_holds_nothing_behind_it(
    till: Till, url: str, act: Callable[[Till], Awaitable[None]]
) -> None:
    """Else an order of the set, which has the part and waits for the set, would wait for them, and they for it."""
    if act is close_what_is_open:
        await till.database.write(end_the_room)
    async with await psycopg.AsyncConnection.connect(url) as other:
        await other.execute("SELECT 1 FROM offers WHERE id = 'ofr_a' FOR NO KEY UPDATE")
        acting = asyncio.ensure_future(act(till))
        await Bystander(url).until_waiting(1)
        behind = await other.execute("SELECT id FROM offers WHERE id <> 'ofr_a' ORDER BY id FOR UPDATE SKIP LOCKED")
        assert [row[0] for row in await behind.fetchall()] == ["ofr_b", "ofr_set"]
        await other.rollback()
    await acting


def locks_of(database: Database) -> list[str]:
    """The tables whose rows are locked or drawn from, in order, as they come."""
    locked: list[str] = []

    def saw(_c: object, _cursor: object, statement: str, *_: object) -> None:
        if "FOR UPDATE" in statement:
            locked.append("coupons" if "FROM coupons" in statement else "offers" if "FROM offers" in statement else "?")
        elif statement.startswith("UPDATE coupons"):
            locked.append("coupons")

    event.listen(database.engine, "before_cursor_execute", saw)
    return locked


async def test_an_order_with_a_coupon_locks_no_offers_behind_it(till: Till) -> None:
    """Whose claim was for more: the rest goes to who waits, in the same commit. And so it is given up."""
    await SqlCoupons(till.database).add("cpn_1", STORE, NewCoupon("TEN", percent=10), 0)
    locked = locks_of(till.database)
    placed = await till.orders.place(till.intent("gst_1", {"ofr_set": 3}, coupon="TEN"))
    assert "coupons" in locked
    assert "offers" not in locked[locked.index("coupons") :]
    (waited,) = await till.claims.of_room("room_1", "gst_2", None, 10)
    assert (waited.state, waited.quantity) == (ClaimState.HELD, 1)
    await till.claim("gst_3", "ofr_set", 1)  # the last
    late = await till.claim("gst_4", "ofr_set", 2)
    assert late.state is ClaimState.WAITING
    locked.clear()
    await till.orders.move(placed.order.id, OrderStatus.CANCELLED, 0)
    assert "coupons" in locked
    assert "offers" not in locked[locked.index("coupons") :]
    served = await till.claims.find(late.id)
    assert served is not None
    assert (served.state, served.quantity) == (ClaimState.HELD, 2)


async def test_orders_that_expire_together_hold_nothing_behind_what_one_of_them_waits_for(till: Till, url: str) -> None:
    await SqlCoupons(till.database).add("cpn_1", STORE, NewCoupon("TEN", percent=10), 0)
    await till.claims.tend(5000, 10)  # nothing is claimed any more
    for number, (offer_id, coupon) in enumerate((("ofr_b", "TEN"), ("ofr_a", None))):
        intent = till.intent(f"gst_{number}", {offer_id: 1}, coupon=coupon)
        await till.orders.place(replace(intent, expires_at=number + 1))
    async with await psycopg.AsyncConnection.connect(url) as other:
        await other.execute("SELECT 1 FROM offers WHERE id = 'ofr_a' FOR NO KEY UPDATE")
        expiring = asyncio.ensure_future(till.orders.expire(10, 10))
        await Bystander(url).until_waiting(1)
        for free in ("offers WHERE id = 'ofr_b'", "coupons"):
            found = await other.execute(f"SELECT id FROM {free} FOR UPDATE SKIP LOCKED".encode())
            assert len(await found.fetchall()) == 1, free
        await other.rollback()
    assert {order.status for order in await expiring} == {OrderStatus.EXPIRED}


async def test_a_bundle_that_comes_back_without_its_part_locks_the_part_before_it(till: Till, url: str) -> None:
    """What somebody has seen (a code) does not come back; who waits for the bundle may have the next one with it."""
    one = Process(till.database)
    order = (await one.orders.place(till.intent("gst_1", {"ofr_set": 5}))).order
    await one.orders.move(order.id, OrderStatus.PAID, 1)
    refund, _ = await one.refunds.open_refund(order.id, new_id("ref"), Asked("x"), 2)
    async with await psycopg.AsyncConnection.connect(url) as other:
        await other.execute("""UPDATE order_lines SET parts = replace(parts, '"digital":null', '"digital":"link"')""")
        await other.commit()
        await other.execute("SELECT 1 FROM offers WHERE id = 'ofr_a' FOR NO KEY UPDATE")
        refunding = asyncio.ensure_future(one.refunds.refund_done(refund.id, 3))
        await Bystander(url).until_waiting(1)
        behind = await other.execute("SELECT id FROM offers WHERE id <> 'ofr_a' ORDER BY id FOR UPDATE SKIP LOCKED")
        assert [row[0] for row in await behind.fetchall()] == ["ofr_b", "ofr_set"]
        await other.rollback()
    assert (await refunding).status is OrderStatus.REFUNDED
    assert (await till.counts())["ofr_a"] == (0, 0), "nothing of it came back"
