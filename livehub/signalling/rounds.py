"""How what a room was told gets to its members: one task for the room, that goes round them, then rests.

A round is for what somebody waits for. What can wait (:data:`~.pacing.PATIENT`) is told in the rest between two rounds,
where it delays nobody, or when no round comes for a tenth of a second; and then it gives way.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from typing import Final, Protocol

from livehub.signalling.limits import Limits
from livehub.signalling.member import Member
from livehub.signalling.pacing import PATIENCE_S, Fresh, is_patient, rest_s, short_rest_s
from livehub.signalling.sequence import Event, RecentEvents

log = logging.getLogger(__name__)
#: members written to before others on the loop get their turn: 1–3 ms
SLICE: Final = 250
#: the same of what gives way
SMALL_SLICE: Final = 50


class Room(Protocol):
    """What is needed of :class:`.broadcaster.Feed`."""

    @property
    def room_id(self) -> str: ...

    @property
    def log(self) -> RecentEvents: ...

    @property
    def members(self) -> Collection[Member]: ...


class Rounds:
    """Runs from the moment it is made to :meth:`close`."""

    def __init__(self, room: Room, limits: Limits) -> None:
        self._room: Final = room
        self._limits: Final = limits
        self._sent = room.log.last
        self._latest: dict[str, Event] = {}
        self._wake = asyncio.Event()
        #: something came that can wait, or the rest is over
        self._stir = asyncio.Event()
        self._is_rested = True
        self._soon: asyncio.TimerHandle | None = None
        self._aside: list[Callable[[], None]] = []
        self._task = asyncio.get_running_loop().create_task(self._run(), name=f"feed {room.room_id}")

    def wake(self) -> None:
        """Something was released."""
        self._wake.set()

    def wake_soon(self) -> None:
        """Something was released that nobody waits for: it leaves in a rest, this one where there is one."""
        self._stir.set()
        if self._soon is None:
            self._soon = asyncio.get_running_loop().call_later(PATIENCE_S, self.wake)

    def aside(self, job: Callable[[], None]) -> None:
        """Do it in a rest, this one where there is one, or in :data:`~.pacing.PATIENCE_S` where none comes."""
        self._aside.append(job)
        self.wake_soon()

    def tell_latest(self, name: str, packet: bytes) -> None:
        """To everybody; a later one of that name takes its place."""
        self._latest[name] = Event(0, packet)
        self.wake()

    async def close(self) -> None:
        self._wait_no_more()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                await self._turn()
            except Exception:
                log.exception("sending to room %s failed", self._room.room_id)
                await asyncio.sleep(self._limits.gather_s)

    def _rest_s(self, round_s: float) -> float:
        limits = self._limits
        if len(self._room.members) >= limits.crowd_from:
            return rest_s(limits.crowd_gather_s, round_s)
        return short_rest_s(limits.gather_s, round_s)

    async def _turn(self) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        is_awaited = await self._go_round()
        ended = loop.time()
        await self._rest(ended + (self._rest_s(ended - began) if is_awaited else 0.0))

    async def _rest(self, until: float) -> None:
        """Others' time, in which what can wait is done and told as it comes: it is gone before the next line."""
        loop = asyncio.get_running_loop()
        self._is_rested = until <= loop.time()
        # Over when the timer says so: loops count in milliseconds, and asked a little early would be asked over again.
        over = loop.call_at(until, self._rested)
        try:
            while True:
                self._stir.clear()
                self._wait_no_more()
                self._do_aside()
                await self._tell_the_patient()
                if self._is_rested:
                    return
                await self._stir.wait()
        finally:
            over.cancel()

    def _rested(self) -> None:
        self._is_rested = True
        self._stir.set()

    def _wait_no_more(self) -> None:
        if self._soon is not None:
            self._soon.cancel()
            self._soon = None

    def _do_aside(self) -> None:
        jobs, self._aside = self._aside, []
        for job in jobs:
            try:
                job()
            except Exception:
                log.exception("what was left for the rest of room %s failed", self._room.room_id)

    async def _go_round(self) -> bool:
        """All members, a slice at a time, with others' turns in between; whether anybody waited for it.

        Each slice gets what has been released when its turn comes, not what had been when the round began: so nobody
        waits longer than one round, however long that takes. Who joins meanwhile is served by the next one.
        """
        known = self._room.log.last
        latest, self._latest = [event.packet for event in self._latest.values()], {}
        if not latest and all(map(is_patient, self._room.log.after(self._sent))):
            return False
        members = list(self._room.members)
        for first in range(0, len(members), SLICE):
            if first:
                await asyncio.sleep(0)
            self._send_slice(members[first : first + SLICE], latest)
        self._went_round(known)
        return True

    async def _tell_the_patient(self) -> None:
        """What nobody waits for. Once a round is due it takes that along: to write twice would cost the room more than
        it would delay the line."""
        known = self._room.log.last
        if known == self._sent:
            return
        members = list(self._room.members)
        for first in range(0, len(members), SMALL_SLICE):
            if first:
                await asyncio.sleep(0)
            if self._wake.is_set():
                return
            self._send_slice(members[first : first + SMALL_SLICE], ())
        self._went_round(known)

    def _went_round(self, known: int) -> None:
        # What came after that, the first slices have still to get.
        self._sent = known
        self._room.log.mark_sent(known)
        if self._room.log.last != known:
            self.wake()

    def _send_slice(self, members: Sequence[Member], latest: Sequence[bytes]) -> None:
        """What is new to each of them. Most are on a WebSocket, at the same place, and get the same bytes."""
        events = self._room.log
        until = events.last
        since, frames = -1, None
        fresh: Fresh | None = None
        for member in members:
            if not member.present:
                continue
            if member.cursor != since or fresh is None:
                if member.cursor >= until and not latest:
                    continue
                if not events.resumable(member.cursor):
                    lose(member)
                    continue
                since = member.cursor
                fresh = Fresh(events.after(since), latest)
                frames = fresh.for_all.frames if fresh.for_all else None
            member.cursor = until
            if frames is not None and member.link.direct:
                member.link.write_frames(frames)
            else:
                batch = fresh.batch_for(member)
                if batch:
                    member.link.write(batch)


def lose(member: Member) -> None:
    """What the member has not seen is kept no more: it comes anew."""
    log.info("a member of %s fell behind what is kept", member.room_id)
    member.link.cut()
