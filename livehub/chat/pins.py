"""The one line of a room that stands on top for everybody."""

from typing import Protocol

from livehub.accounts.permissions import Action
from livehub.chat.errors import MessageNotFound
from livehub.chat.model import Message
from livehub.chat.store import ChatStore
from livehub.clock import Clock
from livehub.events import EventBus, MessagePinned
from livehub.rooms.access import Access


class PinStore(Protocol):
    async def pin(self, room_id: str, message_id: str, by: str, at_ms: int) -> bool:
        """In place of any other. False: it was that one already."""

    async def unpin(self, room_id: str) -> bool:
        """False: there was none."""

    async def pinned(self, room_id: str, locale: str | None) -> Message | None:
        """Not a line that was taken back."""


class Pins:
    def __init__(self, store: PinStore, lines: ChatStore, *, clock: Clock, bus: EventBus) -> None:
        self._store = store
        self._lines = lines
        self._clock = clock
        self._bus = bus

    async def pin(self, access: Access, message_id: str) -> Message:
        """Raises: Forbidden; Gone; MessageNotFound, also for a line that was taken back."""
        access.require(Action.CHAT_PIN)
        access.room.require_not_ended()
        message = await self._lines.find(access.room.id, message_id)
        if message is None or message.deleted:
            raise MessageNotFound
        by = access.require_principal().identity
        if await self._store.pin(access.room.id, message_id, by, self._clock.now_ms()):
            self._bus.publish(MessagePinned(access.room.id, message.present()))
        return message

    async def unpin(self, access: Access) -> bool:
        """Whether there was one. Raises: Forbidden."""
        access.require(Action.CHAT_PIN)
        taken = await self._store.unpin(access.room.id)
        if taken:
            self._bus.publish(MessagePinned(access.room.id, None))
        return taken

    async def read(self, access: Access, locale: str | None) -> Message | None:
        """Raises: Forbidden, Unauthenticated."""
        access.require(Action.WATCH)
        return await self.shown(access.room.id, locale)

    async def shown(self, room_id: str, locale: str | None) -> Message | None:
        return await self._store.pinned(room_id, locale)
