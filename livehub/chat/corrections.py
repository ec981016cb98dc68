"""Translations of lines that people write themselves: of announcements, and of the line that is pinned.

They stand for longer than other lines, and for the whole room: who may make them may say what they are in another
language. What a person wrote no engine overwrites; whose words it is of, the moderators' log tells.
"""

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from livehub.accounts.permissions import RANK, Action
from livehub.chat.conduct import Deed, Entry
from livehub.chat.model import Message, Translation
from livehub.chat.moderation import Moderation, Target
from livehub.events import EventBus, LineTranslated
from livehub.rooms.access import Access

#: announcements that are listed, the newest; all can be corrected by their ids
MAX_ANNOUNCEMENTS: Final = 100


class CorrectionStore(Protocol):
    """A line that was taken back has nothing to be corrected. ``entry``: the log's line, in the same commit."""

    async def standing(self, room_id: str, message_id: str) -> tuple[Message, bool] | None:
        """The line, with all of its translations, and whether it is the pinned one. None: it is not there."""

    async def announcements(self, room_id: str, limit: int) -> Sequence[Message]:
        """With all of their translations, the newest first."""

    async def pinned(self, room_id: str) -> Message | None: ...

    async def edit(self, room_id: str, message_id: str, locale: str, text: str, by: str, entry: Entry | None) -> bool:
        """False: the line is not there any more."""

    async def forget(self, room_id: str, message_id: str, locale: str, entry: Entry | None) -> bool:
        """False: no person had written one."""


class Corrections:
    def __init__(self, store: CorrectionStore, moderation: Moderation, bus: EventBus) -> None:
        self._store: Final = store
        self._moderation: Final = moderation
        self._bus: Final = bus

    async def open_to(self, access: Access) -> list[tuple[str, Message]]:
        """What the caller may correct, each with what it is: ``announcement`` or ``pinned``, all translations along."""
        pinned = await self._store.pinned(access.room.id)
        found = [] if pinned is None or not _may(access, pinned) else [("pinned", pinned)]
        if access.may(Action.ANNOUNCE):
            announced = await self._store.announcements(access.room.id, MAX_ANNOUNCEMENTS)
            found += [("announcement", message) for message in announced if pinned is None or message.id != pinned.id]
        return found

    async def find(self, access: Access, message_id: str) -> tuple[str, Message] | None:
        """As one of :meth:`open_to`; None: there is no such line, or it is one like most.

        Raises: Forbidden.
        """
        found = await self._store.standing(access.room.id, message_id)
        if found is None:
            return None
        message, is_pinned = found
        if not is_pinned and not message.about.announcement:
            return None
        if not _may(access, message):
            access.require(Action.ANNOUNCE)
        return "pinned" if is_pinned else "announcement", message

    async def edit(self, access: Access, message: Message, locale: str, text: str) -> Translation | None:
        """Told to its readers at once. None: the line has been taken back meanwhile."""
        entry = self._entry(access, message, locale, text)
        by = access.require_principal().identity
        written = Translation(text, "", edited=True)
        if not await self._store.edit(message.room_id, message.id, locale, text, by, entry):
            return None
        self._tell(message, locale, written, entry)
        return written

    async def forget(self, access: Access, message: Message, locale: str) -> None:
        """What an engine makes of it counts again."""
        entry = self._entry(access, message, locale, "")
        if await self._store.forget(message.room_id, message.id, locale, entry):
            self._tell(message, locale, None, entry)

    def tell_made(self, message: Message, locale: str, made: Translation) -> None:
        """An engine was asked for it, and it is kept."""
        self._tell(message, locale, made, None)

    def _tell(self, message: Message, locale: str, translation: Translation | None, entry: Entry | None) -> None:
        shown: Mapping[str, object] | None = None if translation is None else translation.present()
        self._bus.publish(LineTranslated(message.room_id, message.present(), locale, shown))
        if entry is not None:
            self._moderation.tell(entry)

    def _entry(self, access: Access, message: Message, locale: str, text: str) -> Entry | None:
        """One's own words one may put as one likes."""
        author = message.author
        if author.identity == access.require_principal().identity:
            return None
        target = Target(author.identity, author.role, author.display_name)
        return self._moderation.entry(
            access, Deed.TRANSLATE, target, subject=message.id, text=message.text, locale=locale, translation=text
        )


def _may(access: Access, message: Message) -> bool:
    """Of a line that is pinned or an announcement. Moderators put no words into the mouths of those above them."""
    if access.may(Action.ANNOUNCE):
        return True
    if not access.may(Action.CHAT_PIN) or access.role is None or message.about.announcement:
        return False
    author = message.author
    return author.identity == access.require_principal().identity or RANK[author.role] < RANK[access.role]
