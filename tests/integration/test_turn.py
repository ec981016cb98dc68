"""Our credentials before a real coturn: what it takes, what it refuses, and where it lets a guest through to."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from aioice import stun, turn

from livehub.web.ice_servers import turn_credentials
from tests.coturn import SECRET, Coturn


@pytest.fixture(scope="module")
def coturn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Coturn]:
    made = Coturn(tmp_path_factory.mktemp("coturn"), tcp_only=False)
    made.start()
    yield made
    made.stop()


class Peer(asyncio.DatagramProtocol):
    """Where the relay sends to: answers what it hears."""

    transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, address: Any) -> None:
        self.transport.sendto(b"echo " + data, address)


@pytest.fixture
async def peer() -> AsyncIterator[tuple[str, int]]:
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(Peer, local_addr=("127.0.0.1", 0))
    yield transport.get_extra_info("sockname")
    transport.close()


class Client(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.heard: asyncio.Queue[bytes] = asyncio.Queue()

    def datagram_received(self, data: bytes, _: Any) -> None:
        self.heard.put_nowait(data)


async def _allocate(coturn: Coturn, credentials: tuple[str, str], transport: str = "udp") -> tuple[Any, Client]:
    name, password = credentials
    made, protocol = await turn.create_turn_endpoint(
        Client, ("127.0.0.1", coturn.port), username=name, password=password, transport=transport
    )
    return made, protocol


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_credentials_that_hold_are_taken(coturn: Coturn, peer: tuple[str, int], transport: str) -> None:
    relay, client = await _allocate(coturn, turn_credentials(SECRET, "guest_1", int(time.time()) + 60), transport)
    relay.sendto(b"hello", peer)
    assert await asyncio.wait_for(client.heard.get(), 5) == b"echo hello"
    relay.close()


@pytest.mark.parametrize(
    "credentials",
    [
        turn_credentials(SECRET, "guest_1", 1_600_000_000),
        turn_credentials("another secret", "guest_1", 4_000_000_000),
        ("4000000000:guest_2", turn_credentials(SECRET, "guest_1", 4_000_000_000)[1]),
    ],
    ids=["over", "another's secret", "another's name"],
)
async def test_other_credentials_are_refused(coturn: Coturn, credentials: tuple[str, str]) -> None:
    with pytest.raises(stun.TransactionFailed) as refused:
        await _allocate(coturn, credentials)
    assert refused.value.response.attributes["ERROR-CODE"][0] == 401


async def test_a_guest_gets_no_way_into_the_network_around(coturn: Coturn) -> None:
    relay, _ = await _allocate(coturn, turn_credentials(SECRET, "guest_1", int(time.time()) + 60))
    protocol = relay._TurnTransport__inner_protocol
    with pytest.raises(stun.TransactionFailed) as refused:
        await protocol.send_data(b"hello", ("10.0.0.1", 80))
    assert refused.value.response.attributes["ERROR-CODE"][0] == 403
    relay.close()
