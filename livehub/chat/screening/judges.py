"""Asking the plug-ins about a line: all at once, within a deadline, a bounded number of lines at a time."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from livehub.chat.screening.plugin import Judgement, Line, Moderator
from livehub.chat.screening.rules import Outcome

log = logging.getLogger(__name__)
DEADLINE_S: Final = 0.8
#: lines that are asked about at the same time; more are not asked about, as if nothing had been answered
MAX_ASKED: Final = 64
_GRAVITY: Final = {Outcome.ALLOW: 0, Outcome.HOLD: 1, Outcome.REFUSE: 2}
MAX_REASON_CHARS: Final = 200


@dataclass(frozen=True, slots=True)
class Verdict:
    """``by`` names what decided: ``words``, ``links``, ``flood``, ``raid``, ``hold_all``, ``unsure``, or
    ``auto:plug-in``."""

    outcome: Outcome
    by: str
    reason: str


class Judges:
    def __init__(self, moderators: Sequence[Moderator] = (), *, deadline_s: float = DEADLINE_S) -> None:
        self._moderators: Final = tuple(moderators)
        self._deadline_s: Final = deadline_s
        self._asked = 0

    async def judge(self, line: Line, unsure: Outcome) -> Verdict | None:
        """The gravest of what they say; None when all allow it. What fails or is late counts as ``unsure``."""
        if not self._moderators:
            return None
        if self._asked >= MAX_ASKED:
            return _unsure(unsure, "too many lines are being judged")
        self._asked += 1
        try:
            said = await asyncio.gather(*(self._ask(moderator, line, unsure) for moderator in self._moderators))
        finally:
            self._asked -= 1
        grave = max(
            (verdict for verdict in said if verdict), key=lambda verdict: _GRAVITY[verdict.outcome], default=None
        )
        return None if grave is None or grave.outcome is Outcome.ALLOW else grave

    async def close(self) -> None:
        for moderator in self._moderators:
            try:
                await moderator.close()
            except Exception:
                log.exception("moderator %s did not close", moderator.name)

    async def _ask(self, moderator: Moderator, line: Line, unsure: Outcome) -> Verdict | None:
        try:
            async with asyncio.timeout(self._deadline_s):
                said = await moderator.judge(line)
        except TimeoutError:
            log.warning("moderator %s did not answer in time", moderator.name)
            return _unsure(unsure, f"{moderator.name} did not answer in time")
        except Exception:
            log.exception("moderator %s failed", moderator.name)
            return _unsure(unsure, f"{moderator.name} failed")
        if not isinstance(said, Judgement) or said.outcome not in _GRAVITY:
            log.error("moderator %s answered no Judgement", moderator.name)
            return _unsure(unsure, f"{moderator.name} answered nonsense")
        return Verdict(Outcome(said.outcome), f"auto:{moderator.name}", str(said.reason)[:MAX_REASON_CHARS])


def _unsure(outcome: Outcome, reason: str) -> Verdict | None:
    return None if outcome is Outcome.ALLOW else Verdict(outcome, "unsure", reason)
