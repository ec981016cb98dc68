"""Events of rooms: their state, their stage, what is recorded, captioned and sent on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from livehub.events.bus import Event


@dataclass(frozen=True, slots=True)
class RoomChanged(Event):
    """Title, state or times changed; ``room`` is the public representation."""

    room_id: str
    room: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RoomStarted(Event):
    room_id: str


@dataclass(frozen=True, slots=True)
class RoomEnded(Event):
    room_id: str


@dataclass(frozen=True, slots=True)
class RoomDeleted(Event):
    """After RoomEnded, where it had not ended before."""

    room_id: str


@dataclass(frozen=True, slots=True)
class RecordingChanged(Event):
    """Whether the room is being recorded; ``recording`` is the public representation."""

    room_id: str
    recording: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CaptionsChanged(Event):
    """Whether what is said in the room is written; ``captions`` is the public representation."""

    room_id: str
    captions: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CaptionHeard(Event):
    """A line of captions, to be replaced by others of its id until it is ``final``; ``line`` is the public one."""

    room_id: str
    line: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CaptionTranslated(Event):
    """A final line in another locale."""

    room_id: str
    line_id: str
    locale: str
    text: str


@dataclass(frozen=True, slots=True)
class StageChanged(Event):
    """Who publishes. Empty when nobody does.

    ``tracks``: [{publisher, display_name, source: camera|screen, kind: audio|video, codec, muted}].
    """

    room_id: str
    tracks: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class SpeakersChanged(Event):
    """Who is heard and speaks, identities, the loudest first."""

    room_id: str
    speaking: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SlotsShown(Event):
    """What viewers' slots show now, gathered: [(identity, session id, [{mid, kind, slot, publisher, source}])]."""

    room_id: str
    sessions: tuple[tuple[str, str, tuple[Mapping[str, Any], ...]], ...]


@dataclass(frozen=True, slots=True)
class RestreamChanged(Event):
    """What a target at another service is doing: ``status`` as docs/restream.md has it, without address or key.

    ``is_news``: it does something else than before; otherwise only its figures moved.
    """

    room_id: str
    target_id: str
    status: Mapping[str, Any]
    is_news: bool = True


@dataclass(frozen=True, slots=True)
class RoomRulesChanged(Event):
    """``rules``: what members are shown of them."""

    room_id: str
    rules: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class MemberAppointed(Event):
    """The host gave somebody a role; ``can`` are the actions of the permission table that it allows in this room."""

    room_id: str
    identity: str
    role: str
    can: frozenset[str]
