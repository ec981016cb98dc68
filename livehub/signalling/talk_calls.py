"""What clients may send about lines and people: pins, names to complete, who is typing."""

from typing import Annotated

from msgspec import Meta

from livehub.signalling.protocol import MessageId, Payload


class Pin(Payload, frozen=True, kw_only=True):
    id: MessageId


class Unpin(Payload, frozen=True, kw_only=True):
    pass


class FindPeople(Payload, frozen=True, kw_only=True):
    """``prefix``: how the name, or a word of it, begins; empty for those who came last."""

    prefix: Annotated[str, Meta(max_length=64)] = ""


class Typing(Payload, frozen=True, kw_only=True):
    typing: bool
