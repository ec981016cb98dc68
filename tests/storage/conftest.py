"""Databases of both kinds: every test of storage runs on SQLite and on PostgreSQL."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from livehub.bench.postgres import Postgres, running_postgres
from livehub.storage.database import Database
from tests.databases import Templates


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


@pytest.fixture(params=["sqlite", "postgresql"])
def migrated_url(request: pytest.FixtureRequest, tmp_path: Path, templates: Templates) -> str:
    """The URL of a database as ``livehub serve`` makes it."""
    if request.param == "sqlite":
        return templates.migrate(tmp_path / "livehub.db")
    return templates.migrate_in(request.getfixturevalue("postgres"))


@pytest.fixture
async def migrated(migrated_url: str) -> AsyncIterator[Database]:
    """A database as ``livehub serve`` makes it, with its writer running."""
    database = Database(migrated_url)
    database.start()
    yield database
    await database.close()
