"""Payment on invoice: the buyer gets an address of the accounting system, which reports by webhook once it is paid.

The accounting system of this example signs as Standard Webhooks say, with the secret that is the gateway's setting, and
is told about money that goes back by a file it reads: enough to show every method without a server of its own.
"""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from livehub.clock import Clock
from livehub.commerce.errors import GatewayFailed, PaymentRefused
from livehub.commerce.gateway import (
    Gateway,
    GatewayContext,
    Outcome,
    PaymentEvent,
    PaymentRequest,
    PaymentStart,
    RefundRequest,
)
from livehub.commerce.money import Money
from livehub.commerce.signature import verify
from livehub.errors import MalformedRequest


class InvoiceGateway:
    id = "invoice"
    title = "Invoice"
    by_hand = False

    def __init__(self, secret: str, notes: Path, public_url: str, clock: Clock) -> None:
        self._secret = secret
        self._notes = notes
        self._public_url = public_url
        self._clock = clock

    def prepare(self, payment_id: str) -> PaymentStart:
        """Nobody has to be asked: the invoice's number is the payment's."""
        return PaymentStart(payment_id, f"{self._public_url}/invoices/{payment_id}")

    async def begin(self, payment: PaymentRequest) -> PaymentStart:
        return self.prepare(payment.payment_id)

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> PaymentEvent | None:
        event_id = verify(self._secret, headers, body, self._clock.now_ms())
        try:
            told: Any = json.loads(body)
            if told["type"] not in {"invoice.paid", "invoice.refused"}:
                return None
            outcome = Outcome.PAID if told["type"] == "invoice.paid" else Outcome.DECLINED
            amount = Money(int(told["amount_minor"]), str(told["currency"]))
            return PaymentEvent(event_id, str(told["invoice"]), outcome, amount)
        except (ValueError, KeyError, TypeError) as error:
            raise MalformedRequest(f"The report cannot be read: {error}") from None

    async def refund(self, refund: RefundRequest) -> None:
        try:
            await asyncio.to_thread(self._note, refund)
        except OSError as error:
            raise GatewayFailed(f"The accounting's notes cannot be written: {error.strerror}") from error

    def _note(self, refund: RefundRequest) -> None:
        """One line for each refund; one that is there already is not written again."""
        known = [json.loads(line) for line in self._notes.read_text().splitlines()] if self._notes.exists() else []
        if any(one["refund"] == refund.refund_id for one in known):
            return
        back = sum(one["amount_minor"] for one in known if one["invoice"] == refund.reference)
        if back + refund.amount.amount_minor > self._paid(refund):
            raise PaymentRefused("More than the invoice cannot go back")
        line = {"refund": refund.refund_id, "invoice": refund.reference, **refund.amount.present()}
        with self._notes.open("a") as file:
            file.write(json.dumps(line) + "\n")

    def _paid(self, refund: RefundRequest) -> int:
        """What the accounting says was paid: the file beside the notes, written by it."""
        paid: dict[str, int] = json.loads(self._notes.with_suffix(".paid").read_text())
        return paid[refund.reference]

    async def close(self) -> None:
        """Holds nothing."""


def create(setting: str, context: GatewayContext) -> Gateway:
    """``setting``: ``whsec_…@/path/of/the/notes``. Raises: ValueError."""
    secret, _, path = setting.partition("@")
    if not secret.startswith("whsec_") or not path:
        raise ValueError("the setting is the accounting's signing secret, @, and the path of its notes")
    return InvoiceGateway(secret, Path(path), context.public_url, context.clock)
