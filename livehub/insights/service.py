"""Gathering what happens in live rooms, writing it by the minute, and making reports of it."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Final

from livehub.accounts.permissions import Action
from livehub.clock import Clock
from livehub.events import EventBus, OfferPinned, RoomEnded, RoomStarted
from livehub.insights.gathering import Gathering, Step
from livehub.insights.limits import InsightLimits
from livehub.insights.ports import Audience, InsightStore
from livehub.insights.report import MINUTE_MS, Report, Show, Summary, make_report
from livehub.rooms.access import Access
from livehub.rooms.model import RoomState

log = logging.getLogger(__name__)
_FLUSH_TIMEOUT_S: Final = 5.0


class Insights:
    """One task looks at the live rooms now and then; :meth:`start` and :meth:`close` own it.

    ``audience`` is asked late, for it is made after this.
    """

    def __init__(
        self,
        store: InsightStore,
        *,
        audience: Callable[[], Audience],
        bus: EventBus,
        clock: Clock,
        limits: InsightLimits | None = None,
    ) -> None:
        self.limits: Final = limits or InsightLimits()
        self._store = store
        self._audience = audience
        self._clock = clock
        self._gathering = Gathering(self.limits)
        self._live: dict[str, None] = {}
        self._written_minute = 0
        self._due = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._making: dict[str, asyncio.Task[Report]] = {}
        self._made: dict[str, Report] = {}
        bus.subscribe(RoomStarted, self._on_started)
        bus.subscribe(RoomEnded, self._on_ended)
        bus.subscribe(OfferPinned, self._on_pinned)

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="insights")

    async def close(self) -> None:
        """What was gathered is written, if the database is there. Idempotent."""
        task, self._task = self._task, None
        if task is None:
            return
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        self._sample()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_FLUSH_TIMEOUT_S):
                await self._write()

    # ---- gathering ----

    def step(self, room_id: str, offer_id: str, step: Step, identity: str) -> None:
        """Somebody opened a product, or went on to pay for it; counted once for each person."""
        self._gathering.step(room_id, self._minute, offer_id, step, identity)

    @property
    def _minute(self) -> int:
        return self._clock.now_ms() // MINUTE_MS

    def _on_started(self, _event: RoomStarted) -> None:
        self._due.set()

    def _on_ended(self, event: RoomEnded) -> None:
        if event.room_id in self._live:
            self._sample_room(event.room_id)
            del self._live[event.room_id]
            self._gathering.forget(event.room_id)
            self._due.set()
        self._made.pop(event.room_id, None)

    def _on_pinned(self, event: OfferPinned) -> None:
        found = self._audience().footfall(event.room_id)
        if found is not None and event.room_id in self._live:
            self._sample_room(event.room_id)  # who came until now has not seen this
            ids = [str(offer["id"]) for offer in event.offers]
            self._gathering.pinned(event.room_id, self._minute, ids, found.here)

    def _sample(self) -> None:
        for room_id in self._live:
            self._sample_room(room_id)

    def _sample_room(self, room_id: str) -> None:
        found = self._audience().footfall(room_id)
        if found is not None:
            self._gathering.sample(room_id, self._minute, found.viewers, found.entered)

    async def look(self) -> None:
        """One round: look at the rooms; in a new minute, or when one began or ended, write and see what is live."""
        is_due, minute = self._due.is_set(), self._minute
        self._sample()
        if is_due or minute != self._written_minute:
            self._due.clear()
            await self._write()
            await self._find_live()
            self._written_minute = minute

    async def _find_live(self) -> None:
        """What began before this process did, or while it did not hear the others."""
        live = await self._store.live_rooms()
        for room_id in [gone for gone in self._live if gone not in live]:
            del self._live[room_id]
            self._gathering.forget(room_id)
        for room_id, pinned in live.items():
            if not self._gathering.watches(room_id):
                found = self._audience().footfall(room_id)
                # who waited for it to begin comes with its first moment
                self._gathering.watch(room_id, 0 if found is None else found.entered - found.here, pinned)
            self._live[room_id] = None

    async def _write(self) -> None:
        gathered = self._gathering.take()
        if not len(gathered):
            return
        try:
            await self._store.keep(gathered)
        except BaseException:
            if not self._gathering.give_back(gathered):
                log.warning("figures of %d minutes and products were lost: the database is away", len(gathered))
            raise

    async def _run(self) -> None:
        while True:
            try:
                await self.look()
            except Exception:  # a database that is away for a moment must not end the gathering for good
                log.exception("figures could not be written yet")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.limits.sample_s):
                    await self._due.wait()

    # ---- reporting ----

    async def report(self, access: Access) -> Report:
        """Of a room that is live or over, for its host; of a live one at most ``fresh_s`` old, made once for all.

        Raises:
            Unauthenticated, Forbidden: not the host.
        """
        access.require(Action.ORDERS_SEE if access.room.store_id is not None else Action.ROOM_EDIT)
        room_id = access.room.id
        kept = self._made.get(room_id)
        is_same = kept is not None and kept.show.state == access.room.state.value
        if kept is not None and is_same and self._clock.now_ms() - kept.made_at < self.limits.fresh_s * 1000:
            return kept
        making = self._making.get(room_id)
        if making is None:
            making = asyncio.create_task(self._make(access), name=f"report {room_id}")
            self._making[room_id] = making
            making.add_done_callback(lambda _: self._making.pop(room_id, None))
        return await asyncio.shield(making)

    async def _make(self, access: Access) -> Report:
        room = access.room
        currency = await self._store.currency(room.store_id) if room.store_id is not None else None
        facts = await self._store.facts(room.id, room.store_id, room.ended_at, self.limits.top_questions)
        show = Show(
            room.id, room.title, room.kind.value, room.state.value, room.started_at, room.ended_at, currency
        )  # fmt: skip
        report = make_report(show, facts, self._clock.now_ms(), self.limits.max_points)
        if room.state is RoomState.LIVE:
            while len(self._made) >= self.limits.max_kept:
                self._made.pop(next(iter(self._made)))
            self._made[room.id] = report
        return report

    async def shows(self, store_id: str, before: int | None, limit: int) -> list[Summary]:
        """Of a store whose owner asks, which the caller has made sure of."""
        return await self._store.shows(store_id, before, limit)
