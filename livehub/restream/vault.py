"""Keys of other services at rest: AES-256-GCM under a key derived from the server's secret.

Who has a copy of the database has no stream key; who has LIVEHUB_SECRET as well has them all.
"""

import base64
import binascii
import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from livehub.restream.errors import KeyUnreadable

_PURPOSE: Final = b"livehub restream keys, version 1"
_NONCE_BYTES: Final = 12


class Vault:
    """``secret`` is LIVEHUB_SECRET. Nothing here is ever logged."""

    def __init__(self, secret: str) -> None:
        # The secret has 128 bits or more of its own, so HKDF is enough (RFC 5869 section 3.3); no password hashing.
        key = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE).derive(secret.encode())
        self._cipher = AESGCM(key)

    def seal(self, text: str, owner: str) -> str:
        """``text`` as base64 of nonce and ciphertext, bound to ``owner`` (the id of the row that it stands in)."""
        nonce = os.urandom(_NONCE_BYTES)
        return base64.b64encode(nonce + self._cipher.encrypt(nonce, text.encode(), owner.encode())).decode()

    def open(self, sealed: str, owner: str) -> str:
        """Raises: KeyUnreadable: sealed under another secret, for another row, or damaged."""
        try:
            data = base64.b64decode(sealed, validate=True)
            return self._cipher.decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], owner.encode()).decode()
        except (InvalidTag, ValueError, binascii.Error):
            raise KeyUnreadable from None
