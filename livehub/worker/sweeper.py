"""What time does to commerce: holds run out, rooms end, money is taken and goes back. Every step is safe to repeat."""

import asyncio
import logging
from contextlib import suppress
from typing import Final

from livehub.clock import Clock
from livehub.commerce.payments.settlement import BATCH
from livehub.commerce.service import Commerce
from livehub.commerce.webhooks.ports import OutboxStore

log = logging.getLogger(__name__)

INTERVAL_S: Final = 1.0
KEEP_SETTLED_MS: Final = 7 * 24 * 3600 * 1000
FORGET_EVERY_S: Final = 3600.0
WATCH_EVERY_S: Final = 10.0


class Sweeper:
    def __init__(self, commerce: Commerce, outbox: OutboxStore, *, clock: Clock) -> None:
        self._commerce = commerce
        self._outbox = outbox
        self._clock = clock
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._forget_at = 0.0
        self._watch_at = 0.0
        commerce.settlement.on_due(self._wake.set)
        commerce.claims.on_news(self._wake.set)

    def start(self) -> None:
        self._task = asyncio.create_task(self._loop(), name="sweeper")

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def sweep(self) -> None:
        """Everything that is due now. One step that fails keeps none of the others from being done."""
        for step in (
            self._expire,
            self._settle_auctions,
            self._commerce.close_ended,
            self._commerce.claims.tend,
            self._do_due,
            self._watch,
            self._forget,
        ):
            try:
                await step()
            except Exception:  # a database that is away for a moment must not end the sweeping for good
                log.exception("a step of the sweep failed; the next sweep tries again")

    async def _expire(self) -> None:
        while await self._commerce.settlement.expire_due() >= BATCH:
            pass

    async def _settle_auctions(self) -> None:
        while await self._commerce.auctions.settle_due() >= BATCH:
            pass

    async def _forget(self) -> None:
        if self._clock.monotonic() >= self._forget_at:
            await self._outbox.forget(self._clock.now_ms() - KEEP_SETTLED_MS)
            self._forget_at = self._clock.monotonic() + FORGET_EVERY_S

    async def _watch(self) -> None:
        if self._clock.monotonic() >= self._watch_at:
            self._watch_at = self._clock.monotonic() + WATCH_EVERY_S
            await self._commerce.stockroom.watch()

    async def _do_due(self) -> None:
        await self._commerce.settlement.do_due()

    async def _loop(self) -> None:
        while True:
            self._wake.clear()
            await self.sweep()
            # Not wait_for: before Python 3.12 it loses a cancellation that comes together with the event.
            with suppress(TimeoutError):
                async with asyncio.timeout(INTERVAL_S):
                    await self._wake.wait()
