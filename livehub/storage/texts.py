"""Texts of products, polls, questions and rooms in other languages, in SQL."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Connection, String, Table, Text, delete, select, tuple_

from livehub.chat.conduct import Entry
from livehub.rooms.model import RoomState
from livehub.storage.conduct_rows import write_entry
from livehub.storage.database import Database
from livehub.storage.rooms import rooms
from livehub.storage.tables import metadata
from livehub.storage.upsert import insert_into
from livehub.storage.writer import Tx
from livehub.translation import texts as domain
from livehub.translation.texts import digest_of

#: of a shop that are told at once what its merchant writes
MAX_ROOMS = 100
#: ``digest`` is of ``source``: a text that is changed is another one. ``edited_by``: "" for what an engine made
translated_texts = Table(
    "translated_texts",
    metadata,
    Column("scope", String(80), primary_key=True),
    Column("digest", String(32), primary_key=True),
    Column("locale", String(16), primary_key=True),
    Column("source", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("engine", String(80), nullable=False),
    Column("edited", Boolean, nullable=False),
    Column("edited_by", String(160), nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)
_T = translated_texts.c


class SqlTexts:
    """Implements :class:`livehub.translation.texts.TextStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(
        self, keys: Sequence[tuple[str, str]], locales: Sequence[str]
    ) -> dict[tuple[str, str, str], domain.Text]:
        if not keys:
            return {}
        statement = select(translated_texts).where(tuple_(_T.scope, _T.digest).in_(keys), _T.locale.in_(locales))

        def read(connection: Connection) -> dict[tuple[str, str, str], domain.Text]:
            return {
                (row.scope, row.digest, row.locale): domain.Text(row.source, row.text, row.engine, row.edited)
                for row in connection.execute(statement)
            }

        return await self._database.read(read)

    async def keep(self, made: Sequence[tuple[str, str, domain.Text]], at_ms: int) -> None:
        put = insert_into(self._database, translated_texts)
        put = put.on_conflict_do_update(
            index_elements=["scope", "digest", "locale"],
            set_={"text": put.excluded.text, "engine": put.excluded.engine, "updated_at": put.excluded.updated_at},
            where=~_T.edited,
        )

        def write(tx: Tx) -> None:
            for scope, locale, text in made:
                tx.execute(put.values(_row(scope, locale, text, "", at_ms))).close()

        await self._database.write(write)

    async def edit(
        self, scope: str, locale: str, text: domain.Text, by: str, at_ms: int, entry: Entry | None = None
    ) -> None:
        row = _row(scope, locale, text, by, at_ms)
        put = insert_into(self._database, translated_texts).values(row)
        changed = {name: put.excluded[name] for name in ("text", "engine", "edited", "edited_by", "updated_at")}
        put = put.on_conflict_do_update(index_elements=["scope", "digest", "locale"], set_=changed)

        def write(tx: Tx) -> None:
            tx.execute(put).close()
            if entry is not None:
                write_entry(tx, entry)

        await self._database.write(write)

    async def forget(self, scope: str, digest: str, locale: str, entry: Entry | None = None) -> bool:
        here = (_T.scope == scope, _T.digest == digest, _T.locale == locale)
        edited, gone = select(_T.edited).where(*here), delete(translated_texts).where(*here)

        def write(tx: Tx) -> bool:
            was_edited = tx.execute(edited).scalar()
            if was_edited and entry is not None:
                write_entry(tx, entry)
            tx.execute(gone).close()
            return bool(was_edited)

        return await self._database.write(write)

    async def rooms_of(self, scope: str) -> Sequence[str]:
        """At most :data:`MAX_ROOMS`, live ones first and of the others the newest."""
        of, _, name = scope.partition(":")
        here = rooms.c.store_id == name if of == "store" else rooms.c.id == name
        is_live = rooms.c.state == RoomState.LIVE
        statement = (
            select(rooms.c.id)
            .where(here, rooms.c.state != RoomState.ENDED, rooms.c.deleted_at.is_(None))
            .order_by(is_live.desc(), rooms.c.created_at.desc())
            .limit(MAX_ROOMS)
        )
        return await self._database.read(lambda connection: connection.scalars(statement).all())


def _row(scope: str, locale: str, text: domain.Text, by: str, at_ms: int) -> dict[str, Any]:
    return {
        "scope": scope,
        "digest": digest_of(text.source),
        "locale": locale,
        "source": text.source,
        "text": text.text,
        "engine": text.engine,
        "edited": text.edited,
        "edited_by": by,
        "updated_at": at_ms,
    }
