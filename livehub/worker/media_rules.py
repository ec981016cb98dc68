"""What rooms and moderation decide, carried out on the media plane: an ended room goes silent, a banned member too."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from livehub.events import EventBus, MemberSanctioned, RoomEnded
from livehub.media.plane import MediaPlane

log = logging.getLogger(__name__)


class MediaRules:
    """Subscribes when made; :meth:`start` and :meth:`close` own the one task that does what is due, in order."""

    def __init__(self, plane: MediaPlane, bus: EventBus) -> None:
        self._plane = plane
        self._due: asyncio.Queue[Callable[[], Awaitable[None]]] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        bus.subscribe(RoomEnded, self._room_ended)
        bus.subscribe(MemberSanctioned, self._sanctioned)

    def start(self) -> None:
        self._task = asyncio.create_task(self._work(), name="media rules")

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    def _room_ended(self, event: RoomEnded) -> None:
        self._due.put_nowait(lambda: self._plane.close_room(event.room_id))

    def _sanctioned(self, event: MemberSanctioned) -> None:
        if event.sanction == "ban" and not event.lifted:
            self._due.put_nowait(lambda: self._plane.close_identity(event.room_id, event.identity))

    async def _work(self) -> None:
        while True:
            act = await self._due.get()
            try:
                await act()
            except Exception:
                log.exception("media could not be ended")
