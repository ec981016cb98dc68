"""Timers moved by hand, for what needs no event loop."""

import asyncio
from collections.abc import Callable
from typing import Any, cast


class HandTimers:
    """Implements :class:`livehub.media.timers.Timers`. Time passes in :meth:`advance` alone."""

    def __init__(self, now_s: float = 1_000.0) -> None:
        self.now_s = now_s
        self._waiting: list[tuple[float, Callable[..., None], tuple[Any, ...]]] = []

    def monotonic(self) -> float:
        return self.now_s

    def unix(self) -> float:
        return 1_700_000_000 + self.now_s

    def call_later(self, delay_s: float, callback: Callable[..., None], *args: Any) -> asyncio.TimerHandle:
        self._waiting.append((self.now_s + delay_s, callback, args))
        return cast(asyncio.TimerHandle, None)  # nobody here cancels

    def advance(self, seconds: float) -> None:
        """Let time pass; what falls due is called, in order."""
        end_s = self.now_s + seconds
        while due := [item for item in self._waiting if item[0] <= end_s]:
            first = min(due, key=lambda item: item[0])
            self._waiting.remove(first)
            self.now_s = max(self.now_s, first[0])
            first[1](*first[2])
        self.now_s = end_s
