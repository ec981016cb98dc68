"""The buyers of the orders benchmark: keep-alive connections that send ready-made requests and read the answers.

A general HTTP client would need more of the machine than the server it measures.
"""

import asyncio
import itertools
import json
import sys
import time
from collections import Counter, deque
from typing import Any, cast

import uvloop

from livehub.accounts.tokens import TokenSigner
from livehub.bench.worker import SECRET, pin, serve
from livehub.clock import SystemClock


class Connection(asyncio.Protocol):
    """One request at a time; answers are told by their Content-Length."""

    def __init__(self) -> None:
        self._buffer = b""
        self._answer: asyncio.Future[int] | None = None
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclass of asyncio's, but do the same
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0 or self._answer is None:
            return
        head = self._buffer[:end].lower()
        length = int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        if len(self._buffer) < end + 4 + length:
            return
        self._buffer = b""
        answer, self._answer = self._answer, None
        answer.set_result(int(head[9:12]))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionResetError("the server closed the connection"))

    def ask(self, request: bytes) -> "asyncio.Future[int]":
        """Of the answer's status."""
        assert self.transport is not None
        answer = self._answer = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return answer


class Load:
    def __init__(self) -> None:
        self._connections: list[Connection] = []
        self._keys = itertools.count()
        self._signer = TokenSigner(SECRET, SystemClock())

    async def connect(self, port: int, room: str, tokens: list[str], connections: int) -> dict[str, Any]:
        loop = asyncio.get_running_loop()
        self._room, self._tokens = room, itertools.cycle(tokens)
        for connection in self._connections:
            if connection.transport is not None:
                connection.transport.close()
        made = [await loop.create_connection(Connection, "127.0.0.1", port) for _ in range(connections)]
        self._connections = [protocol for _, protocol in made]
        return {}

    def _request(self, offer: str, token: str = "") -> bytes:
        body = json.dumps(
            {
                "room": self._room,
                "lines": [{"offer": offer, "quantity": 1}],
                "delivery": {"method": "courier", "address": "1 Tea Lane, Hanoi"},
                "contact": {"name": "Ana", "email": "ana@example.org"},
                "payment_provider": "sandbox",
            }
        ).encode()
        head = (
            "POST /api/v1/orders HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {token or next(self._tokens)}\r\nIdempotency-Key: key-{next(self._keys)}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    async def rush(
        self, offer: str, seconds: float = 0, requests: int = 0, *, strangers: bool = False
    ) -> dict[str, Any]:
        """As fast as it goes, for ``seconds`` or ``requests``: how many answers of each status, and the time.

        ``strangers``: each order by somebody who has none yet.
        """
        if requests == len(self._connections):
            return await self._at_once([self._request(offer) for _ in range(requests)])
        statuses: Counter[int] = Counter()
        begin = time.perf_counter()
        left = itertools.count(1)

        async def buy(connection: Connection) -> None:
            while (time.perf_counter() - begin < seconds) if seconds else (next(left) <= requests):
                token = self._signer.guest("Buyer", "en").token if strangers else ""
                statuses[await connection.ask(self._request(offer, token))] += 1

        await asyncio.gather(*(buy(connection) for connection in self._connections))
        return {"statuses": dict(statuses), "seconds": time.perf_counter() - begin}

    async def _at_once(self, requests: list[bytes]) -> dict[str, Any]:
        """Each on a connection of its own; until the last of them has its answer. What they say is ready before: what
        is measured has this machine's other core for itself, or nearly."""
        begin = time.perf_counter()
        answers = [connection.ask(request) for connection, request in zip(self._connections, requests, strict=True)]
        statuses = Counter([await answer for answer in answers])
        return {"statuses": dict(statuses), "seconds": time.perf_counter() - begin}

    async def pace(self, offer: str, seconds: float, per_s: float) -> dict[str, Any]:
        """At a steady rate. Latency counts from when a request was due, so that a stall is not hidden."""
        idle, due = deque(self._connections), deque[float]()
        latencies: list[float] = []
        free, tasks = asyncio.Event(), set[asyncio.Task[None]]()

        async def buy(connection: Connection, at: float) -> None:
            await connection.ask(self._request(offer))
            latencies.append(time.perf_counter() - at)
            idle.append(connection)
            free.set()

        begin, sent = time.perf_counter(), 0
        while (now := time.perf_counter()) - begin < seconds or due:
            while sent < (now - begin) * per_s and now - begin < seconds:
                due.append(begin + sent / per_s)
                sent += 1
            while due and idle:
                task = asyncio.create_task(buy(idle.popleft(), due.popleft()))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
            await asyncio.sleep(0.001)
        await asyncio.gather(*tasks)
        latencies.sort()
        return {"p50_ms": 1000 * latencies[len(latencies) // 2], "p99_ms": 1000 * latencies[len(latencies) * 99 // 100]}


async def main() -> None:
    pin(int(sys.argv[1]))
    load = Load()
    await serve({"connect": load.connect, "rush": load.rush, "pace": load.pace})


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
