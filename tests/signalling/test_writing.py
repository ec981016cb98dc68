"""Frames past the transport: in order whoever reads however slowly, and never into a socket that is closed or
encrypted."""

import asyncio
import socket
from collections.abc import Callable
from typing import cast

import pytest
import uvloop
from aiohttp import web

from livehub.signalling import straight
from livehub.signalling.limits import Limits
from livehub.signalling.straight import StraightLink, StraightServer
from livehub.signalling.takeover import socket_of

PATIENCE_S = 60
LOOPS = pytest.mark.parametrize("loops", [asyncio.new_event_loop, uvloop.new_event_loop])
Loops = Callable[[], asyncio.AbstractEventLoop]


def _nothing(_link: object, _request: web.Request) -> None:
    return None


def _gone(_link: object) -> None:
    return None


class Line:
    """A link, and the other end of its connection, which reads when a test says so."""

    def __init__(self, link: StraightLink, transport: asyncio.Transport, far: socket.socket) -> None:
        self.link, self.transport, self.far = link, transport, far

    @classmethod
    async def open(cls, limits: Limits) -> "Line":
        loop = asyncio.get_running_loop()
        near, far = socket.socketpair()
        near.setblocking(False)
        far.setblocking(False)
        link = StraightLink(StraightServer(limits, {}, _nothing, _gone), limits)
        made, _ = await loop.create_connection(lambda: link, sock=near)
        link.begin(made, None)
        return cls(link, made, far)

    async def read(self, size: int) -> bytes:
        read = bytearray()
        async with asyncio.timeout(PATIENCE_S):
            while len(read) < size:
                read += await asyncio.get_running_loop().sock_recv(self.far, 1 << 16)
        return bytes(read)


@LOOPS
def test_what_the_socket_does_not_take_comes_in_order_and_whole(loops: Loops) -> None:
    async def main() -> None:
        line = await Line.open(Limits(max_unread_bytes=64 << 20))
        sent = b""
        for turn in range(40):
            for number in range(8):
                part = f"{turn}.{number};".encode() * 4_000
                sent += part
                line.link.write_frames(part)
            if turn == 20:
                # all of it is read: what comes then goes to the socket again, and what does not fit waits again
                assert line.link._is_behind
                assert await line.read(len(sent)) == sent
                sent = b""
                async with asyncio.timeout(PATIENCE_S):
                    while line.transport.get_write_buffer_size():
                        await asyncio.sleep(0.01)
                line.link.write_frames(b"x")
                sent += b"x"
                assert not line.link._is_behind
        assert await line.read(len(sent)) == sent
        line.link.cut()
        line.far.close()

    with asyncio.Runner(loop_factory=loops) as runner:
        runner.run(main())


@LOOPS
def test_what_the_transport_holds_goes_first(loops: Loops) -> None:
    async def main() -> None:
        line = await Line.open(Limits())
        line.transport.write(b"opening ")
        line.link.write_frames(b"and what follows")
        assert await line.read(24) == b"opening and what follows"
        line.link.cut()
        line.far.close()

    with asyncio.Runner(loop_factory=loops) as runner:
        runner.run(main())


@LOOPS
def test_who_does_not_read_is_cut(loops: Loops) -> None:
    async def main() -> None:
        line = await Line.open(Limits(max_unread_bytes=1 << 20))
        for _ in range(200):
            line.link.write_frames(b"x" * (1 << 16))
            if line.link.cut_off:
                break
        assert line.link.cut_off
        line.far.close()

    with asyncio.Runner(loop_factory=loops) as runner:
        runner.run(main())


@LOOPS
def test_nothing_is_written_once_the_socket_may_be_anothers(loops: Loops, monkeypatch: pytest.MonkeyPatch) -> None:
    """However the connection ends: by the other side, by a reset, by our own cut."""

    async def main() -> None:
        for ending in ("closed", "reset", "cut"):
            line = await Line.open(Limits())
            line.link.write_frames(b"hello")
            if ending == "cut":
                line.link.cut()
            else:
                if ending == "closed":
                    await line.read(5)  # what is unread when it closes resets the connection
                line.far.close()
                async with asyncio.timeout(PATIENCE_S):
                    while not line.link.cut_off:
                        await asyncio.sleep(0.01)
            with monkeypatch.context() as patched:
                patched.setattr(straight, "_write", _refuse)
                line.link.write_frames(b"too late")
            line.far.close()

    with asyncio.Runner(loop_factory=loops) as runner:
        runner.run(main())


def _refuse(_fd: int, _data: bytes) -> int:
    raise AssertionError("written to a socket that may be another's")


@LOOPS
def test_who_resets_unheard_is_cut_by_the_next_write(loops: Loops) -> None:
    async def main() -> None:
        line = await Line.open(Limits())
        line.link.write_frames(b"hello")
        line.far.close()
        line.link.write_frames(b"there")  # in the same turn: the transport has not noticed yet
        assert line.link.cut_off

    with asyncio.Runner(loop_factory=loops) as runner:
        runner.run(main())


def test_encrypted_connections_are_left_to_their_transport() -> None:
    class Socket:
        def fileno(self) -> int:
            return 7

    class Transport:
        def __init__(self, **known: object) -> None:
            self._known = known

        def get_extra_info(self, name: str) -> object:
            return self._known.get(name)

    assert socket_of(cast("asyncio.Transport", Transport(socket=Socket()))) == 7
    assert socket_of(cast("asyncio.Transport", Transport(socket=Socket(), sslcontext=object()))) == -1
    assert socket_of(cast("asyncio.Transport", Transport())) == -1
