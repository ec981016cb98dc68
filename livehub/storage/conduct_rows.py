"""The tables of moderation, and their rows as what the domain knows."""

from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    Row,
    String,
    Table,
    Text,
    UniqueConstraint,
    delete,
    insert,
    update,
)

from livehub.accounts.permissions import Role
from livehub.chat.conduct import Deed, Entry, Held, HeldState, Mark
from livehub.chat.model import About, Author
from livehub.storage.tables import metadata
from livehub.storage.writer import Tx

chat_rules = Table(
    "chat_rules",
    metadata,
    Column("room_id", String(40), primary_key=True),
    Column("rules", Text, nullable=False),
)

chat_marks = Table(
    "chat_marks",
    metadata,
    Column("room_id", String(40), primary_key=True),
    Column("kind", String(8), primary_key=True),
    Column("value", String(64), primary_key=True),
    Column("identity", String(160), primary_key=True),
    Column("until", BigInteger),
    Column("at", BigInteger, nullable=False),
)

chat_slowed = Table(
    "chat_slowed",
    metadata,
    Column("room_id", String(40), primary_key=True),
    Column("identity", String(160), primary_key=True),
    Column("every_s", Integer, nullable=False),
    Column("until", BigInteger),
    Column("at", BigInteger, nullable=False),
)

chat_held = Table(
    "chat_held",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("room_id", String(40), nullable=False),
    Column("author_id", String(160), nullable=False),
    Column("author_name", String(160), nullable=False),
    Column("author_role", String(16), nullable=False),
    Column("text", Text, nullable=False),
    Column("locale", String(16), nullable=False),
    Column("client_id", String(64), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("held_by", String(80), nullable=False),
    Column("reason", String(800), nullable=False),
    Column("state", String(10), nullable=False),
    Column("about", Text, nullable=False),
    UniqueConstraint("room_id", "author_id", "client_id"),
    Index("ix_chat_held_room_id_state_at", "room_id", "state", "at"),
)

chat_reports = Table(
    "chat_reports",
    metadata,
    Column("room_id", String(40), primary_key=True),
    Column("message_id", String(40), primary_key=True),
    Column("reporter", String(160), primary_key=True),
    Column("reason", String(16), nullable=False),
    Column("note", String(1200), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("state", String(10), nullable=False),
)

#: what moderators and their programs did, never changed but for having been undone
chat_log = Table(
    "chat_log",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String(40), nullable=False, unique=True),
    Column("room_id", String(40), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("deed", String(24), nullable=False),
    Column("by", String(160), nullable=False),
    Column("by_name", String(160), nullable=False),
    Column("identity", String(160), nullable=False),
    Column("name", String(160), nullable=False),
    Column("subject", String(80), nullable=False),
    Column("reason", String(800), nullable=False),
    Column("details", Text, nullable=False),
    Column("undone_at", BigInteger),
    Column("undone_by", String(160), nullable=False),
    Index("ix_chat_log_room_id_number", "room_id", "number"),
)


def write_entry(tx: Tx, entry: Entry) -> None:
    """The log's line, in the transaction of what it tells of; the line that it undoes says so from then on."""
    values = {name: getattr(entry, name) for name in Entry.__dataclass_fields__ if name != "details"}
    tx.execute(insert(chat_log).values({**values, "details": msgspec.json.encode(dict(entry.details)).decode()}))
    if "undoes" in entry.details:
        undone = (chat_log.c.room_id == entry.room_id, chat_log.c.id == entry.details["undoes"])
        tx.execute(update(chat_log).where(*undone).values(undone_at=entry.at, undone_by=entry.by))


def write_mark(tx: Tx, mark: Mark) -> None:
    """In place of what the same identity had there."""
    table = chat_marks.c
    same = (table.room_id == mark.room_id, table.kind == mark.kind, table.value == mark.value)
    tx.execute(delete(chat_marks).where(*same, table.identity == mark.identity))
    tx.execute(insert(chat_marks).values({name: getattr(mark, name) for name in Mark.__dataclass_fields__}))


def entry_of(row: Row[Any]) -> Entry:
    details = msgspec.json.decode(row.details)
    return Entry(
        row.id, row.room_id, row.at, Deed(row.deed), row.by, row.by_name, row.identity, row.name, row.subject,
        row.reason, details, row.undone_at, row.undone_by,
    )  # fmt: skip


def held_of(row: Row[Any]) -> Held:
    author = Author(row.author_id, row.author_name, Role(row.author_role))
    return Held(
        row.id, row.room_id, author, row.text, row.locale, row.client_id, row.at, row.held_by, row.reason,
        HeldState(row.state), msgspec.json.decode(row.about, type=About),
    )  # fmt: skip
