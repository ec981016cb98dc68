"""Real encoded pictures for tests: H.264 as WebRTC's encoders make it."""

from fractions import Fraction
from functools import cache

import av
import numpy as np

from livehub.media.hls.boxes import VideoFormat
from livehub.media.rtp.h264 import ParameterSets, avcc, picture_size

_LEFT_OUT = (7, 8, 9)


@cache
def units_of(count: int, size: tuple[int, int] = (320, 180), every: int = 50) -> tuple[tuple[bytes, ...], ...]:
    """The NAL units of each of ``count`` pictures of 25 a second, a grey that grows lighter."""
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = *size, "yuv420p"
    encoder.framerate, encoder.time_base, encoder.gop_size = Fraction(25), Fraction(1, 25), every
    encoder.options = {"profile": "baseline", "preset": "ultrafast", "tune": "zerolatency", "sc_threshold": "0"}
    packets = []
    for index in range(count):
        grey = np.full((size[1], size[0], 3), index * 3 % 256, np.uint8)
        frame = av.VideoFrame.from_ndarray(grey, format="rgb24")
        frame.pts = index
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    return tuple(
        tuple(unit.rstrip(b"\x00") for unit in bytes(packet).split(b"\x00\x00\x01") if unit.strip(b"\x00"))
        for packet in packets
    )


def encode(count: int, *, every: int = 50) -> list[tuple[bytes, bool]]:
    """(AVCC without parameter sets, keyframe) of each picture."""
    return [
        (avcc(unit for unit in units if unit[0] & 31 not in _LEFT_OUT), any(unit[0] & 31 == 5 for unit in units))
        for units in units_of(count, every=every)
    ]


def format_of_stream(size: tuple[int, int] = (320, 180)) -> VideoFormat:
    first = units_of(1, size)[0]
    sets = ParameterSets(*(next(unit for unit in first if unit[0] & 31 == kind) for kind in (7, 8)))
    return VideoFormat(*picture_size(sets.sps), sets)
