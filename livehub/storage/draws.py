"""Draws, their entries and winners in SQL. Winners are found inside the commit that publishes the seed."""

from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from livehub.interaction import fairness
from livehub.interaction.draws import RUNNING, Draw, DrawState, Winner, check_transition
from livehub.interaction.errors import DrawClosed, DrawFull, DrawIsRunning, DrawNotFound, TooMany
from livehub.storage.database import Database
from livehub.storage.interaction_rows import draw_entries, draws
from livehub.storage.writer import Tx

_D, _E = draws.c, draw_entries.c


def _newest(room_id: str, limit: int) -> Select[Any]:
    return select(draws).where(_D.room_id == room_id).order_by(_D.opened_at.desc(), _D.id.desc()).limit(limit)


class SqlDraws:
    """Implements :class:`livehub.interaction.ports.DrawStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, draw: Draw, limit: int) -> None:
        of_room = select(func.count(), func.count().filter(_D.state.in_(RUNNING))).where(_D.room_id == draw.room_id)
        values = {name: getattr(draw, name) for name in Draw.__slots__ if name != "winners"}
        values["seed"] = draw.seed.hex()

        def write(tx: Tx) -> None:
            total, running = tuple(tx.execute(of_room).one())
            if running:
                raise DrawIsRunning
            if total >= limit:
                raise TooMany(f"A room has at most {limit} draws")
            tx.execute(insert(draws), values).close()

        try:
            await self._database.write(write)
        except IntegrityError:  # another process was faster: the index allows one running draw a room
            raise DrawIsRunning from None

    async def find(self, room_id: str, draw_id: str) -> Draw:
        found = await self._read(select(draws).where(_D.id == draw_id, _D.room_id == room_id))
        if not found:
            raise DrawNotFound
        return found[0]

    async def of_room(self, room_id: str, limit: int) -> list[Draw]:
        return await self._read(_newest(room_id, limit))

    async def titles(self, room_id: str, limit: int) -> list[str]:
        newest = _newest(room_id, limit).with_only_columns(_D.title)
        return await self._database.read(lambda connection: list(connection.scalars(newest)))

    async def enter(self, draw: Draw, ticket: str, identity: str, display_name: str, at_ms: int, limit: int) -> bool:
        # Entries wait for one another here, and closing for them: the list is whole when it is published.
        present = select(_D.state, _D.entries).where(_D.id == draw.id).with_for_update()
        known = select(_E.ticket).where(_E.draw_id == draw.id, _E.ticket == ticket)
        row = {"draw_id": draw.id, "ticket": ticket, "identity": identity, "display_name": display_name, "at": at_ms}
        count = update(draws).where(_D.id == draw.id).values(entries=_D.entries + 1)

        def write(tx: Tx) -> bool:
            standing = tx.execute(present).one_or_none()
            if standing is None:
                raise DrawNotFound
            if tx.execute(known).first() is not None:
                return False
            if standing.state != DrawState.OPEN:
                raise DrawClosed
            if standing.entries >= limit:
                raise DrawFull
            tx.execute(insert(draw_entries), row).close()
            tx.execute(count).close()
            return True

        return await self._database.write(write)

    async def has_entered(self, draw_id: str, identity: str) -> bool:
        statement = select(_E.ticket).where(_E.draw_id == draw_id, _E.identity == identity)
        return await self._database.read(lambda connection: connection.execute(statement).first() is not None)

    async def entries(self, draw_id: str) -> int:
        statement = select(_D.entries).where(_D.id == draw_id)
        return await self._database.read(lambda connection: connection.execute(statement).scalar() or 0)

    async def tickets(self, draw_id: str) -> list[str]:
        return await self._database.read(lambda connection: _tickets(connection, draw_id))

    async def close(self, room_id: str, draw_id: str, at_ms: int) -> Draw:
        def write(tx: Tx) -> Draw:
            _step(tx, room_id, draw_id, DrawState.CLOSED)
            digest = fairness.entries_digest(_tickets(tx, draw_id))
            return _changed(tx, draw_id, state=DrawState.CLOSED, closed_at=at_ms, entries_digest=digest)

        return await self._database.write(write)

    async def draw(self, room_id: str, draw_id: str, at_ms: int) -> Draw:
        def write(tx: Tx) -> Draw:
            row = _step(tx, room_id, draw_id, DrawState.DRAWN)
            chosen = fairness.choose(bytes.fromhex(row.seed), draw_id, _tickets(tx, draw_id), row.places)
            for place, ticket in enumerate(chosen, 1):
                won = update(draw_entries).where(_E.draw_id == draw_id, _E.ticket == ticket).values(place=place)
                tx.execute(won).close()
            return _changed(tx, draw_id, state=DrawState.DRAWN, drawn_at=at_ms)

        return await self._database.write(write)

    async def cancel(self, room_id: str, draw_id: str, at_ms: int) -> Draw:
        def write(tx: Tx) -> Draw:
            _step(tx, room_id, draw_id, DrawState.CANCELLED)
            digest = fairness.entries_digest(_tickets(tx, draw_id))
            return _changed(tx, draw_id, state=DrawState.CANCELLED, closed_at=at_ms, entries_digest=digest)

        return await self._database.write(write)

    async def _read(self, statement: Select[Any]) -> list[Draw]:
        return await self._database.read(
            lambda connection: [_draw(connection, row) for row in connection.execute(statement).all()]
        )


def _step(tx: Tx, room_id: str, draw_id: str, wanted: DrawState) -> Row[Any]:
    """The row, locked. Raises: DrawNotFound; IllegalTransition."""
    row = tx.execute(select(draws).where(_D.id == draw_id, _D.room_id == room_id).with_for_update()).one_or_none()
    if row is None:
        raise DrawNotFound
    check_transition(DrawState(row.state), wanted)
    return row


def _changed(tx: Tx, draw_id: str, **values: Any) -> Draw:
    tx.execute(update(draws).where(_D.id == draw_id).values(**values)).close()
    return _draw(tx, tx.execute(select(draws).where(_D.id == draw_id)).one())


def _tickets(connection: Connection | Tx, draw_id: str) -> list[str]:
    return list(connection.execute(select(_E.ticket).where(_E.draw_id == draw_id)).scalars())


def _draw(connection: Connection | Tx, row: Row[Any]) -> Draw:
    winners: tuple[Winner, ...] = ()
    if row.state == DrawState.DRAWN:
        statement = select(_E.place, _E.ticket, _E.identity, _E.display_name)
        won = statement.where(_E.draw_id == row.id, _E.place.is_not(None)).order_by(_E.place)
        winners = tuple(Winner(**found._mapping) for found in connection.execute(won))
    values = {**row._mapping, "state": DrawState(row.state), "seed": bytes.fromhex(row.seed)}
    return Draw(**values, winners=winners)
