"""Recording as it happens: which rooms are recorded now, what is kept of what comes, and what becomes of it at the end.

Everything that touches a recording goes through one queue in order: pieces as the packager makes them, the host's
actions, the room's beginning and end. The disk is touched on a thread of its own.
"""

import asyncio
import errno
import logging
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypeVar

from livehub.background import Background
from livehub.clock import Clock, iso
from livehub.errors import NotFound, Unavailable
from livehub.events import EventBus, RecordingChanged
from livehub.ids import new_id
from livehub.media.errors import MediaWorkerLost, PackagingUnavailable, RoomNotLive
from livehub.media.recording.consents import Consents
from livehub.media.recording.errors import AlreadyRecording, DiskFull, NotRecording, RecordingIsOff
from livehub.media.recording.intake import Decision
from livehub.media.recording.journal import Format, Mark, Piece
from livehub.media.recording.limits import RecordingLimits
from livehub.media.recording.live import Live
from livehub.media.recording.model import Reason, Recording, RecordingState
from livehub.media.recording.ports import RecordingStore, Source
from livehub.media.recording.shelf import Shelf
from livehub.rooms.kinds import RecordingMode
from livehub.rooms.model import RoomState
from livehub.rooms.service import RoomService

log = logging.getLogger(__name__)
T = TypeVar("T")

#: why the packager works on a room
REASON: Final = "recording"
#: errno values that mean the disk, or our share of it, is full
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


