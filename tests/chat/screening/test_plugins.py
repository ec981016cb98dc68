"""Automatic moderators: found, checked, asked within a deadline, and never able to stop the chat."""

import asyncio
from importlib.metadata import EntryPoint
from typing import Any

import pytest

from livehub.chat.screening.judges import MAX_ASKED, Judges
from livehub.chat.screening.plugin import Judgement, Line
from livehub.chat.screening.registry import GROUP, ModeratorInvalid, build_moderators
from livehub.chat.screening.rules import Outcome
from livehub.clock import ManualClock

LINE = Line("room_1", "ann", "Ann", "viewer", "HELLO", "en")


class Capitals:
    def __init__(self, name: str = "capitals", outcome: Outcome = Outcome.HOLD) -> None:
        self.name = name
        self.outcome = outcome
        self.closed = False

    async def judge(self, line: Line) -> Judgement:
        return Judgement(self.outcome if line.text.isupper() else Outcome.ALLOW, "shouting")

    async def close(self) -> None:
        self.closed = True


class Silent(Capitals):
    async def judge(self, line: Line) -> Judgement:
        await asyncio.Event().wait()
        raise AssertionError


class Broken(Capitals):
    async def judge(self, line: Line) -> Judgement:
        raise ConnectionError("gone")


class Nonsense(Capitals):
    async def judge(self, line: Line) -> Judgement:
        return "refuse"  # type: ignore[return-value]


def create(setting: str, **_: object) -> Capitals:
    if setting == "bad":
        raise ValueError("no such setting")
    return Capitals()


def create_nameless(setting: str, **_: object) -> Capitals:
    return Capitals(name="")


def create_other(setting: str, **_: object) -> object:
    return object()


class Blocking(Capitals):
    def judge(self, line: Line) -> Judgement:  # type: ignore[override]
        return Judgement(Outcome.ALLOW)


def create_blocking(setting: str, **_: object) -> Blocking:
    return Blocking()


async def create_async(setting: str, **_: object) -> Capitals:
    return Capitals()


def create_few() -> Capitals:
    return Capitals()


NOT_CALLABLE = 7


def build(*settings: str, **declared: str) -> Any:
    entries = [EntryPoint(name, f"{__name__}:{value}", GROUP) for name, value in declared.items()]
    return build_moderators(settings, clock=ManualClock(), deadline_s=1, found=entries)


def test_an_installed_one_is_made() -> None:
    assert [made.name for made in build("capitals:anything", capitals="create")] == ["capitals"]
    assert build() == []


@pytest.mark.parametrize(
    ("settings", "value", "said"),
    [
        (("unknown",), "create", "installed are: it"),
        (("it:bad",), "create", "no such setting"),
        (("it", "it"), "create", "name of its own"),
        (("it",), "create_nameless", "no name"),
        (("it",), "create_other", "no name"),
        (("it",), "create_blocking", "async def"),
        (("it",), "create_async", "plain function"),
        (("it",), "create_few", "must take"),
        (("it",), "NOT_CALLABLE", "plain function"),
        (("it",), "missing", "cannot be loaded"),
    ],
)
def test_what_is_wrong_is_said_when_the_server_starts(settings: tuple[str, ...], value: str, said: str) -> None:
    with pytest.raises(ModeratorInvalid, match=said):
        build(*settings, it=value)


async def test_the_gravest_counts() -> None:
    judges = Judges([Capitals("one"), Capitals("two", Outcome.REFUSE), Capitals("three", Outcome.ALLOW)])
    verdict = await judges.judge(LINE, Outcome.ALLOW)
    assert verdict is not None
    assert (verdict.outcome, verdict.by, verdict.reason) == (Outcome.REFUSE, "auto:two", "shouting")
    assert await Judges([Capitals()]).judge(Line("r", "a", "A", "viewer", "quiet", "en"), Outcome.HOLD) is None
    assert await Judges().judge(LINE, Outcome.HOLD) is None


@pytest.mark.parametrize("moderator", [Silent(), Broken(), Nonsense()])
@pytest.mark.parametrize("unsure", Outcome)
async def test_what_gives_no_answer_counts_as_the_room_says(moderator: Capitals, unsure: Outcome) -> None:
    verdict = await Judges([moderator], deadline_s=0.01).judge(LINE, unsure)
    assert (verdict.outcome if verdict else Outcome.ALLOW) is unsure


async def test_lines_beyond_the_bound_are_not_asked_about() -> None:
    judges = Judges([Silent()], deadline_s=60)
    waiting = [asyncio.create_task(judges.judge(LINE, Outcome.ALLOW)) for _ in range(MAX_ASKED)]
    await asyncio.sleep(0)
    verdict = await judges.judge(LINE, Outcome.HOLD)
    assert verdict is not None
    assert verdict.by == "unsure"
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    quick = asyncio.create_task(judges.judge(LINE, Outcome.HOLD))
    await asyncio.sleep(0)
    assert not quick.done()
    quick.cancel()
    await asyncio.gather(quick, return_exceptions=True)


async def test_all_are_closed() -> None:
    moderators = [Capitals("one"), Capitals("two")]
    await Judges(moderators).close()
    assert all(moderator.closed for moderator in moderators)
