"""The owner's side of a room that spans workers: each branch gets one copy of every packet that publishers send."""

import asyncio
import logging
from collections.abc import Callable
from typing import cast

from livehub.events import EventBus, RoomEnded
from livehub.media.cluster.protocol import ProtocolError
from livehub.media.cluster.relay import Kind, Opened, Records, opened_record, record
from livehub.media.errors import MediaWorkerLost
from livehub.media.limits import ClusterLimits
from livehub.media.plane import MediaPlane
from livehub.media.session import MediaSession

log = logging.getLogger(__name__)


class Feed(asyncio.Protocol):
    """One room to one branch. What is handed over in one turn of the loop is written at once at its end."""

    def __init__(
        self, room_id: str, on_keyframe: Callable[[int, int], None], on_end: Callable[["Feed"], None], max_bytes: int
    ) -> None:
        self.room_id = room_id
        self.in_place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.dropped = 0
        self._on_keyframe = on_keyframe
        self._on_end = on_end
        self._max_bytes = max_bytes
        self._records = Records()
        self._waiting: list[bytes] = []
        self._transport: asyncio.Transport | None = None

    def hand(self, kind: Kind, number: int, body: bytes, *, must: bool = False) -> None:
        """``must``: not a packet that may be dropped when the branch does not keep up."""
        transport = self._transport
        if transport is None:
            return
        if not must and transport.get_write_buffer_size() > self._max_bytes:
            self.dropped += 1
            return
        self._put(record(kind, number, body))

    def opened(self, number: int, opened: Opened) -> None:
        self._put(opened_record(number, opened))

    def _put(self, data: bytes) -> None:
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._flush)
        self._waiting.append(data)

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        if self._transport is not None and waiting:
            self._transport.write(b"".join(waiting))

    def close(self) -> None:
        if self._transport is not None:
            self._flush()
            self._transport.close()

    # --- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._put(record(Kind.ROOM, 0, self.room_id.encode()))

    def data_received(self, data: bytes) -> None:
        try:
            for kind, number, body in self._records.feed(data):
                if kind is Kind.KEYFRAME:
                    self._on_keyframe(number, int.from_bytes(body, "big"))
                elif kind is Kind.MARK and not self.in_place.done():
                    self.in_place.set_result(None)
        except ProtocolError:
            log.exception("a branch of room %s says what it should not", self.room_id)
            self.close()

    def connection_lost(self, _error: Exception | None) -> None:
        self._transport = None
        if not self.in_place.done():
            self.in_place.set_exception(MediaWorkerLost(retry_after_s=1.0))
            self.in_place.exception()  # whoever waited may have given up
        self._on_end(self)


class Tap:
    """In front of a publisher: its packets also go to the feeds of its room."""

    def __init__(self, number: int, session: MediaSession, feeds: list[Feed], on_closed: Callable[[], None]) -> None:
        assert session.publisher is not None  # noqa: S101 - a publishing session has one
        self.number = number
        self.session = session
        self.publisher = session.publisher
        self._feeds = feeds
        self._on_closed = on_closed
        session.peer.handler = self
        session.peer.quiet = {}  # silence at the owner may be the loudest that a branch hears

    def remove(self) -> None:
        self.session.peer.handler = self.publisher
        self.session.peer.quiet = self.publisher.quiet

    def connected(self) -> None:
        self.publisher.connected()

    def received_rtp(self, data: memoryview) -> None:
        packet = bytes(data)
        for feed in self._feeds:
            feed.hand(Kind.RTP, self.number, packet)
        self.publisher.received_rtp(data)

    def received_rtcp(self, data: memoryview) -> None:
        packet = bytes(data)
        for feed in self._feeds:
            feed.hand(Kind.RTCP, self.number, packet)
        self.publisher.received_rtcp(data)

    def closed(self) -> None:
        for feed in self._feeds:
            feed.hand(Kind.CLOSED, self.number, b"", must=True)
        self._on_closed()
        self.publisher.closed()


