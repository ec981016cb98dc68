"""The schema's versions: bringing a database to the newest one, and telling whether it is there.

Migrations are alembic's, in ``migrations/versions``. To write the next one after changing a table::

    python -m livehub.storage.migrate revision "Say what changes"
"""

import sys
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData

from livehub.errors import LivehubError
from livehub.storage import (
    accounts,
    addresses,
    auction_rows,
    caption_rows,
    chat,
    chat_pins,
    claim_rows,
    commerce,
    conduct_rows,
    confirmed,
    coupons,
    digital_tables,
    followers,
    goods_rules,
    imports,
    insight_rows,
    interaction_rows,
    invoices,
    payment_tables,
    pickups,
    recording_rows,
    replay_sales,
    restreams,
    return_rows,
    rooms,
    shipment_rows,
    store_hooks,
    terms,
    texts,
    translation,
)
from livehub.storage.database import make_engine
from livehub.storage.tables import metadata

#: modules whose tables are the schema; importing them is what fills the metadata
TABLE_MODULES = (
    accounts,
    rooms,
    caption_rows,
    recording_rows,
    chat,
    chat_pins,
    conduct_rows,
    commerce,
    claim_rows,
    digital_tables,
    confirmed,
    coupons,
    restreams,
    interaction_rows,
    payment_tables,
    followers,
    addresses,
    goods_rules,
    pickups,
    terms,
    insight_rows,
    replay_sales,
    auction_rows,
    imports,
    invoices,
    return_rows,
    shipment_rows,
    store_hooks,
    texts,
    translation,
)


class SchemaOutdated(LivehubError):
    """The database is not at the version that this livehub was written for."""

    code, title = "schema_outdated", "The database's schema is of another version"


def schema() -> MetaData:
    """Every table of livehub."""
    return metadata


def upgrade(database_url: str) -> None:
    """Bring the database to the newest version, in one transaction where the database can (both can)."""
    engine = make_engine(database_url)
    try:
        with engine.execution_options(writer=True).connect() as connection:
            _without_foreign_keys(connection)
            with connection.begin():
                command.upgrade(_config(connection), "head")
                _require_whole(connection)
    finally:
        engine.dispose()


def _without_foreign_keys(connection: Connection) -> None:
    """SQLite changes a table by making it anew, and would not let go of the old one that others refer to.

    The switch does nothing inside a transaction (sqlite.org/lang_altertable.html, section 7, and pragma.html).
    """
    driver = connection.connection.driver_connection
    if connection.dialect.name == "sqlite" and driver is not None:
        driver.execute("PRAGMA foreign_keys=OFF")


def _require_whole(connection: Connection) -> None:
    """What was referred to before is still there. Raises: RuntimeError, and with it nothing is kept."""
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise RuntimeError(f"the upgrade would leave {len(broken)} rows that refer to nothing, in {broken[0][0]}")


def check(database_url: str) -> None:
    """For databases that an operator migrates: several servers must not race to change one schema.

    Raises:
        SchemaOutdated: with the command that helps.
    """
    engine = make_engine(database_url)
    try:
        found = current(engine)
    finally:
        engine.dispose()
    newest = ScriptDirectory.from_config(_config(None)).get_current_head()
    if found != newest:
        raise SchemaOutdated(
            f"The database is at version {found or 'none'}, livehub needs {newest}: run `livehub migrate` first"
        )


def current(engine: Engine) -> str | None:
    """The version a database is at; None for an empty one."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def differences(connection: Connection) -> list[object]:
    """What the tables in the database lack or have too much, compared to the metadata; empty when they are equal."""
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, metadata))


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _new_revision(message: str) -> None:
    """Writes a migration from an empty, migrated SQLite database to the present metadata; read it before committing."""
    engine = make_engine("sqlite://")
    with engine.begin() as connection:
        config = _config(connection)
        command.upgrade(config, "head")
        number = len(list(ScriptDirectory.from_config(config).walk_revisions())) + 1
        command.revision(config, message, autogenerate=True, rev_id=f"{number:04d}")


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] != "revision":
        sys.exit('usage: python -m livehub.storage.migrate revision "Say what changes"')
    _new_revision(sys.argv[2])
