"""Statements compiled once and run on the driver's cursor: for the few paths where thousands a second are wanted.

SQLAlchemy builds and caches well, but each execution still costs 35–50 µs; the driver itself needs 4–6 µs. A hot write
of six statements is 30 µs this way instead of 250. Everything else uses Core as it is.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql import ClauseElement

from livehub.storage.writer import Tx


class Prepared:
    """A Core statement with :func:`~sqlalchemy.bindparam` for every value, compiled for one database.

    Values go to the driver as they are, and rows come as the driver's tuples: no type conversion of SQLAlchemy takes
    place, so use it for integers and text (a boolean comes back from SQLite as 0 or 1).
    """

    __slots__ = ("_constants", "_dialect", "_positions", "sql", "writes")

    def __init__(self, statement: ClauseElement, dialect: Dialect, *, writes: bool | None = None) -> None:
        """``writes``: whether it does, where a ``SELECT`` around it hides that."""
        self._dialect = dialect
        compiled = statement.compile(dialect=dialect)
        self.sql = str(compiled)
        #: names in the order of the placeholders; None where the driver takes them by name
        self._positions: list[str] | None = getattr(compiled, "positiontup", None)
        self._constants: dict[str, Any] = {
            name: bind.value for name, bind in getattr(compiled, "binds", {}).items() if not bind.required
        }
        self.writes = not getattr(statement, "is_select", False) if writes is None else writes

    def run(self, tx: Tx, values: Mapping[str, Any]) -> Any:
        """The driver's cursor after the statement; ``values`` has every parameter that is no constant.

        Raises: DBAPIError, the class that SQLAlchemy has for the driver's (without parameters, see ``make_engine``).
        """
        cursor = tx.cursor(writes=self.writes)
        if self._constants:
            values = {**self._constants, **values}
        parameters = values if self._positions is None else [values[name] for name in self._positions]
        run_on(cursor, self.sql, parameters, self._dialect)
        return cursor


def run_on(cursor: Any, sql: str, parameters: Any, dialect: Dialect) -> None:
    """Raises: DBAPIError, the class that SQLAlchemy has for the driver's (without parameters, see ``make_engine``)."""
    driver_error = dialect.loaded_dbapi.Error
    try:
        cursor.execute(sql, parameters)
    except driver_error as error:
        raise DBAPIError.instance(sql, None, error, driver_error, hide_parameters=True, dialect=dialect) from error
