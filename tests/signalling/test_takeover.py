"""The private parts of aiohttp's server that a takeover stands on, and what it leaves behind."""

import asyncio
import inspect

import aiohttp
import pytest
import uvloop
from aiohttp import web, web_protocol, web_server

from livehub.signalling.takeover import Taken, accepted, take_over
from tests.signalling.conftest import Stack


class TestContract:
    """Fails when a new version moves what is used: read takeover.py again then."""

    def test_a_lost_connection_leaves_the_server_and_lets_go_of_all(self) -> None:
        source = inspect.getsource(web_protocol.RequestHandler.connection_lost)
        for step in (
            "self._manager.connection_lost(self, exc)",
            "self._keepalive_handle.cancel()",
            "self._parser = None",
        ):
            assert step in source
        # the one that would close the transport: it is not the handler's any more by then
        assert "if self.transport is not None:" in inspect.getsource(web_protocol.RequestHandler.force_close)
        assert "handler_cancellation: bool = False" in inspect.getsource(web_server.Server.__init__)

    def test_what_comes_behind_an_upgrade_waits(self) -> None:
        source = inspect.getsource(web_protocol.RequestHandler.data_received)
        assert "elif self._payload_parser is None and self._upgraded and data:" in source
        assert "self._message_tail += data" in source

    def test_a_response_is_asked_for_no_more_than_this(self) -> None:
        source = inspect.getsource(web_protocol.RequestHandler.finish_response)
        assert "await prepare_meth(request)" in source
        assert "await resp.write_eof()" in source


class Echo(asyncio.Protocol):
    """Whatever comes, in capitals."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.lost = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        assert self.transport is not None
        self.transport.write(data.upper())

    def connection_lost(self, exc: BaseException | None) -> None:
        self.lost.set()


@pytest.mark.parametrize("loops", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_the_connection_is_the_protocols_and_aiohttp_keeps_nothing(loops: object) -> None:
    async def main() -> None:
        echo = Echo()

        async def handler(request: web.Request) -> web.StreamResponse:
            answer = accepted(request)
            assert answer is not None
            taken = take_over(request, echo)
            assert taken is not None
            echo.transport, behind = taken
            echo.transport.write(answer)
            echo.data_received(behind)
            return Taken()

        app = web.Application()
        app.router.add_get("/", handler)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        reader, writer = await asyncio.open_connection(*runner.addresses[0][:2])
        writer.write(
            b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\nbehind "
        )
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in head
        writer.write(b"more")
        assert await reader.readexactly(11) == b"BEHIND MORE"
        async with asyncio.timeout(30):
            while runner.server is None or runner.server.connections:
                await asyncio.sleep(0.01)
        names = {task.get_coro().__qualname__ for task in asyncio.all_tasks()}  # type: ignore[union-attr]
        assert not [name for name in names if "RequestHandler" in name]
        writer.close()
        async with asyncio.timeout(30):
            await echo.lost.wait()
        await runner.cleanup()

    with asyncio.Runner(loop_factory=loops) as runner:  # type: ignore[arg-type]
        runner.run(main())


HANDSHAKE = {
    "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [
        {"Connection": "close"}, {"Sec-WebSocket-Version": "8"}, {"Sec-WebSocket-Key": "c2hvcnQ="},
        {"Sec-WebSocket-Key": "not base64, of the length"}, {"Sec-WebSocket-Key": ""},
    ],
)  # fmt: skip
async def test_a_handshake_that_is_none_is_refused(stack: Stack, wrong: dict[str, str]) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{stack.url}/socket.io/?EIO=4&transport=websocket", headers=HANDSHAKE | wrong) as response,
    ):
        assert response.status == 400
        assert "handshake" in await response.text()
    assert stack.hub.connections == 0
