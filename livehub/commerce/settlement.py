"""Payments as their providers report them, and the money that goes back by itself.

A webhook is checked (signature, age), compared with the order's total and taken once. It may come in any order, twice,
or after the order was given up: an expired order is served if its units are still there, else the money goes back.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Final

from livehub.clock import Clock
from livehub.commerce.desk import refund_request
from livehub.commerce.errors import GatewayFailed, PaymentNotFound, ProviderNotFound
from livehub.commerce.gateway import Gateway, Outcome
from livehub.commerce.gateways.sandbox import SandboxGateway
from livehub.commerce.news import News
from livehub.commerce.orders import Order, OrderStatus, PaymentStatus
from livehub.commerce.ports import OrderStore
from livehub.errors import LivehubError

log = logging.getLogger(__name__)

#: how many expired orders are given up in one commit
BATCH: Final = 200


class Settlement:
    def __init__(self, orders: OrderStore, gateways: dict[str, Gateway], *, news: News, clock: Clock) -> None:
        self._orders = orders
        self._gateways = gateways
        self._news = news
        self._clock = clock
        self._wake: Callable[[], None] = _nobody

    def on_refund_due(self, wake: Callable[[], None]) -> None:
        """``wake`` is called when money has to go back; the worker then calls :meth:`refund_due`."""
        self._wake = wake

    async def webhook(self, provider: str, headers: Mapping[str, str], body: bytes) -> Order:
        """Take what ``provider`` reports. ``headers`` have lower-case names.

        Raises: ProviderNotFound, WebhookRefused, MalformedRequest, PaymentNotFound, PaymentMismatch.
        """
        gateway = self._gateways.get(provider)
        if gateway is None:
            raise ProviderNotFound
        event = gateway.parse_webhook(headers, body)
        settled = await self._orders.settle(provider, event, self._clock.now_ms())
        if settled.changed:
            self._news.moved(settled.order)
            if settled.order.payment.status is PaymentStatus.REFUND_DUE:
                self._wake()
        return settled.order

    async def expire_due(self) -> int:
        """Give up what was not paid in time; returns how many orders that were."""
        expired = await self._orders.expire(self._clock.now_ms(), BATCH)
        for order in expired:
            self._news.moved(order)
        return len(expired)

    async def refund_due(self) -> int:
        """Give back what came too late; returns how many refunds failed and stay due."""
        failed = 0
        for order in await self._orders.refunds_due(BATCH):
            try:
                await self._refund(order)
            except LivehubError as error:
                failed += 1
                log.warning("order %s: the late payment could not be given back yet: %s", order.id, error)
            except Exception:  # a plug-in may break its contract; the other refunds go on, and this one is tried again
                failed += 1
                log.exception("order %s: the late payment could not be given back yet", order.id)
        return failed

    async def _refund(self, order: Order) -> None:
        gateway = self._gateways.get(order.payment.provider)
        if gateway is None:
            raise GatewayFailed(f"{order.payment.provider} is not set up any more")
        await gateway.refund(refund_request(order, "paid after the order was given up"))
        self._news.moved(await self._orders.refunded(order.id, self._clock.now_ms()))

    # --- the sandbox's page -----------------------------------------------------------------------------------------

    async def sandbox_payment(self, reference: str) -> Order:
        """The order behind a sandbox payment: whoever has the unguessable reference was sent there to pay.

        Raises: ProviderNotFound when the sandbox is not set up; PaymentNotFound.
        """
        self._sandbox()
        order = await self._orders.by_payment("sandbox", reference)
        if order is None:
            raise PaymentNotFound
        return order

    async def sandbox_decide(self, reference: str, outcome: Outcome, *, delayed: bool) -> Order:
        """The buyer's choice on the page; the callback is on its way. Raises: as :meth:`sandbox_payment`."""
        order = await self.sandbox_payment(reference)
        if order.status is not OrderStatus.FULFILLED:
            await self._sandbox().decide(reference, order.total, outcome, delayed=delayed)
        return order

    def _sandbox(self) -> SandboxGateway:
        gateway = self._gateways.get("sandbox")
        if not isinstance(gateway, SandboxGateway):
            raise ProviderNotFound
        return gateway


def _nobody() -> None:
    """Nobody waits: refunds that are due are found at the next sweep."""
