"""Auctions on both databases, and between two processes that write: one winner, one unit, no secret bent."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from sqlalchemy import insert, select

from livehub.commerce.auctions.errors import AuctionClosed, AuctionRunning, BidTooLow
from livehub.commerce.auctions.model import AuctionState, Mode, NewAuction
from livehub.commerce.auctions.ports import Bid
from livehub.commerce.catalog.model import NewOffer, NewVariant, Product, Store
from livehub.commerce.money import Money
from livehub.storage.accounts import accounts
from livehub.storage.auction_rows import auction_bids
from livehub.storage.auctions import SqlAuctions
from livehub.storage.catalog import SqlCatalog
from livehub.storage.commerce import offers
from livehub.storage.database import Database
from livehub.storage.offers import SqlOffers
from livehub.storage.outbox import SqlOutbox
from livehub.storage.rooms import rooms

NEW = NewAuction("ofr_1", 60, Money(1000, "EUR"), Money(100, "EUR"), Mode.SUDDEN)
END_MS = 60_000


@dataclass
class House:
    """Two processes over one database."""

    database: Database
    here: SqlAuctions
    there: SqlAuctions

    async def counts(self) -> tuple[int, int]:
        statement = select(offers.c.available, offers.c.held).where(offers.c.id == "ofr_1")
        row = await self.database.read(lambda connection: connection.execute(statement).one())
        return row.available, row.held


@asynccontextmanager
async def other_process(url: str) -> AsyncIterator[Database]:
    database = Database(url)
    database.start()
    yield database
    await database.close()


@pytest.fixture
async def house(migrated: Database) -> AsyncIterator[House]:
    owner = {"id": "acc_1", "email": "a@b.c", "password_hash": "-", "display_name": "A", "locale": "en"}
    room = {
        "id": "room_1", "kind": "show", "title": "x", "description": "", "state": "live", "locale": "en",
        "visibility": "public", "owner_id": "acc_1", "store_id": "store_1", "store_title": "x", "created_at": 0,
    }  # fmt: skip
    await migrated.write(lambda tx: tx.execute(insert(accounts), {**owner, "created_at": 0}).close())
    await migrated.write(lambda tx: tx.execute(insert(rooms), room).close())
    store, catalog = Store("store_1", "acc_1", "x", "EUR", 0), SqlCatalog(migrated)
    await catalog.add_store(store)
    variants = [NewVariant("S", "", Money(2000, "EUR"), 5)]
    await catalog.add_product(Product("prd_1", store.id, "Cup", "", None, (), 0), variants)
    await SqlOffers(migrated).add("ofr_1", "room_1", store, NewOffer("S", 5), 0)
    async with other_process(migrated.url) as other:
        yield House(migrated, SqlAuctions(migrated, SqlOutbox(migrated)), SqlAuctions(other, SqlOutbox(other)))


def bid(who: str, amount: int, at_ms: int = 0, key: str = "") -> Bid:
    return Bid("auc_1", who, who.title(), key or f"{who}-{amount}", Money(amount, "EUR"), at_ms)


async def test_a_crowd_bids_in_two_processes(house: House) -> None:
    await house.here.open("auc_1", "room_1", NEW, 0)
    bids = [bid(f"b{number}", 1000 + 137 * number % 5000) for number in range(60)]
    taken = await asyncio.gather(
        *((house.here, house.there)[number % 2].bid(one) for number, one in enumerate(bids)), return_exceptions=True
    )
    assert all(isinstance(one, BidTooLow) for one in taken if isinstance(one, BaseException))
    (auction,) = await house.there.by_ids(["auc_1"])
    # Whoever said most leads: nobody with a higher maximum was turned away.
    highest = max(bids, key=lambda one: one.maximum.amount_minor)
    assert auction.standing.leader == highest.bidder_id
    assert auction.standing.maximum == highest.maximum.amount_minor
    rows = await house.database.read(lambda connection: connection.execute(select(auction_bids)).all())
    assert sorted(row.number for row in rows) == list(range(1, len(rows) + 1))
    assert len(rows) == sum(not isinstance(one, BaseException) for one in taken)
    second = sorted((row.maximum_minor for row in rows), reverse=True)[1]
    assert auction.standing.price is not None
    assert second <= auction.standing.price <= second + 100


async def test_one_key_in_both_processes_is_one_bid(house: House) -> None:
    await house.here.open("auc_1", "room_1", NEW, 0)
    both = await asyncio.gather(*(one.bid(bid("ana", 3000, key="k")) for one in (house.here, house.there)))
    assert sorted(one.moved for one in both) == [False, True]
    assert both[0].auction.bids == both[1].auction.bids == 1


async def test_both_processes_close_it_and_one_does(house: House) -> None:
    await house.here.open("auc_1", "room_1", NEW, 0)
    await house.here.bid(bid("ana", 3000))
    await house.there.bid(bid("ben", 2000))
    assert await house.here.due(END_MS - 1, 10) == []
    assert await house.here.settle("auc_1", END_MS) is None, "bids that reached the server in time still come"
    closed = await asyncio.gather(*(one.settle("auc_1", END_MS + 600) for one in (house.here, house.there)))
    (one,) = [auction for auction in closed if auction is not None]
    assert one.award is not None
    assert (one.award.bidder_id, one.award.price) == ("ana", Money(2100, "EUR"))
    assert await house.counts() == (4, 1)
    with pytest.raises(AuctionClosed):
        await house.there.bid(bid("cem", 9000, END_MS - 1))
    # Let go by the winner, it goes to one other and no unit is held twice.
    lapsed = END_MS + 600 + 15 * 60_000
    await asyncio.gather(*(one.settle("auc_1", lapsed) for one in (house.here, house.there)))
    (auction,) = await house.here.by_ids(["auc_1"])
    assert auction.award is not None
    assert (auction.award.bidder_id, auction.award.price, auction.award.rank) == ("ben", Money(1000, "EUR"), 1)
    assert await house.counts() == (4, 1)
    await asyncio.gather(*(one.settle("auc_1", lapsed + 15 * 60_000) for one in (house.here, house.there)))
    (auction,) = await house.here.by_ids(["auc_1"])
    assert auction.state is AuctionState.UNSOLD
    assert await house.counts() == (5, 0)


async def test_one_auction_runs_in_a_room(house: House) -> None:
    opened = await asyncio.gather(
        house.here.open("auc_1", "room_1", NEW, 0),
        house.there.open("auc_2", "room_1", NEW, 0),
        return_exceptions=True,
    )
    assert sum(isinstance(one, AuctionRunning) for one in opened) == 1
    assert await house.counts() == (4, 1), "the one that was refused holds nothing"
