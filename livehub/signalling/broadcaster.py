"""Rooms as they are heard: numbered events out to the members present, and the recent ones for those who come back.

Each room has a :class:`Feed` with one pump. The pump sends what was released since it last ran, then rests for
``gather_s``: a lone event leaves at once, many leave together. A member is at a *cursor* in the room's log; all whose
cursor is where the last batch ended share one batch per kind of reader, and whoever is elsewhere (just joined, coming
back) gets its own from the log. So resuming is not a special case: it is being behind.
"""

import asyncio
import logging
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from livehub.accounts.permissions import Action, Role
from livehub.clock import Clock
from livehub.signalling.fastpath import Batch
from livehub.signalling.gather import Gather
from livehub.signalling.limits import Limits
from livehub.signalling.member import Member
from livehub.signalling.presence import Presence
from livehub.signalling.sequence import EVERYONE, Audience, Event, EventLog, Reservation, encode, first_seq

log = logging.getLogger(__name__)
#: members written to before others on the loop get their turn
_TURN: Final = 250


class Feed:
    """One room. Made and closed by :class:`Broadcaster`."""

    def __init__(self, room_id: str, first: int, limits: Limits) -> None:
        self.room_id: Final = room_id
        self.log: Final = EventLog(room_id, first, max_events=limits.max_kept_events, max_bytes=limits.max_kept_bytes)
        self.presence: Final = Presence(limits.presence_sample)
        self.hands: Final[OrderedDict[str, str]] = OrderedDict()
        self.members: Final[dict[Member, None]] = {}
        self._by_identity: Final[dict[str, dict[Member, None]]] = {}
        self.empty_since_s: float | None = asyncio.get_running_loop().time()
        self.holds = 0
        #: by locale; kept and used by :mod:`livehub.signalling.snapshot`
        self.snapshots: Final[dict[str, object]] = {}
        self.snapshot_lock: Final = asyncio.Lock()
        self._locales: Counter[str] = Counter()
        self._limits = limits
        self._sent = first - 1
        self._latest: dict[str, Event] = {}
        self._reacted: Counter[str] = Counter()
        self._reaction_totals: Mapping[str, int] = {}
        self._wake = asyncio.Event()
        self._tell_presence = Gather(limits.presence_s, self._presence_due)
        self._tell_reactions = Gather(limits.reactions_s, self._reactions_due)
        self._pump = asyncio.get_running_loop().create_task(self._run(), name=f"feed {room_id}")

    # ---- what is told ----

    def publish(self, name: str, payload: Mapping[str, Any], audience: Audience = EVERYONE) -> None:
        """Number an event and send it with the next batch."""
        self.log.append(name, payload, audience)
        self.wake()

    @contextmanager
    def reserving(self) -> Iterator[Reservation]:
        """A number for an event that is still to be committed; the feed stays, and others wait for it."""
        with self.held():
            try:
                with self.log.reserving() as place:
                    yield place
            finally:
                self.wake()

    def tell_latest(self, name: str, payload: Mapping[str, Any]) -> None:
        """An event without a number, to everybody; only the latest of a name is sent."""
        self._latest[name] = Event(0, encode(name, {"room": self.room_id, **payload}))
        self.wake()

    def reacted(self, emoji: str, totals: Mapping[str, int]) -> None:
        self._reacted[emoji] += 1
        self._reaction_totals = totals
        self._tell_reactions.mark()

    def wake(self) -> None:
        """Something was released."""
        self._wake.set()

    def _presence_due(self) -> None:
        self.tell_latest("room:presence", self.presence.shown())

    def _reactions_due(self) -> None:
        delta, self._reacted = self._reacted, Counter()
        self.tell_latest("chat:reactions", {"delta": delta, "total": self._reaction_totals})

    # ---- who hears it ----

    def add(self, member: Member) -> None:
        """From here on the member gets what is above its cursor; what is there already it gets now."""
        member.present = True
        self.members[member] = None
        self._by_identity.setdefault(member.identity, {})[member] = None
        self._locales[member.locale] += 1
        self.empty_since_s = None
        # The host is who the others came to see: "3 viewers" means three others.
        if member.role is not Role.HOST and self.presence.enter(member.identity, member.display_name):
            self._tell_presence.mark()
        self._catch_up(member, self.log.last)

    def remove(self, member: Member) -> None:
        if not member.present:
            return
        member.present = False
        del self.members[member]
        of_identity = self._by_identity[member.identity]
        del of_identity[member]
        if not of_identity:
            del self._by_identity[member.identity]
        self._locales -= Counter((member.locale,))
        if self.presence.leave(member.identity):
            self._tell_presence.mark()
            self.lower_hand(member.identity)
        if not self.members:
            self.empty_since_s = asyncio.get_running_loop().time()

    def dismiss(self, member: Member, reason: str) -> None:
        """Send what the member has not had yet and ``room:removed``, and let it go."""
        if member.present:
            farewell = encode("room:removed", {"room": self.room_id, "reason": reason})
            member.link.write(Batch([*_packets(self.log.after(member.cursor), member), farewell]))
            self.remove(member)

    def of_identity(self, identity: str) -> list[Member]:
        """The members of one person, the longest present first."""
        return list(self._by_identity.get(identity, ()))

    @property
    def locales(self) -> set[str]:
        return set(self._locales)

    def raise_hand(self, identity: str, display_name: str) -> None:
        if identity not in self.hands and len(self.hands) < self._limits.max_hands:
            self.hands[identity] = display_name
            self._tell_hand(identity, display_name, True)

    def lower_hand(self, identity: str) -> None:
        display_name = self.hands.pop(identity, None)
        if display_name is not None:
            self._tell_hand(identity, display_name, False)

    def _tell_hand(self, identity: str, display_name: str, raised: bool) -> None:
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

    # ---- how it gets there ----

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._wake.wait()
            self._wake.clear()
            began = loop.time()
            try:
                await self._send()
            except Exception:
                log.exception("sending to room %s failed", self.room_id)
            # A room whose sending takes long must leave the loop to others for as long again.
            await asyncio.sleep(max(self._limits.gather_s, loop.time() - began))

    async def _send(self) -> None:
        """One batch to everybody. Gives way to others now and then; who joins meanwhile is served by the next one."""
        since, until = self._sent, self.log.last
        if since == until and not self._latest:
            return
        fresh = _Fresh(self.log.after(since), [event.packet for event in self._latest.values()])
        self._latest = {}
        for turn, member in enumerate(list(self.members), 1):
            if member.present:
                self._send_to(member, since, until, fresh)
            if turn % _TURN == 0:
                await asyncio.sleep(0)
        self._sent = until
        self.log.mark_sent(until)

    def _send_to(self, member: Member, since: int, until: int, fresh: "_Fresh") -> None:
        if member.cursor == since:
            member.cursor = until
            batch = fresh.batch_for(member)
            if batch:
                member.link.write(batch)
        else:
            self._catch_up(member, until, fresh.latest)

    def _catch_up(self, member: Member, until: int, latest: Sequence[bytes] = ()) -> None:
        """What is above the member's cursor, from the log, for this member alone."""
        if not self.log.resumable(member.cursor):
            log.info("a member of %s fell behind what is kept", self.room_id)
            member.link.cut()
            return
        missed = [event for event in self.log.after(member.cursor) if event.seq <= until]
        member.cursor = max(member.cursor, until)
        batch = Batch([*_packets(missed, member), *latest])
        if batch:
            member.link.write(batch)

    async def close(self) -> None:
        self._tell_presence.close()
        self._tell_reactions.close()
        self._pump.cancel()
        await asyncio.gather(self._pump, return_exceptions=True)