class Feeder:
    """All feeds of one worker. Its methods are called by the parent, as the plane's are."""

    def __init__(self, plane: MediaPlane, bus: EventBus, limits: ClusterLimits) -> None:
        self._plane = plane
        self._limits = limits
        self._feeds: dict[tuple[str, str], Feed] = {}
        self._by_room: dict[str, list[Feed]] = {}
        self._taps: dict[str, dict[int, Tap]] = {}
        self._number = 0
        plane.on_published = self._published
        bus.subscribe(RoomEnded, lambda event: self._end_room(event.room_id))

    @property
    def dropped(self) -> int:
        return sum(feed.dropped for feed in self._feeds.values())

    async def feed(self, room_id: str, path: str) -> None:
        """Hand the room to the worker that listens at ``path``; done when what is on stage is in place there.

        Raises:
            MediaWorkerLost: it is not there.
        """
        known = self._feeds.get((room_id, path))
        if known is None:
            known = await self._open(room_id, path)
        async with asyncio.timeout(self._limits.call_timeout_s):
            await asyncio.shield(known.in_place)

    async def stop_feed(self, room_id: str, path: str) -> None:
        """Nothing happens when there is none."""
        feed = self._feeds.get((room_id, path))
        if feed is not None:
            feed.close()

    async def _open(self, room_id: str, path: str) -> Feed:
        made = Feed(
            room_id,
            lambda number, ssrc: self._keyframe(room_id, number, ssrc),
            lambda feed: self._ended(feed, path),
            self._limits.max_feed_bytes,
        )
        self._feeds[room_id, path] = made
        try:
            await asyncio.get_running_loop().create_unix_connection(lambda: made, path)
        except OSError:
            del self._feeds[room_id, path]
            raise MediaWorkerLost(retry_after_s=1.0) from None
        feeds = self._by_room.setdefault(room_id, [])
        for session in self._plane.publishing(room_id):
            self._tap(session)
        for tap in self._taps.get(room_id, {}).values():
            self._introduce(tap, made)
        feeds.append(made)
        made.hand(Kind.MARK, 0, b"", must=True)
        return made

    def _published(self, session: MediaSession) -> None:
        if session.room_id in self._by_room:
            tap = self._tap(session)
            for feed in self._by_room[session.room_id]:
                self._introduce(tap, feed)

    def _tap(self, session: MediaSession) -> Tap:
        taps = self._taps.setdefault(session.room_id, {})
        for tap in taps.values():
            if tap.session is session:
                return tap
        self._number = number = self._number % 65_535 + 1
        feeds = self._by_room[session.room_id]

        def closed() -> None:
            taps.pop(number, None)

        taps[number] = Tap(number, session, feeds, closed)
        return taps[number]

    @staticmethod
    def _introduce(tap: Tap, feed: Feed) -> None:
        publisher = tap.publisher
        feed.opened(
            tap.number,
            Opened(
                publisher.identity,
                publisher.display_name,
                tap.session.offer_sdp,
                publisher.source,
                publisher.is_host,
            ),
        )
        for packet in publisher.introductions():
            feed.hand(Kind.RTP, tap.number, packet, must=True)

    def _keyframe(self, room_id: str, number: int, ssrc: int) -> None:
        tap = self._taps.get(room_id, {}).get(number)
        track = tap.publisher.tracks.get(ssrc) if tap else None
        if track is not None:
            track.request_keyframe()

    def _end_room(self, room_id: str) -> None:
        for feed in list(self._by_room.get(room_id, ())):
            feed.close()

    def _ended(self, feed: Feed, path: str) -> None:
        self._feeds.pop((feed.room_id, path), None)
        feeds = self._by_room.get(feed.room_id, [])
        if feed in feeds:
            feeds.remove(feed)
        if not feeds and self._by_room.pop(feed.room_id, None) is not None:
            for tap in self._taps.pop(feed.room_id, {}).values():
                tap.remove()
