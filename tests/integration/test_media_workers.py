"""A server whose media are in worker processes: killed workers, orderly and hasty ends."""

import asyncio
import os
import re
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path

import aiohttp
import pytest

from livehub.bench.light import LightClient, OfferOptions
from livehub.media.transport import Certificate
from tests.e2e.api import Api
from tests.e2e.server import Server
from tests.media.conftest import send_frames
from tests.media.conftest import until as _until

#: the machine may be busy
until = partial(_until, timeout_s=40.0)
pytestmark = pytest.mark.timeout(240)


class House:
    """A server with two media workers, a live show in it, and light clients."""

    def __init__(self, server: Server, http: aiohttp.ClientSession, room: str, tokens: dict[str, str]) -> None:
        self.server = server
        self.http = http
        self.room = room
        self._tokens = tokens
        self._certificate = Certificate.generateCertificate()
        self.clients: list[LightClient] = []

    async def join(self, kind: str, who: str) -> tuple[LightClient, str]:
        client = LightClient(self._certificate, OfferOptions("sendonly" if kind == "whip" else "recvonly"))
        self.clients.append(client)
        for _ in range(8):  # on a busy machine a worker may take long to come back; clients ask again
            async with self.post(kind, who, client.offer) as answer:
                text = await answer.text()
                if answer.status != 503:
                    break
        assert answer.status == 201, text
        location = answer.headers["Location"]
        await client.use_answer(text)
        return client, location

    def post(self, kind: str, who: str, offer: str) -> "aiohttp.client._RequestContextManager":
        headers = {"Content-Type": "application/sdp", "Authorization": f"Bearer {self._tokens[who]}"}
        return self.http.post(f"{self.server.url}/api/v1/rooms/{self.room}/{kind}", data=offer, headers=headers)

    async def status(self, path: str, who: str) -> int:
        headers = {"Authorization": f"Bearer {self._tokens[who]}"}
        async with self.http.get(f"{self.server.url}{path}", headers=headers) as answer:
            return answer.status

    async def ready(self) -> tuple[int, dict[str, object]]:
        async with self.http.get(f"{self.server.url}/readyz") as answer:
            return answer.status, await answer.json()

    async def metric(self, name: str) -> float:
        async with self.http.get(f"{self.server.url}/metrics") as answer:
            found = re.search(rf"^{name} (\S+)$", await answer.text(), re.MULTILINE)
        assert found, name
        return float(found[1])


Open = Callable[..., Awaitable[House]]


@pytest.fixture
async def open_house(tmp_path: Path) -> AsyncIterator[Open]:
    """``await open_house(LIVEHUB_DRAIN_S="1")``"""
    servers, sessions, houses = [], [], []

    async def make(**settings: str) -> House:
        chosen = {"LIVEHUB_MEDIA_WORKERS": "2", "LIVEHUB_MEDIA_PORT": "0", **settings}
        server = Server(tmp_path / "server", chosen)
        servers.append(server)
        await asyncio.to_thread(server.start)
        api = await asyncio.to_thread(Api.account, server.url, "host@example.org", "Hana")
        room = await asyncio.to_thread(api.live_show, "Show")
        tokens = {}
        for who, role in (("host", "cohost"), ("ann", "viewer"), ("ben", "viewer")):
            tokens[who] = await asyncio.to_thread(api.join_token, room, who, role)
        http = aiohttp.ClientSession()
        sessions.append(http)
        house = House(server, http, room, tokens)
        houses.append(house)
        return house

    yield make
    for house in houses:
        for client in house.clients:
            client.close()
    for http in sessions:
        await http.close()
    for server in servers:
        if server.process is not None and server.process.poll() is None:
            await asyncio.to_thread(server.kill)


def workers_of(server: Server) -> list[int]:
    assert server.process is not None
    return [
        int(pid) for pid in Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    ]


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


async def on_air(house: House) -> tuple[LightClient, LightClient, str]:
    host, _ = await house.join("whip", "host")
    viewer, location = await house.join("whep", "ann")
    await send_frames(host, 5)
    await until(lambda: len(viewer.video()) == 5)
    return host, viewer, location


async def test_a_killed_worker_costs_a_new_session_and_no_more(open_house: Open) -> None:
    house = await open_house()
    _, _, location = await on_air(house)
    assert len(workers_of(house.server)) in {2, 3}  # and a spare one
    began = time.monotonic()
    for pid in workers_of(house.server):
        os.kill(pid, signal.SIGKILL)
    while await house.status(location, "ann") != 404:
        assert time.monotonic() - began < 40
    await on_air(house)
    print(f"on air again after {time.monotonic() - began:.2f} s")
    assert (await house.ready())[0] == 200
    assert await house.metric("livehub_media_worker_restarts") >= 1
    assert "Traceback" not in house.server.log()
    assert await asyncio.to_thread(house.server.stop) == 0


async def test_a_server_that_is_told_to_stop_takes_nobody_in_and_ends_in_order(open_house: Open) -> None:
    house = await open_house(LIVEHUB_DRAIN_S="30")
    host, viewer, _ = await on_air(house)
    workers = workers_of(house.server)
    assert house.server.process is not None
    house.server.process.terminate()
    async with asyncio.timeout(20):
        while (await house.ready())[0] != 503:
            await asyncio.sleep(0.02)
    status, answer = await house.ready()
    assert (status, answer["draining"], answer["ready"]) == (503, True, False)
    async with house.post("whep", "ben", viewer.offer) as refused:
        assert refused.status == 503
        assert (await refused.json())["code"] == "media_draining"
        assert int(refused.headers["Retry-After"]) >= 1
    await send_frames(host, 3, first_timestamp=90_000)
    await until(lambda: len(viewer.video()) == 8)  # what is under way goes on
    host.close()  # both take their leave by close_notify
    viewer.close()
    await house.http.close()
    assert await asyncio.to_thread(house.server.process.wait, 30) == 0  # earlier than the 30 s: nobody is left
    assert all(is_gone(pid) for pid in workers)
    assert "Traceback" not in house.server.log()


async def test_what_is_left_when_the_time_is_over_is_ended(open_house: Open) -> None:
    house = await open_house(LIVEHUB_DRAIN_S="0")
    host, viewer, _ = await on_air(house)
    await house.http.close()
    assert await asyncio.to_thread(house.server.stop) == 0
    await until(lambda: host.closed.is_set() and viewer.closed.is_set())


async def test_a_second_signal_ends_at_once(open_house: Open) -> None:
    house = await open_house(LIVEHUB_DRAIN_S="3600")
    await on_air(house)
    workers = workers_of(house.server)
    assert house.server.process is not None
    house.server.process.terminate()
    async with asyncio.timeout(20):
        while (await house.ready())[0] != 503:
            await asyncio.sleep(0.02)
    house.server.process.terminate()
    assert await asyncio.to_thread(house.server.process.wait, 20) == 1
    await until(lambda: all(is_gone(pid) for pid in workers))


async def test_workers_end_with_a_parent_that_is_killed(open_house: Open) -> None:
    house = await open_house()
    workers = workers_of(house.server)
    await asyncio.to_thread(house.server.kill)
    await until(lambda: all(is_gone(pid) for pid in workers))
