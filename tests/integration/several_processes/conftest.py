"""Two web processes, one for media and one for the background, over real PostgreSQL and real Valkey."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from livehub.bench.postgres import running_postgres
from livehub.bench.valkey import Valkey, running_valkey
from livehub.storage import migrate
from tests.e2e.api import Api
from tests.e2e.server import Server, start_all
from tests.signalling.conftest import Client


@dataclass
class House:
    """``one`` and ``two`` serve people."""

    one: Server
    two: Server
    media: Server
    worker: Server
    valkey: Valkey
    clients: list[Client] = field(default_factory=list)

    async def client(self, server: Server, token: str, address: str = "") -> Client:
        """``address``: where the proxy says that it comes from."""
        client = Client()
        self.clients.append(client)
        headers = {"X-Forwarded-For": address} if address else None
        await client.connect(server.url, token, ["websocket"], headers)
        return client

    async def joined(self, server: Server, room: str, token: str, address: str = "", **more: Any) -> Client:
        client = await self.client(server, token, address)
        await client.join(room, **more)
        return client


@pytest.fixture(scope="package")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with running_postgres() as postgres, running_valkey() as valkey:
        url = postgres.new_database()
        migrate.upgrade(url)
        folder = tmp_path_factory.mktemp("house")
        servers = []

        def server(role: str, **more: str) -> Server:
            settings = {
                "LIVEHUB_ROLE": role,
                "LIVEHUB_REDIS_URL": valkey.url,
                "LIVEHUB_DATABASE_URL": url,
                "LIVEHUB_SECRET": "s" * 40,
                "LIVEHUB_DRAIN_S": "0",
                "LIVEHUB_PUBLIC_URL": "http://live.example",
                **more,
            }
            servers.append(Server(folder / "data", settings))
            return servers[-1]

        try:
            media, worker = server("media"), server("worker")
            start_all(media, worker)
            one, two = server("web"), server("web")  # which hear of the media process as they begin
            start_all(one, two)
            yield House(one, two, media, worker, valkey)
        finally:
            statuses = [server.stop() for server in servers if server.process is not None]
            assert statuses == [0] * len(statuses), servers[0].log()


@pytest.fixture
async def show(house: House) -> AsyncIterator["Show"]:
    show = await asyncio.to_thread(Show, house)
    yield show
    for client in house.clients:
        await client.close()
    house.clients.clear()


class Show:
    """A live room, made through the first process."""

    def __init__(self, house: House) -> None:
        self.api = Api.account(house.one.url, f"host{os.urandom(4).hex()}@example.org", "Hana")
        self.room = self.api.live_show("Show")
        self.token: Callable[[str, str], str] = lambda who, role: self.api.join_token(self.room, who, role)

    def product(self) -> str:
        """What it sells."""
        store = self.api.call("GET", f"/rooms/{self.room}")["store"]["id"]
        return str(self.api.call("GET", f"/stores/{store}/products")["items"][0]["id"])


async def guest(server: Server, name: str) -> str:
    """The token of somebody new."""
    body = {"display_name": name, "locale": "en"}
    return str((await asyncio.to_thread(Api(server.url).call, "POST", "/guests", body))["token"])


def identity(client: Client) -> str:
    return str(client.answer["me"]["identity"])


async def line(client: Client, text: str, client_id: str = "") -> None:
    """Until it is acknowledged, with the same id, as clients do."""
    call = {"text": text, "client_id": client_id or text}
    async with asyncio.timeout(60):
        while not (await client.call("chat:send", call))["ok"]:
            await asyncio.sleep(0.05)
