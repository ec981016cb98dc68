"""Pins, search, export and chat replay over one database."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from livehub.chat.conversation import Conversation
from livehub.chat.corrections import Corrections
from livehub.chat.model import Message
from livehub.chat.moderation import Moderation
from livehub.chat.pins import Pins
from livehub.chat.replay import LineReplay
from livehub.chat.search import MAX_SCANNED, Search
from livehub.chat.transcript import Transcripts
from livehub.clock import Clock
from livehub.events import EventBus
from livehub.storage.chat import SqlChat, chat_messages, messages_of
from livehub.storage.chat_corrections import SqlCorrections
from livehub.storage.chat_pins import SqlPins
from livehub.storage.chat_search import SqlSearch
from livehub.storage.database import Database


def conversation_over(
    database: Database, moderation: Moderation, *, clock: Clock, bus: EventBus, max_scanned: int = MAX_SCANNED
) -> Conversation:
    lines = SqlChat(database)
    return Conversation(
        lines=lines,
        pins=Pins(SqlPins(database), lines, moderation, clock=clock, bus=bus),
        corrections=Corrections(SqlCorrections(database), moderation, bus),
        search=Search(SqlSearch(database), moderation, clock, max_scanned=max_scanned),
        transcripts=Transcripts(lines, clock),
        replay=LineReplay(SqlReplay(database)),
    )


class SqlReplay:
    """Implements :class:`livehub.chat.replay.ReplayStore`. Numbers grow with time, but for the clock's own jumps: a
    line is looked for from its moment on, and told in the order of its number."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def said(
        self, room_id: str, from_ms: int, after: int | None, limit: int, locale: str | None
    ) -> Sequence[Message]:
        table = chat_messages.c
        query = select(chat_messages).where(
            table.room_id == room_id, table.deleted_at.is_(None), table.at >= from_ms, table.seq > (after or 0)
        )

        def run(connection: Connection) -> list[Message]:
            rows = connection.execute(query.order_by(table.seq).limit(limit)).all()
            return messages_of(connection, rows, locale)

        return await self._database.read(run)
