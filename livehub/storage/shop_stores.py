"""What commerce needs of SQL, put together."""

from livehub.commerce.stores import CommerceStores
from livehub.storage.auctions import SqlAuctions
from livehub.storage.catalog import SqlCatalog
from livehub.storage.categories import SqlCategories
from livehub.storage.claims import SqlClaims
from livehub.storage.coupons import SqlCoupons
from livehub.storage.database import Database
from livehub.storage.deliveries import SqlDeliveries
from livehub.storage.digital import SqlDigital
from livehub.storage.fulfilment import fulfilment_over
from livehub.storage.imports import SqlImports
from livehub.storage.ledger import SqlLedger
from livehub.storage.offers import SqlOffers
from livehub.storage.orders import SqlOrders
from livehub.storage.outbox import SqlEndpoints, SqlOutbox
from livehub.storage.payments import SqlPayments
from livehub.storage.refunds import SqlRefunds
from livehub.storage.replay_sales import SqlReplaySales
from livehub.storage.shop_words import SqlShopWords
from livehub.storage.stockroom import SqlStockroom


def commerce_over(
    database: Database, orders: SqlOrders, outbox: SqlOutbox, *, public_url: str, mail: bool = False
) -> CommerceStores:
    """``mail``: whether merchants can be written to about their stock."""
    return CommerceStores(
        catalog=SqlCatalog(database),
        categories=SqlCategories(database),
        words=SqlShopWords(database),
        stock=SqlStockroom(database, outbox, mail=mail),
        imports=SqlImports(database, public_url),
        offers=SqlOffers(database),
        coupons=SqlCoupons(database),
        claims=SqlClaims(database),
        replays=SqlReplaySales(database),
        auctions=SqlAuctions(database, outbox),
        orders=orders,
        digital=SqlDigital(database),
        payments=SqlPayments(database, orders),
        refunds=SqlRefunds(database, orders),
        ledger=SqlLedger(database),
        fulfilment=fulfilment_over(database, orders),
        endpoints=SqlEndpoints(database),
        deliveries=SqlDeliveries(database, outbox),
    )
