"""The lines that wait for one pair of languages, and which of them are worth a call. Pure: time comes as an argument.

Where lines come faster than engines translate, the oldest give way: sent so late that their translation comes after
their time they get nothing, and take the call from those after them, until all of them are late.
"""

import asyncio
from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from livehub.translation.cache import Key
from livehub.translation.protecting import Prepared

if TYPE_CHECKING:
    from livehub.translation.service import Translation

#: a line that has no more than this left is not sent: the call would be paid for, and nobody get what it gives
TOO_LATE_S: Final = 0.02
#: how much longer than the last ones the next call may take, and how far what is expected goes down by one call
_MARGIN: Final = 1.1
_FORGETTING: Final = 0.2
#: of a line's time: a line that has so much left is sent, however long calls took
_MOST_EXPECTED: Final = 0.9


@dataclass(slots=True, eq=False)
class Line:
    """A line under way. ``expires_at_s`` is on the loop's clock; ``done`` resolves to None when nothing came of it."""

    key: Key
    prepared: Prepared
    done: "asyncio.Future[Translation | None]"
    expires_at_s: float
    #: whom its characters were taken from, and how many
    charged: tuple[str, int] = ("", 0)


@dataclass(slots=True)
class Lane:
    """``pumps`` are at work on what waits. ``gathering`` runs while lines gather for a call."""

    waiting: deque[Line] = field(default_factory=deque)
    pumps: int = 0
    gathering: asyncio.TimerHandle | None = None
    #: how long a call may be expected to take, by the last ones
    takes_s: float = 0.0
    #: when the last one began
    began_s: float = float("-inf")

    def apart_s(self, now_s: float, calls: int) -> float:
        """How long the next call should wait for its turn, of so many at a time.

        Calls that begin together end together, and the lines that come meanwhile wait for longer than they may.
        """
        return self.began_s + self.takes_s / calls - now_s if self.pumps else 0.0

    def take(self, now_s: float, most: int) -> tuple[list[Line], list[Line]]:
        """Lines for a call, and those that it would be too late for. The second are of use to engines that answer at
        once, and to nobody else.
        """
        batch: list[Line] = []
        late: list[Line] = []
        until_s = now_s + max(TOO_LATE_S, self.takes_s)
        while self.waiting and len(batch) < most and len(late) < most:
            line = self.waiting.popleft()
            (batch if line.expires_at_s > until_s and not line.done.done() else late).append(line)
        return batch, late

    def took(self, seconds: float, deadline_s: float) -> None:
        """A call has ended."""
        wanted_s = seconds * _MARGIN
        fading_s = self.takes_s + (wanted_s - self.takes_s) * _FORGETTING
        self.takes_s = min(max(wanted_s, fading_s), deadline_s * _MOST_EXPECTED)


def for_instant_engines(line: Line) -> None:
    """Only those that read lines as they were written get it from here on."""
    line.prepared = replace(line.prepared, marked="")
