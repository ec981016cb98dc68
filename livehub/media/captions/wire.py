"""What the server and the transcriber's process say to one another: msgpack behind a length of four bytes."""

import struct
from typing import Final

import msgspec

from livehub.media.captions.limits import CaptionLimits

LENGTH: Final = struct.Struct(">I")


class Load(msgspec.Struct, tag="load", frozen=True):
    """First of all. The setting may hold a key: it goes by this socket and not by the command line."""

    setting: str
    locales: tuple[str, ...]
    limits: CaptionLimits


class Listen(msgspec.Struct, tag="listen", frozen=True):
    """The room's sound is of this language from now on; ``life`` comes back with each line of it."""

    room: str
    locale: str
    life: str = ""


class Part(msgspec.Struct, tag="part", frozen=True):
    """A part is on disk; ``init``: where its initialisation segment is. ``at_ms`` since 1970."""

    room: str
    run: str
    init: str
    path: str
    at_ms: int


class Pause(msgspec.Struct, tag="pause", frozen=True):
    """The room's sound has ended, or goes on later."""

    room: str


class Forget(msgspec.Struct, tag="forget", frozen=True):
    room: str


class Ready(msgspec.Struct, tag="ready", frozen=True):
    name: str
    is_remote: bool
    locales: tuple[str, ...]


class CannotLoad(msgspec.Struct, tag="cannot_load", frozen=True):
    reason: str


class Said(msgspec.Struct, tag="said", frozen=True):
    """``text`` is "" where what was shown before turned out to be nothing."""

    room: str
    number: int
    start_ms: int
    end_ms: int
    text: str
    final: bool
    life: str = ""


class Behind(msgspec.Struct, tag="behind", frozen=True):
    """Utterances were given up: the transcriber is slower than people speak, or failed."""

    room: str
    lost: int
    reason: str


ToProcess = Load | Listen | Part | Pause | Forget
FromProcess = Ready | CannotLoad | Said | Behind

_encoder: Final = msgspec.msgpack.Encoder()
to_process: Final = msgspec.msgpack.Decoder(ToProcess)
from_process: Final = msgspec.msgpack.Decoder(FromProcess)


def pack(message: ToProcess | FromProcess) -> bytes:
    body = _encoder.encode(message)
    return LENGTH.pack(len(body)) + body
