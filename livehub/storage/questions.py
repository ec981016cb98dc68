"""Questions and their votes in SQL."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from livehub.interaction.errors import QuestionAnswered, QuestionNotFound, TooMany, TooManyQuestions
from livehub.interaction.ports import QuestionBounds
from livehub.interaction.questions import Question, QuestionState, check_transition
from livehub.storage.conduct_rows import write_entry
from livehub.storage.database import Database
from livehub.storage.interaction_rows import question_votes, questions
from livehub.storage.upsert import insert_into
from livehub.storage.writer import Tx

_Q, _V = questions.c, question_votes.c
_WAITS = _Q.state == QuestionState.WAITING


class SqlQuestions:
    """Implements :class:`livehub.interaction.ports.QuestionStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, question: Question, bounds: QuestionBounds) -> tuple[Question, bool]:
        same = select(questions).where(
            _Q.room_id == question.room_id, _Q.identity == question.identity, _Q.client_id == question.client_id
        )
        waiting = select(func.count(), func.count().filter(_Q.identity == question.identity)).where(
            _Q.room_id == question.room_id, _WAITS
        )
        values = {name: getattr(question, name) for name in Question.__slots__}

        def write(tx: Tx) -> tuple[Question, bool]:
            known = tx.execute(same).one_or_none()
            if known is not None:
                return _question(known), False
            of_room, of_member = tuple(tx.execute(waiting).one())
            if of_member >= bounds.of_member:
                raise TooManyQuestions
            if of_room >= bounds.of_room:
                raise TooMany("So many questions wait here that no more are taken for now")
            tx.execute(insert(questions), values).close()
            return question, True

        try:
            return await self._database.write(write)
        except IntegrityError:  # sent twice at once, through two processes
            return _question(await self._database.read(lambda connection: connection.execute(same).one())), False

    async def find(self, room_id: str, question_id: str) -> Question:
        found = await self._read(_of(room_id, question_id))
        if not found or found[0].state is QuestionState.REMOVED:
            raise QuestionNotFound
        return found[0]

    async def of_room(self, room_id: str, state: QuestionState, limit: int) -> list[Question]:
        order: tuple[ColumnElement[Any], ...] = (_Q.votes.desc(), _Q.created_at, _Q.id)
        if state is QuestionState.ANSWERED:
            order = (_Q.answered_at.desc(), _Q.id.desc())
        statement = select(questions).where(_Q.room_id == room_id, _Q.state == state)
        return await self._read(statement.order_by(*order).limit(limit))

    async def vote(self, room_id: str, question_id: str, identity: str, *, up: bool) -> bool:
        present = select(_Q.state).where(_Q.id == question_id, _Q.room_id == room_id).with_for_update()
        mine = {"question_id": question_id, "identity": identity}
        put = insert_into(self._database, question_votes).values(mine).on_conflict_do_nothing()
        take = delete(question_votes).where(_V.question_id == question_id, _V.identity == identity)
        known = select(_V.identity).where(_V.question_id == question_id, _V.identity == identity)
        count = update(questions).where(_Q.id == question_id).values(votes=_Q.votes + (1 if up else -1))

        def write(tx: Tx) -> bool:
            state = tx.execute(present).scalar()
            if state is None or state == QuestionState.REMOVED:
                raise QuestionNotFound
            if state == QuestionState.ANSWERED:
                raise QuestionAnswered
            if (tx.execute(known).first() is not None) is up:
                return False
            tx.execute(put if up else take).close()
            tx.execute(count).close()
            return True

        return await self._database.write(write)

    async def voted_by(self, room_id: str, identity: str) -> list[str]:
        statement = (
            select(_V.question_id)
            .join(questions, _Q.id == _V.question_id)
            .where(_V.identity == identity, _Q.room_id == room_id, _WAITS)
            .order_by(_V.question_id)
        )
        return await self._database.read(lambda connection: list(connection.execute(statement).scalars()))

    async def sums(self, question_ids: Sequence[str]) -> dict[str, int]:
        statement = select(_Q.id, _Q.votes).where(_Q.id.in_(question_ids)).order_by(_Q.id)
        return await self._database.read(
            lambda connection: {row.id: row.votes for row in connection.execute(statement)}
        )

    async def mark(
        self, room_id: str, question_id: str, state: QuestionState, at_ms: int, entry: Any = None
    ) -> Question:
        row = _of(room_id, question_id)
        answered_at = at_ms if state is QuestionState.ANSWERED else None
        set_state = update(questions).where(_Q.id == question_id).values(state=state, answered_at=answered_at)

        def write(tx: Tx) -> Question:
            present = tx.execute(row.with_for_update()).one_or_none()
            if present is None or present.state == QuestionState.REMOVED:
                raise QuestionNotFound
            check_transition(QuestionState(present.state), state)
            tx.execute(set_state).close()
            if entry is not None:
                write_entry(tx, entry)
            return _question(tx.execute(row).one())

        return await self._database.write(write)

    async def _read(self, statement: Select[Any]) -> list[Question]:
        return await self._database.read(lambda connection: [_question(row) for row in connection.execute(statement)])


def _of(room_id: str, question_id: str) -> Select[Any]:
    return select(questions).where(_Q.id == question_id, _Q.room_id == room_id)


def _question(row: Row[Any]) -> Question:
    return Question(**{**row._mapping, "state": QuestionState(row.state)})
