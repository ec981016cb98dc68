"""A room sent on by RTMP to real receivers, and to some that behave badly."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from livehub.bench.light import OfferOptions
from livehub.media.limits import RtmpLimits
from livehub.media.restream.rtmp.sending import RtmpSending
from tests.media.conftest import Studio, until
from tests.media.restream.broadcast import TONE_HZ, Ffmpeg, Wire, broadcast, certificate_for
from tests.media.restream.conftest import Relay
from tests.ports import free_port


@asynccontextmanager
async def on_air(stage: Studio, **options: object) -> AsyncIterator[None]:
    """A host who sends pictures and sound."""
    host, _ = await stage.publisher()
    sending = asyncio.create_task(broadcast(host, **options))  # type: ignore[arg-type]
    try:
        yield
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)


async def listening(ffmpeg: Ffmpeg) -> None:
    """Until the port is open: asking it would be taken for a publisher."""
    name = f":{ffmpeg.port:04X} "
    table = Path("/proc/net/tcp")
    await until(lambda: any(name in line and " 0A " in line for line in table.read_text().splitlines()), 10)


def sending_of(relay: Relay) -> RtmpSending:
    (restream,) = relay.plane._restreams._running.values()
    assert isinstance(restream.sending, RtmpSending)
    return restream.sending


async def sent(relay: Relay, count: int) -> RtmpSending:
    """Until so many pictures have gone out, however long a busy machine takes."""
    sending = sending_of(relay)
    await until(lambda: sending.pictures >= count, 40)
    return sending


async def test_ffmpeg_receives_pictures_and_sound(relay: Relay, stage: Studio, tmp_path: Path) -> None:
    async with on_air(stage, every=8):
        with Ffmpeg(tmp_path) as ffmpeg:
            await listening(ffmpeg)
            await relay.start(ffmpeg.url, ffmpeg.key)
            await relay.reach("live")
            sending = await sent(relay, 75)
            await relay.plane.stop_restream("r", "rst_1")
            received = await ffmpeg.finish()
    assert received.size == (320, 180)
    assert received.pictures == sending.pictures
    assert received.sound_s > 2.5
    assert abs(received.loudest_hz - TONE_HZ) < 5
    assert all(abs(later - before - 0.04) < 0.03 for before, later in pairwise(received.video_times))
    assert all(abs(later - before - 1024 / 48_000) < 0.002 for before, later in pairwise(received.audio_times))
    live = [status for status in relay.statuses if status["state"] == "live" and status["bitrate_bps"]]
    assert live[-1]["bitrate_bps"] > 90_000
    assert live[-1]["dropped_frames"] == 0
    assert relay.plane._restreams._feeds == {}  # nothing is decoded for nobody


async def test_all_voices_are_in_it_and_a_pause_is_silence(relay: Relay, stage: Studio, tmp_path: Path) -> None:
    host, _ = await stage.publisher()
    guest, _ = await stage.publisher(identity="guest", options=OfferOptions("sendonly", video=0))
    tasks = [asyncio.create_task(broadcast(host, sound=False)), asyncio.create_task(broadcast(guest, tone_hz=880))]
    with Ffmpeg(tmp_path) as ffmpeg:
        await listening(ffmpeg)
        await relay.start(ffmpeg.url, ffmpeg.key)
        await relay.reach("live")
        await sent(relay, 50)
        tasks[1].cancel()
        await sent(relay, 75)
        await relay.plane.stop_restream("r", "rst_1")
        received = await ffmpeg.finish()
    tasks[0].cancel()
    assert abs(received.loudest_hz - 880) < 8
    assert received.sound_s > 2.5
    assert all(abs(later - before - 1024 / 48_000) < 0.002 for before, later in pairwise(received.audio_times))


async def test_a_publisher_that_comes_back_goes_on_in_the_same_stream(
    relay: Relay, stage: Studio, tmp_path: Path
) -> None:
    with Ffmpeg(tmp_path) as ffmpeg:
        async with on_air(stage):
            await listening(ffmpeg)
            await relay.start(ffmpeg.url, ffmpeg.key)
            await relay.reach("live")
            before = (await sent(relay, 30)).pictures
        await relay.plane.close_room("r")
        await asyncio.sleep(0.5)
        async with on_air(stage):
            sending = await sent(relay, before + 40)
        await relay.plane.stop_restream("r", "rst_1")
        received = await ffmpeg.finish()
    assert relay.states == ["connecting", "live", "stopped"]
    assert received.pictures == sending.pictures
    assert all(later > before for before, later in pairwise(received.video_times))
    assert all(abs(later - before - 1024 / 48_000) < 0.002 for before, later in pairwise(received.audio_times))


async def test_a_receiver_that_dies_gets_the_show_again_when_it_is_back(
    relay: Relay, stage: Studio, tmp_path: Path
) -> None:
    async with on_air(stage):
        with Ffmpeg(tmp_path) as ffmpeg:
            await listening(ffmpeg)
            await relay.start(ffmpeg.url, ffmpeg.key)
            await relay.reach("live")
            ffmpeg.kill()
            told = await relay.reach("retrying")
            assert told["code"] == "connection_closed"
            assert told["retry_at"]
            with Ffmpeg(tmp_path, port=ffmpeg.port) as again:
                await listening(again)
                await relay.reach("live", 15)
                await sent(relay, 25)
                await relay.plane.stop_restream("r", "rst_1")
                received = await again.finish()
    assert received.pictures >= 25


async def _flows_freely(sending: RtmpSending) -> None:
    """Until a second passed in which pictures went out and none was left out."""
    async with asyncio.timeout(20):
        while True:
            before = sending.octets, sending.dropped_frames
            await asyncio.sleep(1)
            if sending.octets > before[0] and sending.dropped_frames == before[1]:
                return


async def test_one_that_is_slow_costs_pictures_and_nothing_else(relay: Relay, stage: Studio, tmp_path: Path) -> None:
    limits = RtmpLimits(socket_buffer_bytes=32_768, high_bytes=200_000, low_bytes=60_000, most_bytes=300_000)
    relay.plane._restreams.rtmp_limits = limits
    viewer_gaps: list[float] = []
    async with on_air(stage, busy=True):
        with Ffmpeg(tmp_path) as ffmpeg:
            await listening(ffmpeg)
            async with Wire(ffmpeg.port) as wire:
                await relay.start(f"rtmp://127.0.0.1:{wire.port}/app", ffmpeg.key)
                await relay.reach("live")
                viewer, _ = await stage.viewer()
                await until(lambda: len(viewer.rtp) > 200)
                sending = sending_of(relay)
                wire.stall()
                seen, at_s, most = len(viewer.rtp), time.monotonic(), 0
                # Three seconds, and longer on a machine whose camera sends slowly: until enough was left out.
                while (for_s := time.monotonic() - at_s) < 3 or (sending.dropped_frames <= 25 and for_s < 20):
                    await asyncio.sleep(0.02)
                    most = max(most, sending._waiting_bytes)
                    if len(viewer.rtp) > seen:
                        viewer_gaps.append(time.monotonic())
                        seen = len(viewer.rtp)
                assert sending.dropped_frames > 25
                assert most < limits.most_bytes + 100_000
                assert max(later - before for before, later in pairwise(viewer_gaps)) < 1.5
                octets = sending.octets
                wire.flow()
                await until(lambda: sending.octets > octets + 500_000, 15)
                await _flows_freely(sending)
                assert relay.states == ["connecting", "live"]
                await relay.plane.stop_restream("r", "rst_1")
                received = await ffmpeg.finish()
    assert received.pictures > 40
    assert all(later > before for before, later in pairwise(received.video_times))


async def test_one_that_takes_nothing_any_more_is_given_up(relay: Relay, stage: Studio, tmp_path: Path) -> None:
    relay.plane._restreams.rtmp_limits = RtmpLimits(socket_buffer_bytes=32_768, stall_s=1.0)
    async with on_air(stage, busy=True):
        with Ffmpeg(tmp_path) as ffmpeg:
            await listening(ffmpeg)
            async with Wire(ffmpeg.port) as wire:
                await relay.start(f"rtmp://127.0.0.1:{wire.port}/app", ffmpeg.key)
                await relay.reach("live")
                wire.stall()
                assert (await relay.reach("retrying", 10))["code"] == "too_slow"
                at_s = time.monotonic()
                await relay.plane.stop_restream("r", "rst_1")
                assert time.monotonic() - at_s < 1


async def test_a_server_that_says_nothing_is_not_waited_for(relay: Relay, stage: Studio) -> None:
    relay.plane._restreams.rtmp_limits = RtmpLimits(start_timeout_s=0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:  # the kernel takes connections, nobody reads them
        async with on_air(stage):
            await relay.start(f"rtmp://127.0.0.1:{silent.getsockname()[1]}/app")
            assert (await relay.reach("retrying"))["code"] == "timed_out"
            await relay.plane.stop_restream("r", "rst_1")


async def test_a_server_that_closes_at_once_is_told_of_as_a_wrong_key(relay: Relay, stage: Studio) -> None:
    async def close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(1537)
        writer.close()
        await writer.wait_closed()

    closing = await asyncio.start_server(close, "127.0.0.1", 0)
    port = closing.sockets[0].getsockname()[1]
    async with on_air(stage):
        await relay.start(f"rtmp://127.0.0.1:{port}/app")
        told = await relay.reach("retrying")
        assert told["code"] == "closed_at_start"
        await relay.plane.stop_restream("r", "rst_1")
    closing.close()


@pytest.mark.parametrize(("name", "code"), [("localhost", "live"), ("another.example", "certificate_refused")])
async def test_rtmps_with_a_certificate_that_is_trusted(
    relay: Relay, stage: Studio, tmp_path: Path, name: str, code: str
) -> None:
    server, client = certificate_for(name, tmp_path)
    relay.plane._restreams.__dict__["_tls"] = client
    async with on_air(stage):
        with Ffmpeg(tmp_path) as ffmpeg:
            await listening(ffmpeg)
            async with Wire(ffmpeg.port, server) as wire:
                await relay.start(f"rtmps://localhost:{wire.port}/app", ffmpeg.key)
                if code == "live":
                    await relay.reach("live")
                    await sent(relay, 40)
                    await relay.plane.stop_restream("r", "rst_1")
                    assert (await ffmpeg.finish()).pictures >= 40
                else:
                    assert (await relay.reach("retrying"))["code"] == code
                    await relay.plane.stop_restream("r", "rst_1")


async def test_rtmps_with_a_certificate_of_nobody(relay: Relay, stage: Studio, tmp_path: Path) -> None:
    server, _ = certificate_for("localhost", tmp_path)
    heard: list[bytes] = []

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read())
        writer.close()

    there = await asyncio.start_server(hear, "127.0.0.1", 0, ssl=server)
    port = there.sockets[0].getsockname()[1]
    async with on_air(stage):
        await relay.start(f"rtmps://localhost:{port}/app")
        assert (await relay.reach("retrying"))["code"] == "certificate_refused"
        await relay.plane.stop_restream("r", "rst_1")
    there.close()
    assert b"".join(heard) == b""


async def test_no_tls_at_all(relay: Relay, stage: Studio) -> None:
    plain = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
    port = plain.sockets[0].getsockname()[1]
    async with on_air(stage):
        await relay.start(f"rtmps://localhost:{port}/app")
        assert (await relay.reach("retrying"))["code"] in {"tls_failed", "unreachable"}
        await relay.plane.stop_restream("r", "rst_1")
    plain.close()


async def test_nobody_there(relay: Relay, stage: Studio) -> None:
    async with on_air(stage):
        await relay.start(f"rtmp://127.0.0.1:{free_port()}/app")
        assert (await relay.reach("retrying"))["code"] == "connection_refused"


async def test_vp8_is_refused_plainly_until_h264_comes(relay: Relay, stage: Studio, tmp_path: Path) -> None:
    host, session = await stage.publisher(options=OfferOptions("sendonly", h264=False, vp8=True))
    host.send_rtp(1002, 96, 0, b"\x10\x00" + bytes(40), marker=True)
    await until(lambda: relay.plane.tracks("r"))
    with Ffmpeg(tmp_path) as ffmpeg:
        await listening(ffmpeg)
        await relay.start(ffmpeg.url, ffmpeg.key)
        told = await relay.reach("failed")
        assert told["code"] == "rtmp_needs_h264"
        assert "VP8" in told["detail"]
        await relay.plane.close_session(session.id)
        async with on_air(stage):
            await relay.reach("live")
            await sent(relay, 40)
            await relay.plane.stop_restream("r", "rst_1")
            assert (await ffmpeg.finish()).pictures >= 40


async def test_private_addresses_get_nothing(relay: Relay, stage: Studio) -> None:
    asked: list[int] = []
    there = await asyncio.start_server(lambda reader, writer: asked.append(1), "127.0.0.1", 0)
    port = there.sockets[0].getsockname()[1]
    relay.plane._restreams._allow_private = False
    async with on_air(stage):
        for host in ("127.0.0.1", "localhost", "[::1]"):
            await relay.start(f"rtmp://{host}:{port}/app")
            assert (await relay.reach("failed"))["code"] == "address_refused"
    there.close()
    assert asked == []


async def test_two_targets_share_what_is_encoded(relay: Relay, stage: Studio, tmp_path: Path) -> None:
    async with on_air(stage):
        with Ffmpeg(tmp_path) as one, Ffmpeg(tmp_path) as two:
            await listening(one)
            await listening(two)
            for number, ffmpeg in enumerate((one, two)):
                await relay.plane.start_restream("r", f"rst_{number}", url=ffmpeg.url, key=ffmpeg.key)
            await until(lambda: sum(status["state"] == "live" for status in relay.statuses) >= 2)
            assert len(relay.plane._restreams._feeds) == 1
            links = [restream.sending for restream in relay.plane._restreams._running.values()]
            await until(lambda: all(isinstance(link, RtmpSending) and link.pictures > 40 for link in links), 40)
            for number in range(2):
                await relay.plane.stop_restream("r", f"rst_{number}")
            for ffmpeg in (one, two):
                received = await ffmpeg.finish()
                assert received.pictures > 40
                assert received.sound_s > 1
