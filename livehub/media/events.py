"""What only the media plane can tell."""

from dataclasses import dataclass

from livehub.events import Event


@dataclass(frozen=True, slots=True)
class HeardChanged(Event):
    """On a stage of many others are heard than before; told while they are, so that a mix follows them."""

    room_id: str


@dataclass(frozen=True, slots=True)
class LayersChanged(Event):
    """Layers of a camera on stage have come, stopped, or are back: what does not choose for itself follows."""

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


@dataclass(frozen=True, slots=True)
class LayersWanted(Event):
    """Of a camera sent as simulcast somebody wants these layers (``rids``); the others may pause.

    ``mid``: the media section of ``session_id``'s offer that sends it. To be obeyed at once when a layer comes back.
    """

    room_id: str
    identity: str
    session_id: str
    mid: str
    rids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InterpretationChanged(Event):
    """In a language channel of the room somebody else is heard than before, or nobody."""

    room_id: str
