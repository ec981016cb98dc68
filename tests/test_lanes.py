"""Every test is run once, pictures by one process alone, and no browser is near a change of interfaces."""

import itertools
import random
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.lanes import PAGES, TIMED, Kind, Lanes, kind_of

TESTS = Path(__file__).parent
FILES = [
    "tests/accounts/test_tokens.py", "tests/e2e/test_fulfil.py", "tests/e2e/test_interfaces.py",
    "tests/e2e/test_pages.py", "tests/e2e/test_stage.py", "tests/e2e/test_turn.py", "tests/media/test_loss.py",
    "tests/storage/test_writer.py", "tests/test_clock.py", "tests/web/commerce/test_tray.py",
]  # fmt: skip
NAMES = ("test_a", "test_b[c::d]", "Group::test_e", "Group::test_f")
COLLECTED = [f"{file}::{name}" for file in FILES for name in NAMES]


class Process:
    """What the scheduler sees of one: it does what it was given, as long as it knows what comes next."""

    def __init__(self) -> None:
        self.gateway = SimpleNamespace(id="gw")
        self.given: list[int] = []
        self.done: list[int] = []
        self.shutting_down = False

    def send_runtest_some(self, indices: list[int]) -> None:
        assert not self.shutting_down
        self.given += indices

    def shutdown(self) -> None:
        self.shutting_down = True

    @property
    def at(self) -> int | None:
        """The test that it is at; a process waits before its last one until it hears of another, or of the end."""
        left = len(self.given) - len(self.done)
        return self.given[len(self.done)] if left > 1 or (left and self.shutting_down) else None


def lanes(*processes: Process, collected: list[str] = COLLECTED) -> Any:
    config: Any = SimpleNamespace(getvalue=lambda _: ["popen"] * len(processes), option=SimpleNamespace())
    made: Any = Lanes(config)
    for process in processes:
        made.add_node(process)
        made.add_node_collection(process, collected)
    made.schedule()
    return made


def run(made: Any, *processes: Process, seed: int) -> Iterator[list[str | None]]:
    """At what each process is, test by test, until all have come to their end."""
    chance = random.Random(seed)
    while True:
        if made.tests_finished:
            for process in processes:
                process.shutdown()
        busy = [process for process in processes if process.at is not None]
        if not busy:
            return
        yield [None if each.at is None else made.collection[each.at] for each in processes]
        process = chance.choice(busy)
        index = process.given[len(process.done)]
        process.done.append(index)
        made.mark_test_complete(process, index)


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("seed", range(20))
def test_everything_is_run_once_and_in_its_lane(count: int, seed: int) -> None:
    processes = [Process() for _ in range(count)]
    made = lanes(*processes)
    for at in run(made, *processes, seed=seed):
        kinds = [test and kind_of(test.partition("::")[0]) for test in at]
        assert Kind.PICTURES not in kinds[1:]
        if Kind.INTERFACES in kinds:
            assert kinds[0] is Kind.INTERFACES
            assert Kind.PAGES not in kinds
    done = [index for process in processes for index in process.done]
    assert sorted(done) == list(range(len(COLLECTED)))
    for process in processes:
        files = [COLLECTED[index].partition("::")[0] for index in process.done]
        assert len(set(files)) == 1 + sum(one != other for one, other in itertools.pairwise(files))


@pytest.mark.parametrize("files", [["tests/e2e/test_interfaces.py", "tests/e2e/test_pages.py"], FILES[4:6], FILES[:1]])
def test_a_part_of_the_suite_is_run_too(files: list[str]) -> None:
    collected = [test for test in COLLECTED if test.partition("::")[0] in files]
    processes = [Process(), Process()]
    for _ in run(lanes(*processes, collected=collected), *processes, seed=1):
        pass
    assert sum(len(process.done) for process in processes) == len(collected)


def test_kinds_are_of_what_is_there() -> None:
    assert all((TESTS / "e2e" / f"test_{name}.py").is_file() for name in PAGES)
    assert all((TESTS / folder).is_dir() for folder in TIMED)
    assert kind_of("tests/e2e/test_interfaces.py") is Kind.INTERFACES
    assert kind_of("tests/e2e/test_something_new.py") is Kind.PICTURES
    assert kind_of("tests/web/commerce/test_tray.py") is kind_of("tests/test_clock.py") is Kind.PURE
