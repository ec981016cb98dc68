"""All that a room does together, and how it stands now: the part of the snapshot that is about it."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from livehub.clock import Clock
from livehub.events import DrawChanged, EventBus, PollChanged, QuestionChanged
from livehub.interaction.asking import Questions
from livehub.interaction.drawing import Draws
from livehub.interaction.draws import Draw, expects
from livehub.interaction.limits import InteractionLimits
from livehub.interaction.polling import Polls
from livehub.interaction.polls import Poll, PollState
from livehub.interaction.ports import ConductLog, Doorkeeper, DrawStore, PollStore, QuestionStore, TextGuard
from livehub.interaction.questions import Question, QuestionState
from livehub.rooms.access import Access

_ROOMS_KEPT: Final = 2_000


@dataclass(frozen=True, slots=True)
class Standing:
    """How a room stands: the latest poll and draw, whatever their state, and the questions that are shown."""

    poll: Poll | None
    questions: tuple[Question, ...]
    draw: Draw | None

    def present(self) -> dict[str, Any]:
        return {
            "poll": self.poll.present() if self.poll else None,
            "questions": [question.present() for question in self.questions],
            "draw": self.draw.present() if self.draw else None,
        }


@dataclass(frozen=True, slots=True)
class _Known:
    """``seq``: the number of the snapshot that it was read for, 0 for none."""

    seq: int
    read_s: float
    standing: Standing


class Interaction:
    def __init__(
        self,
        *,
        polls: PollStore,
        questions: QuestionStore,
        draws: DrawStore,
        doorkeeper: Doorkeeper,
        guard: TextGuard,
        log: ConductLog,
        clock: Clock,
        bus: EventBus,
        limits: InteractionLimits | None = None,
    ) -> None:
        self.limits: Final = limits or InteractionLimits()
        self.polls: Final = Polls(polls, doorkeeper, clock=clock, bus=bus, limits=self.limits)
        self.questions: Final = Questions(questions, doorkeeper, guard, log, clock=clock, bus=bus, limits=self.limits)
        self.draws: Final = Draws(draws, doorkeeper, clock=clock, bus=bus, limits=self.limits)
        self._clock = clock
        #: by room: every snapshot asks for it, and every chat line for the keyword
        self._known: OrderedDict[str, _Known] = OrderedDict()
        #: reads under way, by room, snapshot's number and generation: whoever needs the same waits for the same
        self._reading: dict[tuple[str, int, int], asyncio.Task[Standing]] = {}
        self._generation = 0
        bus.subscribe(PollChanged, lambda event: self._forget(event.room_id))
        bus.subscribe(QuestionChanged, lambda event: self._forget(event.room_id))
        bus.subscribe(DrawChanged, lambda event: self._forget(event.room_id))

    async def shown(self, room_id: str, seq: int) -> Mapping[str, Any]:
        """The part of a snapshot at the number ``seq`` that is the same for everybody: ``{poll, questions, draw}``.

        It was read after that number was given, in whatever process: what an event up to it told of is in it.
        """
        known = self._known.get(room_id)
        if known is not None and known.seq == seq and self._is_fresh(known):
            return known.standing.present()
        return (await self._read(room_id, seq)).present()

    async def mine(self, access: Access, shown: Mapping[str, Any]) -> Mapping[str, Any]:
        """The caller's own of what is ``shown``: ``{my_vote, my_upvotes, my_ticket}``. Nothing is read for nothing."""
        identity = access.require_principal().identity
        poll, draw = shown["poll"], shown["draw"]
        is_open = poll is not None and poll["state"] == PollState.OPEN
        has_waiting = any(question["state"] == QuestionState.WAITING for question in shown["questions"])
        return {
            "my_vote": await self.polls.vote_of(poll["id"], identity) if is_open else None,
            "my_upvotes": await self.questions.voted_by(access.room.id, identity) if has_waiting else [],
            "my_ticket": await self.draws.ticket_of(draw["id"], identity) if draw else None,
        }

    async def expects(self, access: Access, text: str) -> bool:
        """Whether a line is the keyword of the draw that is open here."""
        return expects(await self._draw_of(access), text)

    async def take_line(self, access: Access, text: str) -> str | None:
        """A chat line that was just said; the ticket, when it entered a draw."""
        return await self.draws.take_line(access, text, await self._draw_of(access))

    async def _draw_of(self, access: Access) -> Draw | None:
        known = self._known.get(access.room.id)
        standing = known.standing if known is not None and self._is_fresh(known) else await self._read(access.room.id)
        return standing.draw

    def _is_fresh(self, known: "_Known") -> bool:
        return self._clock.monotonic() - known.read_s < self.limits.shown_for_s

    async def _read(self, room_id: str, seq: int = 0) -> Standing:
        """One read for all who ask for the same at once: a crowd of chat lines must not become a crowd of queries."""
        key = (room_id, seq, self._generation)
        task = self._reading.get(key)
        if task is None:
            task = self._reading[key] = asyncio.create_task(self._read_now(room_id, seq))
            task.add_done_callback(lambda _: self._reading.pop(key, None))
        # A caller that goes away leaves the read to the others.
        return await asyncio.shield(task)

    async def _read_now(self, room_id: str, seq: int) -> Standing:
        now, generation = self._clock.monotonic(), self._generation
        standing = Standing(
            await self.polls.latest(room_id),
            tuple(await self.questions.shown(room_id)),
            await self.draws.latest(room_id),
        )
        # What was read before a change that came in the meantime must not outlive that change.
        if generation == self._generation:
            self._known[room_id] = _Known(seq, now, standing)
            self._known.move_to_end(room_id)
            if len(self._known) > _ROOMS_KEPT:
                self._known.popitem(last=False)
        return standing

    def _forget(self, room_id: str) -> None:
        self._generation += 1
        self._known.pop(room_id, None)
