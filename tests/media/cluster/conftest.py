"""Real worker processes on free ports of loopback."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from livehub.bench.light import LightClient, OfferOptions
from livehub.events import EventBus
from livehub.media.assembly import PlaneSettings
from livehub.media.cluster.proxy import MediaCluster
from livehub.media.limits import ClusterLimits
from livehub.media.service import SessionState
from livehub.media.transport import Certificate

MakeCluster = Callable[..., Awaitable[MediaCluster]]


@pytest.fixture(scope="session")
def certificate() -> Certificate:
    return Certificate.generateCertificate()


@pytest.fixture
async def make_cluster(bus: EventBus) -> AsyncIterator[MakeCluster]:
    """``await make_cluster(2, viewers_per_worker=3)``"""
    made: list[MediaCluster] = []

    async def make(workers: int, **limits: float) -> MediaCluster:
        # The machine may be busy: a worker's imports can take long.
        patient = {"ready_timeout_s": 40.0, "call_timeout_s": 40.0, "start_timeout_s": 60.0}
        bounds = ClusterLimits(**(patient | {"pulse_s": 0.05, "spares": 0} | limits))  # type: ignore[arg-type]
        cluster = MediaCluster(workers, PlaneSettings(0, ("127.0.0.1",)), bus=bus, limits=bounds)
        made.append(cluster)
        await cluster.start()
        return cluster

    yield make
    for cluster in made:
        await cluster.close()


_SO_RCVBUFFORCE = 33


class Clients:
    """Light clients of a cluster; closed at the end."""

    def __init__(self, certificate: Certificate) -> None:
        self._certificate = certificate
        self._made: list[LightClient] = []

    async def publisher(
        self, cluster: MediaCluster, room: str, identity: str = "host"
    ) -> tuple[LightClient, SessionState]:
        client = self.client("sendonly")
        session = await cluster.publish(room, identity, identity.title(), client.offer)
        await client.use_answer(session.answer_sdp)
        return client, session

    async def viewer(self, cluster: MediaCluster, room: str, identity: str) -> tuple[LightClient, SessionState]:
        client = self.client("recvonly")
        session = await cluster.play(room, identity, client.offer, 1)
        await client.use_answer(session.answer_sdp)
        return client, session

    def client(self, offers: str | OfferOptions) -> LightClient:
        """``offers``: sound and a picture in a direction, or what else."""
        options = OfferOptions(offers) if isinstance(offers, str) else offers
        client = LightClient(self._certificate, options)
        # Hundreds of packets come while this process waits for the processor: they are not the network's to lose.
        for option in (_SO_RCVBUFFORCE, socket.SO_RCVBUF):
            with contextlib.suppress(PermissionError):
                client.socket.setsockopt(socket.SOL_SOCKET, option, 4 << 20)
                break
        self._made.append(client)
        return client

    def close(self) -> None:
        for client in self._made:
            client.close()


@pytest.fixture
async def clients(certificate: Certificate) -> AsyncIterator[Clients]:
    made = Clients(certificate)
    yield made
    made.close()
    await asyncio.sleep(0)
