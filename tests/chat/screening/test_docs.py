"""The example of docs/moderation.md keeps the contract, found by its entry point as pip would install it."""

from collections.abc import AsyncIterator
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from livehub.chat.screening.judges import Judges
from livehub.chat.screening.plugin import Moderator
from livehub.chat.screening.registry import GROUP, ModeratorInvalid, build_moderators
from livehub.chat.screening.rules import Outcome
from livehub.clock import ManualClock
from livehub.testing.moderator_contract import ModeratorContract, ModeratorDriver, line
from livehub.testing.troubled_server import Trouble
from tests.packages import install_listing


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_listing("moderation.md", "livehub_capitals", GROUP, tmp_path, monkeypatch)


def build(*settings: str) -> list[Moderator]:
    return build_moderators(settings, clock=ManualClock(), deadline_s=5.0)


def test_the_one_that_comes_with_livehub_is_declared() -> None:
    assert "openai" in {entry.name for entry in entry_points(group=GROUP)}
    assert [made.name for made in build("openai:https://api.example/v1?key=k")] == ["openai"]


class Local:
    """Nothing is at its other side."""

    fine = "What a nice cup"
    foul = "BUY MINE, THEY ARE CHEAPER THAN ALL OF THESE HERE"
    secrets: tuple[str, ...] = ()

    def __init__(self, moderator: Moderator) -> None:
        self.moderator = moderator

    async def trouble(self, kind: Trouble | None) -> bool:
        return False

    async def reached(self) -> None:
        raise AssertionError


@pytest.mark.usefixtures("installed")
class TestCapitals(ModeratorContract):
    @pytest.fixture
    async def driver(self, installed: None) -> AsyncIterator[ModeratorDriver]:
        (made,) = build("capitals:60")
        yield Local(made)
        await made.close()

    async def test_a_line_is_held_by_it(self, driver: Local) -> None:
        judges = Judges([driver.moderator])
        verdict = await judges.judge(line(driver.foul), Outcome.ALLOW)
        assert verdict is not None
        assert (verdict.outcome, verdict.by, verdict.reason) == ("hold", "auto:capitals", "nearly all in capitals")
        assert await judges.judge(line(driver.fine), Outcome.REFUSE) is None

    def test_its_setting_is_checked(self) -> None:
        with pytest.raises(ModeratorInvalid, match="does not accept its setting: write the share"):
            build("capitals:loud")
        with pytest.raises(ModeratorInvalid, match="Two moderators"):
            build("capitals:60", "capitals:70")
