"""RTMP's chunk stream (specification sections 5.3 and 5.4): messages to bytes and back. Pure."""

import enum
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from livehub.media.restream.rtmp.errors import RtmpError

#: both sides begin with this (section 5.4.1)
INITIAL_CHUNK_BYTES: Final = 128
#: what a server may say to a publisher is short; and it speaks on few chunk streams
MAX_MESSAGE_BYTES: Final = 256 * 1024
MAX_CHUNK_STREAMS: Final = 64
_EXTENDED: Final = 0xFFFFFF


class Kind(enum.IntEnum):
    """Message types (sections 5.4 and 7.1)."""

    SET_CHUNK_SIZE = 1
    ABORT = 2
    ACKNOWLEDGEMENT = 3
    USER_CONTROL = 4
    WINDOW_SIZE = 5
    PEER_BANDWIDTH = 6
    AUDIO = 8
    VIDEO = 9
    DATA = 18
    COMMAND = 20


#: which chunk stream a message goes by: each kind its own, so that headers never depend on another's
_STREAMS: Final = {Kind.COMMAND: 3, Kind.DATA: 4, Kind.AUDIO: 5, Kind.VIDEO: 6}


@dataclass(frozen=True, slots=True)
class Message:
    """``timestamp`` in ms, modulo 2^32. ``stream`` is the message stream, 0 for the connection itself."""

    kind: int
    timestamp: int
    stream: int
    payload: bytes


def write(message: Message, chunk_bytes: int) -> bytes:
    """The message in chunks: a full header, then continuations (5.3.1.2.1 and 5.3.1.2.4)."""
    chunk_stream = _STREAMS.get(Kind(message.kind), 2)
    timestamp = message.timestamp & 0xFFFFFFFF
    extended = struct.pack("!I", timestamp) if timestamp >= _EXTENDED else b""
    header = (
        bytes((chunk_stream,))
        + min(timestamp, _EXTENDED).to_bytes(3, "big")
        + len(message.payload).to_bytes(3, "big")
        + bytes((message.kind,))
        + message.stream.to_bytes(4, "little")
        + extended
    )
    parts = [header, message.payload[:chunk_bytes]]
    continuation = bytes((0xC0 | chunk_stream,)) + extended
    for start in range(chunk_bytes, len(message.payload), chunk_bytes):
        parts += (continuation, message.payload[start : start + chunk_bytes])
    return b"".join(parts)


@dataclass(slots=True)
class _Incoming:
    """What a chunk stream's next header may leave out, and the message that is being put together."""

    timestamp: int = 0
    delta: int = 0
    length: int = 0
    kind: int = 0
    stream: int = 0
    has_extended: bool = False
    parts: bytearray = field(default_factory=bytearray)

    def begin(self, form: int, header: "_Header") -> None:
        """Take over what a chunk's header says; one that continues a message says nothing new."""
        if form == 0:
            self.timestamp, self.delta = header.time, 0
        elif form < 3:
            self.delta = header.time
        if form in {1, 2} or (form == 3 and not self.parts):
            self.timestamp = (self.timestamp + self.delta) & 0xFFFFFFFF
        self.length, self.kind, self.stream = header.length, header.kind, header.stream
        self.has_extended = header.has_extended


class ChunkReader:
    """Feed it bytes as they come; it gives whole messages. Chunk size and aborts it follows by itself."""

    def __init__(self) -> None:
        self.chunk_bytes = INITIAL_CHUNK_BYTES
        self._data = bytearray()
        self._streams: dict[int, _Incoming] = {}

    def feed(self, data: bytes) -> Iterator[Message]:
        """
        Raises:
            RtmpError: no chunk stream, or a message too long.
        """
        self._data += data
        while (message := self._next()) is not None:
            if message.kind == Kind.SET_CHUNK_SIZE:
                self._set_chunk_size(message.payload)
            elif message.kind == Kind.ABORT and len(message.payload) == 4:
                aborted = self._streams.get(int.from_bytes(message.payload, "big"))
                if aborted is not None:
                    aborted.parts.clear()
            yield message

    def _set_chunk_size(self, payload: bytes) -> None:
        size = int.from_bytes(payload[:4], "big")
        if len(payload) < 4 or not 1 <= size <= 0x7FFFFFFF:
            raise RtmpError("a chunk size that cannot be")
        self.chunk_bytes = min(size, MAX_MESSAGE_BYTES)

    def _next(self) -> Message | None:
        """The next whole message, or None until more bytes come."""
        while True:
            step = self._read_chunk()
            if step is None:
                return None
            incoming, used = step
            del self._data[:used]
            if len(incoming.parts) == incoming.length:
                payload = bytes(incoming.parts)
                incoming.parts.clear()
                return Message(incoming.kind, incoming.timestamp, incoming.stream, payload)

    def _read_chunk(self) -> tuple[_Incoming, int] | None:
        """Take one whole chunk into its message; None (and nothing changed) when it is not all here."""
        basic = _basic_header(self._data)
        if basic is None:
            return None
        form, number, at = basic
        before = self._streams.get(number)
        if before is None and (form != 0 or len(self._streams) >= MAX_CHUNK_STREAMS):
            raise RtmpError("a chunk without a beginning, or too many chunk streams")
        incoming = before or _Incoming()
        header = _message_header(self._data, at, form, incoming)
        if header is None:
            return None
        if header.length > MAX_MESSAGE_BYTES or (incoming.parts and form < 3):
            raise RtmpError("a message too long, or one inside another")
        take = min(self.chunk_bytes, header.length - len(incoming.parts))
        if len(self._data) < header.end + take:
            return None
        self._streams[number] = incoming
        incoming.begin(form, header)
        incoming.parts += self._data[header.end : header.end + take]
        return incoming, header.end + take


@dataclass(frozen=True, slots=True)
class _Header:
    """``time``: the timestamp (form 0) or what is added to it. ``end``: where the chunk's data begins."""

    time: int
    length: int
    kind: int
    stream: int
    has_extended: bool
    end: int


def _message_header(data: bytearray, at: int, form: int, before: _Incoming) -> _Header | None:
    """5.3.1.2: forms 0 to 3 leave out more and more of what the chunk before said; None when it is not all here."""
    end = at + (11, 7, 3, 0)[form]
    if len(data) < end:
        return None
    time = int.from_bytes(data[at : at + 3], "big") if form < 3 else 0
    length = int.from_bytes(data[at + 3 : at + 6], "big") if form < 2 else before.length
    kind = data[at + 6] if form < 2 else before.kind
    stream = int.from_bytes(data[at + 7 : at + 11], "little") if form == 0 else before.stream
    has_extended = time == _EXTENDED if form < 3 else before.has_extended
    if has_extended:
        if len(data) < end + 4:
            return None
        time = int.from_bytes(data[end : end + 4], "big")
        end += 4
    return _Header(time, length, kind, stream, has_extended, end)


def _basic_header(data: bytearray) -> tuple[int, int, int] | None:
    """Form, chunk stream and size of the first bytes (5.3.1.1)."""
    if not data:
        return None
    form, number = data[0] >> 6, data[0] & 63
    if number > 1:
        return form, number, 1
    size = 2 + number
    if len(data) < size:
        return None
    return form, 64 + data[1] + (data[2] << 8 if number else 0), size
