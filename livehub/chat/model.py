"""A chat line and what may be done about it, without any I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from livehub.accounts.permissions import Role
from livehub.clock import iso

REACTIONS: Final = ("❤️", "👍", "👏", "😂", "😮", "🎉")


@dataclass(frozen=True, slots=True)
class Author:
    """``role`` is what the author was in the room when the line was written."""

    identity: str
    display_name: str
    role: Role


@dataclass(frozen=True, slots=True)
class Translation:
    """``engine`` names the provider that made it."""

    text: str
    engine: str


@dataclass(frozen=True, slots=True)
class Message:
    """``seq`` orders the lines of a room and is the number of the event that told of it; ``at`` in ms, UTC.

    ``translations`` is by locale. A deleted line keeps its text in SQL and shows none.
    """

    id: str
    room_id: str
    seq: int
    author: Author
    text: str
    locale: str
    at: int
    client_id: str
    deleted: bool = False
    translations: Mapping[str, Translation] = field(default_factory=dict)

    def present(self, reader_locale: str | None = None) -> dict[str, Any]:
        """The public ``Message`` of docs/protocol.md for a reader of that locale."""
        shown: dict[str, Any] = {
            "id": self.id,
            "seq": self.seq,
            "author": {
                "identity": self.author.identity,
                "display_name": self.author.display_name,
                "role": self.author.role,
            },
            "text": "" if self.deleted else self.text,
            "locale": self.locale,
            "at": iso(self.at),
            "client_id": self.client_id,
        }
        if self.deleted:
            shown["deleted"] = True
        elif reader_locale and reader_locale != self.locale and reader_locale in self.translations:
            found = self.translations[reader_locale]
            shown["translation"] = {"locale": reader_locale, "text": found.text, "engine": found.engine}
        return shown


@dataclass(frozen=True, slots=True)
class HistoryQuery:
    """Lines of one room with ``after < seq < before``.

    With ``after`` given the oldest ``limit`` of them, else the newest. ``locale``: which translations to bring along.
    """

    room_id: str
    limit: int
    before: int | None = None
    after: int | None = None
    locale: str | None = None


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """``messages`` oldest first; ``more`` when further ones lie in the direction that was asked for."""

    messages: Sequence[Message]
    more: bool


class SanctionKind(StrEnum):
    MUTE = "mute"
    BAN = "ban"


@dataclass(frozen=True, slots=True)
class Sanction:
    """What was laid on a member in one room. ``until`` in ms, UTC; None without end (bans)."""

    room_id: str
    identity: str
    kind: SanctionKind
    until: int | None
    by: str
    reason: str
    at: int

    def in_force(self, now_ms: int) -> bool:
        return self.until is None or now_ms < self.until
