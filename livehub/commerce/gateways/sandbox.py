"""A payment provider to try things with: a page of its own that approves, declines or delays, and a signed webhook.

No money moves. Everything else is as with a real provider: the buyer leaves for the provider's page, the outcome
arrives by a signed HTTP callback, maybe late, maybe twice, and survives a crash because it waits in the outbox.
"""

from collections.abc import Mapping
from typing import Annotated, Final, Literal

import msgspec

from livehub.commerce.gateway import (
    Gateway,
    GatewayContext,
    Outcome,
    PaymentEvent,
    PaymentRequest,
    PaymentStart,
    RefundRequest,
)
from livehub.commerce.money import MAX_AMOUNT_MINOR, Money
from livehub.commerce.signature import derive_secret, verify
from livehub.errors import MalformedRequest

#: how long a delayed approval takes
DELAY_MS: Final = 10_000


class _Data(msgspec.Struct):
    reference: Annotated[str, msgspec.Meta(max_length=100)]
    amount_minor: Annotated[int, msgspec.Meta(ge=0, le=MAX_AMOUNT_MINOR * 1_000)]
    currency: Annotated[str, msgspec.Meta(max_length=3)]


class _Webhook(msgspec.Struct):
    type: Literal["payment.paid", "payment.declined"]
    data: _Data


class SandboxGateway:
    id = "sandbox"
    title = "Test payment"
    by_hand = False

    def __init__(self, context: GatewayContext) -> None:
        self._public_url = context.public_url
        self._clock = context.clock
        self._callbacks = context.callbacks
        self.webhook_secret = derive_secret(context.secret, "payments sandbox")

    def prepare(self, payment_id: str) -> PaymentStart:
        return PaymentStart(payment_id, f"{self._public_url}/sandbox/pay/{payment_id}")

    async def begin(self, payment: PaymentRequest) -> PaymentStart:
        return self.prepare(payment.payment_id)

    async def decide(self, reference: str, amount: Money, outcome: Outcome, *, delayed: bool = False) -> None:
        """What the buyer chose on the page: on its way as soon as this returns, even if the server dies then."""
        kind: Literal["payment.paid", "payment.declined"] = (
            "payment.paid" if outcome is Outcome.PAID else "payment.declined"
        )
        body = msgspec.json.encode(_Webhook(kind, _Data(reference, amount.amount_minor, amount.currency)))
        due_at = self._clock.now_ms() + (DELAY_MS if delayed else 0)
        # The id is the same for the same choice: a double click is one event.
        await self._callbacks.later(self.id, f"evt_{reference}_{outcome}", body, due_at)

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> PaymentEvent:
        event_id = verify(self.webhook_secret, headers, body, self._clock.now_ms())
        try:
            webhook = msgspec.json.decode(body, type=_Webhook)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise MalformedRequest(f"The webhook cannot be read: {error}") from None
        outcome = Outcome.PAID if webhook.type == "payment.paid" else Outcome.DECLINED
        amount = Money(webhook.data.amount_minor, webhook.data.currency)
        return PaymentEvent(event_id[:200], webhook.data.reference, outcome, amount)

    async def refund(self, refund: RefundRequest) -> None:
        """At once: there was never any money."""

    async def close(self) -> None:
        """Holds nothing."""


def create(setting: str, context: GatewayContext) -> Gateway:
    """Raises: ValueError for a setting: there is nothing to set."""
    if setting:
        raise ValueError("sandbox takes no setting")
    return SandboxGateway(context)
