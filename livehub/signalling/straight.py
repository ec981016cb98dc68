"""Clients that are on a WebSocket from their first request on, as nearly all are: served without a library between the
bytes and the namespace. No task, no queue and no request stays with them while they say nothing. See ADR 15.

Two protocols are spoken here, in the little that is left of them on this way: engine.io (version 4) opens the session,
pings and ends it; Socket.IO (version 5) lets people into the one namespace, and takes and answers calls.
"""

import asyncio
import base64
import logging
import os
import secrets
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, Final, Protocol

import msgspec
from aiohttp import web
from socketio.exceptions import ConnectionRefusedError as Refused

from livehub.signalling import packets, wire
from livehub.signalling.frames import CLOSE, PING, FrameError, FrameReader
from livehub.signalling.heartbeat import Heartbeats
from livehub.signalling.limits import Limits
from livehub.signalling.links import Link
from livehub.signalling.takeover import Taken, accepted, socket_of, take_over
from livehub.signalling.wire import BINARY, TEXT, closing, decodable, frame, opening

log = logging.getLogger(__name__)
#: of one client, read and not done yet: past so many its socket is not read from
_MAX_WAITING: Final = 64
_MAX_WAITING_BYTES: Final = 128 * 1024
#: how long a client that is said goodbye to may take to read it
_PARTING_S: Final = 2.0
_encode: Final = msgspec.json.Encoder().encode
_write: Final = os.write
_NO_PLACE: Final = "Unable to connect"


class Namespace(Protocol):
    """Who comes in, and what they want."""

    def introduced(self, request: web.Request) -> Any:
        """What has to be kept of the request that they came with."""

    async def came(self, sid: str, link: Link, introduction: Any, auth: object) -> None:
        """Raises: Refused."""

    async def called(self, sid: str, event: object, arguments: list[Any]) -> object:
        """What the answer is, in JSON's terms. Nothing is awaited between that and its writing."""

    def went(self, sid: str) -> None: ...


def _new_id() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(15)).decode()


