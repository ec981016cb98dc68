"""The migrations make exactly the tables that the code names, on both databases."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Engine, inspect

from livehub.bench.postgres import Postgres
from livehub.storage import migrate
from livehub.storage.database import make_engine

SOLD = (
    "INSERT INTO stores VALUES ('s', 'o', 't', 'EUR', 0)",
    "INSERT INTO products (id, store_id, title, description, created_at) VALUES ('p', 's', 't', '', 0)",
    "INSERT INTO variants (id, product_id, store_id, position, sku, title, price_minor, received, free, archived)"
    " VALUES ('v', 'p', 's', 0, 'S', '', 1, 5, 0, FALSE)",
    "INSERT INTO offers (id, room_id, store_id, variant_id, price_minor, currency, quantity, available, held, sold,"
    " pinned, created_at) VALUES ('o', 'r', 's', 'v', 1, 'EUR', 5, 3, 0, 2, FALSE, 0)",
    "INSERT INTO orders (seq, id, store_id, store_title, room_id, buyer_id, buyer_name, status, currency, total_minor,"
    " idempotency_key, fingerprint, provider, payment_id, payment_status, delivery, contact, history, placed_at)"
    " VALUES (1, 'x', 's', 't', 'r', 'b', 'n', 'paid', 'EUR', 2, 'k', 'f', 'p', 'pi', 'paid', '{}', '{}', '[]', 0)",
    "INSERT INTO order_lines (order_seq, position, offer_id, variant_id, sku, title, variant_title, quantity,"
    " unit_minor) VALUES (1, 0, 'o', 'v', 'S', 't', '', 2, 1)",
)


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


def test_a_database_with_sales_in_it_is_upgraded(database_url: str) -> None:
    """Tables that others refer to are changed without losing what refers to them."""
    engine = make_engine(database_url)
    with engine.execution_options(writer=True).begin() as connection:
        command.upgrade(migrate._config(connection), "0005")
        for statement in SOLD:
            connection.exec_driver_sql(statement)
    migrate.upgrade(database_url)
    with engine.connect() as connection:
        joined = "SELECT l.quantity, o.available FROM order_lines l JOIN offers o ON o.id = l.offer_id"
        assert connection.exec_driver_sql(joined).fetchall() == [(2, 3)]
    engine.dispose()


def test_bans_of_a_place_are_kept_when_each_member_has_their_own(database_url: str) -> None:
    """And back: of several the longest stays, so that nobody comes in sooner."""
    mark = "INSERT INTO chat_marks (room_id, kind, value, identity, until, at) VALUES ('r', 'network', '192.0.2.0/24',"
    engine = make_engine(database_url)
    rows = "SELECT identity, until FROM chat_marks ORDER BY identity"
    with engine.execution_options(writer=True).begin() as connection:
        command.upgrade(migrate._config(connection), "0028")
        connection.exec_driver_sql(f"{mark} 'ann', 10, 1)")
    migrate.upgrade(database_url)
    with engine.execution_options(writer=True).begin() as connection:
        for values in ("'ben', NULL, 2", "'cem', NULL, 3", "'', 30, 4"):
            connection.exec_driver_sql(f"{mark} {values})")
        assert sorted(map(tuple, connection.exec_driver_sql(rows)), key=str) == sorted(
            [("", 30), ("ann", 10), ("ben", None), ("cem", None)], key=str
        )
    with engine.execution_options(writer=True).begin() as connection:
        command.downgrade(migrate._config(connection), "0028")
        assert list(map(tuple, connection.exec_driver_sql(rows))) == [("ben", None)]
    engine.dispose()
