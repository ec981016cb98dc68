"""A room sent to a platform by RTMP or RTMPS: the connection, and what is left out when it is too slow.

Nothing here blocks, and nothing grows: pictures are written to the transport's buffer while that is short, and left out
up to the next keyframe while it is not.
"""

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, cast
from urllib.parse import urlsplit

from aiohttp.abc import AbstractResolver

from livehub.egress import find_addresses
from livehub.media.frames import Frame
from livehub.media.limits import RtmpLimits
from livehub.media.restream.failure import SendFailure, failure_of
from livehub.media.restream.feed import Feed
from livehub.media.restream.programme import Programme
from livehub.media.restream.rtmp import flv
from livehub.media.restream.rtmp.client import RtmpClient
from livehub.media.rtp.codecs import Codec
from livehub.media.rtp.errors import RtpError
from livehub.media.rtp.h264 import ParameterSets, picture_size
from livehub.media.timers import Timers

log = logging.getLogger(__name__)

_PORTS: Final = {"rtmp": 1935, "rtmps": 443}
CHECK_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class RtmpSettings:
    """``feed`` gives the room's pictures and sound. ``guarded``: only public addresses are connected to."""

    feed: Feed
    timers: Timers
    guarded: bool
    tls: ssl.SSLContext
    resolver: AbstractResolver | None
    limits: RtmpLimits


