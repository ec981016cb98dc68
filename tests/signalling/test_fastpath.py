"""The private parts of python-socketio, engine.io and aiohttp that the fast path stands on, and the order it keeps."""

import asyncio
import inspect
import json
from typing import Any

import aiohttp
import engineio
import msgspec
import pytest
import socketio
import uvloop
from engineio import async_socket, base_server
from engineio import packet as eio_packet
from engineio.async_drivers import aiohttp as driver
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from socketio import async_server

from livehub.signalling.fastpath import QueuedLink, Server, _Mark
from livehub.signalling.limits import Limits
from livehub.signalling.links import Batch, Link
from livehub.signalling.wire import frame, opening
from tests.signalling.conftest import Stack

#: a busy machine is no failure
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


class TestContract:
    """Fails when a new version moves what is used: read fastpath.py again then."""

    def test_the_driver_makes_websockets_from_a_bound_handler(self) -> None:
        assert list(inspect.signature(driver.WebSocket.__init__).parameters) == ["self", "handler", "server"]
        source = inspect.getsource(async_socket.AsyncSocket._upgrade_websocket)
        assert "self.server._async['websocket'](" in source
        assert "self._websocket_handler, self.server" in source
        for method in ("__call__", "close", "send", "wait"):
            assert inspect.iscoroutinefunction(getattr(driver.WebSocket, method))

    def test_engineio_sends_by_the_socket(self) -> None:
        assert list(inspect.signature(async_socket.AsyncSocket.send).parameters) == ["self", "pkt"]
        assert "await socket.send(pkt)" in inspect.getsource(engineio.AsyncServer.send_packet)
        assert list(inspect.signature(async_socket.AsyncSocket.check_ping_timeout).parameters) == ["self"]
        names = {"sid", "queue", "upgraded", "closed"}
        assert names <= set(
            inspect.getsource(async_socket.AsyncSocket.__mro__[1].__init__).replace("self.", "").split()
        )

    def test_the_writer_takes_from_the_queue_in_order_and_ends_at_none(self) -> None:
        handler = inspect.getsource(async_socket.AsyncSocket._websocket_handler)
        assert "await ws.send(pkt.encode())" in handler
        assert handler.count("await self.poll()") == 1
        poll = inspect.getsource(async_socket.AsyncSocket.poll)
        assert "if packets == [None]" in poll
        assert "self.server.ping_interval + self.server.ping_timeout" in poll
        assert "raise exceptions.QueueEmpty()" in poll
        assert poll.count("self.queue.task_done()") == 2

    def test_socketio_hands_on_connects_and_disconnects(self) -> None:
        for method, names in (
            ("_handle_eio_connect", ["self", "eio_sid", "environ"]),
            ("_handle_eio_disconnect", ["self", "eio_sid", "reason"]),
            ("_handle_eio_message", ["self", "eio_sid", "data"]),
        ):
            assert list(inspect.signature(getattr(socketio.AsyncServer, method)).parameters) == names
        connect = inspect.getsource(engineio.AsyncServer._handle_connect)
        assert connect.index("self.sockets[sid] = s") < connect.index("_trigger_event('connect'")

    def test_an_answer_leaves_in_the_turn_in_which_the_handler_returns(self) -> None:
        """What Admission relies on: nothing suspends between the handler's return and the answer's write."""
        source = inspect.getsource(async_server.AsyncServer._handle_event_internal)
        after = source[source.index("_trigger_event(data[0]") :].splitlines()[1:]
        assert [line.strip() for line in after if "await" in line] == [
            "await server._send_packet(eio_sid, self.packet_class("
        ]

    def test_a_session_over_a_websocket_opens_as_the_librarys_does(self) -> None:
        source = inspect.getsource(engineio.AsyncServer._handle_connect)
        told = json.loads(opening("s", ping_interval_s=25, ping_timeout_s=20, max_payload_bytes=65536)[2:].decode()[1:])
        assert told == {"sid": "s", "upgrades": [], "pingTimeout": 20_000, "pingInterval": 25_000, "maxPayload": 65536}
        assert all(f"'{name}'" in source for name in told)

    def test_tasks_are_started_where_we_can_end_them(self) -> None:
        assert "self.server.start_background_task" in inspect.getsource(async_socket.AsyncSocket.schedule_ping)
        assert hasattr(base_server.BaseServer, "reason")