def _packets(events: list[Event], member: Member) -> list[bytes]:
    return [event.packet for event in events if event.audience.reaches(member.locale, member.actions, member.identity)]


class _Fresh:
    """What is new to most members: encoded and framed once per kind of reader, not per reader."""

    def __init__(self, events: list[Event], latest: list[bytes]) -> None:
        self._events = events
        self.latest: Final = latest
        self._named = {event.audience.identity for event in events if event.audience.identity is not None}
        self._alike = all(event.audience is EVERYONE for event in events)
        self._batches: dict[object, Batch] = {}

    def batch_for(self, member: Member) -> Batch:
        if member.identity in self._named:
            return self._made_for(member)
        kind = None if self._alike else (member.locale, member.actions)
        batch = self._batches.get(kind)
        if batch is None:
            batch = self._batches[kind] = self._made_for(member)
        return batch

    def _made_for(self, member: Member) -> Batch:
        return Batch([*_packets(self._events, member), *self.latest])


class Broadcaster:
    """The feeds of the rooms that somebody is in, or was a short while ago."""

    def __init__(self, limits: Limits, clock: Clock, last_seq: Callable[[str], Awaitable[int]]) -> None:
        self._limits = limits
        self._clock = clock
        self._last_seq = last_seq
        self._feeds: dict[str, Feed] = {}
        self._closed = False

    async def feed(self, room_id: str) -> Feed:
        """The room's feed, made when there is none. Use it within the same turn of the loop, or inside ``held``."""
        feed = self._feeds.get(room_id)
        if feed is None:
            last = await self._last_seq(room_id)
            feed = self._feeds.get(room_id)
            if feed is None:
                feed = self._feeds[room_id] = Feed(room_id, first_seq(self._clock.now_ms(), last), self._limits)
        return feed

    def find(self, room_id: str) -> Feed | None:
        """None: nobody is there to be told, or to come back."""
        return self._feeds.get(room_id)

    def all(self) -> Sequence[Feed]:
        return list(self._feeds.values())

    def count(self, room_id: str) -> int:
        feed = self._feeds.get(room_id)
        return feed.presence.count if feed else 0

    async def let_go(self) -> None:
        """Close the feeds of rooms that have been empty for long."""
        now = asyncio.get_running_loop().time()
        for room_id, feed in list(self._feeds.items()):
            empty = feed.empty_since_s
            if not feed.members and not feed.holds and empty is not None and now - empty > self._limits.keep_empty_s:
                del self._feeds[room_id]
                await feed.close()

    async def close(self) -> None:
        feeds, self._feeds = list(self._feeds.values()), {}
        for feed in feeds:
            await feed.close()
