"""Claims, a waitlist, bundles, flash deals and plain buying in any order: one stock, and no unit in two places."""

import asyncio
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import insert

from livehub.commerce.catalog.errors import StockShort
from livehub.commerce.catalog.model import ClaimRule, NewBundle, NewOffer, NewVariant, Offer, OfferPatch, Product, Store
from livehub.commerce.catalog.pricing import NewDeal
from livehub.commerce.errors import BuyerLimit, ClaimOver, ClaimsRanOut, OfferClosed, PaymentUnderWay, SoldOut
from livehub.commerce.gateway import Outcome, PaymentEvent
from livehub.commerce.money import Money
from livehub.commerce.offers.claims import Claim, ClaimState, NewClaim
from livehub.commerce.orders.checkout import Basket, DeliveryMethod, Intent, Wanted
from livehub.commerce.orders.model import Draw, Order, OrderStatus, Payment, PaymentStatus
from livehub.commerce.payments.refunds import Asked
from livehub.errors import IllegalTransition
from livehub.ids import new_id
from livehub.storage.accounts import accounts
from livehub.storage.catalog import SqlCatalog
from livehub.storage.claims import SqlClaims
from livehub.storage.commerce import offers, variants
from livehub.storage.database import Database
from livehub.storage.offers import SqlOffers
from livehub.storage.orders import SqlOrders
from livehub.storage.outbox import SqlOutbox
from livehub.storage.payments import SqlPayments
from livehub.storage.refunds import SqlRefunds
from livehub.storage.rooms import rooms
from tests.commerce.test_stock_machine import OWNER, ROOM
from tests.databases import create

CUP, RED, SET = "ofr_cup", "ofr_red", "ofr_set"
OFFERS = st.sampled_from([CUP, RED, SET])
BUYERS = st.sampled_from(["gst_a", "gst_b", "gst_c"])
PRICE, DEAL = Money(100, "EUR"), Money(60, "EUR")
CLAIM_S = 5


