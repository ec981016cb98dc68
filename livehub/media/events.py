"""What only the media plane can tell."""

from dataclasses import dataclass

from livehub.events import Event


@dataclass(frozen=True, slots=True)
class CodecUndecodable(Event):
    """A viewer who is already there can decode nothing of what has come on air (``codecs``)."""

    room_id: str
    identity: str
    session_id: str
    codecs: tuple[str, ...]
