"""The whole path with real DTLS peers: publish, play, loss, keyframes, endings."""

import asyncio
import contextlib
import re
import socket
import struct

import pytest

from livehub.bench.light import (
    AUDIO_SSRC,
    H264_PT,
    H264_RTX_PT,
    OPUS_PT,
    VIDEO_SSRC,
    LightClient,
    OfferOptions,
)
from livehub.clock import SystemClock
from livehub.events import EventBus, MemberAppointed, StageChanged
from livehub.media.errors import AudienceFull, CodecNotSupported, MediaSessionNotFound, PlaneClosed, StageFull
from livehub.media.events import CodecUndecodable
from livehub.media.limits import MediaLimits
from livehub.media.plane import MediaPlane
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
    await asyncio.sleep(0.1)
    datagrams = []
    with contextlib.suppress(BlockingIOError):
        while True:
            datagrams.append(viewer.socket.recv(2048))
    assert first in datagrams


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


async def test_delete_ends_the_session_and_tells_the_other_side(studio: Studio) -> None:
    viewer, session = await studio.viewer()
    await studio.plane.close_session(session.id)
    await asyncio.wait_for(viewer.closed.wait(), 2)
    with pytest.raises(MediaSessionNotFound):
        studio.plane.get(session.id)
    with pytest.raises(MediaSessionNotFound):
        await studio.plane.close_session(session.id)


async def test_peer_that_says_goodbye_is_gone_at_once(studio: Studio) -> None:
    host, session = await studio.publisher()
    await send_frames(host, 2)
    await until(lambda: studio.plane.tracks("r"))
    host.close()
    await until(lambda: not studio.plane.tracks("r"))
    with pytest.raises(MediaSessionNotFound):
        studio.plane.get(session.id)


async def test_room_end_closes_everybody_in_it_and_nobody_else(studio: Studio) -> None:
    host, _ = await studio.publisher()
    viewer, _ = await studio.viewer()
    other, session = await studio.viewer(room="other")
    await studio.plane.close_room("r")
    await asyncio.wait_for(asyncio.gather(host.closed.wait(), viewer.closed.wait()), 2)
    assert studio.plane.get(session.id).is_connected
    assert not other.closed.is_set()


async def test_ban_ends_what_one_member_sends_and_receives(studio: Studio) -> None:
    host, _ = await studio.publisher(identity="alice")
    own, _ = await studio.viewer(identity="alice")
    other, _ = await studio.viewer(identity="bob")
    await studio.plane.close_identity("r", "alice")
    await asyncio.wait_for(asyncio.gather(host.closed.wait(), own.closed.wait()), 2)
    assert not other.closed.is_set()


async def test_second_publish_of_one_identity_replaces_the_first(studio: Studio) -> None:
    first, _ = await studio.publisher()
    viewer, _ = await studio.viewer()
    await send_frames(first, 3)
    await until(lambda: len(viewer.video()) == 3)
    second, _ = await studio.publisher()
    await asyncio.wait_for(first.closed.wait(), 2)
    await send_frames(second, 3)
    await until(lambda: len(viewer.video()) == 6)
    numbers = [header.sequence_number for header, _ in viewer.video()]
    assert numbers == list(range(numbers[0], numbers[0] + 6))


async def test_slots_fill_in_order_and_switch_without_a_gap(studio: Studio) -> None:
    first, session = await studio.publisher(identity="first")
    second, _ = await studio.publisher(identity="second")
    viewer, _ = await studio.viewer()
    await send_frames(first, 4)
    await send_frames(second, 1)
    await until(lambda: len(viewer.video()) == 4)
    await studio.plane.close_session(session.id)
    await send_frames(second, 4, first_timestamp=900_000)
    await until(lambda: len(viewer.video()) >= 8)
    numbers = [header.sequence_number for header, _ in viewer.video()]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert {header.ssrc for header, _ in viewer.video()} == {0x10000000}


async def test_two_video_slots_show_two_publishers(studio: Studio) -> None:
    viewer, _ = await studio.viewer(options=OfferOptions("recvonly", video=2), slots=2)
    for name in ("first", "second"):
        client, _ = await studio.publisher(identity=name)
        await send_frames(client, 3)
    await until(lambda: len(viewer.video()) == 6)
    assert {header.ssrc for header, _ in viewer.video()} == {0x10000000, 0x10000002}


