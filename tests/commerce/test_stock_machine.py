"""Whatever happens in whatever order: every unit is in one place, and orders and stock tell the same story."""

import asyncio
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import insert

from livehub.commerce.catalog.errors import StockChanged, StockShort
from livehub.commerce.catalog.model import NewOffer, NewVariant, OfferPatch, Product, ProductPatch, Store, VariantPatch
from livehub.commerce.catalog.pricing import NewDeal
from livehub.commerce.catalog.stock_levels import Change, Reason
from livehub.commerce.errors import CouponSpent, CouponUsed, OfferClosed, PaymentUnderWay, RefundTooMuch, SoldOut
from livehub.commerce.gateway import Outcome, PaymentEvent
from livehub.commerce.money import Money
from livehub.commerce.offers.coupons import NewCoupon
from livehub.commerce.orders.checkout import Basket, DeliveryMethod, Intent, Wanted
from livehub.commerce.orders.model import Order, OrderStatus, Payment, PaymentStatus
from livehub.commerce.payments.ledger import MovementKind, balances
from livehub.commerce.payments.refunds import Asked
from livehub.commerce.payments.settling import UNPAID
from livehub.errors import IllegalTransition
from livehub.ids import new_id
from livehub.storage.accounts import accounts
from livehub.storage.catalog import SqlCatalog
from livehub.storage.commerce import offers, variants
from livehub.storage.coupons import SqlCoupons
from livehub.storage.database import Database
from livehub.storage.ledger import SqlLedger
from livehub.storage.offers import SqlOffers
from livehub.storage.orders import SqlOrders
from livehub.storage.outbox import SqlOutbox
from livehub.storage.payment_tables import payment_refunds
from livehub.storage.payments import SqlPayments
from livehub.storage.refunds import SqlRefunds
from livehub.storage.rooms import rooms
from livehub.storage.stockroom import SqlStockroom
from tests.databases import create

STOCK = 12
HELD = {OrderStatus.PENDING_PAYMENT}
MAY_BE_PAID = {OrderStatus.PENDING_PAYMENT, OrderStatus.EXPIRED}
PAID = {PaymentStatus.PAID, PaymentStatus.REFUND_DUE, PaymentStatus.REFUNDED}
GIVEN_UP = {OrderStatus.CANCELLED, OrderStatus.EXPIRED}
PRICE = Money(100, "EUR")
DEAL = Money(60, "EUR")
ROOM = {
    "id": "room_1", "kind": "show", "title": "x", "description": "", "state": "live", "locale": "en",
    "visibility": "public", "owner_id": "acc_1", "store_id": "store_1", "store_title": "x", "created_at": 0,
}  # fmt: skip
OWNER = {"id": "acc_1", "email": "a@b.c", "password_hash": "-", "display_name": "A", "locale": "en", "created_at": 0}


