"""How many pictures are received at a time: few, and whoever is slow gives way when all places are taken."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from typing import Final

from livehub.clock import Clock
from livehub.errors import Unavailable
from livehub.ratelimit import TokenBuckets

#: pictures that are being received or wait for their turn: in all, and of one person
MAX_WAITING: Final = 16
MAX_WAITING_OF_ONE: Final = 4
#: whoever has sent for so long gives way: places that are held by nobody's pictures would keep out everybody's
SLOW_S: Final = 10.0
_BUSY: Final = "Too many pictures come at once; send one after the other"


class Place:
    """Of one picture, from when it begins to come until it is stored."""

    def __init__(self, began: float) -> None:
        self.began = began
        self._until: asyncio.Timeout | None = None

    @property
    def is_receiving(self) -> bool:
        return self._until is not None

    async def receive(self, coming: Awaitable[bytes]) -> bytes:
        """What comes. Raises: Unavailable (``overloaded``) when it took long and another needed the place."""
        try:
            async with asyncio.timeout(None) as until:
                self._until = until
                return await coming
        except TimeoutError:
            if not until.expired():
                raise
            raise Unavailable(_BUSY, retry_after_s=2, code="overloaded") from None
        finally:
            self._until = None

    def give_way(self) -> None:
        if self._until is not None:
            self._until.reschedule(asyncio.get_running_loop().time())
            self._until = None


class Reception:
    def __init__(self, clock: Clock, rate: TokenBuckets) -> None:
        self._clock = clock
        self._rate = rate
        self._of_one: Counter[str] = Counter()
        self._places: list[Place] = []

    @property
    def waiting(self) -> int:
        """Pictures that are being received, worked on, or wait for that."""
        return len(self._places)

    @contextmanager
    def admitting(self, identity: str) -> Iterator[Place]:
        """Around receiving and saving one picture of that person: eight megabytes each are held in memory meanwhile.

        Raises: RateLimited; Unavailable (``overloaded``) when too many are under way.
        """
        if self._of_one[identity] >= MAX_WAITING_OF_ONE or (self.waiting >= MAX_WAITING and not self._slow()):
            raise Unavailable(_BUSY, retry_after_s=2, code="overloaded")
        self._rate.take(identity)
        if self.waiting >= MAX_WAITING:
            self._slow()[0].give_way()
        place = Place(self._clock.monotonic())
        self._places.append(place)
        self._of_one[identity] += 1
        try:
            yield place
        finally:
            self._places.remove(place)
            self._of_one[identity] -= 1
            if not self._of_one[identity]:
                del self._of_one[identity]

    def _slow(self) -> list[Place]:
        """The slowest first."""
        before = self._clock.monotonic() - SLOW_S
        return [place for place in self._places if place.is_receiving and place.began <= before]
