"""Rows are locked in one order by everybody: offers with the parts of bundles by their ids, then slots, coupons and
auctions. PostgreSQL alone: SQLite has one writer at a time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import psycopg
import pytest
from sqlalchemy import event, insert, update

from livehub.bench.postgres import Postgres
from livehub.commerce.catalog.model import OfferPatch, Store
from livehub.commerce.offers.claims import ClaimState
from livehub.commerce.offers.coupons import NewCoupon
from livehub.storage.commerce import offers
from livehub.storage.coupons import SqlCoupons
from livehub.storage.database import Database
from livehub.storage.offers import SqlOffers
from livehub.storage.rooms import rooms
from livehub.storage.writer import Tx
from tests.databases import Templates
from tests.storage.test_claims import Till
from tests.storage.test_races import ROOM, Bystander

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


async def test_an_order_with_a_coupon_locks_no_offers_behind_it(till: Till) -> None:
    """Whose claim was for more: the rest goes to who waits, in the same commit."""
    await SqlCoupons(till.database).add("cpn_1", STORE, NewCoupon("TEN", percent=10), 0)
    locked: list[str] = []

    def saw(_c: object, _cursor: object, statement: str, *_: object) -> None:
        if "FOR UPDATE" in statement:
            locked.append("coupons" if "FROM coupons" in statement else "offers" if "FROM offers" in statement else "?")

    event.listen(till.database.engine, "before_cursor_execute", saw)
    await till.orders.place(till.intent("gst_1", {"ofr_set": 3}, coupon="TEN"))
    assert "coupons" in locked
    assert "offers" not in locked[locked.index("coupons") :]
    (waited,) = await till.claims.of_room("room_1", "gst_2", None, 10)
    assert (waited.state, waited.quantity) == (ClaimState.HELD, 1)
