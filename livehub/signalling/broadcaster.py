"""Rooms as they are heard: numbered events out to the members present, and the recent ones for those who come back.

Each room has a :class:`Feed`, whose :class:`~.rounds.Rounds` go round the members, a slice at a time, then rest for
``gather_s``: a lone event leaves at once, many leave together. A member is at a *cursor* in the room's log; those of a
slice whose cursor is the same share one batch per kind of reader, and whoever is elsewhere (just joined, coming back)
gets its own from the log. So resuming is not a special case: it is being behind. See :mod:`.pacing` for the times.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final

from livehub.accounts.permissions import Action, Role
from livehub.clock import Clock
from livehub.processes.roster import Person
from livehub.signalling.attendance import Attendance
from livehub.signalling.company import Company
from livehub.signalling.gather import Gather
from livehub.signalling.limits import Limits
from livehub.signalling.links import Batch, Link
from livehub.signalling.member import Member
from livehub.signalling.pacing import PATIENT, PATIENT_PACKETS, packets_for
from livehub.signalling.rounds import Rounds, lose
from livehub.signalling.sequence import EVERYONE, Audience, EventLog, Place, encode, first_seq
from livehub.signalling.shared import SharedLog

log = logging.getLogger(__name__)


class Feed:
    """One room. Made and closed by :class:`Broadcaster`."""

    def __init__(self, room_id: str, first: int, limits: Limits, company: Company | None = None) -> None:
        self.room_id: Final = room_id
        self.log: EventLog | SharedLog
        self.presence: Attendance
        self._company: Final = company
        if company is None:
            self.log = EventLog(room_id, first, max_events=limits.max_kept_events, max_bytes=limits.max_kept_bytes)
            self.presence = Attendance(limits.presence_sample, limits.max_hands)
        else:
            self.log = company.log_of(room_id, first, self)
            self.presence = company.attendance_of(room_id)
        self.members: Final[dict[Member, None]] = {}
        self._by_identity: Final[dict[str, dict[Member, None]]] = {}
        #: let in, and in with the loop's next turn: what is decided about them meanwhile counts
        self.entering: Final[set[Member]] = set()
        self.empty_since_s: float | None = asyncio.get_running_loop().time()
        self.holds = 0
        #: the room has ended: whoever is just coming in goes at once
        self.is_over = False
        #: by locale; kept and used by :mod:`livehub.signalling.snapshot`
        self.snapshots: Final[dict[str, object]] = {}
        self.snapshot_lock: Final = asyncio.Lock()
        self._reacted: Counter[str] = Counter()
        self._reaction_totals: Mapping[str, int] = {}
        self._tell_presence = Gather(limits.presence_s, self._presence_due)
        self._tell_reactions = Gather(limits.reactions_s, self._reactions_due)
        self._rounds: Final = Rounds(self, limits)

    # ---- what is told ----

    def publish(self, name: str, payload: Mapping[str, Any], audience: Audience = EVERYONE) -> None:
        """Number an event and send it with the next batch."""
        self.log.append(name, payload, audience)
        self._released(is_patient=name in PATIENT)

    @asynccontextmanager
    async def reserving(self) -> AsyncIterator[Place]:
        """A number for an event that is still to be committed; the feed stays, and others wait for it."""
        with self.held():
            try:
                async with self.log.placing() as place:
                    yield place
            finally:
                self._rounds.wake()

    def tell_latest(self, name: str, payload: Mapping[str, Any], about: str = "") -> None:
        """An event without a number, to everybody; only the latest of a name (about the same) is sent."""
        packet = encode(name, {"room": self.room_id, **payload})
        key = f"{name} {about}" if about else name
        if isinstance(self.log, SharedLog):
            self.log.tell_latest(key, packet)
        else:
            self.hear_latest(key, packet)

    def tell_here(self, name: str, payload: Mapping[str, Any]) -> None:
        """To those that are connected to this process: the others tell their own."""
        self.hear_latest(name, encode(name, {"room": self.room_id, **payload}))

    def hear_latest(self, name: str, packet: bytes) -> None:
        self._rounds.tell_latest(name, packet)

    def reacted(self, emoji: str, totals: Mapping[str, int], n: int = 1) -> None:
        self._reacted[emoji] += n
        self._reaction_totals = totals
        self._tell_reactions.mark()

    def react(self, emoji: str, totals: Mapping[str, int]) -> None:
        """Somebody here reacted."""
        self.reacted(emoji, totals)
        if self._company is not None:
            self._company.reacted(self.room_id, emoji, totals)

    def heard(self, packet: bytes) -> None:
        """Something was released, wherever it was told."""
        self._released(is_patient=packet.startswith(PATIENT_PACKETS))

    def _released(self, *, is_patient: bool) -> None:
        if is_patient:
            self._rounds.wake_soon()
        else:
            self._rounds.wake()

    def aside(self, job: Callable[[], None]) -> None:
        """Do it while the room rests: what was released goes first, and what ``job`` tells holds up nothing that comes
        then. In a tenth of a second at the latest."""
        self._rounds.aside(job)

    def _presence_due(self) -> None:
        self.tell_here("room:presence", self.presence.shown())

    def presence_changed(self) -> None:
        """Somebody came or went, in another process."""
        self._tell_presence.mark()

    def _reactions_due(self) -> None:
        delta, self._reacted = self._reacted, Counter()
        self.tell_here("chat:reactions", {"delta": delta, "total": self._reaction_totals})

    # ---- who hears it ----

    def add(self, member: Member) -> None:
        """From here on the member gets what is above its cursor; what is there already it gets now."""
        if member.cursor < self.log.floor:
            # The room began anew while they were let in: what they were shown cannot be continued.
            member.link.cut()
            return
        member.present = True
        self.members[member] = None
        self._by_identity.setdefault(member.identity, {})[member] = None
        self.empty_since_s = None
        if self.presence.enter(member):
            self._tell_presence.mark()
        self._catch_up(member)

    def remove(self, member: Member) -> None:
        if not member.present:
            return
        member.present = False
        del self.members[member]
        of_identity = self._by_identity[member.identity]
        del of_identity[member]
        if not of_identity:
            del self._by_identity[member.identity]
        if not of_identity:
            self.lower_hand(member.identity)
        if self.presence.leave(member, next(iter(of_identity), None)):
            self._tell_presence.mark()
        if not self.members:
            self.empty_since_s = asyncio.get_running_loop().time()

    def appoint(self, identity: str, role: Role, actions: frozenset[Action]) -> None:
        """They have that role from now on."""
        for member in self.of_identity(identity):
            member.role, member.actions = role, actions
        self.presence.refresh(identity)

    def let_all_go(self) -> list[Link]:
        """Nobody gets anything any more; they are to be cut, so that they come anew."""
        links = [member.link for member in self.members]
        for member in list(self.members):
            self.remove(member)
        return links

    def dismiss(self, member: Member, reason: str) -> None:
        """Send what the member has not had yet and ``room:removed``, and let it go."""
        if member.present:
            farewell = encode("room:removed", {"room": self.room_id, "reason": reason})
            member.link.write(Batch([*packets_for(member, self.log.after(member.cursor)), farewell]))
            self.remove(member)

    def of_identity(self, identity: str) -> list[Member]:
        """The members of one person, the longest present first, and those who are entering."""
        present = list(self._by_identity.get(identity, ()))
        return present + [member for member in self.entering if member.identity == identity]

    def everybody(self) -> list[Member]:
        """All members, and those who are entering."""
        return [*self.members, *self.entering]

    @property
    def locales(self) -> set[str]:
        """Of those present, wherever they are connected."""
        return self.presence.locales

    def someone(self, identity: str) -> Person | None:
        """Somebody who is present, wherever they are connected."""
        return self.presence.person(identity)

    def raise_hand(self, identity: str, display_name: str) -> None:
        if self.presence.raise_hand(identity, display_name):
            self.tell_hand(identity, display_name, True)

    def lower_hand(self, identity: str) -> None:
        display_name = self.presence.lower_hand(identity)
        if display_name is not None:
            self.tell_hand(identity, display_name, False)

    def tell_hand(self, identity: str, display_name: str, raised: bool) -> None:
        payload = {"identity": identity, "display_name": display_name, "raised": raised}
        self.publish("hand:raised", payload, Audience(action=Action.SEE_HANDS))

    @contextmanager
    def held(self) -> Iterator[None]:
        """Not to be let go of meanwhile: somebody is about to join."""
        self.holds += 1
        try:
            yield
        finally:
            self.holds -= 1
            if not self.members:
                # Who has just been let in comes in the loop's next turn.
                self.empty_since_s = asyncio.get_running_loop().time()

    def _catch_up(self, member: Member) -> None:
        """What is above the member's cursor, from the log, for this member alone."""
        if not self.log.resumable(member.cursor):
            lose(member)
            return
        missed = self.log.after(member.cursor)
        member.cursor = self.log.last
        batch = Batch(packets_for(member, missed))
        if batch:
            member.link.write(batch)

    async def close(self) -> None:
        self._tell_presence.close()
        self._tell_reactions.close()
        await self._rounds.close()


