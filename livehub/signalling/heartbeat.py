"""Whether clients are still there: one timer for all of them, instead of a task for each."""

import asyncio
from collections import deque
from typing import Final, Protocol

#: the timer does not run more often: thousands of clients share its turns
_TICK_S: Final = 0.1


class Beating(Protocol):
    #: gone: nothing more is asked of it
    cut_off: bool
    #: the number of the ping that it has not answered yet; 0: it has answered, or was not asked
    unanswered: int

    def ping(self) -> None: ...

    def cut(self) -> None: ...


class Heartbeats:
    """Each client is pinged ``interval_s`` after it came or answered, and cut ``timeout_s`` after a ping that it did
    not answer. Who goes by themselves is forgotten within those times.

    The timeout may be longer than the interval: who answered a ping may have been asked the next one meanwhile.
    """

    def __init__(self, interval_s: float, timeout_s: float) -> None:
        self._interval_s: Final = interval_s
        self._timeout_s: Final = timeout_s
        # All wait equally long, so the order of coming is the order of falling due.
        self._resting: deque[tuple[float, Beating]] = deque()
        self._asked: deque[tuple[float, int, Beating]] = deque()
        self._pings = 0
        self._timer: asyncio.TimerHandle | None = None
        self._rings_s = 0.0

    def begin(self, client: Beating) -> None:
        """Ping it after the interval."""
        loop = asyncio.get_running_loop()
        due_s = loop.time() + self._interval_s
        self._resting.append((due_s, client))
        self._wake(loop, due_s)

    def answered(self, client: Beating) -> None:
        """A pong came. One that nobody asked for counts for nothing."""
        if client.unanswered:
            client.unanswered = 0
            self.begin(client)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._resting.clear()
        self._asked.clear()

    def _tick(self) -> None:
        self._timer = None
        loop = asyncio.get_running_loop()
        now = loop.time()
        while self._asked and self._asked[0][0] <= now:
            _, number, client = self._asked.popleft()
            if client.unanswered == number and not client.cut_off:
                client.cut()
        while self._resting and self._resting[0][0] <= now:
            _, client = self._resting.popleft()
            if not client.cut_off:
                self._pings += 1
                client.unanswered = self._pings
                client.ping()
                self._asked.append((now + self._timeout_s, self._pings, client))
        due = [self._asked[0][0]] if self._asked else []
        due += [self._resting[0][0]] if self._resting else []
        if due:
            self._wake(loop, min(due))

    def _wake(self, loop: asyncio.AbstractEventLoop, due_s: float) -> None:
        """Look then, where that is not sooner done: while answers are waited for, a ping may fall due before them."""
        at_s = max(due_s, loop.time() + _TICK_S)
        if self._timer is not None:
            if self._rings_s <= at_s:
                return
            self._timer.cancel()
        self._rings_s = at_s
        self._timer = loop.call_at(at_s, self._tick)
