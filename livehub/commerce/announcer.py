"""Tells rooms what changed in their shops, gathered: thousands of orders a second become ten events a second."""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Final

from livehub.commerce.offers.ports import OfferStore
from livehub.events import EventBus, OfferChanged

log = logging.getLogger(__name__)

INTERVAL_S: Final = 0.1
#: after a failure, before the same offers are tried again
RETRY_S: Final = 1.0


class Gathered(ABC):
    """What is published is read after the touch, so the last event always shows what SQL says."""

    def __init__(self, bus: EventBus, *, interval_s: float = INTERVAL_S) -> None:
        self._bus = bus
        self._interval_s = interval_s
        self._touched: set[str] = set()
        self._any = asyncio.Event()
        self._telling = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._loop(), name="commerce-announcer")

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    @abstractmethod
    async def tell(self, ids: Sequence[str]) -> None:
        """Read those and publish them."""

    def touch(self, ids: Iterable[str]) -> None:
        self._touched.update(ids)
        self._any.set()

    async def flush(self) -> None:
        """Publish what was touched until now, and wait for what is being published."""
        async with self._telling:
            touched, self._touched = self._touched, set()
            self._any.clear()
            if not touched:
                return
            try:
                await self.tell(sorted(touched))
            except Exception:
                self.touch(touched)
                raise

    async def _loop(self) -> None:
        while True:
            await self._any.wait()
            await asyncio.sleep(self._interval_s)
            try:
                await self.flush()
            except Exception:  # a database that is away for a moment must not end the announcing for good
                log.exception("what changed in shops could not be announced yet")
                await asyncio.sleep(RETRY_S)


class Announcer(Gathered):
    """Of offers."""

    def __init__(self, offers: OfferStore, bus: EventBus, *, interval_s: float = INTERVAL_S) -> None:
        super().__init__(bus, interval_s=interval_s)
        self._offers = offers

    async def tell(self, ids: Sequence[str]) -> None:
        for offer in await self._offers.by_ids(await self._offers.with_kin(ids)):
            self._bus.publish(OfferChanged(offer.room_id, offer.present()))
