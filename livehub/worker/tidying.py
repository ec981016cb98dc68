"""Doing something that nothing waits for, now and every few minutes."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

log = logging.getLogger(__name__)

EVERY_S: Final = 300.0


class Tidying:
    """``tidy`` has to be safe to repeat; when it fails, the next time comes all the same."""

    def __init__(self, tidy: Callable[[], Awaitable[None]], *, every_s: float = EVERY_S) -> None:
        self._tidy = tidy
        self._every_s = every_s
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._loop(), name="tidying")

    async def close(self) -> None:
        """Idempotent."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _loop(self) -> None:
        while True:
            try:
                await self._tidy()
            except Exception:  # a database that is away for a moment must not end the tidying for good
                log.exception("tidying failed; it is tried again")
            await asyncio.sleep(self._every_s)
