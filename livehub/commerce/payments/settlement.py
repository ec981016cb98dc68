"""Payments as their providers report them, and the money that goes back by itself.

A webhook is checked (signature, age), compared with the order's total and taken once. It may come in any order, twice,
or after the order was given up: an expired order is served if its units are still there, else the money goes back.
"""

from collections.abc import Callable, Mapping
from typing import Final

from livehub.clock import Clock
from livehub.commerce.errors import PaymentNotFound, ProviderNotFound
from livehub.commerce.gateway import Gateway, Outcome, PaymentEvent
from livehub.commerce.gateways.sandbox import SandboxGateway
from livehub.commerce.orders.model import PAYMENT_DUES, Order, OrderStatus
from livehub.commerce.orders.news import News
from livehub.commerce.orders.ports import OrderStore
from livehub.commerce.payments.dues import Dues
from livehub.commerce.payments.ports import PaymentStore

#: how many expired orders are given up in one commit
BATCH: Final = 200


class Settlement:
    def __init__(
        self,
        orders: OrderStore,
        payments: PaymentStore,
        gateways: dict[str, Gateway],
        *,
        dues: Dues,
        news: News,
        clock: Clock,
    ) -> None:
        self._orders = orders
        self._payments = payments
        self._dues = dues
        self._gateways = gateways
        self._news = news
        self._clock = clock
        self._wake: Callable[[], None] = _nobody

    def on_due(self, wake: Callable[[], None]) -> None:
        """``wake`` is called when something has to be done at a provider; the worker then calls :meth:`do_due`."""
        self._wake = wake

    async def webhook(self, provider: str, headers: Mapping[str, str], body: bytes) -> Order | None:
        """Take what ``provider`` reports. ``headers`` have lower-case names. None: it concerns no payment of ours.

        Raises: ProviderNotFound, WebhookRefused, MalformedRequest, PaymentNotFound, PaymentMismatch.
        """
        gateway = self._gateways.get(provider)
        if gateway is None:
            raise ProviderNotFound
        event = gateway.parse_webhook(headers, body)
        return None if event is None else await self.take(provider, event)

    async def take(self, provider: str, event: PaymentEvent) -> Order:
        """What ``provider`` says, from wherever it was heard. Raises: PaymentNotFound, PaymentMismatch."""
        settled = await self._payments.settle(provider, event, self._clock.now_ms())
        if settled.changed:
            self._news.moved(settled.order)
            if settled.order.payment.status in PAYMENT_DUES:
                self._wake()
        return settled.order

    async def expire_due(self) -> int:
        """Give up what was not paid in time; returns how many orders that were."""
        expired = await self._orders.expire(self._clock.now_ms(), BATCH)
        for order in expired:
            self._news.moved(order)
        return len(expired)

    async def do_due(self) -> int:
        """Capture, release and give back what is due; returns how many attempts failed and stay due."""
        return await self._dues.run()

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
    """Nobody waits: what is due is found at the next sweep."""
