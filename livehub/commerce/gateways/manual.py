"""Pay on pick-up or delivery: nothing happens here, the merchant marks the order paid."""

from collections.abc import Mapping
from types import MappingProxyType

from livehub.commerce.errors import WebhookRefused
from livehub.commerce.gateway import (
    Gateway,
    GatewayContext,
    HandWords,
    PaymentEvent,
    PaymentRequest,
    PaymentStart,
    RefundRequest,
)


class ManualGateway:
    id = "manual"
    title = "Pay on pick-up or delivery"
    by_hand = True
    paid_first = False
    words: Mapping[str, HandWords] = MappingProxyType({})  # the interface's own

    def prepare(self, payment_id: str) -> PaymentStart:
        return PaymentStart(payment_id, None)

    async def begin(self, payment: PaymentRequest) -> PaymentStart:
        return self.prepare(payment.payment_id)

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> PaymentEvent:
        """Raises: WebhookRefused, always: nobody may report such a payment from outside."""
        raise WebhookRefused("Manual payments have no webhook; the merchant marks the order paid")

    async def refund(self, refund: RefundRequest) -> None:
        """The merchant hands the money back; the order only records that."""

    async def close(self) -> None:
        """Holds nothing."""


def create(setting: str, context: GatewayContext) -> Gateway:
    """Raises: ValueError for a setting: there is nothing to set."""
    if setting:
        raise ValueError("manual takes no setting")
    return ManualGateway()
