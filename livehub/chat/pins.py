"""The lines of a room that stand out for everybody: the pinned one, and what was announced a moment ago."""

from dataclasses import dataclass
from typing import Any, Final, Protocol

from livehub.accounts.permissions import Action
from livehub.chat.conduct import Deed, Entry
from livehub.chat.errors import MessageNotFound
from livehub.chat.model import Message
from livehub.chat.moderation import Moderation, Target
from livehub.chat.store import ChatStore
from livehub.clock import Clock, iso
from livehub.events import EventBus, MessagePinned
from livehub.rooms.access import Access

#: how long an announcement stands over the picture
ANNOUNCED_MS: Final = 30_000


@dataclass(frozen=True, slots=True)
class Announced:
    """An announcement that is still shown, and for how much longer."""

    message: Message
    left_ms: int

    def present(self, reader_locale: str) -> dict[str, Any]:
        return {
            "message": self.message.present(reader_locale),
            "ends_at": iso(self.message.at + ANNOUNCED_MS),
            "left_ms": self.left_ms,
        }


class PinStore(Protocol):
    """``entry``: the line of the moderators' log, kept in the same commit, if anything is changed."""

    async def pin(self, room_id: str, message_id: str, by: str, at_ms: int, entry: Entry) -> bool:
        """In place of any other. False: it was that one already."""

    async def unpin(self, room_id: str, entry: Entry) -> bool:
        """False: there was none."""

    async def pinned(self, room_id: str, locale: str | None) -> Message | None:
        """Not a line that was taken back."""

    async def announced(self, room_id: str, since_ms: int, locale: str | None) -> Message | None:
        """The newest announcement, if it is not older than that and was not taken back."""


class Pins:
    def __init__(
        self, store: PinStore, lines: ChatStore, moderation: Moderation, *, clock: Clock, bus: EventBus
    ) -> None:
        self._store = store
        self._lines = lines
        self._moderation = moderation
        self._clock = clock
        self._bus = bus

    async def pin(self, access: Access, message_id: str) -> Message:
        """Raises: Forbidden; Gone; MessageNotFound, also for a line that was taken back."""
        access.require(Action.CHAT_PIN)
        access.room.require_not_ended()
        message = await self._lines.find(access.room.id, message_id)
        if message is None or message.deleted:
            raise MessageNotFound
        by, entry = access.require_principal().identity, self._entry(access, Deed.PIN, message)
        if await self._store.pin(access.room.id, message_id, by, self._clock.now_ms(), entry):
            self._bus.publish(MessagePinned(access.room.id, message.present()))
            self._moderation.tell(entry)
        return message

    async def unpin(self, access: Access) -> bool:
        """Whether there was one. Raises: Forbidden."""
        access.require(Action.CHAT_PIN)
        entry = self._entry(access, Deed.UNPIN, await self._store.pinned(access.room.id, None))
        taken = await self._store.unpin(access.room.id, entry)
        if taken:
            self._bus.publish(MessagePinned(access.room.id, None))
            self._moderation.tell(entry)
        return taken

    def _entry(self, access: Access, deed: Deed, message: Message | None) -> Entry:
        """``message`` None: what was pinned has been taken back."""
        if message is None:
            return self._moderation.entry(access, deed, Target(""))
        target = Target(message.author.identity, message.author.role, message.author.display_name)
        return self._moderation.entry(access, deed, target, subject=message.id, text=message.text)

    async def read(self, access: Access, locale: str | None) -> Message | None:
        """Raises: Forbidden, Unauthenticated."""
        access.require(Action.WATCH)
        return await self.shown(access.room.id, locale)

    async def shown(self, room_id: str, locale: str | None) -> Message | None:
        return await self._store.pinned(room_id, locale)

    async def announced(self, room_id: str, locale: str | None) -> Announced | None:
        """What who comes now is still to see."""
        now = self._clock.now_ms()
        message = await self._store.announced(room_id, now - ANNOUNCED_MS, locale)
        if message is None:
            return None
        left_ms = min(ANNOUNCED_MS, message.at + ANNOUNCED_MS - now)
        return Announced(message, left_ms) if left_ms > 0 else None