async def test_silent_peers_are_closed(bus: EventBus, studio: Studio) -> None:
    limits = MediaLimits(consent_timeout_s=0.3, connect_timeout_s=0.3)
    plane = MediaPlane(0, ("127.0.0.1",), bus=bus, clock=SystemClock(), limits=limits)
    await plane.start()
    silent = Studio(plane, studio.certificate)
    viewer, session = await silent.viewer()
    never = LightClient(studio.certificate, OfferOptions("recvonly"))
    unconnected = await plane.play("r", "never", never.offer, 1)
    await asyncio.wait_for(viewer.closed.wait(), 5)
    for identifier in (session.id, unconnected.id):
        with pytest.raises(MediaSessionNotFound):
            plane.get(identifier)
    silent.close()
    never.close()
    await plane.close()


async def test_checks_without_a_handshake_do_not_keep_a_session(bus: EventBus, certificate: Certificate) -> None:
    plane = MediaPlane(0, ("127.0.0.1",), bus=bus, clock=SystemClock(), limits=MediaLimits(connect_timeout_s=0.3))
    await plane.start()
    client = LightClient(certificate, OfferOptions("recvonly"))
    session = await plane.play("r", "v", client.offer)
    with pytest.raises(TimeoutError):  # its answer names a fingerprint, but nobody shakes hands
        await client.use_answer(session.answer_sdp.replace("a=setup:passive", "a=setup:active"), timeout_s=0.1)
    deadline = asyncio.get_running_loop().time() + 5
    while plane.viewers("r") and asyncio.get_running_loop().time() < deadline:
        client.check()
        await asyncio.sleep(0.05)
    assert plane.viewers("r") == 0
    client.close()
    await plane.close()


async def test_viewer_that_changes_its_network_goes_on(studio: Studio) -> None:
    host, _ = await studio.publisher()
    viewer, _ = await studio.viewer()
    await send_frames(host, 5)
    await until(lambda: len(viewer.video()) == 5)
    viewer.migrate()
    await until(lambda: studio.plane.stats()["ice"]["migrations"] == 1)
    await send_frames(host, 5, first_timestamp=15_000, keyframe_first=False)
    await until(lambda: len(viewer.video()) == 10)


async def test_both_families_share_one_port(bus: EventBus, certificate: Certificate) -> None:
    plane = MediaPlane(0, ("::1", "127.0.0.1"), bus=bus, clock=SystemClock())
    await plane.start()
    studio = Studio(plane, certificate)
    host, session = await studio.publisher()
    assert host.remote == ("::1", plane.port)
    plane.ips = ("127.0.0.1",)
    viewer, _ = await studio.viewer()
    assert viewer.remote == ("127.0.0.1", plane.port)
    await send_frames(host, 5)
    await until(lambda: len(viewer.video()) == 5)
    assert session.is_connected
    studio.close()
    await plane.close()


async def test_ice_restart_gives_new_credentials_and_keeps_the_session(studio: Studio) -> None:
    host, _ = await studio.publisher()
    viewer, session = await studio.viewer()
    before, etag = session.peer.local_ufrag, session.etag
    fragment = "a=ice-ufrag:newufrag\r\na=ice-pwd:" + "x" * 24 + "\r\n"
    answer = await studio.plane.restart_ice(session.id, fragment)
    assert answer is not None
    assert before not in answer
    assert session.etag != etag
    viewer.ufrag = "newufrag"
    viewer.remote_ufrag, viewer.remote_password = session.peer.local_ufrag, session.peer.local_password
    viewer.migrate()
    await until(lambda: studio.plane.stats()["ice"]["migrations"] == 1)
    await send_frames(host, 5)
    await until(lambda: len(viewer.video()) == 5)


async def test_passive_offers_are_called_by_us(studio: Studio) -> None:
    host, _ = await studio.publisher(options=OfferOptions("sendonly", setup="passive"))
    viewer, _ = await studio.viewer()
    await send_frames(host, 5)
    await until(lambda: len(viewer.video()) == 5)


async def test_viewer_without_the_codec_on_air_is_told(studio: Studio) -> None:
    host, _ = await studio.publisher()
    await send_frames(host, 1)
    await until(lambda: studio.plane.tracks("r"))
    with pytest.raises(CodecNotSupported) as refused:
        await studio.viewer(options=OfferOptions("recvonly", h264=False, vp8=True))
    assert refused.value.extra == {"codecs": ["H264"]}


async def test_viewer_is_told_when_an_undecodable_codec_comes_later(studio: Studio, bus: EventBus) -> None:
    told: list[CodecUndecodable] = []
    bus.subscribe(CodecUndecodable, told.append)
    viewer, session = await studio.viewer(options=OfferOptions("recvonly", h264=False, vp8=True))
    host, _ = await studio.publisher()
    await send_frames(host, 2)
    await until(lambda: told)
    assert told == [CodecUndecodable("r", "viewer", session.id, ("H264",))]
    assert viewer.video() == []


