"""What chat lines refer to, in the columns of ``chat_messages``. A quote is read from the line that it quotes, so that
a line taken back is taken back wherever it was quoted."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Table, select

from livehub.accounts.permissions import Role
from livehub.chat.model import NOTHING, About, Author, Mention, Quote
from livehub.chat.references import excerpt
from livehub.storage.writer import Tx

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(tuple[Mention, ...]).decode


def columns_of(about: About) -> dict[str, Any]:
    return {
        "reply_to": about.reply_to.id if about.reply_to else None,
        "mentions": _encode(about.mentions).decode() if about.mentions else None,
        "announcement": about.announcement,
    }


def quotes_of(connection: Connection | Tx, lines: Table, rows: Sequence[Row[Any]]) -> dict[str, Quote]:
    """The lines that ``rows`` answer, by id."""
    ids = {row.reply_to for row in rows if row.reply_to}
    if not ids:
        return {}
    return {row.id: _quote(row) for row in connection.execute(select(lines).where(lines.c.id.in_(ids)))}


def about_of(row: Row[Any], quotes: Mapping[str, Quote]) -> About:
    if not (row.reply_to or row.mentions or row.announcement):
        return NOTHING
    mentions = _decode(row.mentions) if row.mentions else ()
    return About(quotes.get(row.reply_to), mentions, bool(row.announcement))


def _quote(row: Row[Any]) -> Quote:
    author = Author(row.author_id, row.author_name, Role(row.author_role))
    is_deleted = row.deleted_at is not None
    return Quote(row.id, row.seq, author, "" if is_deleted else excerpt(row.text), row.locale, is_deleted)