class RtmpSending(asyncio.Protocol):
    """Implements :class:`livehub.media.restream.sending.Sending` and :class:`livehub.media.restream.feed.Listener`."""

    def __init__(self, url: str, key: str, settings: RtmpSettings, on_failed: Callable[[SendFailure], None]) -> None:
        self.octets = self.pictures = self.dropped_frames = 0
        self._url = urlsplit(url)
        self._client = RtmpClient(url, key)
        self._settings = settings
        self._feed = settings.feed
        self._timers = settings.timers
        self._limits = settings.limits
        self._on_failed = on_failed
        self._transport: asyncio.Transport | None = None
        self._started: asyncio.Future[None] | None = None
        self._is_live = self._is_closed = False
        self._with_video = True
        self._sets: ParameterSets | None = None
        self._needs_keyframe = True
        self._base_ms: int | None = None
        self._last_ms = {"video": -1, "audio": -1}
        self._written = 0
        self._drained = 0
        self._drained_s = 0.0

    # --- opening

    async def open(self, programme: Programme) -> None:
        """Raises: SendFailure."""
        self._started = asyncio.get_running_loop().create_future()
        await self._connect()
        try:
            async with asyncio.timeout(self._limits.start_timeout_s):
                await self._started
        except TimeoutError:
            raise SendFailure("timed_out", "The server did not answer in time.") from None
        self._is_live = True
        self._with_video = programme.video is not None
        self._drained_s = self._timers.monotonic()
        self._feed.add(self)
        self._feed.request_keyframe()
        self._check()

    async def _connect(self) -> None:
        host, port = self._url.hostname or "", self._url.port or _PORTS[self._url.scheme]
        try:
            addresses = await find_addresses(
                host, port, guarded=self._settings.guarded, resolver=self._settings.resolver
            )
        except OSError as error:
            raise failure_of(error) from None
        failure = SendFailure("unknown_host", "There is no server of this name.")
        for address in addresses[: self._limits.max_addresses]:
            try:
                await self._connect_to(address, port, host)
            except (OSError, TimeoutError) as error:  # the name may have other addresses
                failure = failure_of(error)
            else:
                return
        raise failure

    async def _connect_to(self, address: str, port: int, host: str) -> None:
        secure = self._url.scheme == "rtmps"
        async with asyncio.timeout(self._limits.connect_timeout_s):
            await asyncio.get_running_loop().create_connection(
                lambda: self,
                address,
                port,
                ssl=self._settings.tls if secure else None,
                server_hostname=host if secure else None,
            )

    def use(self, programme: Programme) -> bool:
        """Whatever is shown: parameter sets may change at any keyframe. The feed has it already."""
        self._with_video = self._with_video or programme.video is not None
        return True

    # --- the connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        raw = transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self._limits.socket_buffer_bytes)
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._write(self._client.begin())

    def data_received(self, data: bytes) -> None:
        try:
            self._write(self._client.receive(data))
        except SendFailure as failure:
            self._fail(failure)
            return
        if self._client.is_publishing and self._started is not None and not self._started.done():
            self._started.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._is_live:
            self._fail(SendFailure("connection_closed", "The service closed the connection."))
        else:
            self._fail(
                SendFailure("closed_at_start", "The service closed the connection; most often the key is wrong.")
            )

    def _write(self, data: bytes) -> None:
        if data and self._transport is not None and not self._transport.is_closing():
            self._written += len(data)
            self._transport.write(data)

    def _fail(self, failure: SendFailure) -> None:
        if self._is_closed:
            return
        if self._started is not None and not self._started.done():
            self._started.set_exception(failure)
        elif self._is_live:
            self._is_live = False
            self._feed.discard(self)
            self._on_failed(failure)

    async def close(self) -> None:
        """Idempotent. What the service does not take is not waited for."""
        if self._is_closed:
            return
        self._feed.discard(self)
        self._is_live, self._is_closed = False, True
        if self._started is not None and not self._started.done():
            self._started.cancel()
        elif self._started is not None and not self._started.cancelled():
            self._started.exception()  # told already, or nobody waits any more
        transport = self._transport
        if transport is None:
            return
        if self._waiting_bytes:
            transport.abort()
        else:
            self._write(self._client.end())
            transport.close()

    # --- what is sent

    @property
    def _waiting_bytes(self) -> int:
        return self._transport.get_write_buffer_size() if self._transport is not None else 0

    def picture(self, at_ms: int, frame: Frame) -> None:
        """From the feed."""
        if not self._is_live or frame.codec is not Codec.H264 or frame.parameter_sets is None:
            return
        waiting = self._waiting_bytes
        if waiting > self._limits.high_bytes or (self._needs_keyframe and waiting > self._limits.low_bytes):
            self._needs_keyframe = True
            self.dropped_frames += 1
            return
        if self._needs_keyframe or frame.after_gap:
            if not frame.keyframe:
                self.dropped_frames += self._base_ms is not None
                self._feed.request_keyframe()
                return
            self._needs_keyframe = False
        if self._base_ms is None:
            self._begin(at_ms, frame.parameter_sets)
        timestamp = self._place("video", at_ms)
        if frame.parameter_sets != self._sets:
            self._sets = frame.parameter_sets
            self._write(self._client.video(timestamp, flv.video_header(frame.parameter_sets)))
        self.pictures += 1
        self._send(self._client.video(timestamp, flv.picture(frame.data, keyframe=frame.keyframe)))

    def sound(self, at_ms: int, data: bytes) -> None:
        """From the feed. Waits for the first picture, if there is one on stage."""
        if not self._is_live or self._waiting_bytes > self._limits.most_bytes:
            return
        if self._base_ms is None:
            if self._with_video:
                return
            self._begin(at_ms, None)
        if at_ms >= (self._base_ms or 0):
            self._send(self._client.audio(self._place("audio", at_ms), flv.sound(data)))

    def _begin(self, at_ms: int, sets: ParameterSets | None) -> None:
        self._base_ms = at_ms
        size = None
        if sets is not None:
            try:
                size = picture_size(sets.sps)
            except RtpError:
                log.info("a picture of unknown size is sent on")
        self._write(self._client.data(0, flv.metadata(size)))
        self._write(self._client.audio(0, flv.sound_header()))

    def _place(self, kind: str, at_ms: int) -> int:
        """The timestamp, which never goes back: another publisher's clock may stand a little behind."""
        timestamp = self._last_ms[kind] = max(at_ms - (self._base_ms or 0), self._last_ms[kind] + 1)
        return timestamp

    def _send(self, data: bytes) -> None:
        self.octets += len(data)
        self._write(data)

    def _check(self) -> None:
        """A service that has not taken a byte of what waits is as good as gone."""
        if not self._is_live:
            return
        now_s, drained = self._timers.monotonic(), self._written - self._waiting_bytes
        if drained > self._drained or not self._waiting_bytes:
            self._drained, self._drained_s = drained, now_s
        elif now_s - self._drained_s > self._limits.stall_s:
            self._fail(SendFailure("too_slow", "The service takes nothing any more."))
            return
        self._timers.call_later(CHECK_S, self._check)
