"""What an order's way to its buyer needs of SQL, put together."""

from livehub.commerce.fulfilment.ports import FulfilmentStores
from livehub.storage.addresses import SqlAddresses
from livehub.storage.database import Database
from livehub.storage.goods_rules import SqlGoodsRules
from livehub.storage.invoices import SqlInvoices
from livehub.storage.orders import SqlOrders
from livehub.storage.pickups import SqlPickups
from livehub.storage.returns import SqlReturns
from livehub.storage.shipments import SqlShipments
from livehub.storage.store_hooks import SqlStoreHooks
from livehub.storage.terms import SqlTerms


def fulfilment_over(database: Database, orders: SqlOrders) -> FulfilmentStores:
    return FulfilmentStores(
        pickups=SqlPickups(database),
        addresses=SqlAddresses(database),
        rules=SqlGoodsRules(database),
        terms=SqlTerms(database),
        shipments=SqlShipments(database, orders),
        invoices=SqlInvoices(database),
        returns=SqlReturns(database, orders),
        hooks=SqlStoreHooks(database),
    )
