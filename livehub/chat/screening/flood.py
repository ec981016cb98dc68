"""The same line again and again: by one member, or by many at once as raids do. In memory, bounded; where a server has
several processes, each tells the others what was said to it, so that all of them count alike."""

import hashlib
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Final, TypeVar

from livehub.chat.screening.letters import keys
from livehub.clock import Clock
from livehub.ratelimit import Shared

#: one member: this many alike within so long
SAME_OF_ONE: Final = 3
ONE_WINDOW_S: Final = 30.0
#: this many members with the same line within so long
SAME_OF_MANY: Final = 6
MANY_WINDOW_S: Final = 20.0
#: "hello", "+1" and hearts are said by everybody: shorter ones (in letters) are no raid
RAID_LETTERS: Final = 12
_KEYS: Final = 20_000
#: in no id, identity or client_id
_SEPARATOR: Final = "\0"
K = TypeVar("K")
V = TypeVar("V")


def gist(text: str) -> tuple[str, int]:
    """A short name for what a line says, however it is spelt, and how many letters that has; a line without letters
    is itself."""
    letters = keys(text)
    said = "".join(letters) or "".join(text.split())
    return hashlib.blake2s(said.encode(), digest_size=12).hexdigest(), len(letters)


class FloodWatch:
    """``shared``: the other processes. What they tell is counted, never judged: it was let through there."""

    def __init__(self, clock: Clock, shared: Shared | None = None) -> None:
        self._clock = clock
        self._tell_one = shared.share("lines said", self._hear_one) if shared is not None else None
        self._tell_many = shared.share("lines of many", self._hear_many) if shared is not None else None
        self._of_one: OrderedDict[tuple[str, str], deque[tuple[float, str, str]]] = OrderedDict()
        self._of_many: OrderedDict[tuple[str, str], OrderedDict[str, float]] = OrderedDict()

    def repeated(self, room_id: str, identity: str, client_id: str, said: str) -> float | None:
        """Note a line of a member. Seconds until it may be said again, when it was said too often; else None.

        A line that is sent again under its ``client_id``, as after a lost answer, counts once.
        """
        now = self._clock.monotonic()
        lines = self._lines(room_id, identity, now)
        alike = [at for at, told, known in lines if told == said and known != client_id]
        if len(alike) >= SAME_OF_ONE - 1:
            return alike[0] + ONE_WINDOW_S - now
        if self._note(lines, now, said, client_id) and self._tell_one is not None:
            self._tell_one(_SEPARATOR.join((room_id, identity, said, client_id)), 1)
        return None

    def _lines(self, room_id: str, identity: str, now: float) -> deque[tuple[float, str, str]]:
        lines = _at(self._of_one, (room_id, identity), deque[tuple[float, str, str]])
        while lines and lines[0][0] <= now - ONE_WINDOW_S:
            lines.popleft()
        return lines

    @staticmethod
    def _note(lines: deque[tuple[float, str, str]], now: float, said: str, client_id: str) -> bool:
        """Whether it had not been noted yet."""
        if any(known == client_id for _, _, known in lines):
            return False
        lines.append((now, said, client_id))
        if len(lines) > 50:
            lines.popleft()
        return True

    def _hear_one(self, key: str, _n: float) -> None:
        """A member said something to another process."""
        room_id, identity, said, client_id = key.split(_SEPARATOR, 3)
        now = self._clock.monotonic()
        self._note(self._lines(room_id, identity, now), now, said, client_id)

    def raided(self, room_id: str, identity: str, said: str, letters: int) -> bool:
        """Note a line of the room: do many say just this at once?"""
        if letters < RAID_LETTERS:
            return False
        if self._tell_many is not None:
            self._tell_many(_SEPARATOR.join((room_id, identity, said)), 1)
        return self._count(room_id, identity, said) >= SAME_OF_MANY

    def _count(self, room_id: str, identity: str, said: str) -> int:
        """Note that this member says it. How many do, as far as it matters."""
        now = self._clock.monotonic()
        members = _at(self._of_many, (room_id, said), OrderedDict[str, float])
        members[identity] = now
        members.move_to_end(identity)
        while next(iter(members.values())) <= now - MANY_WINDOW_S or len(members) > SAME_OF_MANY:
            members.popitem(last=False)
        return len(members)

    def _hear_many(self, key: str, _n: float) -> None:
        """A member's line in another process, of those that raids are made of."""
        room_id, identity, said = key.split(_SEPARATOR, 2)
        self._count(room_id, identity, said)


def _at(kept: OrderedDict[K, V], key: K, make: Callable[[], V]) -> V:
    known = kept.get(key)
    if known is None:
        known = kept[key] = make()
        if len(kept) > _KEYS:
            kept.popitem(last=False)
    kept.move_to_end(key)
    return known
