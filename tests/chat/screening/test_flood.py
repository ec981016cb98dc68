"""Lines said again and again, by one and by many, in one process and in several."""

from collections.abc import Callable

from livehub.chat.screening.flood import ONE_WINDOW_S, RAID_LETTERS, SAME_OF_MANY, FloodWatch
from livehub.clock import ManualClock

Spend = Callable[[str, float], None]


class Wire:
    """What is told by one is heard by all others, at once."""

    def __init__(self) -> None:
        self.heard: dict[str, list[Spend]] = {}

    def share(self, name: str, spend: Spend) -> Spend:
        self.heard.setdefault(name, []).append(spend)

        def tell(key: str, n: float) -> None:
            for other in self.heard[name]:
                if other is not spend:
                    other(key, n)

        return tell


def test_the_third_time_is_refused_whichever_process_it_comes_to() -> None:
    clock, wire = ManualClock(), Wire()
    one, two = FloodWatch(clock, wire), FloodWatch(clock, wire)
    assert one.repeated("room", "ann", "a", "said") is None
    assert two.repeated("room", "ann", "b", "said") is None
    assert one.repeated("room", "ann", "c", "said") == ONE_WINDOW_S
    assert two.repeated("room", "ann", "d", "said") == ONE_WINDOW_S
    assert two.repeated("room", "ben", "d", "said") is None
    assert two.repeated("elsewhere", "ann", "d", "said") is None
    clock.advance(ONE_WINDOW_S)
    assert one.repeated("room", "ann", "e", "said") is None


def test_a_line_that_is_sent_again_to_another_process_counts_once() -> None:
    clock, wire = ManualClock(), Wire()
    one, two = FloodWatch(clock, wire), FloodWatch(clock, wire)
    for watch in (one, two, one, two):
        assert watch.repeated("room", "ann", "the same id", "said") is None
    assert one.repeated("room", "ann", "another", "said") is None


def test_a_raid_through_several_processes_is_one() -> None:
    clock, wire = ManualClock(), Wire()
    watches = [FloodWatch(clock, wire) for _ in range(3)]
    seen = [
        watches[number % 3].raided("room", f"raider{number}", "said", RAID_LETTERS) for number in range(SAME_OF_MANY)
    ]
    assert seen == [False] * (SAME_OF_MANY - 1) + [True]
    assert not watches[0].raided("elsewhere", "raider", "said", RAID_LETTERS)


def test_ids_with_anything_in_them_are_told_as_they_are() -> None:
    clock, wire = ManualClock(), Wire()
    one, two = FloodWatch(clock, wire), FloodWatch(clock, wire)
    for number in range(2):
        assert one.repeated("room", "guest:ann|b c", f"id\n{number} |,", "said") is None
    assert two.repeated("room", "guest:ann|b c", "more", "said") is not None
