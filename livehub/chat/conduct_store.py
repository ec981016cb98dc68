"""What moderation needs from a database; implemented by :mod:`livehub.storage.conduct`.

Whatever changes something takes the log's :class:`Entry` with it, so that both are in one commit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from livehub.chat.conduct import Entry, Held, HeldState, Mark, MarkKind, OpenReports, Report, Slowed


@dataclass(frozen=True, slots=True)
class EntryPage:
    """``entries`` newest first; ``next`` goes into ``before`` for older ones."""

    entries: Sequence[Entry]
    next: int | None


class ConductStore(Protocol):
    async def rules(self, room_id: str) -> str | None:
        """The room's rules in JSON."""

    async def put_rules(self, room_id: str, rules: str, entry: Entry) -> None: ...

    async def marks(self, room_id: str) -> Sequence[Mark]: ...

    async def put_marks(self, marks: Sequence[Mark], entry: Entry | None = None) -> None:
        """Each in place of what the same identity ("" for a network that was typed in) had there."""

    async def drop_mark(self, room_id: str, kind: MarkKind, value: str, entry: Entry) -> bool:
        """The one that was typed in; those of members stay with their bans."""

    async def slowed(self, room_id: str) -> Sequence[Slowed]: ...

    async def put_slowed(self, slowed: Slowed, entry: Entry) -> None: ...

    async def lift_slowed(self, room_id: str, identity: str, entry: Entry) -> bool: ...

    async def newest_held(self, room_id: str, identity: str) -> tuple[int, str] | None:
        """(at in ms, client_id) of the member's newest line that was held, whatever became of it."""

    async def log(self, entry: Entry) -> None: ...

    async def entries(self, room_id: str, before: int | None, limit: int) -> EntryPage: ...

    async def entry(self, room_id: str, entry_id: str) -> Entry | None: ...

    async def hold(self, held: Held, entry: Entry) -> Held:
        """Keep a line for review; one that the author has sent under that ``client_id`` before is returned instead."""

    async def waiting(self, room_id: str, limit: int) -> Sequence[Held]:
        """The oldest first."""

    async def count_waiting(self, room_id: str, identity: str | None = None) -> int: ...

    async def held(self, room_id: str, held_id: str) -> Held | None: ...

    async def settle(self, room_id: str, held_id: str, was: HeldState, now: HeldState, entry: Entry) -> bool:
        """False, and nothing written: it is not ``was`` any more."""

    async def report(self, report: Report) -> bool:
        """False: this member has reported this message already."""

    async def reported(self, room_id: str, limit: int) -> Sequence[OpenReports]:
        """Messages with open reports, most reported first."""

    async def settle_reports(self, room_id: str, message_id: str, upheld: bool, entry: Entry) -> int:
        """How many were open."""

    async def reopen_reports(self, room_id: str, message_id: str, entry: Entry) -> int:
        """How many were dismissed."""
