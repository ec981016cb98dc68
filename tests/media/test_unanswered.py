"""A publisher that makes no keyframe though it is asked: nobody waits in silence."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from livehub.bench.light import H264_PT, VIDEO_SSRC, LightClient
from livehub.events import EventBus
from livehub.media.hls.packager import Packager
from livehub.media.plane import MediaPlane
from tests.media.conftest import DELTA, KEYFRAME, Studio, until
from tests.media.virtual_time import LoopClock

pytestmark = pytest.mark.virtual_time


@pytest.fixture
async def plane(bus: EventBus, tmp_path: Path) -> AsyncIterator[MediaPlane]:
    made = MediaPlane(0, ("127.0.0.1",), bus=bus, clock=LoopClock(), packager=Packager(tmp_path / "hls"))
    await made.start()
    yield made
    await made.close()


async def pictures(host: LightClient, seconds: float, begun: int = 0) -> int:
    """Thirty a second, none of them a keyframe, whatever is asked."""
    for index in range(begun, begun + round(seconds * 30)):
        host.send_rtp(VIDEO_SSRC, H264_PT, 3000 * index, DELTA, marker=True)
        await asyncio.sleep(1 / 30)
    return begun + round(seconds * 30)


async def unanswered_s(studio: Studio, session_id: str) -> float:
    (track,) = (await studio.plane.session_stats(session_id)).tracks
    return track.unanswered_s


@pytest.mark.parametrize("who", ["a viewer", "HLS"])
async def test_it_is_told_in_statistics_counters_and_the_log(
    studio: Studio, caplog: pytest.LogCaptureFixture, who: str
) -> None:
    host, session = await studio.publisher()
    sent = await pictures(host, 6.0)
    assert await unanswered_s(studio, session.id) == 0.0, "nobody has asked"
    if who == "HLS":
        await studio.plane.package("r", "hls")
    else:
        await studio.viewer()
    sent = await pictures(host, 4.0, sent)
    assert await unanswered_s(studio, session.id) == 0.0, "it may still come"
    sent = await pictures(host, 4.0, sent)
    assert await unanswered_s(studio, session.id) >= 5.0
    assert studio.plane.stats()["unanswered"] == 1
    assert [line for line in caplog.messages if "answers no requests" in line] == [
        "host answers no requests for a keyframe: nobody can begin with it"
    ]
    host.send_rtp(VIDEO_SSRC, H264_PT, 3000 * sent, KEYFRAME, marker=True)
    await until(lambda: studio.plane.stats()["unanswered"] == 0)
    assert await unanswered_s(studio, session.id) == 0.0


async def test_who_sends_nothing_at_all_is_not_said_to_refuse(studio: Studio) -> None:
    host, session = await studio.publisher()
    await studio.viewer()
    await pictures(host, 1.0)
    await asyncio.sleep(10.0)
    assert await unanswered_s(studio, session.id) == 0.0
