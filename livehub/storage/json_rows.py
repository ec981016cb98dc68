"""Many rows as one parameter: a JSON array that the database unfolds into a table. And many rows as one answer.

A driver's own ways cost several microseconds a value (arrays) or a round trip and a release of the interpreter a row
(``executemany``); encoding a row as JSON costs one or two, and both databases read it faster than that.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from sqlalchemy import ColumnClause, ColumnElement, Dialect, Select, Text, bindparam, cast, column, func, select
from sqlalchemy.dialects.postgresql import JSON


def unfold(dialect: Dialect, columns: Iterable[ColumnClause[Any]], name: str = "rows") -> dict[str, ColumnElement[Any]]:
    """The columns, by name, of the table that the parameter ``name`` holds; see :func:`fold`.

    Integers and text only. SQLite: json_each and json_extract (sqlite.org/json1.html); PostgreSQL: json_to_recordset
    (section 9.16 of its manual).
    """
    wanted = list(columns)
    if dialect.name == "sqlite":
        each = func.json_each(bindparam(name)).table_valued("value", name=f"{name}_each")
        return {c.name: func.json_extract(each.c.value, f"$.{c.name}", type_=c.type) for c in wanted}
    typed = [column(c.name, c.type) for c in wanted]
    record_set = func.json_to_recordset(cast(bindparam(name, type_=Text()), JSON))
    table = record_set.table_valued(*typed, name=f"{name}_set").render_derived(with_types=True)
    return {c.name: table.c[c.name] for c in wanted}


def gather(dialect: Dialect, rows: Select[Any]) -> ColumnElement[Any]:
    """The other way: ``rows`` in their order as one value, the text of a JSON array of arrays; it may be None where
    there are none. For integers and text, as above; a boolean is 0 or 1 on SQLite."""
    table = rows.subquery()
    if dialect.name == "sqlite":
        return select(func.json_group_array(func.json_array(*table.c))).scalar_subquery()
    return select(cast(func.json_agg(func.json_build_array(*table.c)), Text())).scalar_subquery()


def fold(rows: Iterable[Mapping[str, Any]]) -> str:
    """The parameter for :func:`unfold`."""
    return msgspec.json.encode(list(rows)).decode()
