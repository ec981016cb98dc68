"""Rooms and the roles given in them, in SQL."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ColumnElement,
    Connection,
    ForeignKey,
    Index,
    Row,
    Select,
    String,
    Table,
    Text,
    and_,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from livehub.accounts.permissions import Role
from livehub.rooms.errors import RoomNotFound, TooManyRoles
from livehub.rooms.kinds import RecordingMode, RoomKind, Visibility
from livehub.rooms.listing import Cursor, RoomQuery
from livehub.rooms.model import Room, RoomRecord, RoomState
from livehub.storage.accounts import accounts
from livehub.storage.conduct_rows import write_entry
from livehub.storage.database import Database
from livehub.storage.recording_rows import is_kept, recordings
from livehub.storage.tables import metadata
from livehub.storage.writer import Tx

#: sorts after every time that can be planned: the year 10889
_NEVER_MS = 2**48 - 1

#: ``store_title`` is what the store was called when the room was made; times are ms since the epoch
rooms = Table(
    "rooms",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("title", String(400), nullable=False),
    Column("description", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("locale", String(16), nullable=False),
    Column("visibility", String(16), nullable=False),
    Column("owner_id", String(40), ForeignKey("accounts.id"), nullable=False),
    Column("store_id", String(40)),
    Column("store_title", String(400)),
    Column("created_at", BigInteger, nullable=False),
    Column("starts_at", BigInteger),
    Column("started_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("deleted_at", BigInteger),
    Column("recording", String(16), nullable=False, server_default="off"),
    CheckConstraint("state IN ('scheduled', 'live', 'ended')", name="state"),
    Index(None, "owner_id"),
    Index(None, "visibility", "state"),
)

#: what the host has given; the host's own role is ``rooms.owner_id``
room_roles = Table(
    "room_roles",
    metadata,
    Column("room_id", String(40), ForeignKey("rooms.id", ondelete="CASCADE"), primary_key=True),
    Column("identity", String(160), primary_key=True),
    Column("role", String(16), nullable=False),
    CheckConstraint("role IN ('cohost', 'moderator', 'speaker', 'viewer')", name="role"),
    Index(None, "identity"),
)

_STORED = (
    "kind", "title", "description", "state", "locale", "visibility", "owner_id", "store_id", "store_title",
    "created_at", "starts_at", "started_at", "ended_at", "recording",
)  # fmt: skip


#: a recording of the room is ready
_has_replay: ColumnElement[bool] = exists().where(recordings.c.room_id == rooms.c.id, is_kept)


def _select() -> Select[Any]:
    return (
        select(rooms, accounts.c.display_name.label("owner_name"), _has_replay.label("has_replay"))
        .join(accounts, accounts.c.id == rooms.c.owner_id)
        .where(rooms.c.deleted_at.is_(None))
    )


def _room(row: Row[Any]) -> Room:
    values = {name: row._mapping[name] for name in (*_STORED, "id", "owner_name", "has_replay")}
    values |= {
        "kind": RoomKind(values["kind"]),
        "state": RoomState(values["state"]),
        "visibility": Visibility(values["visibility"]),
        "recording": RecordingMode(values["recording"]),
        "has_replay": bool(values["has_replay"]),
    }
    return Room(**values)


def _row(room: Room) -> dict[str, Any]:
    return {name: getattr(room, name) for name in _STORED}


def _present(tx: Tx, room_id: str) -> Room:
    row = tx.execute(_select().where(rooms.c.id == room_id)).one_or_none()
    if row is None:
        raise RoomNotFound
    return _room(row)


def _roles(connection: Connection, room_ids: list[str]) -> dict[str, dict[str, Role]]:
    found: dict[str, dict[str, Role]] = {room_id: {} for room_id in room_ids}
    for row in connection.execute(select(room_roles).where(room_roles.c.room_id.in_(room_ids))):
        found[row.room_id][row.identity] = Role(row.role)
    return found


class SqlRooms:
    """Implements :class:`livehub.rooms.ports.RoomStore` and :class:`livehub.rooms.abandoned.LiveRooms`."""

    def __init__(self, database: Database, changed: Callable[[Tx, Room, Room], None] | None = None) -> None:
        """``changed`` is called inside each change's write, with the room before and after it."""
        self._database = database
        self._changed = changed

    async def add(self, room: Room) -> None:
        await self._database.write(lambda tx: tx.execute(insert(rooms).values(id=room.id, **_row(room))))

    async def live(self) -> list[str]:
        statement = select(rooms.c.id).where(rooms.c.state == RoomState.LIVE, rooms.c.deleted_at.is_(None))
        return await self._database.read(lambda connection: list(connection.execute(statement).scalars()))

    async def find(self, room_id: str) -> RoomRecord | None:
        def query(connection: Connection) -> RoomRecord | None:
            row = connection.execute(_select().where(rooms.c.id == room_id)).one_or_none()
            return RoomRecord(_room(row), _roles(connection, [room_id])[room_id]) if row else None

        return await self._database.read(query)

    async def change(self, room_id: str, change: Callable[[Room], Room]) -> Room:
        def write(tx: Tx) -> Room:
            present = _present(tx, room_id)
            changed = change(present)
            tx.execute(update(rooms).where(rooms.c.id == room_id).values(**_row(changed)))
            if self._changed is not None:
                self._changed(tx, present, changed)
            return changed

        return await self._database.write(write)

    async def delete(self, room_id: str, at_ms: int, check: Callable[[Room], None]) -> None:
        def write(tx: Tx) -> None:
            check(_present(tx, room_id))
            tx.execute(update(rooms).where(rooms.c.id == room_id).values(deleted_at=at_ms))

        await self._database.write(write)

    async def set_role(self, room_id: str, identity: str, role: Role, limit: int, entry: Any = None) -> None:
        others = select(func.count()).where(room_roles.c.room_id == room_id, room_roles.c.identity != identity)

        def write(tx: Tx) -> None:
            _present(tx, room_id)
            if tx.execute(others).scalar_one() >= limit:
                raise TooManyRoles(limit=limit)
            tx.execute(delete(room_roles).where(room_roles.c.room_id == room_id, room_roles.c.identity == identity))
            tx.execute(insert(room_roles).values(room_id=room_id, identity=identity, role=role))
            if entry is not None:
                write_entry(tx, entry)

        await self._database.write(write)

    async def page(self, query: RoomQuery) -> tuple[list[RoomRecord], Cursor | None]:
        key, descending = _order(query.state)
        order = (key.desc(), rooms.c.id.desc()) if descending else (key, rooms.c.id)
        statement = (
            _select().add_columns(key.label("sort_key")).where(*_filters(query)).order_by(*order).limit(query.limit + 1)
        )

        def run(connection: Connection) -> tuple[list[RoomRecord], Cursor | None]:
            rows = connection.execute(statement).all()
            shown = rows[: query.limit]
            roles = _roles(connection, [row.id for row in shown])
            following = Cursor(shown[-1].sort_key, shown[-1].id) if len(rows) > query.limit else None
            return [RoomRecord(_room(row), roles[row.id]) for row in shown], following

        return await self._database.read(run)


