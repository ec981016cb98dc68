"""The migrations make exactly the tables that the code names, on both databases."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, inspect

from livehub.bench.postgres import Postgres
from livehub.storage import migrate
from livehub.storage.database import make_engine


def _plain(found: Mapping[str, Any]) -> str:
    options = {name: str(value) for name, value in found.get("dialect_options", {}).items()}
    return str({**found, "dialect_options": options})


def _shape(engine: Engine) -> dict[str, Any]:
    """Everything about the tables that the database itself can tell, in a form that compares."""
    inspector = inspect(engine)
    shape: dict[str, Any] = {}
    for table in sorted(set(inspector.get_table_names()) - {"alembic_version"}):
        columns = [(c["name"], str(c["type"]), c["nullable"], str(c["default"])) for c in inspector.get_columns(table)]
        shape[table] = {
            "columns": columns,
            "primary key": inspector.get_pk_constraint(table),
            "foreign keys": sorted(map(_plain, inspector.get_foreign_keys(table))),
            "unique": sorted(map(_plain, inspector.get_unique_constraints(table))),
            "checks": sorted(map(_plain, inspector.get_check_constraints(table))),
            "indexes": sorted(map(_plain, inspector.get_indexes(table))),
        }
    return shape


@pytest.fixture
def other_url(database_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """A second empty database of the same kind."""
    if database_url.startswith("sqlite"):
        return f"sqlite:///{tmp_path / 'other.db'}"
    postgres: Postgres = request.getfixturevalue("postgres")
    return postgres.new_database()


def test_migrations_make_the_tables_of_the_metadata(database_url: str, other_url: str) -> None:
    migrate.upgrade(database_url)
    migrated, created = make_engine(database_url), make_engine(other_url)
    with created.execution_options(writer=True).begin() as connection:
        migrate.schema().create_all(connection)
    try:
        assert _shape(migrated) == _shape(created), (
            "run `python -m livehub.storage.migrate revision` and read its output"
        )
        with migrated.connect() as connection:
            assert migrate.differences(connection) == []
    finally:
        migrated.dispose()
        created.dispose()


def test_upgrading_twice_changes_nothing_and_check_is_content(database_url: str) -> None:
    with pytest.raises(migrate.SchemaOutdated, match="livehub migrate"):
        migrate.check(database_url)
    migrate.upgrade(database_url)
    migrate.check(database_url)
    engine = make_engine(database_url)
    before = _shape(engine)
    migrate.upgrade(database_url)
    assert _shape(engine) == before
    engine.dispose()
