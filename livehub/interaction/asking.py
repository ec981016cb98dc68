"""Questions for everybody else: asked and voted up by members, answered and taken away by those who manage them."""

from collections.abc import Sequence
from typing import Any

from livehub.accounts.permissions import Action
from livehub.clock import Clock
from livehub.events import EventBus, QuestionChanged, QuestionVoted
from livehub.ids import new_id
from livehub.interaction.errors import NotYours
from livehub.interaction.limits import InteractionLimits
from livehub.interaction.ports import ConductLog, Doorkeeper, QuestionBounds, QuestionStore, TextGuard
from livehub.interaction.questions import Question, QuestionState
from livehub.ratelimit import TokenBuckets
from livehub.rooms.access import Access
from livehub.text import one_line


class Questions:
    def __init__(
        self,
        store: QuestionStore,
        doorkeeper: Doorkeeper,
        guard: TextGuard,
        log: ConductLog,
        *,
        clock: Clock,
        bus: EventBus,
        limits: InteractionLimits,
    ) -> None:
        self._store = store
        self._doorkeeper = doorkeeper
        self._guard = guard
        self._log = log
        self._clock = clock
        self._bus = bus
        self._limits = limits
        self._bounds = QuestionBounds(limits.max_waiting_of_member, limits.max_waiting_of_room)
        self._asks = TokenBuckets(clock, limits.asks_per_s, limits.asks_burst, 50_000)
        self._votes = TokenBuckets(clock, limits.votes_per_s, limits.votes_burst, 50_000)

    async def ask(self, access: Access, text: str, client_id: str) -> Question:
        """The same ``client_id`` again gives the same question.

        Raises:
            Forbidden, Gone: also muted or banned; the room is over.
            InvalidInput: too long, nothing visible, or kept out by the room's rules.
            TooManyQuestions, TooMany, RateLimited.
        """
        access.require(Action.QUESTION_ASK)
        access.room.require_not_ended()
        author = access.require_principal()
        await self._doorkeeper.check_may_speak(access.room.id, author.identity)
        plain = one_line(text, "text", max_chars=self._limits.max_question_chars)
        self._asks.take(f"{access.room.id}/{author.identity}")
        await self._guard.require_fit(access, plain, client_id)
        asked = Question(
            new_id("qst"), access.room.id, author.identity, author.display_name, plain,
            QuestionState.WAITING, client_id, self._clock.now_ms(),
        )  # fmt: skip
        question, is_new = await self._store.add(asked, self._bounds)
        if is_new:
            self._bus.publish(QuestionChanged(question.room_id, question.present()))
        return question

    async def vote(self, access: Access, question_id: str, *, up: bool) -> None:
        """Raises: Forbidden; Gone; QuestionNotFound; QuestionAnswered; RateLimited."""
        access.require(Action.QUESTION_ASK)
        access.room.require_not_ended()
        identity = access.require_principal().identity
        await self._doorkeeper.check_may_enter(access.room.id, identity)
        self._votes.take(f"{access.room.id}/{identity}")
        if await self._store.vote(access.room.id, question_id, identity, up=up):
            self._bus.publish(QuestionVoted(access.room.id, question_id))

    async def mark(self, access: Access, question_id: str, state: QuestionState) -> Question:
        """Answered, or waiting again. Raises: Forbidden; QuestionNotFound; IllegalTransition."""
        access.require(Action.QUESTION_MANAGE)
        return await self._marked(access, question_id, state)

    async def remove(self, access: Access, question_id: str, reason: str = "") -> None:
        """One's own, or anybody's for those who manage questions: that is in the moderators' log.

        Raises: NotYours; QuestionNotFound.
        """
        question, entry = await self._store.find(access.room.id, question_id), None
        if question.identity != access.require_principal().identity:
            if not access.may(Action.QUESTION_MANAGE):
                raise NotYours
            entry = self._log.question_removed(access, question, reason)
        await self._marked(access, question_id, QuestionState.REMOVED, entry)
        if entry is not None:
            self._log.tell(entry)

    async def _marked(self, access: Access, question_id: str, state: QuestionState, entry: Any = None) -> Question:
        question = await self._store.mark(access.room.id, question_id, state, self._clock.now_ms(), entry)
        self._bus.publish(QuestionChanged(question.room_id, question.present()))
        return question

    async def of_state(self, access: Access, state: QuestionState) -> list[Question]:
        access.require(Action.WATCH)
        return await self._of_room(access.room.id, state)

    async def shown(self, room_id: str) -> list[Question]:
        """Those that wait, the most wanted first, then the latest that were answered."""
        waiting = await self._of_room(room_id, QuestionState.WAITING)
        return [*waiting, *await self._of_room(room_id, QuestionState.ANSWERED)]

    async def _of_room(self, room_id: str, state: QuestionState) -> list[Question]:
        most = self._limits.shown_waiting if state is QuestionState.WAITING else self._limits.shown_answered
        return await self._store.of_room(room_id, state, most)

    async def present_sums(self, question_ids: Sequence[str]) -> dict[str, object]:
        """For ``question:votes``."""
        sums = await self._store.sums(question_ids)
        return {"items": [{"id": question_id, "votes": votes} for question_id, votes in sums.items()]}

    async def voted_by(self, room_id: str, identity: str) -> list[str]:
        return await self._store.voted_by(room_id, identity)
