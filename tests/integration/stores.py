"""What processes of one server share."""

from collections.abc import Iterator
from contextlib import contextmanager

from livehub.bench.postgres import running_postgres
from livehub.bench.valkey import running_valkey
from livehub.storage import migrate


@contextmanager
def shared_stores() -> Iterator[dict[str, str]]:
    """PostgreSQL with the tables, and Valkey: the settings of servers that have them in common and stop at once."""
    with running_postgres() as postgres, running_valkey() as valkey:
        url = postgres.new_database()
        migrate.upgrade(url)
        yield {
            "LIVEHUB_REDIS_URL": valkey.url,
            "LIVEHUB_DATABASE_URL": url,
            "LIVEHUB_SECRET": "s" * 40,
            "LIVEHUB_DRAIN_S": "0",
        }
