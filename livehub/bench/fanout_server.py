"""The server's side of the fan-out benchmark: livehub's plane, plain ``sendmmsg``, and aiortc's way, in one process."""

import asyncio
import os
import resource
import secrets
import socket
import sys
import time
from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import uvloop
from aiohttp import web
from aiortc.rtcdtlstransport import SRTP_AEAD_AES_128_GCM, RTCCertificate, RTCDtlsTransport, State
from aiortc.rtp import HeaderExtensionsMap, RtpPacket
from pylibsrtp import Policy, Session

from livehub.bench.pace import Pace, share
from livehub.bench.worker import pin, serve
from livehub.clock import SystemClock
from livehub.events import EventBus
from livehub.media import addresses
from livehub.media.plane import MediaPlane
from livehub.media.syscalls import MAX_MESSAGES, MSG_DONTWAIT, ffi, libc
from livehub.serving import tune_garbage_collector

Targets = list[tuple[str, int]]


class Server:
    def __init__(self) -> None:
        self._plane: MediaPlane
        self._runner: web.AppRunner | None = None
        self._viewers = 0
        self._memory = Path("/proc/self/statm")

    async def start(self, address: str = "127.0.0.1") -> dict[str, Any]:
        self._plane = MediaPlane(0, (address,), bus=EventBus(), clock=SystemClock())
        await self._plane.start()
        app = web.Application()
        app.add_routes([web.post("/whip", self._whip), web.post("/whep", self._whep)])
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, address, 0).start()
        tune_garbage_collector()
        return {"http": self._runner.addresses[0][1]}

    async def _whip(self, request: web.Request) -> web.Response:
        session = await self._plane.publish("bench", "host", "Host", await request.text())
        return web.Response(status=201, text=session.answer_sdp)

    async def _whep(self, request: web.Request) -> web.Response:
        self._viewers += 1
        session = await self._plane.play("bench", f"viewer{self._viewers}", await request.text(), 1)
        return web.Response(status=201, text=session.answer_sdp)

    async def usage(self) -> dict[str, Any]:
        """CPU seconds of this process so far, and its resident memory."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        pages = int(self._memory.read_text().split()[1])
        return {"cpu_s": used.ru_utime + used.ru_stime, "rss": pages * os.sysconf("SC_PAGE_SIZE")} | self._plane.stats()

    async def plain(
        self, targets: Targets, size: int, moments: int, packets_per_s: int, moments_per_s: int, way: str
    ) -> dict[str, Any]:
        """The limit: plain ``sendmmsg``, everything prepared once, nothing rewritten or encrypted.

        As under SRTP every receiver has a datagram of its own; it stays in the cache, for all packets are the same.
        ``way``: ``by_packet`` sends one packet to everybody with each call; ``by_receiver`` sends all that belong to a
        moment, receiver after receiver, with as few calls as the kernel allows.
        """
        with _unconnected_socket() as sender:
            plain = _Prepared(sender, targets, size)

            def send(count: int) -> None:
                if way == "by_receiver":
                    plain.send_each(count)
                else:
                    for _ in range(count):
                        plain.send_each(1)

            return _paced(send, moments, packets_per_s, moments_per_s)

    async def aiortc(
        self, targets: Targets, size: int, moments: int, packets_per_s: int, moments_per_s: int
    ) -> dict[str, Any]:
        """aiortc without decoding: for each viewer ``RtpPacket.serialize`` and ``RTCDtlsTransport._send_rtp``."""
        loop = asyncio.get_running_loop()
        certificate = RTCCertificate.generateCertificate()
        viewers = []
        for target in targets:
            endpoint, _ = await loop.create_datagram_endpoint(
                asyncio.DatagramProtocol, remote_addr=(target[0], target[1])
            )
            viewers.append(_AiortcViewer(certificate, endpoint))
        payload, extensions = secrets.token_bytes(size - 12 - 16), HeaderExtensionsMap()
        pace, busy_s = Pace(moments_per_s), 0.0
        for moment in range(moments):
            await asyncio.sleep(pace.until_sending())
            before = time.process_time()
            for index in share(moment, packets_per_s, moments_per_s):
                for viewer in viewers:
                    packet = RtpPacket(108, 1, index & 0xFFFF, index * 360, 7)
                    packet.payload = payload
                    await viewer.transport._send_rtp(packet.serialize(extensions))
            busy_s += time.process_time() - before
            pace.advance()
        for viewer in viewers:
            viewer.endpoint.close()
        return {"cpu_s": busy_s}


class _Prepared:
    """Datagrams of one size, one for each target, and messages that send each of them up to :data:`MOST` times."""

    MOST = 16

    def __init__(self, sender: socket.socket, targets: Targets, size: int) -> None:
        self._descriptor, self._count = sender.fileno(), len(targets)
        payloads = [ffi.new("uint8_t[]", secrets.token_bytes(size)) for _ in targets]
        names = [ffi.new("uint8_t[]", _packed(sender, target)) for target in targets]
        self._kept = payloads, names
        self._vectors = ffi.new("struct iovec[]", len(targets))
        for vector, payload in zip(self._vectors, payloads, strict=True):
            vector.iov_base, vector.iov_len = payload, size
        self._messages = {}
        for times in range(1, self.MOST + 1):
            messages = self._messages[times] = ffi.new("struct mmsghdr[]", times * len(targets))
            for index, message in enumerate(messages):
                name, header = names[index // times], message.msg_hdr
                header.msg_name, header.msg_namelen = name, len(name)
                header.msg_iov, header.msg_iovlen = self._vectors + index // times, 1

    def send_each(self, times: int) -> None:
        """Raises: RuntimeError: the kernel did not take all; KeyError: more than :data:`MOST` times."""
        messages, count = self._messages[times], times * self._count
        for start in range(0, count, MAX_MESSAGES):
            some = min(MAX_MESSAGES, count - start)
            if libc.sendmmsg(self._descriptor, messages + start, some, MSG_DONTWAIT) != some:
                raise RuntimeError("plain sendmmsg could not send all")


class _AiortcViewer:
    """An aiortc transport that is connected, with keys of its own choosing, to a socket like aioice's."""

    role = "controlled"

    def __init__(self, certificate: RTCCertificate, endpoint: asyncio.DatagramTransport) -> None:
        self.endpoint = endpoint
        self.transport = RTCDtlsTransport(self, [certificate])  # type: ignore[arg-type]
        policy = Policy(
            key=secrets.token_bytes(28),
            ssrc_type=Policy.SSRC_ANY_OUTBOUND,
            srtp_profile=SRTP_AEAD_AES_128_GCM.libsrtp_profile,
        )
        self.transport._tx_srtp = Session(policy)
        self.transport._state = State.CONNECTED

    async def _send(self, data: bytes) -> None:
        self.endpoint.sendto(data)


def _unconnected_socket() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16 << 20)
    made.bind(("127.0.0.1", 0))
    return made


def _packed(sender: socket.socket, target: tuple[str, int]) -> bytes:
    return addresses.pack(sender.family, ip_address(target[0]), target[1])


def _paced(send: Callable[[int], None], moments: int, packets_per_s: int, moments_per_s: int) -> dict[str, Any]:
    """Moments evenly spaced; CPU seconds of the whole, waiting for the next included as it is for a server."""
    before, pace = time.process_time(), Pace(moments_per_s)
    for moment in range(moments):
        time.sleep(pace.until_sending())
        send(len(share(moment, packets_per_s, moments_per_s)))
        pace.advance()
    return {"cpu_s": time.process_time() - before}


async def main() -> None:
    server = Server()
    handlers: dict[str, Callable[..., Awaitable[dict[str, Any]]]] = {
        "start": server.start,
        "usage": server.usage,
        "plain": server.plain,
        "aiortc": server.aiortc,
    }
    await serve(handlers)


if __name__ == "__main__":
    pin(int(sys.argv[1]))
    uvloop.run(main())