class StraightLink(Link, asyncio.Protocol):
    """One client, from its handshake to its end. Its calls are done one after the other, in order: who floods waits
    for itself, in its own TCP window."""

    __slots__ = ("_binary", "_fd", "_introduction", "_is_behind", "_is_reading", "_reader", "_server", "_sid", "_size",
                 "_waiting", "_working", "unanswered")  # fmt: skip

    def __init__(self, server: "StraightServer", limits: Limits) -> None:
        super().__init__(_new_id(), None, limits)
        self.direct = True
        self.unanswered = 0
        self._server = server
        self._reader = FrameReader(limits.max_payload_bytes)
        self._introduction: Any = None
        #: in the namespace; "" outside of it
        self._sid = ""
        self._binary: Any = None
        self._waiting: deque[str | bytes] = deque()
        self._size = 0
        self._working: asyncio.Task[None] | None = None
        self._is_reading = True
        #: of the socket, where bytes may be written to it past the transport; else -1
        self._fd = -1
        #: the transport may hold bytes that the client has not taken: what comes next goes behind them
        self._is_behind = True

    def begin(self, transport: asyncio.Transport, introduction: Any) -> None:
        self._transport = transport
        self._introduction = introduction
        self._fd = socket_of(transport)

    def write_frames(self, frames: bytes) -> None:
        # As in Link, and past the transport while that holds nothing: a round through a crowd is mostly this line.
        # Whatever closes the socket sets cut_off first (connection_lost, eof_received, cut): the number is never
        # another connection's by now.
        if self.cut_off or (self._is_behind and self._write_behind(frames)):
            return
        try:
            sent = _write(self._fd, frames)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.cut()
            return
        if sent < len(frames):
            self._is_behind = True
            self._transport.write(frames[sent:])  # type: ignore[union-attr]

    def _write_behind(self, frames: bytes) -> bool:
        """By the transport, behind what it holds. False: it holds nothing, and the socket can be written to."""
        transport = self._transport
        unread = transport.get_write_buffer_size()  # type: ignore[union-attr]
        if unread > self._max_unread_bytes:
            log.info("%s does not read; cutting it off", self.id)
            self.cut()
        elif unread or self._fd < 0:
            transport.write(frames)  # type: ignore[union-attr]
        else:
            self._is_behind = False
        return self._is_behind

    def cut(self) -> None:
        self._waiting.clear()
        super().cut()

    def ping(self) -> None:
        self.write_frames(wire.PING)

    # ---- the connection ----

    def data_received(self, data: bytes) -> None:
        if self.cut_off:
            return
        try:
            messages = self._reader.feed(data)
        except FrameError as error:
            self._bye(error.status)
            return
        for kind, payload in messages:
            if self._take(kind, payload):
                break
        if self._waiting and self._working is None:
            self._working = self._server.spawn(self._work())

    def eof_received(self) -> None:
        """The transport closes itself then: once what is unread is read, and that may be never."""
        self.cut_off = True
        self._part()

    def connection_lost(self, exc: BaseException | None) -> None:
        self.cut_off = True
        # What was begun is finished: it may have been acknowledged to others already.
        if self._working is None:
            self._server.ended(self, self._sid)

    def _bye(self, status: int) -> None:
        transport = self._transport
        if transport is None or self.cut_off:
            return
        self.cut_off = True
        if transport.get_write_buffer_size():
            transport.abort()  # whoever does not read is not waited for
            return
        transport.write(closing(status))
        transport.close()
        self._part()

    def _part(self) -> None:
        """Closing waits for the last byte to be taken; pings wait for nobody who is cut off."""
        if self._transport is not None:
            asyncio.get_running_loop().call_later(_PARTING_S, self._transport.abort)

    # ---- engine.io ----

    def _take(self, kind: int, payload: bytes) -> bool:
        """Whether the connection ends with it."""
        if kind == TEXT:
            try:
                text = payload.decode()
            except UnicodeDecodeError:
                self._bye(1007)
                return True
            if not decodable(text):
                self._bye(1002)
            elif text[0] == "3":
                self._server.heartbeats.answered(self)
            elif text[0] in "14":
                self._put(text)
        elif kind == BINARY:
            self._put(payload)
        elif kind == PING:
            self.write_frames(frame(payload, wire.PONG))
        elif kind == CLOSE:
            self._bye(1000)
        return self.cut_off

    def _put(self, packet: str | bytes) -> None:
        self._waiting.append(packet)
        self._size += len(packet)
        if self._is_reading and (len(self._waiting) > _MAX_WAITING or self._size > _MAX_WAITING_BYTES):
            self._is_reading = False
            self._transport.pause_reading()  # type: ignore[union-attr]

    def _read_on(self) -> None:
        if not self._is_reading and not self._transport.is_closing():  # type: ignore[union-attr]
            self._is_reading = True
            self._transport.resume_reading()  # type: ignore[union-attr]

    async def _work(self) -> None:
        """What waits, one after the other; ends when nothing does. Also what somebody said who has gone since."""
        try:
            while self._waiting:
                packet = self._waiting.popleft()
                self._size -= len(packet)
                if not self._waiting:
                    self._read_on()
                try:
                    await self._do(packet)
                except Exception as error:
                    # Only what is no packet can fail here: what goes wrong in a call ends in its answer.
                    log.info("%s sent no Socket.IO packet (%s)", self.id, type(error).__name__)
                    self.cut()
        finally:
            self._working = None
            if self.cut_off:
                self._server.ended(self, self._sid)

    # ---- Socket.IO ----

    async def _do(self, packet: str | bytes) -> None:
        if isinstance(packet, bytes):
            await self._attach(packet)
            return
        if packet[0] == "1":
            self._bye(1000)
            return
        text = packet[1:]
        if self._binary is not None:
            raise ValueError("an attachment was to come")
        call = packets.call_of(text)
        if call is not None:
            await self._call(*call)
            return
        connect = packets.connect_of(text)
        if connect is not None:
            await self._connect(*connect)
        else:
            await self._do_other(packets.read(text))

    async def _do_other(self, packet: Any) -> None:
        kind = packet.packet_type
        if kind not in {packets.CONNECT, packets.DISCONNECT, packets.EVENT, packets.ACK, packets.BINARY_EVENT,
                        packets.BINARY_ACK}:  # fmt: skip
            raise ValueError("no packet of a client's")
        if packet.namespace not in {None, "/"}:
            if kind == packets.CONNECT:
                self._send(f"4{packet.namespace},".encode() + _encode(_NO_PLACE))
        elif kind == packets.CONNECT:
            await self._connect(packet.data)
        elif kind == packets.DISCONNECT:
            self._server.leave(self._sid)
            self._sid = ""
        elif kind == packets.EVENT:
            await self._call(packet.id, packet.data)
        elif kind != packets.ACK:
            if not self._sid:
                raise ValueError("binary before it is in")
            self._binary = packet

    async def _attach(self, payload: bytes) -> None:
        packet = self._binary
        if packet is None:
            raise ValueError("bytes that belong to nothing")
        if packet.add_attachment(payload):
            self._binary = None
            if packet.packet_type == packets.BINARY_EVENT:
                await self._call(packet.id, packet.data)

    async def _connect(self, auth: object) -> None:
        if self._sid:
            self._send(b"4" + _encode(_NO_PLACE))
            return
        sid = _new_id()
        try:
            await self._server.namespace.came(sid, self, self._introduction, auth)
        except Refused as refused:
            self._send(b"4" + _encode(refused.error_args))
            return
        self._sid = sid
        self._send(b"0" + _encode({"sid": sid}))

    async def _call(self, number: int | None, arguments: Any) -> None:
        if not self._sid:
            return
        answer = await self._server.namespace.called(self._sid, arguments[0], arguments[1:])
        if number is not None:
            self._send(b"3%d[%b]" % (number, b"" if answer is None else _encode(answer)))

    def _send(self, packet: bytes) -> None:
        self.write_frames(frame(b"4" + packet))


