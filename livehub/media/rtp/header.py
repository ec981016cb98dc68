"""RTP headers and their extensions (RFC 3550 section 5.1, RFC 8285)."""

import struct
from dataclasses import dataclass

from livehub.media.rtp.errors import RtpError

FIXED_HEADER = struct.Struct("!BBHII")
_EXTENSION = struct.Struct("!HH")
_ONE_BYTE_PROFILE = 0xBEDE
_TWO_BYTE_PROFILE = 0x1000

Bytes = bytes | bytearray | memoryview


@dataclass(frozen=True, slots=True)
class RtpHeader:
    """``payload_start`` and ``payload_end`` are offsets: CSRCs, extension and padding lie outside of them."""

    marker: bool
    payload_type: int
    sequence_number: int
    timestamp: int
    ssrc: int
    extension_start: int
    payload_start: int
    payload_end: int


def parse_header(data: Bytes) -> RtpHeader:
    """Read the header of one packet.

    Raises:
        RtpError: too short, another version, or lengths that point past the end.
    """
    size = len(data)
    if size < 12:
        raise RtpError("shorter than a header")
    first, second, sequence_number, timestamp, ssrc = FIXED_HEADER.unpack_from(data)
    if first >> 6 != 2:
        raise RtpError("not version 2")
    start = 12 + 4 * (first & 15)
    extension_start = 0
    if first & 0x10:
        if size < start + 4:
            raise RtpError("extension header is cut off")
        extension_start = start
        start += 4 + 4 * _EXTENSION.unpack_from(data, start)[1]
    if start > size:
        raise RtpError("header is longer than the packet")
    end = size
    if first & 0x20:
        if start == size or not 0 < data[size - 1] <= size - start:
            raise RtpError("padding is longer than the payload")
        end = size - data[size - 1]
    return RtpHeader(bool(second & 0x80), second & 0x7F, sequence_number, timestamp, ssrc, extension_start, start, end)


def parse_extensions(data: Bytes, header: RtpHeader) -> dict[int, bytes]:
    """Extension elements by id, one-byte and two-byte form (RFC 8285 sections 4.2 and 4.3).

    Raises:
        RtpError: an element runs past the extension block.
    """
    if not header.extension_start:
        return {}
    profile, words = _EXTENSION.unpack_from(data, header.extension_start)
    position = header.extension_start + 4
    end = position + 4 * words
    one_byte = profile == _ONE_BYTE_PROFILE
    if not one_byte and profile & 0xFFF0 != _TWO_BYTE_PROFILE:
        return {}
    found: dict[int, bytes] = {}
    while position < end:
        identifier = data[position] >> 4 if one_byte else data[position]
        if data[position] == 0:  # padding between elements
            position += 1
            continue
        if one_byte:
            if identifier == 15:  # reserved: stop reading
                break
            length = (data[position] & 15) + 1
            position += 1
        else:
            if position + 2 > end:
                raise RtpError("extension element has no length")
            length = data[position + 1]
            position += 2
        if position + length > end:
            raise RtpError("extension element runs past its block")
        found[identifier] = bytes(data[position : position + length])
        position += length
    return found


def build_header(
    *,
    payload_type: int,
    sequence_number: int,
    timestamp: int,
    ssrc: int,
    marker: bool = False,
    abs_send_time: tuple[int, int] | None = None,
) -> bytes:
    """A header of 12 bytes, or of 20 with ``abs_send_time`` as (extension id 1-14, 24-bit value)."""
    first = 0x90 if abs_send_time else 0x80
    fixed = FIXED_HEADER.pack(first, marker << 7 | payload_type, sequence_number & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc)
    if abs_send_time is None:
        return fixed
    identifier, value = abs_send_time
    return fixed + struct.pack("!HHI", _ONE_BYTE_PROFILE, 1, identifier << 28 | 2 << 24 | value)


def abs_send_time(seconds: float) -> int:
    """24-bit fixed point of 6.18 bits, wrapping every 64 s (webrtc.org/experiments/rtp-hdrext/abs-send-time)."""
    return int(seconds * 262144) & 0xFFFFFF
