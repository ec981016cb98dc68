"""The rooms of this process and those of the others as one: what the broadcaster needs where a server has several."""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Final

import msgspec

from livehub.clock import Clock
from livehub.processes.ensemble import Ensemble
from livehub.signalling.attendance import SharedAttendance
from livehub.signalling.limits import Limits
from livehub.signalling.shared import SharedLog

if TYPE_CHECKING:
    from livehub.signalling.broadcaster import Feed
    from livehub.signalling.links import Link

log = logging.getLogger(__name__)
_CUT_EVERY_S: Final = 0.1

#: room id → its reactions: (emoji, how many, the total that the sender knows)
Hearts = Callable[[str, Mapping[str, tuple[int, int]]], None]


class Reacted(msgspec.Struct, frozen=True):
    rooms: dict[str, dict[str, tuple[int, int]]]


class Company:
    """One for the process."""

    def __init__(self, ensemble: Ensemble, limits: Limits, clock: Clock) -> None:
        self._ensemble: Final = ensemble
        self._limits: Final = limits
        self._clock: Final = clock
        self._open: set[str] = set()
        self._opening: dict[str, asyncio.Lock] = {}
        self._to_cut: deque[Link] = deque()
        self._cutting: asyncio.TimerHandle | None = None
        self._hearts: dict[str, Counter[str]] = {}
        self._totals: dict[str, Mapping[str, int]] = {}
        self._telling: asyncio.TimerHandle | None = None
        self._refreshing: asyncio.TimerHandle | None = None

    def start(self, feed_here: "Callable[[str], Feed | None]", find: "Callable[[str], Feed]", hearts: Hearts) -> None:
        """``feed_here``: the room's feed, if this process has one; ``find``: made where there is none."""

        def changed(rooms: set[str]) -> None:
            for room_id in rooms:
                feed = feed_here(room_id)
                if feed is not None:
                    feed.presence_changed()

        def hands_lost(room_id: str, lowered: list[tuple[str, str]]) -> None:
            for identity, display_name in lowered:
                find(room_id).tell_hand(identity, display_name, False)

        def reacted(_process: str, message: Reacted) -> None:
            for room_id, counts in message.rooms.items():
                hearts(room_id, counts)

        self._ensemble.people.whenever_changed(changed)
        self._ensemble.people.whenever_hands_are_lost(hands_lost)
        self._ensemble.exchange.on("reacted", Reacted, reacted)
        self._refresh()

    def stop(self) -> None:
        for timer in (self._cutting, self._telling, self._refreshing):
            if timer is not None:
                timer.cancel()

    # --- rooms

    def log_of(self, room_id: str, first: int, feed: "Feed") -> SharedLog:
        return SharedLog(
            room_id,
            first,
            self._ensemble.wires,
            max_events=self._limits.max_kept_events,
            max_bytes=self._limits.max_kept_bytes,
            on_news=feed.heard,
            on_gap=lambda: self._start_over(feed),
            on_latest=feed.hear_latest,
        )

    def attendance_of(self, room_id: str) -> SharedAttendance:
        limits = self._limits
        return SharedAttendance(room_id, limits.presence_sample, limits.max_hands, self._ensemble.people, self._clock)

    def count(self, room_id: str) -> int:
        return self._ensemble.people.roster.count(room_id)

    def is_here(self, room_id: str, identity: str) -> bool:
        return self._ensemble.people.roster.person(room_id, identity) is not None

    def is_open(self, room_id: str) -> bool:
        return room_id in self._open

    async def open(
        self, room_id: str, make: "Callable[[str, int], Feed]", last_seq: Callable[[str], Awaitable[int]]
    ) -> "Feed":
        """Raises: RedisAway."""
        async with self._opening.setdefault(room_id, asyncio.Lock()):
            feed = make(room_id, 0)
            if room_id not in self._open:
                with feed.held():
                    if isinstance(feed.log, SharedLog):
                        await feed.log.open(await last_seq(room_id) + 1)
                    self._open.add(room_id)
        return feed

    async def close(self, room_id: str) -> None:
        self._open.discard(room_id)
        self._opening.pop(room_id, None)
        await self._ensemble.wires.close(room_id)

    def _refresh(self) -> None:
        """Redis forgets a room after an hour without a word; not one that somebody is in."""
        self._ensemble.wires.refresh()
        every_s = self._ensemble.limits.log_ttl_s / 4
        self._refreshing = asyncio.get_running_loop().call_later(every_s, self._refresh)

    # --- those whose place is lost

    def _start_over(self, feed: "Feed") -> None:
        """What these members have been sent cannot be continued: they come back for a snapshot, not all at once."""
        self._to_cut.extend(feed.let_all_go())
        if self._cutting is None:
            self._cut_some()

    def _cut_some(self) -> None:
        self._cutting = None
        for _ in range(min(len(self._to_cut), max(1, int(self._limits.returns_per_s * _CUT_EVERY_S)))):
            self._to_cut.popleft().cut()
        if self._to_cut:
            self._cutting = asyncio.get_running_loop().call_later(_CUT_EVERY_S, self._cut_some)

    # --- hearts

    def reacted(self, room_id: str, emoji: str, totals: Mapping[str, int]) -> None:
        """Gathered, as for those who see them."""
        self._hearts.setdefault(room_id, Counter())[emoji] += 1
        self._totals[room_id] = totals
        if self._telling is None:
            self._telling = asyncio.get_running_loop().call_later(self._limits.reactions_s, self._tell_hearts)

    def _tell_hearts(self) -> None:
        self._telling = None
        hearts, self._hearts = self._hearts, {}
        totals, self._totals = self._totals, {}
        rooms = {
            room_id: {emoji: (n, totals[room_id].get(emoji, n)) for emoji, n in counted.items()}
            for room_id, counted in hearts.items()
        }
        self._ensemble.exchange.tell("reacted", Reacted(rooms))
