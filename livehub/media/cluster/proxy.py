"""The media plane as the web process sees it when it runs in workers."""

import asyncio
import logging
import shutil
import tempfile
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final, cast

from livehub.events import Event, EventBus, RoomEnded, SpeakersChanged, StageChanged
from livehub.media.assembly import PlaneSettings
from livehub.media.cluster import carried
from livehub.media.cluster.briefing import Briefings
from livehub.media.cluster.carried import EVENTS, METHODS, CarriedMethod
from livehub.media.cluster.link import CannotStart, WorkerLink
from livehub.media.cluster.placement import NoWorker, Placement
from livehub.media.cluster.protocol import Occurred, Pulse
from livehub.media.cluster.runs import Runs
from livehub.media.cluster.spans import Spans
from livehub.media.cluster.spares import Spares
from livehub.media.cluster.supervisor import Supervisor
from livehub.media.errors import MediaSessionNotFound, MediaWorkerLost, PlaneClosed, PlaneDraining
from livehub.media.events import MediaLost
from livehub.media.limits import ClusterLimits
from livehub.media.service import MediaService, SessionState
from livehub.media.session_stats import SessionStats
from livehub.media.stage import StageOrders

log = logging.getLogger(__name__)

#: of a room that spans workers these are told by its owner alone
_OF_THE_OWNER: Final = (StageChanged, SpeakersChanged)


