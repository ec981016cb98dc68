"""Keys in addresses: who may watch a private room by HLS, and until when.

A player fetches playlists and parts by address alone, so the key is a part of the path, and relative addresses carry it
on: ``/hls/{room}/key/{key}/index.m3u8``. It is ``base64url(nonce: 12 bytes, sealed)``: expiry, identity, and where they
came from, by AES-256-GCM under a key of its own and bound to the room. So nobody makes one up, and who is handed such
an address learns nothing of it. A key is for one room and one person, so that a ban ends it before it expires, also a
ban of the network or the device that it was given to.
"""

import base64
import binascii
import hashlib
import hmac
import os
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from livehub.accounts.origin import Origin
from livehub.clock import Clock
from livehub.errors import Forbidden

#: longer than any show, shorter than a night: a key that went astray must not last
TTL_S: Final = 6 * 3600
MAX_CHARS: Final = 400
_NONCE_BYTES: Final = 12
_EXPIRY_BYTES: Final = 6


class HlsKeyInvalid(Forbidden):
    code, title = "hls_key_invalid", "This address is not valid, or no longer"


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """``origin``: where the key was asked for; None for those whom a role brings into the room."""

    identity: str
    origin: Origin | None


class HlsKeys:
    def __init__(self, secret: str, clock: Clock) -> None:
        self._cipher = AESGCM(hmac.digest(secret.encode(), b"livehub keys in HLS addresses", hashlib.sha256))
        self._clock = clock

    def issue(self, room_id: str, identity: str, origin: Origin | None = None) -> tuple[str, int]:
        """The key, and when it expires in ms since 1970."""
        expires_ms = self._clock.now_ms() + TTL_S * 1000
        members = [identity] if origin is None else [identity, origin.address or "", origin.device or ""]
        content = expires_ms.to_bytes(_EXPIRY_BYTES, "big") + "\0".join(members).encode()
        nonce = os.urandom(_NONCE_BYTES)
        return _text(nonce + self._cipher.encrypt(nonce, content, room_id.encode())), expires_ms

    def read(self, room_id: str, key: str) -> KeyHolder:
        """Whom ``key`` was made for.

        Raises:
            HlsKeyInvalid: made for another room, by somebody else, or too long ago.
        """
        data = _bytes(key)
        try:
            content = self._cipher.decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], room_id.encode())
        except (InvalidTag, ValueError):  # ValueError: too short for a nonce
            raise HlsKeyInvalid from None
        if int.from_bytes(content[:_EXPIRY_BYTES], "big") <= self._clock.now_ms():
            raise HlsKeyInvalid("This address has expired. Open the room again.")
        identity, *came_from = content[_EXPIRY_BYTES:].decode().split("\0")
        return KeyHolder(identity, Origin(came_from[0] or None, came_from[1] or None) if came_from else None)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(key: str) -> bytes:
    """Raises: HlsKeyInvalid."""
    if len(key) > MAX_CHARS or not key.isascii():
        raise HlsKeyInvalid
    try:
        data = base64.b64decode(key + "=" * (-len(key) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        raise HlsKeyInvalid from None
    if key != _text(data):
        raise HlsKeyInvalid  # the last character has bits that say nothing: one key, one address
    return data
