"""Time as a dependency, so that tests move it by hand instead of sleeping."""

import time
from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol

#: the last millisecond that :func:`iso` can write: 9999-12-31T23:59:59.999Z
MAX_MS = 253_402_300_799_999


class Clock(Protocol):
    def now_ms(self) -> int:
        """Milliseconds since the Unix epoch, UTC. Stored times are always this."""

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back; for durations and deadlines."""


class SystemClock:
    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        return time.monotonic()


class ManualClock:
    """A clock for tests: stands still until :meth:`advance`."""

    def __init__(self, start_ms: int = 1_700_000_000_000) -> None:
        self._ms = start_ms
        self._monotonic_s = 0.0

    def now_ms(self) -> int:
        return self._ms

    def monotonic(self) -> float:
        return self._monotonic_s

    def advance(self, seconds: float) -> None:
        self._ms += round(seconds * 1000)
        self._monotonic_s += seconds


def iso(at_ms: int) -> str:
    """RFC 3339 in UTC with milliseconds: the form of every time on the wire."""
    # In whole numbers: as a float the far future loses a millisecond.
    return f"{_second(at_ms // 1000)}.{at_ms % 1000:03d}Z"


@lru_cache(maxsize=1024)  # what happens at a time is told within a few seconds of it, and often
def _second(at_s: int) -> str:
    return datetime.fromtimestamp(at_s, UTC).isoformat(timespec="seconds").removesuffix("+00:00")


def parse_iso(text: str) -> int:
    """Milliseconds since the epoch from RFC 3339 text with an offset.

    Raises:
        ValueError: not a date and time, one without an offset, or one before 1970 or after 9999: what is taken in can
            be written again.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time needs an offset, such as Z or +08:00")
    at_ms = round(moment.timestamp() * 1000)
    if not 0 <= at_ms <= MAX_MS:
        raise ValueError("a time is from 1970 to 9999")
    return at_ms
