"""What becomes of a line before it is shown: let through, held for a moderator, or refused, by the room's rules."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

import msgspec

from livehub.accounts.permissions import Role
from livehub.chat.conduct_store import ConductStore
from livehub.chat.errors import LineRefused, Repeated
from livehub.chat.screening.flood import SAME_OF_MANY, FloodWatch, gist
from livehub.chat.screening.judges import Judges, Verdict
from livehub.chat.screening.links import foreign
from livehub.chat.screening.plugin import Line
from livehub.chat.screening.rules import Outcome, Rules
from livehub.chat.screening.words import WordMatcher
from livehub.clock import Clock
from livehub.events import EventBus, OthersHeard, RoomRulesChanged
from livehub.ratelimit import Shared
from livehub.rooms.access import Access

#: the room's own people write what they like; a speaker is a guest of theirs
_TRUSTED: Final = frozenset({Role.HOST, Role.COHOST, Role.MODERATOR})
_ROOMS_KEPT: Final = 500


@dataclass(frozen=True, slots=True)
class RoomRules:
    """Rules and what was made of them once."""

    rules: Rules
    words: WordMatcher


class RoomRulesCache:
    """The rules of the rooms that were written in lately; nothing is kept while other processes are not heard."""

    def __init__(self, store: ConductStore, bus: EventBus) -> None:
        self._store = store
        self._hears_others = True
        self._rooms: OrderedDict[str, RoomRules] = OrderedDict()
        self._changes = 0
        bus.subscribe(RoomRulesChanged, lambda event: self._forget(event.room_id))
        bus.subscribe(OthersHeard, self._others_heard)

    async def of(self, room_id: str) -> RoomRules:
        known = self._rooms.get(room_id)
        while known is None:
            change, text = self._changes, await self._store.rules(room_id)
            rules = Rules() if text is None else msgspec.json.decode(text, type=Rules)
            words = rules.all_words()
            # Hundreds of words take tens of milliseconds to be made ready.
            matcher = await asyncio.to_thread(WordMatcher, words) if words else WordMatcher(())
            read = RoomRules(rules, matcher)
            if not self._hears_others:
                return read
            if change == self._changes:
                known = self._rooms[room_id] = read
                if len(self._rooms) > _ROOMS_KEPT:
                    self._rooms.popitem(last=False)
        return known

    def _forget(self, room_id: str) -> None:
        self._rooms.pop(room_id, None)
        self._changes += 1

    def _others_heard(self, event: OthersHeard) -> None:
        self._hears_others = event.is_so
        self._rooms.clear()
        self._changes += 1


class Screener:
    def __init__(self, rules: RoomRulesCache, clock: Clock, judges: Judges, shared: Shared | None = None) -> None:
        self._rules = rules
        self._flood = FloodWatch(clock, shared)
        self.judges: Final = judges

    async def screen(
        self, access: Access, text: str, client_id: str, locales: frozenset[str], *, locale: str
    ) -> Verdict | None:
        """None: it may be shown. A verdict otherwise; of those that refuse see :func:`refusal`.

        ``text`` is cleaned. ``locales``: what it may be written in; the room's own language is always among them.
        ``locale``: the one that it seems to be written in.

        Raises:
            Repeated: the member has said just this too often.
        """
        if access.role in _TRUSTED:
            return None
        principal, room = access.require_principal(), access.room
        said, letters = gist(text)
        wait_s = self._flood.repeated(room.id, principal.identity, client_id, said)
        if wait_s is not None:
            raise Repeated("You have said this already; say something else, or wait", retry_after_s=wait_s)
        known = await self._rules.of(room.id)
        verdict = self._by_rules(known, text, locales | {room.locale})
        if verdict is None and known.rules.raids and self._flood.raided(room.id, principal.identity, said, letters):
            verdict = Verdict(Outcome.HOLD, "raid", f"{SAME_OF_MANY} or more people say this at once")
        if verdict is None or verdict.outcome is not Outcome.REFUSE:
            line = Line(room.id, principal.identity, principal.display_name, access.role or Role.VIEWER, text, locale)
            judged = await self.judges.judge(line, known.rules.unsure)
            if judged is not None and (verdict is None or judged.outcome is Outcome.REFUSE):
                verdict = judged
        if verdict is None and known.rules.hold_all:
            verdict = Verdict(Outcome.HOLD, "hold_all", "every line waits for a moderator")
        return verdict

    @staticmethod
    def _by_rules(known: RoomRules, text: str, locales: frozenset[str]) -> Verdict | None:
        word = known.words.find(text, locales)
        if word is not None and not word.holds:
            return Verdict(Outcome.REFUSE, "words", word.text)
        if known.rules.links is not Outcome.ALLOW:
            host = foreign(text, known.rules.allowed_hosts)
            if host is not None and (word is None or known.rules.links is Outcome.REFUSE):
                return Verdict(known.rules.links, "links", host)
        return None if word is None else Verdict(Outcome.HOLD, "words", word.text)


def refusal(verdict: Verdict) -> LineRefused:
    """The error for the author: what kind of thing is not wanted, never which word or what a program thought."""
    said = {
        "words": ("A word in this line is not wanted here", "word_refused"),
        "links": ("Links are not wanted here", "link_refused"),
    }
    detail, code = said.get(verdict.by, ("This line is not wanted here", "line_refused"))
    return LineRefused(detail, code=code)
