"""STUN binding requests and answers, as far as ICE needs them (RFC 8489, RFC 8445 section 7).

An ICE-lite agent reads requests and writes answers; one that asks itself (:mod:`livehub.media.restream.ice`) needs the
other half too. Written for the port's hot path: every peer asks every few seconds, and anyone may send anything. The
message is walked once, nothing is copied, and authenticity is checked against the one password that counts.
"""

import binascii
import hmac
import struct
from dataclasses import dataclass

from livehub.media.addresses import IpAddress

MAGIC_COOKIE = 0x2112A442
_HEADER = struct.Struct("!HHI12s")
_ATTRIBUTE = struct.Struct("!HH")
_REQUEST, _RESPONSE, _ERROR = 0x0001, 0x0101, 0x0111
#: how a binding request begins
REQUEST = _REQUEST.to_bytes(2, "big")
_USERNAME, _INTEGRITY, _XOR_MAPPED_ADDRESS, _PRIORITY, _USE_CANDIDATE = 0x0006, 0x0008, 0x0020, 0x0024, 0x0025
_FINGERPRINT, _ICE_CONTROLLED, _ICE_CONTROLLING = 0x8028, 0x8029, 0x802A
_ERROR_CODE = 0x0009
#: RFC 8445 section 7.2.5.1
ROLE_CONFLICT = 487
_FINGERPRINT_XOR = 0x5354554E
_ROLES = frozenset({_ICE_CONTROLLED, _ICE_CONTROLLING})
MAX_SIZE = 1280


class StunError(ValueError):
    """The bytes are no STUN message, or none we can use."""


@dataclass(frozen=True, slots=True)
class BindingRequest:
    transaction_id: bytes
    local_ufrag: str
    remote_ufrag: str
    use_candidate: bool
    #: offset of MESSAGE-INTEGRITY and its value
    integrity_at: int
    integrity: bytes
    #: what the other side takes itself for, and its tie-breaker (RFC 8445 section 7.1.3); None when it does not say
    role: tuple[bool, int] | None = None


@dataclass(frozen=True, slots=True)
class BindingAnswer:
    """``error`` is None for a success."""

    transaction_id: bytes
    error: int | None
    integrity_at: int
    integrity: bytes


def parse_binding_request(data: bytes) -> BindingRequest:
    """Read a binding request with short-term credentials.

    Raises:
        StunError: anything else, including answers and indications.
    """
    if not 20 <= len(data) <= MAX_SIZE:
        raise StunError("length")
    kind, length, cookie, transaction_id = _HEADER.unpack_from(data)
    if kind != _REQUEST or cookie != MAGIC_COOKIE or length != len(data) - 20 or length % 4:
        raise StunError("no binding request")
    position, end = 20, len(data)
    username: bytes | None = None
    use_candidate = False
    role: tuple[bool, int] | None = None
    while position + 4 <= end:
        attribute, size = _ATTRIBUTE.unpack_from(data, position)
        value = position + 4
        if value + size > end:
            raise StunError("attribute runs past the end")
        if attribute == _USERNAME:
            username = data[value : value + size]
        elif attribute == _USE_CANDIDATE:
            use_candidate = True
        elif attribute in _ROLES and size == 8:
            role = (attribute == _ICE_CONTROLLING, int.from_bytes(data[value : value + 8], "big"))
        elif attribute == _INTEGRITY:
            if size != 20 or username is None:
                raise StunError("credentials")
            # What follows MESSAGE-INTEGRITY is not authenticated, save FINGERPRINT, which adds nothing to it.
            local, remote = _split_username(username)
            return BindingRequest(
                transaction_id, local, remote, use_candidate, position, data[value : value + 20], role
            )
        position = value + (size + 3 & ~3)
    raise StunError("no MESSAGE-INTEGRITY")


def _split_username(username: bytes) -> tuple[str, str]:
    try:
        local, separator, remote = username.decode("ascii").partition(":")
    except UnicodeDecodeError as error:
        raise StunError("username") from error
    if not separator:
        raise StunError("username")
    return local, remote


