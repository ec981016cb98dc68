"""Rooms that span workers: who feeds whom, and when a branch is of no use any more."""

import logging
from collections.abc import Callable, Iterable, Sequence

from livehub.media.cluster.carried import FEEDING
from livehub.media.cluster.placement import Placement
from livehub.media.cluster.supervisor import Supervisor

log = logging.getLogger(__name__)


class Spans:
    """``kept_s``: how long a branch is fed after its last viewer has gone."""

    def __init__(
        self, placement: Placement, supervisors: Sequence[Supervisor], *, kept_s: float, now_s: Callable[[], float]
    ) -> None:
        self._placement = placement
        self._supervisors = supervisors
        self._kept_s = kept_s
        self._now_s = now_s
        #: room and branch → the owner's process that feeds it
        self._fed: dict[tuple[str, int], str] = {}
        self._idle_since: dict[tuple[str, int], float] = {}

    def unfed(self, room_id: str) -> list[int]:
        """Branches that the room's present owner does not feed yet."""
        owner = self._placement.known_owner(room_id)
        if owner is None:
            return []
        by = self._supervisors[owner].session_prefix
        return [branch for branch in self._placement.branches(room_id) if self._fed.get((room_id, branch)) != by]

    async def feed(self, room_id: str, branch: int) -> None:
        """
        Raises:
            MediaWorkerLost: one of the two died.
        """
        owner = self._placement.known_owner(room_id)
        link = self._supervisors[owner].link if owner is not None else None
        if owner is None or link is None:
            return
        by = self._supervisors[owner].session_prefix
        await link.call(FEEDING["feed"], (room_id, str(self._supervisors[branch].relay_path)), {})
        if branch in self._placement.branches(room_id):
            self._fed[room_id, branch] = by
            log.info("room %s spans media workers %d and %d", room_id, owner, branch)

    def idle(self, worker: int, rooms: Iterable[str]) -> None:
        """``rooms`` that ``worker`` is a branch of have no viewer there at this moment."""
        now_s, present = self._now_s(), set(rooms)
        for room_id in present:
            since_s = self._idle_since.setdefault((room_id, worker), now_s)
            if now_s - since_s > self._kept_s:
                self._stop(room_id, worker)
        self._idle_since = {
            key: since_s
            for key, since_s in self._idle_since.items()
            if key[1] != worker or (key[0] in present and key in self._fed)
        }

    def _stop(self, room_id: str, branch: int) -> None:
        """Viewers who come later make it a branch anew."""
        self._placement.branch_ended(room_id, branch)
        self._fed.pop((room_id, branch), None)
        owner = self._placement.known_owner(room_id)
        link = self._supervisors[owner].link if owner is not None else None
        if link is not None:
            link.tell(FEEDING["stop_feed"], (room_id, str(self._supervisors[branch].relay_path)))

    def worker_lost(self, worker: int) -> None:
        self._fed = {key: by for key, by in self._fed.items() if key[1] != worker}

    def room_ended(self, room_id: str) -> None:
        self._fed = {key: by for key, by in self._fed.items() if key[0] != room_id}
