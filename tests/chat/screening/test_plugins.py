"""Automatic moderators: found by entry point, and checked when the server starts."""

from importlib.metadata import EntryPoint
from typing import Any

import pytest

from livehub.chat.screening.plugin import Judgement, Line
from livehub.chat.screening.registry import GROUP, ModeratorInvalid, build_moderators
from livehub.chat.screening.rules import Outcome
from livehub.clock import ManualClock


class Capitals:
    def __init__(self, name: str = "capitals") -> None:
        self.name = name

    async def judge(self, line: Line) -> Judgement:
        return Judgement(Outcome.HOLD if line.text.isupper() else Outcome.ALLOW, "shouting")

    async def close(self) -> None:
        return None


def create(setting: str, **_: object) -> Capitals:
    if setting == "bad":
        raise ValueError("no such setting")
    return Capitals()


def create_nameless(setting: str, **_: object) -> Capitals:
    return Capitals(name="")


def create_broken_name(setting: str, **_: object) -> Capitals:
    return Capitals(name="capi\ntals")


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
        (("it",), "create_broken_name", "no name"),
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
