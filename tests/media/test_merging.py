"""Several fan-outs with the same viewers: whatever they have in common, everybody gets all that is theirs, in order."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pylibsrtp import Policy, Session

from livehub.media import segments
from livehub.media.fanout import GROUP, Fanout
from livehub.media.limits import MediaLimits
from livehub.media.merging import LEAST_ALIKE, MOST_PACKETS, falling
from livehub.media.port import MediaPort
from livehub.media.row_memory import ROWS
from livehub.media.rows import SendRows
from livehub.media.rtp.cache import Packet
from livehub.media.rtp.header import parse_header
from tests.media.manual_timers import ManualTimers
from tests.media.test_fanout import GCM, SHA1, Receiver, _receiver, port

__all__ = ["port"]

VIEWERS, STREAMS = 3 * LEAST_ALIKE, 5
#: everything leaves with its batch, and any audience is large enough to be merged
AT_ONCE = MediaLimits(gather_from=2)


@dataclass
class Viewer:
    """One session with a slot for each stream."""

    slots: list[Receiver] = field(default_factory=list)

    def read(self) -> list[tuple[int, int, bytes]]:
        """(SSRC, sequence number, payload) of all that has come."""
        found: list[tuple[int, int, bytes]] = []
        first = self.slots[0]
        first.socket.settimeout(0)
        while True:
            try:
                plain = first.read()
            except BlockingIOError:
                return found
            header = parse_header(plain)
            found.append((header.ssrc, header.sequence_number, plain[header.payload_start :]))


@contextmanager
def audience(port: MediaPort) -> Iterator[list[Viewer]]:
    """Viewers with keys of their own: every fourth has the profile with the shorter tag."""
    made = []
    for index in range(VIEWERS):
        first = _receiver(port, index, GCM if index % 4 else SHA1)
        slots = [replace(first, ssrc=10_000 * (stream + 1) + index) for stream in range(STREAMS)]
        made.append(Viewer(slots))
    try:
        yield made
    finally:
        for viewer in made:
            viewer.slots[0].socket.close()


@pytest.fixture
def viewers(port: MediaPort) -> Iterator[list[Viewer]]:
    with audience(port) as made:
        yield made


def packet(stream: int, number: int, size: int) -> Packet:
    return Packet(number, 3000 * number, True, bytes([stream, number % 256]) * (size // 2), 0.0, 7)


@settings(max_examples=40, deadline=None)
@given(
    host=st.sampled_from(["127.0.0.1", "::1"]),
    sizes=st.lists(
        st.lists(st.sampled_from([40, 80, 82, 300, 1100, 1440]), max_size=20), min_size=STREAMS, max_size=STREAMS
    ),
    absent=st.sets(st.tuples(st.integers(0, VIEWERS - 1), st.integers(0, STREAMS - 1)), max_size=6),
    leaving=st.lists(st.integers(0, VIEWERS - 1), max_size=3, unique=True),
)
def test_everybody_gets_everything_in_order(
    host: str, sizes: list[list[int]], absent: set[tuple[int, int]], leaving: list[int]
) -> None:
    port = MediaPort((host,), 0)
    rows = SendRows(port, ManualTimers(), AT_ONCE)
    fanouts = [Fanout(rows, video=stream % 2 == 0) for stream in range(STREAMS)]
    with audience(port) as viewers:
        for stream, fanout in enumerate(fanouts):
            for index in [*range(stream, VIEWERS), *range(stream)]:
                if (index, stream) not in absent:
                    fanout.add(viewers[index].slots[stream])
            for index in leaving[: stream % 3]:
                fanout.discard(viewers[index].slots[stream])
        for stream, fanout in enumerate(fanouts):
            for number, size in enumerate(sizes[stream]):
                fanout.send(packet(stream, number, size))
        rows.flush()
        for viewer in viewers:
            got = sorted(viewer.read(), key=lambda item: item[0])
            by_stream = {ssrc: [item[1:] for item in items] for ssrc, items in groupby(got, key=lambda item: item[0])}
            for stream, slot in enumerate(viewer.slots):
                sent = [packet(stream, number, size) for number, size in enumerate(sizes[stream])]
                expected = [((item.sequence_number + slot.sequence_offset) & 0xFFFF, item.payload) for item in sent]
                assert by_stream.get(slot.ssrc, []) == (expected if slot.row >= 0 else [])
    port._socket.close()


def test_voices_and_pictures_of_a_viewer_leave_as_one(port: MediaPort, viewers: list[Viewer]) -> None:
    if not port.takes_groups:
        pytest.skip("this kernel takes no groups (UDP_SEGMENT)")
    rows = SendRows(port, ManualTimers(), AT_ONCE)
    fanouts = [Fanout(rows, video=stream % 2 == 0) for stream in range(STREAMS)]
    calls: list[tuple[int, int]] = []
    send_batch = port.send_batch

    def note(messages: Any, count: int, datagrams: int) -> None:
        calls.append((count, datagrams))
        send_batch(messages, count, datagrams)

    port.send_batch = note  # type: ignore[method-assign]
    for stream, fanout in enumerate(fanouts):
        for viewer in viewers:
            fanout.add(viewer.slots[stream])
        fanout.send(packet(stream, 1, 1000 if stream < 3 else 80))
    rows.flush()
    # Video has a header of 20 bytes, sound one of 12: 1,020 twice with 1,012 at the end; 100 and 92.
    assert calls == [(2 * VIEWERS, STREAMS * VIEWERS)]
    assert all(len(viewer.read()) == STREAMS for viewer in viewers)


def test_who_cannot_be_encrypted_for_gets_nothing_plain(port: MediaPort, viewers: list[Viewer]) -> None:
    """libsrtp refuses an SSRC that its session was not made for."""
    rows = SendRows(port, ManualTimers(), AT_ONCE)
    fanouts = [Fanout(rows, video=True) for _ in range(2)]
    other = Session(Policy(key=bytes(28), ssrc_type=Policy.SSRC_SPECIFIC, ssrc_value=1, srtp_profile=GCM))
    dead = viewers[3]
    for slot in dead.slots:
        slot.session = other._srtp[0]
    for stream, fanout in enumerate(fanouts):
        for viewer in viewers:
            fanout.add(viewer.slots[stream])
        fanout.send(packet(stream, 1, 100))
    rows.flush()
    assert [len(viewer.read()) for viewer in viewers] == [0 if viewer is dead else 2 for viewer in viewers]
    assert rows.protect_failures == 1


def test_keys_never_rise() -> None:
    assert falling([5, 7, 3, 4], 100) == (5, 5, 3, 3)
    assert falling([5, 2], 4) == (4, 2)


def test_a_group_of_a_fanout_fits_into_what_is_put_together() -> None:
    assert GROUP <= MOST_PACKETS <= ROWS
    assert MOST_PACKETS * segments.MAX_SEGMENT < 65_507, "more than a datagram may have"