def parse_binding_answer(data: bytes) -> BindingAnswer:
    """Read the answer to a request of ours.

    Raises:
        StunError: anything else, and an answer without MESSAGE-INTEGRITY, which anybody could have sent.
    """
    if not 20 <= len(data) <= MAX_SIZE:
        raise StunError("length")
    kind, length, cookie, transaction_id = _HEADER.unpack_from(data)
    if kind not in {_RESPONSE, _ERROR} or cookie != MAGIC_COOKIE or length != len(data) - 20 or length % 4:
        raise StunError("no binding answer")
    position, end = 20, len(data)
    error: int | None = None
    while position + 4 <= end:
        attribute, size = _ATTRIBUTE.unpack_from(data, position)
        value = position + 4
        if value + size > end:
            raise StunError("attribute runs past the end")
        if attribute == _ERROR_CODE and size >= 4:
            error = (data[value + 2] & 7) * 100 + data[value + 3]
        elif attribute == _INTEGRITY:
            if size != 20 or (kind == _ERROR) != (error is not None):
                raise StunError("answer")
            return BindingAnswer(transaction_id, error, position, data[value : value + 20])
        position = value + (size + 3 & ~3)
    raise StunError("no MESSAGE-INTEGRITY")


def is_authentic(data: bytes, request: BindingRequest | BindingAnswer, password: bytes) -> bool:
    """MESSAGE-INTEGRITY by RFC 8489 section 14.5: HMAC-SHA1 with the length set as if the message ended after it."""
    return hmac.compare_digest(request.integrity, _integrity(data[: request.integrity_at], password))


def _integrity(data: bytes, password: bytes) -> bytes:
    head = data[:2] + (len(data) - 20 + 24).to_bytes(2, "big")
    return hmac.digest(password, head + data[4:], "sha1")


def build_response(transaction_id: bytes, ip: IpAddress, port: int, password: bytes) -> bytes:
    """Success with XOR-MAPPED-ADDRESS, MESSAGE-INTEGRITY and FINGERPRINT."""
    mask = struct.pack("!I", MAGIC_COOKIE) + transaction_id
    packed = ip.packed
    hidden = (int.from_bytes(packed, "big") ^ int.from_bytes(mask[: len(packed)], "big")).to_bytes(len(packed), "big")
    mapped = struct.pack("!xBH", 1 if ip.version == 4 else 2, port ^ MAGIC_COOKIE >> 16) + hidden
    return _sealed(_RESPONSE, transaction_id, _attribute(_XOR_MAPPED_ADDRESS, mapped), password)


def build_request(transaction_id: bytes, username: str, password: bytes, *, use_candidate: bool = True) -> bytes:
    """A controlling agent's check: for light clients in tests and benchmarks."""
    body = _attribute(_USERNAME, username.encode()) + _attribute(_PRIORITY, struct.pack("!I", 0x7E7F00FF))
    body += _attribute(_ICE_CONTROLLING, bytes(8))
    if use_candidate:
        body += _attribute(_USE_CANDIDATE, b"")
    return _sealed(_REQUEST, transaction_id, body, password)


def build_check(
    transaction_id: bytes,
    username: str,
    password: bytes,
    *,
    priority: int,
    tie_breaker: int,
    controlling: bool,
    use_candidate: bool,
) -> bytes:
    """A connectivity check of a full agent (RFC 8445 section 7.2.2)."""
    body = _attribute(_USERNAME, username.encode()) + _attribute(_PRIORITY, struct.pack("!I", priority))
    body += _attribute(_ICE_CONTROLLING if controlling else _ICE_CONTROLLED, struct.pack("!Q", tie_breaker))
    if use_candidate:
        body += _attribute(_USE_CANDIDATE, b"")
    return _sealed(_REQUEST, transaction_id, body, password)


def build_error(transaction_id: bytes, code: int, reason: str, password: bytes) -> bytes:
    body = _attribute(_ERROR_CODE, struct.pack("!HBB", 0, code // 100, code % 100) + reason.encode())
    return _sealed(_ERROR, transaction_id, body, password)


def _attribute(kind: int, value: bytes) -> bytes:
    return _ATTRIBUTE.pack(kind, len(value)) + value + bytes(-len(value) % 4)


def _sealed(kind: int, transaction_id: bytes, body: bytes, password: bytes) -> bytes:
    data = _HEADER.pack(kind, len(body), MAGIC_COOKIE, transaction_id) + body
    data += _attribute(_INTEGRITY, _integrity(data, password))
    data = data[:2] + (len(data) - 20 + 8).to_bytes(2, "big") + data[4:]
    return data + _attribute(_FINGERPRINT, struct.pack("!I", binascii.crc32(data) ^ _FINGERPRINT_XOR))
