"""How loud a packet is, as its sender says (RFC 6464): one byte of its header, read without the rest."""

from livehub.media.rtp.header import Bytes

AUDIO_LEVEL_URI = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
#: what the level of silence is; 0 is the loudest that can be
SILENCE = 127


def audio_level(data: Bytes, extension_start: int, identifier: int) -> int | None:
    """Level in -dBov, 0 to 127, of the extension block at ``extension_start``; None when it has none.

    As :func:`level_at` for the rest.
    """
    at = level_at(data, extension_start, identifier)
    return data[at] & 0x7F if at else None


def level_at(data: Bytes, extension_start: int, identifier: int) -> int:
    """Where the level stands, in the extension block at ``extension_start``; 0 when it has none.

    Reads one-byte and two-byte form (RFC 8285) and stops at the element; what is broken after it or before it is not
    told, only 0. Never raises for a block whose length :func:`livehub.media.rtp.header.parse_header` has checked.
    """
    if not extension_start:
        return 0
    one_byte = data[extension_start] == 0xBE and data[extension_start + 1] == 0xDE
    if not one_byte and (data[extension_start] != 0x10 or data[extension_start + 1] & 0xF0):
        return 0
    position = extension_start + 4
    end = position + 4 * (data[extension_start + 2] << 8 | data[extension_start + 3])
    while position + 1 < end:
        first = data[position]
        if not first:
            position += 1
        elif one_byte:
            if first >> 4 == identifier:
                return position + 1
            if first >> 4 == 15:
                return 0
            position += 2 + (first & 15)
        else:
            length = data[position + 1]
            if first == identifier:
                return position + 2 if length and position + 2 < end else 0
            position += 2 + length
    return 0
