"""Commerce over HTTP: the routes of its modules in one list, and the key of the service behind them."""

from aiohttp import web

from livehub.web import (
    commerce_addresses,
    commerce_auctions,
    commerce_claims,
    commerce_coupons,
    commerce_couriers,
    commerce_digital,
    commerce_hooks,
    commerce_imports,
    commerce_invoices,
    commerce_ledger,
    commerce_offers,
    commerce_orders,
    commerce_payments,
    commerce_pickups,
    commerce_pictures,
    commerce_products,
    commerce_quotes,
    commerce_replay,
    commerce_returns,
    commerce_sandbox,
    commerce_shipments,
    commerce_stock,
    commerce_terms,
    commerce_webhooks,
    commerce_work,
)
from livehub.web.commerce_wire import COMMERCE
from livehub.web.openapi import Operation

__all__ = ["COMMERCE", "OPERATIONS", "routes"]

OPERATIONS: list[Operation] = [
    *commerce_products.OPERATIONS,
    *commerce_pictures.OPERATIONS,
    *commerce_stock.OPERATIONS,
    *commerce_imports.OPERATIONS,
    *commerce_offers.OPERATIONS,
    *commerce_claims.OPERATIONS,
    *commerce_coupons.OPERATIONS,
    *commerce_auctions.OPERATIONS,
    *commerce_digital.OPERATIONS,
    *commerce_orders.OPERATIONS,
    *commerce_quotes.OPERATIONS,
    *commerce_replay.OPERATIONS,
    *commerce_ledger.OPERATIONS,
    *commerce_payments.OPERATIONS,
    *commerce_webhooks.OPERATIONS,
    *commerce_pickups.OPERATIONS,
    *commerce_addresses.OPERATIONS,
    *commerce_terms.OPERATIONS,
    *commerce_returns.OPERATIONS,
    *commerce_hooks.OPERATIONS,
    *commerce_work.OPERATIONS,
    *commerce_couriers.OPERATIONS,
    *commerce_invoices.OPERATIONS,
    *commerce_shipments.OPERATIONS,
]


def routes() -> list[web.RouteDef]:
    return [
        *commerce_products.routes(),
        *commerce_pictures.routes(),
        *commerce_stock.routes(),
        *commerce_imports.routes(),
        *commerce_offers.routes(),
        *commerce_claims.routes(),
        *commerce_coupons.routes(),
        *commerce_auctions.routes(),
        *commerce_digital.routes(),
        *commerce_orders.routes(),
        *commerce_quotes.routes(),
        *commerce_replay.routes(),
        *commerce_ledger.routes(),
        *commerce_payments.routes(),
        *commerce_webhooks.routes(),
        *commerce_sandbox.routes(),
        *commerce_pickups.routes(),
        *commerce_addresses.routes(),
        *commerce_terms.routes(),
        *commerce_returns.routes(),
        *commerce_hooks.routes(),
        *commerce_work.routes(),
        *commerce_couriers.routes(),
        *commerce_invoices.routes(),
        *commerce_shipments.routes(),
    ]
