"""Asking the plug-ins about a line: all at once, within a deadline, a bounded number of lines at a time.

Nothing that a plug-in does or leaves undone keeps a line, or the server's end, waiting longer than is said here.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from livehub.chat.screening.errors import ModerationQuotaExceeded, ModerationTimedOut
from livehub.chat.screening.plugin import Judgement, Line, Moderator
from livehub.chat.screening.rules import Outcome
from livehub.clock import Clock, SystemClock

log = logging.getLogger(__name__)
DEADLINE_S: Final = 0.8
#: lines that one moderator is asked about at the same time; more are not asked about, as if nothing had been answered
MAX_ASKED: Final = 64
#: how long one that says when to come again is left alone, at the most
MAX_REST_S: Final = 60.0
#: for all of them together to end
CLOSE_S: Final = 3.0
#: a moderator that is down fails once a line: the log hears of it this often
_COMPLAIN_EVERY_S: Final = 10.0
_GRAVITY: Final = {Outcome.ALLOW: 0, Outcome.HOLD: 1, Outcome.REFUSE: 2}
MAX_REASON_CHARS: Final = 200


@dataclass(frozen=True, slots=True)
class Verdict:
    """``by`` names what decided: ``words``, ``links``, ``flood``, ``raid``, ``hold_all``, ``unsure``, or
    ``auto:plug-in``."""

    outcome: Outcome
    by: str
    reason: str


@dataclass(slots=True)
class JudgeStats:
    """Of one moderator, since the process began. ``left_alone``: lines that it was not asked about."""

    lines: int = 0
    held: int = 0
    refused: int = 0
    failures: int = 0
    timeouts: int = 0
    left_alone: int = 0
    seconds: float = 0.0


class _Asked(NamedTuple):
    seat: "_Seat"
    task: asyncio.Task[Judgement] | None
    #: where there is no task
    why_not: str = ""


class _Seat:
    """One moderator: what it is being asked now, and how it did."""

    def __init__(self, moderator: Moderator, clock: Clock) -> None:
        self.moderator: Final = moderator
        self.name: Final = moderator.name
        self.stats: Final = JudgeStats()
        self.running: Final[set[asyncio.Task[Judgement]]] = set()
        self._clock: Final = clock
        self._rests_until_s = float("-inf")
        self._complains_at_s = float("-inf")

    def ask(self, line: Line) -> _Asked:
        if len(self.running) >= MAX_ASKED or self._clock.monotonic() < self._rests_until_s:
            self.stats.left_alone += 1
            busy = len(self.running) >= MAX_ASKED
            return _Asked(self, None, "too many lines are being judged" if busy else f"{self.name} is left alone")
        began_s = self._clock.monotonic()
        task = asyncio.create_task(self.moderator.judge(line), name=f"moderator {self.name}")
        self.running.add(task)
        self.stats.lines += 1

        def ended(done: asyncio.Task[Judgement]) -> None:
            self.running.discard(done)
            self.stats.seconds += self._clock.monotonic() - began_s
            if not done.cancelled():
                done.exception()  # what comes too late is of no interest

        task.add_done_callback(ended)
        return _Asked(self, task)

    def verdict(self, asked: _Asked, unsure: Outcome) -> Verdict | None:
        task = asked.task
        if task is None:
            return _unsure(unsure, asked.why_not)
        if not task.done():
            return self._late(unsure)
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        if error is not None:
            return self._failed(error, unsure)
        said = _checked(task.result())
        if said is None:
            self.stats.failures += 1
            self._complain("answered no Judgement")
            return _unsure(unsure, f"{self.name} answered nonsense")
        if said.outcome is Outcome.ALLOW:
            return None
        self.stats.held += said.outcome is Outcome.HOLD
        self.stats.refused += said.outcome is Outcome.REFUSE
        return Verdict(said.outcome, f"auto:{self.name}", said.reason)

    def _late(self, unsure: Outcome) -> Verdict | None:
        self.stats.timeouts += 1
        self._complain("did not answer in time")
        return _unsure(unsure, f"{self.name} did not answer in time")

    def _failed(self, error: BaseException, unsure: Outcome) -> Verdict | None:
        if isinstance(error, ModerationTimedOut | TimeoutError):  # its own clock was the quicker one
            return self._late(unsure)
        self.stats.failures += 1
        if isinstance(error, ModerationQuotaExceeded):
            rest_s = min(max(error.retry_after_s, 1.0), MAX_REST_S)
            self._rests_until_s = self._clock.monotonic() + rest_s
        self._complain("failed", error)
        return _unsure(unsure, f"{self.name} failed")

    def _complain(self, what: str, error: BaseException | None = None) -> None:
        now_s = self._clock.monotonic()
        if now_s >= self._complains_at_s:
            self._complains_at_s = now_s + _COMPLAIN_EVERY_S
            log.error("moderator %s %s", self.name, what, exc_info=error)


class Judges:
    def __init__(
        self, moderators: Sequence[Moderator] = (), *, deadline_s: float = DEADLINE_S, clock: Clock | None = None
    ) -> None:
        clock = clock or SystemClock()
        self._seats: Final = tuple(_Seat(moderator, clock) for moderator in moderators)
        self._deadline_s: Final = deadline_s

    @property
    def stats(self) -> Mapping[str, JudgeStats]:
        """By the moderator's name."""
        return {seat.name: seat.stats for seat in self._seats}

    async def judge(self, line: Line, unsure: Outcome) -> Verdict | None:
        """The gravest of what they say; None when all allow it. What fails or is late counts as ``unsure``.

        A plug-in that does not end when it is cancelled goes on without anybody waiting for it, and keeps its place
        among the :data:`MAX_ASKED`.
        """
        if not self._seats:
            return None
        asked = [seat.ask(line) for seat in self._seats]
        tasks = [one.task for one in asked if one.task is not None]
        try:
            if tasks:  # else all are resting
                await asyncio.wait(tasks, timeout=self._deadline_s)
        finally:
            for task in tasks:
                if not task.done():
                    task.cancel()
        said = [one.seat.verdict(one, unsure) for one in asked]
        return max((verdict for verdict in said if verdict), key=_gravity, default=None)

    async def close(self) -> None:
        """What is still asked ends first; nothing of it takes longer than :data:`CLOSE_S`, twice."""
        running = [task for seat in self._seats for task in seat.running]
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running, timeout=CLOSE_S)
        closing = {asyncio.create_task(seat.moderator.close()): seat.name for seat in self._seats}
        if not closing:
            return
        _, hung = await asyncio.wait(closing, timeout=CLOSE_S)
        for ending, name in closing.items():
            if ending in hung:
                ending.cancel()
                log.error("moderator %s does not close", name)
            elif not ending.cancelled() and ending.exception() is not None:
                log.error("moderator %s did not close", name, exc_info=ending.exception())


def _checked(said: object) -> Judgement | None:
    """What it said, in one line that any database keeps; None for anything else: nobody checked what a plug-in fills
    in."""
    outcome, reason = getattr(said, "outcome", None), getattr(said, "reason", None)
    if not isinstance(said, Judgement) or outcome not in list(Outcome) or not isinstance(reason, str):
        return None
    return Judgement(Outcome(outcome), _readable(reason))


def _readable(reason: str) -> str:
    shown = "".join(char if char.isprintable() else " " for char in reason[: 2 * MAX_REASON_CHARS])
    return " ".join(shown.split())[:MAX_REASON_CHARS]


def _gravity(verdict: Verdict) -> tuple[int, bool]:
    """Of two that are as grave, the one of somebody who looked."""
    return _GRAVITY[verdict.outcome], verdict.by != "unsure"


def _unsure(outcome: Outcome, reason: str) -> Verdict | None:
    return None if outcome is Outcome.ALLOW else Verdict(outcome, "unsure", reason)
