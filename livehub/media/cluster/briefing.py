"""What a worker has to be told of a room before it carries it: what was ordered lasts longer than a process. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

#: a method that starts something lasting → the one that ends it; both have the room first and then what it is for
_HELD: Final = {"package": "stop_packaging", "start_restream": "stop_restream"}
_ENDS: Final = {ending: beginning for beginning, ending in _HELD.items()}
#: what branches have to know too
_FOR_BRANCHES: Final = frozenset({"direct"})


@dataclass(slots=True)
class _Room:
    #: (method, purpose) → its arguments without the room
    standing: dict[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    #: workers that know all of it → whether as the owner
    briefed: dict[int, bool] = field(default_factory=dict)


class Briefings:
    """Standing orders of rooms. ``is_standing`` methods go through :meth:`ordered` before they are called."""

    def __init__(self) -> None:
        self._rooms: dict[str, _Room] = {}

    @staticmethod
    def is_standing(method: str) -> bool:
        return method in _HELD or method in _ENDS or method in _FOR_BRANCHES

    def ordered(self, method: str, room_id: str, arguments: Mapping[str, Any]) -> None:
        room = self._rooms.setdefault(room_id, _Room())
        if method in _FOR_BRANCHES:
            room.standing[method, ""] = arguments
        elif method in _HELD:
            room.standing[method, _purpose(arguments)] = arguments
        else:
            room.standing.pop((_ENDS[method], _purpose(arguments)), None)

    def due(self, room_id: str, worker: int, *, is_owner: bool) -> list[tuple[str, Mapping[str, Any]]]:
        """What ``worker`` must still be told; it counts as told from now on."""
        room = self._rooms.get(room_id)
        if room is None or room.briefed.get(worker, False) or (worker in room.briefed and not is_owner):
            return []
        room.briefed[worker] = is_owner
        return [
            (method, arguments)
            for (method, _), arguments in room.standing.items()
            if is_owner or method in _FOR_BRANCHES
        ]

    def forget_worker(self, worker: int) -> None:
        for room in self._rooms.values():
            room.briefed.pop(worker, None)

    def ended(self, room_id: str) -> None:
        self._rooms.pop(room_id, None)


def _purpose(arguments: Mapping[str, Any]) -> str:
    return str(next(iter(arguments.values())))