@UNHURRIED
@given(st.binary(max_size=200) | st.sampled_from([b"x" * size for size in (125, 126, 127, 65535, 65536)]))
def test_frames_are_read_by_aiohttp(payload: bytes) -> None:
    loop = asyncio.new_event_loop()
    try:
        assert loop.run_until_complete(_read(frame(payload, 0x82), len(payload))) == payload
    finally:
        loop.close()


async def _read(data: bytes, size: int) -> bytes:
    from aiohttp._websocket.reader import WebSocketDataQueue, WebSocketReader
    from aiohttp.base_protocol import BaseProtocol

    queue = WebSocketDataQueue(BaseProtocol(asyncio.get_running_loop()), 2**16, loop=asyncio.get_running_loop())
    WebSocketReader(queue, 2**20, compress=False, decode_text=True).feed_data(data)
    message = await queue.read()
    assert isinstance(message.data, bytes)
    return message.data


class FakeSocket:
    """An engine.io socket without engine.io: its queue is drained by hand."""

    def __init__(self) -> None:
        self.sid = "s"
        self.queue: asyncio.Queue[Any] = asyncio.Queue()
        self.upgraded = False
        self.closed = False

    async def send(self, packet: Any) -> None:
        await self.queue.put(packet)

    async def check_ping_timeout(self) -> bool:
        return True


class FakeTransport:
    def __init__(self, written: list[str], buffered: int = 0) -> None:
        self.written = written
        self.buffered = buffered
        self.aborted = False

    def write(self, data: bytes) -> None:
        """Frames of less than 126 bytes, one after the other."""
        while data:
            self.written.append(data[2 : 2 + data[1]].decode())
            data = data[2 + data[1] :]

    def get_write_buffer_size(self) -> int:
        return self.buffered

    def is_closing(self) -> bool:
        return self.aborted

    def abort(self) -> None:
        self.aborted = True


@UNHURRIED
@given(st.lists(st.sampled_from(["batch", "packet", "drain", "upgrade"]), max_size=40))
def test_nothing_overtakes_while_a_client_changes_over(steps: list[str]) -> None:
    asyncio.run(_change_over(steps))


async def _change_over(steps: list[str]) -> None:
    socket, written = FakeSocket(), list[str]()
    link = QueuedLink(socket, Limits(), lambda _: None)
    sent: list[str] = []

    def drain(count: int) -> None:
        for _ in range(count):
            if socket.queue.empty():
                return
            packet = socket.queue.get_nowait()
            data = packet.encode()
            if isinstance(data, _Mark):
                link.reached(data)
            else:
                written.append(data)

    for number, step in enumerate([*steps, "upgrade", "packet", "drain", "packet"]):
        if step == "batch":
            sent += [f"4{number}a", f"4{number}b"]
            link.write(Batch([f"{number}a".encode(), f"{number}b".encode()]))
        elif step == "packet":
            sent.append(f"4{number}")
            await socket.send(eio_packet.Packet(eio_packet.MESSAGE, data=f"{number}"))
        elif step == "drain":
            drain(1 + number % 3)
        elif not socket.upgraded:
            socket.upgraded = True
            link.on_websocket(FakeTransport(written))  # type: ignore[arg-type]
    drain(10_000)
    assert link.direct
    assert written == sent


async def test_who_does_not_read_is_cut_once() -> None:
    given_up: list[Link] = []
    link = QueuedLink(FakeSocket(), Limits(max_unread_packets=3), given_up.append)
    link.write(Batch([b"x"] * 20))
    assert given_up == []
    for _ in range(10):
        link.write(Batch([b"x"]))
    assert given_up == [link]
    assert link.cut_off


