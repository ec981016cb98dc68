"""A room sent on by WHIP: what goes out, what comes back, and what happens when the other server does not want it."""

import asyncio
import logging
import re
from itertools import pairwise
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from livehub.bench.light import AUDIO_SSRC, H264_PT, OPUS_PT, VIDEO_SSRC, VP8_PT, LightClient, OfferOptions
from livehub.clock import SystemClock
from livehub.events import EventBus, RoomEnded
from livehub.media.plane import MediaPlane
from livehub.media.restream.failure import SendFailure
from livehub.media.restream.ice import Address
from livehub.media.restream.whip_http import WhipResource
from livehub.media.rtp import rtcp
from tests.media.conftest import DELTA, KEYFRAME, Studio, send_frames, until
from tests.media.restream.broadcast import certificate_for
from tests.media.restream.conftest import KEY, Relay, WhipServer, watch

SPS = b"\x67\x64\x00\x28" + bytes(20)
VP8_KEYFRAME = b"\x10\x00" + bytes(40)


async def keep_sending(client: LightClient, payload_type: int = H264_PT, keyframe: bytes = KEYFRAME) -> None:
    """A picture 60 times a second, each sixth a keyframe, and sound with it, until cancelled."""
    number = 0
    while True:
        payload = keyframe if number % 6 == 0 else DELTA
        client.send_rtp(VIDEO_SSRC, payload_type, 1500 * number, payload, marker=True)
        client.send_rtp(AUDIO_SSRC, OPUS_PT, 960 * number, b"opus" + number.to_bytes(4, "big"))
        number += 1
        await asyncio.sleep(1 / 60)


async def test_packets_arrive_untouched_at_a_viewer_of_the_other_server(
    relay: Relay, stage: Studio, audience: Studio
) -> None:
    host, _ = await stage.publisher()
    sending = asyncio.create_task(keep_sending(host))
    await relay.start()
    await relay.reach("live")
    assert relay.states == ["connecting", "live"]
    viewer, _ = await audience.viewer("there")
    await until(lambda: len(viewer.rtp) > 60)
    video = [(header, payload) for header, payload in viewer.rtp if header.payload_type == H264_PT]
    sound = [payload for header, payload in viewer.rtp if header.payload_type == OPUS_PT]
    assert {payload for _, payload in video} == {KEYFRAME, DELTA}
    assert video[0][1] == KEYFRAME
    numbers = [header.sequence_number for header, _ in video]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert [int.from_bytes(payload[4:], "big") for payload in sound] == list(
        range(int.from_bytes(sound[0][4:], "big"), int.from_bytes(sound[0][4:], "big") + len(sound))
    )
    await until(lambda: relay.statuses[-1]["bitrate_bps"] > 50_000, 6)
    sending.cancel()


async def test_the_offer_is_in_the_formats_of_the_stage(relay: Relay, stage: Studio) -> None:
    host, _ = await stage.publisher()
    host.send_rtp(VIDEO_SSRC, H264_PT, 0, SPS, marker=False)
    host.send_rtp(VIDEO_SSRC, H264_PT, 0, b"\x65" + bytes(20), marker=True)
    await until(lambda: relay.plane.tracks("r"))
    await relay.start()
    await relay.reach("live")
    (offer,) = relay.there.offers
    assert "profile-level-id=640028" in offer
    assert "VP8" not in offer
    assert "a=sendonly" in offer
    assert offer.count("m=") == 2
    assert re.search(r"a=candidate:1 1 udp \d+ 127\.0\.0\.1 \d+ typ host", offer)


async def test_it_waits_for_something_to_send(relay: Relay, stage: Studio) -> None:
    await relay.start()
    await asyncio.sleep(0.05)
    assert relay.there.offers == []
    host, _ = await stage.publisher()
    await send_frames(host, 3)
    await relay.reach("live")
    assert relay.states == ["connecting", "live"]


