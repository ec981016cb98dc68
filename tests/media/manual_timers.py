"""The media plane's timers, moved by hand."""

import asyncio
import heapq
from collections.abc import Callable
from itertools import count
from typing import Any


class ManualTimers:
    """Callbacks run in order of time when :meth:`advance` passes them; a fault in one reaches the test."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self._order = count()
        self._waiting: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []

    def monotonic(self) -> float:
        return self.now_s

    def unix(self) -> float:
        return 1_700_000_000.0 + self.now_s

    def call_later(self, delay_s: float, callback: Callable[..., None], *args: Any) -> asyncio.TimerHandle:
        entry = (self.now_s + delay_s, next(self._order), callback, args)
        heapq.heappush(self._waiting, entry)
        return _Handle(self._waiting, entry)  # type: ignore[return-value]

    def advance(self, seconds: float) -> None:
        end = self.now_s + seconds
        while self._waiting and self._waiting[0][0] <= end:
            self.now_s, _, callback, args = heapq.heappop(self._waiting)
            callback(*args)
        self.now_s = end


class _Handle:
    def __init__(self, waiting: list[Any], entry: Any) -> None:
        self._waiting, self._entry = waiting, entry

    def cancel(self) -> None:
        if self._entry in self._waiting:
            self._waiting.remove(self._entry)
            heapq.heapify(self._waiting)
