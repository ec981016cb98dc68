"""Translations of lines that people wrote, in SQL: rows of ``chat_translations`` that no engine overwrites."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import Connection, Select, delete, select, true

from livehub.chat.conduct import Entry
from livehub.chat.model import Message, Translation
from livehub.chat.words import fold
from livehub.storage.chat import chat_messages, chat_translations, message_of
from livehub.storage.chat_about import about_of, quotes_of
from livehub.storage.chat_pins import chat_pins
from livehub.storage.conduct_rows import write_entry
from livehub.storage.database import Database
from livehub.storage.upsert import insert_into
from livehub.storage.writer import Tx

_M, _T, _P = chat_messages.c, chat_translations.c, chat_pins.c


class SqlCorrections:
    """Implements :class:`livehub.chat.corrections.CorrectionStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def standing(self, room_id: str, message_id: str) -> tuple[Message, bool] | None:
        line = _lines(room_id).where(_M.id == message_id)
        pinned = select(_P.message_id).where(_P.room_id == room_id)

        def read(connection: Connection) -> tuple[Message, bool] | None:
            found = _read(connection, line)
            return (found[0], connection.scalar(pinned) == message_id) if found else None

        return await self._database.read(read)

    async def announcements(self, room_id: str, limit: int) -> Sequence[Message]:
        newest = _lines(room_id).where(_M.announcement.is_(true())).order_by(_M.seq.desc()).limit(limit)
        return await self._database.read(lambda connection: _read(connection, newest))

    async def pinned(self, room_id: str) -> Message | None:
        line = _lines(room_id).join(chat_pins, _P.message_id == _M.id).where(_P.room_id == room_id)
        return await self._database.read(lambda connection: next(iter(_read(connection, line)), None))

    async def edit(self, room_id: str, message_id: str, locale: str, text: str, by: str, entry: Entry | None) -> bool:
        new = {"text": text, "engine": "", "folded": fold(text), "edited": True, "edited_by": by}
        put = insert_into(self._database, chat_translations).values(message_id=message_id, locale=locale, **new)
        put = put.on_conflict_do_update(index_elements=["message_id", "locale"], set_=new)
        line = _lines(room_id).where(_M.id == message_id).with_only_columns(_M.id)

        def write(tx: Tx) -> bool:
            if tx.execute(line).first() is None:
                return False
            tx.execute(put).close()
            if entry is not None:
                write_entry(tx, entry)
            return True

        return await self._database.write(write)

    async def forget(self, room_id: str, message_id: str, locale: str, entry: Entry | None) -> bool:
        gone = delete(chat_translations).where(_T.message_id == message_id, _T.locale == locale, _T.edited.is_(true()))

        def write(tx: Tx) -> bool:
            taken = tx.execute(gone).rowcount > 0
            if taken and entry is not None:
                write_entry(tx, entry)
            return taken

        return await self._database.write(write)


def _lines(room_id: str) -> Select[tuple[object, ...]]:
    """Of a room, but for those that were taken back."""
    return select(chat_messages).where(_M.room_id == room_id, _M.deleted_at.is_(None))


def _read(connection: Connection, lines: Select[tuple[object, ...]]) -> list[Message]:
    rows = connection.execute(lines).all()
    every: dict[str, dict[str, Translation]] = defaultdict(dict)
    for row in connection.execute(select(chat_translations).where(_T.message_id.in_([row.id for row in rows]))):
        every[row.message_id][row.locale] = Translation(row.text, row.engine, row.edited)
    quotes = quotes_of(connection, chat_messages, rows)
    return [message_of(row, every.get(row.id), about_of(row, quotes)) for row in rows]