async def test_the_end_is_told_with_delete_and_the_key(relay: Relay, stage: Studio) -> None:
    host, _ = await stage.publisher()
    await send_frames(host, 3)
    await relay.start()
    await relay.reach("live")
    await relay.plane.stop_restream("r", "rst_1")
    assert relay.states == ["connecting", "live", "stopped"]
    assert len(relay.there.deleted) == 1
    assert relay.there.authorizations == [f"Bearer {KEY}"] * 2
    assert relay.there.plane.tracks("there") == ()
    assert relay.plane.stats()["restreams"] == 0


async def test_the_end_of_the_room_is_its_end(relay: Relay, stage: Studio, there: WhipServer) -> None:
    host, _ = await stage.publisher()
    await send_frames(host, 3)
    await relay.start()
    await relay.reach("live")
    relay.plane._bus.publish(RoomEnded("r"))
    await relay.reach("stopped")
    assert len(there.deleted) == 1


async def test_a_keyframe_that_the_other_server_wants_is_asked_of_the_publisher(
    relay: Relay, stage: Studio, audience: Studio
) -> None:
    host, session = await stage.publisher()
    await send_frames(host, 3)
    await relay.start()
    await relay.reach("live")
    assert session.publisher is not None
    await send_frames(host, 3, first_timestamp=9000)
    (track,) = [track for track in session.publisher.tracks.values() if track.kind == "video"]
    await until(lambda: relay.there.plane.tracks("there"))
    before = track.requests_sent
    await asyncio.sleep(0.6)  # requests are coalesced for half a second
    await audience.viewer("there")  # asks its server, which asks ours
    await until(lambda: track.requests_sent > before)


async def test_lost_packets_are_sent_again(relay: Relay, stage: Studio, audience: Studio) -> None:
    host, _ = await stage.publisher()
    sending = asyncio.create_task(keep_sending(host))
    await relay.start()
    await relay.reach("live")
    viewer, _ = await audience.viewer("there")
    link = relay.link
    stream = relay.sending._streams["video"]
    real_send, count = link.send, 0

    def lossy(data: bytes, address: Address) -> None:
        nonlocal count
        count += 1
        if not (127 < data[0] < 192 and count % 9 == 0):
            real_send(data, address)

    link.send = lossy  # type: ignore[method-assign]
    await until(lambda: len([1 for header, _ in viewer.rtp if header.payload_type == H264_PT]) > 150)
    link.send = real_send  # type: ignore[method-assign]
    await asyncio.sleep(0.5)
    sending.cancel()
    numbers = sorted({header.sequence_number for header, _ in viewer.rtp if header.payload_type == H264_PT})
    assert len(numbers) >= 0.98 * (numbers[-1] - numbers[0] + 1)
    assert stream.resent > 5


async def test_a_publisher_that_comes_back_goes_on_in_the_same_session(
    relay: Relay, stage: Studio, audience: Studio
) -> None:
    host, session = await stage.publisher()
    sending = asyncio.create_task(keep_sending(host))
    await relay.start()
    await relay.reach("live")
    viewer, _ = await audience.viewer("there")
    await until(lambda: len(viewer.rtp) > 20)
    sending.cancel()
    await relay.plane.close_session(session.id)
    await asyncio.sleep(0.1)
    again, _ = await stage.publisher()
    sending = asyncio.create_task(keep_sending(again))
    seen = len(viewer.rtp)
    await until(lambda: len(viewer.rtp) > seen + 40)
    sending.cancel()
    assert len(relay.there.offers) == 1
    assert relay.states == ["connecting", "live"]
    video = [(header, payload) for header, payload in viewer.rtp if header.payload_type == H264_PT]
    numbers = [header.sequence_number for header, _ in video]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    stamps = [header.timestamp for header, _ in video]
    assert all((later - before) & 0xFFFFFFFF < 2**31 for before, later in pairwise(stamps))


async def test_another_codec_on_stage_is_negotiated_anew(relay: Relay, stage: Studio) -> None:
    host, session = await stage.publisher()
    await send_frames(host, 3)
    await relay.start()
    await relay.reach("live")
    await relay.plane.close_session(session.id)
    other, _ = await stage.publisher(options=OfferOptions("sendonly", h264=False, vp8=True))
    sending = asyncio.create_task(keep_sending(other, VP8_PT, VP8_KEYFRAME))
    await until(lambda: len(relay.there.offers) == 2)
    await relay.reach("live")
    sending.cancel()
    assert "VP8/90000" in relay.there.offers[1]
    assert "H264" not in relay.there.offers[1]
    assert relay.there.deleted


