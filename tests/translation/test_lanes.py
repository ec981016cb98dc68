"""What a slow engine gets of a busy room, in time that passes at once."""

import asyncio
from collections.abc import Sequence

import pytest

from livehub.clock import ManualClock
from livehub.translation.lanes import Lane
from livehub.translation.service import TranslationService
from livehub.translation.wording import Circumstances
from tests.translation.engines import Engine
from tests.translation.hasty_loop import run_hastily

DEADLINE_S = 3.0


class Slow(Engine):
    def __init__(self, takes_s: float) -> None:
        super().__init__("slow")
        self._takes_s = takes_s

    async def translate(self, texts: Sequence[str], source: str, target: str) -> list[str | None]:
        self.running += 1
        await asyncio.sleep(self._takes_s)
        self.running -= 1
        return await super().translate(texts, source, target)


class Phrases(Engine):
    """Answers at once, and knows one line."""

    reads_plain = True

    async def translate(self, texts: Sequence[str], source: str, target: str) -> list[str | None]:
        return ["¡hola a todos!" if text == "hello everybody" else None for text in texts]


class Ledger:
    def __init__(self) -> None:
        self.used = 0

    def take(self, room_id: str, chars: int) -> bool:
        self.used += chars
        return True

    def give_back(self, room_id: str, chars: int) -> None:
        self.used -= chars


def serve(*engines: Engine, budget: Ledger | None = None) -> TranslationService:
    return TranslationService(
        engines, clock=ManualClock(), deadline_s=DEADLINE_S, gather_s=0.05, max_calls_per_pair=4, budget=budget
    )


async def chat(service: TranslationService, lines_per_s: float, seconds: float) -> int:
    """How many of the lines are translated for those who read them."""
    told: list[str] = []
    count = round(lines_per_s * seconds)
    for number in range(count):
        words = "".join(chr(ord("a") + int(digit)) for digit in str(number))
        service.submit(f"line {words}", "en", {"es"}, lambda found: told.append(found.text), Circumstances("room"))
        await asyncio.sleep(1 / lines_per_s)
    await asyncio.sleep(DEADLINE_S)
    return len(told)


@pytest.mark.parametrize("lines_per_s", [0.4, 2, 10, 50])
def test_an_engine_that_takes_two_seconds_keeps_up_with_a_lively_room(lines_per_s: float) -> None:
    """Lines that came during its only call waited for its end, and more than half were too late."""

    async def talk() -> tuple[int, TranslationService]:
        service = serve(Slow(2.0))
        got = await chat(service, lines_per_s, 40)
        await service.close()
        return got, service

    got, service = run_hastily(talk())
    # At the beginning nobody knows how long it takes.
    assert got >= 40 * lines_per_s - max(2 * lines_per_s, 1)
    assert service.stats.providers["slow"].timeouts == 0


@pytest.mark.parametrize(("lines_per_s", "takes_s"), [(100, 2.0), (200, 1.0), (500, 0.5)])
def test_more_lines_than_an_engine_can_do_cost_it_neither_its_work_nor_its_turn(
    lines_per_s: float, takes_s: float
) -> None:
    """Each line was sent when it was nearly too late, none came in time, and a well engine was left alone."""
    budget = Ledger()

    async def talk() -> tuple[int, TranslationService]:
        service = serve(Phrases("phrases"), Slow(takes_s), budget=budget)
        got = await chat(service, lines_per_s, 30)
        hello = await service.translate("hello everybody", "en", {"es"})
        assert hello["es"].text == "¡hola a todos!"
        await service.close()
        return got, service

    got, service = run_hastily(talk())
    able = 4 * 32 / takes_s * 30
    assert got >= 0.7 * able
    assert service.stats.providers["slow"].timeouts == 0
    assert service.stats.providers["slow"].opened == 0
    assert service.stats.overloaded > 0
    assert budget.used == service.stats.chars, "what was not sent is not paid for"


def test_what_engines_know_at_once_is_known_in_a_crowd_as_well() -> None:
    async def talk() -> list[str]:
        service = serve(Phrases("phrases"), Slow(2.0))
        crowd = asyncio.ensure_future(chat(service, 300, 10))
        await asyncio.sleep(8)
        told: list[str] = []
        service.submit("hello everybody", "en", {"es"}, lambda found: told.append(found.text))
        await asyncio.sleep(DEADLINE_S)
        await crowd
        await service.close()
        return told

    assert run_hastily(talk()) == ["¡hola a todos!"]


def test_what_calls_take_is_learnt_at_once_and_forgotten_slowly() -> None:
    lane = Lane()
    lane.took(1.0, DEADLINE_S)
    assert lane.takes_s == pytest.approx(1.1)
    lane.took(0.1, DEADLINE_S)
    assert 0.8 < lane.takes_s < 1.0
    for _ in range(50):
        lane.took(0.1, DEADLINE_S)
    assert lane.takes_s == pytest.approx(0.11, abs=0.01)
    lane.took(60.0, DEADLINE_S)
    assert lane.takes_s < DEADLINE_S, "a line that has just come is sent all the same"
