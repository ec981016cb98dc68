"""A real ffmpeg publishes by WHIP; what a viewer receives is decoded, and the frames are counted."""

import asyncio
from collections.abc import AsyncIterator

import av
import imageio_ffmpeg
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from aiortc.codecs.h264 import H264PayloadDescriptor

from livehub.media.plane import MediaPlane
from tests.media.conftest import Studio, until

pytestmark = pytest.mark.ffmpeg


@pytest.fixture
async def whip_url(plane: MediaPlane) -> AsyncIterator[str]:
    async def whip(request: web.Request) -> web.Response:
        session = await plane.publish("r", "ffmpeg", "ffmpeg", await request.text())
        headers = {"Location": f"/media/{session.id}"}
        return web.Response(status=201, text=session.answer_sdp, content_type="application/sdp", headers=headers)

    async def delete(request: web.Request) -> web.Response:
        await plane.close_session(request.match_info["session"])
        return web.Response()

    app = web.Application()
    app.add_routes([web.post("/whip", whip), web.delete("/media/{session}", delete)])
    async with TestServer(app) as server:
        yield str(server.make_url("/whip"))


@pytest.fixture
async def ffmpeg(whip_url: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Sends a test picture and a tone, a keyframe every eight seconds, and takes no requests for more."""
    process = await asyncio.create_subprocess_exec(
        imageio_ffmpeg.get_ffmpeg_exe(),
        *["-hide_banner", "-loglevel", "error", "-re", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25"],
        *["-re", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"],
        *["-c:v", "libx264", "-profile:v", "baseline", "-preset", "ultrafast", "-tune", "zerolatency"],
        *["-b:v", "500k", "-g", "200", "-bf", "0"],
        *["-c:a", "libopus", "-ar", "48000", "-ac", "2", "-f", "whip"],
        whip_url,
        stdin=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    yield process
    if process.returncode is None:
        process.kill()
    await process.communicate()


def decoded_frames(packets: list[bytes]) -> int:
    decoder = av.CodecContext.create("h264", "r")
    data = b"".join(H264PayloadDescriptor.parse(payload)[1] for payload in packets if payload)
    frames = 0
    for packet in [*decoder.parse(data), *decoder.parse(b""), None]:
        frames += len(decoder.decode(packet))
    return frames


async def test_viewer_decodes_what_ffmpeg_publishes(
    studio: Studio, plane: MediaPlane, ffmpeg: asyncio.subprocess.Process
) -> None:
    early, _ = await studio.viewer(identity="early")
    await until(lambda: len(plane.tracks("r")) == 2, timeout_s=20)
    await until(lambda: len({header.timestamp for header, _ in early.video()}) >= 50, timeout_s=20)
    late, _ = await studio.viewer(identity="late")
    await until(lambda: late.video(), timeout_s=0.5)  # from the kept keyframe: the next is six seconds away
    await until(lambda: len({header.timestamp for header, _ in late.video()}) >= 75, timeout_s=20)
    for viewer in (early, late):
        received = viewer.video()
        numbers = [header.sequence_number for header, _ in received]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        frames = len({header.timestamp for header, _ in received})
        assert decoded_frames([payload for _, payload in received]) >= frames - 2
        assert any(header.payload_type == 111 for header, _ in viewer.rtp)


async def test_ffmpeg_ends_its_session_when_it_is_told_to_quit(
    plane: MediaPlane, ffmpeg: asyncio.subprocess.Process
) -> None:
    await until(lambda: plane.tracks("r"), timeout_s=20)
    assert ffmpeg.stdin is not None
    ffmpeg.stdin.write(b"q")
    await ffmpeg.stdin.drain()
    await until(lambda: not plane.tracks("r"), timeout_s=10)
