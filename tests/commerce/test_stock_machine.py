"""Whatever happens in whatever order: every unit is in one place, and orders and stock tell the same story."""

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import insert

from livehub.commerce.catalog import NewOffer, NewVariant, OfferPatch, Product, ProductPatch, Store, VariantPatch
from livehub.commerce.checkout import Basket, DeliveryMethod, Intent, Wanted
from livehub.commerce.errors import OfferClosed, SoldOut, StockShort
from livehub.commerce.gateway import Outcome, PaymentEvent
from livehub.commerce.money import Money
from livehub.commerce.orders import Order, OrderStatus, Payment, PaymentStatus
from livehub.commerce.pricing import NewDeal
from livehub.errors import IllegalTransition
from livehub.ids import new_id
from livehub.storage.accounts import accounts
from livehub.storage.catalog import SqlCatalog
from livehub.storage.commerce import offers, variants
from livehub.storage.database import Database
from livehub.storage.offers import SqlOffers
from livehub.storage.orders import SqlOrders
from livehub.storage.outbox import SqlOutbox
from livehub.storage.rooms import rooms
from livehub.storage.tables import metadata

STOCK = 12
HELD = {OrderStatus.PENDING_PAYMENT}
SOLD = {OrderStatus.PAID, OrderStatus.FULFILLED}
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
        self._database = Database(f"sqlite:///{Path(self._folder.name) / 'stock.db'}")
        self._now, self._events = 1000, 0
        self._orders: set[str] = set()
        #: units that left for good: refunded after they were handed over
        self._gone = 0
        #: the quantity of the flash deal that runs, if one does
        self._deal: int | None = None

    def run(self, coroutine: Any) -> Any:
        return self._runner.run(coroutine)

    @initialize()
    def open_shop(self) -> None:
        metadata.create_all(self._database.engine)
        self._database.start()
        self._catalog, self._offers = SqlCatalog(self._database), SqlOffers(self._database)
        self._store = SqlOrders(self._database, SqlOutbox(self._database))
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

    @rule(target=placed, quantity=st.integers(1, 5))
    def buy(self, quantity: int) -> str:
        basket = Basket("room_1", (Wanted("ofr_1", quantity),), DeliveryMethod.PICKUP, None, {"name": "A"}, "sandbox")
        order_id, payment_id = new_id("ord"), new_id("pay")
        payment = Payment("sandbox", PaymentStatus.PENDING, payment_id, payment_id, None)
        intent = Intent(
            order_id, basket, basket.fingerprint(), order_id, "gst_1", "A", "store_1", "x", payment, self._now,
            self._now + 10,
        )  # fmt: skip
        try:
            self.run(self._store.place(intent))
        except (SoldOut, OfferClosed):
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
            event = PaymentEvent(f"evt_{self._events}", order.payment.reference or "", outcome, order.total)
            self.run(self._store.settle("sandbox", event, self._now))
            again = self.run(self._store.settle("sandbox", event, self._now))
            assert not again.changed

    @rule(
        order_id=placed,
        wanted=st.sampled_from([OrderStatus.CANCELLED, OrderStatus.FULFILLED, OrderStatus.REFUNDED]),
    )
    def move(self, order_id: str, wanted: OrderStatus) -> None:
        if not order_id:
            return
        before = self._order(order_id)
        try:
            self.run(self._store.move(order_id, wanted, self._now))
        except IllegalTransition:
            assert self._order(order_id) == before
            return
        if before.status is OrderStatus.FULFILLED:
            self._gone += before.units

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
        orders = [self._order(order_id) for order_id in self._orders]
        assert offer.held == sum(order.units for order in orders if order.status in HELD)
        assert offer.sold == sum(order.units for order in orders if order.status in SOLD) + self._gone
        assert all(
            line.unit_price == (PRICE if line.deal is None else DEAL) for order in orders for line in order.lines
        )
        if offer.deal_left is not None:
            assert offer.deal_quantity == self._deal
            taken = [order for order in orders if order.lines[0].deal == offer.deals]
            # what was handed over stays taken of the deal, also when its money went back
            live = [
                order for order in taken if order.status in HELD | SOLD or OrderStatus.FULFILLED in dict(order.history)
            ]
            assert offer.deal_left + sum(order.units for order in live) == offer.deal_quantity

    def teardown(self) -> None:
        self.run(self._database.close())
        self._runner.close()
        self._folder.cleanup()


def _rows(connection: Any) -> tuple[Any, Any]:
    return connection.execute(variants.select()).one(), connection.execute(offers.select()).one()


TestStock = StockMachine.TestCase
TestStock.settings = settings(
    max_examples=12, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
