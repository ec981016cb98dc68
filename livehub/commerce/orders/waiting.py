"""For how long an order waits for money that comes by hand, and has to be there before anything is handed over."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, Protocol

from livehub.commerce.fulfilment.terms import DAY_MS, Terms
from livehub.commerce.gateway import Gateway, is_paid_first
from livehub.commerce.orders.checkout import Intent
from livehub.commerce.orders.model import Order

#: how long before the end a buyer is reminded; of a short term half
REMIND_MS: Final = 2 * DAY_MS


class TermsOf(Protocol):
    async def terms(self, store_id: str) -> Terms: ...


class Waiting:
    """``providers``: ids of the gateways whose orders wait for days."""

    def __init__(self, terms: TermsOf, gateways: Mapping[str, Gateway]) -> None:
        self._terms = terms
        self.providers = paid_first(gateways)

    async def with_term(self, intent: Intent) -> Intent:
        """``intent`` of one of :attr:`providers` with the end that the shop's terms give it, if they give it one."""
        days = (await self._terms.terms(intent.store_id)).wait_days
        return replace(intent, expires_at=intent.placed_at + days * DAY_MS) if days else intent


def paid_first(gateways: Mapping[str, Gateway]) -> frozenset[str]:
    return frozenset(id_ for id_, gateway in gateways.items() if is_paid_first(gateway))


def waits_for_days(order: Order) -> bool:
    """It has a term, and not only the minutes that others have for paying."""
    return order.expires_at is not None and order.expires_at - order.placed_at >= DAY_MS


def remind_at(placed_at: int, expires_at: int) -> int:
    """When a buyer is told that time runs out (all in ms)."""
    return expires_at - min(REMIND_MS, (expires_at - placed_at) // 2)
