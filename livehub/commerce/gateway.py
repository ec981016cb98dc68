"""What a payment provider has to be: a typed, asynchronous Protocol, found by entry point (:mod:`.registry`).

A provider never decides that an order is paid by its answer to a request: it says so by a signed webhook, which the
server checks, compares with the order's total and takes at most once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable

from livehub.clock import Clock
from livehub.commerce.money import Money


class Outcome(StrEnum):
    PAID = "paid"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """``payment_id`` is livehub's own name for the payment: unguessable, the same at every attempt (use it as the
    provider's idempotency key). ``return_url``: where the buyer goes back to."""

    payment_id: str
    order_id: str
    order_number: str
    amount: Money
    return_url: str
    expires_at: int | None


@dataclass(frozen=True, slots=True)
class PaymentStart:
    """``reference``: how the provider's webhook will name the payment. ``action_url``: where the buyer pays, if any."""

    reference: str
    action_url: str | None


@dataclass(frozen=True, slots=True)
class PaymentEvent:
    """What a webhook says. ``event_id`` is the same when the provider repeats itself."""

    event_id: str
    reference: str
    outcome: Outcome
    amount: Money


@dataclass(frozen=True, slots=True)
class RefundRequest:
    payment_id: str
    reference: str
    amount: Money
    reason: str


@runtime_checkable
class Gateway(Protocol):
    """``id`` is the provider's name on the wire; ``title`` what buyers read; ``by_hand``: the money comes
    outside of any system, so the merchant marks the order paid and it never expires."""

    id: str
    title: str
    by_hand: bool

    def prepare(self, payment_id: str) -> PaymentStart | None:
        """The start of a payment where nobody has to be asked, kept in the same commit as the order; else None, and
        :meth:`begin` is called once the order is safe."""

    async def begin(self, payment: PaymentRequest) -> PaymentStart:
        """Open a payment at the provider. May be called again for the same ``payment_id`` after a failure.

        Raises: GatewayFailed.
        """

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> PaymentEvent:
        """Check the signature and its age, then read. ``headers`` have lower-case names.

        Raises: WebhookRefused; MalformedRequest for a body that is signed but cannot be read.
        """

    async def refund(self, refund: RefundRequest) -> None:
        """Give all the money back; done when it returns. Called again after a failure: must be idempotent.

        Raises: GatewayFailed.
        """

    async def close(self) -> None: ...


class Callbacks(Protocol):
    """What lets a provider that lives inside the server call back over HTTP, at least once, across restarts."""

    async def later(self, provider: str, event_id: str, body: bytes, due_at: int) -> None: ...


@dataclass(frozen=True, slots=True)
class GatewayContext:
    """What a provider is made from. ``public_url``: origin without trailing slash; ``secret``: derive keys from it,
    never show or send it."""

    public_url: str
    secret: str
    clock: Clock
    callbacks: Callbacks


class GatewayFactory(Protocol):
    def __call__(self, setting: str, context: GatewayContext) -> Gateway:
        """``setting`` is what follows the name in ``LIVEHUB_PAYMENTS``. Raises: ValueError for one that is no use."""
