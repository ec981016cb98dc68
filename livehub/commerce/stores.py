"""Everything that commerce needs of storage, together."""

from dataclasses import dataclass

from livehub.commerce.auctions.ports import AuctionStore
from livehub.commerce.catalog.categories import CategoryStore
from livehub.commerce.catalog.imports import ImportStore
from livehub.commerce.catalog.ports import CatalogStore
from livehub.commerce.catalog.shop_words import ShopWordStore
from livehub.commerce.catalog.stockroom import StockStore
from livehub.commerce.fulfilment.ports import FulfilmentStores
from livehub.commerce.offers.ports import ClaimStore, CouponStore, OfferStore
from livehub.commerce.offers.replay_shop import ReplayStore
from livehub.commerce.orders.ports import DigitalStore, OrderStore
from livehub.commerce.payments.ports import LedgerStore, PaymentStore, RefundStore
from livehub.commerce.webhooks.ports import DeliveryStore, EndpointStore


@dataclass(frozen=True, slots=True)
class CommerceStores:
    catalog: CatalogStore
    categories: CategoryStore
    words: ShopWordStore
    stock: StockStore
    imports: ImportStore
    offers: OfferStore
    coupons: CouponStore
    claims: ClaimStore
    replays: ReplayStore
    auctions: AuctionStore
    orders: OrderStore
    digital: DigitalStore
    payments: PaymentStore
    refunds: RefundStore
    ledger: LedgerStore
    fulfilment: FulfilmentStores
    endpoints: EndpointStore
    deliveries: DeliveryStore
