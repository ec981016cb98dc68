from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livehub.media.rtp.codecs import Codec
from livehub.media.rtp.depacketize import join_frame
from livehub.media.rtp.errors import RtpError

START = b"\x00\x00\x00\x01"


def fragments(unit: bytes, size: int) -> list[bytes]:
    """A NAL unit as FU-A payloads (RFC 6184 section 5.8)."""
    indicator, body = (unit[0] & 0xE0) | 28, unit[1:]
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    last = len(pieces) - 1
    return [
        bytes((indicator, (0x80 if index == 0 else 0) | (0x40 if index == last else 0) | (unit[0] & 31))) + piece
        for index, piece in enumerate(pieces)
    ]


def test_h264_units_come_out_as_annex_b() -> None:
    sps, pps, idr = b"\x67\x42\xe0\x1f", b"\x68\xce\x3c", b"\x65" + bytes(range(200))
    aggregate = b"\x78" + b"".join(len(unit).to_bytes(2, "big") + unit for unit in (sps, pps))
    joined = join_frame(Codec.H264, [aggregate, *fragments(idr, 64)])
    assert joined == START + sps + START + pps + START + idr


@given(st.binary(min_size=2, max_size=400), st.integers(1, 90))
def test_any_unit_survives_being_cut_into_fragments(body: bytes, size: int) -> None:
    unit = b"\x65" + body
    assert join_frame(Codec.H264, fragments(unit, size)) == START + unit


def test_vp8_descriptors_are_taken_off() -> None:
    frame = b"\x10\x02\x00\x9d\x01\x2a"
    extended = b"\x90\xf0\x81\x23\x05\x40"  # X; I L T K; 15-bit picture id; TL0PICIDX; TID and KEYIDX
    assert join_frame(Codec.VP8, [b"\x10" + frame, b"\x00" + b"rest"]) == frame + b"rest"
    assert join_frame(Codec.VP8, [extended + frame]) == frame


@given(st.sampled_from([Codec.H264, Codec.VP8, Codec.OPUS]), st.lists(st.binary(max_size=60), max_size=6))
def test_hostile_payloads_raise_nothing_else(codec: Codec, payloads: Sequence[bytes]) -> None:
    outcome: object
    try:
        outcome = join_frame(codec, payloads)
    except RtpError as error:
        outcome = error
    assert isinstance(outcome, bytes | RtpError)


def test_an_aggregate_that_lies_about_its_units_is_refused() -> None:
    with pytest.raises(RtpError, match="ends inside"):
        join_frame(Codec.H264, [b"\x78\x00\x09\x67\x42"])
