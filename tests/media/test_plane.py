"""Packets on the whole path with real DTLS peers: order, loss, keyframes, reports."""

import asyncio
import contextlib
import re
import socket
import struct

from livehub.bench.light import (
    AUDIO_SSRC,
    H264_PT,
    H264_RTX_PT,
    OPUS_PT,
    VIDEO_SSRC,
    LightClient,
    OfferOptions,
)
from livehub.media.rtp import rtcp
from livehub.media.transport import Certificate
from tests.media.conftest import DELTA, KEYFRAME, Studio, send_frames, until


def rtcp_of(client: LightClient, kind: type) -> list:  # type: ignore[type-arg]
    return [packet for data in client.rtcp for packet in rtcp.parse_compound(data) if isinstance(packet, kind)]


async def test_packets_reach_every_viewer_in_order_and_whole(studio: Studio) -> None:
    host, _ = await studio.publisher()
    viewers = [(await studio.viewer(identity=f"v{index}"))[0] for index in range(5)]
    await send_frames(host, 50)
    await until(lambda: all(len(viewer.video()) >= 50 for viewer in viewers))
    for viewer in viewers:
        headers = [header for header, _ in viewer.video()]
        first = headers[0]
        assert [header.sequence_number for header in headers] == [first.sequence_number + i for i in range(50)]
        assert [header.timestamp - first.timestamp for header in headers] == [3000 * i for i in range(50)]
        assert viewer.video()[0][1] == KEYFRAME
        assert viewer.video()[49][1] == DELTA


async def test_numbers_wrap_on_the_way_in_and_on_the_way_out(studio: Studio) -> None:
    host, _ = await studio.publisher()
    viewer, _ = await studio.viewer()
    host.sequence[VIDEO_SSRC] = 65_500
    await send_frames(host, 100, first_timestamp=(1 << 32) - 60_000)
    await until(lambda: len(viewer.video()) == 100)
    headers = [header for header, _ in viewer.video()]
    assert [(later.sequence_number - headers[0].sequence_number) & 0xFFFF for later in headers] == list(range(100))
    assert [(later.timestamp - headers[0].timestamp) & 0xFFFFFFFF for later in headers] == [
        3000 * index for index in range(100)
    ]


async def test_viewer_that_stalls_delays_nobody(studio: Studio) -> None:
    host, _ = await studio.publisher()
    stalled, _ = await studio.viewer(identity="stalled")
    reading, _ = await studio.viewer(identity="reading")
    stalled.stop_reading()
    stalled.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    await send_frames(host, 200)
    await until(lambda: len(reading.video()) == 200)
    assert studio.plane.stats()["port"]["dropped"] == 0


async def test_viewer_without_rtx_gets_the_same_bytes_again(studio: Studio) -> None:
    host, _ = await studio.publisher()
    viewer, _ = await studio.viewer(options=OfferOptions("recvonly", rtx=False))
    await send_frames(host, 10)
    await until(lambda: len(viewer.video()) == 10)
    viewer.stop_reading()
    await send_frames(host, 1, first_timestamp=30_000, keyframe_first=False)
    await until(lambda: studio.plane.stats()["port"]["rtp"] == 11)
    first = viewer.socket.recv(2048)
    number = int.from_bytes(first[2:4], "big")
    viewer.send_rtcp(rtcp.pack_nack(1, 0x10000000, [(number, 0)]))

    def comes_again() -> bool:
        with contextlib.suppress(BlockingIOError):
            while True:
                if viewer.socket.recv(2048) == first:
                    return True
        return False

    await until(comes_again)


async def test_peer_with_another_certificate_than_it_named_is_refused(studio: Studio) -> None:
    impostor = LightClient(Certificate.generateCertificate(), OfferOptions("recvonly"))
    offer = impostor.offer
    named = re.sub(r"(a=fingerprint:sha-256 ).*", r"\g<1>" + ":".join(["AB"] * 32) + "\r", offer)
    session = await studio.plane.play("r", "impostor", named)
    studio.clients.append(impostor)
    with contextlib.suppress(ConnectionError, TimeoutError):
        await impostor.use_answer(session.answer_sdp, timeout_s=2)
    await until(lambda: studio.plane.viewers("r") == 0)


async def test_audio_flows_beside_video(studio: Studio) -> None:
    host, _ = await studio.publisher()
    viewer, _ = await studio.viewer()
    for index in range(20):
        host.send_rtp(AUDIO_SSRC, OPUS_PT, 960 * index, b"opus%d" % index)
        await asyncio.sleep(0)
    await until(lambda: len(viewer.rtp) >= 20)
    assert [payload for _, payload in viewer.rtp] == [b"opus%d" % index for index in range(20)]


async def test_viewer_before_publisher_gets_media_when_it_comes(studio: Studio) -> None:
    viewer, session = await studio.viewer()
    assert session.is_connected
    host, _ = await studio.publisher()
    await send_frames(host, 5)
    await until(lambda: len(viewer.video()) == 5)


async def test_late_joiner_of_a_publisher_without_pli_starts_at_the_kept_keyframe(studio: Studio) -> None:
    host, _ = await studio.publisher(options=OfferOptions("sendonly", pli=False))
    await send_frames(host, 120)
    await until(lambda: studio.plane.stats()["port"]["rtp"] == 120)
    viewer, _ = await studio.viewer()
    await until(lambda: len(viewer.video()) == 120)
    await send_frames(host, 10, first_timestamp=120 * 3000, keyframe_first=False)
    await until(lambda: len(viewer.video()) == 130)
    received = viewer.video()
    assert received[0][1] == KEYFRAME
    numbers = [header.sequence_number for header, _ in received]
    assert numbers == list(range(numbers[0], numbers[0] + 130))
    past, present = received[119][0].timestamp - received[0][0].timestamp, received[120:]
    assert past == 119 * 90  # a millisecond a frame: the viewer is not left behind
    assert present[0][0].timestamp - received[119][0].timestamp == 3000


