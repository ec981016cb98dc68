"""Who lives, as each process knows it of the others: at once, and without a crowd of answers."""

import asyncio
from collections.abc import Awaitable, Callable

from livehub.bench.valkey import Valkey
from livehub.processes.ensemble import Ensemble
from livehub.processes.exchange import Beat, Exchange
from livehub.processes.limits import ProcessLimits
from tests.processes.conftest import eventually

#: nobody says by itself within a test that it lives
SILENT = ProcessLimits(retry_first_s=0.01, retry_last_s=0.05, beat_s=3600, lease_s=7200)


async def test_a_new_process_knows_of_the_others_without_waiting_for_their_beat(shared_valkey: Valkey) -> None:
    made = [Ensemble(shared_valkey.url, prefix="heard", role=role, limits=SILENT) for role in ("media", "web", "web")]
    try:
        for ensemble in made:
            await ensemble.start()
            if ensemble is not made[0]:
                await eventually(lambda ensemble=ensemble: ensemble.exchange.of_role("media"), 60)  # type: ignore[misc]
        for ensemble in made:
            await eventually(lambda ensemble=ensemble: len(ensemble.exchange.others) == 2, 60)  # type: ignore[misc]
    finally:
        for ensemble in made:
            await ensemble.close()


class Wire:
    """In place of a link: what is said stays here."""

    def __init__(self) -> None:
        self.said: list[bytes] = []

    def whenever_up(self, act: Callable[[bool], Awaitable[None]]) -> None:
        pass

    def publish(self, _channel: str, message: bytes) -> None:
        self.said.append(message)


async def test_however_many_are_new_one_answer_is_for_all_and_none_asks_for_more() -> None:
    wire = Wire()
    exchange = Exchange(wire, "me", role="web", url="", limits=SILENT)  # type: ignore[arg-type]
    for number in range(50):
        exchange._beat(f"new {number}", Beat("web", "", is_new=True))
    assert wire.said == []
    async with asyncio.timeout(30):
        while not wire.said:
            await asyncio.sleep(0.01)
    (answer,) = wire.said
    assert answer == exchange.packed("beat", Beat("web", "", is_answer=True))
    # theirs come in turn: all that they had to tell came before
    for number in range(50):
        exchange._beat(f"old {number}", Beat("web", "", is_answer=True))
    await asyncio.sleep(0.1)
    assert len(wire.said) == 1
    assert len(exchange.others) == 100


async def test_whoever_is_heard_by_chance_is_asked_what_it_has_told() -> None:
    wire = Wire()
    exchange = Exchange(wire, "me", role="web", url="", limits=SILENT)  # type: ignore[arg-type]
    exchange._beat("old", Beat("web", ""))
    exchange._beat("old", Beat("web", ""))
    assert wire.said == [exchange.packed("beat", Beat("web", "", is_new=True))]


async def test_waiting_for_a_role_ends_when_it_is_heard_and_when_the_time_is_over() -> None:
    exchange = Exchange(Wire(), "me", role="web", url="", limits=SILENT)  # type: ignore[arg-type]
    await exchange.until_heard({"media"}, 0.01)
    waiting = asyncio.create_task(exchange.until_heard({"media", "all"}, 3600))
    await asyncio.sleep(0)
    exchange._beat("a web process", Beat("web", ""))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not waiting.done()
    exchange._beat("the other", Beat("media", ""))
    async with asyncio.timeout(30):
        await waiting
