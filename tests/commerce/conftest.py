"""The selling server, with and without its worker."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from livehub.clock import ManualClock
from livehub.events import EventBus
from livehub.storage.database import Database
from tests.commerce.selling import SellingSite, Show, open_show, selling


@pytest.fixture
async def site(database: Database, clock: ManualClock, bus: EventBus, tmp_path: Path) -> AsyncIterator[SellingSite]:
    async with selling(database, clock, bus, tmp_path) as site:
        yield site


@pytest.fixture
async def working_site(
    database: Database, clock: ManualClock, bus: EventBus, tmp_path: Path
) -> AsyncIterator[SellingSite]:
    async with selling(database, clock, bus, tmp_path, work=True) as site:
        yield site


@pytest.fixture
async def show(site: SellingSite) -> Show:
    return await open_show(site)