async def test_late_joiner_of_a_publisher_with_pli_asks_for_a_keyframe(studio: Studio) -> None:
    host, _ = await studio.publisher()
    await send_frames(host, 5)
    await asyncio.sleep(0.6)  # the kept keyframe is no longer young
    host.rtcp.clear()
    viewer, _ = await studio.viewer()
    await until(lambda: rtcp_of(host, rtcp.KeyframeRequest))
    await send_frames(host, 3, first_timestamp=30_000, keyframe_first=False)
    await send_frames(host, 3, first_timestamp=60_000)
    await until(lambda: len(viewer.video()) == 3)
    assert viewer.video()[0][1] == KEYFRAME


async def test_keyframe_requests_of_many_viewers_become_few(studio: Studio) -> None:
    host, _ = await studio.publisher()
    viewers = [(await studio.viewer(identity=f"v{index}"))[0] for index in range(10)]
    await send_frames(host, 2)
    await until(lambda: all(len(viewer.video()) == 2 for viewer in viewers))
    host.rtcp.clear()
    for _ in range(3):
        for viewer in viewers:
            viewer.request_keyframe(0x10000000)
        await asyncio.sleep(0.05)
    await until(lambda: rtcp_of(host, rtcp.KeyframeRequest))
    assert len(rtcp_of(host, rtcp.KeyframeRequest)) <= 2


async def test_nack_is_answered_by_rtx_once_per_round_trip(studio: Studio) -> None:
    host, _ = await studio.publisher()
    viewer, _ = await studio.viewer()
    await send_frames(host, 10)
    await until(lambda: len(viewer.video()) == 10)
    lost = viewer.video()[4]
    for _ in range(3):
        viewer.send_rtcp(rtcp.pack_nack(1, 0x10000000, [(lost[0].sequence_number, 0)]))
    await until(lambda: any(header.payload_type == H264_RTX_PT for header, _ in viewer.rtp))
    await asyncio.sleep(0.05)
    resent = [(header, payload) for header, payload in viewer.rtp if header.payload_type == H264_RTX_PT]
    assert len(resent) == 1
    assert resent[0][0].ssrc == 0x10000001
    assert resent[0][0].timestamp == lost[0].timestamp
    assert resent[0][1] == struct.pack("!H", lost[0].sequence_number) + lost[1]


async def test_loss_from_the_publisher_is_asked_for_again_and_repaired(studio: Studio) -> None:
    host, _ = await studio.publisher()
    viewer, _ = await studio.viewer()
    await send_frames(host, 5)
    host.send_rtp(VIDEO_SSRC, H264_PT, 18_000, DELTA, marker=True, step=2)
    await until(lambda: rtcp_of(host, rtcp.Nack))
    asked = rtcp_of(host, rtcp.Nack)[0]
    missing = (host.sequence[VIDEO_SSRC] - 1) & 0xFFFF
    assert asked.pairs == ((missing, 0),)
    host.send_raw_rtp(struct.pack("!BBHII", 0x80, H264_PT, missing, 15_000, VIDEO_SSRC) + b"\x61late")
    await until(lambda: len(viewer.video()) == 7)
    assert viewer.video()[-1][1] == b"\x61late"
    assert viewer.video()[-1][0].sequence_number == viewer.video()[-2][0].sequence_number - 1


async def test_publisher_gets_reports_and_bandwidth(studio: Studio) -> None:
    host, _ = await studio.publisher()
    await send_frames(host, 10)
    await until(lambda: rtcp_of(host, rtcp.Remb))
    remb = rtcp_of(host, rtcp.Remb)[-1]
    assert remb.ssrcs == (VIDEO_SSRC,)
    assert remb.bitrate_bps > 2_000_000
    await until(lambda: rtcp_of(host, rtcp.ReceiverReport)[-1].reports)
    report = rtcp_of(host, rtcp.ReceiverReport)[-1].reports[0]
    assert (report.ssrc, report.packets_lost) == (VIDEO_SSRC, 0)


async def test_sender_reports_keep_sound_and_picture_together(studio: Studio) -> None:
    host, _ = await studio.publisher()
    viewer, _ = await studio.viewer()
    await send_frames(host, 3)
    host.send_rtp(AUDIO_SSRC, OPUS_PT, 960, b"opus")
    await until(lambda: len(viewer.rtp) == 4)
    ntp = 0x1234_0000_0000_0000  # a clock far from ours
    host.send_rtcp(rtcp.pack_sender_report(rtcp.SenderReport(VIDEO_SSRC, ntp, 6000, 3, 300)))
    host.send_rtcp(rtcp.pack_sender_report(rtcp.SenderReport(AUDIO_SSRC, ntp, 960, 1, 4)))
    await until(lambda: len({report.ssrc for report in rtcp_of(viewer, rtcp.SenderReport)}) == 2)
    reports = {report.ssrc: report for report in rtcp_of(viewer, rtcp.SenderReport)}
    picture, sound = reports[0x10000000], reports[0x20000000]
    apart_s = (picture.ntp_time - sound.ntp_time) / 2**32
    audio = next(header for header, payload in viewer.rtp if payload == b"opus")
    video = viewer.video()[2][0]  # timestamp 6000 at the publisher, the same moment as 960 of the sound
    lag_s = (picture.rtp_time - video.timestamp) / 90_000 - (sound.rtp_time - audio.timestamp) / 48_000
    assert abs(lag_s - apart_s) < 0.001
