"""Events of the chat and of its moderation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from livehub.events.bus import Event


@dataclass(frozen=True, slots=True)
class MemberSanctioned(Event):
    """A member was muted, slowed or banned (``sanction``) or that was lifted (``lifted``). Never shown to clients.

    ``devices`` and ``networks`` were banned with them; ``identity`` is "" for a network alone. ``reach``: how far the
    ban is meant to go, for processes that know more places of theirs; ``until`` when it ends, in ms.
    """

    room_id: str
    identity: str
    sanction: str
    lifted: bool = False
    devices: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    reach: str = ""
    until: int | None = None


@dataclass(frozen=True, slots=True)
class ModerationLogged(Event):
    """Something was done by a moderator or a program in their place; ``entry`` is the public representation."""

    room_id: str
    entry: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LineHeld(Event):
    """A line waits for a moderator; ``item`` is the public representation."""

    room_id: str
    item: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LineDecided(Event):
    """A held line was approved or rejected; told to moderators and to its author."""

    room_id: str
    held_id: str
    author: str
    client_id: str
    approved: bool


@dataclass(frozen=True, slots=True)
class MessageReported(Event):
    """``report`` is the public representation of all that is open against the message."""

    room_id: str
    report: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ReportsSettled(Event):
    room_id: str
    message_id: str
    upheld: bool


@dataclass(frozen=True, slots=True)
class MessageDeleted(Event):
    """By something else than ``chat:delete``."""

    room_id: str
    message_id: str
    by: str


@dataclass(frozen=True, slots=True)
class MessageRestored(Event):
    """A deleted line is shown again; ``message`` is the public representation, in the place that it had."""

    room_id: str
    message: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LineTranslated(Event):
    """A line has another translation in a language than its readers know: {text, engine, edited?}.

    ``message`` is the public representation. ``translation`` None: what a person wrote was taken back.
    """

    room_id: str
    message: Mapping[str, Any]
    locale: str
    translation: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class MessagePinned(Event):
    """A chat line stands on top for everybody; ``message`` is the public representation, None when it was taken off."""

    room_id: str
    message: Mapping[str, Any] | None
