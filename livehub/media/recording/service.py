"""Recording for everybody else: one owner of its parts, and what people may do with them."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from livehub.accounts.permissions import Action
from livehub.clock import Clock
from livehub.events import EventBus
from livehub.media.recording.channel_feed import ChannelFeed
from livehub.media.recording.consents import Consents
from livehub.media.recording.feed import Feed
from livehub.media.recording.library import Library
from livehub.media.recording.limits import RecordingLimits
from livehub.media.recording.model import Consent
from livehub.media.recording.movies import Movies
from livehub.media.recording.ports import RecordingStore, Source
from livehub.media.recording.recorder import Recorder
from livehub.media.recording.shelf import Shelf
from livehub.rooms.access import Access
from livehub.rooms.kinds import RecordingMode
from livehub.rooms.service import RoomService


class Recordings:
    """``root``: where recordings lie; ``hls_roots``: where the packager's paths begin, on the same file
    system: those of segments that everybody watches, and of those made of people who agreed alone. ``channels_root``:
    of what interpreters say, kept as tracks of their own."""

    def __init__(
        self,
        store: RecordingStore,
        rooms: RoomService,
        source: Source,
        *,
        root: Path,
        hls_roots: tuple[Path, Path],
        channels_root: Path | None = None,
        clock: Clock,
        bus: EventBus,
        limits: RecordingLimits | None = None,
        free_bytes: Callable[[], int] | None = None,
    ) -> None:
        limits = limits or RecordingLimits()
        shelf = Shelf(root)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="livehub-recording")
        self._consents = Consents(store, clock)
        self.recorder = Recorder(
            store,
            shelf,
            rooms,
            self._consents,
            source,
            clock=clock,
            bus=bus,
            thread=self._thread,
            limits=limits,
            free_bytes=free_bytes,
        )
        self._feed = Feed(bus, self.recorder, self._consents, hls_roots, limits)
        if channels_root is not None:
            self._channel_feed = ChannelFeed(bus, self.recorder, channels_root)
        self.library = Library(
            store,
            shelf,
            rooms,
            self.recorder,
            Movies(shelf, limits),
            clock=clock,
            bus=bus,
            thread=self._thread,
            limits=limits,
        )

    def start(self) -> None:
        """On the running loop, before the first segment can come."""
        self.recorder.start()

    async def recover(self) -> None:
        """When the media plane is up: close what a crash left open, and go on where rooms are still live."""
        await self.recorder.recover()

    async def close(self) -> None:
        """Idempotent."""
        self._feed.close()
        await self.recorder.close()
        await self.library.movies.close()
        await asyncio.to_thread(self._thread.shutdown)

    # --- the host

    async def begin(self, access: Access) -> dict[str, Any]:
        """Raises: Forbidden; RoomNotLive, RecordingIsOff, AlreadyRecording, DiskFull."""
        access.require(Action.RECORD)
        room_id, by = access.room.id, access.require_principal().identity
        return await self._done(room_id, lambda: self.recorder.begin(room_id, by))

    async def pause(self, access: Access) -> dict[str, Any]:
        """Raises: Forbidden; NotRecording."""
        access.require(Action.RECORD)
        return await self._done(access.room.id, lambda: self.recorder.pause(access.room.id))

    async def resume(self, access: Access) -> dict[str, Any]:
        """Raises: Forbidden; NotRecording."""
        access.require(Action.RECORD)
        return await self._done(access.room.id, lambda: self.recorder.resume(access.room.id))

    async def stop(self, access: Access) -> dict[str, Any]:
        """Raises: Forbidden; NotRecording."""
        access.require(Action.RECORD)
        return await self._done(access.room.id, lambda: self.recorder.stop(access.room.id))

    async def _done(self, room_id: str, act: Callable[[], Any]) -> dict[str, Any]:
        await self.recorder.ordered(act)
        return self.present(room_id)

    def present(self, room_id: str) -> dict[str, Any]:
        """Whether the room is being recorded, as everybody in it is told."""
        return self.recorder.present(room_id)

    # --- everybody

    async def mine(self, access: Access) -> dict[str, Any]:
        """How the recording stands, and what the caller has said to it.

        ``consent``: ``seen`` or ``given``; None when they have said nothing. ``asked``: whether it matters here.
        """
        access.require(Action.WATCH)
        consent = await self._consents.of(access.room.id, access.require_principal().identity)
        asked = access.room.recording is RecordingMode.CONSENT
        return {**self.present(access.room.id), "mode": access.room.recording, "consent": consent, "asked": asked}

    async def consent(self, access: Access, consent: Consent) -> dict[str, Any]:
        """Say that one knows of the recording, or agrees to be recorded on stage; either may take the other's place.

        Raises: Forbidden for those who may not watch; Gone once the room is over.
        """
        access.require(Action.WATCH)
        access.room.require_not_ended()
        identity = access.require_principal().identity
        await self._consents.give(access.room.id, identity, given=consent is Consent.GIVEN)
        await self.recorder.ordered(lambda: self.recorder.consents_changed(access.room.id))
        return await self.mine(access)
