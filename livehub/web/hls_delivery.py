"""What of HLS can be fetched right now, from the packager's events; and who waits for what comes next.

A thousand players that wait for the same part wait for one future. Nothing here reaches into the packager: it is asked
by :class:`~livehub.media.service.MediaService`, and heard by events, so it may live in another process.
"""

import asyncio
import gzip
import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Final, Protocol

from livehub.clock import Clock
from livehub.errors import NotFound, Unavailable
from livehub.events import EventBus, StageChanged
from livehub.media.errors import PackagingUnavailable
from livehub.media.hls.events import (
    LEADING,
    HlsEnded,
    HlsEraBegan,
    HlsPartWritten,
    HlsRemoved,
    HlsRenditions,
    HlsSegmentWritten,
    HlsStarted,
)
from livehub.media.hls.playlist import MediaPlaylist, Report, Subtitles, multivariant
from livehub.web.etag import Representation

log = logging.getLogger(__name__)

PLAYLIST_TYPE: Final = "application/vnd.apple.mpegurl"
REASON: Final = "hls"
#: a room that nobody has asked for this long is no longer packaged for HLS
IDLE_S: Final = 60.0
#: the first who asks waits this long for the first part
START_S: Final = 8.0
SWEEP_S: Final = 5.0
_WORTH_GZIP: Final = 600


class HlsOff(NotFound):
    code, title = "hls_off", "This server makes no HLS"


class HlsNotReady(Unavailable):
    code, title = "hls_not_ready", "Nothing is on air yet"


class HlsRunOver(NotFound):
    code, title = "hls_run_over", "This playlist is over; open the room's playlist again"


class HlsLate(Unavailable):
    """A blocking request has waited as long as RFC 8216bis section 6.2.5.2 lets it."""

    code, title = "hls_late", "What you wait for has not come in time"


@dataclass(slots=True)
class Stream:
    """One run of a room."""

    started: HlsStarted
    playlists: dict[str, MediaPlaylist]
    #: (rendition, msn, part or None) → done when it is there
    waiting: dict[tuple[str, int, int | None], asyncio.Future[None]] = field(default_factory=dict)
    rendered: dict[tuple[str, bool], tuple[int, Representation]] = field(default_factory=dict)
    ended: bool = False
    #: segment of the leading rendition from which on it no longer waits for others
    complete_at: int = 2

    @property
    def run(self) -> str:
        return self.started.run

    @property
    def has_begun(self) -> bool:
        return any(playlist.last is not None for playlist in self.playlists.values())

    @property
    def is_ready(self) -> bool:
        """Whether all renditions can be played, or those that cannot have had the time: a player reads of them once."""
        leading = self.playlists[LEADING].last
        if leading is None:
            return False
        return leading.msn >= self.complete_at or len(self._listed) == len(self.playlists)

    @property
    def _listed(self) -> list[str]:
        """Renditions that a player can begin with. The leading one may do with its first part."""
        return [
            name for name, playlist in self.playlists.items()
            if (playlist.last is not None if name == LEADING else playlist.is_playable)
        ]  # fmt: skip

    def multivariant(self, subtitles: Sequence[Subtitles] = ()) -> Representation:
        """Addresses are relative to ``/hls/{room}/``."""
        listed = [(f"{self.run}/{name}/index.m3u8", self.playlists[name]) for name in self._listed]
        return represent(multivariant(listed, subtitles))

    def use(self, renditions: tuple[str, ...]) -> None:
        """These are there from now on, from the best on."""
        gone = [name for name in self.playlists if name not in renditions]
        for name in gone:
            self.playlists[name].end()
        self.wake()
        self.playlists = {name: self.playlists.get(name) or MediaPlaylist(self.started) for name in renditions}
        self.rendered = {}
        leading = self.playlists[LEADING].last
        self.complete_at = leading.msn + 3 if leading is not None else 2

    def playlist(self, rendition: str, *, skip: bool) -> Representation:
        """Rendered once for each change, however many ask.

        Raises:
            HlsRunOver: the rendition went while somebody waited for more of it.
        """
        if rendition not in self.playlists:
            raise HlsRunOver
        revision = sum(playlist.revision for playlist in self.playlists.values())  # reports name the others
        known = self.rendered.get((rendition, skip))
        if known is None or known[0] != revision:
            reports = [
                Report(f"../{name}/index.m3u8", other.last)
                for name, other in self.playlists.items()
                if name != rendition and other.last is not None
            ]
            known = revision, represent(self.playlists[rendition].render(skip=skip, reports=reports))
            self.rendered[rendition, skip] = known
        return known[1]

    def until(self, rendition: str, msn: int, part: int | None) -> "asyncio.Future[None]":
        """One future for all who wait for this position."""
        key = rendition, msn, part
        future = self.waiting.get(key)
        if future is None:
            future = self.waiting[key] = asyncio.get_running_loop().create_future()
        return future

    def wake(self) -> None:
        for key in [key for key in self.waiting if self.playlists[key[0]].has(key[1], key[2])]:
            future = self.waiting.pop(key)
            if not future.done():
                future.set_result(None)