class StockMachine(RuleBasedStateMachine):
    placed = Bundle("placed")

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self._folder = tempfile.TemporaryDirectory()
        self._database = Database(create(Path(self._folder.name) / "stock.db"))
        self._now, self._events = 1000, 0
        self._orders: set[str] = set()
        #: units of an order that came back with refunds
        self._back: Counter[str] = Counter()
        #: the quantity of the flash deal that runs, if one does
        self._deal: int | None = None

    def run(self, coroutine: Any) -> Any:
        return self._runner.run(coroutine)

    @initialize()
    def open_shop(self) -> None:
        self._database.start()
        self._catalog, self._offers = SqlCatalog(self._database), SqlOffers(self._database)
        self._store = SqlOrders(self._database, SqlOutbox(self._database))
        self._payments = SqlPayments(self._database, self._store)
        self._refunds = SqlRefunds(self._database, self._store)
        self._ledger = SqlLedger(self._database)
        self._stockroom = SqlStockroom(self._database, SqlOutbox(self._database))
        self.run(self._seed())

    async def _seed(self) -> None:
        await self._database.write(lambda tx: tx.execute(insert(accounts), OWNER).close())
        await self._database.write(lambda tx: tx.execute(insert(rooms), ROOM).close())
        store = Store("store_1", "acc_1", "x", "EUR", 0)
        await self._catalog.add_store(store)
        self._product = await self._catalog.add_product(
            Product("prd_1", store.id, "Cup", "", None, (), 0), [NewVariant("S", "", PRICE, STOCK)]
        )
        await self._offers.add("ofr_1", "room_1", store, NewOffer("S", 8), 0)
        ten = NewCoupon("TEN", percent=10, budget=Money(90, "EUR"), max_uses=5, per_buyer=4)
        await SqlCoupons(self._database).add("cpn_1", store, ten, 0)

    @rule(target=placed, quantity=st.integers(1, 5), coupon=st.sampled_from([None, "TEN"]))
    def buy(self, quantity: int, coupon: str | None) -> str:
        wanted = (Wanted("ofr_1", quantity),)
        basket = Basket("room_1", wanted, DeliveryMethod.PICKUP, None, {"name": "A"}, "sandbox", coupon)
        order_id, payment_id = new_id("ord"), new_id("pay")
        payment = Payment("sandbox", PaymentStatus.PENDING, payment_id, payment_id, None)
        intent = Intent(
            order_id, basket, basket.fingerprint(), order_id, "gst_1", "A", "store_1", "x", payment, self._now,
            self._now + 10,
        )  # fmt: skip
        try:
            self.run(self._store.place(intent))
        except (SoldOut, OfferClosed, CouponSpent, CouponUsed):
            return ""
        self._orders.add(order_id)
        return order_id

    @rule(quantity=st.integers(1, 6), seconds=st.integers(1, 20))
    def start_a_deal(self, quantity: int, seconds: int) -> None:
        deal = NewDeal(DEAL, quantity, seconds)
        try:
            self.run(self._offers.start_deal("ofr_1", deal, self._now, lambda _offer: None))
        except (StockShort, OfferClosed):
            return
        self._deal = quantity

    @rule()
    def end_the_deal(self) -> None:
        self.run(self._offers.end_deal("ofr_1"))
        self._deal = None

    def _order(self, order_id: str) -> Order:
        order: Order = self.run(self._store.find(order_id))
        return order

    @rule(order_id=placed, outcome=st.sampled_from(Outcome))
    def report(self, order_id: str, outcome: Outcome) -> None:
        if order_id:
            order = self._order(order_id)
            self._events += 1
            event = PaymentEvent(f"evt_{self._events}", order.payment.reference or "", outcome, order.total, "pi_1")
            self.run(self._payments.settle("sandbox", event, self._now))
            again = self.run(self._payments.settle("sandbox", event, self._now))
            assert not again.changed
            if outcome is Outcome.REFUNDED:
                self._note_what_came_back(order, 0)

    @rule(order_id=placed, or_give_back=st.booleans())
    def money_comes_by_hand(self, order_id: str, or_give_back: bool) -> None:
        """In time, late, or for what others have by now."""
        if not order_id:
            return
        before = self._order(order_id)
        try:
            after = self.run(self._payments.received(order_id, self._now, or_give_back=or_give_back))
        except SoldOut:
            assert not or_give_back
            assert self._order(order_id) == before
        except (IllegalTransition, PaymentUnderWay):
            assert before.payment.status not in UNPAID or before.status not in MAY_BE_PAID
            assert before.payment.status not in UNPAID or before.status is not OrderStatus.CANCELLED or not or_give_back
        else:
            given_back = after.payment.status is PaymentStatus.REFUND_DUE
            assert given_back == (after.status in GIVEN_UP)
            assert or_give_back or after.status is OrderStatus.PAID

    @rule(
        order_id=placed,
        wanted=st.sampled_from([OrderStatus.CANCELLED, OrderStatus.FULFILLED]),
    )
    def move(self, order_id: str, wanted: OrderStatus) -> None:
        if not order_id:
            return
        before = self._order(order_id)
        try:
            self.run(self._store.move(order_id, wanted, self._now))
        except (IllegalTransition, PaymentUnderWay):
            assert self._order(order_id) == before

    @rule(order_id=placed, units=st.integers(0, 5), amount=st.none() | st.integers(1, 500), works=st.booleans())
    def refund(self, order_id: str, units: int, amount: int | None, works: bool) -> None:
        if not order_id:
            return
        before, lines = self._order(order_id), (("ofr_1", units),) if units else ()
        asked = Asked("", None if amount is None else Money(amount, "EUR"), lines)
        try:
            refund, _ = self.run(self._refunds.open_refund(order_id, new_id("ref"), asked, self._now))
        except (IllegalTransition, RefundTooMuch):
            return
        if works:
            for _ in range(2):
                self.run(self._refunds.refund_done(refund.id, self._now))
            self._note_what_came_back(before, units)
        else:
            self.run(self._refunds.refund_failed(refund.id, "no", self._now))

    @rule(order_id=placed, works=st.booleans())
    def do_what_is_due(self, order_id: str, works: bool) -> None:
        """What the gateway is asked for payments in between."""
        if not order_id:
            return
        match self._order(order_id).payment.status:
            case PaymentStatus.CAPTURE_DUE:
                step = self._payments.captured if works else self._payments.lost
                self.run(step(order_id, self._now))
            case PaymentStatus.RELEASE_DUE:
                self.run(self._payments.released(order_id))
            case PaymentStatus.REFUND_DUE:
                for _ in range(2):
                    self.run(self._payments.returned(order_id, self._now))

    @rule(seconds=st.integers(1, 15))
    def time_passes(self, seconds: int) -> None:
        self._now += seconds
        for order in self.run(self._store.expire(self._now, 100)):
            assert order.status is OrderStatus.EXPIRED
        assert self.run(self._store.expire(self._now, 100)) == []

    @rule(quantity=st.integers(0, 14))
    def resize_the_offer(self, quantity: int) -> None:
        patch = OfferPatch(frozenset({"quantity"}), quantity=quantity)
        try:
            self.run(self._offers.change("ofr_1", patch, lambda _offer: None))
        except (StockShort, OfferClosed):
            return

    @rule(delta=st.integers(-8, 8).filter(bool))
    def book(self, delta: int) -> None:
        """What is gone is taken from what can still be sold, also out of offers, and from nothing else."""
        before = self.run(self._stockroom.level("store_1", "S"))
        change = Change("S", Reason.CORRECTED, delta=delta)
        try:
            done = self.run(self._stockroom.adjust("store_1", change, "acc_1", self._now))
        except StockShort:
            assert before.stock + delta < 0
            return
        assert done.level.stock == before.stock + delta
        assert (done.level.held, done.level.sold) == (before.held, before.sold)

    @rule(stock=st.integers(0, 20), is_old=st.booleans())
    def count(self, stock: int, is_old: bool) -> None:
        level = self.run(self._stockroom.level("store_1", "S"))
        version = "0-99" if is_old else level.version
        change = Change("S", Reason.COUNTED, stock=stock, version=version)
        try:
            done = self.run(self._stockroom.adjust("store_1", change, "acc_1", self._now))
        except StockChanged:
            assert is_old
            return
        assert not is_old
        assert done.level.stock == stock

    @rule(stock=st.integers(0, 20))
    def recount(self, stock: int) -> None:
        patch = ProductPatch(variants=[VariantPatch("S", stock=stock)])
        try:
            changed = self.run(self._catalog.change_product(self._product, patch))
        except StockShort:
            return
        assert changed.variants[0].stock == stock

    @rule()
    def the_room_ends(self) -> None:
        async def end() -> None:
            ended = rooms.update().values(state="ended")
            await self._database.write(lambda tx: tx.execute(ended).close())
            await self._offers.close_ended(self._now)

        # Rarely: most of what can happen happens while the room is open.
        if self._now > 1030:
            self.run(end())
            self._deal = None

    @invariant()
    def every_unit_is_in_one_place(self) -> None:
        if not hasattr(self, "_product"):
            return
        variant, offer = self.run(self._database.read(_rows))
        assert min(variant.free, offer.available, offer.held, offer.sold) >= 0
        assert variant.received == variant.free + offer.available + offer.held + offer.sold
        assert offer.quantity == offer.available + offer.held + offer.sold
        journal = self.run(self._stockroom.journal("store_1", "S", None, 10_000))
        assert sum(entry.delta for entry in journal) == variant.received == journal[0].received
        orders = [self._order(order_id) for order_id in self._orders]
        assert offer.held == sum(order.units for order in orders if order.status in HELD)
        bought = [order for order in orders if OrderStatus.PAID in dict(order.history)]
        assert offer.sold == sum(order.units - self._back[order.id] for order in bought)
        assert all(
            line.unit_price == (PRICE if line.deal is None else DEAL) for order in orders for line in order.lines
        )
        if offer.deal_left is not None:
            assert offer.deal_quantity == self._deal
            taken = [order for order in orders if order.lines[0].deal == offer.deals]
            # what was handed over stays taken of the deal, also when its money went back
            live = [order for order in taken if order.status in HELD or order in bought]
            taken_units = sum(order.units - self._back[order.id] for order in live)
            assert offer.deal_left + taken_units == offer.deal_quantity

    def _note_what_came_back(self, before: Order, units: int) -> None:
        """Handed over: what comes back then is the merchant's to book in. Before that it is free at once."""
        if before.status is OrderStatus.PAID:
            over = self._order(before.id).status is OrderStatus.REFUNDED
            self._back[before.id] = before.units if over else self._back[before.id] + units

    @invariant()
    def the_ledger_tells_the_same(self) -> None:
        if not hasattr(self, "_product"):
            return
        movements = self.run(self._ledger.page("store_1", None, 10_000))
        found = balances(movements)
        assert sum(found.values()) == 0
        assert found == self.run(self._ledger.balances("store_1"))
        refunds = self.run(self._database.read(_refunds))
        for order in (self._order(order_id) for order_id in self._orders):
            own = [movement for movement in movements if movement.order_id == order.id]
            paid = sum(m.amount.amount_minor for m in own if m.kind is MovementKind.PAYMENT)
            back = sum(m.amount.amount_minor for m in own if m.kind is MovementKind.REFUND)
            due = sum(row.amount_minor for row in refunds if row.order_seq == order.seq and row.state == "due")
            assert paid == (order.total.amount_minor if order.payment.status in PAID else 0)
            assert order.refunded_minor == back + due <= paid
            assert (order.payment.status is PaymentStatus.REFUNDED) == (paid > 0 and back == paid)

    @invariant()
    def a_coupon_is_drawn_from_by_what_was_not_given_up(self) -> None:
        if not hasattr(self, "_product"):
            return
        coupon = self.run(SqlCoupons(self._database).find("cpn_1"))
        orders = [self._order(order_id) for order_id in self._orders]
        drawn = [order for order in orders if order.coupon is not None and order.status not in GIVEN_UP]
        assert coupon.used == len(drawn)
        assert coupon.spent_minor == sum(order.coupon.discount.amount_minor for order in drawn if order.coupon)
        for order in orders:
            subtotal = sum(line.unit_price.amount_minor * line.quantity for line in order.lines)
            assert order.total.amount_minor == subtotal - (subtotal // 10 if order.coupon else 0)

    def teardown(self) -> None:
        self.run(self._database.close())
        self._runner.close()
        self._folder.cleanup()


def _refunds(connection: Any) -> list[Any]:
    return list(connection.execute(payment_refunds.select()).all())


def _rows(connection: Any) -> tuple[Any, Any]:
    return connection.execute(variants.select()).one(), connection.execute(offers.select()).one()


TestStock = StockMachine.TestCase
TestStock.settings = settings(
    max_examples=12, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
