"""What gathering and reporting need of storage and of the rooms."""

from dataclasses import dataclass
from typing import Protocol

from livehub.insights.gathering import Gathered
from livehub.insights.report import Facts, Summary


@dataclass(frozen=True, slots=True)
class Footfall:
    """``viewers`` of the whole server; ``here`` in this process, ``entered``: how many came in to it by now."""

    viewers: int
    here: int
    entered: int


class Audience(Protocol):
    """See :class:`livehub.signalling.hub.Hub`."""

    def footfall(self, room_id: str) -> Footfall | None:
        """None: nobody has been there in this process."""


class InsightStore(Protocol):
    async def keep(self, gathered: Gathered) -> None:
        """Add to what other processes wrote of the same minutes; offers that the room does not have are left out."""

    async def live_rooms(self) -> dict[str, frozenset[str]]:
        """Rooms that are live now, and what is pinned in each."""

    async def facts(self, room_id: str, store_id: str | None, ended_at: int | None, questions: int) -> Facts:
        """``ended_at`` in ms: money that moved later is of the minute :data:`livehub.insights.report.AFTER`."""

    async def currency(self, store_id: str) -> str | None: ...

    async def shows(self, store_id: str, before: int | None, limit: int) -> list[Summary]:
        """Of the store, started before that moment (ms), the latest first."""