class Packaging(Protocol):
    """The part of :class:`~livehub.media.service.MediaService` that is asked."""

    async def package(self, room_id: str, reason: str) -> None: ...

    async def stop_packaging(self, room_id: str, reason: str) -> None: ...


class HlsDelivery:
    """``always``: package every room that has something on air, so that nobody waits for the first part.

    ``start_s``: how long the first who asks waits for it otherwise.
    """

    def __init__(
        self, media: Packaging, bus: EventBus, clock: Clock, *, always: bool = False, start_s: float = START_S
    ) -> None:
        self._media = media
        self._clock = clock
        self._always = always
        self._start_s = start_s
        self._streams: dict[str, dict[str, Stream]] = {}  # room → run → stream, oldest first
        self._asked_s: dict[str, float] = {}  # rooms that are packaged for us
        self._ready: dict[str, asyncio.Future[None]] = {}
        self._on_air: set[str] = set()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        bus.subscribe(HlsStarted, self._started)
        bus.subscribe(HlsRenditions, self._use)
        bus.subscribe(HlsEraBegan, lambda event: self._changed(event.room_id, event.run, event))
        bus.subscribe(HlsPartWritten, lambda event: self._changed(event.room_id, event.run, event))
        bus.subscribe(HlsSegmentWritten, lambda event: self._changed(event.room_id, event.run, event))
        bus.subscribe(HlsEnded, self._ended)
        bus.subscribe(HlsRemoved, self._removed)
        if always:
            bus.subscribe(StageChanged, self._stage_changed)

    # --- life

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._sweep_always(), name="hls-delivery")

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        waiting = [stream.waiting.values() for runs in self._streams.values() for stream in runs.values()]
        for future in chain(self._ready.values(), *waiting):
            future.cancel()

    async def _sweep_always(self) -> None:
        while True:
            try:
                async with asyncio.timeout(SWEEP_S):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()
            await self.sweep()

    async def sweep(self) -> None:
        """Package what has come on air, where that is wanted always, and no longer what nobody asks for."""
        while self._on_air:
            room_id = self._on_air.pop()
            try:
                await self._media.package(room_id, REASON)
            except PackagingUnavailable as error:
                log.warning("%s is not packaged: %s", room_id, error)
        now_s = self._clock.monotonic()
        for room_id in [room_id for room_id, at_s in self._asked_s.items() if now_s - at_s > IDLE_S]:
            del self._asked_s[room_id]
            if not self._always:
                await self._media.stop_packaging(room_id, REASON)

    # --- asked

    async def open(self, room_id: str) -> None:
        """Somebody watches, or is about to: have the room packaged.

        Raises:
            PackagingUnavailable: too many rooms are, or none at all.
        """
        asked = room_id in self._asked_s
        self._asked_s[room_id] = self._clock.monotonic()
        if not asked or self._current(room_id) is None:
            await self._media.package(room_id, REASON)

    async def stream(self, room_id: str) -> Stream:
        """The room's present run, with at least one part of each rendition, where they come soon.

        Raises:
            PackagingUnavailable; HlsNotReady: nothing came within :data:`START_S`.
        """
        await self.open(room_id)
        stream = self._current(room_id)
        if stream is None or not stream.is_ready:
            future = self._ready.setdefault(room_id, asyncio.get_running_loop().create_future())
            try:
                await wait(future, self._start_s)
            except TimeoutError:
                stream = self._current(room_id)
                if stream is None or not stream.has_begun:
                    raise HlsNotReady(
                        "Nobody is on air yet, or the picture has not begun. Ask again in a moment.", retry_after_s=2.0
                    ) from None
            stream = self._current(room_id)
        if stream is None:
            raise HlsNotReady(retry_after_s=2.0)
        return stream

    def now_ms(self) -> int:
        return self._clock.now_ms()

    def last_of(self, room_id: str) -> Stream | None:
        """The newest run, also one that has ended."""
        return next(reversed(self._streams.get(room_id, {}).values()), None)

    def find(self, room_id: str, run: str, rendition: str) -> Stream:
        """Raises: HlsRunOver."""
        stream = self._streams.get(room_id, {}).get(run)
        if stream is None or rendition not in stream.playlists:
            raise HlsRunOver
        if room_id in self._asked_s:
            self._asked_s[room_id] = self._clock.monotonic()
        return stream

    def counts(self) -> tuple[int, int]:
        """Runs that can be watched, and positions that are waited for."""
        streams = [stream for runs in self._streams.values() for stream in runs.values()]
        return len(streams), sum(len(stream.waiting) for stream in streams)

    def _current(self, room_id: str) -> Stream | None:
        newest = self.last_of(room_id)
        return None if newest is None or newest.ended else newest

    # --- heard

    def _stage_changed(self, event: StageChanged) -> None:
        if event.tracks:
            self._on_air.add(event.room_id)
            self._wake.set()

    def _started(self, event: HlsStarted) -> None:
        runs = self._streams.setdefault(event.room_id, {})
        for stream in runs.values():  # of a worker that died without a word
            self._end(stream)
        runs[event.run] = Stream(event, {name: MediaPlaylist(event) for name in event.renditions})

    def _use(self, event: HlsRenditions) -> None:
        stream = self._streams.get(event.room_id, {}).get(event.run)
        if stream is not None:
            stream.use(event.renditions)

    def _changed(self, room_id: str, run: str, event: HlsEraBegan | HlsPartWritten | HlsSegmentWritten) -> None:
        stream = self._streams.get(room_id, {}).get(run)
        playlist = stream.playlists.get(event.rendition) if stream else None
        if stream is None or playlist is None:
            return
        match event:
            case HlsEraBegan():
                playlist.era_began(event)
                return
            case HlsPartWritten():
                if playlist.last is None and event.rendition != LEADING:
                    playlist.join(event.msn, stream.playlists[LEADING])
                playlist.part_written(event)
            case HlsSegmentWritten():
                playlist.segment_written(event)
        stream.wake()
        future = self._ready.pop(room_id, None) if stream.is_ready else None
        if future is not None and not future.done():
            future.set_result(None)

    def _ended(self, event: HlsEnded) -> None:
        stream = self._streams.get(event.room_id, {}).get(event.run)
        if stream is not None:
            self._end(stream)
        self._asked_s.pop(event.room_id, None)

    def _end(self, stream: Stream) -> None:
        stream.ended = True
        for playlist in stream.playlists.values():
            playlist.end()
        stream.wake()

    def _removed(self, event: HlsRemoved) -> None:
        runs = self._streams.get(event.room_id, {})
        runs.pop(event.run, None)
        if not runs:
            self._streams.pop(event.room_id, None)


async def wait(future: "asyncio.Future[None]", timeout_s: float) -> None:
    """Wait for what others wait for too: leaving it does not end it.

    Raises: TimeoutError.
    """
    async with asyncio.timeout(timeout_s):
        await asyncio.shield(future)


def represent(text: str) -> Representation:
    body = text.encode()
    squeezed = gzip.compress(body, 5, mtime=0) if len(body) >= _WORTH_GZIP else None
    return Representation(body, PLAYLIST_TYPE, hashlib.sha256(body).hexdigest()[:24], squeezed)
