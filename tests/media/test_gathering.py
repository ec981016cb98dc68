"""Packets of a picture wait for its end, not longer than they may, and only where many watch."""

import pytest

from livehub.media.fanout import GROUP, Fanout
from livehub.media.limits import MediaLimits
from livehub.media.port import MediaPort
from livehub.media.rows import SendRows
from livehub.media.rtp.cache import Packet
from tests.media.manual_timers import ManualTimers
from tests.media.test_fanout import Receiver, expect, port, receivers

__all__ = ["port", "receivers"]

WATCHING = 4
GATHER_S = 0.008


class Hall:
    """One fan-out to :data:`WATCHING` receivers, on timers moved by hand."""

    def __init__(self, port: MediaPort, receivers: list[Receiver], *, video: bool = True, gather_from: int = WATCHING):
        self.timers = ManualTimers()
        self.rows = SendRows(port, self.timers, MediaLimits(gather_s=GATHER_S, gather_from=gather_from))
        self.fanout = Fanout(self.rows, video=video)
        self.port = port
        for receiver in receivers[:WATCHING]:
            self.fanout.add(receiver)

    def batch(self, *packets: Packet) -> int:
        """What one batch of the port brings. Gives the datagrams that left at its end."""
        before = self.port.counters.sent
        for packet in packets:
            self.fanout.send(packet)
        self.rows.flush()
        return self.port.counters.sent - before


def piece(number: int, *, last: bool = False) -> Packet:
    return Packet(number, 3000, last, bytes(400), 0.0, 7)


@pytest.fixture
def hall(port: MediaPort, receivers: list[Receiver]) -> Hall:
    return Hall(port, receivers)


def test_a_picture_leaves_with_its_last_packet(hall: Hall, receivers: list[Receiver]) -> None:
    assert [hall.batch(piece(number)) for number in range(3)] == [0, 0, 0]
    calls = hall.port.counters.send_calls
    assert hall.batch(piece(3, last=True)) == 4 * WATCHING
    assert hall.port.counters.send_calls == calls + 1
    for receiver in receivers[:WATCHING]:
        expect(receiver, [piece(0), piece(1), piece(2), piece(3, last=True)])


def test_what_waits_for_a_late_end_leaves_when_its_time_is_up(hall: Hall) -> None:
    assert hall.batch(piece(0)) == 0
    hall.timers.advance(GATHER_S / 2)
    assert hall.batch(piece(1)) == 0
    before = hall.port.counters.sent
    hall.timers.advance(GATHER_S / 2)
    assert hall.port.counters.sent - before == 2 * WATCHING
    hall.timers.advance(1)
    assert hall.port.counters.sent - before == 2 * WATCHING, "nothing is sent twice"
    assert hall.batch(piece(2)) == 0, "the next wait begins anew"
    hall.timers.advance(GATHER_S)
    assert hall.port.counters.sent - before == 3 * WATCHING


def test_a_whole_group_does_not_wait(hall: Hall) -> None:
    assert hall.batch(*[piece(number) for number in range(GROUP)]) == GROUP * WATCHING


def test_a_small_audience_waits_for_nothing(port: MediaPort, receivers: list[Receiver]) -> None:
    hall = Hall(port, receivers, gather_from=WATCHING + 1)
    assert hall.batch(piece(0)) == WATCHING


def test_sound_waits_for_nothing(port: MediaPort, receivers: list[Receiver]) -> None:
    assert Hall(port, receivers, video=False).batch(piece(0)) == WATCHING


def test_one_room_does_not_hold_up_another(hall: Hall, receivers: list[Receiver]) -> None:
    other = Fanout(hall.rows, video=True)
    other.add(receivers[WATCHING])
    assert hall.batch(piece(0)) == 0
    other.send(piece(0))
    assert hall.batch() == 1


def test_a_viewer_who_comes_in_the_middle_gets_what_follows_and_one_who_goes_what_was(
    hall: Hall, receivers: list[Receiver]
) -> None:
    goes, comes = receivers[0], receivers[WATCHING]
    hall.batch(piece(0))
    hall.fanout.discard(goes)
    hall.batch(piece(1))
    hall.fanout.add(comes)
    hall.batch(piece(2, last=True))
    expect(goes, [piece(0)])
    expect(receivers[1], [piece(0), piece(1), piece(2, last=True)])
    expect(comes, [piece(2, last=True)])


def test_when_the_last_viewer_goes_nothing_is_left_waiting(hall: Hall, receivers: list[Receiver]) -> None:
    hall.batch(piece(0))
    for receiver in receivers[:WATCHING]:
        hall.fanout.discard(receiver)
    before = hall.port.counters.sent
    hall.timers.advance(GATHER_S)
    assert (hall.port.counters.sent, len(hall.fanout)) == (before, 0)
