"""A publisher, the plane and a viewer with a bad network between them: what is lost comes all the same.

Seeds are fixed and nothing asks how fast: on a slow machine the same packets are lost.
"""

import asyncio
from collections.abc import AsyncIterator

import pytest

from livehub.bench.light import LightClient, OfferOptions
from livehub.bench.link import PERFECT, Conditions, Link
from livehub.bench.lossy_peers import LossyPublisher, LossyViewer
from livehub.media.plane import MediaPlane
from livehub.media.session import MediaSession
from livehub.media.transport import Certificate
from tests.media.conftest import until

STREAM_S, AFTER_S = 2.5, 0.8
LOSSES = [Conditions(loss=0.02, delay_s=0.02), Conditions(loss=0.05, delay_s=0.02), Conditions(loss=0.10, delay_s=0.02)]
BURSTS = Conditions(loss=0.08, burst=4, delay_s=0.02)
JITTER = Conditions(delay_s=0.02, jitter_s=0.03)
REORDERING = Conditions(delay_s=0.02, jitter_s=0.03, overtakes=True)


class BadRoom:
    """One publisher and one viewer of ``plane``, each behind a link of its own."""

    def __init__(self, plane: MediaPlane, certificate: Certificate) -> None:
        self.plane = plane
        self.host = LightClient(certificate, OfferOptions("sendonly"))
        self.client = LightClient(certificate, OfferOptions("recvonly"))
        self.uplink = Link(("127.0.0.1", plane.port), seed=11)
        self.downlink = Link(("127.0.0.1", plane.port), seed=23)
        self.publisher, self.viewer = LossyPublisher(self.host), LossyViewer(self.client)
        self.session: MediaSession

    async def connect(self) -> None:
        await self.uplink.start()
        await self.downlink.start()
        self.session = await self.plane.publish("r", "host", "Host", self.host.offer)
        await self.host.use_answer(self.uplink.through(self.session.answer_sdp))
        watching = await self.plane.play("r", "viewer", self.client.offer, 1)
        await self.client.use_answer(self.downlink.through(watching.answer_sdp))
        await until(lambda: self.session.is_connected and watching.is_connected)

    async def stream(self) -> None:
        """Some seconds of pictures and sound, and the time to repair the end of it."""

        async def send() -> None:
            await self.publisher.run(STREAM_S)
            await self.publisher.linger(AFTER_S)

        await asyncio.gather(send(), self.viewer.run(STREAM_S + AFTER_S))

    @property
    def recovered(self) -> float:
        return self.viewer.seen.recovered_share(self.publisher.packets)

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
    assert len(room.viewer.seen.frames_s) >= 0.95 * room.publisher.frames


@pytest.mark.parametrize("conditions", [JITTER, REORDERING], ids=["jitter", "reordering"])
@pytest.mark.parametrize("side", ["up", "down"])
async def test_nothing_is_missing_when_packets_only_come_late(room: BadRoom, conditions: Conditions, side: str) -> None:
    if side == "up":
        room.uplink.set(conditions, PERFECT)
    else:
        room.downlink.set(PERFECT, conditions)
    await room.stream()
    assert room.recovered == 1.0
