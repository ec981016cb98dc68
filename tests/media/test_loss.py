"""A publisher, the plane and a viewer with a bad network between them: what is lost comes all the same.

Seeds are fixed, and all of them live in a time of their own: on a busy machine the same packets are lost, and what is
asked for again comes as soon.
"""

import asyncio
import struct
from collections.abc import AsyncIterator

import pytest

from livehub.bench.light import H264_PT, H264_RTX_PT, VIDEO_RTX_SSRC, VIDEO_SSRC, LightClient, OfferOptions
from livehub.bench.link import PERFECT, Conditions, Link
from livehub.bench.lossy_peers import LossyPublisher, LossyViewer
from livehub.events import EventBus
from livehub.media.plane import MediaPlane
from livehub.media.rtp import rtcp
from livehub.media.rtp.header import build_header
from livehub.media.session import MediaSession
from livehub.media.transport import Certificate
from tests.media.conftest import DELTA, KEYFRAME, Studio, send_frames, until
from tests.media.test_plane import rtcp_of
from tests.media.virtual_time import LoopClock

pytestmark = pytest.mark.virtual_time

STREAM_S, AFTER_S = 2.5, 0.8
LOSSES = [Conditions(loss=0.02, delay_s=0.02), Conditions(loss=0.05, delay_s=0.02), Conditions(loss=0.10, delay_s=0.02)]
BURSTS = Conditions(loss=0.08, burst=4, delay_s=0.02)
JITTER = Conditions(delay_s=0.02, jitter_s=0.03)
REORDERING = Conditions(delay_s=0.02, jitter_s=0.03, overtakes=True)


@pytest.fixture
async def plane(bus: EventBus) -> AsyncIterator[MediaPlane]:
    made = MediaPlane(0, ("127.0.0.1",), bus=bus, clock=LoopClock())
    await made.start()
    yield made
    await made.close()


class BadRoom:
    """One publisher and one viewer of ``plane``, each behind a link of its own."""

    def __init__(self, plane: MediaPlane, certificate: Certificate) -> None:
        self.plane = plane
        self.host = LightClient(certificate, OfferOptions("sendonly", audio_nack=True))
        self.client = LightClient(certificate, OfferOptions("recvonly", audio_nack=True))
        self.uplink = Link(("127.0.0.1", plane.port), seed=11)
        self.downlink = Link(("127.0.0.1", plane.port), seed=23)
        self.publisher, self.viewer = LossyPublisher(self.host), LossyViewer(self.client)
        self.session: MediaSession
        self.sent = self.sent_audio = self.sent_frames = 0

    async def connect(self) -> None:
        await self.uplink.start()
        await self.downlink.start()
        self.session = await self.plane.publish("r", "host", "Host", self.host.offer)
        await self.host.use_answer(self.uplink.through(self.session.answer_sdp))
        watching = await self.plane.play("r", "viewer", self.client.offer, 1)
        await self.client.use_answer(self.downlink.through(watching.answer_sdp))
        await until(lambda: self.session.is_connected and watching.is_connected)

    async def stream(self) -> None:
        """Some seconds of pictures and sound, and what shows the end of it to be lost."""

        async def send() -> None:
            await self.publisher.run(STREAM_S)
            self.sent, self.sent_audio = self.publisher.packets, self.publisher.audio_packets
            self.sent_frames = self.publisher.frames
            await self.publisher.run(AFTER_S)

        await self.viewer.follow(send())

    @property
    def recovered(self) -> float:
        return self.viewer.seen.recovered_share(self.sent)

    def close(self) -> None:
        for part in (self.host, self.client, self.uplink, self.downlink):
            part.close()


@pytest.fixture
async def room(plane: MediaPlane, certificate: Certificate) -> AsyncIterator[BadRoom]:
    made = BadRoom(plane, certificate)
    await made.connect()
    yield made
    made.close()


@pytest.mark.parametrize("conditions", [*LOSSES, BURSTS], ids=lambda c: f"{c.loss:.0%}x{c.burst:.0f}")
@pytest.mark.parametrize("side", ["up", "down"])
async def test_lost_packets_come_by_rtx(room: BadRoom, conditions: Conditions, side: str) -> None:
    """The way back loses as much: requests are lost too, and repeated."""
    if side == "up":
        room.uplink.set(conditions, conditions)
    else:
        room.downlink.set(conditions, conditions)
    await room.stream()
    carrying = room.uplink.up if side == "up" else room.downlink.down
    assert carrying.lost > 2, "nothing was lost: the test would tell nothing"
    assert room.recovered >= 0.98
    assert len(room.viewer.seen.frames_s) >= 0.95 * room.sent_frames


