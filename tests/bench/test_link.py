"""The bad network that tests and benchmarks stand between real peers."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livehub.bench.link import Conditions, Direction, Link
from tests.media.conftest import until


@pytest.mark.parametrize("burst", [1.0, 4.0])
@pytest.mark.parametrize("loss", [0.02, 0.05, 0.10])
@pytest.mark.parametrize("seed", range(3))
def test_as_much_is_lost_as_was_asked_for(loss: float, burst: float, seed: int) -> None:
    direction = Direction(Conditions(loss=loss, burst=burst), seed)
    lost = [direction.admit(1000, index / 1000) is None for index in range(40_000)]
    assert sum(lost) / len(lost) == pytest.approx(loss, rel=0.35)
    runs = [len(run) for run in "".join("x" if item else " " for item in lost).split()]
    assert sum(runs) / len(runs) == pytest.approx(max(burst, 1 / (1 - loss)), rel=0.25)
    assert direction.lost == sum(lost)


def test_the_same_seed_loses_the_same() -> None:
    def fate(seed: int, spacing_s: float) -> list[bool]:
        direction = Direction(Conditions(loss=0.1), seed)
        return [direction.admit(100, index * spacing_s) is None for index in range(500)]

    assert fate(7, 0.001) == fate(7, 0.5)
    assert fate(7, 0.001) != fate(8, 0.001)


@given(seed=st.integers(0, 1000))
def test_jitter_keeps_the_order_unless_it_may_overtake(seed: int) -> None:
    def arrivals(*, overtakes: bool) -> list[float]:
        direction = Direction(Conditions(delay_s=0.05, jitter_s=0.03, overtakes=overtakes), seed)
        return [direction.admit(100, index * 0.004) or 0.0 for index in range(200)]

    queued, free = arrivals(overtakes=False), arrivals(overtakes=True)
    assert queued == sorted(queued)
    assert free != sorted(free)
    assert all(0.05 <= at_s - index * 0.004 <= 0.08 for index, at_s in enumerate(free))


def test_a_bottleneck_passes_its_rate_and_its_queue_overflows() -> None:
    direction = Direction(Conditions(rate_bps=300_000, queue_bytes=15_000))
    arrived = [at_s for index in range(1000) if (at_s := direction.admit(1000, index * 0.01)) is not None]
    assert len(arrived) * 8000 / arrived[-1] == pytest.approx(300_000, rel=0.01)
    assert max(at_s - index * 0.01 for index, at_s in enumerate(arrived[:10])) <= 15_000 * 8 / 300_000
    assert direction.overflowed == 1000 - len(arrived)


class Endpoint(asyncio.DatagramProtocol):
    """Keeps what it hears; a server also sends it back."""

    def __init__(self, *, echoes: bool) -> None:
        self.echoes = echoes
        self.heard: list[tuple[bytes, tuple[str, int]]] = []
        self.transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        self.heard.append((data, address))
        if self.echoes:
            self.transport.sendto(data, address)


async def _endpoint(*, echoes: bool = False) -> Endpoint:
    made = Endpoint(echoes=echoes)
    await asyncio.get_running_loop().create_datagram_endpoint(lambda: made, local_addr=("127.0.0.1", 0))
    return made


@pytest.fixture
async def server() -> AsyncIterator[Endpoint]:
    made = await _endpoint(echoes=True)
    yield made
    made.transport.close()


@pytest.fixture
async def link(server: Endpoint) -> AsyncIterator[Link]:
    made = await Link(server.transport.get_extra_info("sockname")).start()
    yield made
    made.close()


async def _ask(link: Link, client: Endpoint, data: bytes) -> None:
    """``data`` to the server and back, or TimeoutError."""
    client.transport.sendto(data, ("127.0.0.1", link.port))
    await until(lambda: data in [item for item, _ in client.heard], timeout_s=0.2)


async def test_clients_go_through_and_a_rebinding_changes_their_address(server: Endpoint, link: Link) -> None:
    one, two, three = await _endpoint(), await _endpoint(), await _endpoint()
    await _ask(link, one, b"one")
    await _ask(link, two, b"two")
    link.rebind()
    await _ask(link, one, b"again")
    assert len({address for _, address in server.heard}) == 3
    link.change_network()
    with pytest.raises(TimeoutError):
        await _ask(link, one, b"dead")
    await _ask(link, three, b"alive")
    for client in (one, two, three):
        client.transport.close()


async def test_what_is_cut_off_hears_nothing(server: Endpoint, link: Link) -> None:
    client = await _endpoint()
    link.is_cut = True
    with pytest.raises(TimeoutError):
        await _ask(link, client, b"lost")
    link.is_cut = False
    await _ask(link, client, b"through")
    assert [data for data, _ in server.heard] == [b"through"]
    client.transport.close()
