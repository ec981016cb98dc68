"""Recordings and consents in SQL."""

from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, insert, or_, select, update

from livehub.media.recording.errors import AlreadyRecording, RecordingNotFound
from livehub.media.recording.model import Consent, Reason, Recording, RecordingState
from livehub.media.recording.ports import Listed
from livehub.storage.captions import delete_captions_of
from livehub.storage.database import Database
from livehub.storage.recording_rows import recording_consents, recordings
from livehub.storage.rooms import rooms
from livehub.storage.writer import Tx

_STORED = tuple(field.name for field in fields(Recording))
_FINISHED = (RecordingState.READY, RecordingState.FAILED)
#: one sweep's worth; the next takes the rest
_BATCH = 100


def _recording(row: Row[Any]) -> Recording:
    values = {name: row._mapping[name] for name in _STORED}
    return Recording(**values | {"state": RecordingState(values["state"]), "reason": Reason(values["reason"])})


def _row(recording: Recording) -> dict[str, Any]:
    return {name: getattr(recording, name) for name in _STORED}


class SqlRecordings:
    """Implements :class:`livehub.media.recording.ports.RecordingStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, recording: Recording) -> None:
        def write(tx: Tx) -> None:
            found = select(recordings.c.id).where(
                recordings.c.room_id == recording.room_id, recordings.c.state == RecordingState.RECORDING
            )
            if tx.execute(found).first() is not None:
                raise AlreadyRecording
            tx.execute(insert(recordings).values(**_row(recording)))

        await self._database.write(write)

    async def find(self, recording_id: str) -> Recording | None:
        def query(connection: Connection) -> Recording | None:
            row = connection.execute(select(recordings).where(recordings.c.id == recording_id)).one_or_none()
            return _recording(row) if row else None

        return await self._database.read(query)

    async def change(self, recording_id: str, change: Callable[[Recording], Recording]) -> Recording:
        def write(tx: Tx) -> Recording:
            row = tx.execute(select(recordings).where(recordings.c.id == recording_id)).one_or_none()
            if row is None:
                raise RecordingNotFound
            changed = change(_recording(row))
            tx.execute(update(recordings).where(recordings.c.id == recording_id).values(**_row(changed)))
            if changed.state is RecordingState.DELETED:
                delete_captions_of(tx, changed)
            return changed

        return await self._database.write(write)

    async def of_room(self, room_id: str) -> Sequence[Recording]:
        statement = (
            select(recordings)
            .where(recordings.c.room_id == room_id, recordings.c.state != RecordingState.DELETED)
            .order_by(recordings.c.started_at, recordings.c.id)
        )
        return await self._database.read(lambda connection: [_recording(row) for row in connection.execute(statement)])

    async def of_owner(self, owner_id: str, before: str | None, limit: int) -> Sequence[Listed]:
        # Ids sort by the time of their making.
        statement = (
            select(recordings, rooms.c.title.label("room_title"), rooms.c.kind.label("room_kind"))
            .join(rooms, rooms.c.id == recordings.c.room_id)
            .where(
                rooms.c.owner_id == owner_id,
                rooms.c.deleted_at.is_(None),
                recordings.c.state != RecordingState.DELETED,
                *([recordings.c.id < before] if before else []),
            )
            .order_by(recordings.c.id.desc())
            .limit(limit)
        )
        return await self._database.read(
            lambda connection: [
                Listed(_recording(row), row.room_title, row.room_kind) for row in connection.execute(statement)
            ]
        )

    async def unfinished(self) -> Sequence[Recording]:
        statement = select(recordings).where(recordings.c.state == RecordingState.RECORDING)
        return await self._database.read(lambda connection: [_recording(row) for row in connection.execute(statement)])

    async def due(self, ended_before_ms: int | None) -> Sequence[Recording]:
        too_old = [recordings.c.ended_at < ended_before_ms] if ended_before_ms is not None else []
        statement = (
            select(recordings)
            .join(rooms, rooms.c.id == recordings.c.room_id)
            .where(recordings.c.state.in_(_FINISHED), or_(rooms.c.deleted_at.is_not(None), *too_old))
            .order_by(recordings.c.id)
            .limit(_BATCH)
        )
        return await self._database.read(lambda connection: [_recording(row) for row in connection.execute(statement)])

    async def existing(self, recording_ids: Sequence[str]) -> frozenset[str]:
        statement = select(recordings.c.id).where(
            recordings.c.id.in_(recording_ids), recordings.c.state != RecordingState.DELETED
        )
        return await self._database.read(lambda connection: frozenset(connection.execute(statement).scalars()))

    async def consent(self, room_id: str, identity: str) -> Consent | None:
        statement = select(recording_consents.c.consent).where(
            recording_consents.c.room_id == room_id, recording_consents.c.identity == identity
        )
        found = await self._database.read(lambda connection: connection.execute(statement).scalar_one_or_none())
        return Consent(found) if found else None

    async def set_consent(self, room_id: str, identity: str, consent: Consent, at_ms: int) -> None:
        own = and_(recording_consents.c.room_id == room_id, recording_consents.c.identity == identity)

        def write(tx: Tx) -> None:
            tx.execute(delete(recording_consents).where(own))
            tx.execute(insert(recording_consents).values(room_id=room_id, identity=identity, consent=consent, at=at_ms))

        await self._database.write(write)

    async def agreed(self, room_id: str) -> frozenset[str]:
        statement = select(recording_consents.c.identity).where(
            recording_consents.c.room_id == room_id, recording_consents.c.consent == Consent.GIVEN
        )
        return await self._database.read(lambda connection: frozenset(connection.execute(statement).scalars()))
