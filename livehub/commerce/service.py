"""Commerce put together: what web, signalling and the worker are given."""

import logging
from collections.abc import Mapping

from livehub.clock import Clock
from livehub.commerce.announcer import Announcer
from livehub.commerce.auctions.announcer import AuctionAnnouncer
from livehub.commerce.auctions.desk import AuctionDesk
from livehub.commerce.catalog.categories import Categories
from livehub.commerce.catalog.goods_rules import MAX_RULES, GoodsRule
from livehub.commerce.catalog.import_desk import ImportDesk
from livehub.commerce.catalog.import_pictures import ImportPictures
from livehub.commerce.catalog.model import Store
from livehub.commerce.catalog.picture_fetch import PictureFetcher
from livehub.commerce.catalog.pictures import PictureStore
from livehub.commerce.catalog.shop import Shop
from livehub.commerce.catalog.shop_words import ShopWords
from livehub.commerce.catalog.stockroom import Stockroom
from livehub.commerce.courier import Courier
from livehub.commerce.errors import ProviderUnknown
from livehub.commerce.fulfilment.address_book import AddressBook
from livehub.commerce.fulfilment.desk import Fulfilment
from livehub.commerce.fulfilment.pickup_desk import PickupDesk
from livehub.commerce.fulfilment.return_desk import ReturnDesk
from livehub.commerce.fulfilment.terms import TRANSFER
from livehub.commerce.gateway import Gateway
from livehub.commerce.hooks.desk import HookDesk
from livehub.commerce.hooks.stores import StoreHooks
from livehub.commerce.money import Money
from livehub.commerce.offers.claim_desk import ClaimDesk
from livehub.commerce.offers.coupon_desk import CouponDesk
from livehub.commerce.offers.replay_shop import ReplayShop
from livehub.commerce.offers.tray import Tray
from livehub.commerce.orders.desk import OrderDesk
from livehub.commerce.orders.digital_desk import DigitalDesk
from livehub.commerce.orders.model import MAX_OPEN_ORDERS, RESERVATION_MS
from livehub.commerce.orders.news import News
from livehub.commerce.orders.quotes import Quotes
from livehub.commerce.orders.waiting import Waiting
from livehub.commerce.payments.dues import Dues
from livehub.commerce.payments.reconcile import Reconciler
from livehub.commerce.payments.settlement import Settlement
from livehub.commerce.ports import RoomPort
from livehub.commerce.stores import CommerceStores
from livehub.commerce.webhooks.deliveries import Deliveries
from livehub.commerce.webhooks.endpoints import Endpoints
from livehub.events import EventBus
from livehub.rooms.access import Access

log = logging.getLogger(__name__)


