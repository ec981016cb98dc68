"""Databases of both kinds: every test of storage runs on SQLite and on PostgreSQL."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from livehub.bench.postgres import Postgres, running_postgres
from livehub.storage import migrate
from livehub.storage.database import Database


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with running_postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'livehub.db'}"
    postgres: Postgres = request.getfixturevalue("postgres")
    return postgres.new_database()


@pytest.fixture
async def migrated(database_url: str) -> AsyncIterator[Database]:
    """A database as ``livehub serve`` makes it, with its writer running."""
    migrate.upgrade(database_url)
    database = Database(database_url)
    database.start()
    yield database
    await database.close()
