"""Engines that hang, lie, answer pages, flood and close, in a whole server: nobody in the room waits for them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest

from livehub.testing.troubled_server import Trouble
from tests.e2e.api import Api
from tests.e2e.server import Server
from tests.signalling.conftest import Client
from tests.translation.libretranslate_server import LibreTranslateServer

pytestmark = pytest.mark.timeout(240)
PATIENCE_S = 90.0
#: each engine is for the readers of one language; the last is well
ILL = {
    "es": Trouble.HANGS,
    "fr": Trouble.WRONG_COUNT,
    "ja": Trouble.HTML,
    "ru": Trouble.FLOODS,
    "tr": Trouble.CLOSES,
}
WELL = "id"
SAID = ("one", "two", "three", "four", "five", "six")


class Room:
    """A live show in English with a reader of each language."""

    def __init__(self, server: Server, engines: dict[str, LibreTranslateServer], host: Client) -> None:
        self.server = server
        self.engines = engines
        self.host = host
        self.readers: dict[str, Client] = {}
        self._said = 0

    async def says(self, what: str) -> str:
        """A line of the host's that nobody said before; every reader gets it as it was written."""
        self._said += 1
        text = f"Welcome everybody, this is what I wanted to tell you about {what}"
        await self.host.say(text, f"line-{self._said}")
        for reader in self.readers.values():
            await reader.until(lambda reader=reader: text in reader.lines(), 20.0)  # type: ignore[misc]
        return text

    def read(self, locale: str) -> list[str]:
        told = self.readers[locale].named("chat:translations")
        return [item["text"] for payload in told for item in payload["items"]]

    async def metrics(self) -> dict[str, float]:
        async with aiohttp.ClientSession() as http, http.get(f"{self.server.url}/metrics") as answer:
            lines = [line for line in (await answer.text()).splitlines() if line.startswith("livehub_translator")]
        return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines}

    async def breakers(self) -> dict[str, str]:
        found = await self.metrics()
        mark = 'livehub_translator_breaker{engine="libretranslate@'
        return {
            name.removeprefix(mark)[:2]: name.split('state="')[1].rstrip('"}')
            for name, value in found.items()
            if name.startswith(mark) and value
        }

    async def failures(self, locale: str) -> float:
        found = await self.metrics()
        return found[f'livehub_translator_failures_total{{engine="libretranslate@{locale}"}}']


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with AsyncExitStack() as stack:
        engines = {}
        for locale in (*ILL, WELL):
            engines[locale] = LibreTranslateServer()
            await engines[locale].start()
            stack.push_async_callback(engines[locale].close)
        settings = [f"libretranslate@{to}(pairs=en-{to};deadline_s=1):{engine.url}" for to, engine in engines.items()]
        server = Server(tmp_path / "data", {"LIVEHUB_TRANSLATOR": ",".join(settings)})
        stack.push_async_callback(asyncio.to_thread, server.stop)
        await asyncio.to_thread(server.start)
        merchant = await asyncio.to_thread(Api.account, server.url, "engines@example.org", "Hana")
        room_id = await asyncio.to_thread(merchant.live_show, "Engines")

        async def enter(who: str, role: str, locale: str) -> Client:
            token = await asyncio.to_thread(merchant.join_token, room_id, who, role, locale=locale)
            client = Client()
            stack.push_async_callback(client.close)
            await client.connect(server.url, token, ["websocket"])
            await client.join(room_id, locale)
            return client

        made = Room(server, engines, await enter("hana", "cohost", "en"))
        made.readers = {locale: await enter(f"reader-{locale}", "viewer", locale) for locale in (*ILL, WELL)}
        yield made


async def test_ill_engines_cost_nobody_their_lines_and_are_used_again_once_well(room: Room) -> None:
    await room.says("nothing yet")
    for locale, reader in room.readers.items():
        await reader.until(lambda locale=locale: room.read(locale), 20.0)  # type: ignore[misc]
    assert set((await room.breakers()).values()) == {"closed"}

    for locale, trouble in ILL.items():
        room.engines[locale].trouble = trouble
    before = {locale: len(room.read(locale)) for locale in ILL}
    for number, word in enumerate(SAID[:3], 1):
        text = await room.says(word)
        expected = f"{WELL}({text})"
        await room.readers[WELL].until(lambda expected=expected: expected in room.read(WELL), 20.0)  # type: ignore[misc]
        async with asyncio.timeout(PATIENCE_S):
            while not all([await room.failures(locale) >= number for locale in ILL]):
                await asyncio.sleep(0.1)
    assert await room.breakers() == {**dict.fromkeys(ILL, "open"), WELL: "closed"}
    assert (await room.metrics())['livehub_translator_timeouts_total{engine="libretranslate@es"}'] >= 3

    arrivals = {locale: room.engines[locale].arrivals for locale in ILL}
    text = await room.says(SAID[3])
    await room.readers[WELL].until(lambda: f"{WELL}({text})" in room.read(WELL), 20.0)
    assert {locale: len(room.read(locale)) for locale in ILL} == before, "originals alone"
    assert {locale: room.engines[locale].arrivals for locale in ILL} == arrivals, "left alone while it rests"
    assert all(engine.followed == 0 for engine in room.engines.values())

    for locale in ILL:
        room.engines[locale].trouble = None
    rounds = 0
    async with asyncio.timeout(PATIENCE_S):
        while set((await room.breakers()).values()) != {"closed"}:
            rounds += 1
            await room.says(" again and ".join(SAID[: rounds % 6 + 1]) + " so often" + " very" * rounds)
            await asyncio.sleep(0.5)
    text = await room.says(SAID[4])
    for locale, reader in room.readers.items():
        expected = f"{locale}({text})"
        await reader.until(lambda locale=locale, expected=expected: expected in room.read(locale), 20.0)  # type: ignore[misc]
    assert "Traceback" not in room.server.log()
