"""A glossary as a table for spreadsheets: one term a row, one language a column, ``|`` between several words of one.

``keep`` (a word that stays as it is), ``note`` and the eleven tags are the columns, in any order; others are refused.
UTF-8, with or without a byte order mark; comma, semicolon or tab, as the first line has it. Written with a mark, so
that spreadsheets read it as UTF-8, and so that no cell begins with what they would take for a formula.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

from livehub.errors import InvalidInput
from livehub.text import bare_cell, safe_cell
from livehub.translation.glossary import MAX_TERMS, Term
from livehub.translation.locale import LOCALES

COLUMNS: Final = ("keep", *LOCALES, "note")
MAX_NOTE_CHARS: Final = 200


def write_csv(terms: Iterable[Term]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for term in terms:
        keep = "".join(term.words.get("", ()))
        words = ("|".join(term.words.get(tag, ())) for tag in LOCALES)
        writer.writerow([safe_cell(cell) for cell in (keep, *words, term.note)])
    return "\ufeff" + out.getvalue()


def read_csv(text: str) -> list[Term]:
    """
    Raises:
        InvalidInput: what is wrong, with the number of the line; nothing is taken then.
    """
    text = text.removeprefix("\ufeff")
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    rows = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
    try:
        header = [name.strip().lower() for name in next(rows, [])]
        _check_header(header)
        terms = [
            term for row in rows if any(cell.strip() for cell in row) for term in [_term(header, row, rows.line_num)]
        ]
    except csv.Error as error:
        raise InvalidInput(f"Line {rows.line_num}: {error}", field="csv") from None
    if len(terms) > MAX_TERMS:
        raise InvalidInput(f"A glossary has at most {MAX_TERMS} terms", field="csv")
    return terms


def _check_header(header: Sequence[str]) -> None:
    unknown = [name for name in header if name not in COLUMNS]
    if not header or unknown or len(set(header)) < len(header):
        raise InvalidInput(f"The first line names the columns, once each, of: {', '.join(COLUMNS)}", field="csv")


def _term(header: Sequence[str], row: Sequence[str], line: int) -> Term:
    if len(row) > len(header):
        raise InvalidInput(f"Line {line}: more cells than columns", field="csv")
    cells = {name: _bare(cell) for name, cell in zip(header, row, strict=False)}
    keep = cells.get("keep", "")
    words = {tag: tuple(w for part in cells.get(tag, "").split("|") if (w := part.strip())) for tag in LOCALES}
    words = {tag: wordings for tag, wordings in words.items() if wordings}
    term = Term({"": (keep,)} | words if keep else words, bool(keep), cells.get("note", "")[:MAX_NOTE_CHARS])
    try:
        term.check()
    except InvalidInput as error:
        raise InvalidInput(f"Line {line}: {error.detail}", field="csv") from None
    return term


def _bare(cell: str) -> str:
    return bare_cell(cell.strip())
