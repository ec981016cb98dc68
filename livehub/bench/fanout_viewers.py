"""The clients' side of the fan-out and join benchmarks: viewers with real DTLS-SRTP, and one who publishes."""

import asyncio
import secrets
import socket
import sys
import time
from collections.abc import Iterator
from typing import Any

import aiohttp

from livehub.bench.light import H264_PT, VIDEO_SSRC, LightClient, OfferOptions
from livehub.bench.pace import Pace, share
from livehub.bench.worker import pin, serve
from livehub.media.rtp import rtcp
from livehub.media.syscalls import MSG_DONTWAIT, ffi, libc
from livehub.media.transport import Certificate

_SO_RCVBUFFORCE = 33
_MSG_TRUNC = 0x20
#: viewers that decrypt everything they get; the others read headers, which SRTP leaves in the clear
DECRYPTING = 4
JOINING_AT_ONCE = 8
BUFFER_BYTES = 1 << 20


def _enlarge_buffer(made: socket.socket) -> None:
    try:
        made.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, BUFFER_BYTES)
    except PermissionError:  # in a user namespace, or without root: up to net.core.rmem_max
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)


Arrivals = Iterator[tuple[float, LightClient]]


class Counter:
    """A socket and how many RTP packets came to it, each once."""

    __slots__ = ("descriptor", "last", "received")

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.received, self.last = 0, -1


class Drain:
    """Reads many sockets in batches, of each datagram only the header."""

    BATCH = 32

    def __init__(self) -> None:
        self._heads = ffi.new("uint8_t[]", 16 * self.BATCH)
        self._vectors = ffi.new("struct iovec[]", self.BATCH)
        self._messages = ffi.new("struct mmsghdr[]", self.BATCH)
        for index in range(self.BATCH):
            self._vectors[index].iov_base, self._vectors[index].iov_len = self._heads + 16 * index, 16
            header = self._messages[index].msg_hdr
            header.msg_iov, header.msg_iovlen = self._vectors + index, 1
        self._view = memoryview(ffi.buffer(self._heads))

    def read(self, counter: Counter) -> None:
        view = self._view
        while True:
            count = libc.recvmmsg(counter.descriptor, self._messages, self.BATCH, MSG_DONTWAIT | _MSG_TRUNC, ffi.NULL)
            for index in range(count):
                start = 16 * index
                if view[start] >> 6 == 2 and view[start + 1] & 0x7F == H264_PT:
                    number = view[start + 2] << 8 | view[start + 3]
                    counter.received += number != counter.last
                    counter.last = number
            if count < self.BATCH:
                return


