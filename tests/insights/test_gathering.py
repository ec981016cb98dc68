"""Counting between two writes."""

from livehub.insights.gathering import Gathering, Step
from livehub.insights.limits import InsightLimits


def test_viewers_of_a_minute_are_their_most_and_their_mean() -> None:
    gathering = Gathering(InsightLimits())
    gathering.watch("r", entered=0)
    for viewers, entered in ((2, 2), (5, 6), (2, 6)):
        gathering.sample("r", 10, viewers, entered)
    minute = gathering.take().rooms["r", 10]
    assert (minute.peak, minute.total, minute.samples, minute.entered) == (5, 9, 3, 6)
    assert len(gathering.take()) == 0


def test_who_is_there_when_it_is_pinned_and_who_comes_while_it_is_have_seen_it() -> None:
    gathering = Gathering(InsightLimits())
    gathering.watch("r", entered=0)
    gathering.sample("r", 1, viewers=10, entered=10)
    gathering.pinned("r", 1, ["a"], here=10)
    gathering.sample("r", 1, viewers=13, entered=14)
    gathering.pinned("r", 2, ["b", "a"], here=13)
    gathering.sample("r", 2, viewers=13, entered=15)
    gathering.pinned("r", 2, [], here=13)
    gathering.sample("r", 2, viewers=20, entered=22)
    steps = gathering.take().steps
    assert steps == {
        ("r", 1, "a", Step.VIEW): 14,
        ("r", 2, "a", Step.VIEW): 1,
        ("r", 2, "b", Step.VIEW): 14,
    }


def test_a_room_that_all_have_left_counts_from_nothing_again() -> None:
    gathering = Gathering(InsightLimits())
    gathering.watch("r", entered=0)
    gathering.sample("r", 1, viewers=3, entered=3)
    gathering.sample("r", 1, viewers=2, entered=2)
    assert gathering.take().rooms["r", 1].entered == 5


def test_a_person_counts_once_with_an_offer_and_a_step() -> None:
    gathering = Gathering(InsightLimits())
    gathering.watch("r", entered=0)
    assert gathering.step("r", 1, "a", Step.CARD, "ana")
    assert not gathering.step("r", 2, "a", Step.CARD, "ana")
    assert gathering.step("r", 2, "a", Step.CHECKOUT, "ana")
    assert gathering.step("r", 2, "a", Step.CARD, "bo")
    assert gathering.take().steps == {
        ("r", 1, "a", Step.CARD): 1,
        ("r", 2, "a", Step.CHECKOUT): 1,
        ("r", 2, "a", Step.CARD): 1,
    }


def test_bounds_hold_whatever_clients_name() -> None:
    gathering = Gathering(InsightLimits(max_offers=2, max_steps=3))
    gathering.watch("r", entered=0)
    assert [gathering.step("r", 1, offer, Step.CARD, "ana") for offer in "abc"] == [True, True, False]
    assert [gathering.step("r", 1, "a", Step.CARD, who) for who in ("bo", "cy")] == [True, False]
    assert not gathering.step("elsewhere", 1, "a", Step.CARD, "ana")


def test_what_could_not_be_written_is_added_to_what_came_since() -> None:
    gathering = Gathering(InsightLimits(max_waiting_rows=4))
    gathering.watch("r", entered=0, pinned=["a"])
    gathering.sample("r", 1, viewers=4, entered=4)
    before = gathering.take()
    gathering.sample("r", 1, viewers=2, entered=5)
    gathering.give_back(before)
    again = gathering.take()
    assert (again.rooms["r", 1].peak, again.rooms["r", 1].total, again.rooms["r", 1].entered) == (4, 6, 5)
    assert again.steps == {("r", 1, "a", Step.VIEW): 5}
    for minute in (2, 3):
        gathering.sample("r", minute, viewers=1, entered=minute + 4)
    assert not gathering.give_back(again), "beyond the bound it is lost, and said to be"
