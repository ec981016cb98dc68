"""The client of docs/examples against a real server: it joins, talks, is cut off, and misses and doubles nothing."""

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.e2e.api import Api
from tests.e2e.server import Server

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "examples" / "chat.mjs"
PATIENCE_S = 60


class Road:
    """What lies between a client and the server, and can be torn up."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._open: set[asyncio.StreamWriter] = set()
        self.is_closed = False

    async def travel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.is_closed:
            writer.transport.abort()
            return
        there = await asyncio.open_connection("127.0.0.1", self._to)
        self._open |= {writer, there[1]}
        await asyncio.gather(self._carry(reader, there[1]), self._carry(there[0], writer))

    @staticmethod
    async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass  # torn up: the other end sees it too
        finally:
            writer.close()

    def tear_up(self) -> None:
        self.is_closed = True
        for writer in self._open:
            writer.transport.abort()
        self._open.clear()


class Terminal:
    """A person with the example on their screen."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.screen: list[str] = []

    async def sees(self, words: str) -> None:
        """Read on until a line has these words."""
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE_S):
            while not any(words in line for line in self.screen):
                line = await self.process.stdout.readline()
                assert line, f"it ended: {self.screen}"
                self.screen.append(line.decode().rstrip())

    def types(self, text: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{text}\n".encode())

    def said(self) -> list[str]:
        """Names and texts of the lines on the screen."""
        return [line.partition("] ")[2] for line in self.screen if line.startswith("[")]


def node() -> str:
    search = os.pathsep.join((os.environ.get("PATH", ""), str(Path(sys.executable).parent)))
    found = shutil.which("node", path=search)
    assert found, "Node.js is needed: `make` installs it from the lock"
    return found


@asynccontextmanager
async def terminal(folder: Path, port: int, room: str, name: str) -> AsyncIterator[Terminal]:
    process = await asyncio.create_subprocess_exec(
        node(), str(folder / "chat.mjs"), f"http://127.0.0.1:{port}", room, name,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        yield Terminal(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """As a stranger has it: the file, and the package that it names."""
    shutil.copy(EXAMPLE, tmp_path)
    (tmp_path / "node_modules").symlink_to(ROOT / "static" / "node_modules")
    return tmp_path


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "data")
    server.start()
    yield server
    server.stop()


async def test_it_talks_and_misses_nothing(folder: Path, server: Server) -> None:
    api = await asyncio.to_thread(Api.account, server.url, "host@example.org", "Host")
    room = await asyncio.to_thread(api.live_show, "Pots")
    road = Road(server.port)
    gate = await asyncio.start_server(road.travel, "127.0.0.1", 0)
    port = gate.sockets[0].getsockname()[1]
    async with gate, terminal(folder, port, room, "Ana") as ana, terminal(folder, server.port, room, "Ben") as ben:
        await ana.sees("* in Pots")
        await ben.sees("* in Pots")
        ana.types("What does it cost?")
        await ben.sees("Ana: What does it cost?")
        await ana.sees("Ana: What does it cost?")
        # Off the network, while others go on and she types as well.
        road.tear_up()
        ben.types("Twelve")
        ben.types("with a lid")
        await ben.sees("Ben: with a lid")
        ana.types("I take two")
        road.is_closed = False
        await ben.sees("Ana: I take two")
        await ana.sees("Ana: I take two")
        assert ana.said() == ben.said()
        assert "* back again" in ana.screen
        # And what a killed server does: it knows nobody's place any more.
        await asyncio.to_thread(server.kill)
        await asyncio.to_thread(server.start)
        ben.types("Still there?")
        await ana.sees("Ben: Still there?")
        await ben.sees("Ben: Still there?")
        assert ana.said() == ben.said() == [
            "Ana: What does it cost?", "Ben: Twelve", "Ben: with a lid", "Ana: I take two", "Ben: Still there?",
        ]  # fmt: skip
        road.tear_up()


async def test_it_says_why_it_is_not_let_in(folder: Path, server: Server) -> None:
    process = await asyncio.create_subprocess_exec(
        node(), str(folder / "chat.mjs"), server.url, "room_nowhere",
        stdin=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr is not None
    async with asyncio.timeout(PATIENCE_S):
        said = await process.stderr.read()
        assert await process.wait() == 1
    assert said.startswith(b"room_not_found: ")


def test_the_example_fits_on_a_screen() -> None:
    code = [line for line in EXAMPLE.read_text().splitlines() if line.strip() and not line.startswith("//")]
    assert len(code) <= 62
