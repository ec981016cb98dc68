"""Frames of clients, however they are cut up on the way; what is none ends in a documented error."""

import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from livehub.signalling.frames import CLOSE, PING, PONG, FrameError, FrameReader, unmasked
from livehub.signalling.wire import BINARY, TEXT

#: a busy machine is no failure
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
MASK = b"\x12\x34\x56\x78"


def of_client(payload: bytes, first: int = TEXT, mask: bytes = MASK) -> bytes:
    size = len(payload)
    if size < 126:
        head = bytes((first, 0x80 | size))
    elif size < 65536:
        head = struct.pack("!BBH", first, 0x80 | 126, size)
    else:
        head = struct.pack("!BBQ", first, 0x80 | 127, size)
    return head + mask + bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))


def read(data: bytes, cuts: list[int], max_size: int = 70_000) -> list[tuple[int, bytes]]:
    reader, found, before = FrameReader(max_size), list[tuple[int, bytes]](), 0
    for cut in [*sorted(cuts), len(data)]:
        found += reader.feed(data[before:cut])
        before = max(before, cut)
    return found


@UNHURRIED
@given(st.binary(max_size=300), st.binary(min_size=4, max_size=4))
def test_a_mask_is_taken_off_as_the_rfc_says(payload: bytes, mask: bytes) -> None:
    assert unmasked(payload, mask) == bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))


sizes = st.sampled_from([0, 1, 125, 126, 127, 65535, 65536])


@UNHURRIED
@given(st.lists(st.tuples(st.sampled_from([TEXT, BINARY]), sizes), max_size=4), st.data())
def test_messages_come_whole_wherever_the_bytes_are_cut(messages: list[tuple[int, int]], data: st.DataObject) -> None:
    sent = [(kind, b"ab"[kind & 1 : (kind & 1) + 1] * size) for kind, size in messages]
    stream = b"".join(of_client(payload, kind) for kind, payload in sent)
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=8))
    assert read(stream, cuts) == sent


@UNHURRIED
@given(st.lists(st.integers(0, 60), max_size=20))
def test_fragments_make_a_message_with_control_frames_between_them(cuts: list[int]) -> None:
    stream = (
        of_client(b"one ", 0x01) + of_client(b"?", PING) + of_client(b"two ", 0x00) + of_client(b"!", PONG)
        + of_client(b"three", 0x80) + of_client(b"next") + of_client(b"\x03\xe8", CLOSE)
    )  # fmt: skip
    assert read(stream, cuts) == [
        (PING, b"?"), (PONG, b"!"), (TEXT, b"one two three"), (TEXT, b"next"), (CLOSE, b"\x03\xe8")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("stream", "status"),
    [
        (b"\x81\x02hi", 1002),  # not masked
        (of_client(b"x", 0xC1), 1002),  # compressed, which nobody agreed to
        (of_client(b"x", 0x83), 1002),  # a kind that does not exist
        (of_client(b"x", 0x80), 1002),  # goes on with nothing
        (of_client(b"x", 0x01) + of_client(b"y", 0x81), 1002),  # begins anew within a message
        (of_client(b"x", 0x09), 1002),  # a ping in fragments
        (of_client(b"x" * 126, PING), 1002),  # a ping too long
        (of_client(b"x" * 1001), 1009),
        (of_client(b"x" * 600, 0x01) + of_client(b"x" * 401, 0x80), 1009),
        (b"\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff" + MASK, 1009),
    ],
)
def test_what_is_no_frame_of_a_client_ends_the_connection(stream: bytes, status: int) -> None:
    with pytest.raises(FrameError) as raised:
        read(stream, [], max_size=1000)
    assert raised.value.status == status


@UNHURRIED
@given(st.binary(max_size=400), st.lists(st.integers(0, 400), max_size=6))
def test_any_bytes_give_messages_or_that_error(stream: bytes, cuts: list[int]) -> None:
    found, status = list[tuple[int, bytes]](), 1002
    try:
        found = read(stream, cuts, max_size=100)
    except FrameError as error:
        status = error.status
    assert status in {1002, 1009}
    assert all(len(payload) <= 125 for _, payload in found)


def test_bytes_that_trickle_in_are_looked_at_when_all_can_be_there() -> None:
    reader, stream = FrameReader(70_000), of_client(b"x" * 65_536)
    found = [message for byte in stream for message in reader.feed(bytes((byte,)))]
    assert found == [(TEXT, b"x" * 65_536)]


def test_fragments_without_a_byte_in_them_do_not_come_without_end() -> None:
    endless = of_client(b"", TEXT & 0x7F) + of_client(b"", 0x00) * 10_000
    with pytest.raises(FrameError) as error:
        FrameReader(1000).feed(endless)
    assert error.value.status == 1009
