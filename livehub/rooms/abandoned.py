"""Ending the rooms that everybody has left: a host who closes the window, or falls asleep, does not press End."""

import logging
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from livehub.clock import Clock
from livehub.errors import IllegalTransition, NotFound
from livehub.events import EventBus, OthersHeard, RoomStarted
from livehub.rooms.service import RoomService

log = logging.getLogger(__name__)

EVERY_S: Final = 60.0


class LiveRooms(Protocol):
    async def live(self) -> Sequence[str]:
        """The ids of all live rooms."""


class AbandonedRooms:
    """``is_used(room_id)``: somebody is in the room, sends to it or watches it, through whichever process.

    A room has to be found empty by every :meth:`sweep` for ``after_s`` seconds. What this process has not seen, because
    it did not run or did not hear the others, counts for nothing. A room that it has seen neither start nor in use is
    let alone: another server of the same database may carry it.
    """

    def __init__(
        self,
        rooms: RoomService,
        store: LiveRooms,
        *,
        clock: Clock,
        bus: EventBus,
        is_used: Callable[[str], bool],
        after_s: float,
    ) -> None:
        self._rooms = rooms
        self._store = store
        self._clock = clock
        self._is_used = is_used
        self.after_s = after_s
        self._hears_others = True
        #: live rooms that started or were in use here
        self._known: set[str] = set()
        #: live rooms with nobody in them → when that was first seen (monotonic, s)
        self._empty_since: dict[str, float] = {}
        bus.subscribe(OthersHeard, self._others_heard)
        bus.subscribe(RoomStarted, lambda event: self._known.add(event.room_id))

    def _others_heard(self, event: OthersHeard) -> None:
        self._hears_others = event.is_so
        self._empty_since.clear()

    async def sweep(self) -> None:
        """Look once; to be called every :data:`EVERY_S`. Raises: Unavailable."""
        live = await self._store.live()
        if not self._hears_others:
            return
        now_s = self._clock.monotonic()
        used = {room_id for room_id in live if self._is_used(room_id)}
        self._known = (self._known & set(live)) | used
        self._empty_since = {room_id: self._empty_since.get(room_id, now_s) for room_id in self._known - used}
        for room_id, since_s in list(self._empty_since.items()):
            if now_s - since_s >= self.after_s:
                await self._end(room_id)

    async def _end(self, room_id: str) -> None:
        self._empty_since.pop(room_id, None)
        try:
            await self._rooms.end_abandoned(room_id)
        except (NotFound, IllegalTransition):
            return  # somebody ended or deleted it meanwhile
        log.info("room %s is ended: nobody was there and nothing on air for %.0f minutes", room_id, self.after_s / 60)
