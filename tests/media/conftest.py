"""A real plane on a free port of loopback, and light clients with real DTLS for it."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from hypothesis import settings

from livehub.bench.light import H264_PT, VIDEO_SSRC, LightClient, OfferOptions
from livehub.bench.link import Link
from livehub.clock import SystemClock
from livehub.events import EventBus
from livehub.media.plane import MediaPlane
from livehub.media.session import MediaSession
from livehub.media.transport import Certificate

settings.register_profile("media", settings.get_profile("unhurried"), max_examples=60)
settings.load_profile("media")

KEYFRAME = b"\x67" + bytes(40)
DELTA = b"\x61" + bytes(200)


@pytest.fixture(scope="session")
def certificate() -> Certificate:
    return Certificate.generateCertificate()


@pytest.fixture
async def plane(bus: EventBus) -> AsyncIterator[MediaPlane]:
    made = MediaPlane(0, ("127.0.0.1",), bus=bus, clock=SystemClock())
    await made.start()
    yield made
    await made.close()


class Studio:
    """Makes connected publishers and viewers of one plane, and closes them at the end."""

    def __init__(self, plane: MediaPlane, certificate: Certificate) -> None:
        self.plane = plane
        self.certificate = certificate
        self.clients: list[LightClient] = []

    async def publisher(
        self,
        room: str = "r",
        identity: str = "host",
        options: OfferOptions | None = None,
        *,
        source: str = "camera",
        is_host: bool = False,
        link: Link | None = None,
    ) -> tuple[LightClient, MediaSession]:
        client = LightClient(self.certificate, options or OfferOptions("sendonly"))
        self.clients.append(client)
        session = await self.plane.publish(
            room, identity, identity.title(), client.offer, source=source, is_host=is_host
        )
        await client.use_answer(link.through(session.answer_sdp) if link else session.answer_sdp)
        return client, session

    async def viewer(
        self,
        room: str = "r",
        identity: str = "viewer",
        options: OfferOptions | None = None,
        slots: int = 1,
        *,
        link: Link | None = None,
    ) -> tuple[LightClient, MediaSession]:
        client = LightClient(self.certificate, options or OfferOptions("recvonly"))
        self.clients.append(client)
        session = await self.plane.play(room, identity, client.offer, slots)
        await client.use_answer(link.through(session.answer_sdp) if link else session.answer_sdp)
        return client, session

    def close(self) -> None:
        for client in self.clients:
            client.close()


@pytest.fixture
async def studio(plane: MediaPlane, certificate: Certificate) -> AsyncIterator[Studio]:
    made = Studio(plane, certificate)
    yield made
    made.close()


async def until(condition: Callable[[], object], timeout_s: float = 5.0) -> None:
    """Let the loop run until ``condition`` holds."""
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.002)


async def send_frames(
    client: LightClient, count: int, *, first_timestamp: int = 0, keyframe_first: bool = True
) -> None:
    """``count`` one-packet frames of 30 a second, the first a keyframe."""
    for index in range(count):
        payload = KEYFRAME if keyframe_first and index == 0 else DELTA
        client.send_rtp(VIDEO_SSRC, H264_PT, first_timestamp + 3000 * index, payload, marker=True)
        await asyncio.sleep(0)
