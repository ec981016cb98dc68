"""Fixtures that more than one package's tests need. Parts are real: SQLite on disk, the writer's own thread."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import uvloop
from hypothesis import HealthCheck, settings

from livehub.clock import ManualClock
from livehub.events import EventBus
from livehub.storage.database import Database
from tests import http_errors
from tests.databases import Templates, create
from tests.media.virtual_time import VirtualTimeLoop

# Examples are bounded by number, not by time: the machine may be busy. Before any test is read, which keeps what holds.
_PRESENT = settings()  # Hypothesis has others where it sees itself on a CI machine
settings.register_profile(
    "unhurried",
    _PRESENT,
    deadline=None,
    suppress_health_check=[*_PRESENT.suppress_health_check, HealthCheck.too_slow],
)
settings.load_profile("unhurried")


def pytest_configure() -> None:
    http_errors.install()
    # The suite starts dozens of processes of the package. Where Python was told to keep no bytecode, as container
    # images do, each would compile its six hundred modules again: near a second of CPU a start.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False


def pytest_asyncio_loop_factories(item: pytest.Item) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Tests run on the loop that the server runs on: its transports are not asyncio's. Those marked ``virtual_time``
    run on one whose time stands still while there is something to do (:mod:`tests.media.virtual_time`)."""
    if item.get_closest_marker("virtual_time"):
        return {"virtual": VirtualTimeLoop}
    return {"uvloop": uvloop.new_event_loop}


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """For ``-n 2``, as ``make test`` says, unless ``--dist`` asks for something else."""
    if config.getvalue("dist") != "load":
        return None
    from tests.lanes import Lanes

    return Lanes(config, log)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def bus() -> EventBus:
    return EventBus()


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    return Templates(tmp_path_factory.mktemp("templates"))


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """An empty SQLite database with every table whose module the test has imported."""
    database = Database(create(tmp_path / "livehub.db"))
    database.start()
    yield database
    await database.close()
