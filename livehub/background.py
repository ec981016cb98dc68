"""Work that nobody waits for, done in order by one task: bounded, and finished or given up when the server stops."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

log = logging.getLogger(__name__)
Job = Callable[[], Awaitable[None]]


class Background:
    """At most ``max_waiting`` jobs wait; more are refused. A job that fails is logged and holds up nothing."""

    def __init__(self, name: str, max_waiting: int) -> None:
        self._name: Final = name
        self._jobs: asyncio.Queue[Job] = asyncio.Queue(max_waiting)
        self._worker: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._worker = asyncio.get_running_loop().create_task(self._run(), name=self._name)

    def put(self, job: Job) -> bool:
        """False: too much is waiting, the job will not be done."""
        try:
            self._jobs.put_nowait(job)
        except asyncio.QueueFull:
            log.warning("%s: too much is waiting, a job was left undone", self._name)
            return False
        return True

    async def close(self, timeout_s: float = 5.0) -> None:
        """Finish what waits, for at most ``timeout_s``, and stop. Idempotent."""
        worker, self._worker = self._worker, None
        if worker is None:
            return
        try:
            async with asyncio.timeout(timeout_s):
                await self._jobs.join()
        except TimeoutError:
            log.warning("%s: %d jobs were left undone", self._name, self._jobs.qsize())
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            job = await self._jobs.get()
            try:
                await job()
            except Exception:
                log.exception("%s: a job failed", self._name)
            finally:
                self._jobs.task_done()
