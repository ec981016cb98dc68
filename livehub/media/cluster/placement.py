"""Which worker carries which room. Pure: counts in, decisions out.

A room has one owner: all who publish are there, and viewers until they are ``viewers_per_worker``. Then another worker
becomes a branch of the room: the owner feeds it once, and it carries further viewers. A room keeps its owner as long as
that worker lives and the room has not ended, so that what the plane knows of the room stays in one place.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

#: what a publisher weighs beside a viewer: receiving a stream costs about as much as sending it to so many
PUBLISHER_WEIGHT: Final = 4
#: rooms remembered although nobody is in them; the longest unused give way
MAX_ROOMS: Final = 100_000


class NoWorker(Exception):
    """None is up at this moment."""


@dataclass(slots=True)
class _Worker:
    is_up: bool = False
    #: publishers and viewers of each room, as the worker told and as was added since
    rooms: dict[str, tuple[int, int]] = field(default_factory=dict)
    #: admissions under way
    pending: int = 0

    @property
    def load(self) -> int:
        return self.pending + sum(PUBLISHER_WEIGHT * there + viewers for there, viewers in self.rooms.values())


class Placement:
    def __init__(self, workers: int, *, viewers_per_worker: int) -> None:
        self._workers = [_Worker() for _ in range(workers)]
        self._viewers_per_worker = viewers_per_worker
        self._owners: OrderedDict[str, int] = OrderedDict()
        self._branches: dict[str, set[int]] = {}

    # --- workers

    def came_up(self, worker: int) -> None:
        self._workers[worker] = _Worker(is_up=True)

    def went_down(self, worker: int) -> frozenset[str]:
        """The rooms that lost something: their owner, or a branch. They are placed anew when somebody asks."""
        lost = {room for room, owner in self._owners.items() if owner == worker}
        for room in lost:
            del self._owners[room]
        for room, branches in list(self._branches.items()):
            if worker in branches:
                lost.add(room)
                self._leave(room, worker)
        self._workers[worker] = _Worker()
        return frozenset(lost)

    def counted(self, worker: int, rooms: Mapping[str, tuple[int, int]]) -> frozenset[str]:
        """What the worker counts now. Gives the rooms that it need not be a branch of any longer."""
        self._workers[worker].rooms = dict(rooms)
        return frozenset(
            room
            for room, branches in self._branches.items()
            if worker in branches and not rooms.get(room, (0, 0))[1] and not self._workers[worker].pending
        )

    @property
    def up(self) -> list[int]:
        return [index for index, worker in enumerate(self._workers) if worker.is_up]

    # --- rooms

    def owner(self, room: str) -> int:
        """The worker of a room; it is chosen now if there is none: where the room has viewers already, else the idlest.

        Raises:
            NoWorker.
        """
        found = self._owners.get(room)
        if found is None:
            branches = self._branches.get(room, set())
            found = max(branches, key=lambda index: self.viewers_on(room, index)) if branches else self._idlest()
            self._leave(room, found)
        self._owners[room] = found
        self._owners.move_to_end(room)
        if len(self._owners) > MAX_ROOMS:
            self._forget_oldest()
        return found

    def for_viewer(self, room: str) -> int:
        """Where the next viewer goes: the owner, then a branch with room, then a new branch, then where most is free.

        Raises:
            NoWorker.
        """
        owner = self.owner(room)
        carrying = [owner, *sorted(self._branches.get(room, ()))]
        for worker in carrying:
            if self.viewers_on(room, worker) + self._workers[worker].pending < self._viewers_per_worker:
                return worker
        others = [index for index in self.up if index not in carrying]
        if others:
            branch = min(others, key=lambda index: (self._workers[index].load, index))
            self._branches.setdefault(room, set()).add(branch)
            return branch
        return min(carrying, key=lambda index: (self.viewers_on(room, index) + self._workers[index].pending, index))

    def known_owner(self, room: str) -> int | None:
        return self._owners.get(room)

    def branches(self, room: str) -> frozenset[int]:
        return frozenset(self._branches.get(room, ()))

    def branch_ended(self, room: str, worker: int) -> None:
        self._leave(room, worker)

    def ended(self, room: str) -> frozenset[int]:
        """Forget the room; gives the workers that may still know it."""
        owner = self._owners.pop(room, None)
        return frozenset(self._branches.pop(room, ())) | (frozenset() if owner is None else {owner})

    # --- counts

    def expect(self, worker: int) -> None:
        """Somebody is being admitted there."""
        self._workers[worker].pending += 1

    def expected(self, worker: int, room: str, *, publishers: int = 0, viewers: int = 0) -> None:
        """That is over; how many it came to."""
        state = self._workers[worker]
        state.pending = max(0, state.pending - 1)
        if state.is_up and (publishers or viewers):
            there, watching = state.rooms.get(room, (0, 0))
            state.rooms[room] = (there + publishers, watching + viewers)

    def viewers_on(self, room: str, worker: int) -> int:
        return self._workers[worker].rooms.get(room, (0, 0))[1]

    def viewers(self, room: str) -> int:
        return sum(worker.rooms.get(room, (0, 0))[1] for worker in self._workers)

    def totals(self) -> tuple[int, int]:
        """Publishers and viewers on all workers."""
        counts = [count for worker in self._workers for count in worker.rooms.values()]
        return sum(there for there, _ in counts), sum(viewers for _, viewers in counts)

    def _idlest(self) -> int:
        if not self.up:
            raise NoWorker
        # Between equals the one with fewer rooms: a class that begins at ten comes room after room, all still empty.
        owned = list(self._owners.values())
        return min(self.up, key=lambda index: (self._workers[index].load, owned.count(index), index))

    def _leave(self, room: str, worker: int) -> None:
        branches = self._branches.get(room)
        if branches is not None:
            branches.discard(worker)
            if not branches:
                del self._branches[room]

    def _forget_oldest(self) -> None:
        """The longest unused of those that nobody is in."""
        for room in self._owners:
            if not any(room in worker.rooms for worker in self._workers):
                del self._owners[room]
                return
