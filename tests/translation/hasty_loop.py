"""An event loop whose time passes at once: what waits for seconds takes none, and always comes in the same order."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class HastyLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._now_s = 0.0
        super().__init__(_Impatient(self))

    def time(self) -> float:
        return self._now_s

    def pass_by(self, seconds: float) -> None:
        self._now_s += seconds


class _Impatient(selectors.SelectSelector):
    def __init__(self, loop: HastyLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> Any:
        found = super().select(0)
        if not found and timeout is not None and timeout > 0:
            self._loop.pass_by(timeout)
        return found


def run_hastily(work: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=HastyLoop) as runner:
        return runner.run(work)
