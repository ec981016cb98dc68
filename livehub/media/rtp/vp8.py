"""Picture ids of VP8 that go on by one while the source of a stream changes (RFC 7741 section 4.2).

A viewer's decoder counts pictures by PictureID and TL0PICIDX. Each layer of a camera, and each camera, begins them
anywhere; so a slot adds an offset to both, as it does to sequence numbers. H.264 has nothing of the kind.
"""

from dataclasses import dataclass

_X, _I, _L = 0x80, 0x80, 0x40
_WIDE = 0x80


@dataclass(frozen=True, slots=True)
class PictureIds:
    """Where the ids stand in a payload, and what they are. ``wide``: 15 bits in two bytes, else 7 bits in one.

    ``picture_at`` and ``level_at`` are 0 where the payload has no such id.
    """

    picture_at: int = 0
    picture: int = 0
    wide: bool = False
    level_at: int = 0
    level: int = 0


NONE = PictureIds()


def read_ids(payload: bytes) -> PictureIds:
    """Never raises: what is cut off has no ids."""
    size = len(payload)
    if size < 3 or not payload[0] & _X:
        return NONE
    extension, at = payload[1], 2
    picture_at = picture = level_at = level = 0
    wide = False
    if extension & _I:
        picture_at, wide = at, bool(payload[at] & _WIDE)
        if wide and size < at + 2:
            return NONE
        picture = (payload[at] & 0x7F) << 8 | payload[at + 1] if wide else payload[at]
        at += 2 if wide else 1
    if extension & _L and size > at:
        level_at, level = at, payload[at]
    return PictureIds(picture_at, picture, wide, level_at, level)


def shift_ids(payload: bytes, picture_offset: int, level_offset: int) -> bytes:
    """``payload`` with the offsets added to its ids, modulo what they hold."""
    if not (picture_offset or level_offset):
        return payload
    ids = read_ids(payload)
    changed = bytearray(payload)
    if ids.picture_at:
        picture = ids.picture + picture_offset
        if ids.wide:
            changed[ids.picture_at] = _WIDE | picture >> 8 & 0x7F
            changed[ids.picture_at + 1] = picture & 0xFF
        else:
            changed[ids.picture_at] = picture & 0x7F
    if ids.level_at:
        changed[ids.level_at] = (ids.level + level_offset) & 0xFF
    return bytes(changed)


class OutgoingPictures:
    """The offsets of one slot: ``picture_offset`` of 15 bits, ``level_offset`` (TL0PICIDX) of 8."""

    def __init__(self) -> None:
        self.picture_offset = self.level_offset = 0
        self._last: tuple[int, int] | None = None

    def join(self, payload: bytes) -> None:
        """The source's keyframe that begins with ``payload`` is the next picture of the slot."""
        if self._last is not None:
            ids = read_ids(payload)
            self.picture_offset = (self._last[0] + 1 - ids.picture) & 0x7FFF
            self.level_offset = (self._last[1] + 1 - ids.level) & 0xFF

    def leave(self, payload: bytes) -> None:
        """The source goes; ``payload`` is of the newest picture that was sent."""
        ids = read_ids(payload)
        if ids.picture_at or ids.level_at:
            self._last = (ids.picture + self.picture_offset) & 0x7FFF, (ids.level + self.level_offset) & 0xFF

    def shift(self, payload: bytes) -> bytes:
        return shift_ids(payload, self.picture_offset, self.level_offset)