async def test_it_follows_307_with_its_key(relay: Relay, stage: Studio) -> None:
    host, _ = await stage.publisher()
    await send_frames(host, 3)

    def redirect(request: web.Request) -> web.Response | None:
        if "moved" in request.query:
            return None
        return web.Response(status=307, headers={"Location": "/whip?moved=1"})

    relay.there.refuse = redirect
    await relay.start()
    await relay.reach("live")
    assert relay.there.authorizations == [f"Bearer {KEY}"] * 2


@pytest.mark.parametrize(
    ("location", "code"),
    [
        ("http://localhost:{plain}/session", "session_over_plain_http"),
        ("HTTP://localhost:{plain}/session", "session_over_plain_http"),
        ("ftp://localhost/session", "session_over_plain_http"),
        ("//localhost:{safe}/session", ""),
        ("/session", ""),
    ],
)
async def test_the_key_goes_to_no_session_by_plain_http(tmp_path: Path, location: str, code: str) -> None:
    """Whose endpoint was https."""
    server, client = certificate_for("localhost", tmp_path)
    heard: list[tuple[str, str, str | None]] = []
    ports: dict[str, int] = {}

    async def hear(request: web.Request) -> web.Response:
        heard.append((request.scheme, request.method, request.headers.get("Authorization")))
        headers = {"Location": location.format_map(ports)}
        return web.Response(status=201, text="v=0", content_type="application/sdp", headers=headers)

    class Trusting(WhipResource):
        def _session(self, timeout_s: float = 5.0) -> aiohttp.ClientSession:
            return aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=client, force_close=True))

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", hear)
    async with TestServer(app, host="localhost") as plain:
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "localhost", 0, ssl_context=server).start()
        try:
            ports |= {"plain": plain.port or 0, "safe": runner.addresses[0][1]}
            resource = Trusting(f"https://localhost:{ports['safe']}/whip", KEY, guarded=False)
            if code:
                with pytest.raises(SendFailure) as failure:
                    await resource.create("v=0")
                assert (failure.value.error_code, failure.value.final) == (code, True)
            else:
                assert await resource.create("v=0") == "v=0"
            await resource.delete()
        finally:
            await runner.cleanup()
    methods = ["POST"] if code else ["POST", "DELETE"]
    assert heard == [("https", method, f"Bearer {KEY}") for method in methods]


@pytest.mark.parametrize(
    ("status", "state", "code"),
    [
        (401, "failed", "key_refused"),
        (403, "failed", "key_refused"),
        (404, "retrying", "no_whip"),
        (422, "failed", "offer_refused"),
        (429, "retrying", "server_busy"),
        (500, "retrying", "server_failed"),
        (200, "retrying", "server_failed"),
        (307, "retrying", "redirected_too_often"),
    ],
)
async def test_refusals_in_plain_words(relay: Relay, stage: Studio, status: int, state: str, code: str) -> None:
    host, _ = await stage.publisher()
    await send_frames(host, 3)
    relay.there.refuse = lambda _: web.Response(status=status, headers={"Location": "/whip"})
    await relay.start()
    told = await relay.reach(state)
    assert told["code"] == code
    assert told["detail"]
    assert (told["retry_at"] is not None) == (state == "retrying")


async def test_a_busy_server_is_asked_again_when_it_said(relay: Relay, stage: Studio) -> None:
    host, _ = await stage.publisher()
    await send_frames(host, 3)
    answers = [web.Response(status=503, headers={"Retry-After": "1"})]
    relay.there.refuse = lambda _: answers.pop() if answers else None
    await relay.start()
    await relay.reach("live")
    assert relay.states == ["connecting", "retrying", "connecting", "live"]


