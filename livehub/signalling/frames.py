"""What a client's WebSocket frames say (RFC 6455 section 5), as the bytes come. Pure, linear in what comes.

Only what a server without extensions is sent: text, binary and control frames, whole or in fragments, all masked.
"""

from typing import Final

from livehub.signalling.wire import BINARY, TEXT

CLOSE: Final = 0x88
PING: Final = 0x89
PONG: Final = 0x8A
_FINAL: Final = 0x80
_CONTINUATION: Final = 0x80
_KINDS: Final = frozenset({_CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG})
#: of one message: those without a byte in them would come without end
_MAX_FRAGMENTS: Final = 1024
_UNMASKED: Final = b"\0\0\0\0"


class FrameError(Exception):
    """The connection has to end. ``status`` is the close code (RFC 6455 section 7.4.1)."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status: Final = status


def unmasked(payload: bytes, mask: bytes) -> bytes:
    """RFC 6455 section 5.3, all of it at once instead of byte by byte."""
    size = len(payload)
    if mask == _UNMASKED:
        return payload
    key = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "little") ^ int.from_bytes(key, "little")).to_bytes(size, "little")


class FrameReader:
    """Of one connection. A message, with all its fragments, has at most ``max_size`` bytes."""

    __slots__ = ("_kind", "_max_size", "_needed", "_parts", "_rest", "_size")

    def __init__(self, max_size: int) -> None:
        self._max_size = max_size
        self._rest = bytearray()
        #: less than so many bytes are not worth looking at
        self._needed = 2
        #: of a message in fragments: what it is, what came so far, and how much that is
        self._kind = 0
        self._parts: list[bytes] | None = None
        self._size = 0

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """The messages and control frames that are whole now: (one of the kinds above, payload).

        Raises: FrameError.
        """
        if self._rest:
            self._rest += data
            if len(self._rest) < self._needed:
                return []
            data, self._rest = bytes(self._rest), bytearray()
        found: list[tuple[int, bytes]] = []
        at, end = 0, len(data)
        while at < end:
            begins, size = self._head(data, at)
            at_next = begins + size
            if not begins or at_next > end:
                # Kept together, and looked at again when all of it can be there.
                self._rest += data[at:]
                self._needed = at_next - at if begins else len(self._rest) + 1
                break
            message = self._taken(data[at], unmasked(data[begins:at_next], data[begins - 4 : begins]))
            if message is not None:
                found.append(message)
            at = at_next
        return found

    def _head(self, data: bytes, at: int) -> tuple[int, int]:
        """Where the payload of the frame at ``at`` begins, and its size; (0, 0) while its head is not whole."""
        if len(data) - at < 2:
            return 0, 0
        first, second = data[at], data[at + 1]
        if first | _FINAL not in _KINDS or not second & 0x80:
            raise FrameError(1002)
        size, begins = second & 0x7F, at + 6
        if first & 0x08 and (size > 125 or not first & _FINAL):
            raise FrameError(1002)
        if size > 125:
            width = 2 if size == 126 else 8
            begins += width
            size = int.from_bytes(data[at + 2 : at + 2 + width], "big")
        if begins > len(data):
            return 0, 0
        if size + self._size > self._max_size:
            raise FrameError(1009)
        return begins, size

    def _taken(self, first: int, payload: bytes) -> tuple[int, bytes] | None:
        kind = first | _FINAL
        if kind >= CLOSE:
            return kind, payload
        if (kind == _CONTINUATION) is (self._parts is None):
            raise FrameError(1002)
        if kind != _CONTINUATION:
            if first & _FINAL:
                return kind, payload
            self._kind, self._parts = kind, []
        parts = self._parts
        if parts is None:
            raise FrameError(1002)
        if len(parts) >= _MAX_FRAGMENTS:
            raise FrameError(1009)
        parts.append(payload)
        self._size += len(payload)
        if not first & _FINAL:
            return None
        self._parts, self._size = None, 0
        return self._kind, b"".join(parts)
