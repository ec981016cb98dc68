"""Real encoders' keyframes become real pictures, once however many ask."""

import asyncio
import io
from collections.abc import Sequence
from fractions import Fraction

import av
import numpy as np
import pytest
from av.video.codeccontext import VideoCodecContext
from PIL import Image

from livehub.clock import ManualClock
from livehub.media import still
from livehub.media.rtp.codecs import Codec
from livehub.media.still import FRESH_S, Stills, picture


def keyframe(codec: Codec, size: tuple[int, int] = (640, 360)) -> list[bytes]:
    """The RTP payloads of one orange keyframe from a real encoder."""
    encoder = VideoCodecContext.create("libx264" if codec is Codec.H264 else "libvpx", "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = *size, "yuv420p"
    encoder.framerate = Fraction(25)
    colour = np.full((size[1], size[0], 3), (230, 120, 20), np.uint8)
    frame = av.VideoFrame.from_ndarray(colour, format="rgb24")
    frame.pts = 0
    data = b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])
    if codec is Codec.VP8:
        return [bytes((0x10 if at == 0 else 0,)) + data[at : at + 1000] for at in range(0, len(data), 1000)]
    return [unit.removesuffix(b"\x00") for unit in data.split(b"\x00\x00\x01") if unit.strip(b"\x00")]


@pytest.mark.parametrize("codec", [Codec.H264, Codec.VP8])
def test_a_keyframe_becomes_a_picture(codec: Codec) -> None:
    webp = picture(codec, keyframe(codec, (1280, 720)))
    assert webp is not None
    image = Image.open(io.BytesIO(webp)).convert("RGB")
    assert image.size == (960, 540)
    pixel = image.getpixel((480, 270))
    assert isinstance(pixel, tuple)
    assert all(abs(have - want) < 12 for have, want in zip(pixel, (230, 120, 20), strict=True))


@pytest.mark.parametrize("payloads", [[b"\x65\x00\x01\x02"], [b""], [b"\xff" * 40], [b"\x67\x42\xe0\x1f", b"\x65"]])
def test_what_cannot_be_decoded_is_no_picture(payloads: list[bytes]) -> None:
    assert picture(Codec.H264, payloads) is None
    assert picture(Codec.VP8, payloads) is None


def test_a_picture_that_is_too_large_is_not_decoded_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[object] = []
    decode = still._decode

    def spy(codec: Codec, data: bytes) -> av.VideoFrame | None:
        frame = decode(codec, data)
        decoded.append(frame)
        return frame

    monkeypatch.setattr(still, "_decode", spy)
    assert picture(Codec.H264, keyframe(Codec.H264, (4112, 2320))) is None
    assert not any(decoded)


async def test_a_still_is_taken_once_and_kept_while_fresh(clock: ManualClock) -> None:
    asked = 0
    payloads = keyframe(Codec.H264)

    async def keyframes(_room: str) -> tuple[Codec, Sequence[bytes]]:
        nonlocal asked
        asked += 1
        return Codec.H264, payloads

    stills = Stills(keyframes, clock)
    together = await asyncio.gather(*(stills.of("room") for _ in range(20)))
    assert together[0] is not None
    assert len(set(together)) == 1
    assert asked == 1
    clock.advance(FRESH_S - 1)
    await stills.of("room")
    assert asked == 1
    clock.advance(2)
    await stills.of("room")
    assert asked == 2
    await stills.close()


async def test_a_room_without_a_picture_has_no_still(clock: ManualClock) -> None:
    async def none(_room: str) -> None:
        return None

    stills = Stills(none, clock)
    assert await stills.of("room") is None
    await stills.close()
