from fractions import Fraction

import av
import pytest
from av.video.codeccontext import VideoCodecContext
from hypothesis import given
from hypothesis import strategies as st

from livehub.media.rtp.errors import RtpError
from livehub.media.rtp.h264 import annex_b, avcc, nal_units, picture_size
from tests.media.rtp.test_depacketize import fragments


def real_sps(width: int, height: int, profile: str) -> bytes:
    encoder = VideoCodecContext.create("libx264", "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.width, encoder.height, encoder.framerate = width, height, Fraction(25)
    encoder.pix_fmt = "yuv444p" if profile == "high444" else "yuv420p"
    encoder.options = {"profile": profile, "preset": "ultrafast"}
    frame = av.VideoFrame(width, height, encoder.pix_fmt)
    frame.pts = 0
    data = b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])
    return next(unit for unit in data.split(b"\x00\x00\x01") if unit and unit[0] & 31 == 7).rstrip(b"\x00")


@pytest.mark.parametrize("profile", ["baseline", "main", "high", "high444"])
@pytest.mark.parametrize("size", [(640, 360), (1920, 1080), (130, 98), (360, 640)])
def test_the_size_of_real_encoders_pictures(size: tuple[int, int], profile: str) -> None:
    assert picture_size(real_sps(*size, profile)) == size


@given(st.binary(max_size=80))
def test_hostile_parameter_sets_raise_only_what_is_documented(data: bytes) -> None:
    for sps in (data, b"\x67" + data, b"\x67\x64\x00\x1f" + data, b"\x67\x42\xe0\x1f" + data):
        try:
            width, height = picture_size(sps)
        except RtpError:
            continue
        assert 0 < width <= 16_384
        assert 0 < height <= 16_384


@given(st.lists(st.binary(min_size=2, max_size=200).map(lambda body: b"\x61" + body), min_size=1, max_size=5))
def test_units_survive_packets_and_lengths(units: list[bytes]) -> None:
    payloads: list[bytes] = []
    for number, unit in enumerate(units):
        payloads += fragments(unit, 50) if number % 2 else [unit]
    assert nal_units(payloads) == units
    assert annex_b(avcc(units)) == b"".join(b"\x00\x00\x00\x01" + unit for unit in units)


@pytest.mark.parametrize(
    "payloads",
    [
        fragments(b"\x65" + bytes(90), 30)[1:],
        fragments(b"\x65" + bytes(90), 30)[:-1],
        [fragments(b"\x65" + bytes(90), 30)[0], b"\x61\x00\x00"],
        [fragments(b"\x65" + bytes(90), 30)[0]] * 2,
        [b"\x61"],
        [b"\x7e\x00\x00"],
    ],
)
def test_fragments_that_do_not_fit_are_refused(payloads: list[bytes]) -> None:
    with pytest.raises(RtpError):
        nal_units(payloads)


@pytest.mark.parametrize("data", [b"\x00\x00\x00\x09\x65", b"\x00\x00\x00\x00", b"\x00\x00"])
def test_lengths_that_lie_are_refused(data: bytes) -> None:
    with pytest.raises(RtpError):
        annex_b(data)
