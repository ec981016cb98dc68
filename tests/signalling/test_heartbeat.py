"""Pings by one timer, on a loop whose time the test moves."""

import asyncio
from collections.abc import Iterator

import pytest

from livehub.signalling.heartbeat import Heartbeats


class Client:
    def __init__(self) -> None:
        self.cut_off = False
        self.unanswered = 0
        self.pings = 0

    def ping(self) -> None:
        self.pings += 1

    def cut(self) -> None:
        self.cut_off = True


class MovedLoop(asyncio.SelectorEventLoop):
    """Its time goes by when a test says so, and by nothing else."""

    moved_s = 0.0

    def time(self) -> float:
        return self.moved_s


@pytest.fixture
def loop() -> Iterator[MovedLoop]:
    loop = MovedLoop()
    yield loop
    loop.close()


def pass_time(loop: MovedLoop, seconds: float) -> None:
    """In steps, so that a timer that sets another is met by it."""

    async def turns() -> None:
        for _ in range(round(seconds * 4)):
            loop.moved_s += 0.25
            await asyncio.sleep(0)
            await asyncio.sleep(0)

    loop.run_until_complete(turns())


def test_who_answers_is_asked_again_and_who_does_not_is_cut(loop: MovedLoop) -> None:
    beats, faithful, silent = Heartbeats(25, 20), Client(), Client()

    async def begin() -> None:
        beats.begin(faithful)
        beats.begin(silent)

    async def answer() -> None:
        beats.answered(faithful)

    loop.run_until_complete(begin())
    pass_time(loop, 24)
    assert (faithful.pings, silent.pings) == (0, 0)
    pass_time(loop, 2)
    assert (faithful.pings, silent.pings) == (1, 1)
    loop.run_until_complete(answer())
    pass_time(loop, 18)
    assert (faithful.cut_off, silent.cut_off) == (False, False)
    pass_time(loop, 2)
    assert (faithful.cut_off, silent.cut_off) == (False, True)
    pass_time(loop, 7)
    assert (faithful.pings, silent.pings) == (2, 1)
    beats.close()


def test_who_answers_is_asked_in_time_where_others_have_long_to_answer(loop: MovedLoop) -> None:
    beats, faithful, silent = Heartbeats(1, 60), Client(), Client()

    async def begin() -> None:
        beats.begin(faithful)
        beats.begin(silent)

    async def answer() -> None:
        beats.answered(faithful)

    loop.run_until_complete(begin())
    for pings in range(1, 4):
        pass_time(loop, 1.25)
        assert (faithful.pings, silent.pings) == (pings, 1)
        loop.run_until_complete(answer())
    pass_time(loop, 60)
    assert silent.cut_off
    beats.close()


def test_answers_to_nothing_and_those_who_have_gone_count_for_nothing(loop: MovedLoop) -> None:
    beats, eager, gone = Heartbeats(25, 20), Client(), Client()

    async def begin() -> None:
        beats.begin(eager)
        beats.begin(gone)
        for _ in range(100):
            beats.answered(eager)

    loop.run_until_complete(begin())
    gone.cut_off = True
    pass_time(loop, 30)
    assert (eager.pings, gone.pings) == (1, 0)
    beats.close()
    pass_time(loop, 60)
    assert not eager.cut_off


def test_a_ping_that_was_answered_cuts_nobody_while_the_next_is_on_its_way(loop: MovedLoop) -> None:
    """The timeout is longer than the interval: the old ping falls due when the new one is not answered yet."""
    beats, slow, silent = Heartbeats(2, 5), Client(), Client()

    async def begin() -> None:
        beats.begin(slow)
        beats.begin(silent)

    async def answer() -> None:
        beats.answered(slow)

    loop.run_until_complete(begin())
    pass_time(loop, 3)
    assert (slow.pings, silent.pings) == (1, 1)
    loop.run_until_complete(answer())
    pass_time(loop, 2.5)
    assert slow.pings == 2
    pass_time(loop, 3)
    assert (slow.cut_off, silent.cut_off) == (False, True)
    loop.run_until_complete(answer())
    pass_time(loop, 2.5)
    assert (slow.pings, slow.cut_off) == (3, False)
    pass_time(loop, 6)
    assert slow.cut_off
    beats.close()