async def test_stage_is_told_as_it_changes(studio: Studio, bus: EventBus) -> None:
    stages: list[StageChanged] = []
    bus.subscribe(StageChanged, stages.append)
    host, session = await studio.publisher()
    await send_frames(host, 1)
    await until(lambda: stages)
    assert stages[-1].tracks == ({"publisher": "host", "display_name": "Host", "kind": "video", "codec": "H264"},)
    await studio.plane.close_session(session.id)
    assert stages[-1] == StageChanged("r", ())


async def test_stage_has_room_for_so_many(bus: EventBus, studio: Studio) -> None:
    plane = MediaPlane(0, ("127.0.0.1",), bus=bus, clock=SystemClock(), limits=MediaLimits(max_publishers_per_room=1))
    await plane.start()
    client = LightClient(studio.certificate, OfferOptions("sendonly"))
    await plane.publish("r", "one", "One", client.offer)
    with pytest.raises(StageFull):
        await plane.publish("r", "two", "Two", client.offer)
    await plane.publish("r", "one", "One", client.offer)
    client.close()
    await plane.close()
    await plane.close()
    with pytest.raises(PlaneClosed):
        await plane.play("r", "v", client.offer, 1)


async def test_one_member_does_not_fill_the_audience(bus: EventBus, certificate: Certificate) -> None:
    limits = MediaLimits(max_subscribers_per_identity=2, max_subscribers=3)
    plane = MediaPlane(0, ("127.0.0.1",), bus=bus, clock=SystemClock(), limits=limits)
    await plane.start()
    client = LightClient(certificate, OfferOptions("recvonly"))
    sessions = [await plane.play("r", "greedy", client.offer) for _ in range(5)]
    assert plane.viewers("r") == 2
    assert plane.get(sessions[-1].id)
    assert plane.get(sessions[-2].id)
    with pytest.raises(MediaSessionNotFound):
        plane.get(sessions[0].id)
    await plane.play("r", "another", client.offer)
    with pytest.raises(AudienceFull):
        await plane.play("r", "late", client.offer)
    client.close()
    await plane.close()


async def test_hostile_datagrams_do_not_harm(studio: Studio) -> None:
    host, _ = await studio.publisher()
    viewer, _ = await studio.viewer()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as attacker:
        for first in range(256):
            for size in (0, 1, 11, 12, 20, 200, 1500):
                attacker.sendto(bytes([first]) + bytes(size), ("127.0.0.1", studio.plane.port))
    for first in (20, 22, 63, 128, 144, 200, 255):  # and from an address that ICE knows
        viewer.socket.send(bytes([first]) + b"\xff" * 100)
    await send_frames(host, 5)
    await until(lambda: len(viewer.video()) == 5)
    assert studio.plane.stats()["port"]["failed"] == 0


async def test_source_that_begins_anew_goes_on_for_the_viewer(studio: Studio) -> None:
    host, _ = await studio.publisher()
    viewer, _ = await studio.viewer()
    await send_frames(host, 5)
    await until(lambda: len(viewer.video()) == 5)
    host.sequence[VIDEO_SSRC] = 40_000
    await send_frames(host, 2, first_timestamp=5_000_000, keyframe_first=False)
    await send_frames(host, 4, first_timestamp=5_100_000)
    await until(lambda: len(viewer.video()) >= 9)
    numbers = [header.sequence_number for header, _ in viewer.video()]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


async def test_one_who_invents_sources_is_held_to_so_many(studio: Studio) -> None:
    host, _ = await studio.publisher()
    viewer, session = await studio.viewer()
    for source in range(1, 3 * session.peer.MAX_SOURCES):
        viewer.send_rtcp(struct.pack("!BBHII", 0x81, 206, 2, source, VIDEO_SSRC))
    await until(lambda: session.peer.failures >= 2 * session.peer.MAX_SOURCES - 1)
    await send_frames(host, 20)
    await until(lambda: len(viewer.video()) >= 20)
    before = session.peer.failures
    viewer.send_rtcp(struct.pack("!BBHII", 0x81, 206, 2, 1, VIDEO_SSRC))
    await asyncio.sleep(0.05)
    assert session.peer.failures == before, "those that came first still count"


async def test_who_may_not_publish_any_more_leaves_the_stage_and_may_watch_on(studio: Studio, bus: EventBus) -> None:
    await studio.publisher(identity="guest")
    await studio.viewer(identity="guest")
    await until(lambda: studio.plane.stats()["connected"] == 2)
    bus.publish(MemberAppointed("r", "guest", "cohost", frozenset({"publish", "watch"})))
    assert studio.plane.stats()["publishers"] == 1
    bus.publish(MemberAppointed("r", "guest", "viewer", frozenset({"watch"})))
    assert (studio.plane.stats()["publishers"], studio.plane.stats()["subscribers"]) == (0, 1)
