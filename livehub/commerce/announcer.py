"""Tells rooms that offers changed, gathered: in a rush thousands of orders a second become ten events a second."""

import asyncio
import logging
from collections.abc import Iterable
from typing import Final

from livehub.commerce.ports import OfferStore
from livehub.events import EventBus, OfferChanged

log = logging.getLogger(__name__)

INTERVAL_S: Final = 0.1
#: after a failure, before the same offers are tried again
RETRY_S: Final = 1.0


class Announcer:
    """What is published is read after the touch, so the last event always shows what SQL says."""

    def __init__(self, offers: OfferStore, bus: EventBus, *, interval_s: float = INTERVAL_S) -> None:
        self._offers = offers
        self._bus = bus
        self._interval_s = interval_s
        self._touched: set[str] = set()
        self._any = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._loop(), name="commerce-announcer")

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def touch(self, offer_ids: Iterable[str]) -> None:
        self._touched.update(offer_ids)
        self._any.set()

    async def flush(self) -> None:
        """Publish what was touched until now."""
        touched, self._touched = self._touched, set()
        self._any.clear()
        if not touched:
            return
        try:
            found = await self._offers.by_ids(await self._offers.with_kin(sorted(touched)))
        except Exception:
            self.touch(touched)
            raise
        for offer in found:
            self._bus.publish(OfferChanged(offer.room_id, offer.present()))

    async def _loop(self) -> None:
        while True:
            await self._any.wait()
            await asyncio.sleep(self._interval_s)
            try:
                await self.flush()
            except Exception:  # a database that is away for a moment must not end the announcing for good
                log.exception("offers could not be announced yet")
                await asyncio.sleep(RETRY_S)
