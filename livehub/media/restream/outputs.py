"""All restreams of a plane: plain data in, :class:`livehub.events.RestreamChanged` out."""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from ipaddress import IPv4Address, IPv6Address
from typing import Any, Final

from aiohttp.abc import AbstractResolver

from livehub.background import Background
from livehub.clock import Clock
from livehub.egress import is_public
from livehub.events import EventBus, RestreamChanged, RoomEnded, SpeakersChanged, StageChanged
from livehub.media.errors import TooManyRestreams
from livehub.media.events import LayersChanged
from livehub.media.limits import RestreamLimits, RtmpLimits
from livehub.media.restream.failure import SendFailure
from livehub.media.restream.feed import Feed
from livehub.media.restream.programme import Programme
from livehub.media.restream.restream import Restream
from livehub.media.restream.rtmp.sending import RtmpSending, RtmpSettings
from livehub.media.restream.sending import Sending
from livehub.media.restream.whip import WhipSending, WhipSettings
from livehub.media.restream.whip_http import WhipResource
from livehub.media.rtp.codecs import Codec
from livehub.media.timers import Timers
from livehub.media.transport import Certificate

#: how often it is looked what is on stage, besides when it is told
LOOK_S: Final = 2.0
MAX_WAITING_JOBS: Final = 2_000


class Restreams:
    """``programme_of`` gives what is on a room's stage. ``allow_private``: targets may be in private networks.

    ``tls`` verifies the certificates of RTMPS servers; the system's authorities unless given.
    """

    def __init__(
        self,
        programme_of: Callable[[str], Programme],
        *,
        ips: tuple[str, ...],
        bus: EventBus,
        clock: Clock,
        timers: Timers,
        allow_private: bool = False,
        limits: RestreamLimits | None = None,
        resolver: AbstractResolver | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._programme_of = programme_of
        self._ips = ips
        self._bus = bus
        self._clock = clock
        self._timers = timers
        self._allow_private = allow_private
        self._limits = limits or RestreamLimits()
        self._resolver = resolver
        self._running: dict[tuple[str, str], Restream] = {}
        #: targets that go by RTMP → their room, and what those rooms are sent by it
        self._by_rtmp: dict[str, str] = {}
        self._feeds: dict[str, Feed] = {}
        self._encoders = ThreadPoolExecutor(1, thread_name_prefix="livehub-restream-sound")
        self._given_tls = tls
        self.rtmp_limits = RtmpLimits()
        self._ending = Background("restreams end", MAX_WAITING_JOBS)
        self._certificate: Certificate | None = None
        bus.subscribe(StageChanged, lambda event: self._look_at(event.room_id))
        bus.subscribe(LayersChanged, lambda event: self._look_at(event.room_id))
        bus.subscribe(SpeakersChanged, lambda event: self._look_at(event.room_id))
        bus.subscribe(RoomEnded, lambda event: self._room_ended(event.room_id))

    # --- life

    def open(self, certificate: Certificate) -> None:
        """On the running event loop; ``certificate`` is shown in DTLS handshakes."""
        self._certificate = certificate
        self._ending.start()
        self._look()

    async def close(self) -> None:
        """End all, those of ended rooms included. Idempotent."""
        self._certificate = None
        await asyncio.gather(*(self.stop(*names) for names in list(self._running)))
        await self._ending.close()
        self._encoders.shutdown(wait=False, cancel_futures=True)

    # --- what is asked

    async def start(self, room_id: str, target_id: str, *, url: str, key: str) -> Mapping[str, Any]:
        """Send the room to ``url`` until :meth:`stop`; one of this id that runs is replaced. Gives the first status.

        Raises:
            TooManyRestreams.
        """
        await self.stop(room_id, target_id)
        of_room = sum(name == room_id for name, _ in self._running)
        if of_room >= self._limits.max_per_room or len(self._running) >= self._limits.max_in_all:
            raise TooManyRestreams("Stop another target first.")
        restream = self._running[room_id, target_id] = Restream(
            target_id,
            lambda on_failed: self._connect(room_id, url, key, on_failed),
            check=rtmp_refusal if is_rtmp(url) else lambda programme: None,
            tell=lambda status, is_news: self._bus.publish(RestreamChanged(room_id, target_id, status, is_news)),
            clock=self._clock,
        )
        if is_rtmp(url):
            self._by_rtmp[target_id] = room_id
        restream.use(self._programme_of(room_id))
        restream.start()
        return restream.status.present()

    async def stop(self, room_id: str, target_id: str) -> None:
        """Nothing happens when it does not run."""
        restream = self._running.pop((room_id, target_id), None)
        if restream is not None:
            self._by_rtmp.pop(target_id, None)
            await restream.close()
            self._close_idle_feeds()

    def __len__(self) -> int:
        return len(self._running)

    # --- what happens

    def _look(self) -> None:
        if self._certificate is None:
            return
        for room_id in {room_id for room_id, _ in self._running}:
            self._look_at(room_id)
        self._timers.call_later(LOOK_S, self._look)

    def _look_at(self, room_id: str) -> None:
        concerned = [restream for (name, _), restream in self._running.items() if name == room_id]
        if concerned:
            programme = self._programme_of(room_id)
            if room_id in self._feeds:
                self._feeds[room_id].use(programme)
            for restream in concerned:
                restream.use(programme)

    def _room_ended(self, room_id: str) -> None:
        for name, target_id in list(self._running):
            if name == room_id:
                self._ending.put(lambda target_id=target_id: self.stop(room_id, target_id))  # type: ignore[misc]

    # --- connections

    def _connect(self, room_id: str, url: str, key: str, on_failed: Callable[[SendFailure], None]) -> Sending:
        if self._certificate is None:
            raise SendFailure("internal", "The media plane is not running.")
        guarded = not self._allow_private
        if is_rtmp(url):
            settings = RtmpSettings(
                self._feed_of(room_id), self._timers, guarded, self._tls, self._resolver, self.rtmp_limits
            )
            return RtmpSending(url, key, settings, on_failed)
        resource = WhipResource(url, key, guarded=guarded, resolver=self._resolver)
        return WhipSending(
            resource, WhipSettings(self._certificate, self._ips, self._may_send_to, self._timers), on_failed
        )

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """Made when it is needed: reading the system's authorities takes time."""
        return self._given_tls or ssl.create_default_context()

    def _feed_of(self, room_id: str) -> Feed:
        feed = self._feeds.get(room_id)
        if feed is None:
            feed = self._feeds[room_id] = Feed(self._timers, self._encoders)
            feed.use(self._programme_of(room_id))
        return feed

    def _close_idle_feeds(self) -> None:
        """A feed stays while one of the room's targets goes by RTMP: it may be between two tries."""
        for room_id in [name for name in self._feeds if name not in self._by_rtmp.values()]:
            self._feeds.pop(room_id).close()

    def _may_send_to(self, ip: IPv4Address | IPv6Address) -> bool:
        return self._allow_private or is_public(str(ip))


def is_rtmp(url: str) -> bool:
    return url.startswith(("rtmp://", "rtmps://"))


def rtmp_refusal(programme: Programme) -> SendFailure | None:
    """What RTMP can never carry: pictures in any codec but H.264."""
    if programme.video is None or programme.video.codec is Codec.H264:
        return None
    return SendFailure(
        "rtmp_needs_h264",
        f"RTMP takes H.264 alone, and the picture on stage is {programme.video.codec}. Send it in H.264.",
        final=True,
        about_codec=True,
    )
