"""A media worker: one process with a :class:`~livehub.media.plane.MediaPlane`, asked over a socket from its parent.

Started as ``python -m livehub.media.cluster.worker FD LEVEL`` by :mod:`.link`. It ends with its parent: when the
socket does. SIGTERM and SIGINT are the parent's to answer, who may get them together with it (from a terminal, or a
service manager): it tells what to do.
"""

import asyncio
import gc
import logging
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any, Final

import msgspec

from livehub import __version__
from livehub.clock import SystemClock
from livehub.errors import LivehubError
from livehub.events import Event, EventBus
from livehub.media.assembly import make_plane
from livehub.media.cluster import carried
from livehub.media.cluster.branch import Branches
from livehub.media.cluster.channel import Channel
from livehub.media.cluster.feeding import Feeder
from livehub.media.cluster.protocol import (
    PROTOCOL_VERSION,
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
from livehub.media.limits import ClusterLimits
from livehub.media.plane import MediaPlane

log = logging.getLogger(__name__)

VERSION: Final = f"{PROTOCOL_VERSION}/{__version__}"


class TellingBus(EventBus):
    """What the plane publishes is also told to the parent; what the parent tells is heard here only."""

    def __init__(self, tell: Any) -> None:
        super().__init__()
        self._tell = tell

    def publish(self, event: Event) -> None:
        super().publish(event)
        self._tell(event)

    def heard(self, event: Event) -> None:
        super().publish(event)

    @property
    def listens(self) -> tuple[str, ...]:
        return tuple(kind.__name__ for kind in self._subscribers)


class Worker:
    """Lives from the parent's welcome to its farewell; :meth:`run` gives the exit status."""

    def __init__(self, limits: ClusterLimits) -> None:
        self._limits = limits
        self._bus = TellingBus(self._tell)
        self._plane: MediaPlane | None = None
        self._feeder: Feeder | None = None
        self._branches: Branches | None = None
        self._channel: Channel | None = None
        self._calls: set[asyncio.Task[None]] = set()
        self._starting: asyncio.Task[None] | None = None
        self._end: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def run(self, sock: socket.socket) -> int:
        self._channel = await Channel.over(
            sock, self._received, self._parent_gone, max_buffered_bytes=self._limits.max_buffered_bytes
        )
        status = await self._end
        for task in (*self._calls, *((self._starting,) if self._starting else ())):
            task.cancel()
        await asyncio.gather(*self._calls, return_exceptions=True)
        if self._plane is not None:
            await self._plane.close()
        if self._branches is not None:
            await self._branches.close()
        await self._channel.close()
        return status

    def _finish(self, status: int) -> None:
        if not self._end.done():
            self._end.set_result(status)

    def _parent_gone(self) -> None:
        self._finish(0)

    def _send(self, message: AnyMessage) -> None:
        if self._channel is not None:
            self._channel.send(message)

    # --- what the parent says

    def _received(self, message: AnyMessage) -> None:
        if isinstance(message, Call):
            self._take(message)
        elif isinstance(message, Occurred):
            self._heard(message)
        elif isinstance(message, Stop):
            self._finish(0)
        elif isinstance(message, Welcome) and self._starting is None:
            self._starting = asyncio.get_running_loop().create_task(self._start(message))
        else:
            raise ProtocolError(f"{type(message).__name__} is nothing that a parent says now")

    async def _start(self, welcome: Welcome) -> None:
        if welcome.version != VERSION:
            self._send(Failed(f"this worker speaks {VERSION}, its parent {welcome.version}: restart livehub"))
            return self._finish(1)
        self._limits = welcome.limits
        if welcome.core is not None:
            os.sched_setaffinity(0, {welcome.core})
        try:
            plane = make_plane(carried.decode_settings(welcome.settings), bus=self._bus, clock=SystemClock())
            await plane.start()
        except OSError as error:
            self._send(Failed(error.strerror or str(error), error.errno or 0))
            return self._finish(1)
        except Exception as error:
            log.exception("%s cannot start", welcome.name)
            self._send(Failed(f"{type(error).__name__}: {error}"))
            return self._finish(1)
        self._plane = plane
        self._feeder = Feeder(plane, self._bus, self._limits)
        self._branches = Branches(plane, Path(welcome.relay_path))
        await self._branches.start()
        _tune_garbage_collector()
        self._send(Hello(VERSION, plane.port, self._bus.listens))
        self._pulse()
        return None

    def _pulse(self) -> None:
        if self._plane is not None and not self._end.done():
            dropped = self._feeder.dropped if self._feeder else 0
            stats = self._plane.stats() | {"feeds_dropped": dropped}
            self._send(Pulse(stats, dict(self._plane.occupancy())))
            asyncio.get_running_loop().call_later(self._limits.pulse_s, self._pulse)

    # --- calls

    def _take(self, call: Call) -> None:
        task = asyncio.get_running_loop().create_task(self._answer(call))
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)

    async def _answer(self, call: Call) -> None:
        try:
            method = carried.METHODS.get(call.method) or carried.FEEDING[call.method]
            asked = self._feeder if call.method in carried.FEEDING else self._plane
            result = await getattr(asked, method.name)(**method.arguments(call.arguments))
            self._send(Answer(call.number, carried.encode(result)))
        except LivehubError as error:
            extra: dict[str, Any] = msgspec.to_builtins(dict(error.extra))
            self._send(Refusal(call.number, carried.name_error(type(error)), error.detail, error.error_code, extra))
        except Exception:
            log.exception("%s failed", call.method)
            self._send(Refusal(call.number))

    # --- events

    def _tell(self, event: Event) -> None:
        self._send(Occurred(*carried.encode_event(event)))

    def _heard(self, message: Occurred) -> None:
        try:
            event = carried.decode_event(message.kind, message.event)
        except (KeyError, msgspec.ValidationError) as error:
            raise ProtocolError(f"event {message.kind} cannot be read: {error}") from error
        self._bus.heard(event)


def _tune_garbage_collector() -> None:
    """What start-up made stays, and a room's sessions are long-lived: as :mod:`livehub.serving` does for the server."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def main() -> int:
    import uvloop

    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, signal.SIG_IGN)
    sock = socket.socket(fileno=int(sys.argv[1]))
    level = sys.argv[2]
    logging.basicConfig(level=level, format=f"%(asctime)s %(levelname)-7s media[{os.getpid()}] %(name)s: %(message)s")
    for noisy in ("aioice", "aiortc"):
        logging.getLogger(noisy).setLevel(logging.WARNING)

    async def run() -> int:
        return await Worker(ClusterLimits()).run(sock)

    return int(uvloop.run(run()))


if __name__ == "__main__":
    sys.exit(main())
