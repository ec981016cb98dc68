"""An event loop whose time is not the machine's: it stands still while there is something to do.

What a test sees then does not depend on how busy the machine is: a packet that is on its way through loopback arrives
before the next timer, however long that takes.
"""

import asyncio
import selectors

#: real time that loopback is given to hand over what was sent, before virtual time goes on
_GRACE_S = 0.0002


class _Waiting(selectors.DefaultSelector):
    """Where others would sleep until the next timer, its time comes at once."""

    passed_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        ready = super().select(_GRACE_S)
        if not ready:
            self.passed_s += timeout
        return ready


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """For peers that live in this loop together. Threads and other processes have no part in its time."""

    def __init__(self) -> None:
        self._waiting = _Waiting()
        super().__init__(self._waiting)

    def time(self) -> float:
        return 1_000.0 + self._waiting.passed_s


class LoopClock:
    """:class:`livehub.clock.Clock` by the running loop's time."""

    def now_ms(self) -> int:
        return 1_700_000_000_000 + round(self.monotonic() * 1000)

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()
