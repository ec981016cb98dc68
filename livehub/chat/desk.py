"""The moderators' desk of every room: its rules, lines that wait for review, reports, the log, and undoing."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from livehub.accounts.permissions import Action, Role
from livehub.chat.conduct import (
    MAX_NOTE_CHARS,
    Deed,
    Entry,
    Held,
    HeldState,
    Report,
    ReportReason,
    plain,
)
from livehub.chat.conduct_store import EntryPage
from livehub.chat.errors import (
    DecidedAlready,
    EntryNotFound,
    HeldNotFound,
    MessageNotFound,
    NotUndoable,
    QueueFull,
    SlowMode,
)
from livehub.chat.model import Author, Message
from livehub.chat.moderation import Moderation, Target, require_outranks, require_somebody_else
from livehub.chat.screener import RoomRulesCache, Screener, refusal
from livehub.chat.screening.judges import Judges, Verdict
from livehub.chat.screening.rules import Outcome, Rules, changes, checked, turned_back
from livehub.chat.store import ChatStore
from livehub.clock import Clock
from livehub.errors import InvalidInput, RateLimited
from livehub.events import (
    EventBus,
    LineDecided,
    LineHeld,
    MessageDeleted,
    MessageReported,
    MessageRestored,
    ReportsSettled,
    RoomRulesChanged,
)
from livehub.ids import new_id
from livehub.ratelimit import Shared, TokenBuckets
from livehub.rooms.access import Access

log = logging.getLogger(__name__)
#: lines that wait for review in a room, and of one member
MAX_WAITING: Final = 500
MAX_WAITING_EACH: Final = 5
#: messages with reports that are shown at once
MAX_REPORTED: Final = 100
#: reports a second by one member, and how many at once
REPORTS_PER_S: Final = 1 / 20
REPORTS_BURST: Final = 5
#: refused lines a second of one member that the log tells of, and how many at once: a flood must not fill it
LOGGED_PER_S: Final = 1 / 30
LOGGED_BURST: Final = 3
MAX_LOG_PAGE: Final = 200


class Desk:
    def __init__(
        self,
        store: ChatStore,
        moderation: Moderation,
        *,
        clock: Clock,
        bus: EventBus,
        judges: Judges | None = None,
        shared: Shared | None = None,
    ) -> None:
        self._store = store
        self._moderation = moderation
        self._clock = clock
        self._bus = bus
        self._rules = RoomRulesCache(store, bus)
        self.screener: Final = Screener(self._rules, clock, judges or Judges(), shared)
        self._reports = TokenBuckets(clock, REPORTS_PER_S, REPORTS_BURST, 50_000)
        self._refused = TokenBuckets(clock, LOGGED_PER_S, LOGGED_BURST, 50_000)

    # ---- rules ----

    async def rules(self, room_id: str) -> Rules:
        return (await self._rules.of(room_id)).rules

    async def set_rules(self, access: Access, rules: Rules, entry: Entry | None = None) -> Rules:
        """Counts from the next line on. Raises: Forbidden; InvalidInput."""
        access.require(Action.MODERATE)
        # Hundreds of words are read letter by letter.
        kept = await asyncio.to_thread(checked, rules)
        before = await self.rules(access.room.id)
        if kept == before:
            return kept
        entry = entry or self._moderation.entry(access, Deed.RULES, Target(""), **changes(before, kept))
        await self._store.put_rules(access.room.id, msgspec.json.encode(kept).decode(), entry)
        self._bus.publish(RoomRulesChanged(access.room.id, kept.shown_to_all()))
        self._moderation.tell(entry)
        return kept

    # ---- a line on its way ----

    async def check_pace(self, access: Access, client_id: str) -> None:
        """Raises: SlowMode, by the room's slow mode or the member's own. A line that is sent again is not a next
        one."""
        if access.role not in {None, Role.VIEWER, Role.SPEAKER}:
            return
        room_id, identity = access.room.id, access.require_principal().identity
        every_s = max((await self.rules(room_id)).slow_s, await self._moderation.slowed_to(room_id, identity))
        if not every_s:
            return
        newest = [await self._store.newest_of(room_id, identity), await self._store.newest_held(room_id, identity)]
        at, latest = max((line for line in newest if line is not None), default=(0, ""))
        wait_s = every_s - (self._clock.now_ms() - at) / 1000
        if wait_s > 0 and latest != client_id:
            raise SlowMode(f"Slow mode: write again in {max(1, round(wait_s))} s", retry_after_s=wait_s)

    async def screen(self, access: Access, line: Message, locales: frozenset[str]) -> Held | None:
        """A composed line by the room's rules; None when it may be shown at once.

        Raises:
            LineRefused, Repeated, QueueFull.
        """
        verdict = await self.screener.screen(access, line.text, line.client_id, locales, locale=line.locale)
        if verdict is None:
            return None
        if verdict.outcome is Outcome.REFUSE:
            await self._log_refused(line.room_id, line.author, line.text, verdict)
            raise refusal(verdict)
        return await self._hold(line, verdict)

    async def require_fit(self, access: Access, text: str, client_id: str) -> None:
        """For what is no line and cannot wait for a moderator: what would be held is refused as well.

        Raises: LineRefused; Repeated.
        """
        principal = access.require_principal()
        locales = frozenset({principal.locale})
        verdict = await self.screener.screen(access, text, client_id, locales, locale=principal.locale)
        if verdict is not None:
            author = Author(principal.identity, principal.display_name, access.role or Role.VIEWER)
            await self._log_refused(access.room.id, author, text, verdict)
            raise refusal(verdict)

    async def _log_refused(self, room_id: str, author: Author, text: str, verdict: Verdict) -> None:
        try:
            self._refused.take(f"{room_id}/{author.identity}")
        except RateLimited:
            return
        entry = self._automatic(Deed.REFUSE, room_id, author, verdict, text)
        await self._store.log(entry)
        self._moderation.tell(entry)

    async def _hold(self, line: Message, verdict: Verdict) -> Held:
        mine = await self._store.count_waiting(line.room_id, line.author.identity)
        if mine >= MAX_WAITING_EACH or await self._store.count_waiting(line.room_id) >= MAX_WAITING:
            raise QueueFull(
                "Lines like this wait for a moderator, and enough of them do; try again later", retry_after_s=30
            )
        held = Held(
            new_id("held"),
            line.room_id,
            line.author,
            line.text,
            line.locale,
            line.client_id,
            line.at,
            verdict.by,
            verdict.reason,
            about=line.about,
        )
        kept = await self._store.hold(
            held, self._automatic(Deed.HOLD, line.room_id, line.author, verdict, line.text, held.id)
        )
        if kept.id == held.id:
            self._bus.publish(LineHeld(line.room_id, held.present()))
        return kept

    def _automatic(
        self, deed: Deed, room_id: str, author: Author, verdict: Verdict, text: str, subject: str = ""
    ) -> Entry:
        by = verdict.by if verdict.by.startswith("auto:") else f"auto:{verdict.by}"
        return Entry(
            new_id("log"), room_id, self._clock.now_ms(), deed, by, by, author.identity, author.display_name, subject,
            verdict.reason, {"text": text},
        )  # fmt: skip

    # ---- review ----

    async def waiting(self, access: Access, limit: int = 100) -> Sequence[Held]:
        """Raises: Forbidden."""
        access.require(Action.MODERATE)
        return await self._store.waiting(access.room.id, limit)

    async def waiting_line(self, access: Access, held_id: str) -> Held:
        """Raises: Forbidden; HeldNotFound; DecidedAlready."""
        access.require(Action.MODERATE)
        held = await self._store.held(access.room.id, held_id)
        if held is None:
            raise HeldNotFound
        if held.state is not HeldState.WAITING:
            raise DecidedAlready
        return held

    async def decide(self, access: Access, held: Held, approve: bool, reason: str = "") -> None:
        """Who approves shows the line afterwards; only one moderator decides. Raises: Forbidden; DecidedAlready."""
        access.require(Action.MODERATE)
        author, state = held.author, HeldState.APPROVED if approve else HeldState.REJECTED
        entry = self._moderation.entry(
            access, Deed.APPROVE if approve else Deed.REJECT, Target(author.identity, author.role, author.display_name),
            reason, subject=held.id, text=held.text,
        )  # fmt: skip
        if not await self._store.settle(held.room_id, held.id, HeldState.WAITING, state, entry):
            raise DecidedAlready
        self._bus.publish(LineDecided(held.room_id, held.id, author.identity, held.client_id, approve))
        self._moderation.tell(entry)

    # ---- reports ----

    async def report(self, access: Access, message_id: str, reason: ReportReason, note: str = "") -> bool:
        """False: the caller has reported it before. Raises: Forbidden, Unauthenticated; MessageNotFound;
        RateLimited."""
        access.require(Action.CHAT)
        identity = access.require_principal().identity
        if len(note) > MAX_NOTE_CHARS:
            raise InvalidInput(f"Use at most {MAX_NOTE_CHARS} characters", field="note")
        self._reports.take(identity)
        message = await self._message(access, message_id)
        if message.author.identity == identity:
            raise InvalidInput("This line is your own; delete it instead", field="id")
        if not await self._store.report(
            Report(access.room.id, message_id, identity, reason, plain(note, MAX_NOTE_CHARS), self._clock.now_ms())
        ):
            return False
        told = next((item for item in await self._open(access.room.id) if item["message"]["id"] == message_id), None)
        if told is not None:
            self._bus.publish(MessageReported(access.room.id, told))
        return True

    async def reported(self, access: Access) -> Sequence[dict[str, Any]]:
        """Messages with open reports, the most reported first. Raises: Forbidden."""
        access.require(Action.MODERATE)
        return await self._open(access.room.id)

    async def resolve(self, access: Access, message_id: str, uphold: bool, reason: str = "") -> None:
        """Uphold the reports of a message, which deletes it, or dismiss them.

        Raises: Forbidden, OutranksYou; MessageNotFound; DecidedAlready.
        """
        access.require(Action.MODERATE)
        message = await self._message(access, message_id, with_deleted=True)
        target = Target(message.author.identity, message.author.role, message.author.display_name)
        if uphold and not message.deleted:
            await self.delete(access, message, target, reason)
        deed = Deed.UPHOLD if uphold else Deed.DISMISS
        entry = self._moderation.entry(access, deed, target, reason, subject=message_id, text=message.text)
        if not await self._store.settle_reports(access.room.id, message_id, uphold, entry):
            raise DecidedAlready
        self._bus.publish(ReportsSettled(access.room.id, message_id, uphold))
        self._moderation.tell(entry)

    async def delete(self, access: Access, message: Message, target: Target, reason: str = "") -> None:
        """Of somebody else, and told by this. Raises: Forbidden, OutranksYou."""
        access.require(Action.CHAT_DELETE)
        require_outranks(access, target.role)
        by, entry = access.require_principal().identity, self.deletion(access, message, reason)
        if await self._store.delete(access.room.id, message.id, by, entry.at, entry):
            self._bus.publish(MessageDeleted(access.room.id, message.id, by))
            self._moderation.tell(entry)

    def deletion(self, access: Access, message: Message, reason: str = "") -> Entry:
        target = Target(message.author.identity, message.author.role, message.author.display_name)
        return self._moderation.entry(access, Deed.DELETE, target, reason, subject=message.id, text=message.text)

    # ---- the log ----

    async def entries(self, access: Access, before: int | None = None, limit: int = 50) -> EntryPage:
        """Newest first. Raises: Forbidden."""
        access.require(Action.MODERATE)
        return await self._store.entries(access.room.id, before, min(limit, MAX_LOG_PAGE))

    def appointment(self, access: Access, identity: str, role: Role) -> Entry:
        """To be kept in the commit of what it tells of, and then told."""
        return self._moderation.entry(access, Deed.APPOINT, Target(identity), role=role.value)

    def stage_act(self, access: Access, deed: Deed, target: Target, reason: str, **details: Any) -> Entry:
        """As :meth:`appointment`; of what is kept in memory alone it is written by :meth:`log`."""
        return self._moderation.entry(access, deed, target, reason, **details)

    async def log(self, entry: Entry) -> None:
        """Of something that is in no database."""
        await self._store.log(entry)

    def tell(self, entry: Entry) -> None:
        """It is kept: moderators who are in the room see it."""
        self._moderation.tell(entry)

    async def undo(self, access: Access, entry_id: str) -> Entry:
        """Take back what an entry tells of. Gives the entry that tells of this.

        Raises:
            Forbidden, also for what was done to the caller; EntryNotFound.
            NotUndoable: not of that kind, undone already, or over by itself.
        """
        access.require(Action.MODERATE)
        done = await self._store.entry(access.room.id, entry_id)
        if done is None:
            raise EntryNotFound
        require_somebody_else(access, done.identity)
        if not done.present()["undoable"]:
            raise NotUndoable
        target = Target(done.identity, None, done.name)
        undoing = self._moderation.entry(
            access, Deed.UNDO, target, done.reason, subject=done.subject, undoes=done.id, action=done.deed.value
        )
        if not (await self._moderation.stands(done) and await self._undo(access, done, target, undoing)):
            raise NotUndoable("This is over already, or was changed since")
        return undoing

    async def _undo(self, access: Access, done: Entry, target: Target, entry: Entry) -> bool:
        moderation, room_id = self._moderation, access.room.id
        match done.deed:
            case Deed.MUTE:
                return await moderation.unmute(access, target, entry)
            case Deed.SLOW:
                return await moderation.unslow(access, target, entry)
            case Deed.BAN:
                return await moderation.unban(access, target, entry)
            case Deed.BAN_NETWORK:
                return await moderation.unban_network(access, done.subject, entry)
            case Deed.RULES:
                return await self._restore_rules(access, done, entry)
            case Deed.DELETE:
                return await self._restore(access, done.subject, entry)
            case Deed.REJECT:
                undone = await self._store.settle(room_id, done.subject, HeldState.REJECTED, HeldState.WAITING, entry)
                held = await self._store.held(room_id, done.subject)
                if undone and held is not None:
                    self._bus.publish(LineHeld(room_id, held.present()))
            case _:  # Deed.DISMISS, the last of UNDOABLE
                undone = await self._store.reopen_reports(room_id, done.subject, entry) > 0
                for told in await self._open(room_id):
                    if told["message"]["id"] == done.subject:
                        self._bus.publish(MessageReported(room_id, told))
        if undone:
            moderation.tell(entry)
        return undone

    async def _restore_rules(self, access: Access, done: Entry, entry: Entry) -> bool:
        rules = await self.rules(access.room.id)
        # Older entries have all the rules of before, and nothing of after.
        before = turned_back(rules, done.details["before"], done.details.get("after", {}))
        if before is None or before == rules:
            return False
        await self.set_rules(access, before, entry)
        return True

    async def _restore(self, access: Access, message_id: str, entry: Entry) -> bool:
        access.require(Action.CHAT_DELETE)
        if not await self._store.restore(access.room.id, message_id, entry):
            return False
        message = await self._message(access, message_id)
        self._bus.publish(MessageRestored(access.room.id, message.present()))
        self._moderation.tell(entry)
        return True

    async def _open(self, room_id: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for item in await self._store.reported(room_id, MAX_REPORTED):
            message = await self._store.find(room_id, item.message_id)
            if message is not None:
                found.append(item.present(message))
        return found

    async def _message(self, access: Access, message_id: str, *, with_deleted: bool = False) -> Message:
        message = await self._store.find(access.room.id, message_id)
        if message is None or (message.deleted and not with_deleted):
            raise MessageNotFound
        return message
