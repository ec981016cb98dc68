"""Where somebody comes from: the address that limits count by, and a signed mark that their browser keeps."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Final

DEVICE_COOKIE: Final = "livehub_device"
DEVICE_TTL_S: Final = 365 * 24 * 3600
_ID_CHARS: Final = 22
_SIGNATURE_CHARS: Final = 32


@dataclass(frozen=True, slots=True)
class Origin:
    """``address`` as :func:`livehub.ratelimit.counted_by` says it; None for this very machine, which is never
    banned."""

    address: str | None = None
    device: str | None = None


class DeviceSigner:
    """Marks for browsers: 128 random bits and a signature, so that nobody makes up another's to have it banned."""

    def __init__(self, secret: str) -> None:
        self._key = hmac.digest(secret.encode(), b"livehub device marks", hashlib.sha256)

    def issue(self) -> str:
        device = secrets.token_urlsafe(16)
        return f"{device}.{self._signature(device)}"

    def read(self, text: str | None) -> str | None:
        """The id in a mark of ours; None for anything else."""
        if not text or len(text) != _ID_CHARS + 1 + _SIGNATURE_CHARS or not text.isascii():
            return None
        device, _, signature = text.partition(".")
        return device if hmac.compare_digest(signature, self._signature(device)) else None

    def _signature(self, device: str) -> str:
        return hmac.new(self._key, device.encode(), hashlib.sha256).hexdigest()[:_SIGNATURE_CHARS]
