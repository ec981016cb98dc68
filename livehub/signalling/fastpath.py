"""The way of bytes to one client, and the only module that touches private parts of python-socketio and engine.io.

python-socketio encodes and queues each packet for each client and wakes a task to write it: 25–60 µs a delivery. Here
a broadcast is framed once (RFC 6455 section 5.2; a server's frames are not masked) and the same bytes are written to
every transport: 2–10 µs. tests/signalling/test_fastpath.py holds the names used to what they were when this was
written.

**Order.** All that goes to a client passes its :class:`Link`, also what python-socketio itself sends (answers).
A client that polls, or is changing over to a WebSocket, is served from engine.io's queue. Once it is on a WebSocket a
mark is put at the end of the queue; when the writer comes to the mark and nothing was queued behind it, the link goes
over to writing directly. Until then everything is queued, afterwards nothing is, so nothing overtakes.

**Slow clients.** Nobody waits for a reader. Past ``max_unread_bytes`` in the transport's buffer (or
``max_unread_packets`` in the queue) the connection is aborted, and the client resumes when it can.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, cast

import socketio
from aiohttp import web
from engineio import packet as eio_packet

from livehub.signalling.heartbeat import Heartbeats
from livehub.signalling.limits import Limits
from livehub.signalling.packets import Packet
from livehub.signalling.parting import part
from livehub.signalling.wire import BINARY, PING, begins_websocket, decodable, frame, opening

log = logging.getLogger(__name__)


class Batch:
    """Packets for many clients at once: framed when the first WebSocket needs it, queued ones as they are."""

    __slots__ = ("_frames", "_packets", "_queued")

    def __init__(self, packets: Sequence[bytes]) -> None:
        self._packets = packets
        self._frames: bytes | None = None
        self._queued: list[Any] | None = None

    def __bool__(self) -> bool:
        return bool(self._packets)

    @property
    def frames(self) -> bytes:
        if self._frames is None:
            self._frames = b"".join(frame(b"4" + packet) for packet in self._packets)
        return self._frames

    @property
    def queued(self) -> list[Any]:
        if self._queued is None:
            self._queued = [eio_packet.Packet(eio_packet.MESSAGE, data=packet.decode()) for packet in self._packets]
        return self._queued


class _Mark(eio_packet.Packet):  # type: ignore[misc]
    """Stands in the queue; ``position`` is how many packets had been queued when it was put there."""

    def __init__(self, position: int) -> None:
        super().__init__(eio_packet.NOOP)
        self.position = position

    def encode(self, b64: bool = False) -> Any:
        return super().encode() if b64 else self


class Link:
    """To one client, whatever its transport."""

    def __init__(self, socket: Any, limits: Limits, give_up: Callable[["Link"], None]) -> None:
        self._socket = socket
        self._limits = limits
        self._max_unread_bytes = limits.max_unread_bytes
        self._give_up = give_up
        self._queue_send = socket.send
        self._put = 0
        self._marked = False
        self._transport: asyncio.WriteTransport | None = None
        self.direct = False
        self.cut_off = False
        socket.send = self._send

    @property
    def id(self) -> str:
        return str(self._socket.sid)

    def write(self, batch: Batch) -> None:
        """Send, or queue, or give the client up. Never blocks, never raises."""
        if self.cut_off:
            return
        if self.direct:
            self.write_frames(batch.frames)
        else:
            self._enqueue(batch.queued)

    def cut(self) -> None:
        """End the connection at once, without a word; for those who do not read or do not stop."""
        if self.cut_off:
            return
        self.cut_off = True
        if self._transport is not None:
            self._transport.abort()
        else:
            self._give_up(self)

    def ended(self) -> None:
        """The connection is over. A poll that waits would wait on for nothing: None in the queue ends it, behind the
        last packet that engine.io may put there in this turn of the loop."""
        self.cut_off = True
        asyncio.get_running_loop().call_soon(self._socket.queue.put_nowait, None)

    def on_websocket(self, transport: asyncio.WriteTransport) -> None:
        self._transport = transport

    def reached(self, mark: _Mark) -> None:
        """The writer has written everything that was queued before ``mark``."""
        if mark.position == self._put:
            self.direct = self._transport is not None
        else:
            self._queue_mark()

    async def _send(self, packet: Any) -> None:
        """In place of ``AsyncSocket.send``. Pings stay in the queue: engine.io's writer ends when it sees none."""
        if packet.packet_type != eio_packet.MESSAGE:
            await self._queue_send(packet)
        elif self.cut_off or not await self._socket.check_ping_timeout():
            return
        elif self.direct:
            data = packet.encode()
            self.write_frames(frame(data.encode()) if isinstance(data, str) else frame(data, BINARY))
        else:
            self._enqueue([packet])

    def write_frames(self, frames: bytes) -> None:
        """WebSocket frames as they are, to a client that :attr:`direct` holds for. Never blocks, never raises."""
        transport = self._transport
        if transport is None or self.cut_off or transport.is_closing():
            return
        # What is unread from before counts, not what is written now: a long catching up is no fault of the reader's.
        if transport.get_write_buffer_size() > self._max_unread_bytes:
            log.info("%s does not read; cutting it off", self.id)
            self.cut()
        else:
            transport.write(frames)

    def _enqueue(self, packets: Sequence[Any]) -> None:
        if self._socket.closed:
            return
        if self._socket.queue.qsize() > self._limits.max_unread_packets:
            log.info("%s does not poll; cutting it off", self.id)
            self.cut()
            return
        for packet in packets:
            self._socket.queue.put_nowait(packet)
        self._put += len(packets)
        if self._socket.upgraded and not self._marked:
            self._marked = True
            self._queue_mark()

    def _queue_mark(self) -> None:
        self._socket.queue.put_nowait(_Mark(self._put))


