"""Which rooms are packaged: those for which somebody holds a reason, while something is on stage."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from livehub.events import EventBus, RoomEnded, StageChanged
from livehub.ids import new_id
from livehub.media.errors import PackagingUnavailable
from livehub.media.events import HeardChanged, LayersChanged
from livehub.media.hls.events import HlsRemoved
from livehub.media.hls.files import FileWriter
from livehub.media.hls.room import RoomPackager
from livehub.media.limits import HlsLimits
from livehub.media.source import Source
from livehub.media.timers import Timers

log = logging.getLogger(__name__)

#: the reason for which smaller renditions are made too: viewers; a recording keeps the largest alone
VIEWERS: Final = "hls"


class Packager:
    """One a media plane. Reasons are words such as ``hls`` and ``recording``; the last one that goes ends the run.

    A room has one of the places while it is packaged. Where all are taken, a room with nothing on air gives its place
    up to one that has something: the one that has been so for longest. It has another run when its stage is back.
    """

    def __init__(self, folder: Path, limits: HlsLimits | None = None, *, sound_only: bool = False) -> None:
        self._sound_only = sound_only
        self.folder = folder
        self.limits = limits or HlsLimits()
        self._reasons: dict[str, set[str]] = {}
        self._rooms: dict[str, RoomPackager] = {}
        #: those of them with nothing on air, the one that has been so for longest first
        self._idle: dict[str, None] = {}
        self._lingering: set[str] = set()
        self._files = FileWriter()
        self._encoders = ThreadPoolExecutor(1, thread_name_prefix="livehub-hls-sound")
        self._timers: Timers
        self._bus: EventBus
        self._on_air: Callable[[str], Sequence[Source]]

    def attach(self, timers: Timers, bus: EventBus, on_air: Callable[[str], Sequence[Source]]) -> None:
        """From the plane: its time, where to tell and hear, and what is on air in a room."""
        self._timers, self._bus, self._on_air = timers, bus, on_air
        bus.subscribe(StageChanged, lambda event: self._stage_changed(event.room_id))
        bus.subscribe(HeardChanged, lambda event: self._stage_changed(event.room_id))
        bus.subscribe(LayersChanged, lambda event: self._stage_changed(event.room_id))
        bus.subscribe(RoomEnded, lambda event: self._end_room(event.room_id))

    @property
    def running(self) -> int:
        return len(self._rooms)

    async def start(self) -> None:
        """
        Raises:
            OSError: the folder cannot be made.
        """
        await asyncio.to_thread(self.folder.mkdir, mode=0o700, parents=True, exist_ok=True)

    def hold(self, room_id: str, reason: str) -> None:
        """Package the room from now on, as soon as there is something to package. Idempotent.

        Raises:
            PackagingUnavailable: there is something, but as many rooms are packaged as may be.
        """
        if room_id not in self._rooms and not self._has_place() and self._on_air(room_id):
            raise PackagingUnavailable("As many rooms are packaged for HLS as this server can do at once.")
        self._reasons.setdefault(room_id, set()).add(reason)
        self._stage_changed(room_id)

    def release(self, room_id: str, reason: str) -> None:
        """The reason is gone. Idempotent."""
        reasons = self._reasons.get(room_id, set())
        reasons.discard(reason)
        if not reasons:
            self.end(room_id, "stopped")
        elif reason == VIEWERS:
            self._stage_changed(room_id)

    def _stage_changed(self, room_id: str) -> None:
        if room_id not in self._reasons:
            return
        sources = self._on_air(room_id)
        room = self._rooms.get(room_id)
        if room is None and sources:
            if not self._has_place():
                log.warning("%s is not packaged: %d rooms are", room_id, len(self._rooms))
                return
            if len(self._rooms) >= self.limits.max_rooms:
                self._end(next(iter(self._idle)), "idle")
            room = self._rooms[room_id] = self._make(room_id)
        if room is not None:
            if sources:
                self._idle.pop(room_id, None)
            else:
                self._idle.setdefault(room_id)
            room.show(sources, layers=VIEWERS in self._reasons[room_id])

    def _has_place(self) -> bool:
        return len(self._rooms) < self.limits.max_rooms or bool(self._idle)

    def _end_room(self, room_id: str) -> None:
        self.end(room_id, "room_ended")

    def end(self, room_id: str, reason: str) -> None:
        """Whatever it is packaged for. Idempotent."""
        self._reasons.pop(room_id, None)
        self._end(room_id, reason)
        self._fill()

    def _fill(self) -> None:
        """Give the places that have become free to rooms that have waited for one."""
        for room_id in self._reasons:
            if len(self._rooms) >= self.limits.max_rooms:
                return
            if room_id not in self._rooms:
                self._stage_changed(room_id)

    def _make(self, room_id: str) -> RoomPackager:
        run = new_id("run")

        def failed() -> None:  # from deep inside what has to be closed
            self._timers.call_later(0, self._fail, room_id, run)

        log.info("packaging %s as %s", room_id, run)
        self._files.remove_others(self.folder / room_id, {run, *self._lingering})
        return RoomPackager(
            room_id,
            run,
            folder=self.folder,
            timers=self._timers,
            files=self._files,
            executor=self._encoders,
            publish=self._bus.publish,
            on_failed=failed,
            limits=self.limits,
            sound_only=self._sound_only,
        )

    def _fail(self, room_id: str, run: str) -> None:
        room = self._rooms.get(room_id)
        if room is not None and room.run == run:
            self.end(room_id, "failed")

    def _end(self, room_id: str, reason: str) -> None:
        room = self._rooms.pop(room_id, None)
        self._idle.pop(room_id, None)
        if room is None:
            return
        room.close(reason)
        self._lingering.add(room.run)
        self._timers.call_later(self.limits.linger_s, self._remove, room)

    def _remove(self, room: RoomPackager) -> None:
        self._lingering.discard(room.run)
        gone = HlsRemoved(room.room_id, room.run)
        self._files.remove_tree(self.folder / room.room_id / room.run, lambda _error: self._bus.publish(gone))

    async def close(self) -> None:
        """End all runs, telling so, and the threads. Files stay: a recording may be about to link them."""
        self._reasons.clear()
        for room_id in list(self._rooms):
            self._rooms.pop(room_id).close("closed")
        await self._files.close()
        self._encoders.shutdown(wait=False, cancel_futures=True)
