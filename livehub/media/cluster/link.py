"""The parent's side of one worker: its process, the calls it owes an answer, the events it tells."""

import asyncio
import logging
import os
import socket
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from livehub.errors import LivehubError, Unavailable
from livehub.media.assembly import PlaneSettings
from livehub.media.cluster import carried
from livehub.media.cluster.carried import CarriedMethod
from livehub.media.cluster.channel import Channel
from livehub.media.cluster.protocol import (
    Answer,
    AnyMessage,
    Call,
    Failed,
    Hello,
    Occurred,
    ProtocolError,
    Pulse,
    Refusal,
    Stop,
    Welcome,
)
from livehub.media.cluster.worker import VERSION
from livehub.media.errors import MediaWorkerLost, PlaneClosed
from livehub.media.limits import ClusterLimits

log = logging.getLogger(__name__)


class CannotStart(Exception):
    """``errno`` as the system gave it, or 0."""

    def __init__(self, reason: str, errno: int = 0) -> None:
        super().__init__(reason)
        self.errno = errno


class WorkerLink:
    """One process, from its launch to its death; a restarted worker is another link.

    ``on_message`` gets events and pulses, ``on_death`` is called once when it is gone, however that came; both are
    given with the welcome.
    """

    def __init__(self, limits: ClusterLimits) -> None:
        self.name = "spare media worker"
        self.port = 0
        self.listens: tuple[str, ...] = ()
        self.heard_s = 0.0
        self.is_gone = False
        self._limits = limits
        self._on_message: Callable[[Occurred | Pulse], None] | None = None
        self._on_death: Callable[[], None] | None = None
        self._channel: Channel | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._ready: asyncio.Future[Hello] = asyncio.get_running_loop().create_future()
        self._owed: dict[int, tuple[CarriedMethod, asyncio.Future[Any]]] = {}
        self._number = 0

    @property
    def pid(self) -> int:
        return self._process.pid if self._process else 0

    @property
    def is_up(self) -> bool:
        return not self.is_gone and self._ready.done() and self._ready.exception() is None

    # --- life

    async def launch(self) -> None:
        """Start the process; it waits for its welcome.

        Raises:
            OSError: there are too many.
        """
        starting = asyncio.get_running_loop().create_task(self._start())
        try:
            await asyncio.shield(starting)
        except asyncio.CancelledError:
            # Left half-way, it would be a process that nobody knows of.
            await asyncio.gather(starting, return_exceptions=True)
            self.kill()
            await self.reap()
            raise

    async def _start(self) -> None:
        ours, theirs = socket.socketpair()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LIVEHUB_")}
        level = logging.getLevelName(logging.getLogger().getEffectiveLevel())
        with theirs:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                __package__ + ".worker",
                str(theirs.fileno()),
                level,
                pass_fds=(theirs.fileno(),),
                stdin=asyncio.subprocess.DEVNULL,
                env=environment,
                start_new_session=True,  # a terminal's Ctrl-C is the parent's to answer
            )
        self._channel = await Channel.over(
            ours, self._received, self._ended, max_buffered_bytes=self._limits.max_buffered_bytes
        )

    async def welcome(
        self,
        name: str,
        settings: PlaneSettings,
        *,
        core: int | None,
        relay_path: Path,
        on_message: Callable[[Occurred | Pulse], None],
        on_death: Callable[[], None],
    ) -> None:
        """Tell it what it is, and wait until its port is bound.

        Raises:
            CannotStart: it said why, or said nothing in time.
        """
        self.name = name
        self._on_message, self._on_death = on_message, on_death
        if self.is_gone or not self.send(
            Welcome(VERSION, name, core, str(relay_path), carried.encode(settings), self._limits)
        ):
            raise CannotStart("it ended at once")
        try:
            async with asyncio.timeout(self._limits.start_timeout_s):
                hello = await asyncio.shield(self._ready)
        except TimeoutError:
            raise CannotStart("it does not answer") from None
        self.port, self.listens = hello.port, hello.listens

    async def stop(self, timeout_s: float) -> int:
        """End in order; kill it if it does not. Gives the exit status."""
        if self._channel is not None:
            self._channel.send(Stop())
        return await self._reap(timeout_s)

    def kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()

    async def reap(self) -> int:
        """Wait for the process, which has closed its socket; kill it if it lingers."""
        return await self._reap(1.0)

    async def _reap(self, timeout_s: float) -> int:
        if self._process is None:
            return 0
        try:
            async with asyncio.timeout(timeout_s):
                if self._channel is not None:
                    await self._channel.ended()  # what it told while it ended is heard before it counts as gone
                return await self._process.wait()
        except TimeoutError:
            log.warning("%s does not end; killing it", self.name)
            self.kill()
            return await self._process.wait()
        finally:
            if self._channel is not None:
                await self._channel.close()

    def _ended(self) -> None:
        self.is_gone = True
        if not self._ready.done():
            self._ready.set_exception(CannotStart("it ended at once"))
            self._ready.exception()  # whoever started it may have been cancelled
        owed, self._owed = self._owed, {}
        for _, future in owed.values():
            if not future.done():
                future.set_exception(MediaWorkerLost(retry_after_s=1.0))
        if self._on_death is not None:
            self._on_death()

    # --- what it says

    def _received(self, message: AnyMessage) -> None:
        self.heard_s = asyncio.get_running_loop().time()
        if isinstance(message, Answer | Refusal):
            self._answered(message)
        elif isinstance(message, Occurred | Pulse) and self._on_message is not None:
            self._on_message(message)
        elif isinstance(message, Hello) and not self._ready.done():
            self._ready.set_result(message)
        elif isinstance(message, Failed) and not self._ready.done():
            self._ready.set_exception(CannotStart(message.reason, message.errno))
        else:
            raise ProtocolError(f"{type(message).__name__} is nothing that a worker says now")

    def _answered(self, message: Answer | Refusal) -> None:
        method, future = self._owed.pop(message.number, (None, None))
        if method is None or future is None or future.done():
            return  # nobody waits any more
        if isinstance(message, Answer):
            try:
                future.set_result(method.result(message.result))
            except msgspec.ValidationError as error:
                future.set_exception(error)
        elif message.kind:
            future.set_exception(carried.restore_error(message.kind, message.detail, message.code, message.extra))
        else:
            future.set_exception(LivehubError("The media worker failed; its log says why."))

    # --- what it is asked and told

    async def call(self, method: CarriedMethod, args: tuple[Any, ...], named: Mapping[str, Any]) -> Any:
        """
        Raises:
            LivehubError: as the plane's method does.
            Unavailable: it owes too many answers, or does not give this one in time.
            MediaWorkerLost: it died meanwhile.
        """
        if len(self._owed) >= self._limits.max_pending_calls:
            raise Unavailable("The media worker has too much to do. Try again in a moment.", code="overloaded")
        packed = method.pack(args, named)
        self._number += 1
        number = self._number
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._owed[number] = (method, future)
        try:
            # One that is going but has not ended fails this with all that it owes, when it counts as gone for all: who
            # is refused sooner, and asks again at once, is sent to the same.
            if not self.send(Call(number, method.name, packed)) and self.is_gone:
                raise MediaWorkerLost(retry_after_s=1.0)
            async with asyncio.timeout(self._limits.call_timeout_s):
                return await future
        except TimeoutError:
            raise Unavailable("The media worker does not answer. Try again in a moment.", code="overloaded") from None
        finally:
            self._owed.pop(number, None)

    def tell(self, method: CarriedMethod, args: tuple[Any, ...]) -> None:
        """A call whose answer nobody waits for."""
        self._number += 1
        self.send(Call(self._number, method.name, method.pack(args, {})))

    def send(self, message: AnyMessage) -> bool:
        """
        Raises:
            PlaneClosed: it was never started.
        """
        if self._channel is None:
            raise PlaneClosed
        return self._channel.send(message)
