"""The level byte of RFC 6464 in both forms of RFC 8285."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from livehub.media.rtp.audio_level import audio_level
from livehub.media.rtp.header import parse_extensions, parse_header


def packet(profile: int, block: bytes) -> bytes:
    block += bytes(-len(block) % 4)
    return struct.pack("!BBHII", 0x90, 111, 1, 2, 3) + struct.pack("!HH", profile, len(block) // 4) + block + b"opus"


def level_of(data: bytes, identifier: int = 1) -> int | None:
    return audio_level(data, parse_header(data).extension_start, identifier)


def test_one_byte_form_alone_and_behind_others() -> None:
    assert level_of(packet(0xBEDE, bytes([0x10, 0x80 | 30]))) == 30  # the voice activity bit is not part of the level
    assert level_of(packet(0xBEDE, bytes([0x22, 1, 2, 3, 0, 0x10, 127]))) == 127


def test_two_byte_form() -> None:
    assert level_of(packet(0x1000, bytes([5, 2, 9, 9, 1, 1, 44]))) == 44
    assert level_of(packet(0x1000, bytes([1, 0, 0, 0]))) is None


def test_none_without_it() -> None:
    assert level_of(struct.pack("!BBHII", 0x80, 111, 1, 2, 3) + b"opus") is None
    assert level_of(packet(0xBEDE, bytes([0x20, 30]))) is None
    assert level_of(packet(0xBEDE, bytes([0xF0, 0, 0x10, 30]))) is None  # 15 ends the reading
    assert level_of(packet(0xABCD, bytes([0x10, 30]))) is None


@given(elements=st.lists(st.tuples(st.integers(1, 14), st.binary(min_size=1, max_size=16)), max_size=8))
def test_agrees_with_the_full_reader(elements: list[tuple[int, bytes]]) -> None:
    seen: dict[int, bytes] = {}
    for identifier, content in elements:
        seen.setdefault(identifier, content)
    block = b"".join(bytes([identifier << 4 | len(content) - 1]) + content for identifier, content in seen.items())
    data = packet(0xBEDE, block)
    full = parse_extensions(data, parse_header(data))
    for identifier in range(1, 15):
        expected = full[identifier][0] & 0x7F if identifier in full else None
        assert level_of(data, identifier) == expected
