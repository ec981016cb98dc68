"""Several processes' real-time layers on one real Valkey; here they share a test's loop, and its SQLite."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import pytest

from livehub.bench.valkey import Valkey, running_valkey
from livehub.processes.ensemble import Ensemble
from livehub.processes.limits import ProcessLimits
from livehub.signalling.limits import Limits
from tests.signalling.conftest import FREE, Stack, StackMaker, make_stack

__all__ = ["make_stack"]

QUICK = ProcessLimits(people_s=0.01, retry_first_s=0.01, retry_last_s=0.05)


@pytest.fixture(scope="session")
def shared_valkey() -> Iterator[Valkey]:
    with running_valkey() as server:
        yield server


@pytest.fixture
def own_valkey() -> Iterator[Valkey]:
    """One that the test may kill."""
    with running_valkey() as server:
        yield server


@dataclass
class Process:
    ensemble: Ensemble
    stack: Stack


class ProcessMaker(Protocol):
    async def __call__(self, valkey: Valkey, *, limits: Limits = FREE, role: str = "web") -> Process: ...


@pytest.fixture
async def make_process(make_stack: StackMaker) -> AsyncIterator[ProcessMaker]:
    made: list[Ensemble] = []

    async def make(valkey: Valkey, *, limits: Limits = FREE, role: str = "web") -> Process:
        ensemble = Ensemble(valkey.url, prefix=f"t{id(made)}", role=role, limits=QUICK)
        made.append(ensemble)
        await ensemble.start()
        return Process(ensemble, await make_stack(limits, ensemble=ensemble))

    yield make
    for ensemble in made:
        await ensemble.close()


async def eventually(condition: Callable[[], object], timeout_s: float = 10.0) -> None:
    """Wait for what other processes have to hear first."""
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.005)
