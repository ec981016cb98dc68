"""Links in letters: what the holder of one may do without signing in. Pure.

``base64url(purpose, address id).base64url(MAC)``: HMAC-SHA256 under a key of its own. A link to stop never ends, for
letters are kept for years; a link to confirm ends with the address's row. Pages get it behind ``#``: it is in no log.
"""

import base64
import binascii
import hashlib
import hmac
from enum import StrEnum
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from livehub.followers.errors import LetterInvalid

_PURPOSE: Final = b"livehub links in letters, version 1"
MAX_CHARS: Final = 300


class Purpose(StrEnum):
    CONFIRM = "c"
    STOP = "s"


class Letters:
    """``secret`` is LIVEHUB_SECRET."""

    def __init__(self, secret: str) -> None:
        self._key = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE).derive(secret.encode())

    def link(self, purpose: Purpose, address_id: str) -> str:
        body = f"{purpose}{address_id}".encode()
        return f"{_encode(body)}.{_encode(self._mac(body))}"

    def read(self, purpose: Purpose, text: str) -> str:
        """The address's id. Raises: LetterInvalid."""
        body, mac = (_decode(part) for part in text[:MAX_CHARS].partition(".")[::2])
        if body is None or mac is None or not hmac.compare_digest(self._mac(body), mac):
            raise LetterInvalid
        if not body.startswith(purpose.encode()):
            raise LetterInvalid
        return body[1:].decode()

    def _mac(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, hashlib.sha256)[:20]


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes | None:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return None