class Broadcaster:
    """The feeds of the rooms that somebody is in, or was a short while ago."""

    def __init__(
        self,
        limits: Limits,
        clock: Clock,
        last_seq: Callable[[str], Awaitable[int]],
        company: Company | None = None,
    ) -> None:
        self._limits = limits
        self._clock = clock
        self._last_seq = last_seq
        self._company = company
        self._feeds: dict[str, Feed] = {}
        self._closed = False

    async def feed(self, room_id: str) -> Feed:
        """The room's feed, made when there is none. Use it within the same turn of the loop, or inside ``held``.

        Raises: RedisAway, when the room is shared and not open yet.
        """
        feed = self._feeds.get(room_id)
        if self._company is not None:
            if feed is None or not self._company.is_open(room_id):
                feed = await self._company.open(room_id, self._find_or_make, self._last_seq)
        elif feed is None:
            last = await self._last_seq(room_id)
            feed = self._find_or_make(room_id, first_seq(self._clock.now_ms(), last))
        return feed

    def _find_or_make(self, room_id: str, first: int) -> Feed:
        feed = self._feeds.get(room_id)
        if feed is None:
            feed = self._feeds[room_id] = Feed(room_id, first, self._limits, self._company)
        return feed

    def find(self, room_id: str) -> Feed | None:
        """None: nobody is there to be told, or to come back. Where others may have somebody there, never None."""
        return self._feeds.get(room_id) if self._company is None else self.anywhere(room_id)

    def anywhere(self, room_id: str) -> Feed:
        """For what is to be told in a shared room, whether or not somebody is there in this process."""
        return self._find_or_make(room_id, 0)

    def here(self, room_id: str) -> Feed | None:
        """None: nobody is there in this process."""
        return self._feeds.get(room_id)

    def all(self) -> Sequence[Feed]:
        return list(self._feeds.values())

    def count(self, room_id: str) -> int:
        if self._company is not None:
            return self._company.count(room_id)
        feed = self._feeds.get(room_id)
        return feed.presence.count if feed else 0

    async def let_go(self) -> None:
        """Close the feeds of rooms that have been empty for long."""
        now = asyncio.get_running_loop().time()
        for room_id, feed in list(self._feeds.items()):
            empty = feed.empty_since_s
            if not feed.members and not feed.holds and empty is not None and now - empty > self._limits.keep_empty_s:
                del self._feeds[room_id]
                if self._company is not None:
                    await self._company.close(room_id)
                await feed.close()

    async def close(self) -> None:
        feeds, self._feeds = list(self._feeds.values()), {}
        for feed in feeds:
            await feed.close()
