"""Sessions with real DTLS peers: their endings, their slots, their limits, who cannot decode, who is hostile."""

import asyncio
import socket
import struct

import pytest

from livehub.accounts.origin import Origin
from livehub.bench.light import (
    VIDEO_SSRC,
    LightClient,
    OfferOptions,
)
from livehub.clock import SystemClock
from livehub.events import EventBus, MemberAppointed, MemberSanctioned, StageChanged
from livehub.media.errors import AudienceFull, CodecNotSupported, MediaSessionNotFound, PlaneClosed, StageFull
from livehub.media.events import CodecUndecodable
from livehub.media.limits import MediaLimits
from livehub.media.plane import MediaPlane
from livehub.media.session import MediaSession
from livehub.media.transport import Certificate
from tests.media.conftest import Studio, send_frames, until


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


async def test_ban_of_a_network_or_a_device_ends_what_goes_there(studio: Studio, bus: EventBus) -> None:
    """Whoever they are, and with no socket in the room; not those whom a role brings here, nor another room's."""
    sessions: dict[str, MediaSession] = {}
    for name, room, origin in (
        ("near", "r", Origin("203.0.113.7")),
        ("household", "r", Origin("2001:db8:0:1::/64")),
        ("browser", "r", Origin("192.0.2.1", "d" * 22)),
        ("far", "r", Origin("198.51.100.7", "e" * 22)),
        ("machine", "r", Origin()),
        ("speaker", "r", None),
        ("elsewhere", "other", Origin("203.0.113.7")),
        ("appointed", "r", Origin("203.0.113.7")),
    ):
        offer = LightClient(studio.certificate, OfferOptions("recvonly"))
        studio.clients.append(offer)
        sessions[name] = await studio.plane.play(room, name, offer.offer, 1, origin=origin)
    publisher = LightClient(studio.certificate, OfferOptions("sendonly"))
    studio.clients.append(publisher)
    sessions["host"] = await studio.plane.publish("r", "h", "H", publisher.offer, origin=Origin("203.0.113.8"))
    bus.publish(MemberAppointed("r", "appointed", "cohost", frozenset({"publish"})))
    networks = "203.0.113.0/24", "2001:db8::/48"
    bus.publish(MemberSanctioned("r", "", "ban", lifted=True))
    bus.publish(MemberSanctioned("r", "", "ban", devices=("d" * 22,), networks=networks))
    ended = {name for name, session in sessions.items() if session.id not in studio.plane._sessions}
    assert ended == {"near", "household", "browser", "host"}


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
    restarted = await studio.plane.restart_ice(session.id, fragment)
    assert restarted is not None
    assert before not in restarted[1]
    assert session.etag == restarted[0] != etag
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
    assert stages[-1].tracks == (
        {
            "publisher": "host",
            "display_name": "Host",
            "source": "camera",
            "kind": "video",
            "codec": "H264",
            "muted": False,
        },
    )
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
