"""Rules, bans beyond identities, the queue for review, reports and the log of moderators in SQL."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, delete, func, insert, select, update

from livehub.chat.conduct import Entry, Held, HeldState, Mark, MarkKind, OpenReports, Report, Slowed
from livehub.chat.conduct_store import EntryPage
from livehub.storage.conduct_rows import (
    chat_held,
    chat_log,
    chat_marks,
    chat_reports,
    chat_rules,
    chat_slowed,
    entry_of,
    held_of,
    write_entry,
    write_mark,
)
from livehub.storage.database import Database
from livehub.storage.writer import Tx

#: of what reporters wrote about one message
MAX_NOTES: Final = 5


class SqlConduct:
    """Implements :class:`livehub.chat.conduct_store.ConductStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # ---- rules and bans ----

    async def rules(self, room_id: str) -> str | None:
        query = select(chat_rules.c.rules).where(chat_rules.c.room_id == room_id)
        return await self._database.read(lambda connection: connection.execute(query).scalar_one_or_none())

    async def put_rules(self, room_id: str, rules: str, entry: Entry) -> None:
        def write(tx: Tx) -> None:
            tx.execute(delete(chat_rules).where(chat_rules.c.room_id == room_id))
            tx.execute(insert(chat_rules).values(room_id=room_id, rules=rules))
            write_entry(tx, entry)

        await self._database.write(write)

    async def marks(self, room_id: str) -> Sequence[Mark]:
        query = select(chat_marks).where(chat_marks.c.room_id == room_id)

        def run(connection: Connection) -> list[Mark]:
            rows = connection.execute(query)
            return [Mark(r.room_id, MarkKind(r.kind), r.value, r.identity, r.until, r.at) for r in rows]

        return await self._database.read(run)

    async def put_marks(self, marks: Sequence[Mark], entry: Entry | None = None) -> None:
        def write(tx: Tx) -> None:
            for mark in marks:
                write_mark(tx, mark)
            if entry is not None:
                write_entry(tx, entry)

        await self._database.write(write)

    async def drop_mark(self, room_id: str, kind: MarkKind, value: str, entry: Entry) -> bool:
        table = chat_marks.c
        same = (table.room_id == room_id, table.kind == kind, table.value == value, table.identity == "")
        return await self._changed(delete(chat_marks).where(*same), entry)

    async def slowed(self, room_id: str) -> Sequence[Slowed]:
        query = select(chat_slowed).where(chat_slowed.c.room_id == room_id)

        def run(connection: Connection) -> list[Slowed]:
            return [Slowed(r.room_id, r.identity, r.every_s, r.until, r.at) for r in connection.execute(query)]

        return await self._database.read(run)

    async def put_slowed(self, slowed: Slowed, entry: Entry) -> None:
        table = chat_slowed.c
        values = {name: getattr(slowed, name) for name in Slowed.__dataclass_fields__}

        def write(tx: Tx) -> None:
            tx.execute(delete(chat_slowed).where(table.room_id == slowed.room_id, table.identity == slowed.identity))
            tx.execute(insert(chat_slowed).values(values))
            write_entry(tx, entry)

        await self._database.write(write)

    async def lift_slowed(self, room_id: str, identity: str, entry: Entry) -> bool:
        table = chat_slowed.c
        return await self._changed(
            delete(chat_slowed).where(table.room_id == room_id, table.identity == identity), entry
        )

    async def newest_held(self, room_id: str, identity: str) -> tuple[int, str] | None:
        table = chat_held.c
        here = (table.room_id == room_id, table.author_id == identity)
        query = select(table.at, table.client_id).where(*here).order_by(table.at.desc()).limit(1)

        def run(connection: Connection) -> tuple[int, str] | None:
            row = connection.execute(query).first()
            return (row.at, row.client_id) if row else None

        return await self._database.read(run)

    # ---- the log ----

    async def log(self, entry: Entry) -> None:
        await self._database.write(lambda tx: write_entry(tx, entry))

    async def entries(self, room_id: str, before: int | None, limit: int) -> EntryPage:
        query = (
            select(chat_log).where(chat_log.c.room_id == room_id).order_by(chat_log.c.number.desc()).limit(limit + 1)
        )
        if before is not None:
            query = query.where(chat_log.c.number < before)

        def run(connection: Connection) -> EntryPage:
            rows = connection.execute(query).all()
            return EntryPage(
                [entry_of(row) for row in rows[:limit]], rows[limit - 1].number if len(rows) > limit else None
            )

        return await self._database.read(run)

    async def entry(self, room_id: str, entry_id: str) -> Entry | None:
        query = select(chat_log).where(chat_log.c.room_id == room_id, chat_log.c.id == entry_id)

        def run(connection: Connection) -> Entry | None:
            row = connection.execute(query).one_or_none()
            return entry_of(row) if row else None

        return await self._database.read(run)

    # ---- the queue ----

    async def hold(self, held: Held, entry: Entry) -> Held:
        table = chat_held.c
        same = select(chat_held).where(
            table.room_id == held.room_id, table.author_id == held.author.identity, table.client_id == held.client_id
        )
        values = {
            "id": held.id, "room_id": held.room_id, "author_id": held.author.identity,
            "author_name": held.author.display_name, "author_role": held.author.role, "text": held.text,
            "locale": held.locale, "client_id": held.client_id, "at": held.at, "held_by": held.by,
            "reason": held.reason, "state": held.state,
            "about": msgspec.json.encode(held.about).decode(),
        }  # fmt: skip

        def write(tx: Tx) -> Held:
            earlier = tx.execute(same).one_or_none()
            if earlier is not None:
                return held_of(earlier)
            tx.execute(insert(chat_held).values(values))
            write_entry(tx, entry)
            return held

        return await self._database.write(write)

    async def waiting(self, room_id: str, limit: int) -> Sequence[Held]:
        table = chat_held.c
        here = (table.room_id == room_id, table.state == HeldState.WAITING)
        query = select(chat_held).where(*here).order_by(table.at, table.id).limit(limit)
        return await self._database.read(lambda connection: [held_of(row) for row in connection.execute(query)])

    async def count_waiting(self, room_id: str, identity: str | None = None) -> int:
        table = chat_held.c
        here = [table.room_id == room_id, table.state == HeldState.WAITING]
        if identity is not None:
            here.append(table.author_id == identity)
        query = select(func.count()).select_from(chat_held).where(*here)
        return await self._database.read(lambda connection: connection.execute(query).scalar_one())

    async def held(self, room_id: str, held_id: str) -> Held | None:
        query = select(chat_held).where(chat_held.c.room_id == room_id, chat_held.c.id == held_id)

        def run(connection: Connection) -> Held | None:
            row = connection.execute(query).one_or_none()
            return held_of(row) if row else None

        return await self._database.read(run)

    async def settle(self, room_id: str, held_id: str, was: HeldState, now: HeldState, entry: Entry) -> bool:
        table = chat_held.c
        here = (table.room_id == room_id, table.id == held_id, table.state == was)
        return await self._changed(update(chat_held).where(*here).values(state=now), entry)

    # ---- reports ----

    async def report(self, report: Report) -> bool:
        table = chat_reports.c
        key = (
            table.room_id == report.room_id,
            table.message_id == report.message_id,
            table.reporter == report.reporter,
        )
        values = {name: getattr(report, name) for name in Report.__dataclass_fields__}

        def write(tx: Tx) -> bool:
            if tx.execute(select(table.at).where(*key)).one_or_none() is not None:
                return False
            tx.execute(insert(chat_reports).values({**values, "state": "open"}))
            return True

        return await self._database.write(write)

    async def reported(self, room_id: str, limit: int) -> Sequence[OpenReports]:
        table = chat_reports.c
        open_ones = (table.room_id == room_id, table.state == "open")
        most = (
            select(table.message_id, func.min(table.at).label("first"))
            .where(*open_ones)
            .group_by(table.message_id)
            .order_by(func.count().desc(), func.min(table.at))
            .limit(limit)
        )

        def run(connection: Connection) -> list[OpenReports]:
            firsts = {row.message_id: row.first for row in connection.execute(most)}
            reasons: dict[str, Counter[str]] = defaultdict(Counter)
            notes: dict[str, list[str]] = defaultdict(list)
            for row in connection.execute(select(chat_reports).where(*open_ones, table.message_id.in_(firsts))):
                reasons[row.message_id][row.reason] += 1
                if row.note and len(notes[row.message_id]) < MAX_NOTES:
                    notes[row.message_id].append(row.note)
            return [OpenReports(id_, reasons[id_], notes[id_], first) for id_, first in firsts.items()]

        return await self._database.read(run)

    async def settle_reports(self, room_id: str, message_id: str, upheld: bool, entry: Entry) -> int:
        return await self._turn_reports(room_id, message_id, "open", "upheld" if upheld else "dismissed", entry)

    async def reopen_reports(self, room_id: str, message_id: str, entry: Entry) -> int:
        return await self._turn_reports(room_id, message_id, "dismissed", "open", entry)

    async def _turn_reports(self, room_id: str, message_id: str, was: str, now: str, entry: Entry) -> int:
        table = chat_reports.c
        here = (table.room_id == room_id, table.message_id == message_id, table.state == was)

        def write(tx: Tx) -> int:
            turned = tx.execute(update(chat_reports).where(*here).values(state=now)).rowcount
            if turned:
                write_entry(tx, entry)
            return turned

        return await self._database.write(write)

    async def _changed(self, statement: Any, entry: Entry | None) -> bool:
        """Run it, and log ``entry`` when it changed anything."""

        def write(tx: Tx) -> bool:
            changed = tx.execute(statement).rowcount > 0
            if changed and entry is not None:
                write_entry(tx, entry)
            return changed

        return await self._database.write(write)
