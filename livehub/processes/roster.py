"""Who is in which room, over all processes. Pure.

Each process says of itself whom it has; a person may be with several. What a dead process had said is dropped at once,
so that the sums are right whatever happened to it.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any

import msgspec


class Person(msgspec.Struct, frozen=True):
    """``is_counted``: False for the host, whom the others came to see. ``hand_ms``: since when a hand is up, or 0."""

    display_name: str
    role: str
    locale: str
    is_counted: bool = True
    hand_ms: int = 0


class _Room:
    __slots__ = ("count", "hands", "locales", "people")

    def __init__(self) -> None:
        #: identity → process → what that process says, in order of coming
        self.people: dict[str, dict[str, Person]] = {}
        self.count = 0
        self.locales: Counter[str] = Counter()
        self.hands: dict[str, None] = {}


class Roster:
    def __init__(self) -> None:
        self._rooms: dict[str, _Room] = {}
        #: process → what it has told: for the day when it is gone
        self._told: dict[str, dict[tuple[str, str], None]] = {}

    def put(self, process: str, room_id: str, identity: str, person: Person | None) -> None:
        """``person`` None: not with that process (any more)."""
        room = self._rooms.get(room_id)
        if room is None:
            if person is None:
                return
            room = self._rooms[room_id] = _Room()
        told = self._told.setdefault(process, {})
        known = room.people.get(identity, {})
        was_counted = _is_counted(known)
        before = known.get(process)
        if before is not None:
            room.locales -= Counter((before.locale,))
        if person is None:
            known.pop(process, None)
            told.pop((room_id, identity), None)
        else:
            known[process] = person
            room.people[identity] = known
            told[room_id, identity] = None
            room.locales[person.locale] += 1
        room.count += _is_counted(known) - was_counted
        if any(each.hand_ms for each in known.values()):
            room.hands[identity] = None
        else:
            room.hands.pop(identity, None)
        if not known:
            room.people.pop(identity, None)
            if not room.people:
                del self._rooms[room_id]

    def drop(self, process: str) -> set[str]:
        """All that ``process`` has told is void. Gives the rooms."""
        told = list(self._told.pop(process, ()))
        for room_id, identity in told:
            self.put(process, room_id, identity, None)
        self._told.pop(process, None)
        return {room_id for room_id, _ in told}

    def told_by(self, process: str) -> Iterator[tuple[str, str, Person]]:
        for room_id, identity in list(self._told.get(process, ())):
            yield room_id, identity, self._rooms[room_id].people[identity][process]

    def own(self, process: str, room_id: str, identity: str) -> Person | None:
        """What ``process`` says of somebody."""
        room = self._rooms.get(room_id)
        return room.people.get(identity, {}).get(process) if room else None

    # --- asked

    def count(self, room_id: str) -> int:
        room = self._rooms.get(room_id)
        return room.count if room else 0

    def person(self, room_id: str, identity: str) -> Person | None:
        """As one of the processes has them."""
        room = self._rooms.get(room_id)
        return next(iter(room.people.get(identity, {}).values()), None) if room else None

    def present_in(self, room_id: str, identity: str) -> set[str]:
        """The processes that somebody is connected to."""
        room = self._rooms.get(room_id)
        return set(room.people.get(identity, ())) if room else set()

    def people(self, room_id: str) -> Iterator[tuple[str, str, str]]:
        """(identity, display name, role), those who came last first."""
        room = self._rooms.get(room_id)
        for identity, told in reversed(room.people.items()) if room else ():
            person = next(iter(told.values()))
            yield identity, person.display_name, person.role

    def locales(self, room_id: str) -> set[str]:
        room = self._rooms.get(room_id)
        return set(room.locales) if room else set()

    def hands(self, room_id: str) -> list[tuple[str, str]]:
        """(identity, display name), the first raised first."""
        room = self._rooms.get(room_id)
        if room is None:
            return []
        up = []
        for identity in room.hands:
            raised = [person for person in room.people[identity].values() if person.hand_ms]
            up.append((min(person.hand_ms for person in raised), identity, raised[0].display_name))
        return [(identity, name) for _, identity, name in sorted(up)]

    def shown(self, room_id: str, sample: int) -> dict[str, Any]:
        """``{count, sample: [{identity, display_name}]}``: the sample is of those who came last."""
        room = self._rooms.get(room_id)
        if room is None:
            return {"count": 0, "sample": []}
        latest = (
            {"identity": identity, "display_name": next(iter(told.values())).display_name}
            for identity, told in reversed(room.people.items())
            if _is_counted(told)
        )
        return {"count": room.count, "sample": list(islice(latest, sample))}


def _is_counted(told: dict[str, Person]) -> bool:
    return any(person.is_counted for person in told.values())
