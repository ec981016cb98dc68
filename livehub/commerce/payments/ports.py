"""What payments need of storage. Each write is atomic; its check runs inside the transaction."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from livehub.commerce.gateway import PaymentEvent, PaymentStart
from livehub.commerce.orders.model import Order
from livehub.commerce.payments.ledger import Movement
from livehub.commerce.payments.refunds import Asked, Refund


@dataclass(frozen=True, slots=True)
class Settled:
    """``changed`` is False when the webhook told nothing new."""

    order: Order
    changed: bool


class PaymentStore(Protocol):
    """Payments as they move, each step in one commit with its stock and its line of the ledger."""

    async def begun(self, order_id: str, start: PaymentStart) -> Order:
        """What the provider answered when the payment was opened."""

    async def settle(self, provider: str, event: PaymentEvent, at_ms: int) -> Settled:
        """Take a provider's word, once. Raises: PaymentNotFound, PaymentMismatch."""

    async def received(self, order_id: str, at_ms: int, *, or_give_back: bool) -> Order:
        """Money came by hand, maybe after the order had expired: paid, if its units can be had. ``or_give_back``: if
        not, and for an order that was cancelled, it counts as received, and goes back.

        Raises: OrderNotFound, IllegalTransition, PaymentUnderWay; SoldOut, unless ``or_give_back``.
        """

    async def dues(self, after: Order | None, limit: int) -> list[Order]:
        """Orders whose payment has to be captured, released or given back, the oldest first."""

    async def captured(self, order_id: str, at_ms: int) -> Order:
        """The authorised money is ours: the order is paid."""

    async def lost(self, order_id: str, at_ms: int) -> Order:
        """The authorised money cannot be had any more: the order may expire at once."""

    async def released(self, order_id: str) -> Order: ...

    async def returned(self, order_id: str, at_ms: int) -> Order:
        """The money of a ``refund_due`` payment has gone back."""

    async def unsettled(self, provider: str, since_ms: int, after: int, limit: int) -> list[Order]:
        """Orders of ``provider`` placed since then, by ``seq`` after ``after``, whose payment was begun."""


class RefundStore(Protocol):
    async def open_refund(
        self, order_id: str, refund_id: str, asked: Asked, at_ms: int, unless: Callable[[Order], None] | None = None
    ) -> tuple[Refund, Order]:
        """Keep what goes back, as far as there is money left; one that is due for the same is found again.

        ``unless`` raises what speaks against it, of the order as it stands when it is kept.

        Raises: OrderNotFound and what :func:`livehub.commerce.payments.refunds.settle_amount` raises.
        """

    async def refund_done(self, refund_id: str, at_ms: int) -> Order:
        """The provider said yes: ledger, units, and the order's state once nothing is left."""

    async def refund_failed(self, refund_id: str, why: str, at_ms: int) -> Order:
        """The provider refuses for good: the money counts as not given back again."""

    async def refunds_due(self, after: tuple[Refund, Order] | None, limit: int) -> list[tuple[Refund, Order]]:
        """The oldest first."""

    async def refunds_of(self, order_id: str) -> list[Refund]: ...


class LedgerStore(Protocol):
    async def page(self, store_id: str, after: int | None, limit: int, order_id: str | None = None) -> list[Movement]:
        """Newest first; of one order or of all."""

    async def balances(self, store_id: str) -> dict[str, int]:
        """Account → what came in less what went out, in minor units of the store's currency."""