async def test_a_full_transport_is_aborted_at_the_next_write() -> None:
    written: list[str] = []
    socket, transport = FakeSocket(), FakeTransport(written)
    link = QueuedLink(socket, Limits(max_unread_bytes=100), lambda _: None)
    link.on_websocket(transport)  # type: ignore[arg-type]
    link.direct = True
    link.write(Batch([b"x"]))
    transport.buffered = 101
    link.write(Batch([b"y"]))
    link.write(Batch([b"z"]))
    assert transport.aborted
    assert written == ["4x"]


async def test_every_kind_of_client_is_on_the_quick_way_in_the_end(stack: Stack) -> None:
    room = await stack.room()
    for name, transports in (("ws", ["websocket"]), ("up", ["polling", "websocket"]), ("poll", ["polling"])):
        client = await stack.client(stack.tokens.guest(name), transports)
        await client.join(room)
        await client.ok("room:leave")
    directness = sorted(link.direct for link in stack.hub._server.links.values())
    assert directness == [False, True, True]


async def test_one_who_polls_gets_a_backlog_in_portions_it_can_take(stack: Stack) -> None:
    """python-engineio ends a connection on which more than 16 packets come at once."""
    poller = await stack.client(stack.tokens.guest("poll"), ["polling"])
    (link,) = stack.hub._server.links.values()
    link.write(Batch([b'2["backlog",{"number":%d}]' % number for number in range(100)]))
    await poller.until(lambda: len(poller.named("backlog")) == 100)
    assert [payload["number"] for payload in poller.named("backlog")] == list(range(100))
    await poller.join(await stack.room())


async def test_compression_is_not_negotiated(stack: Stack) -> None:
    async with aiohttp.ClientSession() as session:
        ws = await session.ws_connect(f"{stack.url}/socket.io/?EIO=4&transport=websocket", compress=15)
        assert ws.compress == 0


@pytest.mark.parametrize("by", ["answer", "handle_request"])
def test_it_works_on_uvloop(by: str) -> None:
    """uvloop's transports are other classes than asyncio's. Either way in: ours, and the library's for who polls."""

    async def main() -> list[str]:
        server = Server(Limits(), lambda link, _: links.append(link), lambda _: None)
        links: list[Link] = []
        server.serve(_Echo())
        app = aiohttp.web.Application()
        app.router.add_get("/socket.io/", getattr(server, by))
        runner = aiohttp.web.AppRunner(app)
        await runner.setup()
        site = aiohttp.web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        async with aiohttp.ClientSession() as session:
            ws = await session.ws_connect(
                f"http://127.0.0.1:{runner.addresses[0][1]}/socket.io/?EIO=4&transport=websocket"
            )
            await ws.receive()
            await ws.send_str("40")
            await ws.receive()
            await ws.send_str('420["echo",1]')
            answer = await ws.receive_str()
            assert links[0].direct
            links[0].write(Batch([b'2["a",1]', b'2["b",2]']))
            events = [await ws.receive_str(), await ws.receive_str()]
        await server.close()
        await runner.cleanup()
        return [answer, *events]

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(main()) == ["430[1]", '42["a",1]', '42["b",2]']


class _Echo:
    def introduced(self, _request: aiohttp.web.Request) -> None:
        return None

    async def came(self, _sid: str, _link: Link, _introduction: object, _auth: object) -> None:
        return None

    async def called(self, _sid: str, _event: object, arguments: list[Any]) -> object:
        return arguments[0]

    def went(self, _sid: str) -> None:
        return None


def test_json_is_utf8_and_strict() -> None:
    json_module = Server(Limits(), lambda *_: None, lambda _: None).packet_class.json
    assert json_module.dumps({"a": "ไทย"}, separators=(",", ":")) == '{"a":"ไทย"}'
    with pytest.raises(msgspec.DecodeError):
        json_module.loads("[NaN]")
    assert json.loads(json_module.dumps([1.5, None, True])) == [1.5, None, True]
