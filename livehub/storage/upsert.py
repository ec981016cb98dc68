"""``INSERT … ON CONFLICT``, which SQLite and PostgreSQL spell alike and SQLAlchemy keeps with each of them."""

from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite

from livehub.storage.database import Database


def insert_into(database: Database, table: Table) -> Any:
    """An insert into ``table`` that has ``on_conflict_do_nothing`` and ``on_conflict_do_update``."""
    return sqlite.insert(table) if database.is_sqlite else postgresql.insert(table)