class MediaCluster:
    """Implements :class:`~livehub.media.service.MediaService` with ``workers`` processes.

    ``settings`` are those of each plane, save that worker ``i`` gets UDP port ``port + i``. ``cores`` pins worker ``i``
    to one of them. Methods that are not written here go to the worker that their first argument names, as
    :mod:`.carried` derives them from the plane.
    """

    def __init__(
        self,
        workers: int,
        settings: PlaneSettings,
        *,
        bus: EventBus,
        limits: ClusterLimits | None = None,
        cores: Sequence[int] = (),
    ) -> None:
        self.limits = settings.limits
        self._limits = limits or ClusterLimits()
        self._bus = bus
        self._placement = Placement(workers, viewers_per_worker=self._limits.viewers_per_worker)
        self._spares = Spares(self._limits)
        self._folder: Path | None = None
        self._supervisors = [
            Supervisor(
                index,
                replace(settings, port=settings.port + index if settings.port else 0),
                core=cores[index % len(cores)] if cores else None,
                spares=self._spares,
                limits=self._limits,
                on_up=self._came_up,
                on_down=self._went_down,
                on_given_up=self._gave_up,
                on_message=self._told,
            )
            for index in range(workers)
        ]
        self._stages: dict[str, tuple[Mapping[str, Any], ...]] = {}
        self._briefings = Briefings()
        self._runs = Runs()
        self._spans = Spans(self._placement, self._supervisors, kept_s=self._limits.branch_kept_s, now_s=time.monotonic)
        self._stats: dict[int, Mapping[str, Any]] = {}
        self._forwarded: set[str] = set()
        #: the worker whose event is on the bus at this moment, and which knows it already
        self._telling: int | None = None
        #: a worker is up, or none will ever be
        self._ready = asyncio.Event()
        self._closed = self._draining = False
        bus.subscribe(RoomEnded, lambda event: self._room_ended(event.room_id))

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        method = METHODS.get(name)
        if method is None:
            raise AttributeError(name)
        return partial(self._ask, method)

    def as_service(self) -> MediaService:
        """For type checkers, who cannot see what is derived; a test holds that nothing is missing."""
        return cast(MediaService, self)

    # --- life

    async def start(self) -> None:
        """Start all workers.

        Raises:
            OSError: a port is taken.
            PlaneClosed: a worker does not start; the log says why.
        """
        # Mode 0700, for the sockets between workers.
        folder = self._folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="livehub-media-"))
        starts = (item.start(folder / f"worker-{item.index}") for item in self._supervisors)
        begun = await asyncio.gather(*starts, return_exceptions=True)
        failures = [failure for failure in begun if isinstance(failure, BaseException)]
        if not failures:
            return
        await self.close()
        first = failures[0]
        if isinstance(first, CannotStart):
            if first.errno:
                raise OSError(first.errno, str(first)) from first
            raise PlaneClosed(f"A media worker does not start: {first}") from first
        raise first

    async def close(self) -> None:
        """End all sessions and all workers. Idempotent."""
        if self._closed:
            return
        self._closed = True
        await asyncio.gather(*(item.stop(self._limits.stop_timeout_s) for item in self._supervisors))
        await self._spares.close()
        if self._folder is not None:
            await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    async def check(self) -> None:
        """
        Raises:
            PlaneClosed: no worker is up.
        """
        if not self._placement.up:
            raise PlaneClosed

    async def drain(self) -> None:
        """Take no new sessions; those that are go on."""
        self._draining = True

    # --- asked

    async def publish(self, room_id: str, *args: Any, **named: Any) -> SessionState:
        return await self._admit_surely("publish", room_id, args, named)

    async def play(self, room_id: str, *args: Any, **named: Any) -> SessionState:
        if self.tracks(room_id):
            named["wait"] = True  # somebody does publish, though the worker that lets this viewer in may not be fed yet
        return await self._admit_surely("play", room_id, args, named)

    async def close_room(self, room_id: str) -> None:
        await self._ask_all("close_room", room_id)

    async def close_identity(self, room_id: str, identity: str) -> None:
        await self._ask_all("close_identity", room_id, identity)

    async def direct(self, room_id: str, orders: StageOrders) -> None:
        """Branches have to know too."""
        self._briefings.ordered("direct", room_id, {"orders": orders})
        await self._ask_all("direct", room_id, orders)

    async def _ask_all(self, name: str, room_id: str, *args: Any) -> list[Any]:
        """Everybody who carries the room; one that dies meanwhile has forgotten it anyway."""
        calls = [self._link(index).call(METHODS[name], (room_id, *args), {}) for index in self._carrying(room_id)]
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException) and not isinstance(outcome, MediaWorkerLost):
                raise outcome
        return [outcome for outcome in outcomes if not isinstance(outcome, BaseException)]

    async def room_stats(self, room_id: str, after: str = "", limit: int = 50) -> Sequence[SessionStats]:
        """A room that spans workers has sessions in each."""
        found = await self._ask_all("room_stats", room_id, after, limit)
        return sorted((item for part in found for item in part), key=lambda item: item.id)[:limit]

    def tracks(self, room_id: str) -> Sequence[Mapping[str, Any]]:
        return self._stages.get(room_id, ())

    def viewers(self, room_id: str) -> int:
        return self._placement.viewers(room_id)

    def stats(self) -> Mapping[str, Any]:
        """Sums over the workers, at most :attr:`ClusterLimits.pulse_s` old; ``workers`` has each one's.

        Who was let in since is counted at once: a server that stops must not take them for nobody.
        """
        workers = [
            {"up": item.is_up, "pid": item.link.pid if item.link else 0, "restarts": item.restarts}
            | dict(self._stats.get(item.index, {}))
            for item in self._supervisors
        ]
        summed = summed_up([self._stats[index] for index in sorted(self._stats)])
        publishers, viewers = self._placement.totals()
        now = {"sessions": publishers + viewers, "publishers": publishers, "subscribers": viewers}
        return defaultdict(int, summed | now, workers=workers)

    async def _ask(self, method: CarriedMethod, *args: Any, **named: Any) -> Any:
        bound = method.signature.bind(*args, **named)
        subject = bound.arguments[method.subject]
        if self._briefings.is_standing(method.name):
            self._briefings.ordered(method.name, subject, dict(list(bound.arguments.items())[1:]))
        link = self._of_session(subject) if method.subject == "session_id" else await self._of_room(subject)
        return await link.call(method, args, named)

    async def _admit_surely(
        self, name: str, room_id: str, args: tuple[Any, ...], named: Mapping[str, Any]
    ) -> SessionState:
        """Who was being let in when a worker died is let in by the next: nobody else knows of that session yet.

        All workers may die together while the news of each comes after the other's, so each may fail a newcomer once.

        Raises: PlaneDraining; PlaneClosed; MediaWorkerLost.
        """
        for _ in self._supervisors:
            try:
                return await self._admit(name, room_id, args, named)
            except MediaWorkerLost:
                log.info("somebody who comes to room %s asked a media worker that died, and asks the next", room_id)
        return await self._admit(name, room_id, args, named)

    async def _admit(self, name: str, room_id: str, args: tuple[Any, ...], named: Mapping[str, Any]) -> SessionState:
        if self._draining:
            raise PlaneDraining
        await self._until_ready()
        try:
            worker = self._placement.owner(room_id) if name == "publish" else self._placement.for_viewer(room_id)
        except NoWorker:
            raise PlaneClosed from None
        self._placement.expect(worker)
        publishers = viewers = 0
        try:
            await self._brief(room_id, worker)
            await self._span(room_id, worker)
            session: SessionState = await self._link(worker).call(METHODS[name], (room_id, *args), named)
            publishers, viewers = int(name == "publish"), int(name == "play")
        finally:
            self._placement.expected(worker, room_id, publishers=publishers, viewers=viewers)
        return session

    async def _span(self, room_id: str, worker: int) -> None:
        """Have the room's owner feed those branches that it does not feed yet, ``worker`` surely.

        Raises: MediaWorkerLost.
        """
        for branch in self._spans.unfed(room_id):
            try:
                await self._brief(room_id, branch)
                await self._spans.feed(room_id, branch)
            except MediaWorkerLost:
                if branch == worker:
                    raise
                log.warning(
                    "media worker %d is not fed with room %s; tried again with the next visitor", branch, room_id
                )

    async def _until_ready(self) -> None:
        """A newcomer waits for a worker that is being started again rather than being sent away.

        Raises: PlaneClosed.
        """
        if self._placement.up:
            return
        if self._closed or self._is_hopeless():
            raise PlaneClosed
        try:
            async with asyncio.timeout(self._limits.ready_timeout_s):
                await self._ready.wait()
        except TimeoutError:
            raise PlaneClosed from None
        if self._is_hopeless():
            raise PlaneClosed

    def _is_hopeless(self) -> bool:
        return all(item.has_given_up for item in self._supervisors)

    async def _of_room(self, room_id: str) -> WorkerLink:
        await self._until_ready()
        try:
            owner = self._placement.owner(room_id)
        except NoWorker:
            raise PlaneClosed from None
        await self._brief(room_id, owner)
        return self._link(owner)

    async def _brief(self, room_id: str, worker: int) -> None:
        """Tell a worker that takes up a room what holds there."""
        is_owner = self._placement.known_owner(room_id) == worker
        for name, arguments in self._briefings.due(room_id, worker, is_owner=is_owner):
            await self._link(worker).call(METHODS[name], (room_id,), arguments)

    def _of_session(self, session_id: str) -> WorkerLink:
        """Raises: MediaSessionNotFound, also for one that died with its process."""
        for item in self._supervisors:
            if session_id.startswith(item.session_prefix) and item.is_up and item.link is not None:
                return item.link
        raise MediaSessionNotFound

    def _link(self, index: int) -> WorkerLink:
        link = self._supervisors[index].link
        if link is None:
            raise PlaneClosed
        return link

    def _carrying(self, room_id: str) -> list[int]:
        owner = self._placement.known_owner(room_id)
        return [index for index in (owner, *self._placement.branches(room_id)) if index is not None]

    # --- told

    def _came_up(self, supervisor: Supervisor) -> None:
        self._placement.came_up(supervisor.index)
        self._ready.set()
        link = supervisor.link
        for kind in link.listens if link else ():
            if kind not in self._forwarded:
                self._forwarded.add(kind)
                self._bus.subscribe(EVENTS[kind], partial(self._forward, kind))

    def _gave_up(self) -> None:
        if self._is_hopeless():
            self._ready.set()  # nobody need wait any longer to be refused

    def _went_down(self, supervisor: Supervisor) -> None:
        owned = {room for room in self._stages if self._placement.known_owner(room) == supervisor.index}
        lost = self._placement.went_down(supervisor.index)
        self._briefings.forget_worker(supervisor.index)
        self._spans.worker_lost(supervisor.index)
        self._stats.pop(supervisor.index, None)
        if not self._placement.up:
            self._ready.clear()
        for event in self._runs.lost(supervisor.index):
            self._bus.publish(event)
        for room in owned:
            del self._stages[room]
            self._bus.publish(StageChanged(room, ()))
        for room in sorted(lost):
            self._bus.publish(MediaLost(room, supervisor.session_prefix))

    def _told(self, supervisor: Supervisor, message: Occurred | Pulse) -> None:
        if isinstance(message, Pulse):
            self._stats[supervisor.index] = message.stats
            self._spans.idle(supervisor.index, self._placement.counted(supervisor.index, message.rooms))
            return
        event = carried.decode_event(message.kind, message.event)
        if isinstance(event, _OF_THE_OWNER) and self._is_branch(event.room_id, supervisor.index):
            return  # a branch sees what its owner told already
        if isinstance(event, StageChanged):
            self._stages[event.room_id] = event.tracks
            if not event.tracks:
                del self._stages[event.room_id]
        self._telling = supervisor.index
        try:
            for each in (*self._runs.told(supervisor.index, event), event):
                self._bus.publish(each)
        finally:
            self._telling = None

    def _forward(self, kind: str, event: Event) -> None:
        if self._telling is not None:
            return  # told by a worker, which has heard it itself
        message = Occurred(*carried.encode_event(event))
        for item in self._supervisors:
            if item.is_up and item.link is not None and kind in item.link.listens:
                item.link.send(message)

    def _is_branch(self, room_id: str, worker: int) -> bool:
        return self._placement.known_owner(room_id) not in {None, worker}

    def _room_ended(self, room_id: str) -> None:
        """The workers that carry it hear the same event and end its sessions."""
        self._briefings.ended(room_id)
        self._spans.room_ended(room_id)
        for event in self._runs.room_ended(room_id):
            self._bus.publish(event)
        self._placement.ended(room_id)


def summed_up(stats: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Numbers of the same name added; maps member by member; anything else is left out."""
    sums: dict[str, Any] = {}
    for name in dict.fromkeys(name for item in stats for name in item):
        values = [item[name] for item in stats if name in item]
        if all(isinstance(value, Mapping) for value in values):
            sums[name] = summed_up(values)
        elif all(isinstance(value, int | float) for value in values):
            sums[name] = sum(values)
    return sums
