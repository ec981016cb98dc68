"""Polls for everybody else: opened and closed by hosts, voted on by members."""

from livehub.accounts.permissions import Action
from livehub.clock import Clock
from livehub.events import EventBus, PollChanged, PollVoted
from livehub.ids import new_id
from livehub.interaction.limits import InteractionLimits
from livehub.interaction.polls import NewPoll, Poll, PollState
from livehub.interaction.ports import Doorkeeper, PollStore
from livehub.ratelimit import TokenBuckets
from livehub.rooms.access import Access


class Polls:
    def __init__(
        self, store: PollStore, doorkeeper: Doorkeeper, *, clock: Clock, bus: EventBus, limits: InteractionLimits
    ) -> None:
        self._store = store
        self._doorkeeper = doorkeeper
        self._clock = clock
        self._bus = bus
        self._limits = limits
        self._votes = TokenBuckets(clock, limits.votes_per_s, limits.votes_burst, 50_000)
        self._runs = TokenBuckets(clock, limits.runs_per_s, limits.runs_burst)

    async def open(self, access: Access, new: NewPoll) -> Poll:
        """Raises: Forbidden; Gone; PollIsOpen; TooMany; RateLimited."""
        access.require(Action.POLL_RUN)
        access.room.require_not_ended()
        creator = access.require_principal().identity
        self._runs.take(f"{access.room.id}/{creator}")
        poll = Poll(
            new_id("poll"), access.room.id, new.question, new.options, PollState.OPEN, creator, self._clock.now_ms()
        )
        await self._store.add(poll, self._limits.max_polls)
        self._bus.publish(PollChanged(poll.room_id, poll.present()))
        return poll

    async def vote(self, access: Access, poll_id: str, option: int) -> None:
        """One vote a member; another takes its place as long as the poll is open. ``option`` counts from 0.

        Raises: Forbidden; Gone; PollNotFound; PollClosed; UnknownOption; RateLimited.
        """
        access.require(Action.POLL_VOTE)
        access.room.require_not_ended()
        identity = access.require_principal().identity
        await self._doorkeeper.check_may_enter(access.room.id, identity)
        self._votes.take(f"{access.room.id}/{identity}")
        if await self._store.vote(access.room.id, poll_id, identity, option, self._clock.now_ms()):
            self._bus.publish(PollVoted(access.room.id, poll_id))

    async def close(self, access: Access, poll_id: str) -> Poll:
        """Raises: Forbidden; PollNotFound; PollClosed."""
        access.require(Action.POLL_RUN)
        poll = await self._store.close(access.room.id, poll_id, self._clock.now_ms())
        self._bus.publish(PollChanged(poll.room_id, poll.present()))
        return poll

    async def get(self, access: Access, poll_id: str) -> Poll:
        """Raises: Forbidden; PollNotFound."""
        access.require(Action.WATCH)
        return await self._store.find(access.room.id, poll_id)

    async def words(self, access: Access) -> list[tuple[str, tuple[str, ...]]]:
        """What the room is asked, and its options, newest first."""
        access.require(Action.WATCH)
        return await self._store.words(access.room.id, self._limits.max_polls)

    async def in_room(self, access: Access) -> list[Poll]:
        """Newest first."""
        access.require(Action.WATCH)
        return await self._store.of_room(access.room.id, self._limits.max_polls)

    async def latest(self, room_id: str) -> Poll | None:
        return next(iter(await self._store.of_room(room_id, 1)), None)

    async def present_results(self, room_id: str, poll_id: str) -> dict[str, object]:
        """The sums of now, for ``poll:results``."""
        poll = await self._store.find(room_id, poll_id)
        return {"poll": poll.id, "votes": poll.votes, "voters": sum(poll.votes)}

    async def vote_of(self, poll_id: str, identity: str) -> int | None:
        return await self._store.vote_of(poll_id, identity)
