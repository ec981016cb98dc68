"""Automatic moderators are asked within a deadline, and cannot stop the chat, whatever they do."""

import asyncio
import logging
from typing import Any

import pytest

from livehub.chat.screening import judges as judges_module
from livehub.chat.screening.errors import ModerationQuotaExceeded, ModerationTimedOut
from livehub.chat.screening.judges import MAX_ASKED, MAX_REASON_CHARS, MAX_REST_S, Judges
from livehub.chat.screening.plugin import Judgement, Line
from livehub.chat.screening.rules import Outcome
from livehub.clock import ManualClock

LINE = Line("room_1", "ann", "Ann", "viewer", "HELLO", "en")


class Capitals:
    def __init__(self, name: str = "capitals", outcome: Outcome = Outcome.HOLD, reason: str = "shouting") -> None:
        self.name = name
        self.said = Judgement(outcome, reason)
        self.closed = False
        self.asked = 0

    async def judge(self, line: Line) -> Judgement:
        self.asked += 1
        return self.said if line.text.isupper() else Judgement(Outcome.ALLOW)

    async def close(self) -> None:
        self.closed = True


class Silent(Capitals):
    async def judge(self, line: Line) -> Judgement:
        self.asked += 1
        await asyncio.Event().wait()
        raise AssertionError


class Stubborn(Capitals):
    """Goes on when it is cancelled, until it is released."""

    def __init__(self) -> None:
        super().__init__("stubborn")
        self.released = asyncio.Event()

    async def judge(self, line: Line) -> Judgement:
        while not self.released.is_set():
            try:
                await self.released.wait()
            except asyncio.CancelledError:
                continue
        return self.said

    async def close(self) -> None:
        while not self.released.is_set():
            try:
                await self.released.wait()
            except asyncio.CancelledError:
                continue


class Broken(Capitals):
    error: BaseException = ConnectionError("gone")

    async def judge(self, line: Line) -> Judgement:
        self.asked += 1
        raise self.error


class Cancelling(Broken):
    """As where a request of its own was cancelled."""

    error = asyncio.CancelledError()


class Answering(Capitals):
    def __init__(self, said: Any) -> None:
        super().__init__()
        self.said = said


async def test_the_gravest_counts() -> None:
    judges = Judges([Capitals("one"), Capitals("two", Outcome.REFUSE), Capitals("three", Outcome.ALLOW)])
    verdict = await judges.judge(LINE, Outcome.ALLOW)
    assert verdict is not None
    assert (verdict.outcome, verdict.by, verdict.reason) == (Outcome.REFUSE, "auto:two", "shouting")
    assert await Judges([Capitals()]).judge(Line("r", "a", "A", "viewer", "quiet", "en"), Outcome.HOLD) is None
    assert await Judges().judge(LINE, Outcome.HOLD) is None


async def test_of_two_as_grave_the_one_that_looked_is_named() -> None:
    verdict = await Judges([Broken("one"), Capitals("two")]).judge(LINE, Outcome.HOLD)
    assert verdict is not None
    assert verdict.by == "auto:two"


@pytest.mark.parametrize(
    "moderator",
    [
        Silent(), Broken(), Cancelling(), Answering("refuse"), Answering(None), Answering(Judgement("maybe")),  # type: ignore[arg-type]
        Answering(Judgement([])), Answering(Judgement(Outcome.REFUSE, None)),  # type: ignore[arg-type]
    ],
    ids=["silent", "broken", "cancelling", "text", "none", "maybe", "list", "no reason"],
)  # fmt: skip
@pytest.mark.parametrize("unsure", Outcome)
async def test_what_gives_no_answer_counts_as_the_room_says(moderator: Capitals, unsure: Outcome) -> None:
    verdict = await Judges([moderator], deadline_s=0.01).judge(LINE, unsure)
    assert (verdict.outcome if verdict else Outcome.ALLOW) is unsure


async def test_who_says_that_it_was_too_late_counts_as_late() -> None:
    moderator = Broken()
    for moderator.error in (ModerationTimedOut(), TimeoutError()):
        judges = Judges([moderator])
        verdict = await judges.judge(LINE, Outcome.HOLD)
        assert verdict is not None
        assert verdict.reason == "capitals did not answer in time"
        stats = judges.stats["capitals"]
        assert (stats.timeouts, stats.failures) == (1, 0)