class ClaimsMachine(RuleBasedStateMachine):
    placed, claimed = Bundle("placed"), Bundle("claimed")

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self._folder = tempfile.TemporaryDirectory()
        self._database = Database(create(Path(self._folder.name) / "claims.db"))
        self._now, self._events = 1000, 0
        self._orders: set[str] = set()
        #: orders whose units came back with a refund
        self._back: set[str] = set()
        self._waited: dict[str, set[int]] = {}

    def run(self, coroutine: Any) -> Any:
        return self._runner.run(coroutine)

    @initialize()
    def open_shop(self) -> None:
        self._database.start()
        self._offers, self._claims = SqlOffers(self._database), SqlClaims(self._database)
        self._store = SqlOrders(self._database, SqlOutbox(self._database))
        self._payments = SqlPayments(self._database, self._store)
        self._refunds = SqlRefunds(self._database, self._store)
        self.run(self._seed())

    async def _seed(self) -> None:
        await self._database.write(lambda tx: tx.execute(insert(accounts), OWNER).close())
        await self._database.write(lambda tx: tx.execute(insert(rooms), ROOM).close())
        store, catalog = Store("store_1", "acc_1", "x", "EUR", 0), SqlCatalog(self._database)
        await catalog.add_store(store)
        await catalog.add_product(
            Product("prd_1", store.id, "Cup", "", None, (), 0),
            [NewVariant("C", "", PRICE, 9), NewVariant("R", "", PRICE, 6)],
        )
        rule_of = {offer_id: ClaimRule(offer_id, CLAIM_S) for offer_id in (CUP, RED, SET)}
        await self._offers.add(CUP, "room_1", store, NewOffer("C", 6, claim=rule_of[CUP]), 0)
        await self._offers.add(RED, "room_1", store, NewOffer("R", 4, claim=rule_of[RED]), 0)
        parts = ((CUP, 2), (RED, 1))
        await self._offers.add_bundle(SET, "room_1", store, NewBundle("Set", PRICE, 3, parts, claim=rule_of[SET]), 0)

    @rule(target=placed, wanted=st.dictionaries(OFFERS, st.integers(1, 3), min_size=1, max_size=3), buyer=BUYERS)
    def buy(self, wanted: dict[str, int], buyer: str) -> str:
        lines = tuple(Wanted(offer_id, quantity) for offer_id, quantity in wanted.items())
        basket = Basket("room_1", lines, DeliveryMethod.PICKUP, None, {"name": "A"}, "sandbox")
        order_id, payment_id = new_id("ord"), new_id("pay")
        payment = Payment("sandbox", PaymentStatus.PENDING, payment_id, payment_id, None)
        intent = Intent(
            order_id, basket, basket.fingerprint(), order_id, buyer, "A", "store_1", "x", payment, self._now,
            self._now + 10,
        )  # fmt: skip
        try:
            self.run(self._store.place(intent))
        except (SoldOut, OfferClosed):
            return ""
        self._orders.add(order_id)
        return order_id

    @rule(target=claimed, offer_id=OFFERS, quantity=st.integers(1, 4), buyer=BUYERS)
    def claim(self, offer_id: str, quantity: int, buyer: str) -> str:
        new = NewClaim(new_id("clm"), offer_id, buyer, "A", quantity)
        try:
            made: Claim = self.run(self._claims.claim(new, self._now))
        except (OfferClosed, ClaimsRanOut, BuyerLimit):
            return ""
        return made.id

    @rule(claim_id=claimed)
    def release(self, claim_id: str) -> None:
        if claim_id:
            try:
                self.run(self._claims.release(claim_id, self._now))
            except ClaimOver:
                return

    @rule(
        order_id=placed, outcome=st.sampled_from([Outcome.PAID, Outcome.AUTHORIZED, Outcome.DECLINED, Outcome.CLOSED])
    )
    def report(self, order_id: str, outcome: Outcome) -> None:
        if order_id:
            order = self._order(order_id)
            self._events += 1
            event = PaymentEvent(f"evt_{self._events}", order.payment.reference or "", outcome, order.total, "pi_1")
            self.run(self._payments.settle("sandbox", event, self._now))

    @rule(order_id=placed, works=st.booleans())
    def do_what_is_due(self, order_id: str, works: bool) -> None:
        if order_id and self._order(order_id).payment.status is PaymentStatus.CAPTURE_DUE:
            step = self._payments.captured if works else self._payments.lost
            self.run(step(order_id, self._now))

    @rule(order_id=placed)
    def cancel(self, order_id: str) -> None:
        if order_id:
            try:
                self.run(self._store.move(order_id, OrderStatus.CANCELLED, self._now))
            except (IllegalTransition, PaymentUnderWay):
                return

    @rule(order_id=placed)
    def give_all_back(self, order_id: str) -> None:
        if not order_id or self._order(order_id).status is not OrderStatus.PAID:
            return
        refund, _ = self.run(self._refunds.open_refund(order_id, new_id("ref"), Asked(""), self._now))
        self.run(self._refunds.refund_done(refund.id, self._now))
        self._back.add(order_id)

    @rule(offer_id=OFFERS, quantity=st.integers(1, 3))
    def start_a_deal(self, offer_id: str, quantity: int) -> None:
        try:
            self.run(self._offers.start_deal(offer_id, NewDeal(DEAL, quantity, 8), self._now, lambda _offer: None))
        except (StockShort, OfferClosed):
            return

    @rule(offer_id=OFFERS, quantity=st.integers(0, 9))
    def resize(self, offer_id: str, quantity: int) -> None:
        self._patch(offer_id, OfferPatch(frozenset({"quantity"}), quantity=quantity))

    @rule(offer_id=OFFERS, first_paid=st.booleans())
    def choose_who_is_served(self, offer_id: str, first_paid: bool) -> None:
        self._patch(offer_id, OfferPatch(frozenset({"first_paid"}), first_paid=first_paid))

    def _patch(self, offer_id: str, patch: OfferPatch) -> None:
        try:
            self.run(self._offers.change(offer_id, patch, lambda _offer: None, self._now))
        except (StockShort, OfferClosed):
            return

    @rule(seconds=st.integers(1, 12))
    def time_passes(self, seconds: int) -> None:
        self._now += seconds * 1000
        self.run(self._store.expire(self._now, 100))
        self.run(self._claims.tend(self._now, 100))
        for offer in self.run(self._offers.of_room("room_1")):
            waiting = [one for one in self._live() if one.offer_id == offer.id and one.state is ClaimState.WAITING]
            # whoever waits has what there is; where nothing is held, as many may order as there are units
            may_order = sum(one.quantity for one in self._live() if one.offer_id == offer.id)
            assert not waiting or offer.buyable == 0 or (offer.first_paid and may_order >= offer.buyable)

    @rule()
    def the_room_ends(self) -> None:
        async def end() -> None:
            await self._database.write(lambda tx: tx.execute(rooms.update().values(state="ended")).close())
            await self._offers.close_ended(self._now)

        if self._now > 60_000:  # rarely: most of what can happen happens while the room is open
            self.run(end())
            assert self._live() == []

    def _order(self, order_id: str) -> Order:
        order: Order = self.run(self._store.find(order_id))
        return order

    def _live(self) -> list[Claim]:
        found: list[Claim] = self.run(self._claims.of_room("room_1", None, None, 1000))
        return [one for one in found if one.state in {ClaimState.HELD, ClaimState.OPEN, ClaimState.WAITING}]

    @invariant()
    def every_unit_is_in_one_place(self) -> None:
        if not hasattr(self, "_refunds"):
            return
        rows = {row.id: row for row in self.run(self._database.read(lambda c: c.execute(offers.select()).all()))}
        for variant in self.run(self._database.read(lambda c: c.execute(variants.select()).all())):
            own = [row for row in rows.values() if row.variant_id == variant.id]
            assert variant.received == variant.free + sum(row.available + row.held + row.sold for row in own)
        known: dict[str, Offer] = {one.id: one for one in self.run(self._offers.by_ids([CUP, RED, SET]))}
        orders = [self._order(order_id) for order_id in self._orders]
        waiting = [line for one in orders if one.status is OrderStatus.PENDING_PAYMENT for line in one.lines]
        held = _sum(draw for line in waiting if line.held for draw in line.draws)
        for claim in self._live():
            if claim.state is ClaimState.HELD:
                offer = known[claim.offer_id]
                held += Counter({claim.offer_id: claim.quantity})
                held += Counter({part.offer_id: part.quantity * claim.quantity for part in offer.parts})
        bought = [one for one in orders if OrderStatus.PAID in dict(one.history) and one.id not in self._back]
        sold = _sum(draw for one in bought for line in one.lines for draw in line.draws)
        for offer_id, row in rows.items():
            assert min(row.available, row.held, row.sold) >= 0
            assert row.quantity == row.available + row.held + row.sold
            assert (row.held, row.sold) == (held[offer_id], sold[offer_id]), offer_id

    @invariant()
    def the_line_is_served_in_order(self) -> None:
        if not hasattr(self, "_refunds"):
            return
        every: list[Claim] = self.run(self._claims.of_room("room_1", None, None, 1000))
        for offer_id in (CUP, RED, SET):
            own = [one for one in every if one.offer_id == offer_id]
            still = {one.seq for one in own if one.state is ClaimState.WAITING}
            served = {one.seq for one in own if one.state in {ClaimState.HELD, ClaimState.OPEN}}
            just_served = served & self._waited.get(offer_id, set())
            assert not just_served or not still or max(just_served) < min(still)
            self._waited[offer_id] = still

    def teardown(self) -> None:
        self.run(self._database.close())
        self._runner.close()
        self._folder.cleanup()


def _sum(draws: Iterable[Draw]) -> Counter[str]:
    total = Counter[str]()
    for draw in draws:
        total[draw.offer_id] += draw.quantity
    return total


TestClaims = ClaimsMachine.TestCase
TestClaims.settings = settings(
    max_examples=12, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
