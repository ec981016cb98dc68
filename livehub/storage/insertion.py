"""Many rows into one table by few statements, run on the driver's cursor as those of :mod:`.prepared` are.

PostgreSQL unfolds one JSON parameter (:mod:`.json_rows`). SQLite parses that JSON once more for every value, which is
half of what an order costs there: it gets ``VALUES`` of as many rows as there are, in statements of 1, 2, 4 … rows, so
that the driver's cache of statements holds them all.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Dialect, select
from sqlalchemy.dialects.postgresql import insert

from livehub.storage.json_rows import fold, unfold
from livehub.storage.prepared import Prepared, run_on
from livehub.storage.writer import Tx

#: rows of the largest statement; its parameters stay far below SQLite's limit of 32,766 (sqlite.org/limits.html)
MAX_ROWS = 64


class Insertion:
    """``INSERT`` of rows that have a value, an integer or a text, for each of ``columns`` (of one table).

    ``if_new``: rows whose key is there already are left out.
    """

    def __init__(self, columns: Sequence[Column[Any]], dialect: Dialect, *, if_new: bool = False) -> None:
        self._dialect = dialect
        self._names = [column.name for column in columns]
        self._unfolding: Prepared | None = None
        self._sql: dict[int, str] = {}
        if dialect.name == "sqlite":
            self._sql = _by_size(columns, dialect, " ON CONFLICT DO NOTHING" if if_new else "")
        else:
            rows = unfold(dialect, columns)
            statement = insert(columns[0].table).from_select(self._names, select(*rows.values()))
            statement = statement.on_conflict_do_nothing() if if_new else statement
            self._unfolding = Prepared(statement, dialect)

    def run(self, tx: Tx, rows: Sequence[Mapping[str, Any]]) -> int:
        """How many are new.

        Raises: DBAPIError, as :meth:`.Prepared.run`.
        """
        if self._unfolding is not None:
            return int(self._unfolding.run(tx, {"rows": fold(rows)}).rowcount)
        done = new = 0
        while done < len(rows):
            size = min(MAX_ROWS, 1 << (len(rows) - done).bit_length() - 1)
            values = [row[name] for row in rows[done : done + size] for name in self._names]
            cursor = tx.cursor(writes=True)
            run_on(cursor, self._sql[size], values, self._dialect)
            new += cursor.rowcount
            done += size
        return new


def _by_size(columns: Sequence[Column[Any]], dialect: Dialect, ending: str) -> dict[int, str]:
    quote = dialect.identifier_preparer.quote
    names = ", ".join(quote(column.name) for column in columns)
    row = f"({', '.join('?' * len(columns))})"
    table = quote(columns[0].table.name)
    sizes = [1 << power for power in range(MAX_ROWS.bit_length())]
    return {size: f"INSERT INTO {table} ({names}) VALUES {', '.join([row] * size)}{ending}" for size in sizes}  # noqa: S608
