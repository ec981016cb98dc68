"""Claims and bundles on both databases, also where several come in one batch."""

import asyncio
import random
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event, insert, select, update

from livehub.commerce.catalog.model import ClaimRule, NewBundle, NewOffer, NewVariant, Product, Store
from livehub.commerce.errors import SoldOut
from livehub.commerce.money import Money
from livehub.commerce.offers.claims import Claim, ClaimState, NewClaim
from livehub.commerce.orders.checkout import Basket, DeliveryMethod, Intent, Wanted
from livehub.commerce.orders.model import OrderStatus, Payment, PaymentStatus
from livehub.errors import LivehubError
from livehub.ids import new_id
from livehub.storage.accounts import accounts
from livehub.storage.catalog import SqlCatalog
from livehub.storage.claiming import ClaimUnits, Wish
from livehub.storage.claims import SqlClaims
from livehub.storage.commerce import offers
from livehub.storage.database import Database
from livehub.storage.offers import SqlOffers
from livehub.storage.orders import SqlOrders
from livehub.storage.outbox import SqlOutbox
from livehub.storage.writer import Tx
from tests.storage.test_place import OWNER

PRICE = Money(100, "EUR")


class Till:
    """Ten A and ten B, both claimable for ten milliseconds, and a bundle of two A and one B."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.orders, self.claims = SqlOrders(database, SqlOutbox(database)), SqlClaims(database)

    async def open(self) -> None:
        await self.database.write(lambda tx: tx.execute(insert(accounts), OWNER).close())
        catalog, shelf = SqlCatalog(self.database), SqlOffers(self.database)
        store = Store("store_1", "acc_1", "x", "EUR", 0)
        await catalog.add_store(store)
        variants = [NewVariant(sku, "", PRICE, 10) for sku in "AB"]
        await catalog.add_product(Product("prd_1", store.id, "Cup", "", None, (), 0), variants)
        for sku in "AB":
            new = NewOffer(sku, 10, claim=ClaimRule(f"sold {sku.lower()}", 1))
            await shelf.add(f"ofr_{sku.lower()}", "room_1", store, new, 0)
        bundle = NewBundle("Set", PRICE, 5, (("ofr_a", 2), ("ofr_b", 1)), claim=ClaimRule("set", 1))
        await shelf.add_bundle("ofr_set", "room_1", store, bundle, 0)

    async def claim(self, buyer: str, offer_id: str, wanted: int, line: str | None = None) -> Claim:
        return await self.claims.claim(NewClaim(new_id("clm"), offer_id, buyer, buyer, wanted, line), 0)

    def intent(self, buyer: str, wanted: dict[str, int], coupon: str | None = None) -> Intent:
        lines = tuple(Wanted(offer_id, quantity) for offer_id, quantity in wanted.items())
        basket = Basket("room_1", lines, DeliveryMethod.PICKUP, None, {"name": "A"}, "sandbox", coupon)
        order_id, payment_id = new_id("ord"), new_id("pay")
        payment = Payment("sandbox", PaymentStatus.PENDING, payment_id, payment_id, None)
        return Intent(order_id, basket, basket.fingerprint(), order_id, buyer, buyer, "store_1", "x", payment, 1, 900)

    async def counts(self) -> dict[str, tuple[int, int]]:
        """(available, held) by offer."""
        statement = select(offers.c.id, offers.c.available, offers.c.held)
        rows = await self.database.read(lambda connection: connection.execute(statement).all())
        return {row.id: (row.available, row.held) for row in rows}


@pytest.fixture
async def till(migrated: Database) -> Till:
    till = Till(migrated)
    await till.open()
    return till


async def test_claims_and_orders_that_come_together_share_what_there_is(till: Till) -> None:
    claimed = [till.claim(f"gst_{n}", "ofr_a", 3) for n in range(5)]
    bought = [till.orders.place(till.intent(f"gst_{n}", {"ofr_set": 1})) for n in range(5, 8)]
    outcomes = await asyncio.gather(*claimed, *bought, return_exceptions=True)
    assert all(isinstance(one, SoldOut | Claim) or not isinstance(one, BaseException) for one in outcomes)
    counts = await till.counts()
    assert counts["ofr_a"] == (0, 10)
    held = [one.quantity for one in outcomes[:5] if isinstance(one, Claim) and one.state is ClaimState.HELD]
    sets = counts["ofr_set"][1]
    assert sum(held) + 2 * sets == 10
    assert counts["ofr_b"] == (10 - sets, sets)


async def test_a_bundle_that_is_claimed_is_ordered_and_the_line_inherits(till: Till) -> None:
    await till.claim("gst_1", "ofr_set", 5)
    waits = await till.claim("gst_2", "ofr_set", 1)
    assert (waits.state, waits.ahead) == (ClaimState.WAITING, 0)
    assert (await till.counts()) == {"ofr_a": (0, 10), "ofr_b": (5, 5), "ofr_set": (0, 5)}
    placed = await till.orders.place(till.intent("gst_1", {"ofr_set": 3, "ofr_b": 2}))
    assert [part.quantity for part in placed.order.lines[0].parts] == [2, 1]
    served = await till.claims.find(waits.id)
    assert served is not None
    assert (served.state, served.quantity) == (ClaimState.HELD, 1)
    # three ordered, one inherited, one free again
    assert (await till.counts()) == {"ofr_a": (2, 8), "ofr_b": (4, 6), "ofr_set": (1, 4)}
    assert await till.claims.tend(5000, 10) == 1
    assert (await till.counts()) == {"ofr_a": (4, 6), "ofr_b": (5, 5), "ofr_set": (2, 3)}
    assert {one.state for one in await till.claims.news(10)} == {ClaimState.ORDERED, ClaimState.EXPIRED}


async def test_who_waits_for_a_bundle_inherits_what_those_who_wait_for_its_parts_leave(till: Till) -> None:
    placed = await till.orders.place(till.intent("gst_1", {"ofr_a": 4, "ofr_set": 3}))
    part = await till.claim("gst_2", "ofr_a", 8)
    whole = await till.claim("gst_3", "ofr_set", 2)
    assert (part.state, whole.state) == (ClaimState.WAITING, ClaimState.WAITING)
    await till.orders.move(placed.order.id, OrderStatus.CANCELLED, 1)
    served = [await till.claims.find(one.id) for one in (part, whole)]
    assert [(one.state, one.quantity) for one in served if one] == [(ClaimState.HELD, 8), (ClaimState.HELD, 1)]
    assert await till.counts() == {"ofr_a": (0, 10), "ofr_b": (9, 1), "ofr_set": (4, 1)}


async def test_a_line_claims_once_whatever_comes_twice(till: Till) -> None:
    made = await asyncio.gather(*(till.claim("gst_1", "ofr_a", 2, "msg_1") for _ in range(5)))
    assert len({one.id for one in made}) == 1
    assert (await till.counts())["ofr_a"] == (8, 2)
    news = await till.claims.news(10)
    await till.claims.release(made[0].id, 1)
    await till.claims.told(news)
    assert [one.state for one in await till.claims.news(10)] == [ClaimState.RELEASED]
    # the same line does not claim again
    assert (await till.claim("gst_1", "ofr_a", 2, "msg_1")).state is ClaimState.RELEASED


class _Undo(Exception):
    pass


@pytest.mark.parametrize("seed", range(8))
async def test_claims_that_come_together_end_as_if_one_had_come_after_the_other(till: Till, seed: int) -> None:
    """Whatever they want: the last units, others' parts, another number, the same line twice, more than is allowed."""
    chance = random.Random(seed)
    limited = update(offers).where(offers.c.id == "ofr_b").values(per_buyer_limit=3, first_paid=seed % 2)
    await till.database.write(lambda tx: tx.execute(limited).close())
    wishes = []
    for n in range(60):
        buyer = f"gst_{chance.randrange(12)}"
        offer_id = chance.choice(["ofr_a", "ofr_a", "ofr_b", "ofr_set", "ofr_none"])
        line = chance.choice([None, f"msg_{chance.randrange(40)}"])
        wishes.append(Wish(NewClaim(f"clm_{n}", offer_id, buyer, buyer, chance.randint(1, 4), line), 0))
    together: list[Claim | LivehubError] = []
    counted: dict[str, tuple[int, int]] = {}

    def write(tx: Tx) -> None:
        together[:] = ClaimUnits().run(tx, wishes)
        rows = tx.execute(select(offers.c.id, offers.c.available, offers.c.held))
        counted.update({row.id: (row.available, row.held) for row in rows})
        raise _Undo

    with pytest.raises(_Undo):
        await till.database.write(write)
    for wish, outcome in zip(wishes, together, strict=True):
        (alone,) = await asyncio.gather(till.claims.claim(wish.new, 0), return_exceptions=True)
        if isinstance(outcome, LivehubError):
            assert isinstance(alone, LivehubError), alone
            assert (alone.error_code, alone.extra) == (outcome.error_code, outcome.extra)
        else:
            assert isinstance(alone, Claim), alone
            assert alone.id == outcome.id
    for outcome in together:
        if isinstance(outcome, Claim):
            found = await till.claims.find(outcome.id)
            assert found is not None
            assert replace(found, seq=0) == replace(outcome, seq=0)
    assert await till.counts() == counted
    assert {type(outcome).__name__ for outcome in together} >= {"Claim", "OfferNotFound", "BuyerLimit"}


async def test_a_batch_of_claims_takes_as_many_statements_as_a_few(till: Till) -> None:
    """A keyword is said by thousands at once: what it costs must not grow by a statement with each of them."""
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        asked.append(statement)

    async def statements_of(count: int, offer_id: str) -> int:
        wishes = [Wish(NewClaim(new_id("clm"), offer_id, f"gst_{n}", "G", 1), 0) for n in range(count)]

        def write(tx: Tx) -> None:
            asked.clear()
            outcomes = ClaimUnits().run(tx, wishes)
            assert all(isinstance(outcome, Claim) for outcome in outcomes)
            raise _Undo

        with pytest.raises(_Undo):
            await till.database.write(write)
        return len(asked)

    event.listen(till.database.engine, "before_cursor_execute", note)
    for offer_id in ("ofr_a", "ofr_set"):
        assert await statements_of(2, offer_id) == await statements_of(200, offer_id)