class StraightLink(Link):
    """To a client that is on a WebSocket from its first request on: no queue, no task, no engine.io socket."""

    def __init__(self, sid: str, transport: asyncio.WriteTransport, limits: Limits) -> None:
        self._sid = sid
        self._transport = transport
        self._max_unread_bytes = limits.max_unread_bytes
        self.direct = True
        self.cut_off = False
        self.unanswered = 0

    @property
    def id(self) -> str:
        return self._sid

    def ping(self) -> None:
        self.write_frames(PING)

    def ended(self) -> None:
        self.cut_off = True


class _WebSocket:
    """In place of engine.io's wrapper of aiohttp's WebSocket: no compression, and the transport goes to the link."""

    def __init__(self, links: dict[str, Link], limits: Limits, handler: Any) -> None:
        self._handler = handler
        self._link = links.get(handler.__self__.sid)
        self._response = web.WebSocketResponse(max_msg_size=limits.max_payload_bytes, compress=False, timeout=2.0)
        self._transport: asyncio.WriteTransport | None = None

    async def __call__(self, environ: dict[str, Any]) -> web.WebSocketResponse:
        request: web.Request = environ["aiohttp.request"]
        await self._response.prepare(request)
        # Not asked with isinstance: uvloop's transports are none of asyncio's classes.
        self._transport = cast("asyncio.WriteTransport | None", request.transport)
        if self._link is not None and self._transport is not None:
            self._link.on_websocket(self._transport)
        await self._handler(self)
        return self._response

    async def close(self) -> None:
        await part(self._response, self._transport)

    async def send(self, message: str | bytes | _Mark) -> None:
        if isinstance(message, _Mark):
            if self._link is not None:
                self._link.reached(message)
        elif isinstance(message, str):
            await self._response.send_str(message)
        else:
            await self._response.send_bytes(message)

    async def wait(self) -> str | bytes:
        message = await self._response.receive()
        data = message.data
        if not isinstance(data, str | bytes):
            raise OSError("the client has gone")
        if isinstance(data, str) and not decodable(data):
            # engine.io would raise out of its receive loop and leave the client half open.
            raise OSError("not an engine.io packet")
        return data


def _quiet(name: str) -> logging.Logger:
    """At INFO both libraries write every packet into the log, with what people said and the tokens they came with."""
    logger = logging.getLogger(name)
    logger.setLevel(logging.WARNING)
    return logger


