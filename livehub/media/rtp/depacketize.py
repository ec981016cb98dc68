"""Payloads of one frame put together again: for a still of the stream, never in the way of the packets themselves."""

from collections.abc import Sequence

from livehub.media.rtp.codecs import Codec
from livehub.media.rtp.errors import RtpError

_START = b"\x00\x00\x00\x01"
_STAP_A, _FU_A = 24, 28


def join_frame(codec: Codec, payloads: Sequence[bytes]) -> bytes:
    """The frame as a decoder takes it: Annex B for H.264 (RFC 6184), the bare frame for VP8 (RFC 7741).

    ``payloads`` are those of one timestamp, in order.

    Raises:
        RtpError: bytes that are no such payload, or another codec.
    """
    if codec is Codec.H264:
        return b"".join(_h264(payload) for payload in payloads)
    if codec is Codec.VP8:
        return b"".join(payload[_vp8_descriptor(payload) :] for payload in payloads)
    raise RtpError(f"no frames are put together of {codec}")


def _h264(payload: bytes) -> bytes:
    """One payload's part of an Annex B stream: single NAL unit, STAP-A, or FU-A (RFC 6184 section 5.6–5.8)."""
    if len(payload) < 2:
        raise RtpError("an H.264 payload has at least two bytes")
    kind = payload[0] & 31
    if kind == _STAP_A:
        return _aggregated(payload)
    if kind == _FU_A:
        if payload[1] & 0x80:  # the first fragment brings the NAL unit's header, in two halves
            return _START + bytes(((payload[0] & 0xE0) | (payload[1] & 31),)) + payload[2:]
        return payload[2:]
    if 1 <= kind <= 23:
        return _START + payload
    raise RtpError(f"an H.264 payload of type {kind} is not for packetization mode 1")


def _aggregated(payload: bytes) -> bytes:
    units, at = [], 1
    while at + 2 <= len(payload):
        size = payload[at] << 8 | payload[at + 1]
        unit = payload[at + 2 : at + 2 + size]
        if len(unit) < size or not size:
            raise RtpError("a STAP-A ends inside one of its units")
        units.append(_START + unit)
        at += 2 + size
    return b"".join(units)


def _vp8_descriptor(payload: bytes) -> int:
    """Length of the payload descriptor (RFC 7741 section 4.2)."""
    if not payload:
        raise RtpError("an empty VP8 payload")
    at = 1
    if payload[0] & 0x80:
        if len(payload) < 2:
            raise RtpError("a VP8 payload descriptor is cut short")
        extended, at = payload[1], 2
        if extended & 0x80:
            at += 2 if len(payload) > at and payload[at] & 0x80 else 1
        at += bool(extended & 0x40) + bool(extended & 0x30)
    if at >= len(payload):
        raise RtpError("a VP8 payload without a frame")
    return at
