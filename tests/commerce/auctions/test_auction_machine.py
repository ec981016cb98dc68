"""Auctions and plain buying in any order: one stock, one winner at a time, and nobody's bid is lost."""

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import insert, update

from livehub.commerce.auctions.bidding import Standing
from livehub.commerce.auctions.errors import AuctionClosed, AuctionRunning, AwardMissing, BidTooLow
from livehub.commerce.auctions.model import Auction, AuctionState, Lapse, Mode, NewAuction
from livehub.commerce.auctions.ports import Bid
from livehub.commerce.catalog.model import NewOffer, NewVariant, Product, Store
from livehub.commerce.errors import OfferClosed, SoldOut
from livehub.commerce.gateway import Outcome, PaymentEvent
from livehub.commerce.money import Money
from livehub.commerce.orders.checkout import Basket, DeliveryMethod, Intent, Wanted
from livehub.commerce.orders.model import Order, OrderStatus, Payment, PaymentStatus
from livehub.errors import IllegalTransition
from livehub.ids import new_id
from livehub.storage.accounts import accounts
from livehub.storage.auction_rows import auction_bids
from livehub.storage.auctions import SqlAuctions
from livehub.storage.catalog import SqlCatalog
from livehub.storage.commerce import offers, variants
from livehub.storage.database import Database
from livehub.storage.offers import SqlOffers
from livehub.storage.orders import SqlOrders
from livehub.storage.outbox import SqlOutbox
from livehub.storage.payments import SqlPayments
from livehub.storage.rooms import rooms
from tests.databases import create

STOCK, OFFERED = 5, 3
HOLDING = {AuctionState.OPEN, AuctionState.AWARDED}
ROOM = {
    "id": "room_1", "kind": "show", "title": "x", "description": "", "state": "live", "locale": "en",
    "visibility": "public", "owner_id": "acc_1", "store_id": "store_1", "store_title": "x", "created_at": 0,
}  # fmt: skip
OWNER = {"id": "acc_1", "email": "a@b.c", "password_hash": "-", "display_name": "A", "locale": "en", "created_at": 0}


class AuctionMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self._folder = tempfile.TemporaryDirectory()
        self._database = Database(create(Path(self._folder.name) / "auctions.db"))
        self._now, self._numbers = 1000, 0
        self._auctions: list[str] = []
        self._orders: list[str] = []
        self._bids = 0

    def run(self, coroutine: Any) -> Any:
        return self._runner.run(coroutine)

    @initialize()
    def open_shop(self) -> None:
        self._database.start()
        self._house = SqlAuctions(self._database, SqlOutbox(self._database))
        self._store = SqlOrders(self._database, SqlOutbox(self._database))
        self._payments = SqlPayments(self._database, self._store)
        self._offers = SqlOffers(self._database)
        self.run(self._seed())

    async def _seed(self) -> None:
        await self._database.write(lambda tx: tx.execute(insert(accounts), OWNER).close())
        await self._database.write(lambda tx: tx.execute(insert(rooms), ROOM).close())
        store, catalog = Store("store_1", "acc_1", "x", "EUR", 0), SqlCatalog(self._database)
        await catalog.add_store(store)
        ware = NewVariant("S", "", Money(100, "EUR"), STOCK)
        await catalog.add_product(Product("prd_1", store.id, "Cup", "", None, (), 0), [ware])
        await self._offers.add("ofr_1", "room_1", store, NewOffer("S", OFFERED), 0)

    def _number(self) -> int:
        self._numbers += 1
        return self._numbers

    @rule(mode=st.sampled_from(Mode), lapse=st.sampled_from(Lapse))
    def start(self, mode: Mode, lapse: Lapse) -> None:
        auction_id = f"auc_{self._number()}"
        new = NewAuction("ofr_1", 10, Money(10, "EUR"), Money(3, "EUR"), mode, 5, 5, lapse)
        try:
            self.run(self._house.open(auction_id, "room_1", new, self._now))
        except (AuctionRunning, SoldOut, OfferClosed):
            return
        self._auctions.append(auction_id)

    @rule(who=st.sampled_from(["ana", "ben", "cem"]), amount=st.integers(8, 60))
    def bid(self, who: str, amount: int) -> None:
        if not self._auctions:
            return
        bid = Bid(self._auctions[-1], who, who, f"k{self._number()}", Money(amount, "EUR"), self._now)
        try:
            self.run(self._house.bid(bid))
        except (BidTooLow, AuctionClosed):
            return
        self._bids += 1

    @rule(cancel=st.booleans())
    def stop(self, cancel: bool) -> None:
        if self._auctions:
            try:
                self.run(self._house.stop("room_1", self._auctions[-1], self._now, cancel=cancel))
            except AuctionClosed:
                return

    @rule(seconds=st.sampled_from([1, 4, 11, 290, 301]))
    def time_passes(self, seconds: int) -> None:
        self._now += seconds * 1000
        self.run(self._store.expire(self._now, 100))
        for auction_id in self.run(self._house.due(self._now, 100)):
            self.run(self._house.settle(auction_id, self._now))

    @rule(who=st.sampled_from(["ana", "ben", "cem"]), is_won=st.booleans())
    def order(self, who: str, is_won: bool) -> None:
        """What was won last, or one that anybody may buy."""
        if is_won and not self._auctions:
            return
        auction_id = self._auctions[-1] if is_won else None
        basket = Basket(
            "room_1",
            (Wanted("ofr_1", 1, auction_id=auction_id),),
            DeliveryMethod.PICKUP,
            None,
            {"name": "A"},
            "sandbox",
        )
        order_id, payment_id = new_id("ord"), new_id("pay")
        payment = Payment("sandbox", PaymentStatus.PENDING, payment_id, payment_id, None)
        intent = Intent(
            order_id, basket, basket.fingerprint(), order_id, who, who, "store_1", "x", payment, self._now,
            self._now + 60_000,
        )  # fmt: skip
        before = self._auction(auction_id) if auction_id else None
        try:
            self.run(self._store.place(intent))
        except (SoldOut, OfferClosed, AwardMissing):
            assert (
                before is None
                or before.state is not AuctionState.AWARDED
                or before.award is None
                or (before.award.bidder_id != who or before.award.until <= self._now)
            ), "who won was turned away"
            return
        self._orders.append(order_id)
        if before is not None:
            assert before.award is not None
            assert before.award.bidder_id == who
            assert self._order(order_id).total == before.award.price

    @rule(pick=st.integers(0, 20), outcome=st.sampled_from([Outcome.PAID, Outcome.DECLINED]))
    def pay(self, pick: int, outcome: Outcome) -> None:
        if self._orders:
            order = self._order(self._orders[pick % len(self._orders)])
            event = PaymentEvent(f"evt_{self._number()}", str(order.payment.reference), outcome, order.total)
            self.run(self._payments.settle("sandbox", event, self._now))

    @rule(pick=st.integers(0, 20))
    def cancel_order(self, pick: int) -> None:
        if self._orders:
            try:
                self.run(self._store.move(self._orders[pick % len(self._orders)], OrderStatus.CANCELLED, self._now))
            except IllegalTransition:
                return

    @rule()
    def end_the_show(self) -> None:
        """Rarely of use more than once: nothing begins afterwards, but everything goes on."""
        if self._numbers % 5 == 4:
            over = update(rooms).values(state="ended")
            self.run(self._database.write(lambda tx: tx.execute(over).close()))
            self.run(self._offers.close_ended(self._now))

    def _order(self, order_id: str) -> Order:
        order: Order | None = self.run(self._store.find(order_id))
        assert order is not None
        return order

    def _auction(self, auction_id: str) -> Auction:
        found: list[Auction] = self.run(self._house.by_ids([auction_id]))
        return found[0]

    @invariant()
    def every_unit_is_in_one_place(self) -> None:
        if not hasattr(self, "_house"):
            return
        variant = self._one(variants.select())
        offer = self._one(offers.select())
        assert variant.received == variant.free + offer.available + offer.held + offer.sold
        found = [self._order(order_id) for order_id in self._orders]
        auctions = [self._auction(auction_id) for auction_id in self._auctions]
        waiting = sum(order.status is OrderStatus.PENDING_PAYMENT for order in found)
        assert offer.held == waiting + sum(auction.state in HOLDING for auction in auctions)
        assert offer.sold == sum(order.status is OrderStatus.PAID for order in found)

    @invariant()
    def auctions_and_their_orders_tell_the_same_story(self) -> None:
        for auction_id in self._auctions:
            auction = self._auction(auction_id)
            standing: Standing = auction.standing
            if standing.price is not None and standing.maximum is not None:
                assert standing.start <= standing.price <= standing.maximum
            if auction.award is None or auction.award.order_id is None:
                continue
            order = self._order(auction.award.order_id)
            if auction.state is AuctionState.ORDERED:
                assert order.status is OrderStatus.PENDING_PAYMENT
            if auction.state is AuctionState.SOLD:
                assert order.status is OrderStatus.PAID

    @invariant()
    def no_bid_is_lost(self) -> None:
        if hasattr(self, "_house"):
            rows = self.run(self._database.read(lambda connection: connection.execute(auction_bids.select()).all()))
            assert len(rows) == self._bids

    def _one(self, statement: Any) -> Any:
        return self.run(self._database.read(lambda connection: connection.execute(statement).one()))

    def teardown(self) -> None:
        self.run(self._database.close())
        self._runner.close()
        self._folder.cleanup()


TestAuctions = AuctionMachine.TestCase
TestAuctions.settings = settings(
    max_examples=15, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