class Commerce:
    """``shop`` stores and products · ``stockroom`` what there is of them · ``categories`` · ``words`` its others ·
    ``imports`` products from files · ``tray`` a room's offers · ``replays`` what recordings sell · ``coupons`` ·
    ``claims`` · ``desk`` orders · ``settlement`` payments · ``reconciler`` compares them with their providers ·
    ``ledger`` where the money went · ``endpoints`` merchants' webhooks · ``pickups`` ``addresses`` ``rules`` ``terms``
    what checkout needs · ``fulfilment`` parcels and couriers · ``returns`` money asked back · ``invoices`` · ``hooks``
    shops' own.

    :meth:`start` and :meth:`close` own the one task, which announces offers.
    """

    def __init__(
        self,
        stores: CommerceStores,
        *,
        fetcher: PictureFetcher,
        rooms: RoomPort,
        pictures: PictureStore,
        gateways: dict[str, Gateway],
        quotes: Quotes,
        bus: EventBus,
        clock: Clock,
        public_url: str,
        guarded_hooks: bool = True,
        couriers: Mapping[str, Courier] | None = None,
        reservation_ms: int = RESERVATION_MS,
        max_open_orders: int = MAX_OPEN_ORDERS,
    ) -> None:
        self.gateways = gateways
        self.offers = stores.offers
        self.announcer = Announcer(stores.offers, bus)
        self.auction_announcer = AuctionAnnouncer(stores.auctions, bus, clock)
        news = News(bus, self.announcer, self.auction_announcer)
        self.auctions = AuctionDesk(
            stores.auctions,
            stores.offers,
            announcer=self.auction_announcer,
            offer_announcer=self.announcer,
            clock=clock,
        )
        self.shop = Shop(stores.catalog, pictures, fetcher, self.announcer, clock)
        self.stockroom = Stockroom(stores.stock, self.shop, self.announcer, clock)
        self.categories = Categories(stores.categories, self.shop)
        self.words = ShopWords(stores.words, self.shop)
        self.imports = ImportDesk(
            stores.imports,
            self.shop,
            ImportPictures(stores.imports, stores.catalog, fetcher),
            self.announcer.touch,
            clock,
        )
        self.tray = Tray(stores.offers, stores.catalog, rooms, announcer=self.announcer, bus=bus, clock=clock)
        of_stores = StoreHooks(stores.fulfilment.hooks, clock, guarded=guarded_hooks)
        self.quotes = quotes
        self.quotes.of_stores = of_stores
        self.hooks = HookDesk(stores.fulfilment.hooks, of_stores, self.shop, clock, guarded=guarded_hooks)
        dues = Dues(stores.payments, stores.refunds, gateways, news=news, clock=clock)
        self.claims = ClaimDesk(stores.claims, stores.offers, rooms, announcer=self.announcer, bus=bus, clock=clock)
        self.replays = ReplayShop(stores.replays, stores.offers)
        self.coupons = CouponDesk(stores.coupons, self.shop, rooms, bus, clock)
        self.desk = OrderDesk(
            stores.orders,
            stores.payments,
            stores.refunds,
            stores.catalog,
            gateways,
            replays=self.replays,
            auctions=stores.auctions,
            coupons=stores.coupons,
            quotes=self.quotes,
            dues=dues,
            waiting=Waiting(stores.fulfilment.terms, gateways),
            news=news,
            clock=clock,
            public_url=public_url,
            reservation_ms=reservation_ms,
            max_open_orders=max_open_orders,
        )
        self.pickups = PickupDesk(stores.fulfilment.pickups, self.shop, clock)
        self.addresses = AddressBook(stores.fulfilment.addresses, clock)
        self.rules, self.terms = stores.fulfilment.rules, stores.fulfilment.terms
        self.invoices = stores.fulfilment.invoices
        self.fulfilment = Fulfilment(
            self.desk,
            stores.fulfilment.shipments,
            stores.fulfilment.invoices,
            stores.fulfilment.terms,
            couriers or {},
            news=news,
            clock=clock,
        )
        self.digital = DigitalDesk(stores.digital, self.shop, self.desk)
        self.returns = ReturnDesk(self.desk, stores.fulfilment.returns, dues, news=news, clock=clock)
        self.settlement = Settlement(stores.orders, stores.payments, gateways, dues=dues, news=news, clock=clock)
        self.reconciler = Reconciler(stores.payments, gateways, self.settlement, clock=clock)
        self.ledger = stores.ledger
        self.endpoints = Endpoints(stores.endpoints, self.shop, clock)
        self.deliveries = Deliveries(stores.deliveries, self.endpoints, clock)
        self._clock = clock

    def now_ms(self) -> int:
        return self._clock.now_ms()

    def start(self) -> None:
        self.announcer.start()
        self.auction_announcer.start()

    async def close(self) -> None:
        await self.imports.close()
        await self.announcer.close()
        await self.auction_announcer.close()
        await self.quotes.close()
        await self.fulfilment.close()
        for gateway in self.gateways.values():
            try:
                await gateway.close()
            except Exception:  # a plug-in's failure must not keep the other providers open
                log.exception("closing the payment provider %s failed", gateway.id)

    async def switch_replay(self, access: Access, sells: bool) -> None:
        """Sell from the room's recording, or stop. Raises: Forbidden, Unauthenticated."""
        await self.replays.switch(access, sells, self._clock.now_ms())

    async def put_rule(self, store: Store, sku: str, ceiling: Money | None, affirmation: str | None) -> GoodsRule:
        """For listed goods; rooms see what it changes. Raises: SkuNotFound, PriceCeiling, TooManyRules."""
        ruled = await self.rules.put(store, sku, ceiling, affirmation, MAX_RULES)
        self.announcer.touch(ruled.offer_ids)
        self.auction_announcer.touch(ruled.auction_ids)
        return ruled.rule

    async def takes_transfers(self, store_id: str | None) -> bool:
        """Whether buyers of that shop can pay by bank transfer: the server offers it, the shop has said its account."""
        if TRANSFER not in self.gateways or store_id is None:
            return False
        return bool((await self.terms.terms(store_id)).transfer_to)

    async def require_way(self, store_id: str | None, provider: str, buyer_id: str, key: str | None) -> None:
        """For an order that is still to be placed: one that was placed with ``key`` is answered again as it is.

        Raises: ProviderUnknown for a transfer to a shop that takes none.
        """
        if provider != TRANSFER or await self.takes_transfers(store_id):
            return
        if key is None or not await self.desk.is_placed(buyer_id, key):
            raise ProviderUnknown("This shop takes no transfers", field="payment_provider")

    async def close_ended(self) -> int:
        """Offers of rooms that are over give back what is left; returns how many offers that were."""
        closed = await self.offers.close_ended(self._clock.now_ms())
        self.announcer.touch(offer.id for offer in closed)
        return len(closed)
