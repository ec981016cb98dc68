"""What only the media plane can tell."""

from dataclasses import dataclass

from livehub.events import Event


@dataclass(frozen=True, slots=True)
class HeardChanged(Event):
    """On a stage of many others are heard than before; told while they are, so that a mix follows them."""

    room_id: str


@dataclass(frozen=True, slots=True)
class CodecUndecodable(Event):
    """A viewer who is already there can decode nothing of what has come on air (``codecs``)."""

    room_id: str
    identity: str
    session_id: str
    codecs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MediaLost(Event):
    """A media worker died, and with it the sessions of this room whose ids begin with ``sessions``.

    Clients make new sessions; whoever had the plane do something for the room (record it, send it on) asks again.
    """

    room_id: str
    sessions: str
