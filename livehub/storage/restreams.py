"""Restream targets in SQL. Keys stand in it sealed (:mod:`livehub.restream.vault`)."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Row,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)

from livehub.restream.errors import TargetBusy, TargetNotFound, TooManyTargets
from livehub.restream.model import Target
from livehub.storage.database import Database
from livehub.storage.tables import metadata
from livehub.storage.writer import Tx

#: ``room_id`` is the room that a target carries; NULL when it is stopped
restream_targets = Table(
    "restream_targets",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("owner_id", String(40), ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("name", String(240), nullable=False),
    Column("url", String(500), nullable=False),
    Column("sealed_key", Text, nullable=False),
    Column("key_hint", String(8), nullable=False),
    Column("automatic", Boolean, nullable=False),
    Column("room_id", String(40), ForeignKey("rooms.id", ondelete="SET NULL")),
    Column("created_at", BigInteger, nullable=False),
    Index(None, "owner_id"),
    Index(None, "room_id"),
)
_T = restream_targets.c


class SqlRestreams:
    """Implements :class:`livehub.restream.ports.TargetStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, target: Target, limit: int) -> None:
        values = {name: getattr(target, name) for name in Target.__slots__}

        def write(tx: Tx) -> None:
            present = tx.execute(select(func.count()).where(_T.owner_id == target.owner_id)).scalar_one()
            if present >= limit:
                raise TooManyTargets(f"Remove one first: {limit} targets are as many as there can be", limit=limit)
            tx.execute(insert(restream_targets), values).close()

        await self._database.write(write)

    async def of_owner(self, owner_id: str) -> list[Target]:
        return await self._read(_T.owner_id == owner_id)

    async def running(self, room_id: str | None = None) -> list[Target]:
        return await self._read(_T.room_id.is_not(None) if room_id is None else _T.room_id == room_id)

    async def change(self, target_id: str, values: Mapping[str, Any]) -> Target:
        def write(tx: Tx) -> Target:
            tx.execute(update(restream_targets).where(_T.id == target_id).values(**values)).close()
            return _present(tx, target_id)

        return await self._database.write(write)

    async def take(self, target_id: str, room_id: str) -> Target:
        def write(tx: Tx) -> Target:
            present = _present(tx, target_id)
            if present.room_id not in {None, room_id}:
                raise TargetBusy("Stop it in the other show first, or add a target of its own for this one.")
            tx.execute(update(restream_targets).where(_T.id == target_id).values(room_id=room_id)).close()
            return _present(tx, target_id)

        return await self._database.write(write)

    async def release(self, target_id: str, room_id: str) -> None:
        statement = update(restream_targets).where(_T.id == target_id, _T.room_id == room_id).values(room_id=None)
        await self._database.write(lambda tx: tx.execute(statement).close())

    async def delete(self, target_id: str) -> None:
        statement = delete(restream_targets).where(_T.id == target_id)
        await self._database.write(lambda tx: tx.execute(statement).close())

    async def _read(self, condition: ColumnElement[bool]) -> list[Target]:
        statement = select(restream_targets).where(condition).order_by(_T.id)
        return await self._database.read(lambda connection: [_target(row) for row in connection.execute(statement)])


def _present(tx: Tx, target_id: str) -> Target:
    row = tx.execute(select(restream_targets).where(_T.id == target_id)).one_or_none()
    if row is None:
        raise TargetNotFound
    return _target(row)


def _target(row: Row[Any]) -> Target:
    return Target(**row._mapping)
