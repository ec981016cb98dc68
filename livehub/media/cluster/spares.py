"""Processes kept in readiness: imports take a worker a second of CPU, which nobody should wait for when one died."""

import asyncio
import logging

from livehub.media.cluster.link import WorkerLink
from livehub.media.limits import ClusterLimits

log = logging.getLogger(__name__)


class Spares:
    """At most ``limits.spares`` processes that have imported everything and wait to be told what to do."""

    def __init__(self, limits: ClusterLimits) -> None:
        self._limits = limits
        self._waiting: list[WorkerLink] = []
        self._refilling: asyncio.Task[None] | None = None
        self._closed = False

    async def take(self) -> WorkerLink:
        """A process to welcome: one that waits, or a new one.

        Raises:
            OSError: no process can be made.
        """
        while self._waiting:
            link = self._waiting.pop()
            if not link.is_gone:
                self.refill()
                return link
            try:
                await link.reap()
            except asyncio.CancelledError:
                self._waiting.append(link)  # for :meth:`close`
                raise
        self.refill()
        link = WorkerLink(self._limits)
        await link.launch()
        return link

    def refill(self) -> None:
        if not self._closed and self._limits.spares and (self._refilling is None or self._refilling.done()):
            self._refilling = asyncio.get_running_loop().create_task(self._refill(), name="spare media worker")

    async def _refill(self) -> None:
        # Later: whoever is needed now gets the processor first.
        await asyncio.sleep(self._limits.spare_pause_s)
        while len(self._waiting) < self._limits.spares:
            link = WorkerLink(self._limits)
            try:
                await link.launch()
            except OSError:
                log.exception("no spare media worker can be started")
                return
            self._waiting.append(link)

    async def close(self) -> None:
        self._closed = True
        if self._refilling is not None:
            self._refilling.cancel()
            await asyncio.gather(self._refilling, return_exceptions=True)
        waiting, self._waiting = self._waiting, []
        await asyncio.gather(*(link.stop(self._limits.stop_timeout_s) for link in waiting))
