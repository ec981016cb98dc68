"""RTP headers: what is built is read again, and hostile bytes raise only RtpError."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livehub.media.rtp.errors import RtpError
from livehub.media.rtp.header import abs_send_time, build_header, parse_extensions, parse_header


@given(
    payload_type=st.integers(0, 127),
    sequence_number=st.integers(0, 0xFFFF),
    timestamp=st.integers(0, 0xFFFFFFFF),
    ssrc=st.integers(0, 0xFFFFFFFF),
    marker=st.booleans(),
    stamp=st.none() | st.tuples(st.integers(1, 14), st.integers(0, 0xFFFFFF)),
    payload=st.binary(max_size=50),
)
def test_what_is_built_is_read_again(
    payload_type: int, sequence_number: int, timestamp: int, ssrc: int, marker: bool,
    stamp: tuple[int, int] | None, payload: bytes,
) -> None:  # fmt: skip
    data = payload and build_header(
        payload_type=payload_type, sequence_number=sequence_number, timestamp=timestamp, ssrc=ssrc, marker=marker,
        abs_send_time=stamp,
    ) + payload  # fmt: skip
    if not data:
        return
    header = parse_header(data)
    assert (header.payload_type, header.sequence_number, header.timestamp, header.ssrc, header.marker) == (
        payload_type, sequence_number, timestamp, ssrc, marker,
    )  # fmt: skip
    assert data[header.payload_start : header.payload_end] == payload
    expected = {stamp[0]: stamp[1].to_bytes(3, "big")} if stamp else {}
    assert parse_extensions(data, header) == expected


def test_csrcs_extension_and_padding_lie_outside_the_payload() -> None:
    extension = struct.pack("!HH", 0xBEDE, 2) + bytes([0x10, 7, 0x00, 0x21, 8, 9, 0, 0])
    data = struct.pack("!BBHII", 0xB2, 96, 1, 2, 3) + bytes(8) + extension + b"payload" + bytes(3) + b"\x04"
    header = parse_header(data)
    assert data[header.payload_start : header.payload_end] == b"payload"
    assert parse_extensions(data, header) == {1: b"\x07", 2: b"\x08\x09"}


def test_two_byte_extensions_are_read() -> None:
    extension = struct.pack("!HH", 0x1000, 2) + bytes([20, 2, 1, 2, 0, 21, 0, 0])
    data = struct.pack("!BBHII", 0x90, 96, 1, 2, 3) + extension
    assert parse_extensions(data, parse_header(data)) == {20: b"\x01\x02", 21: b""}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        bytes(12),  # version 0
        b"\x80" + bytes(10),  # eleven bytes
        b"\x8f" + bytes(11),  # fifteen CSRCs that are not there
        b"\x90" + bytes(11),  # no extension header
        b"\x90" + bytes(11) + b"\xbe\xde\xff\xff",  # extension longer than the packet
        b"\xa0" + bytes(11),  # padding of an empty payload
        b"\xa0" + bytes(11) + b"x\x03",  # padding longer than the payload
        b"\xa0" + bytes(11) + b"x\x00",  # padding of no length
    ],
)
def test_broken_headers_are_refused(data: bytes) -> None:
    with pytest.raises(RtpError):
        parse_header(data)


def test_element_past_its_block_is_refused() -> None:
    data = struct.pack("!BBHII", 0x90, 96, 1, 2, 3) + struct.pack("!HH", 0xBEDE, 1) + bytes([0x1F, 0, 0, 0])
    with pytest.raises(RtpError):
        parse_extensions(data, parse_header(data))


def test_abs_send_time_wraps_after_64_seconds() -> None:
    assert abs_send_time(0.5) == 1 << 17
    assert abs_send_time(64.5) == abs_send_time(0.5)
