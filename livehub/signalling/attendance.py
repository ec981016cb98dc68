"""Who is in a room and whose hand is up: of this process, or of all that share the room."""

from collections import Counter, OrderedDict
from collections.abc import Iterable
from typing import Any, Final

from livehub.accounts.permissions import Role
from livehub.clock import Clock
from livehub.processes.people import People
from livehub.processes.roster import Person
from livehub.signalling.member import Member
from livehub.signalling.presence import Presence, find_people


class Attendance:
    """Of one room in one process. The host is who the others came to see: "3 viewers" means three others."""

    def __init__(self, sample: int, max_hands: int) -> None:
        self._presence: Final = Presence(sample)
        self._max_hands: Final = max_hands
        self._here: dict[str, Member] = {}
        self._entered = 0
        self._locales: Counter[str] = Counter()
        self._hands: OrderedDict[str, str] = OrderedDict()

    def enter(self, member: Member) -> bool:
        """Whether this changes what is shown."""
        self._locales[member.locale] += 1
        self._here.setdefault(member.identity, member)
        if member.role is Role.HOST:
            return False
        self._entered += member.identity not in self._presence
        return self._presence.enter(member.identity, member.display_name)

    def leave(self, member: Member, still_here: Member | None) -> bool:
        """Whether this changes what is shown. ``still_here``: another socket of the same person."""
        self._locales -= Counter((member.locale,))
        if still_here is None:
            self._here.pop(member.identity, None)
        else:
            self._here[member.identity] = still_here
        return self._presence.leave(member.identity)

    def refresh(self, identity: str) -> None:
        """Their role has changed."""

    def __contains__(self, identity: str) -> bool:
        return identity in self._presence

    @property
    def count(self) -> int:
        return self._presence.count

    @property
    def here(self) -> tuple[int, int]:
        """How many of those counted are in this process, and how many have come in to it so far."""
        return self._presence.count, self._entered

    def shown(self) -> dict[str, Any]:
        """``{count, sample: [{identity, display_name}]}``."""
        return self._presence.shown()

    @property
    def locales(self) -> set[str]:
        return set(self._locales)

    def person(self, identity: str) -> Person | None:
        """Somebody who is here, with the role that they have here."""
        member = self._here.get(identity)
        return None if member is None else Person(member.display_name, member.role, member.locale)

    def find(self, prefix: str, most: int, scanned: int) -> list[dict[str, str]]:
        """``{identity, display_name, role}`` of people whose name begins so, of the ``scanned`` who came last."""
        return find_people(self._people_here(), prefix, most, scanned)

    def _people_here(self) -> Iterable[tuple[str, str, str]]:
        """(identity, display name, role), those who came last first."""
        return ((member.identity, member.display_name, member.role) for member in reversed(self._here.values()))

    def hands(self) -> list[tuple[str, str]]:
        """(identity, display name), the first raised first."""
        return list(self._hands.items())

    def raise_hand(self, identity: str, display_name: str) -> bool:
        """Whether it was not up before."""
        if identity in self._hands or len(self._hands) >= self._max_hands:
            return False
        self._hands[identity] = display_name
        return True

    def lower_hand(self, identity: str) -> str | None:
        """The display name, where a hand was up."""
        return self._hands.pop(identity, None)


class SharedAttendance(Attendance):
    """Of one room in all processes: what is told here is told to the others, what is asked is answered for all."""

    def __init__(self, room_id: str, sample: int, max_hands: int, people: People, clock: Clock) -> None:
        super().__init__(sample, max_hands)
        self._room_id: Final = room_id
        self._sample: Final = sample
        self._people: Final = people
        self._clock: Final = clock
        self._raised_ms: dict[str, int] = {}

    def enter(self, member: Member) -> bool:
        super().enter(member)
        return self._tell(member.identity)

    def leave(self, member: Member, still_here: Member | None) -> bool:
        super().leave(member, still_here)
        return self._tell(member.identity)

    def refresh(self, identity: str) -> None:
        """Their role has changed."""
        self._tell(identity)

    def _tell(self, identity: str) -> bool:
        member = self._here.get(identity)
        before = self.shown()
        person = None
        if member is not None:
            is_counted = member.role is not Role.HOST
            hand_ms = self._raised_ms.get(identity, 0)
            person = Person(member.display_name, member.role, member.locale, is_counted, hand_ms)
        self._people.put(self._room_id, identity, person)
        return self.shown() != before

    def __contains__(self, identity: str) -> bool:
        return self.person(identity) is not None

    @property
    def count(self) -> int:
        return self._people.roster.count(self._room_id)

    def shown(self) -> dict[str, Any]:
        return self._people.roster.shown(self._room_id, self._sample)

    @property
    def locales(self) -> set[str]:
        return super().locales | self._people.roster.locales(self._room_id)

    def person(self, identity: str) -> Person | None:
        return super().person(identity) or self._people.roster.person(self._room_id, identity)

    def _people_here(self) -> Iterable[tuple[str, str, str]]:
        return self._people.roster.people(self._room_id)

    def hands(self) -> list[tuple[str, str]]:
        return self._people.roster.hands(self._room_id)

    def raise_hand(self, identity: str, display_name: str) -> bool:
        hands = self.hands()
        if len(hands) >= self._max_hands or any(identity == up for up, _ in hands):
            return False
        self._raised_ms[identity] = self._clock.now_ms()
        self._tell(identity)
        return True

    def lower_hand(self, identity: str) -> str | None:
        """Each process lowers what was raised in it."""
        if self._raised_ms.pop(identity, None) is None:
            return None
        person = self.person(identity)
        self._tell(identity)
        return person.display_name if person else identity
