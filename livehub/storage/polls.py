"""Polls and their votes in SQL."""

from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Select, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from livehub.interaction.errors import PollClosed, PollIsOpen, PollNotFound, TooMany, UnknownOption
from livehub.interaction.polls import Poll, PollState
from livehub.storage.database import Database
from livehub.storage.interaction_rows import poll_votes, polls
from livehub.storage.upsert import insert_into
from livehub.storage.writer import Tx

_P, _V = polls.c, poll_votes.c


class SqlPolls:
    """Implements :class:`livehub.interaction.ports.PollStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, poll: Poll, limit: int) -> None:
        of_room = select(func.count(), func.count().filter(_P.state == PollState.OPEN)).where(
            _P.room_id == poll.room_id
        )
        values = {
            "id": poll.id, "room_id": poll.room_id, "question": poll.question,
            "options": msgspec.json.encode(poll.options).decode(), "state": poll.state,
            "created_by": poll.created_by, "created_at": poll.created_at,
        }  # fmt: skip

        def write(tx: Tx) -> None:
            total, open_ones = tuple(tx.execute(of_room).one())
            if open_ones:
                raise PollIsOpen
            if total >= limit:
                raise TooMany(f"A room has at most {limit} polls")
            tx.execute(insert(polls), values).close()

        try:
            await self._database.write(write)
        except IntegrityError:  # another process was faster: the index allows one open poll a room
            raise PollIsOpen from None

    async def find(self, room_id: str, poll_id: str) -> Poll:
        statement = select(polls).where(_P.id == poll_id, _P.room_id == room_id)
        found = await self._read(statement)
        if not found:
            raise PollNotFound
        return found[0]

    async def of_room(self, room_id: str, limit: int) -> list[Poll]:
        return await self._read(_newest(room_id, limit))

    async def words(self, room_id: str, limit: int) -> list[tuple[str, tuple[str, ...]]]:
        newest = _newest(room_id, limit).with_only_columns(_P.question, _P.options)

        def read(connection: Connection) -> list[tuple[str, tuple[str, ...]]]:
            rows = connection.execute(newest)
            return [(row.question, msgspec.json.decode(row.options, type=tuple[str, ...])) for row in rows]

        return await self._database.read(read)

    async def vote(self, room_id: str, poll_id: str, identity: str, option: int, at_ms: int) -> bool:
        # Shared, so that votes do not wait for one another, but closing waits for them and they for it.
        present = select(_P.state, _P.options).where(_P.id == poll_id, _P.room_id == room_id).with_for_update(read=True)
        before = select(_V.option).where(_V.poll_id == poll_id, _V.identity == identity)
        row = {"poll_id": poll_id, "identity": identity, "option": option, "at": at_ms}
        put = insert_into(self._database, poll_votes).values(row)
        put = put.on_conflict_do_update(index_elements=["poll_id", "identity"], set_={"option": option, "at": at_ms})

        def write(tx: Tx) -> bool:
            poll = tx.execute(present).one_or_none()
            if poll is None:
                raise PollNotFound
            if poll.state != PollState.OPEN:
                raise PollClosed
            if not 0 <= option < len(msgspec.json.decode(poll.options)):
                raise UnknownOption(field="option")
            if tx.execute(before).scalar() == option:
                return False
            tx.execute(put).close()
            return True

        return await self._database.write(write)

    async def vote_of(self, poll_id: str, identity: str) -> int | None:
        statement = select(_V.option).where(_V.poll_id == poll_id, _V.identity == identity)
        return await self._database.read(lambda connection: connection.execute(statement).scalar())

    async def close(self, room_id: str, poll_id: str, at_ms: int) -> Poll:
        known = select(_P.state).where(_P.id == poll_id, _P.room_id == room_id).with_for_update()
        shut = update(polls).where(_P.id == poll_id).values(state=PollState.CLOSED, closed_at=at_ms)
        row = select(polls).where(_P.id == poll_id)

        def write(tx: Tx) -> Poll:
            state = tx.execute(known).scalar()
            if state is None:
                raise PollNotFound
            if state != PollState.OPEN:
                raise PollClosed
            tx.execute(shut).close()
            return _poll(tx.execute(row).one(), _by_option(tx.execute(_sums([poll_id]))))

        return await self._database.write(write)

    async def _read(self, statement: Select[Any]) -> list[Poll]:
        def read(connection: Connection) -> list[Poll]:
            rows = connection.execute(statement).all()
            sums = _by_option(connection.execute(_sums([row.id for row in rows])))
            return [_poll(row, sums) for row in rows]

        return await self._database.read(read)


def _newest(room_id: str, limit: int) -> Select[Any]:
    return select(polls).where(_P.room_id == room_id).order_by(_P.created_at.desc(), _P.id.desc()).limit(limit)


def _sums(poll_ids: list[str]) -> Select[Any]:
    """(poll, option, votes)."""
    statement = select(_V.poll_id, _V.option, func.count()).where(_V.poll_id.in_(poll_ids))
    return statement.group_by(_V.poll_id, _V.option)


def _by_option(rows: Iterable[Any]) -> dict[tuple[str, int], int]:
    return {(poll_id, option): votes for poll_id, option, votes in rows}


def _poll(row: Row[Any], sums: dict[tuple[str, int], int]) -> Poll:
    options = tuple(msgspec.json.decode(row.options, type=list[str]))
    return Poll(
        id=row.id,
        room_id=row.room_id,
        question=row.question,
        options=options,
        state=PollState(row.state),
        created_by=row.created_by,
        created_at=row.created_at,
        closed_at=row.closed_at,
        votes=tuple(sums.get((row.id, at), 0) for at in range(len(options))),
    )
