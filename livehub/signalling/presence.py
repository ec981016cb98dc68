"""Who is in a room: a count of people (not of sockets) and a sample of them. Pure."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final

from livehub.chat.words import fold


class Presence:
    """Members by identity. The sample is of those who came last, so that it changes as people come."""

    def __init__(self, sample: int) -> None:
        self._sample: Final = sample
        #: identity → (display name, sockets), in order of coming
        self._people: dict[str, tuple[str, int]] = {}

    @property
    def count(self) -> int:
        return len(self._people)

    def __contains__(self, identity: str) -> bool:
        return identity in self._people

    def enter(self, identity: str, display_name: str) -> bool:
        """Whether this changes what is shown."""
        known = self._people.get(identity)
        self._people[identity] = (display_name, known[1] + 1 if known else 1)
        return known is None or known[0] != display_name

    def leave(self, identity: str) -> bool:
        """Whether the person is gone with this socket."""
        known = self._people.get(identity)
        if known is None:
            return False
        if known[1] > 1:
            self._people[identity] = (known[0], known[1] - 1)
            return False
        del self._people[identity]
        return True

    def shown(self) -> dict[str, Any]:
        """``{count, sample: [{identity, display_name}]}``."""
        return {"count": self.count, "sample": list(islice(self._latest(), self._sample))}

    def _latest(self) -> Iterator[dict[str, str]]:
        for identity, (display_name, _) in reversed(self._people.items()):
            yield {"identity": identity, "display_name": display_name}


def find_people(people: Iterable[tuple[str, str, str]], prefix: str, most: int, scanned: int) -> list[dict[str, str]]:
    """``{identity, display_name, role}`` of those whose name, or a word of it, begins so; at most ``most``.

    ``people``: (identity, display name, role); no more than ``scanned`` are looked at.
    """
    wanted = fold(prefix)
    found = (
        {"identity": identity, "display_name": name, "role": str(role)}
        for identity, name, role in islice(people, scanned)
        if not wanted or (folded := fold(name)).startswith(wanted) or f" {wanted}" in folded
    )
    return list(islice(found, most))
