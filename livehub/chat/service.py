"""Chat for everybody else: send, read back, delete, react. Permission and limits are checked here, for each action."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from livehub.accounts.permissions import Action, Role
from livehub.chat.conduct import Held
from livehub.chat.desk import Desk
from livehub.chat.errors import MessageNotFound, RoomBusy
from livehub.chat.model import NOTHING, About, Author, HistoryPage, HistoryQuery, Message, Translation
from livehub.chat.moderation import Moderation, require_outranks
from livehub.chat.reactions import ReactionBoard
from livehub.chat.screening.judges import Judges
from livehub.chat.store import ChatStore
from livehub.chat.text import MAX_CHARS, clean
from livehub.clock import Clock
from livehub.errors import RateLimited
from livehub.events import EventBus
from livehub.ids import new_id
from livehub.ratelimit import Shared, TokenBuckets
from livehub.rooms.access import Access

STAFF: Final = frozenset({Role.HOST, Role.COHOST, Role.MODERATOR})
RECENT: Final = 50


@dataclass(frozen=True, slots=True)
class Draft:
    """A line as somebody wants to send it. ``locale`` is the language it is written in."""

    text: str
    client_id: str
    locale: str
    about: About = NOTHING


@dataclass(frozen=True, slots=True)
class ChatLimits:
    """Lines and reactions a second, with a burst, per member and room; staff are hosts, cohosts and moderators."""

    max_chars: int = MAX_CHARS
    rate_per_s: float = 1
    burst: float = 5
    staff_rate_per_s: float = 5
    staff_burst: float = 20
    react_rate_per_s: float = 5
    react_burst: float = 20
    #: viewers' lines from one address in all rooms (a school may share one), and in one room from everybody
    address_rate_per_s: float = 20
    address_burst: float = 200
    room_rate_per_s: float = 200
    room_burst: float = 1000


class ChatService:
    def __init__(
        self,
        store: ChatStore,
        *,
        clock: Clock,
        bus: EventBus,
        limits: ChatLimits | None = None,
        shared: Shared | None = None,
        judges: Judges | None = None,
    ) -> None:
        limits = limits or ChatLimits()
        self._store = store
        self._clock = clock
        self._max_chars = limits.max_chars
        self._lines = TokenBuckets(clock, limits.rate_per_s, limits.burst, 50_000, shared=shared, name="lines")
        self._staff_lines = TokenBuckets(
            clock, limits.staff_rate_per_s, limits.staff_burst, shared=shared, name="staff lines"
        )
        self._reactions = TokenBuckets(
            clock, limits.react_rate_per_s, limits.react_burst, 50_000, shared=shared, name="reactions"
        )
        self._of_address = TokenBuckets(
            clock, limits.address_rate_per_s, limits.address_burst, shared=shared, name="lines of an address"
        )
        self._of_room = TokenBuckets(
            clock, limits.room_rate_per_s, limits.room_burst, shared=shared, name="lines of a room"
        )
        self.moderation = Moderation(store, clock=clock, bus=bus)
        self.desk = Desk(store, self.moderation, clock=clock, bus=bus, judges=judges, shared=shared)
        self.reactions = ReactionBoard(store)

    async def check_send(self, access: Access, *, client_id: str = "", address: str | None = None) -> None:
        """What can be refused before a place in the room's order is taken. ``address``: where it comes from, if
        limited.

        Raises:
            Forbidden, Unauthenticated, Gone: by role or the room's state.
            Banned, Muted, SlowMode, RateLimited, RoomBusy.
        """
        access.require(Action.CHAT)
        access.room.require_not_ended()
        identity = access.require_principal().identity
        await self.moderation.check_may_speak(access.room.id, identity)
        key = f"{access.room.id}/{identity}"
        if access.role in STAFF:
            self._staff_lines.take(key)
            return
        self._lines.take(key)
        if address is not None:
            self._of_address.take(address)
        try:
            self._of_room.take(access.room.id)
        except RateLimited as error:
            raise RoomBusy(retry_after_s=error.retry_after_s) from None
        await self.desk.check_pace(access, client_id)

    async def screen(self, access: Access, draft: Draft, locales: frozenset[str]) -> Held | None:
        """By the room's rules, before a place is taken: None when it may be shown at once; else it waits for a
        moderator.

        ``locales``: the languages it may be in.

        Raises:
            MessageEmpty, MessageTooLong; LineRefused, Repeated, QueueFull.
            Banned, Muted: while a program thought about the line.
        """
        held = await self.desk.screen(access, self.compose(access, draft, 0), locales)
        await self.moderation.check_may_speak(access.room.id, access.require_principal().identity)
        return held

    def compose(self, access: Access, draft: Draft, seq: int) -> Message:
        """The line as it will be kept. Raises: MessageEmpty; MessageTooLong."""
        principal = access.require_principal()
        author = Author(principal.identity, principal.display_name, access.role or Role.VIEWER)
        text = clean(draft.text, self._max_chars)
        return Message(
            new_id("msg"), access.room.id, seq, author, text, draft.locale, self._clock.now_ms(), draft.client_id,
            about=draft.about,
        )  # fmt: skip

    async def append(self, message: Message) -> tuple[Message, bool]:
        """Keep a composed line; answers after the commit with the line and whether it is new.

        Nothing is awaited before the line is in the writer's queue: lines appended one after the other are committed
        in that order. A ``client_id`` that the author has used in this room gives the first line of that id, and False.
        """
        kept = await self._store.append(message)
        return kept, kept.id == message.id

    async def history(self, access: Access, query: HistoryQuery) -> HistoryPage:
        """Raises: Forbidden, Unauthenticated; Banned."""
        if access.principal is not None:
            await self.moderation.check_may_enter(access.room.id, access.principal.identity)
        access.require(Action.WATCH)
        return await self._store.history(query)

    async def recent(self, room_id: str, up_to_seq: int, locale: str | None) -> list[Message]:
        """The last lines up to and including ``up_to_seq``, oldest first."""
        page = await self._store.history(HistoryQuery(room_id, RECENT, before=up_to_seq + 1, locale=locale))
        return list(page.messages)

    async def line(self, access: Access, message_id: str, locale: str | None = None) -> Message:
        """One line, for those who may read the chat; ``locale``: with its translation, where there is one.

        Raises: Forbidden, Unauthenticated; Banned; MessageNotFound, also for a line that was taken back.
        """
        found = await self._store.find(access.room.id, message_id)
        query = HistoryQuery(access.room.id, 1, before=found.seq + 1 if found else 1, locale=locale)
        page = await self.history(access, query)
        if found is None or not page.messages or page.messages[-1].id != message_id or page.messages[-1].deleted:
            raise MessageNotFound
        return page.messages[-1]

    async def last_seq(self, room_id: str) -> int:
        return await self._store.last_seq(room_id)

    async def delete(self, access: Access, message_id: str, reason: str = "") -> tuple[Message, bool]:
        """Take a line back: one's own, or with CHAT_DELETE that of somebody of lower rank. False: it was already.

        Raises:
            MessageNotFound.
            Forbidden, OutranksYou.
        """
        principal = access.require_principal()
        message = await self._store.find(access.room.id, message_id)
        if message is None:
            raise MessageNotFound
        entry = None
        if message.author.identity == principal.identity:
            access.require(Action.CHAT)
        else:
            access.require(Action.CHAT_DELETE)
            require_outranks(access, message.author.role)
            entry = self.desk.deletion(access, message, reason)
        deleted = await self._store.delete(access.room.id, message_id, principal.identity, self._clock.now_ms(), entry)
        if deleted and entry is not None:
            self.moderation.tell(entry)
        return message, deleted

    async def react(self, access: Access, emoji: str) -> None:
        """Raises: Forbidden, Gone, Banned, Muted, RateLimited, UnknownReaction."""
        access.require(Action.REACT)
        access.room.require_not_ended()
        identity = access.require_principal().identity
        await self.moderation.check_may_speak(access.room.id, identity)
        self._reactions.take(f"{access.room.id}/{identity}")
        await self.reactions.add(access.room.id, emoji)

    async def keep_translations(
        self, found: Sequence[tuple[str, str, Translation]]
    ) -> Mapping[tuple[str, str], Translation]:
        """``(message id, locale, translation)`` each, in one commit; the first of a message and locale stays. Gives
        those that a person wrote before, by (message id, locale)."""
        return await self._store.keep_translations(found)

    async def translations_of(self, message_id: str) -> Mapping[str, Translation]:
        """What is kept of a line, by locale."""
        return await self._store.translations_of(message_id)
