from collections import Counter

import pytest

from livehub.clock import ManualClock
from livehub.translation import budget as module
from livehub.translation.budget import DAY_MS, Budget


class Totals:
    """Of everybody, as SQL keeps them."""

    def __init__(self) -> None:
        self.days: dict[str, Counter[str]] = {}
        self.fails = False

    async def add(self, day: str, used: dict[str, int]) -> dict[str, int]:
        if self.fails:
            raise OSError("away")
        totals = self.days.setdefault(day, Counter())
        totals.update(used)
        return {room_id: totals[room_id] for room_id in used}


def test_so_many_characters_a_day(clock: ManualClock) -> None:
    spent: list[str] = []
    budget = Budget(Totals(), clock, daily_chars=10, on_spent=lambda room_id, _: spent.append(room_id))
    assert budget.take("a", 6)
    assert not budget.take("a", 5)
    assert budget.take("a", 4)
    assert not budget.take("a", 1)
    assert budget.take("b", 10)
    assert (spent, budget.spent_until("b"), budget.spent_rooms) == (["a"], None, 1)
    assert budget.spent_until("a") == budget.resets_at()
    budget.give_back("b", 3)
    assert budget.take("b", 3)
    clock.advance(DAY_MS / 1000)
    assert budget.take("a", 10)
    assert (budget.spent_until("a"), budget.spent_rooms) == (None, 0)


def test_without_limit(clock: ManualClock) -> None:
    assert Budget(Totals(), clock).take("a", 10**9)


async def test_processes_and_restarts_share_a_total(clock: ManualClock) -> None:
    totals = Totals()
    one, two = (Budget(totals, clock, daily_chars=10) for _ in range(2))
    assert one.take("a", 6)
    await one.keep()
    assert two.take("a", 4)
    await two.keep()
    assert not two.take("a", 1)
    after_restart = Budget(totals, clock, daily_chars=10)
    assert await after_restart.look("a") == {
        "used": 10,
        "limit": 10,
        "spent": True,
        "resets_at": after_restart.resets_at(),
    }
    assert not after_restart.take("a", 1)


async def test_what_cannot_be_kept_is_kept_later(clock: ManualClock) -> None:
    totals = Totals()
    budget = Budget(totals, clock, daily_chars=10)
    budget.take("a", 6)
    totals.fails = True
    with pytest.raises(OSError, match="away"):
        await budget.keep()
    totals.fails = False
    await budget.keep()
    assert [dict(day) for day in totals.days.values()] == [{"a": 6}]
    await budget.keep()
    assert [dict(day) for day in totals.days.values()] == [{"a": 6}]


async def test_closing_keeps(clock: ManualClock) -> None:
    totals = Totals()
    budget = Budget(totals, clock)
    budget.start()
    budget.take("a", 6)
    await budget.close()
    await budget.close()
    assert [dict(day) for day in totals.days.values()] == [{"a": 6}]


async def test_rooms_are_bounded(clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_ROOMS", 3)
    budget = Budget(Totals(), clock, daily_chars=10)
    for number in range(6):
        budget.take(f"r{number}", 1)
        await budget.keep()
    assert len(budget._rooms) == 3
