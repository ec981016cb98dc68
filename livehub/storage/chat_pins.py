"""The pinned line of each room, and the newest announcement, in SQL."""

from sqlalchemy import BigInteger, Column, Connection, ForeignKey, String, Table, delete, select, true

from livehub.chat.conduct import Entry
from livehub.chat.model import Message
from livehub.storage.chat import chat_messages, messages_of
from livehub.storage.conduct_rows import write_entry
from livehub.storage.database import Database
from livehub.storage.tables import metadata
from livehub.storage.upsert import insert_into
from livehub.storage.writer import Tx

chat_pins = Table(
    "chat_pins",
    metadata,
    Column("room_id", String(40), primary_key=True),
    Column("message_id", String(40), ForeignKey("chat_messages.id", ondelete="CASCADE"), nullable=False),
    Column("pinned_by", String(160), nullable=False),
    Column("at", BigInteger, nullable=False),
)


class SqlPins:
    """Implements :class:`livehub.chat.pins.PinStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def pin(self, room_id: str, message_id: str, by: str, at_ms: int, entry: Entry) -> bool:
        new = {"message_id": message_id, "pinned_by": by, "at": at_ms}
        here = chat_pins.c.room_id == room_id
        present = select(chat_pins.c.message_id).where(here)
        put = insert_into(self._database, chat_pins).values(room_id=room_id, **new)
        put = put.on_conflict_do_update(index_elements=["room_id"], set_=new)

        def write(tx: Tx) -> bool:
            if tx.execute(present).scalar() == message_id:
                return False
            tx.execute(put).close()
            write_entry(tx, entry)
            return True

        return await self._database.write(write)

    async def unpin(self, room_id: str, entry: Entry) -> bool:
        statement = delete(chat_pins).where(chat_pins.c.room_id == room_id)

        def write(tx: Tx) -> bool:
            taken = tx.execute(statement).rowcount > 0
            if taken:
                write_entry(tx, entry)
            return taken

        return await self._database.write(write)

    async def pinned(self, room_id: str, locale: str | None) -> Message | None:
        query = (
            select(chat_messages)
            .join(chat_pins, chat_pins.c.message_id == chat_messages.c.id)
            .where(chat_pins.c.room_id == room_id, chat_messages.c.deleted_at.is_(None))
        )

        def run(connection: Connection) -> Message | None:
            row = connection.execute(query).one_or_none()
            return messages_of(connection, [row], locale)[0] if row else None

        return await self._database.read(run)

    async def announced(self, room_id: str, since_ms: int, locale: str | None) -> Message | None:
        table = chat_messages.c
        newest = (
            select(chat_messages)
            .where(table.room_id == room_id, table.announcement.is_(true()), table.deleted_at.is_(None))
            .order_by(table.seq.desc())
            .limit(1)
        )

        def run(connection: Connection) -> Message | None:
            row = connection.execute(newest).one_or_none()
            return messages_of(connection, [row], locale)[0] if row and row.at >= since_ms else None

        return await self._database.read(run)
