"""When an engine is left alone, and how it comes back: a circuit breaker, without I/O.

``closed``: calls go through. Some failures in a row, or one that says how long to wait, make it ``open``: nothing goes
through. When the rest is over, one single call is let through as a probe (``half_open``); its success closes the
breaker, its failure opens it for twice as long (see Nygard, "Release It!", the pattern's source).
"""

from typing import Final, Literal

from livehub.clock import Clock

State = Literal["closed", "open", "half_open"]

FAILURES_BEFORE_REST: Final = 3
REST_S: Final = 10.0
MAX_REST_S: Final = 300.0


class Breaker:
    """For one engine. Every :meth:`admit` that gives True is answered by one of the three methods after it."""

    def __init__(
        self,
        clock: Clock,
        *,
        failures: int = FAILURES_BEFORE_REST,
        rest_s: float = REST_S,
        max_rest_s: float = MAX_REST_S,
    ) -> None:
        self._clock: Final = clock
        self._failures_allowed: Final = failures
        self._first_rest_s: Final = rest_s
        self._max_rest_s: Final = max_rest_s
        self._failures_in_a_row = 0
        self._next_rest_s = rest_s
        self._rests_until_s = 0.0
        self._state: State = "closed"
        #: how often it has opened
        self.opened = 0

    @property
    def state(self) -> State:
        """``open`` also after the rest, until somebody calls."""
        return self._state

    @property
    def ready(self) -> bool:
        """Whether :meth:`admit` would let a call through now."""
        if self._state == "open":
            return self._clock.monotonic() >= self._rests_until_s
        return self._state == "closed"

    def admit(self) -> bool:
        """Let a call through, or not. After a rest the first one is the probe, and the others wait for its outcome."""
        if not self.ready:
            return False
        if self._state == "open":
            self._state = "half_open"
        return True

    def succeeded(self) -> None:
        """The engine answered. One that was asked before the breaker opened says nothing about it now."""
        if self._state != "open":
            self._state = "closed"
            self._failures_in_a_row = 0
            self._next_rest_s = self._first_rest_s

    def failed(self, rest_s: float | None = None) -> float:
        """The engine failed; ``rest_s``: it said how long to leave it. Gives how long it now rests, 0: it does not."""
        self._failures_in_a_row += 1
        probed = self._state == "half_open"
        if rest_s is None:
            if self._state == "open" or not (probed or self._failures_in_a_row >= self._failures_allowed):
                return 0.0
            rest_s = self._next_rest_s
        if self._state != "open":
            self.opened += 1
            self._next_rest_s = min(max(rest_s, self._next_rest_s) * 2, self._max_rest_s)
        self._state = "open"
        rest_s = min(max(rest_s, 1.0), self._max_rest_s)
        self._rests_until_s = max(self._rests_until_s, self._clock.monotonic() + rest_s)
        return rest_s

    def abandoned(self) -> None:
        """Nobody waited for the outcome: the next call is the probe again."""
        if self._state == "half_open":
            self._state = "open"
