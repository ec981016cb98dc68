"""A publisher that makes no keyframe though it is asked: nobody waits in silence."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from livehub.bench.light import H264_PT, VIDEO_SSRC, LightClient, OfferOptions
from livehub.events import EventBus
from livehub.media.hls.packager import Packager
from livehub.media.plane import MediaPlane
from livehub.media.rtp import rtcp
from tests.media.conftest import DELTA, KEYFRAME, Studio, until
from tests.media.test_plane import rtcp_of
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


async def shown(viewer: LightClient, host: LightClient, sent: int, seconds: float) -> float | None:
    """Seconds of a stream without keyframes until ``viewer`` has something; None when it got nothing."""
    for index in range(round(seconds * 30)):
        await pictures(host, 1 / 30, sent + index)
        if viewer.video():
            return (index + 1) / 30
    return None


async def test_who_comes_begins_with_the_kept_keyframe_when_no_new_one_is_made(studio: Studio) -> None:
    host, _ = await studio.publisher()
    host.send_rtp(VIDEO_SSRC, H264_PT, 0, KEYFRAME, marker=True)
    sent = await pictures(host, 2.0, 1)
    first, _ = await studio.viewer(identity="first")
    waited_s = await shown(first, host, sent, 2.0)
    assert waited_s is not None
    assert 0.4 <= waited_s <= 0.6, "the publisher has a moment to make one"
    sent += round(waited_s * 30)
    host.rtcp.clear()
    second, _ = await studio.viewer(identity="second")
    waited_s = await shown(second, host, sent, 2.0)
    assert waited_s is not None
    assert waited_s <= 0.1, "it is known by now that none is made"
    sent += round(waited_s * 30)
    await pictures(host, 1.0, sent)
    assert rtcp_of(host, rtcp.KeyframeRequest), "the request may have been lost: it is asked for those who come"
    for viewer in (first, second):
        numbers = [header.sequence_number for header, _ in viewer.video()]
        assert viewer.video()[0][1] == KEYFRAME
        assert numbers == list(range(numbers[0], numbers[0] + sent + 30)), "all since then, and what came after"


async def test_nobody_begins_with_the_past_of_a_stream_that_stands(studio: Studio) -> None:
    host, _ = await studio.publisher()
    host.send_rtp(VIDEO_SSRC, H264_PT, 0, KEYFRAME, marker=True)
    await pictures(host, 1.0, 1)
    await studio.viewer(identity="first")
    await asyncio.sleep(2.0)
    late, _ = await studio.viewer(identity="late")
    await asyncio.sleep(2.0)
    assert not late.video()


async def test_another_layer_of_what_is_shown_waits_for_its_keyframe(studio: Studio) -> None:
    """The picture goes on meanwhile: nothing is gained by showing the past again."""
    host, _ = await studio.publisher(options=OfferOptions("sendonly", rids=("l", "h")))
    viewer, session = await studio.viewer()
    for layer in (0, 1):
        host.send_layer(layer, H264_PT, 0, KEYFRAME, marker=True)
    await until(lambda: bool(viewer.video()))
    subscriber = session.subscriber
    assert subscriber is not None
    (slot,) = subscriber.video_slots
    assert slot.source is not None
    low, high = slot.source.layers
    slot.take(low if slot.track is high else high)
    switches = slot.switches
    for index in range(1, 90):
        for layer in (0, 1):
            host.send_layer(layer, H264_PT, 3000 * index, DELTA, marker=True)
        await asyncio.sleep(1 / 30)
    assert slot.switches == switches
    assert [payload for _, payload in viewer.video()].count(KEYFRAME) == 1
