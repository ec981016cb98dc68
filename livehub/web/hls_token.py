"""Keys in addresses: who may watch a private room by HLS, and until when.

A player fetches playlists and parts by address alone, so the key is a part of the path, and relative addresses carry it
on: ``/hls/{room}/key/{key}/index.m3u8``. It is ``base64url(expiry: 6 bytes of ms, identity).base64url(MAC)``. The MAC
is HMAC-SHA256 over room, expiry and identity under a key of its own, cut to 160 bits and compared in constant time. A
key is for one room and one person, so that a ban ends it before it expires.
"""

import base64
import binascii
import hashlib
import hmac
from typing import Final

from livehub.clock import Clock
from livehub.errors import Forbidden

#: longer than any show, shorter than a night: a key that went astray must not last
TTL_S: Final = 6 * 3600
MAX_CHARS: Final = 400
_MAC_BYTES: Final = 20


class HlsKeyInvalid(Forbidden):
    code, title = "hls_key_invalid", "This address is not valid, or no longer"


class HlsKeys:
    def __init__(self, secret: str, clock: Clock) -> None:
        self._key = hmac.digest(secret.encode(), b"livehub keys in HLS addresses", hashlib.sha256)
        self._clock = clock

    def issue(self, room_id: str, identity: str) -> tuple[str, int]:
        """The key, and when it expires in ms since 1970."""
        expires_ms = self._clock.now_ms() + TTL_S * 1000
        content = expires_ms.to_bytes(6, "big") + identity.encode()
        return f"{_text(content)}.{_text(self._mac(room_id, content))}", expires_ms

    def read(self, room_id: str, key: str) -> str:
        """The identity that ``key`` was made for.

        Raises:
            HlsKeyInvalid: made for another room, by somebody else, or too long ago.
        """
        content, mac = self._split(key)
        if not hmac.compare_digest(mac, self._mac(room_id, content)):
            raise HlsKeyInvalid
        if int.from_bytes(content[:6], "big") <= self._clock.now_ms():
            raise HlsKeyInvalid("This address has expired. Open the room again.")
        return content[6:].decode()

    def _mac(self, room_id: str, content: bytes) -> bytes:
        # No room's id has a zero byte, so room and content cannot be cut differently.
        return hmac.digest(self._key, room_id.encode() + b"\0" + content, hashlib.sha256)[:_MAC_BYTES]

    def _split(self, key: str) -> tuple[bytes, bytes]:
        content, dot, mac = key.partition(".")
        if not dot or len(key) > MAX_CHARS or not key.isascii():
            raise HlsKeyInvalid
        try:
            read = _bytes(content), _bytes(mac)
        except binascii.Error:
            raise HlsKeyInvalid from None
        if (content, mac) != (_text(read[0]), _text(read[1])):
            raise HlsKeyInvalid  # the last character has bits that say nothing: one key, one address
        return read


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
