"""What an owner of a room hands to a branch, as bytes. Pure.

A record is a type, the number of a publisher, a length and its body. To the branch: which room, whoever publishes
(:class:`Opened`), the packets that they send, decrypted and otherwise as they came, and their leaving. Back: that what
was there at the beginning is in place, and requests for keyframes. A branch makes a publisher of the same offer and
feeds it the same packets, so it finds tracks, layers, loudness and clocks as the owner does. Loss is repaired on the
way to the owner only.

The stream is a Unix socket between processes of one machine and user. A server elsewhere would pull the room by WHEP
instead and play the branch's part with what it gets.
"""

import enum
import struct
from collections.abc import Iterator
from typing import Final

import msgspec

from livehub.media.cluster.protocol import ProtocolError

_HEAD: Final = struct.Struct("!BHI")
#: an offer and what belongs to it; packets are far smaller
MAX_BODY_BYTES: Final = 128 * 1024


class Kind(enum.IntEnum):
    ROOM = 1
    OPENED = 2
    RTP = 3
    RTCP = 4
    CLOSED = 5
    #: to the branch, which sends it back: all before it is in place
    MARK = 6
    #: from the branch
    KEYFRAME = 7


class Opened(msgspec.Struct, frozen=True):
    """Somebody publishes. ``offer_sdp`` as they sent it, for everything in a packet's header is agreed there."""

    identity: str
    display_name: str
    offer_sdp: str
    source: str
    is_host: bool


_encoder = msgspec.msgpack.Encoder()
_opened_decoder = msgspec.msgpack.Decoder(Opened)


def record(kind: Kind, number: int = 0, body: bytes = b"") -> bytes:
    return _HEAD.pack(kind, number, len(body)) + body


def opened_record(number: int, opened: Opened) -> bytes:
    return record(Kind.OPENED, number, _encoder.encode(opened))


def keyframe_record(number: int, ssrc: int) -> bytes:
    return record(Kind.KEYFRAME, number, ssrc.to_bytes(4, "big"))


def read_opened(body: memoryview) -> Opened:
    """
    Raises:
        ProtocolError.
    """
    try:
        return _opened_decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ProtocolError(f"a publisher cannot be read: {error}") from error


class Records:
    """Bytes as they come, to records; keeps less than one."""

    def __init__(self) -> None:
        self._kept = b""

    def feed(self, data: bytes) -> Iterator[tuple[Kind, int, memoryview]]:
        """Kind, number of the publisher, body. The body is memory that is valid until the next call.

        Raises:
            ProtocolError: a kind or a length that cannot be; feed nothing more after it.
        """
        data = self._kept + data if self._kept else data
        view, at, end = memoryview(data), 0, len(data)
        while at + _HEAD.size <= end:
            code, number, length = _HEAD.unpack_from(data, at)
            if length > MAX_BODY_BYTES:
                raise ProtocolError(f"a record of {length} bytes is announced")
            until = at + _HEAD.size + length
            if until > end:
                break
            try:
                kind = Kind(code)
            except ValueError:
                raise ProtocolError(f"there is no record of kind {code}") from None
            yield kind, number, view[at + _HEAD.size : until]
            at = until
        self._kept = bytes(view[at:])
