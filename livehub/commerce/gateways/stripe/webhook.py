"""Stripe's webhooks: signature and age against our own clock, and what an event means. No I/O.

Signatures are those of docs.stripe.com/webhooks#verify-manually: HMAC-SHA256 over ``{t}.{body}``.
"""

import hashlib
import hmac
from collections.abc import Sequence
from typing import Annotated, Final

import msgspec

from livehub.commerce.errors import WebhookRefused
from livehub.commerce.gateway import Outcome, PaymentEvent
from livehub.commerce.gateways.stripe.amounts import from_stripe
from livehub.errors import MalformedRequest

#: how far a webhook's time may be from ours, either way
TOLERANCE_S: Final = 300
#: where our own name for the payment is kept at Stripe
METADATA: Final = "livehub_payment"
_MAX_PARTS: Final = 16

_Text = Annotated[str, msgspec.Meta(max_length=255)]


class _Object(msgspec.Struct):
    """What we read of a PaymentIntent or a Charge."""

    id: _Text
    object: _Text
    amount: int = 0
    amount_capturable: int | None = None
    amount_received: int | None = None
    amount_refunded: int = 0
    currency: _Text = ""
    payment_intent: str | None = None
    metadata: dict[_Text, _Text] | None = None


class _Data(msgspec.Struct):
    object: msgspec.Raw


class _Event(msgspec.Struct):
    id: _Text
    type: _Text
    data: _Data


#: type → outcome, and the amount that is the point of it
_MEANINGS: Final = {
    "payment_intent.amount_capturable_updated": (Outcome.AUTHORIZED, "amount_capturable"),
    "payment_intent.succeeded": (Outcome.PAID, "amount_received"),
    "payment_intent.payment_failed": (Outcome.DECLINED, "amount"),
    "payment_intent.canceled": (Outcome.CLOSED, "amount"),
    "charge.refunded": (Outcome.REFUNDED, "amount_refunded"),
}
#: for whoever sets the endpoint up at Stripe
EVENT_TYPES: Final = tuple(_MEANINGS)


def verify(header: str, body: bytes, secrets: Sequence[str], now_ms: int) -> None:
    """``header``: ``Stripe-Signature``. Any of ``secrets`` may have signed.

    Raises:
        WebhookRefused: ``webhook_signature`` or ``webhook_timestamp``.
    """
    timestamp, signatures = _parts(header)
    expected = [
        hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest().encode()
        for secret in secrets
    ]
    given = [signature.encode("utf-8", "surrogateescape") for signature in signatures]
    if not any(hmac.compare_digest(one, other) for one in expected for other in given):
        raise WebhookRefused
    if abs(now_ms // 1000 - int(timestamp)) > TOLERANCE_S:
        raise WebhookRefused("The webhook's time is too far from now", code="webhook_timestamp")


def _parts(header: str) -> tuple[str, list[str]]:
    pairs = [part.partition("=") for part in header.split(",")[:_MAX_PARTS]]
    times = [value for name, _, value in pairs if name.strip() == "t"]
    signatures = [value for name, _, value in pairs if name.strip() == "v1"]
    if len(times) != 1 or not signatures or not (times[0].isascii() and times[0].isdigit() and len(times[0]) <= 12):
        raise WebhookRefused("Send Stripe-Signature with a time and a v1 signature")
    return times[0], signatures


def read(body: bytes) -> PaymentEvent | None:
    """None: a kind of event, or a payment, that is not ours. Raises: MalformedRequest."""
    try:
        event = msgspec.json.decode(body, type=_Event)
        if event.type not in _MEANINGS:
            return None
        about = msgspec.json.decode(event.data.object, type=_Object)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MalformedRequest(f"The webhook cannot be read: {error}") from None
    return meaning(event.id, event.type, about)


def meaning(event_id: str, kind: str, about: _Object) -> PaymentEvent | None:
    reference = (about.metadata or {}).get(METADATA)
    if not reference:
        return None
    outcome, amount = _MEANINGS[kind]
    name = about.id if about.object == "payment_intent" else about.payment_intent
    told = getattr(about, amount)
    return PaymentEvent(
        event_id, reference, outcome, from_stripe(about.amount if told is None else told, about.currency), name
    )
