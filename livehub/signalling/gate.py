"""Joining storms at an even pace: a crowd that comes at once is let in one after the other, and the last are told
when to come.

Everybody who joins is handed a snapshot; a thousand of them in one turn of the loop would hold up those who are in.
"""

from typing import Final

from livehub.errors import RateLimited

#: spreads the times of those who are sent away evenly, whatever their number (the golden ratio's fraction)
_STEP: Final = 0.6180339887


class JoinGate:
    """``burst`` at once and ``rate_per_s`` after them; nobody waits longer than ``longest_wait_s``. Pure: the clock
    is asked for."""

    def __init__(self, rate_per_s: float, burst: float, longest_wait_s: float) -> None:
        self._each_s: Final = 1 / rate_per_s
        self._burst_s: Final = burst / rate_per_s
        self._longest_wait_s: Final = longest_wait_s
        #: when the next one's turn is, were there no burst
        self._next_s = 0.0
        self._sent_away = 0.0

    def wait_s(self, now_s: float) -> float:
        """Take a place in the line; how long until its turn.

        Raises:
            RateLimited: the line is too long; ``retry_after_s`` is another for each who is sent away.
        """
        begins = max(self._next_s, now_s - self._burst_s)
        wait_s = max(0.0, begins + self._each_s - now_s)
        if wait_s > self._longest_wait_s:
            self._sent_away = (self._sent_away + _STEP) % 1
            raise RateLimited(
                "Very many join at this moment; you are let in shortly",
                retry_after_s=self._longest_wait_s * (1 + self._sent_away),
            )
        self._next_s = begins + self._each_s
        return wait_s
