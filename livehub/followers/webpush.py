"""Messages to browsers by their push services: RFC 8030, encrypted by RFC 8291, signed by RFC 8292 (VAPID). Pure.

Written on ``cryptography`` and PyJWT, which livehub has anyway; held by the RFCs' own examples in the tests.
"""

import base64
import binascii
import os
import struct
from typing import Final

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

#: push services take bodies of 4096 octets at least (RFC 8030 section 7.2); one record, its header and tag included
MAX_BODY_BYTES: Final = 4_096
_HEADER_BYTES: Final = 16 + 4 + 1 + 65
_TAG_BYTES: Final = 16
MAX_TEXT_BYTES: Final = MAX_BODY_BYTES - _HEADER_BYTES - _TAG_BYTES - 1
#: at most a day (RFC 8292 section 2); short, for a new one costs nothing
VAPID_TTL_S: Final = 12 * 3600
_VAPID_PURPOSE: Final = b"livehub web push, VAPID key, version 1"
#: order of the group of P-256
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def encode_key(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode_key(text: str) -> bytes | None:
    """None for what is no base64url."""
    plain = text.rstrip("=")
    if len(plain) > 200 or not plain.isascii() or not plain.replace("-", "").replace("_", "").isalnum():
        return None
    try:
        return base64.urlsafe_b64decode(plain + "=" * (-len(plain) % 4))
    except (ValueError, binascii.Error):
        return None


def vapid_key(secret: str) -> ec.EllipticCurvePrivateKey:
    """The server's key, derived from LIVEHUB_SECRET: every process has the same one, and no file has to be kept.

    With another secret it is another key, and browsers have to subscribe anew.
    """
    # 48 bytes modulo the order: no bias worth mentioning (FIPS 186-5 appendix A.2.1).
    seed = HKDF(algorithm=SHA256(), length=48, salt=None, info=_VAPID_PURPOSE).derive(secret.encode())
    return ec.derive_private_key(int.from_bytes(seed) % (_ORDER - 1) + 1, ec.SECP256R1())


def public_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The uncompressed point, 65 octets: what a page hands to ``pushManager.subscribe``."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def authorization(key: ec.EllipticCurvePrivateKey, audience: str, subject: str, now_ms: int) -> str:
    """The Authorization header. ``audience``: origin of the push service; ``subject``: a mailto: or https: address."""
    claims = {"aud": audience, "exp": now_ms // 1000 + VAPID_TTL_S, "sub": subject}
    return f"vapid t={jwt.encode(claims, key, algorithm='ES256')}, k={encode_key(public_bytes(key))}"


def encrypt(
    text: bytes,
    receiver: bytes,
    auth: bytes,
    *,
    sender: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes | None = None,
) -> bytes:
    """``text`` as one record of aes128gcm for the browser with the point ``receiver`` and the secret ``auth``.

    ``sender`` and ``salt`` are made anew for each message unless given (for the RFC's example).

    Raises:
        ValueError: too long, or ``receiver`` is no point of the curve.
    """
    if len(text) > MAX_TEXT_BYTES:
        raise ValueError(f"a message has at most {MAX_TEXT_BYTES} bytes")
    sender = sender or ec.generate_private_key(ec.SECP256R1())
    salt = salt or os.urandom(16)
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), receiver)
    shared, mine = sender.exchange(ec.ECDH(), point), public_bytes(sender)
    material = _derive(auth, shared, b"WebPush: info\0" + receiver + mine, 32)
    key = _derive(salt, material, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derive(salt, material, b"Content-Encoding: nonce\0", 12)
    # 0x02 ends the last record (RFC 8188 section 2); the header says how large a record may be, and whose key it is.
    header = salt + struct.pack("!IB", MAX_BODY_BYTES, len(mine)) + mine
    return header + AESGCM(key).encrypt(nonce, text + b"\x02", None)


def _derive(salt: bytes, material: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(material)
