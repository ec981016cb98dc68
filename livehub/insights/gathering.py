"""What is counted between two writes: by room and minute, never by viewer. Pure.

A viewer costs nothing here: how many there are is read from the room, and how many saw a product follows from who was
there when it was pinned and who came while it was. Only what people do (opening a product, going to pay) is counted
one by one, and each person's first time alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from livehub.insights.limits import InsightLimits


class Step(StrEnum):
    """How far somebody came with a product; being paid for is in the ledger."""

    VIEW = "view"  # in the room while it was pinned
    CARD = "card"  # opened it
    CHECKOUT = "checkout"  # went on to delivery and payment


@dataclass(slots=True)
class RoomMinute:
    """``peak`` and ``total``/``samples`` of the viewers that were seen, ``entered``: how many came in."""

    peak: int = 0
    total: int = 0
    samples: int = 0
    entered: int = 0


@dataclass(slots=True)
class Gathered:
    """(room, minute since the epoch) → viewers; (room, minute, offer, step) → people."""

    rooms: dict[tuple[str, int], RoomMinute] = field(default_factory=dict)
    steps: dict[tuple[str, int, str, Step], int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rooms) + len(self.steps)


@dataclass(slots=True)
class _Watched:
    """One room: what is pinned, how many had come in when it was last looked at, and what people did already."""

    pinned: frozenset[str] = frozenset()
    entered: int = 0
    done: set[tuple[str, str, Step]] = field(default_factory=set)
    offers: set[str] = field(default_factory=set)


class Gathering:
    def __init__(self, limits: InsightLimits) -> None:
        self._limits = limits
        self._now = Gathered()
        self._rooms: dict[str, _Watched] = {}

    def watches(self, room_id: str) -> bool:
        return room_id in self._rooms

    def watch(self, room_id: str, entered: int, pinned: Iterable[str] = ()) -> None:
        """Begin with a room: ``entered`` is how many had come in to it by now."""
        self._rooms.setdefault(room_id, _Watched(entered=entered)).pinned = frozenset(pinned)

    def forget(self, room_id: str) -> None:
        self._rooms.pop(room_id, None)

    def sample(self, room_id: str, minute: int, viewers: int, entered: int) -> None:
        """``viewers`` of the whole server; ``entered``: how many came in here since this process has the room."""
        room = self._rooms.get(room_id)
        if room is None:
            return
        # a room that was left by all and let go of counts from nothing again
        came = entered - room.entered if entered >= room.entered else entered
        room.entered = entered
        seen = self._now.rooms.setdefault((room_id, minute), RoomMinute())
        seen.peak = max(seen.peak, viewers)
        seen.total += viewers
        seen.samples += 1
        seen.entered += came
        for offer_id in room.pinned:
            self._count(room_id, minute, offer_id, Step.VIEW, came)

    def pinned(self, room_id: str, minute: int, offer_ids: Iterable[str], here: int) -> None:
        """Other offers are pinned: the ``here`` people in this process see those that were not."""
        room = self._rooms.get(room_id)
        if room is None:
            return
        now = frozenset(offer_ids)
        for offer_id in now - room.pinned:
            self._count(room_id, minute, offer_id, Step.VIEW, here)
        room.pinned = now

    def step(self, room_id: str, minute: int, offer_id: str, step: Step, identity: str) -> bool:
        """Whether it counted: the first time of this person with this offer, and within the bounds."""
        room = self._rooms.get(room_id)
        did = (identity, offer_id, step)
        if room is None or did in room.done or len(room.done) >= self._limits.max_steps:
            return False
        if not self._count(room_id, minute, offer_id, step, 1):
            return False
        room.done.add(did)
        return True

    def _count(self, room_id: str, minute: int, offer_id: str, step: Step, people: int) -> bool:
        room = self._rooms[room_id]
        if offer_id not in room.offers and len(room.offers) >= self._limits.max_offers:
            return False
        room.offers.add(offer_id)
        if people:
            key = (room_id, minute, offer_id, step)
            self._now.steps[key] = self._now.steps.get(key, 0) + people
        return True

    def take(self) -> Gathered:
        """What is to be written now."""
        gathered, self._now = self._now, Gathered()
        return gathered

    def give_back(self, gathered: Gathered) -> bool:
        """It could not be written; False: too much waits already, and it is lost."""
        if len(gathered) + len(self._now) > self._limits.max_waiting_rows:
            return False
        for place, minute in gathered.rooms.items():
            own = self._now.rooms.setdefault(place, RoomMinute())
            own.peak = max(own.peak, minute.peak)
            own.total += minute.total
            own.samples += minute.samples
            own.entered += minute.entered
        for key, people in gathered.steps.items():
            self._now.steps[key] = self._now.steps.get(key, 0) + people
        return True