@pytest.mark.parametrize("conditions", [JITTER, REORDERING], ids=["jitter", "reordering"])
@pytest.mark.parametrize("side", ["up", "down"])
async def test_nothing_is_missing_when_packets_only_come_late(room: BadRoom, conditions: Conditions, side: str) -> None:
    if side == "up":
        room.uplink.set(conditions, PERFECT)
    else:
        room.downlink.set(PERFECT, conditions)
    await room.stream()
    assert room.recovered == 1.0
    assert room.publisher.repeated <= 0.10 * room.publisher.packets, "what is only late is not asked for, save at first"


@pytest.mark.parametrize("side", ["up", "down"])
async def test_lost_sound_is_asked_for_where_nack_was_offered_for_it(room: BadRoom, side: str) -> None:
    conditions = Conditions(loss=0.10, delay_s=0.02)
    if side == "up":
        room.uplink.set(conditions, conditions)
    else:
        room.downlink.set(conditions, conditions)
    await room.stream()
    assert room.viewer.seen.audio_share(room.sent_audio) >= 0.98


async def _lose_the_next(host: LightClient, timestamp: int, payload: bytes) -> bytes:
    """A packet that the network loses; gives it as RTX would bring it."""
    number = host.sequence[VIDEO_SSRC] = (host.sequence[VIDEO_SSRC] + 1) & 0xFFFF
    header = build_header(payload_type=H264_RTX_PT, sequence_number=1, timestamp=timestamp, ssrc=VIDEO_RTX_SSRC)
    return header + struct.pack("!H", number) + payload


async def test_who_waits_begins_with_a_keyframe_whose_beginning_was_lost(studio: Studio) -> None:
    host, _ = await studio.publisher()
    host.send_rtp(VIDEO_SSRC, H264_PT, 0, DELTA, marker=True)  # a track that began before anybody saw a keyframe
    await until(lambda: studio.plane.tracks("r"))
    viewer, _ = await studio.viewer()
    repair = await _lose_the_next(host, 3000, KEYFRAME)
    for index in range(3):
        host.send_rtp(VIDEO_SSRC, H264_PT, 3000, bytes([0x65, index]), marker=index == 2)
    await until(lambda: rtcp_of(host, rtcp.Nack))
    assert viewer.video() == []
    host.send_raw_rtp(repair)
    await until(lambda: len(viewer.video()) == 4)
    host.send_rtp(VIDEO_SSRC, H264_PT, 6000, DELTA, marker=True)
    await until(lambda: len(viewer.video()) == 5)
    assert [payload for _, payload in viewer.video()] == [KEYFRAME, b"\x65\0", b"\x65\1", b"\x65\2", DELTA]
    numbers = [header.sequence_number for header, _ in viewer.video()]
    assert numbers == list(range(numbers[0], numbers[0] + 5))


async def test_after_an_outage_a_keyframe_is_asked_for_and_not_a_thousand_packets(studio: Studio) -> None:
    host, _ = await studio.publisher()
    await send_frames(host, 3)
    await until(lambda: studio.plane.tracks("r"))
    await asyncio.sleep(0.6)  # the interval between two requests is over
    host.rtcp.clear()
    host.send_rtp(VIDEO_SSRC, H264_PT, 90_000, DELTA, marker=True, step=1000)
    await until(lambda: rtcp_of(host, rtcp.KeyframeRequest))
    assert rtcp_of(host, rtcp.Nack) == []


async def test_what_was_passed_over_because_nobody_hears_it_is_not_asked_for(studio: Studio) -> None:
    host, session = await studio.publisher(options=OfferOptions("sendonly", level=True, audio_nack=True))
    for index in range(200):
        host.send_audio(index * 960, b"quiet", 127)
        await asyncio.sleep(0)
    await until(lambda: studio.plane.stats()["port"]["rtp"] == 200)
    assert session.publisher is not None
    (track,) = session.publisher.tracks.values()
    assert track.statistics.passed_over, "nothing was passed over: the test would tell nothing"
    host.send_audio(201 * 960, b"loud", 20)
    await asyncio.sleep(0.05)
    assert rtcp_of(host, rtcp.Nack) == []


async def test_a_bottleneck_lowers_what_the_publisher_may_send(room: BadRoom) -> None:
    """By REMB, which a light publisher follows as a browser does: pictures then come through instead of queueing."""
    room.uplink.set(Conditions(delay_s=0.02, rate_bps=300_000), PERFECT)
    await room.viewer.follow(room.publisher.run(5.0))
    assert room.publisher.limit_bps is not None
    assert room.publisher.limit_bps < 400_000
    sent, shown = room.publisher.frames, len(room.viewer.seen.frames_s)
    overflowed = room.uplink.up.overflowed
    await room.viewer.follow(room.publisher.run(3.0))
    assert room.uplink.up.overflowed <= overflowed + 10
    assert len(room.viewer.seen.frames_s) - shown >= 0.8 * (room.publisher.frames - sent) >= 20