async def test_one_that_does_not_end_when_it_is_cancelled_keeps_nobody_waiting() -> None:
    stubborn = Stubborn()
    judges = Judges([stubborn, Capitals()], deadline_s=0.01)
    verdict = await judges.judge(LINE, Outcome.ALLOW)
    assert verdict is not None
    assert verdict.by == "auto:capitals", "the other was heard"
    assert judges.stats["stubborn"].timeouts == 1
    stubborn.released.set()
    await judges.close()


async def test_one_that_does_not_close_keeps_the_server_from_ending_for_a_while_at_most(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(judges_module, "CLOSE_S", 0.01)
    stubborn, other = Stubborn(), Capitals()
    judges = Judges([stubborn, other], deadline_s=0.01)
    await judges.judge(LINE, Outcome.ALLOW)
    await judges.close()
    assert other.closed
    assert "moderator stubborn does not close" in caplog.text
    stubborn.released.set()
    await asyncio.sleep(0.01)


async def test_lines_beyond_the_bound_are_not_asked_about() -> None:
    judges = Judges([Silent("silent"), Capitals()], deadline_s=60)
    waiting = [asyncio.create_task(judges.judge(LINE, Outcome.ALLOW)) for _ in range(MAX_ASKED)]
    for _ in range(3):  # begun, answered, and the answer noticed
        await asyncio.sleep(0)
    verdict = await judges.judge(Line("r", "a", "A", "viewer", "quiet", "en"), Outcome.HOLD)
    assert verdict is not None
    assert (verdict.by, judges.stats["silent"].left_alone) == ("unsure", 1)
    assert judges.stats["capitals"].lines == MAX_ASKED + 1, "a slow one takes no place of another's"
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    await asyncio.sleep(0)
    quick = asyncio.create_task(judges.judge(LINE, Outcome.HOLD))
    await asyncio.sleep(0)
    assert not quick.done()
    quick.cancel()
    await asyncio.gather(quick, return_exceptions=True)


@pytest.mark.parametrize(("told_s", "rests_s"), [(7.0, 7.0), (100_000.0, MAX_REST_S)])
async def test_one_that_says_when_to_come_again_is_left_alone_until_then(told_s: float, rests_s: float) -> None:
    clock, moderator = ManualClock(), Broken()
    moderator.error = ModerationQuotaExceeded(retry_after_s=told_s)
    judges = Judges([moderator], clock=clock)
    for advance_s, asked in ((0.0, 1), (rests_s - 0.1, 1), (0.1, 2)):
        clock.advance(advance_s)
        verdict = await judges.judge(LINE, Outcome.HOLD)
        assert verdict is not None
        assert (verdict.by, moderator.asked) == ("unsure", asked)


async def test_one_that_fails_at_every_line_is_asked_every_time_and_logged_now_and_then(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Otherwise a line that it chokes on would switch it off for the lines of others."""
    caplog.set_level(logging.ERROR)
    clock, moderator = ManualClock(), Broken()
    judges = Judges([moderator], clock=clock)
    for _ in range(20):
        await judges.judge(LINE, Outcome.ALLOW)
    assert (moderator.asked, judges.stats["capitals"].failures, len(caplog.records)) == (20, 20, 1)
    clock.advance(10)
    await judges.judge(LINE, Outcome.ALLOW)
    assert len(caplog.records) == 2


async def test_a_reason_is_one_short_line_that_can_be_kept() -> None:
    verdict = await Judges([Capitals(reason="a\x00b\n\ud800\u202e" + "c" * 500)]).judge(LINE, Outcome.ALLOW)
    assert verdict is not None
    assert verdict.reason == "a b " + "c" * (MAX_REASON_CHARS - 4)


async def test_all_are_closed_although_one_fails(caplog: pytest.LogCaptureFixture) -> None:
    class Clinging(Capitals):
        async def close(self) -> None:
            raise OSError("no")

    moderators = [Clinging("clinging"), Capitals("one"), Capitals("two")]
    await Judges(moderators).close()
    assert [moderator.closed for moderator in moderators] == [False, True, True]
    assert "moderator clinging did not close" in caplog.text