def _order(state: RoomState | None) -> tuple[ColumnElement[int], bool]:
    """The sort key of a list, and whether it falls."""
    if state is RoomState.SCHEDULED:
        return func.coalesce(rooms.c.starts_at, _NEVER_MS), False
    if state is RoomState.LIVE:
        return func.coalesce(rooms.c.started_at, rooms.c.created_at), True
    if state is RoomState.ENDED:
        return func.coalesce(rooms.c.ended_at, rooms.c.created_at), True
    return rooms.c.created_at.expression, True


def _filters(query: RoomQuery) -> list[ColumnElement[bool]]:
    filters: list[ColumnElement[bool]] = []
    if query.member is not None:
        appointed = select(room_roles.c.room_id).where(room_roles.c.identity == query.member)
        filters.append(or_(rooms.c.owner_id == query.member, rooms.c.id.in_(appointed)))
    else:
        filters.append(rooms.c.visibility == Visibility.PUBLIC)
    if query.state is not None:
        filters.append(rooms.c.state == query.state)
    if query.with_replay:
        filters.append(_has_replay)
    if query.planned_since is not None:
        planned = or_(rooms.c.starts_at.is_(None), rooms.c.starts_at >= query.planned_since)
        filters.append(or_(rooms.c.state != RoomState.SCHEDULED, planned))
    if query.after is not None:
        key, descending = _order(query.state)
        place, room_id = query.after.key, query.after.room_id
        further, beyond = (key < place, rooms.c.id < room_id) if descending else (key > place, rooms.c.id > room_id)
        filters.append(or_(further, and_(key == place, beyond)))
    return filters
