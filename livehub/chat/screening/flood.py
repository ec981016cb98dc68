"""The same line again and again: by one member, or by many at once as raids do. In memory, bounded, of one process."""

import hashlib
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Final, TypeVar

from livehub.chat.screening.letters import keys
from livehub.clock import Clock

#: one member: this many alike within so long
SAME_OF_ONE: Final = 3
ONE_WINDOW_S: Final = 30.0
#: this many members with the same line within so long
SAME_OF_MANY: Final = 6
MANY_WINDOW_S: Final = 20.0
#: "hello", "+1" and hearts are said by everybody: shorter ones (in letters) are no raid
RAID_LETTERS: Final = 12
_KEYS: Final = 20_000
K = TypeVar("K")
V = TypeVar("V")


def gist(text: str) -> tuple[str, int]:
    """A short name for what a line says, however it is spelt, and how many letters that has; a line without letters
    is itself."""
    letters = keys(text)
    said = "".join(letters) or "".join(text.split())
    return hashlib.blake2s(said.encode(), digest_size=12).hexdigest(), len(letters)


class FloodWatch:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._of_one: OrderedDict[tuple[str, str], deque[tuple[float, str, str]]] = OrderedDict()
        self._of_many: OrderedDict[tuple[str, str], OrderedDict[str, float]] = OrderedDict()

    def repeated(self, room_id: str, identity: str, client_id: str, said: str) -> float | None:
        """Note a line of a member. Seconds until it may be said again, when it was said too often; else None.

        A line that is sent again under its ``client_id``, as after a lost answer, counts once.
        """
        now = self._clock.monotonic()
        lines = _at(self._of_one, (room_id, identity), deque[tuple[float, str, str]])
        while lines and lines[0][0] <= now - ONE_WINDOW_S:
            lines.popleft()
        alike = [at for at, told, known in lines if told == said and known != client_id]
        if len(alike) >= SAME_OF_ONE - 1:
            return alike[0] + ONE_WINDOW_S - now
        if all(known != client_id for _, _, known in lines):
            lines.append((now, said, client_id))
            if len(lines) > 50:
                lines.popleft()
        return None

    def raided(self, room_id: str, identity: str, said: str, letters: int) -> bool:
        """Note a line of the room: do many say just this at once?"""
        if letters < RAID_LETTERS:
            return False
        now = self._clock.monotonic()
        members = _at(self._of_many, (room_id, said), OrderedDict[str, float])
        members[identity] = now
        members.move_to_end(identity)
        while next(iter(members.values())) <= now - MANY_WINDOW_S or len(members) > SAME_OF_MANY:
            members.popitem(last=False)
        return len(members) >= SAME_OF_MANY


def _at(kept: OrderedDict[K, V], key: K, make: Callable[[], V]) -> V:
    known = kept.get(key)
    if known is None:
        known = kept[key] = make()
        if len(kept) > _KEYS:
            kept.popitem(last=False)
    kept.move_to_end(key)
    return known
