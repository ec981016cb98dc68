"""What only one of the processes may do at a time: a lease in Redis, renewed as long as its holder lives."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final

from livehub.processes.limits import ProcessLimits
from livehub.processes.link import FAILURES, Link, RedisAway

log = logging.getLogger(__name__)


class Lease:
    """``on_lost``: another process has it now, which can be only when this one was cut off from Redis for long."""

    def __init__(
        self, link: Link, name: str, process: str, limits: ProcessLimits, *, on_lost: Callable[[], None]
    ) -> None:
        self._link: Final = link
        self._name: Final = name
        self._process: Final = process
        self._limits: Final = limits
        self._on_lost: Final = on_lost
        self._task: asyncio.Task[None] | None = None

    async def acquire(self) -> None:
        """Wait until no other has it: a process in waiting takes the place of one that dies."""
        session, is_told = self._link.session, False
        while not await self._take():
            if not is_told:
                log.warning("another process is %s; waiting until it ends", self._name)
                is_told = True
            await asyncio.sleep(self._limits.beat_s)
            if self._link.session != session:
                # Redis may have forgotten the holder, who gets the time to say so again.
                session = self._link.session
                await asyncio.sleep(self._limits.lease_s)
        self._task = asyncio.get_running_loop().create_task(self._keep(), name=f"lease {self._name}")

    async def release(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            self._link.send(lambda life: life.script("unlease", [self._key], self._process))

    @property
    def _key(self) -> str:
        return f"lease:{self._name}"

    async def _take(self) -> bool:
        args: tuple[Any, ...] = (self._process, int(self._limits.lease_s * 1000), "")
        try:
            return bool(await self._link.ask(lambda life: life.script("lease", [self._key], *args)))
        except RedisAway:
            return False

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(self._limits.beat_s)
            if not self._link.is_up:
                continue  # nobody else can take it either
            try:
                is_ours = await self._take() or not self._link.is_up
            except FAILURES:
                continue
            if not is_ours:
                log.critical("another process is %s now: ending", self._name)
                self._on_lost()
                return
