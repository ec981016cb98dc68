"""What has to be done at payment providers, until it is: captures, releases, and money that goes back.

Each is tried again later and later by itself, and a provider that fails again and again is left alone until the next
go, so that one that is away holds up nobody else's money, nor what it refuses to do the rest of its own.
"""

import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from typing import Final, TypeVar

from livehub.clock import Clock
from livehub.commerce.errors import GatewayFailed, PaymentRefused, ProviderUnknown
from livehub.commerce.gateway import Captures, Gateway, RefundRequest
from livehub.commerce.orders.model import Order, PaymentStatus
from livehub.commerce.orders.news import News
from livehub.commerce.payments.ports import PaymentStore, RefundStore
from livehub.commerce.payments.refunds import Refund
from livehub.errors import LivehubError

log = logging.getLogger(__name__)
T = TypeVar("T")

#: between attempts, in seconds; the last one again and again
RETRY_S: Final = (5.0, 30.0, 120.0, 600.0)
#: how many are read at a time; all that are due are looked at
BATCH: Final = 200
#: attempts in a row that fail at one provider before the rest of its own wait for the next go
GIVE_UP_AFTER: Final = 3
#: a failure that nobody asks about any more is forgotten with this many others
_MAX_REMEMBERED: Final = 10_000


class Dues:
    def __init__(
        self, payments: PaymentStore, refunds: RefundStore, gateways: dict[str, Gateway], *, news: News, clock: Clock
    ) -> None:
        self._payments = payments
        self._refunds = refunds
        self._gateways = gateways
        self._news = news
        self._clock = clock
        #: what failed: how often, and when it is tried again (monotonic)
        self._failed: dict[str, tuple[int, float]] = {}

    async def run(self) -> int:
        """Do what is due now; returns how many attempts failed and stay due."""
        failed, in_a_row = 0, Counter[str]()
        async for order in _all(self._payments.dues):
            attempt = partial(self.settle, order)
            failed += not await self._in_turn(f"order {order.id}", order.payment.provider, attempt, in_a_row)
        async for refund, order in _all(self._refunds.refunds_due):
            attempt = partial(self.give_back, refund, order)
            failed += not await self._in_turn(f"refund {refund.id}", order.payment.provider, attempt, in_a_row)
        return failed

    async def _in_turn(
        self, what: str, provider: str, attempt: Callable[[], Awaitable[object]], in_a_row: Counter[str]
    ) -> bool:
        """False when it failed, when it is not its time yet, or when its provider has failed too often in this go."""
        _, not_before = self._failed.get(what, (0, 0.0))
        if self._clock.monotonic() < not_before or in_a_row[provider] >= GIVE_UP_AFTER:
            return False
        is_done = await self._guarded(what, attempt)
        in_a_row[provider] = 0 if is_done else in_a_row[provider] + 1
        return is_done

    async def give_back(self, refund: Refund, order: Order) -> Order:
        """One refund, now. Raises: GatewayFailed (it is tried again by itself); PaymentRefused (it is not)."""
        try:
            await self._gateway(order).refund(refund.request(order))
        except PaymentRefused as refusal:
            self._news.moved(await self._refunds.refund_failed(refund.id, refusal.detail, self._clock.now_ms()))
            raise
        done = await self._refunds.refund_done(refund.id, self._clock.now_ms())
        self._news.moved(done)
        return done

    async def settle(self, order: Order) -> Order:
        """What is due of its payment, now. Raises: GatewayFailed (it is tried again by itself)."""
        match order.payment.status:
            case PaymentStatus.CAPTURE_DUE:
                moved = await self._capture(order)
            case PaymentStatus.RELEASE_DUE:
                await self._insist(self._captures(order).release(order.handle))
                moved = await self._payments.released(order.id)
            case _:
                paid = order.payment
                request = RefundRequest(
                    paid.id,
                    paid.reference or "",
                    order.total,
                    "paid after the order was given up",
                    f"ref_{paid.id}",
                    provider_payment=paid.provider_payment,
                )
                await self._insist(self._gateway(order).refund(request))
                moved = await self._payments.returned(order.id, self._clock.now_ms())
        self._news.moved(moved)
        return moved

    @staticmethod
    async def _insist(asked: Awaitable[None]) -> None:
        """For what stays due whatever the provider says. Raises: GatewayFailed, also for a no: asked again, but later
        and later, not at every sweep."""
        try:
            await asked
        except PaymentRefused as refusal:
            raise GatewayFailed(f"it refuses, and somebody has to look at its own pages: {refusal.detail}") from refusal

    async def _capture(self, order: Order) -> Order:
        try:
            await self._captures(order).capture(order.handle)
        except PaymentRefused as refusal:
            log.warning("order %s: the authorised money cannot be had any more: %s", order.id, refusal)
            return await self._payments.lost(order.id, self._clock.now_ms())
        return await self._payments.captured(order.id, self._clock.now_ms())

    async def _guarded(self, what: str, attempt: Callable[[], Awaitable[object]]) -> bool:
        """False when it failed and is tried again."""
        failures, _ = self._failed.get(what, (0, 0.0))
        try:
            await attempt()
        except PaymentRefused as refusal:
            log.warning("%s: the provider refuses for good: %s", what, refusal)
        except LivehubError as error:
            log.warning("%s: the provider has not done it yet: %s", what, error)
            return self._later(what, failures)
        except Exception:  # a plug-in may break its contract; the others go on, and this one is tried again
            log.exception("%s: the provider has not done it yet", what)
            return self._later(what, failures)
        self._failed.pop(what, None)
        return True

    def _later(self, what: str, failures: int) -> bool:
        if len(self._failed) >= _MAX_REMEMBERED:
            self._failed.clear()
        wait_s = RETRY_S[min(failures, len(RETRY_S) - 1)]
        self._failed[what] = (failures + 1, self._clock.monotonic() + wait_s)
        return False

    def require_gateway(self, order: Order) -> None:
        """Raises: ProviderUnknown: its money cannot go back the way it came."""
        if order.payment.provider not in self._gateways:
            raise ProviderUnknown(f"{order.payment.provider} is not set up any more; it is needed for the refund")

    def _gateway(self, order: Order) -> Gateway:
        gateway = self._gateways.get(order.payment.provider)
        if gateway is None:
            raise GatewayFailed(f"{order.payment.provider} is not set up any more")
        return gateway

    def _captures(self, order: Order) -> Captures:
        gateway = self._gateway(order)
        if not isinstance(gateway, Captures):
            raise GatewayFailed(f"{order.payment.provider} authorises, but cannot capture")
        return gateway


async def _all(read: Callable[[T | None, int], Awaitable[Sequence[T]]]) -> AsyncIterator[T]:
    """``read(after, limit)`` page by page: what stays due for long keeps nothing that came later from its turn."""
    last: T | None = None
    while True:
        page = await read(last, BATCH)
        for item in page:
            yield item
        if len(page) < BATCH:
            return
        last = page[-1]
