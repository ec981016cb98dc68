"""Socket.IO packets (protocol 5): JSON by msgspec, and bounded. What nearly all that come look like is read by itself,
others by python-socketio's reader."""

from typing import Any, Final

import msgspec
from socketio import packet as sio_packet

CONNECT: Final = 0
DISCONNECT: Final = 1
EVENT: Final = 2
ACK: Final = 3
BINARY_EVENT: Final = 5
BINARY_ACK: Final = 6
#: a call's number has so many digits at most
_MAX_DIGITS: Final = 18
_decode: Final = msgspec.json.Decoder().decode
#: of one packet. No call of ours takes any; who sends one all the same is told what is wrong with the call
MAX_ATTACHMENTS: Final = 8


class Json:
    """What python-socketio asks of a JSON module; a good deal quicker, UTF-8 as it is, no NaN."""

    @staticmethod
    def dumps(value: object, **_: object) -> str:
        return msgspec.json.encode(value).decode()

    @staticmethod
    def loads(text: str, **_: object) -> Any:
        return msgspec.json.decode(text)


class Packet(sio_packet.Packet):  # type: ignore[misc]  # python-socketio has no types
    json = Json
    #: nothing that we send is binary: not looked for in every answer
    uses_binary_events = False

    def decode(self, encoded_packet: str) -> int:
        """How many attachments follow. Raises: ValueError for more than are waited for: each is kept till the last."""
        count: int = super().decode(encoded_packet)
        if count > MAX_ATTACHMENTS:
            raise ValueError("too many attachments")
        return count


def call_of(text: str) -> tuple[int | None, Any] | None:
    """``2[…]`` or ``2<id>[…]`` in the main namespace: (id, arguments). None: it is something else.

    Raises: msgspec.DecodeError.
    """
    begins = text.find("[", 1, _MAX_DIGITS + 2)
    if begins < 1 or text[0] != "2":
        return None
    number = text[1:begins]
    if number and not (number.isascii() and number.isdigit()):
        return None
    return int(number) if number else None, _decode(text[begins:])


def connect_of(text: str) -> tuple[Any] | None:
    """``0`` or ``0{…}``: what was sent with CONNECT to the main namespace. None: it is something else.

    Raises: msgspec.DecodeError.
    """
    if text == "0":
        return (None,)
    return (_decode(text[1:]),) if text[:2] == "0{" else None


def read(data: str | bytes) -> Any:
    """Any packet. Raises: many things, for what is none."""
    return Packet(encoded_packet=data)
