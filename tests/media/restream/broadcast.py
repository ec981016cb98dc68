"""A publisher with real pictures and real sound, and real programs that receive what is sent on."""

import asyncio
import datetime
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any

import av
import numpy as np
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from imageio_ffmpeg import get_ffmpeg_exe

from livehub.bench.light import AUDIO_SSRC, H264_PT, OPUS_PT, VIDEO_SSRC, LightClient
from livehub.media.rtp import rtcp
from livehub.media.rtp.timeline import ntp_from_unix
from tests.media.hls.pictures import units_of
from tests.media.hls.test_mixer import opus
from tests.ports import free_port

PIECE = 1_100
TONE_HZ = 440


def payloads_of(units: tuple[bytes, ...]) -> list[bytes]:
    """RTP payloads of one picture (RFC 6184): single units and fragments."""
    found = []
    for unit in units:
        if len(unit) <= PIECE:
            found.append(unit)
            continue
        body = unit[1:]
        for at in range(0, len(body), PIECE):
            flags = (0x80 if not at else 0) | (0x40 if at + PIECE >= len(body) else 0)
            found.append(bytes(((unit[0] & 0xE0) | 28, flags | unit[0] & 31)) + body[at : at + PIECE])
    return found


@cache
def busy_units(count: int) -> tuple[tuple[bytes, ...], ...]:
    """Pictures with nothing to save on: noise, some Mbit/s at 25 a second."""
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = 320, 180, "yuv420p"
    encoder.framerate, encoder.time_base, encoder.gop_size = Fraction(25), Fraction(1, 25), 25
    encoder.options = {"profile": "baseline", "preset": "ultrafast", "tune": "zerolatency", "qp": "38"}
    noise, packets = np.random.default_rng(7), []
    for index in range(count):
        picture = noise.integers(0, 255, (180, 320, 3), np.uint8)
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts = index
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    return tuple(
        tuple(unit.rstrip(b"\x00") for unit in bytes(packet).split(b"\x00\x00\x01") if unit.strip(b"\x00"))
        for packet in packets
    )


async def broadcast(
    client: LightClient,
    *,
    size: tuple[int, int] = (320, 180),
    every: int = 10,
    first: int = 0,
    sound: bool = True,
    busy: bool = False,
    tone_hz: int = TONE_HZ,
) -> None:
    """25 pictures a second with a keyframe each ``every`` of them, and a tone, until cancelled."""
    loop = asyncio.get_running_loop()
    tone = opus(tone_hz, 1_000) if sound else []
    begin_s, index = loop.time(), first
    while True:
        pictures = busy_units(50) if busy else units_of(200, size, every=every)
        payloads = payloads_of(pictures[index % len(pictures)])
        for place, payload in enumerate(payloads):
            last = place == len(payloads) - 1
            client.send_rtp(VIDEO_SSRC, H264_PT, index * 3600 & 0xFFFFFFFF, payload, marker=last)
        for step in range(2 if sound else 0):
            number = 2 * index + step
            client.send_rtp(AUDIO_SSRC, OPUS_PT, number * 960 & 0xFFFFFFFF, tone[number % len(tone)])
        if index % 12 == 0:  # both clocks at this moment, as browsers report it
            now_ntp = ntp_from_unix(time.time())
            for ssrc, rtp_time in ((VIDEO_SSRC, index * 3600), (AUDIO_SSRC, index * 1920)):
                report = rtcp.SenderReport(ssrc, now_ntp, rtp_time & 0xFFFFFFFF, index, index)
                client.send_rtcp(rtcp.pack_sender_report(report))
        index += 1
        await asyncio.sleep(max(0.0, begin_s + (index - first) * 0.04 - loop.time()))


@dataclass
class Received:
    """What a file holds, decoded."""

    pictures: int
    size: tuple[int, int]
    sound_s: float
    loudest_hz: float
    #: moments of pictures and of AAC frames, in seconds
    video_times: list[float]
    audio_times: list[float]


def decode(path: Path) -> Received:
    with av.open(str(path)) as container:
        video_times: list[float] = []
        audio_times: list[float] = []
        samples: list[Any] = []
        size = (0, 0)
        frames: Iterator[Any] = container.decode()
        for frame in frames:
            if isinstance(frame, av.VideoFrame):
                video_times.append(float(frame.time or 0))
                size = frame.width, frame.height
            else:
                audio_times.append(float(frame.time or 0))
                samples.append(frame.to_ndarray()[0])
    sound = np.concatenate(samples) if samples else np.zeros(1, np.float32)
    spectrum = np.abs(np.fft.rfft(sound))
    loudest = float(np.argmax(spectrum) * 48_000 / len(sound))
    return Received(len(video_times), size, len(sound) / 48_000, loudest, video_times, audio_times)


@dataclass
class Ffmpeg:
    """``ffmpeg -listen 1``: takes one RTMP publisher and writes what it sends to a file."""

    folder: Path
    port: int = field(default_factory=free_port)
    app: str = "app"
    key: str = "key"
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"rtmp://127.0.0.1:{self.port}/{self.app}"

    @property
    def path(self) -> Path:
        return self.folder / f"received-{self.port}.mkv"

    @property
    def log(self) -> str:
        return (self.folder / f"ffmpeg-{self.port}.log").read_text(errors="replace")

    def __enter__(self) -> "Ffmpeg":
        log = (self.folder / f"ffmpeg-{self.port}.log").open("ab")
        command = [
            get_ffmpeg_exe(), "-hide_banner", "-nostdin", "-y", "-listen", "1", "-timeout", "30",
            "-analyzeduration", "1000000", "-i", f"{self.url}/{self.key}", "-c", "copy", str(self.path),
        ]  # fmt: skip
        self.process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        log.close()
        return self

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    async def finish(self) -> Received:
        """Wait until it has written everything, which it does when its publisher ends."""
        assert self.process is not None
        await asyncio.to_thread(self.process.wait, 20)
        return await asyncio.to_thread(decode, self.path)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Wire:
    """A TCP relay to ``port`` that a test makes slow, cuts, or ends TLS at."""

    def __init__(self, port: int, tls: ssl.SSLContext | None = None) -> None:
        self.target = port
        self.tls = tls
        self.port = 0
        self.connections = 0
        self._flows = asyncio.Event()
        self._flows.set()
        self._writers: list[asyncio.StreamWriter] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "Wire":
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=self.tls, limit=4096)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def stall(self) -> None:
        """Take nothing more from the client."""
        self._flows.clear()

    def flow(self) -> None:
        self._flows.set()

    def cut(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.append(writer)
        raw = writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self.target)
        self._writers.append(there_writer)
        for source, sink in ((reader, there_writer), (there_reader, writer)):
            task = asyncio.create_task(self._carry(source, sink))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(32_768):
                await self._flows.wait()
                sink.write(data)
                await sink.drain()
        except (ConnectionError, OSError):
            pass
        sink.close()

    async def __aexit__(self, *details: object) -> None:
        self._server.close()
        self.cut()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def certificate_for(name: str, folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a certificate of its own making for ``name``, and a client's that trusts it alone."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / f"{name}.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    pem.write_bytes(made.public_bytes(Encoding.PEM) + private)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    return server, ssl.create_default_context(cafile=str(pem))
