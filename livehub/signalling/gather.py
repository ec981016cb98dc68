"""Something that may be asked for often and is done at most every so often."""

import asyncio
from collections.abc import Callable
from typing import Final


class Gather:
    """Calls ``act`` at once after the first :meth:`mark`, then at most every ``interval_s``; the last mark counts."""

    def __init__(self, interval_s: float, act: Callable[[], None]) -> None:
        self._interval_s: Final = interval_s
        self._act: Final = act
        self._next_s = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    def mark(self) -> None:
        if self._timer is None and not self._closed:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_at(max(self._next_s, loop.time()), self._due)

    def close(self) -> None:
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _due(self) -> None:
        self._timer = None
        self._next_s = asyncio.get_running_loop().time() + self._interval_s
        self._act()
