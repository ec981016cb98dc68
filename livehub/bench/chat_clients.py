"""The audience of the chat benchmark: thousands of sockets that cost as little as can be, in one process."""

import asyncio
import json
import struct
import sys
import time
from typing import Any

import uvloop

from livehub.bench.worker import pin, serve

_NEEDLE = b'"chat:messages"'
_NO_MASK = b"\x00\x00\x00\x00"
#: one socket in so many reads every line to see how long it took
_SAMPLED = 40


def frame(text: str) -> bytes:
    """A client's text frame, with a mask of zeros: legal, and nothing to compute (RFC 6455 section 5.3)."""
    payload = text.encode()
    if len(payload) < 126:
        return bytes((0x81, 0x80 | len(payload))) + _NO_MASK + payload
    return struct.pack("!BBH", 0x81, 0xFE, len(payload)) + _NO_MASK + payload


class Phone(asyncio.Protocol):
    """Upgrades, comes in, joins, and from then on counts the lines that go by.

    ``greeting`` is what is sent once the namespace is joined; its answer ends :attr:`joined`. The phone of the node
    server has none and is in as soon as it is connected.
    """

    def __init__(self, host: str, token: str, greeting: str | None, sampled: bool) -> None:
        self._host = host
        self._token = token
        self._greeting = greeting
        self._sampled = sampled
        self._stage = 0
        self._rest = b""
        self.transport: asyncio.Transport
        self.joined: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.lines = 0
        self.delays_ms: list[float] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport) or hasattr(transport, "write")
        self.transport = transport  # type: ignore[assignment]
        self.transport.write(
            (
                "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n"
                f"Host: {self._host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
            ).encode()
        )

    def data_received(self, data: bytes) -> None:
        if self._stage < 3:
            self._come_in(self._rest + data)
            return
        if b"\x81\x012" in data:  # engine.io's ping
            self.transport.write(frame("3"))
        # A needle may lie across two reads: the end of the one before is looked at again.
        self.lines += (self._rest + data).count(_NEEDLE)
        self._rest = data[-len(_NEEDLE) + 1 :]
        if self._sampled:
            self._time(data)

    def _come_in(self, data: bytes) -> None:
        self._rest = data
        if self._stage == 0 and b'"pingInterval"' in data and data.endswith(b"}"):
            self._next(frame("40" + json.dumps({"token": self._token})))
        elif self._stage == 1 and b'40{"sid"' in data and data.endswith(b"}"):
            self._next(frame(self._greeting) if self._greeting else b"")
            if not self._greeting:
                self._in()
        elif self._stage == 2 and b'430[{"ok":true' in data and b"}]" in data[-200:]:
            self._in()

    def _next(self, data: bytes) -> None:
        self._stage += 1
        self._rest = b""
        if data:
            self.transport.write(data)

    def _in(self) -> None:
        self._stage, self._rest = 3, b""
        if not self.joined.done():
            self.joined.set_result(None)

    def _time(self, data: bytes) -> None:
        now = time.monotonic()
        for part in data.split(b"sent:")[1:]:
            digits = part[:20].split(b";", 1)[0]
            if len(digits) > 5:
                self.delays_ms.append((now - float(digits)) * 1000)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.joined.done():
            self.joined.set_exception(exc or ConnectionError("closed before it was in"))


class Audience:
    def __init__(self) -> None:
        self._phones: list[Phone] = []
        self._room = ""

    async def join(
        self, http: int, count: int, room: str, at_once: int = 64, first: int = 0, locale: str = "en"
    ) -> dict[str, Any]:
        """``count`` more people, named from ``first`` on; ``room`` empty for a server that knows none.

        Gives the seconds it took.
        """
        self._room = room
        gate = asyncio.Semaphore(at_once)
        loop = asyncio.get_running_loop()
        greeting = '420["room:join",' + json.dumps({"room": room, "locale": locale}) + "]" if room else None

        async def one(number: int) -> Phone:
            async with gate:
                _, phone = await loop.create_connection(
                    lambda: Phone(f"127.0.0.1:{http}", f"p{number}", greeting, number % _SAMPLED == 0),
                    "127.0.0.1",
                    http,
                )
                await phone.joined
                return phone

        before = time.monotonic()
        first += len(self._phones)
        self._phones += await asyncio.gather(*(one(first + number) for number in range(count)))
        return {"seconds": time.monotonic() - before}

    async def talk(self, lines: int, per_s: int, size: int) -> dict[str, Any]:
        """Lines from some of them, evenly spaced; then wait until everybody has them all."""
        for phone in self._phones:
            phone.lines, phone.delays_ms = 0, []
        began = time.monotonic()
        for number in range(lines):
            await asyncio.sleep(max(0.0, began + number / per_s - time.monotonic()))
            text = f"{number} sent:{time.monotonic():.6f};".ljust(size, "x")
            call = {"text": text, "client_id": f"{began}-{number}"}
            self._phones[number % 50].transport.write(frame(f'42{number + 1}["chat:send",{json.dumps(call)}]'))
        for _ in range(1500):
            if min(phone.lines for phone in self._phones) >= lines:
                break
            await asyncio.sleep(0.02)
        delays = sorted(delay for phone in self._phones for delay in phone.delays_ms)
        return {
            "seconds": time.monotonic() - began,
            "missing": sum(max(0, lines - phone.lines) for phone in self._phones),
            "p50_ms": delays[len(delays) // 2],
            "p99_ms": delays[len(delays) * 99 // 100],
        }

    async def delays(self) -> dict[str, Any]:
        """What the last talk's lines took, each to each of those who time them."""
        return {"delays_ms": [round(delay, 3) for phone in self._phones for delay in phone.delays_ms]}

    async def begin(self) -> dict[str, Any]:
        """Count from here on."""
        for phone in self._phones:
            phone.lines, phone.delays_ms = 0, []
        return {}

    async def hear(self, lines: int) -> dict[str, Any]:
        """Wait until everybody has so many lines of those that others sent since :meth:`begin`."""
        for _ in range(3000):
            if min(phone.lines for phone in self._phones) >= lines:
                break
            await asyncio.sleep(0.02)
        delays = sorted(delay for phone in self._phones for delay in phone.delays_ms)
        return {
            "missing": sum(max(0, lines - phone.lines) for phone in self._phones),
            "p99_ms": delays[len(delays) * 99 // 100] if delays else 0.0,
        }

    async def leave(self) -> dict[str, Any]:
        for phone in self._phones:
            phone.transport.abort()
        self._phones = []
        await asyncio.sleep(1)
        return {}


async def main() -> None:
    pin(int(sys.argv[1]))
    audience = Audience()
    actions = ("join", "talk", "delays", "begin", "hear", "leave")
    await serve({name: getattr(audience, name) for name in actions})


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
