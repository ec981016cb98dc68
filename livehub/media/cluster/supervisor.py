"""Keeps one worker of the cluster alive: started, watched, started again."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from livehub.media.assembly import PlaneSettings
from livehub.media.cluster.link import CannotStart, WorkerLink
from livehub.media.cluster.protocol import Occurred, Pulse
from livehub.media.cluster.restarts import Restarts
from livehub.media.cluster.spares import Spares
from livehub.media.limits import ClusterLimits

log = logging.getLogger(__name__)


class Supervisor:
    """One place in the cluster, in which one process follows the other.

    ``on_up`` and ``on_down`` are called with the link; sessions of a process are named after it
    (:meth:`session_prefix`), so that those of a dead one are known for what they are.
    """

    def __init__(
        self,
        index: int,
        settings: PlaneSettings,
        *,
        core: int | None,
        spares: Spares,
        limits: ClusterLimits,
        on_up: Callable[["Supervisor"], None],
        on_down: Callable[["Supervisor"], None],
        on_given_up: Callable[[], None],
        on_message: Callable[["Supervisor", Occurred | Pulse], None],
    ) -> None:
        self.index = index
        self.generation = 0
        self.link: WorkerLink | None = None
        self.has_given_up = False
        self._settings = settings
        self._core = core
        #: where this worker listens for owners of rooms that it helps with
        self.relay_path = Path()
        self._spares = spares
        self._limits = limits
        self._on_up = on_up
        self._on_down = on_down
        self._on_given_up = on_given_up
        self._on_message = on_message
        self._restarts = Restarts(limits)
        self._death = asyncio.Event()
        self._tending: asyncio.Task[None] | None = None
        self._stopping = False

    @property
    def restarts(self) -> int:
        return self._restarts.count

    @property
    def is_up(self) -> bool:
        return self.link is not None and self.link.is_up and not self._stopping

    @property
    def session_prefix(self) -> str:
        return f"w{self.index}-{self.generation}-"

    async def start(self, relay_path: Path) -> None:
        """
        Raises:
            CannotStart: the first process did not come up.
        """
        self.relay_path = relay_path
        await self._launch()
        self._tending = asyncio.get_running_loop().create_task(self._tend(), name=f"media worker {self.index}")

    async def stop(self, timeout_s: float) -> int:
        """Exit status of the process; 0 when none runs."""
        self._stopping = True
        if self._tending is not None:
            self._tending.cancel()
            await asyncio.gather(self._tending, return_exceptions=True)
        return await self.link.stop(timeout_s) if self.link is not None else 0

    def kill(self) -> None:
        if self.link is not None:
            self.link.kill()

    async def _launch(self) -> None:
        self.generation += 1
        self._death.clear()
        link = self.link = await self._spares.take()
        try:
            await link.welcome(
                f"media worker {self.index}",
                replace(self._settings, session_prefix=self.session_prefix),
                core=self._core,
                relay_path=self.relay_path,
                on_message=lambda message: self._on_message(self, message),
                on_death=self._died,
            )
        except CannotStart:
            await link.reap()
            raise
        log.info("media worker %d is process %d on UDP port %d", self.index, link.pid, link.port)
        self._on_up(self)

    def _died(self) -> None:
        self._death.set()
        if not self._stopping:
            self._on_down(self)

    async def _tend(self) -> None:
        while True:
            await self._watch()
            link = self.link
            if link is not None:
                status = await link.reap()
                log.error("media worker %d (process %d) ended with status %d", self.index, link.pid, status)
            while not await self._start_again():
                pass
            if self.has_given_up:
                return

    async def _watch(self) -> None:
        """Until the process is gone; one that hangs is killed."""
        loop = asyncio.get_running_loop()
        while not self._death.is_set():
            try:
                async with asyncio.timeout(self._limits.silence_s / 3):
                    await self._death.wait()
            except TimeoutError:
                link = self.link
                if link is not None and loop.time() - link.heard_s > self._limits.silence_s:
                    log.error("media worker %d has been silent too long; killing it", self.index)  # noqa: TRY400
                    link.kill()

    async def _start_again(self) -> bool:
        """True when there is no more to be done: it runs, or it is given up."""
        pause_s = self._restarts.died(asyncio.get_running_loop().time())
        if pause_s is None:
            self.has_given_up = True
            log.critical("media worker %d died too often and is given up; restart livehub", self.index)
            self._on_given_up()
            return True
        await asyncio.sleep(pause_s)
        try:
            await self._launch()
        except CannotStart as error:
            log.error("media worker %d cannot start: %s", self.index, error)  # noqa: TRY400 - the reason says all
            return False
        except OSError:
            log.exception("media worker %d cannot start", self.index)
            return False
        return True
