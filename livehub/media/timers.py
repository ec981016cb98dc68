"""Time and timers of the media plane, narrow enough to be moved by hand in tests."""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from livehub.clock import Clock


class Timers(Protocol):
    def monotonic(self) -> float: ...

    def unix(self) -> float:
        """Seconds since 1970, for NTP times and abs-send-time."""

    def call_later(self, delay_s: float, callback: Callable[..., None], *args: Any) -> asyncio.TimerHandle: ...


class LoopTimers:
    """The event loop's timers with an injected clock; those still running end with :meth:`close`."""

    def __init__(self, clock: Clock) -> None:
        self.monotonic = clock.monotonic
        # From here on wall time moves with the monotonic clock: a step of the system's must not tear lip sync.
        self._unix_offset_s = clock.now_ms() / 1000 - clock.monotonic()
        self._closed = False

    def unix(self) -> float:
        return self._unix_offset_s + self.monotonic()

    def call_later(self, delay_s: float, callback: Callable[..., None], *args: Any) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(delay_s, self._run, callback, args)

    def _run(self, callback: Callable[..., None], args: tuple[Any, ...]) -> None:
        if not self._closed:
            callback(*args)

    def close(self) -> None:
        self._closed = True
