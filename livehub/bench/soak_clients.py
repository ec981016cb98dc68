"""People of the soak: each reads all that is sent, calls and waits for the answer, is cut and comes back."""

import asyncio
import itertools
import json
from collections.abc import Callable
from typing import Any

from livehub.bench.chat_clients import frame

CALL_TIMEOUT_S = 30.0


class Lost(ConnectionError):
    """The connection ended before the answer came."""


class Caller(asyncio.Protocol):
    """One WebSocket of Socket.IO, as little as is needed: no fragments, which the server does not send."""

    def __init__(self, host: str, on_event: Callable[[str, dict[str, Any]], None] | None = None) -> None:
        self._host = host
        self._on_event = on_event
        self._rest = b""
        self._is_upgraded = False
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self.transport: asyncio.Transport
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.closed = asyncio.Event()

    @classmethod
    async def connect(
        cls, port: int, token: str, on_event: Callable[[str, dict[str, Any]], None] | None = None
    ) -> "Caller":
        """Raises: OSError, TimeoutError."""
        loop = asyncio.get_running_loop()
        _, made = await loop.create_connection(lambda: cls(f"127.0.0.1:{port}", on_event), "127.0.0.1", port)
        made.transport.write(frame("40" + json.dumps({"token": token})))
        async with asyncio.timeout(CALL_TIMEOUT_S):
            await made.opened
        return made

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]
        self.transport.write(
            (
                "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n"
                f"Host: {self._host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
            ).encode()
        )

    async def call(self, name: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Raises: Lost, TimeoutError."""
        if self.closed.is_set():
            raise Lost
        number = next(self._numbers)
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._answers[number] = future
        self.transport.write(frame(f"42{number}{json.dumps([name, payload])}"))
        try:
            async with asyncio.timeout(CALL_TIMEOUT_S):
                return await future
        finally:
            self._answers.pop(number, None)

    def cut(self) -> None:
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        rest = self._rest + data
        if not self._is_upgraded:
            head, found, after = rest.partition(b"\r\n\r\n")
            if not found:
                self._rest = rest
                return
            self._is_upgraded = b" 101 " in head.partition(b"\r\n")[0]
            rest = after
        while (end := _frame_end(rest)) is not None:
            start, stop = end
            self._packet(rest[start:stop].decode())
            rest = rest[stop:]
        self._rest = rest

    def _packet(self, text: str) -> None:
        if text == "2":
            self.transport.write(frame("3"))
        elif text.startswith("40") and not self.opened.done():
            self.opened.set_result(None)
        elif text.startswith("43"):
            number, _, body = text[2:].partition("[")
            future = self._answers.get(int(number))
            if future is not None and not future.done():
                future.set_result(json.loads(f"[{body}")[0])
        elif text.startswith("42") and self._on_event is not None:
            name, payload = json.loads(text[2:])
            self._on_event(name, payload)

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed.set()
        waiting: list[asyncio.Future[Any]] = [self.opened, *self._answers.values()]
        for future in waiting:
            if not future.done():
                future.set_exception(Lost())
                future.exception()


def _frame_end(data: bytes) -> tuple[int, int] | None:
    """Where the payload of the first frame of a server begins and ends (RFC 6455 section 5.2)."""
    if len(data) < 2:
        return None
    length, start = data[1] & 0x7F, 2
    if length >= 126:
        size = 2 if length == 126 else 8
        start += size
        if len(data) < start:
            return None
        length = int.from_bytes(data[2:start], "big")
    return (start, start + length) if len(data) >= start + length else None


class Listener:
    """Hears a room for as long as the soak goes on, over as many connections as it takes."""

    def __init__(self, name: str, room: str) -> None:
        self.name = name
        self._room = room
        self._since: int | None = None
        #: the number that it began to hear at
        self.first = 0
        self.lines: list[int] = []
        self.doubled = 0
        self.snapshots = 0
        self.caller: Caller | None = None

    async def come(self, port: int) -> None:
        """Raises: OSError, TimeoutError."""
        self.caller = await Caller.connect(port, self.name, self._heard)
        # Events may be heard before the answer is looked at.
        since = self._since
        wanted = {"room": self._room, "locale": "en", **({} if since is None else {"since": since})}
        answer = await self.caller.call("room:join", wanted)
        if not answer["ok"]:
            raise Lost(answer["error"]["code"])
        if since is None:
            self.first = answer["seq"]
        elif not answer["resumed"]:
            self.snapshots += 1
            self._take([item["seq"] for item in answer["state"]["messages"] if item["seq"] > since])
        self._since = max(self._since or 0, answer["seq"])

    def _heard(self, name: str, payload: dict[str, Any]) -> None:
        if name == "chat:messages":
            self._take([item["seq"] for item in payload["items"]])
        self._since = max(self._since or 0, payload.get("seq", 0))

    def _take(self, numbers: list[int]) -> None:
        for number in numbers:
            if self.lines and number <= self.lines[-1]:
                self.doubled += 1
            else:
                self.lines.append(number)

    def lost(self, acknowledged: set[int]) -> int:
        return len({number for number in acknowledged if number > self.first} - set(self.lines))