@pytest.mark.parametrize("answer", ["", "v=0\r\n", "no sdp", "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n"])
async def test_an_answer_that_is_none(relay: Relay, stage: Studio, answer: str) -> None:
    host, _ = await stage.publisher()
    await send_frames(host, 3)
    relay.there.refuse = lambda _: web.Response(status=201, text=answer, content_type="application/sdp")
    await relay.start()
    assert (await relay.reach("retrying"))["code"] == "answer_unreadable"


async def test_a_server_that_is_not_there(relay: Relay, stage: Studio, unused_tcp_port: int) -> None:
    host, _ = await stage.publisher()
    await send_frames(host, 3)
    await relay.start(f"http://127.0.0.1:{unused_tcp_port}/whip")
    assert (await relay.reach("retrying"))["code"] == "connection_refused"


async def test_a_server_that_ends_the_session_gets_a_new_one(relay: Relay, stage: Studio) -> None:
    host, _ = await stage.publisher()
    sending = asyncio.create_task(keep_sending(host))
    await relay.start()
    await relay.reach("live")
    await relay.there.plane.close_room("there")
    await relay.reach("retrying")
    assert relay.statuses[-1]["code"] == "connection_closed"
    await relay.reach("live")
    sending.cancel()
    assert len(relay.there.offers) == 2


async def test_private_addresses_get_nothing(there: WhipServer, stage: Studio, certificate: object) -> None:
    bus = EventBus()
    plane = MediaPlane(0, ("127.0.0.1",), bus=bus, clock=SystemClock())
    await plane.start()
    guarded = Relay(plane, there, watch(bus))
    studio = Studio(plane, stage.certificate)
    host, _ = await studio.publisher()
    await send_frames(host, 3)
    await guarded.start()
    told = await guarded.reach("failed")
    assert told["code"] == "address_refused"
    assert there.authorizations == []
    studio.close()
    await plane.close()


async def test_no_key_in_any_log(relay: Relay, stage: Studio, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    host, _ = await stage.publisher()
    await send_frames(host, 3)
    await relay.start(f"{relay.there.url}?token=secret-in-the-address")
    await relay.reach("live")
    relay.there.refuse = lambda _: web.Response(status=500)
    await relay.there.plane.close_room("there")
    await relay.reach("retrying")
    await relay.plane.stop_restream("r", "rst_1")
    logged = [record.getMessage() for record in caplog.records if not record.name.startswith("aiohttp.access")]
    assert logged
    assert not [line for line in logged if KEY in line or "secret-in-the-address" in line]
    assert all(KEY not in str(status) for status in relay.statuses)


def test_reports_are_what_others_read() -> None:
    report = rtcp.pack_sender_report(rtcp.SenderReport(7, 1 << 40, 5, 6, 8)) + rtcp.pack_source_description(7, "name")
    (read,) = rtcp.parse_compound(report)
    assert read == rtcp.SenderReport(7, 1 << 40, 5, 6, 8)


async def test_a_full_agent_that_names_no_address_is_met_by_its_own_checks(relay: Relay, stage: Studio) -> None:
    """As browsers do, which give names instead of addresses; the plane's own answers are lite, so one is played."""
    host, _ = await stage.publisher()
    await send_frames(host, 3)
    answers: list[str] = []
    real = relay.there.plane.publish

    async def without_candidates(*arguments: str) -> object:
        session = await real(*arguments)
        lines = session.answer_sdp.splitlines(keepends=True)
        lite = [line for line in lines if not line.startswith("a=candidate")]
        session.answer_sdp = "".join(line for line in lite if len(answers) == 0 or line.strip() != "a=ice-lite")
        answers.append(session.answer_sdp)
        return session

    relay.there.plane.publish = without_candidates  # type: ignore[assignment,method-assign]
    await relay.start()
    assert (await relay.reach("retrying"))["code"] == "no_media_address"  # lite and without an address: at once
    await until(lambda: len(answers) == 2)
    await until(lambda: relay.statuses[-1]["state"] == "connecting")
    await asyncio.sleep(0.2)
    assert relay.statuses[-1]["state"] == "connecting"  # not lite: it may still come
    await relay.plane.stop_restream("r", "rst_1")