class StraightServer:
    """All of them. ``opened(link, request)`` and ``closed(link)`` follow each connection, also one that never comes in.

    ``links``: where they are listed while they are open.
    """

    def __init__(
        self,
        limits: Limits,
        links: dict[str, Link],
        opened: Callable[[Link, web.Request], None],
        closed: Callable[[Link], None],
    ) -> None:
        self._limits = limits
        self._links = links
        self._opened = opened
        self._closed = closed
        self._tasks: set[asyncio.Task[None]] = set()
        self.heartbeats: Final = Heartbeats(limits.ping_interval_s, limits.ping_timeout_s)
        self.namespace: Namespace

    def answer(self, request: web.Request) -> web.StreamResponse:
        """A handshake.

        Raises: HTTPBadRequest for one that is none.
        """
        answer, limits = accepted(request), self._limits
        if answer is None:
            raise web.HTTPBadRequest(text="This is no WebSocket handshake (RFC 6455 section 4.2.1, version 13)\n")
        introduction = self.namespace.introduced(request)
        link = StraightLink(self, limits)
        taken = take_over(request, link)
        if taken is not None:
            transport, behind = taken
            link.begin(transport, introduction)
            self._links[link.id] = link
            self._opened(link, request)
            times = {"ping_interval_s": limits.ping_interval_s, "ping_timeout_s": limits.ping_timeout_s}
            transport.write(answer + opening(link.id, **times, max_payload_bytes=limits.max_payload_bytes))
            self.heartbeats.begin(link)
            if behind:
                link.data_received(behind)
        return Taken()

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def leave(self, sid: str) -> None:
        if sid:
            self.namespace.went(sid)

    def ended(self, link: StraightLink, sid: str) -> None:
        """Once for each is enough; more does no harm."""
        if self._links.pop(link.id, None) is not None:
            self.leave(sid)
            self._closed(link)

    async def close(self) -> None:
        """After the links were cut. Nothing is left running."""
        self.heartbeats.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
