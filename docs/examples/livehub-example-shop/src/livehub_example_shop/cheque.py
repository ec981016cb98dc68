"""Payment by cheque: money that moves by hand. The shop says when a cheque has been cleared, and writes one to give
money back; nothing is sent before. What buyers and the shop are told stands here, in the languages that it speaks.
"""

from collections.abc import Mapping

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


class ChequeGateway:
    id = "cheque"
    title = "Cheque"
    by_hand = True
    paid_first = True

    def __init__(self, payee: str) -> None:
        self.words: Mapping[str, HandWords] = {
            "en": HandWords(
                waits=f"Make a cheque out to {payee} and post it. We send your order once it is cleared.",
                give_back="Write a cheque to the buyer and post it to the address of the order.",
                comes_back="You get a cheque by post.",
            ),
            "fr": HandWords(
                waits=f"Envoyez un chèque à l’ordre de {payee}. Votre commande part dès qu’il est encaissé.",
                give_back="Envoyez un chèque à l’acheteur, à l’adresse de la commande.",
                comes_back="Vous recevez un chèque par courrier.",
            ),
        }

    def prepare(self, payment_id: str) -> PaymentStart:
        return PaymentStart(payment_id, None)

    async def begin(self, payment: PaymentRequest) -> PaymentStart:
        return self.prepare(payment.payment_id)

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> PaymentEvent:
        raise WebhookRefused("Nobody reports cheques; the shop marks the order paid")

    async def refund(self, refund: RefundRequest) -> None:
        """The shop writes the cheque; the order records it."""

    async def close(self) -> None:
        """Holds nothing."""


def create(setting: str, context: GatewayContext) -> Gateway:
    """``setting``: whom cheques are made out to. Raises: ValueError."""
    if not 1 <= len(setting.strip()) <= 80:
        raise ValueError("the setting is the name that cheques are made out to")
    return ChequeGateway(setting.strip())
