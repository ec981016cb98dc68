"""Action Message Format 0 (amf0-file-format-specification): the values of RTMP's commands. Pure.

Read is what servers answer: numbers, booleans, strings, objects, arrays, dates. Anything else is an :class:`RtmpError`.
"""

import struct
from collections.abc import Mapping
from typing import Final

from livehub.media.restream.rtmp.errors import RtmpError

Value = float | bool | str | None | Mapping[str, "Value"] | list["Value"]

_NUMBER, _BOOLEAN, _STRING, _OBJECT, _NULL, _UNDEFINED = 0, 1, 2, 3, 5, 6
_ECMA_ARRAY, _END, _STRICT_ARRAY, _DATE, _LONG_STRING = 8, 9, 10, 11, 12
_OBJECT_END: Final = b"\x00\x00\x09"

#: objects in objects, and values in one message: servers' answers have one level and a dozen
MAX_DEPTH: Final = 8
MAX_VALUES: Final = 1_000


def encode(*values: Value) -> bytes:
    """Numbers are doubles; a mapping becomes an object. Raises: ValueError for text too long to be encoded."""
    return b"".join(map(_encode, values))


def encode_ecma_array(values: Mapping[str, Value]) -> bytes:
    """As ``onMetaData`` has it."""
    return bytes((_ECMA_ARRAY,)) + struct.pack("!I", len(values)) + _members(values)


def _encode(value: Value) -> bytes:
    if value is None:
        return bytes((_NULL,))
    if isinstance(value, bool):
        return bytes((_BOOLEAN, value))
    if isinstance(value, int | float):
        return struct.pack("!Bd", _NUMBER, value)
    if isinstance(value, str):
        data = value.encode()
        if len(data) < 0x10000:
            return struct.pack("!BH", _STRING, len(data)) + data
        return struct.pack("!BI", _LONG_STRING, len(data)) + data
    if isinstance(value, list):
        return struct.pack("!BI", _STRICT_ARRAY, len(value)) + encode(*value)
    return bytes((_OBJECT,)) + _members(value)


def _members(values: Mapping[str, Value]) -> bytes:
    parts: list[bytes] = []
    for name, value in values.items():
        data = name.encode()
        if len(data) > 0xFFFF:
            raise ValueError("a name is too long")
        parts += (len(data).to_bytes(2, "big"), data, _encode(value))
    return b"".join(parts) + _OBJECT_END


def decode(data: bytes) -> list[Value]:
    """All values of a message.

    Raises:
        RtmpError: cut short, too deep, too many, or of a type that no answer has.
    """
    reader = _Reader(data)
    values = []
    while reader.at < len(data):
        values.append(reader.value(0))
    return values


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._count = 0
        self.at = 0

    def _take(self, size: int) -> bytes:
        if self.at + size > len(self._data):
            raise RtmpError("a value is cut short")
        self.at += size
        return self._data[self.at - size : self.at]

    def _length(self, size: int) -> int:
        return int.from_bytes(self._take(size), "big")

    def _text(self, length_bytes: int) -> str:
        return self._take(self._length(length_bytes)).decode("utf-8", "replace")

    def value(self, depth: int) -> Value:
        self._count += 1
        if depth > MAX_DEPTH or self._count > MAX_VALUES:
            raise RtmpError("too many values, or too deep")
        kind = self._length(1)
        if kind == _NUMBER:
            return float(struct.unpack("!d", self._take(8))[0])
        if kind == _BOOLEAN:
            return bool(self._length(1))
        if kind in {_NULL, _UNDEFINED}:
            return None
        if kind in {_STRING, _LONG_STRING}:
            return self._text(2 if kind == _STRING else 4)
        if kind == _OBJECT:
            return self._object(depth)
        if kind == _ECMA_ARRAY:
            self._take(4)
            return self._object(depth)
        if kind == _STRICT_ARRAY:
            return [self.value(depth + 1) for _ in range(min(self._length(4), MAX_VALUES))]
        if kind == _DATE:
            moment = float(struct.unpack("!d", self._take(8))[0])
            self._take(2)
            return moment
        raise RtmpError(f"a value of type {kind}")

    def _object(self, depth: int) -> dict[str, Value]:
        members: dict[str, Value] = {}
        while True:
            if self._data[self.at : self.at + 3] == _OBJECT_END:
                self.at += 3
                return members
            name = self._text(2)
            members[name] = self.value(depth + 1)
