"""Polls, questions and draws on both databases: one vote each, sums that are right under a rush, lists that stand."""

import asyncio
from dataclasses import replace

import pytest

from livehub.errors import IllegalTransition, LivehubError
from livehub.interaction import fairness
from livehub.interaction.draws import Draw, DrawState
from livehub.interaction.errors import (
    DrawClosed,
    DrawFull,
    DrawIsRunning,
    PollClosed,
    PollIsOpen,
    PollNotFound,
    QuestionAnswered,
    QuestionNotFound,
    TooMany,
    TooManyQuestions,
    UnknownOption,
)
from livehub.interaction.polls import Poll, PollState
from livehub.interaction.ports import QuestionBounds
from livehub.interaction.questions import Question, QuestionState
from livehub.storage.database import Database
from livehub.storage.draws import SqlDraws
from livehub.storage.polls import SqlPolls
from livehub.storage.questions import SqlQuestions

POLL = Poll("poll_1", "room_1", "Which?", ("a", "b", "c"), PollState.OPEN, "host", 1000)
SEED = bytes(range(32))
DRAW = Draw(
    "draw_1", "room_1", "A bowl", 2, "blue", DrawState.OPEN, fairness.commitment_to(SEED), SEED, "host", 1000
)  # fmt: skip
ROOMY = QuestionBounds(100, 1000)


def question(n: int, identity: str = "ann", room: str = "room_1") -> Question:
    return Question(f"qst_{n}", room, identity, identity.title(), f"Why {n}?", QuestionState.WAITING, f"c{n}", 1000 + n)


async def test_one_vote_a_member_changeable_until_the_close(migrated: Database) -> None:
    polls = SqlPolls(migrated)
    await polls.add(POLL, 10)
    assert await polls.vote("room_1", "poll_1", "ann", 0, 1)
    assert not await polls.vote("room_1", "poll_1", "ann", 0, 2)
    assert await polls.vote("room_1", "poll_1", "ann", 2, 3)
    assert await polls.vote_of("poll_1", "ann") == 2
    assert (await polls.find("room_1", "poll_1")).votes == (0, 0, 1)
    for room, poll, option, refusal in (
        ("room_2", "poll_1", 0, PollNotFound),
        ("room_1", "poll_2", 0, PollNotFound),
        ("room_1", "poll_1", 3, UnknownOption),
        ("room_1", "poll_1", -1, UnknownOption),
    ):
        with pytest.raises(refusal):
            await polls.vote(room, poll, "ben", option, 4)
    closed = await polls.close("room_1", "poll_1", 5)
    assert (closed.state, closed.closed_at, closed.votes) == (PollState.CLOSED, 5, (0, 0, 1))
    with pytest.raises(PollClosed):
        await polls.vote("room_1", "poll_1", "ben", 0, 6)
    with pytest.raises(PollClosed):
        await polls.close("room_1", "poll_1", 6)
    with pytest.raises(PollNotFound):
        await polls.close("room_2", "poll_1", 6)


async def test_one_open_poll_a_room_and_so_many_in_all(migrated: Database) -> None:
    polls = SqlPolls(migrated)
    outcomes = await asyncio.gather(
        *(polls.add(replace(POLL, id=f"poll_{n}"), 10) for n in range(5)), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes if outcome] == [PollIsOpen] * 4
    (won,) = await polls.of_room("room_1", 10)
    await polls.close("room_1", won.id, 2)
    await polls.add(replace(POLL, id="poll_9", created_at=2000), 10)
    both = await polls.of_room("room_1", 10)
    assert [poll.id for poll in both] == ["poll_9", won.id]
    for most in (10, 1):
        assert await polls.words("room_1", most) == [(poll.question, poll.options) for poll in both[:most]]
    await polls.close("room_1", "poll_9", 3)
    with pytest.raises(TooMany):
        await polls.add(replace(POLL, id="poll_10"), 2)
    await polls.add(replace(POLL, id="poll_11", room_id="room_2"), 2)


async def test_two_processes_do_not_open_two_polls(migrated: Database) -> None:
    """The second process's count was made before the first one's commit: the index refuses it all the same."""
    other = Database(migrated.url)
    other.start()
    try:
        outcomes = await asyncio.gather(
            *(SqlPolls(base).add(replace(POLL, id=f"poll_{n}"), 10) for n, base in enumerate((migrated, other) * 5)),
            return_exceptions=True,
        )
        assert sum(outcome is None for outcome in outcomes) == 1
        assert {type(outcome) for outcome in outcomes if outcome} == {PollIsOpen}
        voted = await asyncio.gather(
            *(SqlPolls(base).vote("room_1", won.id, f"m{n % 50}", n % 3, 1)
              for won in await SqlPolls(other).of_room("room_1", 1)
              for n, base in enumerate((migrated, other) * 100)),
            return_exceptions=True,
        )  # fmt: skip
        assert [outcome for outcome in voted if isinstance(outcome, BaseException)] == []
        (after,) = await SqlPolls(other).of_room("room_1", 1)
        assert sum(after.votes) == 50
    finally:
        await other.close()