class Server(socketio.AsyncServer):  # type: ignore[misc]
    """python-socketio's server with a :class:`Link` for each client and tasks that it ends itself.

    ``opened(link, request)`` and ``closed(link)`` follow each engine.io connection, also one that never joins the
    namespace.
    """

    def __init__(
        self, limits: Limits, opened: Callable[[Link, web.Request], None], closed: Callable[[Link], None]
    ) -> None:
        super().__init__(
            async_mode="aiohttp",
            # One call of a socket at a time, in order: a client that floods waits for itself, in its own TCP window.
            async_handlers=False,
            serializer=Packet,
            logger=_quiet("livehub.signalling.socketio"),
            engineio_logger=_quiet("livehub.signalling.engineio"),
            max_http_buffer_size=limits.max_payload_bytes,
            ping_interval=limits.ping_interval_s,
            ping_timeout=limits.ping_timeout_s,
            # Any site may speak to the server with a token of its own; cookies count for our own pages only
            # (see namespace.py), so browsers are never told to send them here from elsewhere.
            cors_allowed_origins="*",
            cors_credentials=False,
        )
        self._limits = limits
        self._opened = opened
        self._closed = closed
        self._tasks: set[asyncio.Task[Any]] = set()
        self._heartbeats = Heartbeats(limits.ping_interval_s, limits.ping_timeout_s)
        self.links: dict[str, Link] = {}
        # The driver's table is shared by every server of the process: ours is a copy.
        self.eio._async = {**self.eio._async, "websocket": lambda handler, _: _WebSocket(self.links, limits, handler)}
        self.eio.start_background_task = self._spawn

    def link_of(self, sid: str) -> Link | None:
        return self.links.get(self.manager.eio_sid_from_sid(sid, "/") or "")

    def cut(self, eio_sid: str) -> None:
        """End a connection, by the id that its requests carry. Unknown ones are passed over."""
        link = self.links.get(eio_sid)
        if link is not None:
            link.cut()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """A request of a client, whatever its transport."""
        if request.method == "GET" and begins_websocket(request.query, request.headers.get("Upgrade", "")):
            return await self._straight(request)
        response: web.StreamResponse = await self.handle_request(request)
        return response

    async def _straight(self, request: web.Request) -> web.StreamResponse:
        """A WebSocket from the first request on, which nearly all clients come by: engine.io's part is done here.

        The library would start two tasks for each such client and two more for each of its packets; see ADR 15.

        Raises: HTTPBadRequest for a handshake that is none.
        """
        limits = self._limits
        response = web.WebSocketResponse(max_msg_size=limits.max_payload_bytes, compress=False, timeout=2.0)
        await response.prepare(request)
        if request.transport is None:
            return response
        transport = cast("asyncio.WriteTransport", request.transport)
        link = StraightLink(self.eio.generate_id(), transport, limits)
        self.links[link.id] = link
        self._opened(link, request)
        reason = self.reason.TRANSPORT_CLOSE
        try:
            await super()._handle_eio_connect(link.id, {"aiohttp.request": request})
            times = {"ping_interval_s": limits.ping_interval_s, "ping_timeout_s": limits.ping_timeout_s}
            link.write_frames(opening(link.id, **times, max_payload_bytes=limits.max_payload_bytes))
            self._heartbeats.begin(link)
            if await self._read(link, response):
                reason = self.reason.CLIENT_DISCONNECT
        finally:
            await self._handle_eio_disconnect(link.id, reason)
            await part(response, transport)
        return response

    async def _read(self, link: StraightLink, response: web.WebSocketResponse) -> bool:
        """One packet after the other until the connection ends. Whether the client said that it goes."""
        while not link.cut_off:
            data = (await response.receive()).data
            if isinstance(data, bytes):
                await self._handle_eio_message(link.id, data)
            elif not isinstance(data, str) or not decodable(data):
                return False
            elif data[0] == "4":
                await self._handle_eio_message(link.id, data[1:])
            elif data[0] == "3":
                self._heartbeats.answered(link)
            elif data[0] == "1":
                return True
        return False

    async def _send_packet(self, eio_sid: str, pkt: Any) -> None:
        """python-socketio's own packets: answers, and being let in or refused."""
        link = self.links.get(eio_sid)
        if isinstance(link, StraightLink):
            link.write_frames(frame(b"4" + pkt.encode().encode()))
        else:
            await super()._send_packet(eio_sid, pkt)

    async def close(self) -> None:
        """Cut every client off, then end every task. Nothing is left running."""
        await self.shutdown()
        self._heartbeats.close()
        for link in list(self.links.values()):
            link.cut()
        # Handlers of WebSockets end by themselves once their transport is gone; they report it to the namespace.
        for _ in range(50):
            if not self.links:
                break
            await asyncio.sleep(0.02)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _spawn(self, target: Callable[..., Coroutine[Any, Any, Any]], *args: Any, **kwargs: Any) -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(target(*args, **kwargs))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _give_up(self, link: Link) -> None:
        self._spawn(self._drop, link)

    async def _drop(self, link: Link) -> None:
        socket = self.eio.sockets.get(link.id)
        if socket is not None:
            await socket.close(wait=False, abort=True, reason=self.reason.SERVER_DISCONNECT)
            self.eio.sockets.pop(link.id, None)

    async def _handle_eio_connect(self, eio_sid: str, environ: dict[str, Any]) -> Any:
        link = Link(self.eio.sockets[eio_sid], self._limits, self._give_up)
        self.links[eio_sid] = link
        self._opened(link, environ["aiohttp.request"])
        return await super()._handle_eio_connect(eio_sid, environ)

    async def _handle_eio_message(self, eio_sid: str, data: str | bytes) -> None:
        """Only the decoding of packets can fail here: what the namespace's handlers raise ends in their answers."""
        try:
            await super()._handle_eio_message(eio_sid, data)
        except Exception as error:
            log.info("%s sent no Socket.IO packet (%s)", eio_sid, type(error).__name__)
            self.cut(eio_sid)

    async def _handle_eio_disconnect(self, eio_sid: str, reason: str) -> None:
        try:
            await super()._handle_eio_disconnect(eio_sid, reason)
        finally:
            self._binary_packet.pop(eio_sid, None)
            link = self.links.pop(eio_sid, None)
            if link is not None:
                link.ended()
                self._closed(link)
