"""Lucky draws for everybody else: opened, closed and drawn by hosts, entered by a tap or by the keyword."""

from livehub.accounts.permissions import Action
from livehub.clock import Clock
from livehub.events import DrawChanged, DrawEntered, EventBus
from livehub.ids import new_id
from livehub.interaction import fairness
from livehub.interaction.draws import Draw, DrawState, NewDraw, expects
from livehub.interaction.errors import DrawClosed, DrawFull, EntriesNotClosed
from livehub.interaction.limits import InteractionLimits
from livehub.interaction.ports import Doorkeeper, DrawStore
from livehub.ratelimit import TokenBuckets
from livehub.rooms.access import Access


class Draws:
    def __init__(
        self, store: DrawStore, doorkeeper: Doorkeeper, *, clock: Clock, bus: EventBus, limits: InteractionLimits
    ) -> None:
        self._store = store
        self._doorkeeper = doorkeeper
        self._clock = clock
        self._bus = bus
        self._limits = limits
        self._entering = TokenBuckets(clock, limits.votes_per_s, limits.votes_burst, 50_000)
        self._runs = TokenBuckets(clock, limits.runs_per_s, limits.runs_burst)

    async def open(self, access: Access, new: NewDraw) -> Draw:
        """The commitment is published with it. Raises: Forbidden; Gone; DrawIsRunning; TooMany; RateLimited."""
        access.require(Action.DRAW_RUN)
        access.room.require_not_ended()
        creator = access.require_principal().identity
        self._runs.take(f"{access.room.id}/{creator}")
        seed = fairness.new_seed()
        draw = Draw(
            new_id("draw"), access.room.id, new.title, new.places, new.keyword, DrawState.OPEN,
            fairness.commitment_to(seed), seed, creator, self._clock.now_ms(),
        )  # fmt: skip
        await self._store.add(draw, self._limits.max_draws)
        self._tell(draw)
        return draw

    async def enter(self, access: Access, draw_id: str) -> str:
        """One's ticket; entering twice gives the same one.

        Raises: Forbidden (also banned); Gone; DrawNotFound; DrawClosed; DrawFull; RateLimited.
        """
        access.require(Action.DRAW_ENTER)
        access.room.require_not_ended()
        person = access.require_principal()
        await self._doorkeeper.check_may_enter(access.room.id, person.identity)
        self._entering.take(f"{access.room.id}/{person.identity}")
        draw = await self._store.find(access.room.id, draw_id)
        ticket = fairness.ticket_of(draw.id, person.identity)
        is_new = await self._store.enter(
            draw, ticket, person.identity, person.display_name, self._clock.now_ms(), self._limits.max_entries
        )
        if is_new:
            self._bus.publish(DrawEntered(access.room.id, draw.id))
        return ticket

    async def take_line(self, access: Access, text: str, running: Draw | None) -> str | None:
        """A chat line that is the keyword of the draw ``running`` enters; the ticket, or None.

        What would be refused by a tap is left out here: a line is a line first, and has been said already.
        """
        if running is None or not expects(running, text) or not access.may(Action.DRAW_ENTER):
            return None
        try:
            return await self.enter(access, running.id)
        except (DrawClosed, DrawFull):
            return None

    async def close(self, access: Access, draw_id: str) -> Draw:
        """Nobody enters from here on, and the list of entries is public. Raises: Forbidden; IllegalTransition."""
        access.require(Action.DRAW_RUN)
        return self._tell(await self._store.close(access.room.id, draw_id, self._clock.now_ms()))

    async def draw(self, access: Access, draw_id: str) -> Draw:
        """Find the winners and publish the seed. Raises: Forbidden; DrawNotFound; IllegalTransition."""
        access.require(Action.DRAW_RUN)
        return self._tell(await self._store.draw(access.room.id, draw_id, self._clock.now_ms()))

    async def cancel(self, access: Access, draw_id: str) -> Draw:
        """Raises: Forbidden; DrawNotFound; IllegalTransition."""
        access.require(Action.DRAW_RUN)
        return self._tell(await self._store.cancel(access.room.id, draw_id, self._clock.now_ms()))

    async def get(self, access: Access, draw_id: str) -> Draw:
        """Raises: Forbidden; DrawNotFound."""
        access.require(Action.WATCH)
        return await self._store.find(access.room.id, draw_id)

    async def titles(self, access: Access) -> list[str]:
        """Newest first."""
        access.require(Action.WATCH)
        return await self._store.titles(access.room.id, self._limits.max_draws)

    async def in_room(self, access: Access) -> list[Draw]:
        """Newest first."""
        access.require(Action.WATCH)
        return await self._store.of_room(access.room.id, self._limits.max_draws)

    async def entry_list(self, access: Access, draw_id: str) -> bytes:
        """What the digest is of. Raises: Forbidden; DrawNotFound; EntriesNotClosed."""
        draw = await self.get(access, draw_id)
        if draw.entries_digest is None:
            raise EntriesNotClosed
        return fairness.entry_list(await self._store.tickets(draw.id))

    async def latest(self, room_id: str) -> Draw | None:
        return next(iter(await self._store.of_room(room_id, 1)), None)

    async def present_entries(self, draw_id: str) -> dict[str, object]:
        """For ``draw:entries``."""
        return {"draw": draw_id, "entries": await self._store.entries(draw_id)}

    async def ticket_of(self, draw_id: str, identity: str) -> str | None:
        """None: not entered."""
        has_entered = await self._store.has_entered(draw_id, identity)
        return fairness.ticket_of(draw_id, identity) if has_entered else None

    def _tell(self, draw: Draw) -> Draw:
        self._bus.publish(DrawChanged(draw.room_id, draw.present()))
        return draw