async def test_questions_are_kept_once_counted_and_ordered(migrated: Database) -> None:
    store = SqlQuestions(migrated)
    for n in range(4):
        assert await store.add(question(n), ROOMY) == (question(n), True)
    assert await store.add(replace(question(9), client_id="c0"), ROOMY) == (question(0), False)
    assert await store.vote("room_1", "qst_2", "ben", up=True)
    assert not await store.vote("room_1", "qst_2", "ben", up=True)
    assert await store.vote("room_1", "qst_2", "cem", up=True)
    assert await store.vote("room_1", "qst_3", "ben", up=True)
    assert await store.vote("room_1", "qst_2", "cem", up=False)
    assert not await store.vote("room_1", "qst_2", "cem", up=False)
    assert [(item.id, item.votes) for item in await store.of_room("room_1", QuestionState.WAITING, 3)] == [
        ("qst_2", 1), ("qst_3", 1), ("qst_0", 0),
    ]  # fmt: skip
    assert await store.voted_by("room_1", "ben") == ["qst_2", "qst_3"]
    assert await store.voted_by("room_2", "ben") == []
    assert await store.sums(["qst_3", "qst_0", "qst_none"]) == {"qst_0": 0, "qst_3": 1}
    answered = await store.mark("room_1", "qst_2", QuestionState.ANSWERED, 50)
    assert (answered.state, answered.answered_at, answered.votes) == (QuestionState.ANSWERED, 50, 1)
    with pytest.raises(QuestionAnswered):
        await store.vote("room_1", "qst_2", "dan", up=True)
    with pytest.raises(IllegalTransition):
        await store.mark("room_1", "qst_2", QuestionState.ANSWERED, 60)
    await store.mark("room_1", "qst_2", QuestionState.REMOVED, 60)
    for ask in (
        store.find("room_1", "qst_2"),
        store.find("room_2", "qst_3"),
        store.vote("room_1", "qst_2", "a", up=True),
    ):
        with pytest.raises(QuestionNotFound):
            await ask


async def test_a_member_does_not_fill_the_list(migrated: Database) -> None:
    store, bounds = SqlQuestions(migrated), QuestionBounds(2, 3)
    await store.add(question(1), bounds)
    await store.add(question(2), bounds)
    with pytest.raises(TooManyQuestions):
        await store.add(question(3), bounds)
    await store.add(question(4, "ben"), bounds)
    with pytest.raises(TooMany):
        await store.add(question(5, "cem"), bounds)
    await store.mark("room_1", "qst_1", QuestionState.ANSWERED, 9)
    await store.add(question(5, "cem"), bounds)


async def test_upvotes_of_a_crowd_sum_up(migrated: Database) -> None:
    store = SqlQuestions(migrated)
    await store.add(question(1), ROOMY)
    await asyncio.gather(*(store.vote("room_1", "qst_1", f"m{n % 60}", up=True) for n in range(180)))
    assert await store.sums(["qst_1"]) == {"qst_1": 60}


async def enter(draws: SqlDraws, name: str, limit: int = 1000) -> bool:
    return await draws.enter(DRAW, fairness.ticket_of(DRAW.id, name), name, name.title(), 2000, limit)


async def test_a_draw_from_its_opening_to_its_winners(migrated: Database) -> None:
    draws = SqlDraws(migrated)
    await draws.add(DRAW, 10)
    assert await draws.find("room_1", "draw_1") == DRAW
    with pytest.raises(DrawIsRunning):
        await draws.add(replace(DRAW, id="draw_2"), 10)
    names = [f"m{n}" for n in range(30)]
    assert sum(await asyncio.gather(*(enter(draws, name) for name in names * 2))) == 30
    assert await draws.entries("draw_1") == 30
    assert await draws.has_entered("draw_1", "m3")
    assert not await draws.has_entered("draw_1", "nobody")
    with pytest.raises(IllegalTransition):
        await draws.draw("room_1", "draw_1", 3000)
    closed = await draws.close("room_1", "draw_1", 3000)
    tickets = [fairness.ticket_of("draw_1", name) for name in names]
    assert sorted(await draws.tickets("draw_1")) == sorted(tickets)
    assert (closed.entries_digest, closed.entries) == (fairness.entries_digest(tickets), 30)
    with pytest.raises(DrawClosed):
        await enter(draws, "late")
    assert not await enter(draws, "m1")
    drawn = await draws.draw("room_1", "draw_1", 4000)
    chosen = fairness.choose(SEED, "draw_1", tickets, 2)
    assert [(won.place, won.ticket) for won in drawn.winners] == list(enumerate(chosen, 1))
    assert drawn.winners[0].identity == names[tickets.index(chosen[0])]
    assert (await draws.of_room("room_1", 5)) == [drawn]
    assert (await draws.titles("room_1", 5), await draws.titles("room_1", 0)) == ([drawn.title], [])
    with pytest.raises(IllegalTransition):
        await draws.cancel("room_1", "draw_1", 5000)
    await draws.add(replace(DRAW, id="draw_2"), 10)


async def test_entries_that_meet_the_close_are_either_in_the_list_or_refused(migrated: Database) -> None:
    draws = SqlDraws(migrated)
    await draws.add(DRAW, 10)
    entering = [asyncio.create_task(enter(draws, f"m{n}")) for n in range(40)]
    closing = asyncio.create_task(draws.close("room_1", "draw_1", 3000))
    entering += [asyncio.create_task(enter(draws, f"late{n}")) for n in range(40)]
    outcomes = await asyncio.gather(*entering, return_exceptions=True)
    closed = await closing
    assert {type(outcome) for outcome in outcomes if isinstance(outcome, LivehubError)} <= {DrawClosed}
    assert closed.entries == outcomes.count(True)
    assert fairness.entries_digest(await draws.tickets("draw_1")) == closed.entries_digest


async def test_a_draw_takes_so_many_and_may_be_called_off(migrated: Database) -> None:
    draws = SqlDraws(migrated)
    await draws.add(DRAW, 10)
    await enter(draws, "ann", 1)
    with pytest.raises(DrawFull):
        await enter(draws, "ben", 1)
    called_off = await draws.cancel("room_1", "draw_1", 9)
    assert called_off.state is DrawState.CANCELLED
    assert called_off.present()["seed"] == SEED.hex()
    assert called_off.winners == ()
