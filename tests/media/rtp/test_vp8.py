"""Picture ids of VP8 that go on by one, whichever layer they come from."""

from hypothesis import given
from hypothesis import strategies as st

from livehub.media.rtp.vp8 import NONE, OutgoingPictures, PictureIds, read_ids, shift_ids

FRAME = b"\x10\x02\x00\x9d\x01\x2a"


def descriptor(
    picture: int | None = None, level: int | None = None, *, wide: bool = True, tid: int | None = None
) -> bytes:
    """RFC 7741 section 4.2, of a packet that begins a frame."""
    extension = (
        (0x80 if picture is not None else 0) | (0x40 if level is not None else 0) | (0x20 if tid is not None else 0)
    )
    if not extension:
        return b"\x10"
    data = bytes((0x90, extension))
    if picture is not None:
        data += (0x8000 | picture).to_bytes(2, "big") if wide else bytes((picture & 0x7F,))
    data += bytes((level,)) if level is not None else b""
    return data + (bytes((tid << 6,)) if tid is not None else b"")


def test_ids_are_found_where_they_stand() -> None:
    assert read_ids(descriptor(0x1234, 0x56, tid=1) + FRAME) == PictureIds(2, 0x1234, True, 4, 0x56)
    assert read_ids(descriptor(0x34, 0x56, wide=False) + FRAME) == PictureIds(2, 0x34, False, 3, 0x56)
    assert read_ids(descriptor(level=7) + FRAME) == PictureIds(0, 0, False, 2, 7)
    assert read_ids(descriptor() + FRAME) == NONE


@given(payload=st.binary(max_size=20), picture=st.integers(0, 0x7FFF), level=st.integers(0, 255))
def test_any_bytes(payload: bytes, picture: int, level: int) -> None:
    shifted = shift_ids(payload, picture, level)
    assert len(shifted) == len(payload)
    before, after = read_ids(payload), read_ids(shifted)
    assert (before.picture_at, before.wide, before.level_at) == (after.picture_at, after.wide, after.level_at)
    ids = {before.picture_at, before.picture_at + before.wide if before.picture_at else 0, before.level_at} - {0}
    assert all(old == new for at, (old, new) in enumerate(zip(payload, shifted, strict=True)) if at not in ids)
    assert shift_ids(shifted, -picture & 0x7FFF, -level & 0xFF) == payload


@given(
    sources=st.lists(st.tuples(st.integers(0, 0x7FFF), st.integers(0, 255), st.integers(1, 40)), min_size=2, max_size=8)
)
def test_ids_go_on_across_switches_and_wraps(sources: list[tuple[int, int, int]]) -> None:
    slot, seen = OutgoingPictures(), []
    for picture, level, count in sources:
        payload = b""
        for index in range(count):
            payload = descriptor((picture + index) & 0x7FFF, (level + index) & 0xFF, tid=0) + FRAME
            if not index:
                slot.join(payload)
            ids = read_ids(slot.shift(payload))
            seen.append((ids.picture, ids.level))
        slot.leave(payload)
    first_picture, first_level = seen[0]
    assert seen == [((first_picture + index) & 0x7FFF, (first_level + index) & 0xFF) for index in range(len(seen))]


def test_seven_bits_go_on_too() -> None:
    slot = OutgoingPictures()
    first, second = descriptor(0x7FFF, 255), descriptor(5, 9, wide=False)
    slot.join(first + FRAME)
    slot.leave(first + FRAME)
    slot.join(second + FRAME)
    ids = read_ids(slot.shift(second + FRAME))
    assert (ids.picture, ids.wide, ids.level) == (0, False, 0)
