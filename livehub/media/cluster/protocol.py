"""What the web process and a media worker say to each other, as bytes. Pure.

A message is a length (four bytes, big endian) and a msgpack map with a ``type``. The parent speaks first, with
:class:`Welcome`; the worker answers :class:`Hello` when its port is bound, or :class:`Failed`. Then both send what they
have: calls and answers, events, once a second a pulse. The end of the stream ends the worker.

Only the parent's own children hold the other end of the socket pair; the bounds are against mistakes, not enemies.
"""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from livehub.media.limits import ClusterLimits

#: changes whenever old and new could misunderstand each other
PROTOCOL_VERSION: Final = 1
#: the largest message: a keyframe of 4K with room to spare
MAX_MESSAGE_BYTES: Final = 8 * 1024 * 1024
_LENGTH_BYTES: Final = 4


class ProtocolError(Exception):
    """Bytes that no honest other side sends; the connection is of no more use."""


class Message(msgspec.Struct, frozen=True, tag_field="type"):
    pass


class Welcome(Message, frozen=True, tag="welcome"):
    """``version``: of the protocol and of livehub. ``core``: the one to stay on. ``relay_path``: where to listen for
    owners of rooms (:mod:`.relay`). ``settings``: as :class:`livehub.media.assembly.PlaneSettings`.
    """

    version: str
    name: str
    core: int | None
    relay_path: str
    settings: msgspec.Raw
    limits: ClusterLimits


class Hello(Message, frozen=True, tag="hello"):
    """``listens``: kinds of events that the plane wants to hear."""

    version: str
    port: int
    listens: tuple[str, ...]


class Failed(Message, frozen=True, tag="failed"):
    """The worker cannot start; ``errno`` when the system said no."""

    reason: str
    errno: int = 0


class Call(Message, frozen=True, tag="call"):
    number: int
    method: str
    arguments: msgspec.Raw


class Answer(Message, frozen=True, tag="answer"):
    number: int
    result: msgspec.Raw


class Refusal(Message, frozen=True, tag="refusal"):
    """The call raised. ``kind`` is the class of a LivehubError, or empty for what nobody expected."""

    number: int
    kind: str = ""
    detail: str = ""
    code: str = ""
    extra: dict[str, Any] = {}


class Occurred(Message, frozen=True, tag="event"):
    kind: str
    event: msgspec.Raw


class Pulse(Message, frozen=True, tag="pulse"):
    """``rooms``: publishers and viewers of each room that has any."""

    stats: dict[str, Any]
    rooms: dict[str, tuple[int, int]]


class Stop(Message, frozen=True, tag="stop"):
    """End all sessions and exit with status 0."""


AnyMessage = Welcome | Hello | Failed | Call | Answer | Refusal | Occurred | Pulse | Stop

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[AnyMessage] = msgspec.msgpack.Decoder(AnyMessage)


def pack(message: AnyMessage) -> bytes:
    """
    Raises:
        ProtocolError: it would be longer than the other side takes.
    """
    body = _encoder.encode(message)
    if len(body) > MAX_MESSAGE_BYTES:
        raise ProtocolError(f"a message of {len(body)} bytes is too long")
    return len(body).to_bytes(_LENGTH_BYTES, "big") + body


class Unpacker:
    """Bytes as they come, to messages. Keeps less than one message."""

    def __init__(self) -> None:
        self._kept = bytearray()

    def feed(self, data: bytes) -> Iterator[AnyMessage]:
        """
        Raises:
            ProtocolError: a length or a message that cannot be; feed nothing more after it.
        """
        self._kept += data
        while len(self._kept) >= _LENGTH_BYTES:
            length = int.from_bytes(self._kept[:_LENGTH_BYTES], "big")
            if length > MAX_MESSAGE_BYTES:
                raise ProtocolError(f"a message of {length} bytes is announced")
            end = _LENGTH_BYTES + length
            if len(self._kept) < end:
                return
            body = bytes(self._kept[_LENGTH_BYTES:end])
            del self._kept[:end]
            try:
                yield _decoder.decode(body)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                raise ProtocolError(f"a message cannot be read: {error}") from error
