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

    def present(self) -> dict[str, Any]:
        return {"identity": self.identity, "display_name": self.display_name, "role": self.role}


@dataclass(frozen=True, slots=True)
class Translation:
    """``engine`` names the provider that made it. ``edited``: a person wrote it."""

    text: str
    engine: str
    edited: bool = False

    def present(self) -> dict[str, Any]:
        """``edited`` only where it is: nobody edits most of them."""
        shown = {"text": self.text, "engine": self.engine}
        return {**shown, "edited": True} if self.edited else shown


@dataclass(frozen=True, slots=True)
class Quote:
    """The line that another one answers, as far as a reader needs it to find its way."""

    id: str
    seq: int
    author: Author
    text: str
    locale: str
    deleted: bool = False

    def present(self) -> dict[str, Any]:
        if self.deleted:
            return {"id": self.id, "seq": self.seq, "deleted": True}
        return {
            "id": self.id,
            "seq": self.seq,
            "author": self.author.present(),
            "text": self.text,
            "locale": self.locale,
        }


@dataclass(frozen=True, slots=True)
class Mention:
    """Somebody who was in the room; the line has ``@`` and the name in it."""

    identity: str
    display_name: str


@dataclass(frozen=True, slots=True)
class About:
    """What a line refers to, and whether those who run the room tell it to everybody."""

    reply_to: Quote | None = None
    mentions: tuple[Mention, ...] = ()
    announcement: bool = False

    def present(self) -> dict[str, Any]:
        """Members of the public ``Message``; none for a line like most."""
        shown: dict[str, Any] = {}
        if self.reply_to is not None:
            shown["reply_to"] = self.reply_to.present()
        if self.mentions:
            shown["mentions"] = [{"identity": one.identity, "display_name": one.display_name} for one in self.mentions]
        if self.announcement:
            shown["announcement"] = True
        return shown


NOTHING: Final = About()


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
    about: About = NOTHING
    translations: Mapping[str, Translation] = field(default_factory=dict)

    def present(self, reader_locale: str | None = None) -> dict[str, Any]:
        """The public ``Message`` of docs/protocol.md for a reader of that locale."""
        shown: dict[str, Any] = {
            "id": self.id,
            "seq": self.seq,
            "author": self.author.present(),
            "text": "" if self.deleted else self.text,
            "locale": self.locale,
            "at": iso(self.at),
            "client_id": self.client_id,
        }
        if self.deleted:
            shown["deleted"] = True
            return shown
        shown |= self.about.present()
        if reader_locale and reader_locale != self.locale and reader_locale in self.translations:
            found = self.translations[reader_locale]
            shown["translation"] = {"locale": reader_locale, **found.present()}
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
    """What was laid on a member in one room. ``until`` in ms, UTC; None without end (bans).

    ``marked``: what was banned with the identity, as :class:`~livehub.chat.conduct.MarkKind` names it; told once.
    """

    room_id: str
    identity: str
    kind: SanctionKind
    until: int | None
    by: str
    reason: str
    at: int
    marked: tuple[str, ...] = ()

    def in_force(self, now_ms: int) -> bool:
        return self.until is None or now_ms < self.until
