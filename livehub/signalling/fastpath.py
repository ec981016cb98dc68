"""Clients that poll, or change over from polling, by python-socketio and engine.io: the only module that touches
private parts of theirs. Who comes by a WebSocket at once is served by :mod:`.straight`.

python-socketio encodes and queues each packet for each client and wakes a task to write it: 25–60 µs a delivery. Here
a broadcast is framed once and the same bytes are written to every transport: 2–10 µs. tests/signalling/test_fastpath.py
holds the names used to what they were when this was written.

**Order.** All that goes to a client passes its :class:`QueuedLink`, also what python-socketio itself sends (answers).
A client that polls, or is changing over to a WebSocket, is served from engine.io's queue. Once it is on a WebSocket a
mark is put at the end of the queue; when the writer comes to the mark and nothing was queued behind it, the link goes
over to writing directly. Until then everything is queued, afterwards nothing is, so nothing overtakes.

What comes from a client is done in order as well, whatever requests bring it: each message waits for the one before.

**Slow clients.** As :mod:`.links` says; in the queue past ``max_unread_packets``. A poll takes no more than engine.io's
client for Python accepts; one of more would end that client's connection, just when it has a lot to catch up on.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, cast

import socketio
from aiohttp import web
from engineio import packet as eio_packet
from engineio.exceptions import QueueEmpty
from engineio.payload import Payload
from socketio.exceptions import ConnectionRefusedError as Refused

from livehub.signalling.limits import Limits
from livehub.signalling.links import Batch, Link
from livehub.signalling.packets import Packet
from livehub.signalling.parting import part
from livehub.signalling.straight import Namespace, StraightServer
from livehub.signalling.wire import BINARY, begins_websocket, decodable, frame

log = logging.getLogger(__name__)
#: messages of one client that are done or wait for that; over a WebSocket it would not be read from meanwhile
_MAX_WAITING = 64
#: Socket.IO's packet DISCONNECT
_GOODBYE = "1"


class _Mark(eio_packet.Packet):  # type: ignore[misc]
    """Stands in the queue; ``position`` is how many packets had been queued when it was put there."""

    def __init__(self, position: int) -> None:
        super().__init__(eio_packet.NOOP)
        self.position = position

    def encode(self, b64: bool = False) -> Any:
        return super().encode() if b64 else self


class QueuedLink(Link):
    """To a client that polls, or did: whatever its transport is."""

    __slots__ = ("_give_up", "_marked", "_max_poll_s", "_max_unread_packets", "_put", "_queue_send", "_socket", "_turn",
                 "_waiting")  # fmt: skip

    def __init__(self, socket: Any, limits: Limits, give_up: Callable[[Link], None]) -> None:
        super().__init__(str(socket.sid), None, limits)
        self._socket = socket
        self._max_unread_packets = limits.max_unread_packets
        self._max_poll_s = limits.ping_interval_s + limits.ping_timeout_s
        self._give_up = give_up
        self._queue_send = socket.send
        self._put = 0
        self._marked = False
        #: held by the message that is being done: a client that polls may send the next by another request
        self._turn = asyncio.Lock()
        self._waiting = 0
        socket.send = self._send
        socket.poll = self._poll

    def write(self, batch: Batch) -> None:
        if self.cut_off:
            return
        if self.direct:
            self.write_frames(batch.frames)
        else:
            self._enqueue(batch.queued)

    def cut(self) -> None:
        if self.cut_off:
            return
        super().cut()
        if self._transport is None:
            self._give_up(self)

    async def in_turn(self, work: Callable[[], Awaitable[None]]) -> None:
        """After what came before it, unless the client is cut off by then: nobody is there to be answered. It is when
        too much of it waits."""
        if self._waiting >= _MAX_WAITING:
            self.cut()
            return
        self._waiting += 1
        try:
            async with self._turn:
                if not self.cut_off:
                    await work()
        finally:
            self._waiting -= 1

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

    async def _poll(self) -> list[Any]:
        """In place of ``AsyncSocket.poll``, which takes all there is. An empty list ends the connection.

        Raises: QueueEmpty when nothing came in the time that a poll may last.
        """
        queue: asyncio.Queue[Any] = self._socket.queue
        try:
            packets = [await asyncio.wait_for(queue.get(), self._max_poll_s)]
        except (TimeoutError, asyncio.CancelledError):
            raise QueueEmpty from None
        while packets[-1] is not None and len(packets) < Payload.max_decode_packets and not queue.empty():
            packets.append(queue.get_nowait())
        for _ in packets:
            queue.task_done()
        if packets[-1] is None:
            packets.pop()
            if packets:
                queue.put_nowait(None)  # the end is told once everything before it is
        return packets

    def _enqueue(self, packets: Sequence[Any]) -> None:
        if self._socket.closed:
            return
        if self._socket.queue.qsize() > self._max_unread_packets:
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


class _WebSocket:
    """In place of engine.io's wrapper of aiohttp's WebSocket: no compression, and the transport goes to the link."""

    def __init__(self, links: dict[str, Link], limits: Limits, handler: Any) -> None:
        self._handler = handler
        found = links.get(handler.__self__.sid)
        self._link = found if isinstance(found, QueuedLink) else None
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


class _Namespace(socketio.AsyncNamespace):  # type: ignore[misc]
    """Hands on what python-socketio says of those who come by it."""

    def __init__(self, namespace: Namespace, link_of: Callable[[str], Link | None]) -> None:
        super().__init__("/")
        self._ours = namespace
        self._link_of = link_of

    async def trigger_event(self, event: object, *args: Any) -> Any:
        """Every event of the namespace; for calls the answer is returned and python-socketio sends it."""
        sid = args[0]
        if event == "connect":
            link = self._link_of(sid)
            if link is None:
                raise Refused("Try again")
            introduction = self._ours.introduced(args[1]["aiohttp.request"])
            return await self._ours.came(sid, link, introduction, args[2] if len(args) > 2 else None)
        if event == "disconnect":
            return self._ours.went(sid)
        return await self._ours.called(sid, event, list(args[1:]))


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
        self.namespace: Namespace
        self.links: dict[str, Link] = {}
        self._straight = StraightServer(limits, self.links, opened, closed)
        # The driver's table is shared by every server of the process: ours is a copy.
        self.eio._async = {**self.eio._async, "websocket": lambda handler, _: _WebSocket(self.links, limits, handler)}
        self.eio.start_background_task = self._spawn

    def serve(self, namespace: Namespace) -> None:
        """The one namespace, whatever way its people come by."""
        self.register_namespace(_Namespace(namespace, self.link_of))
        self._straight.namespace = self.namespace = namespace

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
            return self._straight.answer(request)
        response: web.StreamResponse = await self.handle_request(request)
        return response

    async def close(self) -> None:
        """Cut every client off, then end every task. Nothing is left running."""
        await self.shutdown()
        for link in list(self.links.values()):
            link.cut()
        # Connections end by themselves once their transport is gone; that is reported to the namespace.
        for _ in range(50):
            if not self.links:
                break
            await asyncio.sleep(0.02)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._straight.close()

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
        link = QueuedLink(self.eio.sockets[eio_sid], self._limits, self._give_up)
        self.links[eio_sid] = link
        self._opened(link, environ["aiohttp.request"])
        return await super()._handle_eio_connect(eio_sid, environ)

    async def _handle_eio_message(self, eio_sid: str, data: str | bytes) -> None:
        """One after the other, in the order in which they came: a leave does not overtake the join before it. A goodbye
        waits for nothing: what is under way then finds nobody to let in.

        Only the decoding of packets can fail here: what the namespace's handlers raise ends in their answers.
        """
        link = self.links.get(eio_sid)
        if not isinstance(link, QueuedLink):
            return
        handle = super()._handle_eio_message
        try:
            if isinstance(data, str) and data.startswith(_GOODBYE):
                await handle(eio_sid, data)
            else:
                await link.in_turn(lambda: handle(eio_sid, data))
        except Exception as error:
            log.info("%s sent no Socket.IO packet (%s)", eio_sid, type(error).__name__)
            self.cut(eio_sid)

    async def _handle_eio_disconnect(self, eio_sid: str, reason: str) -> None:
        try:
            await super()._handle_eio_disconnect(eio_sid, reason)
        finally:
            self._binary_packet.pop(eio_sid, None)
            link = self.links.pop(eio_sid, None)
            if isinstance(link, QueuedLink):
                link.ended()
                self._closed(link)
