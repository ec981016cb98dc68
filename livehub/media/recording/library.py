"""What is kept: lists, replays, chapters; deletion, by hand and by age."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, TypeVar

from livehub.accounts.permissions import Action
from livehub.accounts.principal import Principal
from livehub.clock import Clock, iso
from livehub.errors import NotFound
from livehub.events import EventBus, RoomDeleted
from livehub.media.recording.errors import RecordingNotFound, StillRecording
from livehub.media.recording.journal import Contents
from livehub.media.recording.limits import RecordingLimits
from livehub.media.recording.model import Reason, Recording, RecordingState
from livehub.media.recording.movie import begins_s
from livehub.media.recording.movies import Movies
from livehub.media.recording.ports import Listed, RecordingStore
from livehub.media.recording.poster import make_poster
from livehub.media.recording.recorder import Recorder
from livehub.media.recording.replay import Passage, Replay, Take
from livehub.media.recording.shelf import POSTER, Shelf
from livehub.rooms.service import RoomService

log = logging.getLogger(__name__)
T = TypeVar("T")
DAY_MS: Final = 24 * 3600 * 1000
#: contents of recordings that are held ready: one of an hour takes half a megabyte
_CACHED: Final = 32
#: beginnings of stretches of recordings, whose clocks subtitles are told by
_CLOCKS: Final = 2_000


class Library:
    def __init__(
        self,
        store: RecordingStore,
        shelf: Shelf,
        rooms: RoomService,
        recorder: Recorder,
        movies: Movies,
        *,
        clock: Clock,
        bus: EventBus,
        thread: ThreadPoolExecutor,
        limits: RecordingLimits,
    ) -> None:
        self._store = store
        self._shelf = shelf
        self._rooms = rooms
        self._recorder = recorder
        self.movies = movies
        self._clock = clock
        self._thread = thread
        self._limits = limits
        self._contents: OrderedDict[str, Contents] = OrderedDict()
        self._clocks: OrderedDict[tuple[str, str], float] = OrderedDict()
        bus.subscribe(RoomDeleted, lambda event: recorder.later(lambda: self._room_deleted(event.room_id)))

    # --- looking

    async def of_owner(self, principal: Principal, before: str | None, limit: int) -> Sequence[Listed]:
        """Of all rooms of an account, newest first. Raises: Forbidden without an account."""
        principal.require_account()
        return await self._store.of_owner(principal.identity, before, limit)

    async def of_room(self, room_id: str) -> Sequence[Recording]:
        """Oldest first, for those who may keep them: the caller has asked."""
        return await self._store.of_room(room_id)

    async def owned(self, principal: Principal | None, recording_id: str) -> Recording:
        """A recording for one of those who may keep it.

        Raises: RecordingNotFound, also when it is not the caller's.
        """
        found = await self._store.find(recording_id)
        if found is None or found.state is RecordingState.DELETED:
            raise RecordingNotFound
        try:
            access = await self._rooms.access(found.room_id, principal)
        except NotFound:
            raise RecordingNotFound from None
        if not access.may(Action.RECORDINGS):
            raise RecordingNotFound
        return found

    async def replay(self, room_id: str) -> Replay | None:
        """What can be watched again of a room; None where there is nothing."""
        ready = [found for found in await self._store.of_room(room_id) if found.state is RecordingState.READY]
        takes = [Take(found.id, await self.contents(found.id)) for found in ready]
        return Replay(takes) if takes else None

    async def contents(self, recording_id: str) -> Contents:
        """Of a recording that is ready: it does not change any more."""
        found = self._contents.get(recording_id)
        if found is None:
            found = await self._blocking(self._shelf.contents, recording_id)
            self._contents[recording_id] = found
            if len(self._contents) > _CACHED:
                self._contents.popitem(last=False)
        self._contents.move_to_end(recording_id)
        return found

    async def begins_s(self, passage: Passage) -> float:
        """What the clock of the passage's stretch says where the stretch begins, in seconds.

        Raises:
            RecordingNotFound: it cannot be read, or was deleted in the meantime.
        """
        place = (passage.recording_id, passage.first.name)
        found = self._clocks.get(place)
        if found is None:
            directory = self._shelf.place(passage.recording_id, passage.first.name).parent
            try:
                found = await self.movies.run(begins_s, directory, passage.coded, passage.first)
            except (OSError, ValueError) as error:
                raise RecordingNotFound from error
            self._clocks[place] = found
            if len(self._clocks) > _CLOCKS:
                self._clocks.popitem(last=False)
        return found

    async def file(self, room_id: str, recording_id: str, name: str) -> Path:
        """Where a file of a room's replay lies.

        Raises: RecordingNotFound, also for a recording of another room or one that is not ready.
        """
        path = self._shelf.file(recording_id, name)
        found = await self._store.find(recording_id) if path else None
        if path is None or found is None or found.room_id != room_id or found.state is not RecordingState.READY:
            raise RecordingNotFound
        return path

    async def poster(self, room_id: str) -> Path | None:
        """A picture of the room's replay, made when it is first asked for; None where there is none to make."""
        for found in await self._store.of_room(room_id):
            if found.state is RecordingState.READY:
                path = self._shelf.place(found.id, POSTER)
                if await self._blocking(path.is_file):
                    return path
                contents = await self.contents(found.id)
                if await self.movies.run(make_poster, path.parent, contents, path):
                    return path
        return None

    def prepare(self, recording: Recording) -> None:
        """Have the recording made one file; :meth:`present` tells how far it is.

        Raises:
            StillRecording: it is not closed yet.
            RecordingNotFound: nothing of it can be read.
            Unavailable: the server stops.
        """
        if recording.state is RecordingState.RECORDING:
            raise StillRecording("Stop the recording first")
        if recording.state is not RecordingState.READY:
            raise RecordingNotFound
        self.movies.prepare(recording.id, lambda: self.contents(recording.id))

    def present(self, recording: Recording) -> dict[str, Any]:
        """The public ``Recording`` of docs/protocol.md."""
        return {
            "id": recording.id,
            "room_id": recording.room_id,
            "state": recording.state,
            "reason": recording.reason or None,
            "started_at": iso(recording.started_at),
            "ended_at": None if recording.ended_at is None else iso(recording.ended_at),
            "duration_s": recording.duration_ms / 1000,
            "size_bytes": recording.size_bytes,
            "deleted_after": self._deleted_after(recording),
            "file": self.movies.present(recording.id),
        }

    def _deleted_after(self, recording: Recording) -> str | None:
        if not self._limits.retention_days or recording.ended_at is None:
            return None
        return iso(recording.ended_at + self._limits.retention_days * DAY_MS)

    # --- deleting

    async def delete(self, recording: Recording, by: str) -> None:
        """For good: SQL first, so that nobody is sent to what is going, then every file.

        Raises:
            StillRecording: it has to be stopped before.
            IllegalTransition: somebody was quicker.
        """
        if recording.state is RecordingState.RECORDING:
            raise StillRecording("Stop the recording before you delete it")
        await self._delete(recording.id, by, Reason.NONE)
        await self._refresh(recording.room_id)

    async def _delete(self, recording_id: str, by: str | None, reason: Reason) -> None:
        now = self._clock.now_ms()
        await self._store.change(recording_id, lambda found: found.deleted(now, by, reason))
        self._contents.pop(recording_id, None)
        await self.movies.forget(recording_id)
        await self._blocking(self._shelf.delete, recording_id)

    async def _refresh(self, room_id: str) -> None:
        try:
            await self._rooms.refresh(room_id)
        except NotFound:
            log.debug("room %s is gone", room_id)

    async def _room_deleted(self, room_id: str) -> None:
        for found in await self._store.of_room(room_id):
            await self._delete(found.id, None, Reason.ROOM_DELETED)

    async def sweep(self) -> None:
        """What is older than it may be, what belongs to rooms that are gone, and files that nothing belongs to."""
        days = self._limits.retention_days
        before_ms = self._clock.now_ms() - days * DAY_MS if days else None
        while due := await self._store.due(before_ms):
            for found in due:
                log.info("recording %s is deleted: its time is over, or its room", found.id)
                await self._delete(found.id, None, Reason.RETENTION)
                await self._refresh(found.room_id)
        await self._recorder.ordered(self._remove_strays)

    async def _remove_strays(self) -> None:
        """Directories that a crash left: between SQL and the disk when deleting, or before SQL when beginning."""
        on_disk = await self._blocking(self._shelf.ids)
        existing = await self._store.existing(on_disk)
        for recording_id in set(on_disk) - existing:
            log.info("files of recording %s are left over and go", recording_id)
            await self._blocking(self._shelf.delete, recording_id)

    async def _blocking(self, act: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, act, *arguments)
