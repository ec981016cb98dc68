"""Chat lines, their translations, sanctions and reactions in SQL."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    Row,
    Select,
    String,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    delete,
    false,
    func,
    insert,
    select,
    true,
    update,
)

from livehub.accounts.permissions import Role
from livehub.chat.conduct import Entry, Mark
from livehub.chat.model import (
    NOTHING,
    About,
    Author,
    HistoryPage,
    HistoryQuery,
    Message,
    Sanction,
    SanctionKind,
    Translation,
)
from livehub.chat.words import fold
from livehub.storage.chat_about import about_of, columns_of, quotes_of
from livehub.storage.conduct import SqlConduct
from livehub.storage.conduct_rows import chat_marks, write_entry, write_mark
from livehub.storage.database import Database
from livehub.storage.insertion import Insertion
from livehub.storage.prepared import Prepared
from livehub.storage.tables import metadata
from livehub.storage.writer import Tx

#: every line that was ever accepted; a deleted one keeps its text here. Times are ms since the epoch
chat_messages = Table(
    "chat_messages",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("room_id", String(40), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("author_id", String(160), nullable=False),
    Column("author_name", String(160), nullable=False),
    Column("author_role", String(16), nullable=False),
    Column("text", Text, nullable=False),
    Column("locale", String(16), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("client_id", String(64), nullable=False),
    Column("deleted_at", BigInteger),
    Column("deleted_by", String(160)),
    # What it answers, whom it mentions (JSON) and whether it is an announcement: livehub.storage.chat_about.
    Column("reply_to", String(40)),
    Column("mentions", Text),
    Column("announcement", Boolean, nullable=False, server_default=false()),
    # The text as it is looked for: livehub.chat.words.
    Column("folded", Text, nullable=False, server_default=""),
    UniqueConstraint("room_id", "seq"),
    UniqueConstraint("room_id", "author_id", "client_id"),
)
#: announcements are few: the newest is found without looking through what everybody says
Index(
    "ix_chat_messages_announced",
    chat_messages.c.room_id,
    chat_messages.c.seq,
    sqlite_where=chat_messages.c.announcement.is_(true()),
    postgresql_where=chat_messages.c.announcement.is_(true()),
)

chat_translations = Table(
    "chat_translations",
    metadata,
    Column("message_id", String(40), ForeignKey("chat_messages.id", ondelete="CASCADE"), primary_key=True),
    Column("locale", String(16), primary_key=True),
    Column("text", Text, nullable=False),
    Column("engine", String(80), nullable=False),
    Column("folded", Text, nullable=False, server_default=""),
    # A person wrote it: livehub.storage.chat_corrections.
    Column("edited", Boolean, nullable=False, server_default=false()),
    Column("edited_by", String(160), nullable=False, server_default=""),
)

chat_sanctions = Table(
    "chat_sanctions",
    metadata,
    Column("room_id", String(40), primary_key=True),
    Column("identity", String(160), primary_key=True),
    Column("kind", String(8), primary_key=True),
    Column("until", BigInteger),
    Column("imposed_by", String(160), nullable=False),
    Column("reason", String(800), nullable=False),
    Column("at", BigInteger, nullable=False),
    CheckConstraint("kind IN ('mute', 'ban')", name="kind"),
)

chat_reactions = Table(
    "chat_reactions",
    metadata,
    Column("room_id", String(40), primary_key=True),
    Column("emoji", String(16), primary_key=True),
    Column("total", Integer, nullable=False),
)


def _row(message: Message) -> dict[str, Any]:
    return {
        "id": message.id,
        "room_id": message.room_id,
        "seq": message.seq,
        "author_id": message.author.identity,
        "author_name": message.author.display_name,
        "author_role": message.author.role.value,
        "text": message.text,
        "locale": message.locale,
        "at": message.at,
        "client_id": message.client_id,
        "folded": fold(message.text),
        **columns_of(message.about),
    }


def message_of(row: Row[Any], translations: Mapping[str, Translation] | None = None, about: About = NOTHING) -> Message:
    author = Author(row.author_id, row.author_name, Role(row.author_role))
    return Message(
        row.id, row.room_id, row.seq, author, row.text, row.locale, row.at, row.client_id,
        deleted=row.deleted_at is not None, about=about, translations=translations or {},
    )  # fmt: skip


def _translations(connection: Connection, rows: Sequence[Row[Any]], locale: str) -> dict[str, dict[str, Translation]]:
    table = chat_translations.c
    found = connection.execute(
        select(chat_translations).where(table.message_id.in_([row.id for row in rows]), table.locale == locale)
    )
    return {row.message_id: {locale: Translation(row.text, row.engine, row.edited)} for row in found}


def messages_of(connection: Connection, rows: Sequence[Row[Any]], locale: str | None) -> list[Message]:
    """Rows of ``chat_messages`` with what belongs to them, in their order."""
    known = _translations(connection, rows, locale) if locale else {}
    quotes = quotes_of(connection, chat_messages, rows)
    return [message_of(row, known.get(row.id), about_of(row, quotes)) for row in rows]


#: made once: what a chat line costs is mostly what its statements cost to make
_SAME = select(chat_messages).where(
    chat_messages.c.room_id == bindparam("room"),
    chat_messages.c.author_id == bindparam("author"),
    chat_messages.c.client_id == bindparam("client"),
)
#: columns that a new line has values for; the others are of later days
_NEW = tuple(column.name for column in chat_messages.c if not column.name.startswith("deleted_"))
_KEPT = ("message_id", "locale", "text", "engine", "folded")
_APPEND = insert(chat_messages).values({name: bindparam(name) for name in _NEW})


def _written_of(message_ids: Collection[str]) -> Select[Any]:
    """Translations of lines that people wrote."""
    table = chat_translations.c
    return select(chat_translations).where(table.message_id.in_(message_ids), table.edited.is_(true()))


class SqlChat(SqlConduct):
    """Implements :class:`livehub.chat.store.ChatStore`."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        dialect = database.engine.dialect
        self._is_known = Prepared(_SAME.with_only_columns(chat_messages.c.id), dialect)
        self._append = Prepared(_APPEND, dialect)
        self._keep = Insertion([chat_translations.c[name] for name in _KEPT], dialect, if_new=True)

    async def append(self, message: Message) -> Message:
        same = {"room": message.room_id, "author": message.author.identity, "client": message.client_id}
        row = _row(message)

        def write(tx: Tx) -> Message:
            if self._is_known.run(tx, same).fetchone() is not None:
                earlier = tx.execute(_SAME, same).one()
                return message_of(earlier, about=about_of(earlier, quotes_of(tx, chat_messages, [earlier])))
            self._append.run(tx, row)
            return message

        return await self._database.write(write)

    async def find(self, room_id: str, message_id: str) -> Message | None:
        query = select(chat_messages).where(chat_messages.c.room_id == room_id, chat_messages.c.id == message_id)

        def run(connection: Connection) -> Message | None:
            row = connection.execute(query).one_or_none()
            return messages_of(connection, [row], None)[0] if row else None

        return await self._database.read(run)

    async def history(self, query: HistoryQuery) -> HistoryPage:
        seq = chat_messages.c.seq
        forward = query.after is not None
        statement = select(chat_messages).where(chat_messages.c.room_id == query.room_id).limit(query.limit + 1)
        if query.after is not None:
            statement = statement.where(seq > query.after)
        if query.before is not None:
            statement = statement.where(seq < query.before)
        statement = statement.order_by(seq if forward else seq.desc())

        def run(connection: Connection) -> HistoryPage:
            rows = connection.execute(statement).all()
            shown = list(rows[: query.limit])
            if not forward:
                shown.reverse()
            return HistoryPage(messages_of(connection, shown, query.locale), len(rows) > query.limit)

        return await self._database.read(run)

    async def last_seq(self, room_id: str) -> int:
        query = select(func.max(chat_messages.c.seq)).where(chat_messages.c.room_id == room_id)
        return await self._database.read(lambda connection: connection.execute(query).scalar() or 0)

    async def delete(self, room_id: str, message_id: str, by: str, at_ms: int, entry: Entry | None = None) -> bool:
        table = chat_messages.c
        statement = (
            update(chat_messages)
            .where(table.room_id == room_id, table.id == message_id, table.deleted_at.is_(None))
            .values(deleted_at=at_ms, deleted_by=by)
        )
        return await self._changed(statement, entry)

    async def restore(self, room_id: str, message_id: str, entry: Entry) -> bool:
        table = chat_messages.c
        here = (table.room_id == room_id, table.id == message_id, table.deleted_at.is_not(None))
        return await self._changed(update(chat_messages).where(*here).values(deleted_at=None, deleted_by=None), entry)

    async def newest_of(self, room_id: str, identity: str) -> tuple[int, str] | None:
        table = chat_messages.c
        here = (table.room_id == room_id, table.author_id == identity)
        query = select(table.at, table.client_id).where(*here).order_by(table.at.desc()).limit(1)

        def run(connection: Connection) -> tuple[int, str] | None:
            row = connection.execute(query).first()
            return (row.at, row.client_id) if row else None

        return await self._database.read(run)

    async def keep_translations(
        self, found: Sequence[tuple[str, str, Translation]]
    ) -> Mapping[tuple[str, str], Translation]:
        rows: dict[tuple[str, str], dict[str, Any]] = {}
        for message_id, locale, translation in found:
            row = (message_id, locale, translation.text, translation.engine, fold(translation.text))
            rows.setdefault((message_id, locale), dict(zip(_KEPT, row, strict=True)))
        new = list(rows.values())

        def write(tx: Tx) -> dict[tuple[str, str], Translation]:
            if self._keep.run(tx, new) == len(new):  # nearly always: then none was there before
                return {}
            stand = {(row.message_id, row.locale): row for row in tx.execute(_written_of({key[0] for key in rows}))}
            return {key: Translation(stand[key].text, "", edited=True) for key in rows if key in stand}

        return await self._database.write(write, can_wait=True)

    async def translations_of(self, message_id: str) -> Mapping[str, Translation]:
        kept = select(chat_translations).where(chat_translations.c.message_id == message_id)

        def read(connection: Connection) -> dict[str, Translation]:
            return {row.locale: Translation(row.text, row.engine, row.edited) for row in connection.execute(kept)}

        return await self._database.read(read)

    async def sanctions(self, room_id: str) -> Sequence[Sanction]:
        query = select(chat_sanctions).where(chat_sanctions.c.room_id == room_id)

        def run(connection: Connection) -> list[Sanction]:
            return [
                Sanction(
                    row.room_id, row.identity, SanctionKind(row.kind), row.until, row.imposed_by, row.reason, row.at
                )
                for row in connection.execute(query)
            ]

        return await self._database.read(run)

    async def put_sanction(self, sanction: Sanction, entry: Entry | None = None, marks: Sequence[Mark] = ()) -> None:
        values = {
            "room_id": sanction.room_id,
            "identity": sanction.identity,
            "kind": sanction.kind,
            "until": sanction.until,
            "imposed_by": sanction.by,
            "reason": sanction.reason,
            "at": sanction.at,
        }

        def write(tx: Tx) -> None:
            _forget(tx, sanction.room_id, sanction.identity, sanction.kind)
            tx.execute(insert(chat_sanctions).values(values))
            for mark in marks:
                write_mark(tx, mark)
            if entry is not None:
                write_entry(tx, entry)

        await self._database.write(write)

    async def lift_sanction(self, room_id: str, identity: str, kind: SanctionKind, entry: Entry | None = None) -> bool:
        table, marks = chat_sanctions.c, chat_marks.c
        lift = delete(chat_sanctions).where(table.room_id == room_id, table.identity == identity, table.kind == kind)
        unmark = delete(chat_marks).where(marks.room_id == room_id, marks.identity == identity)

        def write(tx: Tx) -> bool:
            lifted = tx.execute(lift).rowcount > 0
            if lifted and kind is SanctionKind.BAN:
                tx.execute(unmark)
            if lifted and entry is not None:
                write_entry(tx, entry)
            return lifted

        return await self._database.write(write)

    async def reactions(self, room_id: str) -> Mapping[str, int]:
        query = select(chat_reactions).where(chat_reactions.c.room_id == room_id)
        return await self._database.read(lambda connection: {row.emoji: row.total for row in connection.execute(query)})

    async def add_reactions(self, counts: Mapping[tuple[str, str], int]) -> None:
        table = chat_reactions.c

        def write(tx: Tx) -> None:
            for (room_id, emoji), count in counts.items():
                here = (table.room_id == room_id, table.emoji == emoji)
                added = tx.execute(update(chat_reactions).where(*here).values(total=table.total + count))
                if added.rowcount == 0:
                    tx.execute(insert(chat_reactions).values(room_id=room_id, emoji=emoji, total=count))

        await self._database.write(write)


def _forget(tx: Tx, room_id: str, identity: str, kind: SanctionKind) -> bool:
    table = chat_sanctions.c
    gone = tx.execute(
        delete(chat_sanctions).where(table.room_id == room_id, table.identity == identity, table.kind == kind)
    )
    return gone.rowcount > 0
