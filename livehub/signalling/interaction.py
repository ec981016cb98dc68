"""Polls, questions and draws over sockets: one method a call, each checked by the domain, and the news of them told."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import msgspec

from livehub.background import Background
from livehub.events import (
    DrawChanged,
    DrawEntered,
    EventBus,
    PollChanged,
    PollVoted,
    QuestionChanged,
    QuestionVoted,
    RoomEnded,
)
from livehub.interaction.draws import NewDraw
from livehub.interaction.polls import NewPoll
from livehub.interaction.questions import QuestionState
from livehub.interaction.service import Interaction
from livehub.signalling import interaction_calls as calls
from livehub.signalling.admission import Admission
from livehub.signalling.broadcaster import Broadcaster
from livehub.signalling.gather import Gather
from livehub.signalling.member import Connection

Call = tuple[type[msgspec.Struct], Callable[[Connection, Any], Awaitable[dict[str, Any] | None]]]


class InteractionActions:
    def __init__(self, interaction: Interaction, admission: Admission) -> None:
        self._polls = interaction.polls
        self._questions = interaction.questions
        self._draws = interaction.draws
        self._limits = interaction.limits
        self._admission = admission

    def table(self) -> Mapping[str, Call]:
        return {
            "poll:open": (calls.OpenPoll, self.open_poll),
            "poll:vote": (calls.Vote, self.vote),
            "poll:close": (calls.ClosePoll, self.close_poll),
            "question:ask": (calls.Ask, self.ask),
            "question:vote": (calls.Upvote, self.upvote),
            "question:mark": (calls.Mark, self.mark),
            "question:remove": (calls.RemoveQuestion, self.remove),
            "draw:open": (calls.OpenDraw, self.open_draw),
            "draw:enter": (calls.OneDraw, self.enter),
            "draw:close": (calls.OneDraw, self.close_draw),
            "draw:draw": (calls.OneDraw, self.draw),
            "draw:cancel": (calls.OneDraw, self.cancel),
        }

    async def open_poll(self, connection: Connection, call: calls.OpenPoll) -> dict[str, Any]:
        access, _, _ = await self._admission.here(connection, call.room)
        poll = await self._polls.open(access, NewPoll.checked(call.question, call.options, self._limits))
        return {"poll": poll.present()}

    async def vote(self, connection: Connection, call: calls.Vote) -> None:
        access, _, _ = await self._admission.here(connection, call.room)
        await self._polls.vote(access, call.poll, call.option)

    async def close_poll(self, connection: Connection, call: calls.ClosePoll) -> dict[str, Any]:
        access, _, _ = await self._admission.here(connection, call.room)
        return {"poll": (await self._polls.close(access, call.poll)).present()}

    async def ask(self, connection: Connection, call: calls.Ask) -> dict[str, Any]:
        access, _, _ = await self._admission.here(connection, call.room)
        return {"question": (await self._questions.ask(access, call.text, call.client_id)).present()}

    async def upvote(self, connection: Connection, call: calls.Upvote) -> None:
        access, _, _ = await self._admission.here(connection, call.room)
        await self._questions.vote(access, call.question, up=call.up)

    async def mark(self, connection: Connection, call: calls.Mark) -> dict[str, Any]:
        access, _, _ = await self._admission.here(connection, call.room)
        marked = await self._questions.mark(access, call.question, QuestionState(call.state))
        return {"question": marked.present()}

    async def remove(self, connection: Connection, call: calls.RemoveQuestion) -> None:
        access, _, _ = await self._admission.here(connection, call.room)
        await self._questions.remove(access, call.question, call.reason)

    async def open_draw(self, connection: Connection, call: calls.OpenDraw) -> dict[str, Any]:
        access, _, _ = await self._admission.here(connection, call.room)
        draw = await self._draws.open(access, NewDraw.checked(call.title, call.places, call.keyword, self._limits))
        return {"draw": draw.present(for_host=True)}

    async def enter(self, connection: Connection, call: calls.OneDraw) -> dict[str, Any]:
        access, _, _ = await self._admission.here(connection, call.room)
        return {"ticket": await self._draws.enter(access, call.draw)}

    async def close_draw(self, connection: Connection, call: calls.OneDraw) -> dict[str, Any]:
        access, _, _ = await self._admission.here(connection, call.room)
        return {"draw": (await self._draws.close(access, call.draw)).present(for_host=True)}

    async def draw(self, connection: Connection, call: calls.OneDraw) -> dict[str, Any]:
        access, _, _ = await self._admission.here(connection, call.room)
        return {"draw": (await self._draws.draw(access, call.draw)).present(for_host=True)}

    async def cancel(self, connection: Connection, call: calls.OneDraw) -> dict[str, Any]:
        access, _, _ = await self._admission.here(connection, call.room)
        return {"draw": (await self._draws.cancel(access, call.draw)).present(for_host=True)}


class InteractionNotices:
    """What happened, told to the room: changes at once and numbered, sums gathered and read when they are told."""

    def __init__(self, bus: EventBus, broadcaster: Broadcaster, interaction: Interaction, work: Background) -> None:
        self._broadcaster: Final = broadcaster
        self._interaction: Final = interaction
        self._work: Final = work
        self._sums: Final[dict[str, _Sums]] = {}
        # What is told to a room is told once, by the process where it happened, to all who are in it anywhere.
        bus.subscribe(PollChanged, self._poll_changed, here_only=True)
        bus.subscribe(QuestionChanged, self._question_changed, here_only=True)
        bus.subscribe(DrawChanged, self._draw_changed, here_only=True)
        bus.subscribe(PollVoted, lambda event: self._changed(event.room_id, poll=event.poll_id), here_only=True)
        bus.subscribe(
            QuestionVoted, lambda event: self._changed(event.room_id, question=event.question_id), here_only=True
        )
        bus.subscribe(DrawEntered, lambda event: self._changed(event.room_id, draw=event.draw_id), here_only=True)
        bus.subscribe(RoomEnded, lambda event: self._forget(event.room_id))

    def close(self) -> None:
        for room_id in list(self._sums):
            self._forget(room_id)

    def _tell(self, room_id: str, name: str, payload: Mapping[str, Any]) -> None:
        # Without a feed nobody is there, and nobody comes back to where they were: joining gives a snapshot.
        feed = self._broadcaster.find(room_id)
        if feed is not None:
            feed.publish(name, payload)

    def _poll_changed(self, event: PollChanged) -> None:
        self._tell(event.room_id, "poll:changed", {"poll": event.poll})

    def _draw_changed(self, event: DrawChanged) -> None:
        self._tell(event.room_id, "draw:changed", {"draw": event.draw})

    def _question_changed(self, event: QuestionChanged) -> None:
        if event.question["state"] == QuestionState.REMOVED:
            self._tell(event.room_id, "question:removed", {"question": event.question["id"]})
        else:
            self._tell(event.room_id, "question:changed", {"question": event.question})

    def _changed(
        self, room_id: str, poll: str | None = None, question: str | None = None, draw: str | None = None
    ) -> None:
        if self._broadcaster.find(room_id) is None:
            return
        sums = self._sums.get(room_id)
        if sums is None:
            sums = self._sums[room_id] = _Sums(self._interaction.limits.tell_s, lambda: self._due(room_id))
        sums.poll = poll or sums.poll
        sums.draw = draw or sums.draw
        if question:
            sums.questions.add(question)
        sums.gather.mark()

    def _due(self, room_id: str) -> None:
        if self._broadcaster.find(room_id) is None:
            self._forget(room_id)
        elif not self._work.put(lambda: self._tell_sums(room_id)):
            self._sums[room_id].gather.mark()

    async def _tell_sums(self, room_id: str) -> None:
        """Read after what was marked was committed, so the last mark is always told."""
        sums = self._sums.get(room_id)
        if sums is None:
            return
        poll, questions, draw = sums.take()
        results = await self._interaction.polls.present_results(room_id, poll) if poll else None
        votes = await self._interaction.questions.present_sums(questions) if questions else None
        entries = await self._interaction.draws.present_entries(draw) if draw else None
        feed = self._broadcaster.find(room_id)
        if feed is None:
            return
        if results:
            feed.tell_latest("poll:results", results)
        if votes:
            feed.publish("question:votes", votes)
        if entries:
            feed.tell_latest("draw:entries", entries)

    def _forget(self, room_id: str) -> None:
        sums = self._sums.pop(room_id, None)
        if sums is not None:
            sums.gather.close()


class _Sums:
    """What of a room is to be read and told next: the one open poll, the one running draw, and some questions."""

    def __init__(self, tell_s: float, due: Callable[[], None]) -> None:
        self.gather: Final = Gather(tell_s, due)
        self.poll: str | None = None
        self.questions: set[str] = set()
        self.draw: str | None = None

    def take(self) -> tuple[str | None, list[str], str | None]:
        taken = self.poll, sorted(self.questions), self.draw
        self.poll, self.questions, self.draw = None, set(), None
        return taken