class Audience:
    #: audio sections that everybody offers, beside one of video
    AUDIO = 1

    def __init__(self) -> None:
        self._certificate = Certificate.generateCertificate()
        self._clients: list[LightClient] = []
        self._counters: list[Counter] = []
        self._plain: list[socket.socket] = []
        self._publisher: LightClient | None = None
        self._drain = Drain()
        self._url = ""
        self._timestamp = 0
        self._sent = 0
        self._frames = 0

    async def publish(self, http: int, address: str = "127.0.0.1") -> dict[str, Any]:
        self._url = f"http://{address}:{http}"
        self._publisher = LightClient(self._certificate, OfferOptions("sendonly", audio=self.AUDIO))
        async with aiohttp.ClientSession() as session:
            await self._connect(session, self._publisher, "/whip")
        return {}

    async def join(self, viewers: int, over_s: float = 0.0) -> dict[str, Any]:
        """Make them all, evenly over ``over_s`` seconds or as fast as it goes, some at once; gives the seconds it took.

        Who comes at a moment of its own waits for nobody else's answer: so many are at once as the server makes wait.
        """
        started, at_once = time.perf_counter(), viewers if over_s else JOINING_AT_ONCE
        made = [LightClient(self._certificate, OfferOptions("recvonly", audio=self.AUDIO)) for _ in range(viewers)]
        waiting = self._arrivals(made, started, over_s / viewers)
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=at_once)) as session:
            await asyncio.gather(*(self._join_some(session, waiting) for _ in range(at_once)))
        return {"seconds": time.perf_counter() - started}

    async def come(self, http: int, viewers: int, over_s: float) -> dict[str, Any]:
        """Join a show that somebody else publishes."""
        self._url = f"http://127.0.0.1:{http}"
        return await self.join(viewers, over_s)

    @staticmethod
    def _arrivals(made: list[LightClient], started: float, every_s: float) -> Iterator[tuple[float, LightClient]]:
        """Each with the moment of its coming."""
        return ((started + index * every_s, client) for index, client in enumerate(made))

    async def _join_some(self, session: aiohttp.ClientSession, waiting: Arrivals) -> None:
        for moment, client in waiting:
            await asyncio.sleep(max(0.0, moment - time.perf_counter()))
            await self._connect(session, client, "/whep")
            self._seat(client)

    def _seat(self, client: LightClient) -> None:
        """From now on its socket is read in batches, save of the few who decrypt."""
        _enlarge_buffer(client.socket)
        if len(self._clients) >= DECRYPTING:
            client.stop_reading()
            self._counters.append(Counter(client.socket.fileno()))
        self._clients.append(client)

    async def _connect(self, session: aiohttp.ClientSession, client: LightClient, path: str) -> None:
        async with session.post(self._url + path, data=client.offer) as response:
            answer = await response.text()
            if response.status != 201:
                raise RuntimeError(f"{path} answered {response.status}: {answer}")
        await client.use_answer(answer)

    async def targets(self, count: int) -> dict[str, Any]:
        """Sockets for the comparisons, as many as there are viewers."""
        for _ in range(count):
            made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
            _enlarge_buffer(made)
            made.bind(("127.0.0.1", 0))
            self._plain.append(made)
        return {"targets": [made.getsockname() for made in self._plain]}

    async def stream(self, moments: int, packets_per_s: int, moments_per_s: int, size: int) -> dict[str, Any]:
        """Publish some packets at each moment, evenly spaced, while everybody reads. About eight make a picture."""
        junk = secrets.token_bytes(size - 12 - 1)
        pace = Pace(moments_per_s)
        for moment in range(moments):
            packets = share(moment, packets_per_s, moments_per_s)
            await asyncio.sleep(pace.until_sending())
            for index in packets:
                whole = len(packets) > 1  # a picture at each moment, or a packet at a time
                first = index == packets[0] if whole else index % 8 == 0
                last = index == packets[-1] if whole else index % 8 == 7
                self._send_one(junk, first=first, last=last)
            await asyncio.sleep(pace.until_reading())
            self._drain_all(self._counters)
            for index in packets:
                self._keep_alive(index, packets_per_s)
            pace.advance()
        return {}

    async def leave(self) -> dict[str, Any]:
        """All viewers go, as pages that are closed: DTLS says so."""
        for client in self._clients:
            client.close()
        self._clients.clear()
        self._counters.clear()
        return {}

    async def reached(self) -> dict[str, Any]:
        """How many viewers have got video."""
        self._drain_all(self._counters)
        decrypting = sum(bool(client.video()) for client in self._clients[:DECRYPTING])
        return {"viewers": decrypting + sum(counter.received > 0 for counter in self._counters)}

    async def forget(self) -> dict[str, Any]:
        """Count losses from here on."""
        self._drain_all(self._counters)
        self._sent = 0
        for counter in self._counters:
            counter.received = 0
        for client in self._clients:
            client.rtp.clear()
        return {}

    async def check(self) -> dict[str, Any]:
        """Everybody renews consent: for pauses in which nothing is streamed."""
        for client in self._clients:
            client.check()
        if self._publisher is not None:
            self._publisher.check()
        return {}

    async def lost(self) -> dict[str, Any]:
        """Packets that never came, of all viewers together. What is late is not lost: it is waited for."""
        missing, quiet_since = self._missing(), time.perf_counter()
        while missing and time.perf_counter() - quiet_since < 1:
            await asyncio.sleep(0.01)
            self._drain_all(self._counters)
            if self._missing() != missing:
                missing, quiet_since = self._missing(), time.perf_counter()
        return {"lost": missing, "sent": self._sent}

    def _send_one(self, junk: bytes, *, first: bool, last: bool) -> None:
        """``first`` and ``last`` of a picture; a keyframe every two seconds."""
        if self._publisher is None:
            raise RuntimeError("nobody publishes")
        if first:
            self._timestamp = (self._timestamp + 3000) & 0xFFFFFFFF
            self._frames += 1
        keyframe = first and self._frames % 60 == 1
        payload = (b"\x67" if keyframe else b"\x61") + junk
        self._publisher.send_rtp(VIDEO_SSRC, H264_PT, self._timestamp, payload, marker=last)
        self._sent += 1

    def _missing(self) -> int:
        """Of the viewers that read headers and of those that decrypt. None of them may miss the start either."""
        counted = [self._sent - counter.received for counter in self._counters]
        counted += [self._sent - len(client.video()) for client in self._clients[:DECRYPTING]]
        return sum(counted)

    async def read(self, moments: int, moments_per_s: int) -> dict[str, Any]:
        """Keep the comparison's sockets empty, at the moments at which :meth:`stream` empties the viewers'."""
        counters = [Counter(made.fileno()) for made in self._plain]
        pace = Pace(moments_per_s)
        for _ in range(moments):
            await asyncio.sleep(pace.until_reading())
            self._drain_all(counters)
            pace.advance()
        return {}

    def _drain_all(self, counters: list[Counter]) -> None:
        read = self._drain.read
        for counter in counters:
            read(counter)

    def _keep_alive(self, index: int, packets_per_s: int) -> None:
        """Each viewer reports every second and checks consent every two and a half, as browsers do."""
        for client in self._clients[index % packets_per_s :: packets_per_s]:
            client.send_rtcp(rtcp.pack_receiver_report(1, []))
        checks = packets_per_s * 5 // 2
        for client in [*self._clients[index % checks :: checks]]:
            client.check()
        if index % checks == 0 and self._publisher is not None:
            self._publisher.check()


async def main(audience: Audience) -> None:
    await serve(
        {
            "publish": audience.publish,
            "join": audience.join,
            "targets": audience.targets,
            "stream": audience.stream,
            "check": audience.check,
            "come": audience.come,
            "forget": audience.forget,
            "leave": audience.leave,
            "reached": audience.reached,
            "lost": audience.lost,
            "read": audience.read,
        }
    )


if __name__ == "__main__":
    pin(int(sys.argv[1]))
    asyncio.run(main(Audience()))
