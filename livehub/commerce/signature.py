"""Standard Webhooks signatures (standardwebhooks.com, specification 1.0): made, and checked against our own clock."""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from standardwebhooks import Webhook

from livehub.commerce.errors import WebhookRefused

#: how far a webhook's time may be from ours, either way
TOLERANCE_S: Final = 300
SECRET_PREFIX: Final = "whsec_"  # noqa: S105
_MAX_SIGNATURES: Final = 8


def derive_secret(secret: str, purpose: str) -> str:
    """A ``whsec_…`` key for one purpose out of the server's secret; the one does not give away the other."""
    key = hmac.new(secret.encode(), f"livehub webhook {purpose}".encode(), hashlib.sha256).digest()
    return SECRET_PREFIX + base64.b64encode(key).decode()


def sign(secret: str, message_id: str, at_ms: int, body: bytes) -> dict[str, str]:
    """The three headers that a receiver verifies with ``secret``."""
    moment = datetime.fromtimestamp(at_ms // 1000, UTC)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(at_ms // 1000),
        "webhook-signature": Webhook(secret).sign(message_id, moment, body.decode()),
    }


def sign_all(secrets: Sequence[str], message_id: str, at_ms: int, body: bytes) -> dict[str, str]:
    """As :func:`sign`, with one signature for each secret: while one is rotated receivers know either."""
    made = [sign(secret, message_id, at_ms, body) for secret in secrets]
    return {**made[0], "webhook-signature": " ".join(one["webhook-signature"] for one in made)}


def verify(secret: str, headers: Mapping[str, str], body: bytes, now_ms: int) -> str:
    """The message id of a webhook that is what it says. ``headers`` have lower-case names.

    Raises:
        WebhookRefused: ``webhook_signature`` when forged or altered, ``webhook_timestamp`` when too old or too new.
    """
    message_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    given = headers.get("webhook-signature", "")
    if not message_id or not given or not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        raise WebhookRefused("Send webhook-id, webhook-timestamp and webhook-signature", code="webhook_signature")
    try:
        expected = sign(secret, message_id, int(timestamp) * 1000, body)["webhook-signature"].encode()
    except (UnicodeDecodeError, OverflowError, ValueError, OSError):
        raise WebhookRefused("The webhook's headers or body cannot be read") from None
    candidates = given.encode("utf-8", "surrogateescape").split(b" ")[:_MAX_SIGNATURES]
    if not any(hmac.compare_digest(expected, candidate) for candidate in candidates):
        raise WebhookRefused
    if abs(now_ms // 1000 - int(timestamp)) > TOLERANCE_S:
        raise WebhookRefused("The webhook's time is too far from now", code="webhook_timestamp")
    return message_id
