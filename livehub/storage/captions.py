"""Captions in SQL. Those of a recording go with it, in the same transaction (:mod:`livehub.storage.recordings`)."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, func, insert, select

from livehub.media.captions.model import Line
from livehub.media.recording.model import Recording
from livehub.storage.caption_rows import caption_lines, caption_translations
from livehub.storage.database import Database
from livehub.storage.upsert import insert_into
from livehub.storage.writer import Tx


class SqlCaptions:
    """Implements :class:`livehub.media.captions.ports.CaptionStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, room_id: str, lines: Sequence[Line]) -> None:
        rows = [
            {
                "id": line.id,
                "room_id": room_id,
                "start_ms": line.start_ms,
                "end_ms": line.end_ms,
                "locale": line.locale,
                "text": line.text,
            }
            for line in lines
        ]
        await self._database.write(lambda tx: tx.execute(insert(caption_lines), rows) and None)

    async def translate(self, translations: Sequence[tuple[str, str, str]]) -> None:
        def write(tx: Tx) -> None:
            wanted = {line_id for line_id, _, _ in translations}
            known = set(tx.execute(select(caption_lines.c.id).where(caption_lines.c.id.in_(wanted))).scalars())
            for line_id, locale, text in translations:
                if line_id in known:  # its recording may have been deleted meanwhile
                    row = insert_into(self._database, caption_translations).values(
                        line_id=line_id, locale=locale, text=text
                    )
                    tx.execute(row.on_conflict_do_nothing())

        await self._database.write(write)

    async def of_room(self, room_id: str, limit: int, locales: Sequence[str] | None = None) -> Sequence[Line]:
        lines = (
            select(caption_lines)
            .where(caption_lines.c.room_id == room_id)
            .order_by(caption_lines.c.start_ms, caption_lines.c.id)
            .limit(limit)
        )
        translated = (
            select(caption_translations)
            .join(caption_lines, caption_lines.c.id == caption_translations.c.line_id)
            .where(caption_lines.c.room_id == room_id)
        )
        if locales is not None:
            translated = translated.where(caption_translations.c.locale.in_(locales))

        def query(connection: Connection) -> list[Line]:
            found = {
                row.id: Line(row.id, row.start_ms, row.end_ms, row.locale, row.text)
                for row in connection.execute(lines)
            }
            for row in connection.execute(translated) if locales is None or locales else ():
                if row.line_id in found:
                    found[row.line_id].translations[row.locale] = row.text
            return list(found.values())

        return await self._database.read(query)

    async def locales_of(self, room_id: str) -> Sequence[str]:
        spoken = (
            select(caption_lines.c.locale)
            .where(caption_lines.c.room_id == room_id)
            .group_by(caption_lines.c.locale)
            .order_by(func.count().desc(), caption_lines.c.locale)
        )
        translated = (
            select(caption_translations.c.locale)
            .join(caption_lines, caption_lines.c.id == caption_translations.c.line_id)
            .where(caption_lines.c.room_id == room_id)
            .distinct()
            .order_by(caption_translations.c.locale)
        )

        def query(connection: Connection) -> list[str]:
            found = [*connection.execute(spoken).scalars(), *connection.execute(translated).scalars()]
            return list(dict.fromkeys(found))

        return await self._database.read(query)


def delete_captions_of(tx: Tx, recording: Recording) -> None:
    """What was said while this was recorded."""
    until = recording.ended_at or recording.deleted_at or recording.started_at
    lines = select(caption_lines.c.id).where(
        caption_lines.c.room_id == recording.room_id,
        caption_lines.c.start_ms >= recording.started_at,
        caption_lines.c.start_ms <= until,
    )
    tx.execute(delete(caption_translations).where(caption_translations.c.line_id.in_(lines)))
    tx.execute(delete(caption_lines).where(caption_lines.c.id.in_(lines)))
