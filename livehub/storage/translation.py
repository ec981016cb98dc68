"""Glossaries, what translating used, and what viewers say is wrongly translated, in SQL."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Index,
    String,
    Table,
    Text,
    UniqueConstraint,
    delete,
    func,
    insert,
    select,
)

from livehub.errors import InvalidInput
from livehub.storage.chat import chat_messages, chat_translations
from livehub.storage.database import Database
from livehub.storage.tables import metadata
from livehub.storage.texts import translated_texts
from livehub.storage.upsert import insert_into
from livehub.storage.writer import Tx
from livehub.translation.glossary import Term
from livehub.translation.reports import Shown, TranslationReport

#: ``scope``: ``store:…`` or ``room:…``; ``words``: JSON, locale → words
glossary_terms = Table(
    "glossary_terms",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("scope", String(80), nullable=False),
    Column("keep", Boolean, nullable=False),
    Column("words", Text, nullable=False),
    Column("note", String(800), nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Index(None, "scope"),
)

#: characters that a room had translated in a day (UTC)
translation_usage = Table(
    "translation_usage",
    metadata,
    Column("room_id", String(40), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("chars", BigInteger, nullable=False),
)

translation_reports = Table(
    "translation_reports",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("room_id", String(40), nullable=False),
    Column("store_id", String(40)),
    Column("message_id", String(40), nullable=False),
    Column("source_locale", String(16), nullable=False),
    Column("locale", String(16), nullable=False),
    Column("original", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("engine", String(80), nullable=False),
    Column("suggestion", Text, nullable=False),
    Column("identity", String(160), nullable=False),
    Column("at", BigInteger, nullable=False),
    UniqueConstraint("message_id", "locale", "identity"),
    Index(None, "room_id"),
    Index(None, "store_id"),
)
_G, _U, _R = glossary_terms.c, translation_usage.c, translation_reports.c


def _row(scope: str, term: Term, at_ms: int) -> dict[str, Any]:
    words = msgspec.json.encode(term.words).decode()
    return {"id": term.id, "scope": scope, "keep": term.keep, "words": words, "note": term.note, "updated_at": at_ms}


def _term(row: Any) -> Term:
    return Term(msgspec.json.decode(row.words, type=dict[str, tuple[str, ...]]), row.keep, row.note, row.id)


class SqlGlossaries:
    """Implements :class:`livehub.translation.desk.GlossaryStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def terms(self, scope: str) -> list[Term]:
        statement = select(glossary_terms).where(_G.scope == scope).order_by(_G.id)
        return await self._database.read(lambda connection: [_term(row) for row in connection.execute(statement)])

    async def put(self, scope: str, terms: Sequence[Term], at_ms: int, most: int) -> None:
        ids = [term.id for term in terms]

        def write(tx: Tx) -> None:
            tx.execute(delete(glossary_terms).where(_G.scope == scope, _G.id.in_(ids))).close()
            count = tx.execute(select(func.count()).where(_G.scope == scope)).scalar_one()
            if count + len(terms) > most:
                raise InvalidInput(f"A glossary has at most {most} terms; delete some first")
            for term in terms:
                tx.execute(insert(glossary_terms).values(_row(scope, term, at_ms))).close()

        await self._database.write(write)

    async def replace_all(self, scope: str, terms: Sequence[Term], at_ms: int) -> None:
        def write(tx: Tx) -> None:
            tx.execute(delete(glossary_terms).where(_G.scope == scope)).close()
            if terms:
                tx.execute(insert(glossary_terms), [_row(scope, term, at_ms) for term in terms]).close()

        await self._database.write(write)

    async def delete(self, scope: str, term_id: str) -> bool:
        statement = delete(glossary_terms).where(_G.scope == scope, _G.id == term_id)
        return await self._database.write(lambda tx: bool(tx.execute(statement).rowcount))


async def forget_room(database: Database, room_id: str) -> None:
    """A room was deleted: its glossary, what it used, what was reported in it, and its texts."""
    statements = (
        delete(glossary_terms).where(_G.scope == f"room:{room_id}"),
        # what was spoken of it has a row of its own (livehub.translation.speech.service)
        delete(translation_usage).where(_U.room_id.in_([room_id, f"speech:{room_id}"])),
        delete(translation_reports).where(_R.room_id == room_id),
        delete(translated_texts).where(translated_texts.c.scope == f"room:{room_id}"),
    )

    def write(tx: Tx) -> None:
        for statement in statements:
            tx.execute(statement).close()

    await database.write(write)


class SqlUsage:
    """Implements :class:`livehub.translation.budget.UsageStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, day: str, used: dict[str, int]) -> Mapping[str, int]:
        put = insert_into(self._database, translation_usage)
        put = put.on_conflict_do_update(
            index_elements=["room_id", "day"], set_={"chars": translation_usage.c.chars + put.excluded.chars}
        )
        totals = select(_U.room_id, _U.chars).where(_U.day == day, _U.room_id.in_(list(used)))

        def write(tx: Tx) -> dict[str, int]:
            for room_id, chars in sorted(used.items()):
                tx.execute(put.values(room_id=room_id, day=day, chars=chars)).close()
            return {row.room_id: row.chars for row in tx.execute(totals)}

        return await self._database.write(write)


class SqlTranslationReports:
    """Implements :class:`livehub.translation.reports.ReportStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def shown(self, room_id: str, message_id: str, locale: str) -> Shown | None:
        line, made = chat_messages.c, chat_translations.c
        statement = (
            select(line.locale, line.text, made.text.label("shown"), made.engine)
            .join(chat_translations, made.message_id == line.id)
            .where(line.room_id == room_id, line.id == message_id, line.deleted_at.is_(None), made.locale == locale)
        )

        def read(connection: Connection) -> Shown | None:
            row = connection.execute(statement).one_or_none()
            return Shown(room_id, message_id, row.locale, row.text, row.shown, row.engine) if row else None

        return await self._database.read(read)

    async def add(self, report: TranslationReport, most: int) -> None:
        values = {name: getattr(report, name) for name in TranslationReport.__slots__}
        same = (_R.message_id == report.message_id, _R.locale == report.locale, _R.identity == report.identity)

        def write(tx: Tx) -> None:
            tx.execute(delete(translation_reports).where(*same)).close()
            if tx.execute(select(func.count()).where(_R.room_id == report.room_id)).scalar_one() >= most:
                raise InvalidInput("So much has been reported here that it has to be looked at first")
            tx.execute(insert(translation_reports).values(values)).close()

        await self._database.write(write)

    async def of(
        self, *, room_id: str = "", store_id: str = "", after: str = "", limit: int
    ) -> list[TranslationReport]:
        statement = select(translation_reports).order_by(_R.id.desc()).limit(limit)
        statement = statement.where(_R.room_id == room_id) if room_id else statement.where(_R.store_id == store_id)
        return await self._read(statement.where(_R.id < after) if after else statement)

    async def find(self, report_id: str) -> TranslationReport | None:
        found = await self._read(select(translation_reports).where(_R.id == report_id))
        return found[0] if found else None

    async def delete(self, report_id: str) -> bool:
        gone: ColumnElement[bool] = _R.id == report_id
        statement = delete(translation_reports).where(gone)
        return await self._database.write(lambda tx: bool(tx.execute(statement).rowcount))

    async def _read(self, statement: Any) -> list[TranslationReport]:
        return await self._database.read(
            lambda connection: [TranslationReport(**row._mapping) for row in connection.execute(statement)]
        )
