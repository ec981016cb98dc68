"""What chat needs from a database; implemented by :mod:`livehub.storage.chat`."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from livehub.chat.conduct import Entry, Mark
from livehub.chat.conduct_store import ConductStore
from livehub.chat.model import HistoryPage, HistoryQuery, Message, Sanction, SanctionKind, Translation


class ChatStore(ConductStore, Protocol):
    async def append(self, message: Message) -> Message:
        """Keep a line; return once it is committed.

        Where the author has a line with that ``client_id`` in the room already, nothing is written and that one is
        returned.
        """

    async def find(self, room_id: str, message_id: str) -> Message | None: ...

    async def history(self, query: HistoryQuery) -> HistoryPage: ...

    async def last_seq(self, room_id: str) -> int:
        """The highest ``seq`` of the room, 0 without lines."""

    async def delete(self, room_id: str, message_id: str, by: str, at_ms: int, entry: Entry | None = None) -> bool:
        """Mark a line as deleted. False: it was already."""

    async def restore(self, room_id: str, message_id: str, entry: Entry) -> bool:
        """Show a deleted line again. False: it is not deleted."""

    async def newest_of(self, room_id: str, identity: str) -> tuple[int, str] | None:
        """(at in ms, client_id) of the member's newest line."""

    async def keep_translations(
        self, found: Sequence[tuple[str, str, Translation]]
    ) -> Mapping[tuple[str, str], Translation]:
        """``(message id, locale, translation)``; one that is known already stays. Gives those that stay for a person
        wrote them, by (message id, locale)."""

    async def translations_of(self, message_id: str) -> Mapping[str, Translation]:
        """By locale."""

    async def sanctions(self, room_id: str) -> Sequence[Sanction]:
        """All of the room, also those whose time is over."""

    async def put_sanction(self, sanction: Sanction, entry: Entry | None = None, marks: Sequence[Mark] = ()) -> None:
        """Takes the place of an earlier one of that kind. ``marks``: what a ban marks, in the same commit."""

    async def lift_sanction(self, room_id: str, identity: str, kind: SanctionKind, entry: Entry | None = None) -> bool:
        """With a ban go its marks. False: there was none."""

    async def reactions(self, room_id: str) -> Mapping[str, int]: ...

    async def add_reactions(self, counts: Mapping[tuple[str, str], int]) -> None:
        """Add to the totals of ``(room id, emoji)``."""
