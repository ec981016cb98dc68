"""Where a keyframe begins, by the payload alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livehub.media.rtp.codecs import Codec, begins_keyframe


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"\x67\x42\xe0\x1f", True),  # SPS
        (b"\x65\x88", False),  # an IDR picture alone: a newcomer has no parameter sets for it
        (b"\x61\x9a", False),
        (b"\x78\x00\x02\x67\x42\x00\x02\x68\xce", True),  # STAP-A: SPS, PPS
        (b"\x78\x00\x02\x68\xce\x00\x02\x67\x42", True),  # the SPS second
        (b"\x78\x00\x02\x68\xce\x00\x02\x61\x42", False),
        (b"\x7c\x85", False),  # FU-A
        (b"", False),
    ],
)
def test_h264(payload: bytes, expected: bool) -> None:
    assert begins_keyframe(Codec.H264, payload) is expected


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"\x10\x00", True),
        (b"\x10\x01", False),  # an interframe
        (b"\x00\x00", False),  # goes on with a partition
        (b"\x11\x00", False),  # the second partition
        (b"\x90\x80\x05\x00", True),  # 7-bit picture id
        (b"\x90\x80\x85\x05\x00", True),  # 15-bit picture id
        (b"\x90\xf0\x85\x05\x01\x20\x00", True),  # and TL0PICIDX, TID
        (b"\x90\xf0\x85\x05\x01\x20\x01", False),
        (b"\x90", False),
        (b"", False),
    ],
)
def test_vp8(payload: bytes, expected: bool) -> None:
    assert begins_keyframe(Codec.VP8, payload) is expected


@given(codec=st.sampled_from(Codec), payload=st.binary(max_size=64))
def test_anything_is_answered(codec: Codec, payload: bytes) -> None:
    assert begins_keyframe(codec, payload) in {True, False}


def test_kinds_and_clocks() -> None:
    assert (Codec.OPUS.kind, Codec.OPUS.clock_rate) == ("audio", 48_000)
    assert (Codec.VP8.kind, Codec.H264.clock_rate) == ("video", 90_000)