class Recorder:
    """``thread`` runs what blocks, one after the other; its owner shuts it down after :meth:`close`."""

    def __init__(
        self,
        store: RecordingStore,
        shelf: Shelf,
        rooms: RoomService,
        consents: Consents,
        source: Source,
        *,
        clock: Clock,
        bus: EventBus,
        thread: ThreadPoolExecutor,
        limits: RecordingLimits,
        free_bytes: Callable[[], int] | None = None,
    ) -> None:
        self._store = store
        self._shelf = shelf
        self._rooms = rooms
        self._consents = consents
        self._source = source
        self._clock = clock
        self._bus = bus
        self._thread = thread
        self._limits = limits
        self._free_bytes = free_bytes or shelf.free_bytes
        self._checked_s = float("-inf")
        self._live: dict[str, Live] = {}
        #: room → track, set apart or not → how it is coded now and where its initialisation section lies
        self._formats: dict[str, dict[tuple[str, bool], tuple[Format, Path]]] = {}
        self._pinned: dict[str, Mark] = {}
        self._reasons: dict[str, Reason] = {}
        self._told: dict[str, Mapping[str, Any]] = {}
        self._queue = Background("recording", limits.max_waiting)

    def start(self) -> None:
        """Before anything can come."""
        self._queue.start()

    async def recover(self) -> None:
        """Close what a crash left open; where the room is still live, go on in a new recording."""
        await self.ordered(self._recover)

    async def close(self) -> None:
        """What is being recorded stays open, as after a crash, and goes on at the next start. Idempotent."""
        await self._queue.close()
        await self._blocking(self._shelf.close)

    async def ordered(self, act: Callable[[], Awaitable[T]]) -> T:
        """Run ``act`` after everything that came before it.

        Raises: Unavailable when too much is waiting; what ``act`` raises.
        """
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()

        async def run() -> None:
            try:
                result = await act()
            except Exception as error:
                if future.cancelled():
                    raise
                future.set_exception(error)
            else:
                if not future.cancelled():
                    future.set_result(result)

        if not self._queue.put(run):
            raise Unavailable("Too much is waiting to be recorded")
        return await future

    def later(self, act: Callable[[], Awaitable[None]]) -> None:
        """Run ``act`` after everything that came before it; nobody waits for it."""
        self._queue.put(act)

    # --- what the host does, called through :meth:`ordered`

    async def begin(self, room_id: str, by: str, *, paused: bool = False) -> None:
        """
        Raises:
            RoomNotLive, RecordingIsOff, AlreadyRecording.
            DiskFull: less than the documented share is free.
            PackagingUnavailable: as many rooms are packaged as may be, or none; the host is told.
            Unavailable: the media plane cannot.
            RoomNotFound.
        """
        room = await self._rooms.get(room_id)
        if room.state is not RoomState.LIVE:
            raise RoomNotLive("Recording begins when the room is live")
        if room.recording is RecordingMode.OFF:
            raise RecordingIsOff("This room's recording is off; its host can turn it on in the room's settings")
        if room_id in self._live:
            raise AlreadyRecording
        await self._consents.load(room)
        if await self._disk_is_full():
            self._reasons[room_id] = Reason.DISK_FULL
            self.tell(room_id)
            raise DiskFull
        only = self._consents.only(room_id)
        try:
            await self._source.package(room_id, REASON, only)
        except PackagingUnavailable:
            self._reasons[room_id] = Reason.UNAVAILABLE
            self.tell(room_id)
            raise
        try:
            await self._open(room_id, by, only, paused=paused)
        except BaseException:
            if room_id not in self._live:
                await self._source.stop_packaging(room_id, REASON)
            raise
        self.tell(room_id)

    async def _open(self, room_id: str, by: str, only: list[str] | None, *, paused: bool) -> None:
        now = self._clock.now_ms()
        recording = Recording(
            new_id("rec"), room_id, RecordingState.RECORDING, now, by, paused_at=now if paused else None
        )
        await self._store.add(recording)
        live = self._live[room_id] = Live(recording, only, now)
        self._reasons.pop(room_id, None)
        try:
            await self._blocking(self._shelf.begin, recording.id)
        except OSError as error:
            await self._fail(room_id, error)
            raise DiskFull from error
        pinned = self._pinned.get(room_id)
        if pinned is not None:
            await self._mark(live, Mark(now, pinned.title, pinned.offer))

    async def pause(self, room_id: str) -> None:
        """Again is as once. Raises: NotRecording."""
        live = self._require(room_id)
        if not live.paused:
            now = self._clock.now_ms()
            live.recording = await self._store.change(live.recording.id, lambda found: replace(found, paused_at=now))
            self.tell(room_id)

    async def resume(self, room_id: str) -> None:
        """Again is as once. Raises: NotRecording."""
        live = self._require(room_id)
        if live.paused:
            live.recording = await self._store.change(live.recording.id, lambda found: replace(found, paused_at=None))
            live.since_ms = self._clock.now_ms()
            self.tell(room_id)

    async def stop(self, room_id: str) -> None:
        """Raises: NotRecording."""
        self._require(room_id)
        await self.finish(room_id, Reason.STOPPED)

    def _require(self, room_id: str) -> Live:
        live = self._live.get(room_id)
        if live is None:
            raise NotRecording
        return live

    async def reload(self, room_id: str) -> None:
        """Whether people are asked was changed. Raises: RoomNotFound."""
        await self._consents.load(await self._rooms.get(room_id))
        await self.consents_changed(room_id)

    async def consents_changed(self, room_id: str) -> None:
        """Somebody agreed, or no longer does: the segments are made of others from now on."""
        live = self._live.get(room_id)
        if live is not None:
            only = self._consents.only(room_id)
            if only != live.only:
                if (only is None) != (live.only is None):
                    live.intake.interrupt()
                live.only = only
                await self._source.package(room_id, REASON, only)
            self.tell(room_id)

    async def renew(self, room_id: str) -> None:
        """Somebody has come on stage, after a loss of the media worker perhaps: it may have to be told again."""
        live = self._live.get(room_id)
        if live is not None:
            try:
                await self._source.package(room_id, REASON, live.only)
            except MediaWorkerLost:
                # Who comes on its stage anew brings us here again, and the worker that takes over is briefed besides.
                log.info("room %s: the media worker was lost while it was told to package", room_id)
            except PackagingUnavailable as error:  # others took all places while nobody was on this stage
                log.warning("room %s is not recorded further: %s", room_id, error.detail)
                await self.finish(room_id, Reason.UNAVAILABLE)

    # --- how it stands

    def present(self, room_id: str) -> dict[str, Any]:
        """The public ``recording`` of docs/protocol.md."""
        live = self._live.get(room_id)
        return {
            "state": "off" if live is None else "paused" if live.paused else "recording",
            "since": iso(live.recording.started_at) if live else None,
            "reason": str(self._reasons.get(room_id, "")) or None,
            "not_recorded": sorted(self._consents.missing(room_id)) if live else [],
        }

    def tell(self, room_id: str) -> None:
        """Everybody in the room, when something is otherwise than they were told."""
        shown = self.present(room_id)
        if self._told.get(room_id) != shown:
            self._told[room_id] = shown
            self._bus.publish(RecordingChanged(room_id, shown))

    def is_apart(self, room_id: str) -> bool:
        """Whether the recording is of those alone who agreed to be in it."""
        live = self._live.get(room_id)
        return live is not None and live.only is not None

    def is_recording(self, room_id: str) -> bool:
        return room_id in self._live

    # --- what comes, called in order through :meth:`later`

    async def format_changed(self, room_id: str, coded: Format, init: Path, *, apart: bool) -> None:
        """``coded.track`` is coded like this from now on; its initialisation section lies at ``init``.

        ``apart``: it is made of those alone who agreed to be recorded.
        """
        self._formats.setdefault(room_id, {})[coded.track, apart] = (coded, init)

    async def piece_made(self, room_id: str, piece: Piece, source: Path, *, apart: bool) -> None:
        """A part or a segment is on disk at ``source``."""
        live = self._live.get(room_id)
        if live is None or apart != (live.only is not None) or (piece.track, apart) not in self._formats[room_id]:
            return
        taken = not live.paused and piece.at_ms >= live.since_ms
        decision, kept = live.intake.offer(live.renumber(piece), recording=taken)
        try:
            await self._carry_out(room_id, live, decision, kept, source)
        except OSError as error:
            await self._fail(room_id, error)
            return
        if await self._disk_is_full():
            await self.finish(room_id, Reason.DISK_FULL)

    async def packaging_failed(self, room_id: str, *, apart: bool) -> None:
        live = self._live.get(room_id)
        if live is not None and apart == (live.only is not None):
            await self.finish(room_id, Reason.DISK_ERROR)

    async def _carry_out(self, room_id: str, live: Live, decision: Decision, piece: Piece, source: Path) -> None:
        if decision is Decision.SKIP:
            return
        await self._write_format(room_id, live, piece.track)
        recording_id = live.recording.id
        if decision is Decision.KEEP:
            await self._blocking(self._shelf.keep, recording_id, piece, source)
        else:
            await self._blocking(self._shelf.join, recording_id, piece)

    async def _write_format(self, room_id: str, live: Live, track: str) -> None:
        coded, init = self._formats[room_id][track, live.only is not None]
        if live.formats.get(track) != (coded, init):
            await self._blocking(self._shelf.set_format, live.recording.id, coded, init)
            live.formats[track] = (coded, init)

    async def mark(self, room_id: str, title: str, offer: str) -> None:
        """Something new begins: a chapter. Without a title what was before has ended."""
        made = Mark(self._clock.now_ms(), title[: self._limits.max_title_chars], offer)
        if title:
            self._pinned[room_id] = made
        else:
            self._pinned.pop(room_id, None)
        live = self._live.get(room_id)
        if live is not None:
            await self._mark(live, made)

    async def _mark(self, live: Live, mark: Mark) -> None:
        live.marks += 1
        if live.marks <= self._limits.max_marks:
            await self._blocking(self._shelf.note, live.recording.id, mark)

    # --- the end

    async def finish(self, room_id: str, reason: Reason) -> None:
        """Close the room's recording, if there is one: it can be watched from now on."""
        live = self._live.pop(room_id, None)
        if live is None:
            return
        await self._source.stop_packaging(room_id, REASON)
        if reason is not Reason.ROOM_ENDED:
            self._reasons[room_id] = reason
        await self._close(live.recording, reason)
        self.tell(room_id)

    async def _close(self, recording: Recording, reason: Reason) -> None:
        now = self._clock.now_ms()
        try:
            found = await self._blocking(self._shelf.seal, recording.id)
        except OSError:
            log.exception("recording %s cannot be closed", recording.id)
            await self._store.change(recording.id, lambda open_: open_.failed(now))
            return
        duration_ms = round(found.duration_s * 1000) if found.size_bytes else 0
        closed = await self._store.change(
            recording.id, lambda open_: open_.closed(now, duration_ms, found.size_bytes, reason)
        )
        if not duration_ms:
            await self._blocking(self._shelf.delete, recording.id)
            return
        log.info("recording %s of room %s: %.1f s, %s", closed.id, closed.room_id, found.duration_s, reason or "closed")
        try:
            await self._rooms.refresh(recording.room_id)
        except NotFound:
            log.info("the room of recording %s is gone; it is deleted with the next sweep", recording.id)

    async def _fail(self, room_id: str, error: OSError) -> None:
        log.error("recording of room %s ended: %s", room_id, error)
        await self.finish(room_id, Reason.DISK_FULL if error.errno in _FULL else Reason.DISK_ERROR)

    def forget(self, room_id: str) -> None:
        """The room is over: nothing more will come of it."""
        for known in (self._formats, self._pinned, self._reasons, self._told):
            known.pop(room_id, None)
        self._consents.forget(room_id)

    async def _recover(self) -> None:
        for recording in await self._store.unfinished():
            await self._close(recording, Reason.INTERRUPTED)
            try:
                await self.begin(recording.room_id, recording.started_by, paused=recording.paused_at is not None)
            except (NotFound, RoomNotLive, RecordingIsOff, DiskFull, PackagingUnavailable) as error:
                log.info("room %s is not recorded further: %s", recording.room_id, error.detail)

    async def _disk_is_full(self) -> bool:
        now_s = self._clock.monotonic()
        if self._live and now_s - self._checked_s < self._limits.disk_check_s:
            return False
        self._checked_s = now_s
        return await self._blocking(self._free_bytes) < self._limits.min_free_bytes

    async def _blocking(self, act: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, act, *arguments)
