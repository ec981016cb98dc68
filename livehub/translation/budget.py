"""How many characters a room may have translated in a day by engines that cost.

Decided at once and in memory; what was used is added to a total in SQL every few seconds, which answers with the total
of all processes and of before a restart. Between two of these, several processes may together use a little more than
they may: what they use in those seconds. Days are UTC's.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from livehub.clock import Clock, iso

log = logging.getLogger(__name__)

#: between two additions to the total in SQL
KEEP_EVERY_S: Final = 5.0
DAY_MS: Final = 24 * 3600 * 1000
#: rooms of a day that are remembered; the longest unused go first, and come back with their total from SQL
MAX_ROOMS: Final = 20_000


class UsageStore(Protocol):
    async def add(self, day: str, used: dict[str, int]) -> Mapping[str, int]:
        """Add characters to rooms' totals of a day (``2026-01-31``), 0 to ask; the totals after it."""


@dataclass(slots=True)
class _Room:
    """``total``: of everybody, as far as known; ``unsaid``: what of it SQL does not know yet."""

    total: int = 0
    unsaid: int = 0
    told: bool = False


class Budget:
    """``daily_chars`` 0: without limit, and still counted. ``on_spent`` is told once a day of each room that has used
    all it may, and when it may again.
    """

    def __init__(
        self,
        store: UsageStore,
        clock: Clock,
        *,
        daily_chars: int = 0,
        on_spent: Callable[[str, str], None] = lambda *_: None,
    ) -> None:
        self._store: Final = store
        self._clock: Final = clock
        self.daily_chars: Final = daily_chars
        self._on_spent: Final = on_spent
        self._rooms: dict[str, _Room] = {}
        self._today = clock.now_ms() // DAY_MS
        self._tending: asyncio.Task[None] | None = None
        #: rooms that were refused something today
        self.spent_rooms = 0

    def start(self) -> None:
        self._tending = asyncio.get_running_loop().create_task(self._tend(), name="translation budget")

    async def close(self) -> None:
        """Keep what was used. Idempotent."""
        tending, self._tending = self._tending, None
        if tending is None:
            return
        tending.cancel()
        await asyncio.gather(tending, return_exceptions=True)
        await self.keep()

    def take(self, room_id: str, chars: int) -> bool:
        """Whether so many may still be used; if so, they are."""
        room = self._of(room_id)
        if self.daily_chars and room.total + chars > self.daily_chars:
            if not room.told:
                room.told = True
                self.spent_rooms += 1
                self._on_spent(room_id, self.resets_at())
            return False
        room.total += chars
        room.unsaid += chars
        return True

    def give_back(self, room_id: str, chars: int) -> None:
        room = self._rooms.get(room_id)
        if room is not None:  # otherwise another day has begun
            room.total = max(0, room.total - chars)
            room.unsaid -= chars

    async def look(self, room_id: str) -> dict[str, Any]:
        """``{used, limit, spent, resets_at}`` for those who run the room; ``limit`` null: there is none."""
        room = self._of(room_id)
        await self._keep({room_id: room})
        return {
            "used": room.total,
            "limit": self.daily_chars or None,
            "spent": room.told or bool(self.daily_chars and room.total >= self.daily_chars),
            "resets_at": self.resets_at(),
        }

    def spent_until(self, room_id: str) -> str | None:
        """When there will be some again, once a line was refused; without asking SQL. None: none was today."""
        self._turn()
        room = self._rooms.get(room_id)
        return self.resets_at() if room is not None and room.told else None

    def resets_at(self) -> str:
        return iso((self._today + 1) * DAY_MS)

    async def keep(self) -> None:
        """Add what was used to the totals, and learn what others used."""
        await self._keep({room_id: room for room_id, room in self._rooms.items() if room.unsaid})

    async def _keep(self, rooms: Mapping[str, _Room]) -> None:
        if not rooms:
            return
        said = {room_id: room.unsaid for room_id, room in rooms.items()}
        for room in rooms.values():
            room.unsaid = 0
        try:
            totals = await self._store.add(self._day, said)
        except BaseException:
            for room_id, room in rooms.items():
                room.unsaid += said[room_id]
            raise
        for room_id, room in rooms.items():
            room.total = totals[room_id] + room.unsaid

    def _of(self, room_id: str) -> _Room:
        self._turn()
        room = self._rooms.pop(room_id, None) or _Room()
        self._rooms[room_id] = room  # at the end: it was used last
        if len(self._rooms) > MAX_ROOMS:
            oldest = next((key for key, each in self._rooms.items() if not each.unsaid), None)
            if oldest is not None:
                del self._rooms[oldest]
        return room

    def _turn(self) -> None:
        """A new day may have begun. What the old one had not yet added is a few seconds' worth, and let go."""
        today = self._clock.now_ms() // DAY_MS
        if today != self._today:
            self._today, self._rooms, self.spent_rooms = today, {}, 0

    @property
    def _day(self) -> str:
        return datetime.fromtimestamp(self._today * DAY_MS / 1000, UTC).date().isoformat()

    async def _tend(self) -> None:
        while True:
            await asyncio.sleep(KEEP_EVERY_S)
            try:
                await self.keep()
            except Exception:
                log.exception("what translation used could not be kept; it is tried again")
