"""Queues for narrow links: rate, bound, what is dropped, and that nobody else waits."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livehub.media.limits import MediaLimits
from livehub.media.pacing import OVERHEAD_BYTES, Lane, Pacer
from livehub.media.rtp.cache import Packet
from tests.media.manual_timers import ManualTimers

LIMITS = MediaLimits()


@dataclass(eq=False)
class Slot:
    timers: ManualTimers
    index: int = 0
    sent: list[tuple[float, Packet]] = field(default_factory=list)
    given_up: int = 0

    def send_paced(self, packet: Packet) -> None:
        self.sent.append((self.timers.now_s, packet))

    def give_up(self) -> None:
        self.given_up += 1


@dataclass
class Bench:
    timers: ManualTimers
    pacer: Pacer
    lane: Lane
    overflows: list[float]

    def packets(self, slot: Slot, count: int, size: int = 1140) -> None:
        for index in range(count):
            self.lane.put(slot, Packet(index & 0xFFFF, 0, False, bytes(size), self.timers.now_s))


@pytest.fixture
def bench() -> Bench:
    return make_bench()


def make_bench(limits: MediaLimits = LIMITS) -> Bench:
    timers, overflows = ManualTimers(), list[float]()
    pacer = Pacer(timers, limits)
    lane = pacer.open(overflows.append)
    assert lane is not None
    return Bench(timers, pacer, lane, overflows)


def test_a_keyframe_leaves_at_the_rate_and_whole(bench: Bench) -> None:
    slot, begun_s = Slot(bench.timers), bench.timers.now_s
    bench.lane.set_rate(500_000)
    bench.packets(slot, 30)
    bench.timers.advance(2.0)
    assert [packet.sequence_number for _, packet in slot.sent] == list(range(30))
    last_s = slot.sent[-1][0] - begun_s
    assert last_s == pytest.approx(30 * (1140 + OVERHEAD_BYTES) * 8 / 500_000, abs=0.08)
    assert (bench.overflows, slot.given_up, len(bench.lane), bench.lane.octets) == ([], 0, 0, 0)


@given(
    sizes=st.lists(st.integers(1, 1400), min_size=1, max_size=120),
    rate=st.integers(50_000, 3_000_000),
    gap_ms=st.integers(0, 40),
)
def test_never_faster_than_the_rate_and_never_more_than_the_bound(sizes: list[int], rate: int, gap_ms: int) -> None:
    bench = make_bench()
    slot = Slot(bench.timers)
    bench.lane.set_rate(rate)
    for index, size in enumerate(sizes):
        bench.packets(slot, 1, size)
        assert bench.lane.octets <= bench.lane.bound_octets
        assert bench.lane.octets >= 0
        if index % 4 == 3:
            bench.timers.advance(gap_ms / 1000)
    bench.timers.advance(10.0)
    assert (len(bench.lane), bench.lane.octets) == (0, 0)
    assert len(slot.sent) + bench.lane.dropped == len(sizes)
    real = max(rate, LIMITS.min_paced_bps)
    burst = max(real * LIMITS.paced_burst_s / 8, 3000) + 1400 + OVERHEAD_BYTES
    for first in range(0, len(slot.sent), 7):
        begun_s, octets = slot.sent[first][0], 0
        for at_s, packet in slot.sent[first:]:
            octets += len(packet.payload) + OVERHEAD_BYTES
            assert octets <= (at_s - begun_s) * real / 8 + burst


def test_the_least_important_slot_is_dropped_as_a_whole(bench: Bench) -> None:
    first, second = Slot(bench.timers, 0), Slot(bench.timers, 1)
    bench.lane.set_rate(200_000)
    bench.packets(first, 10)
    bench.packets(second, 40)
    assert (first.given_up, second.given_up > 0) == (0, True)
    assert bench.overflows[0] == 200_000
    bench.timers.advance(5.0)
    assert len(first.sent) == 10
    assert bench.lane.dropped >= 20


def test_what_is_not_wanted_any_more_does_not_leave(bench: Bench) -> None:
    first, second = Slot(bench.timers, 0), Slot(bench.timers, 1)
    bench.packets(first, 5)
    bench.packets(second, 5)
    bench.lane.forget(first)
    bench.timers.advance(2.0)
    assert (len(first.sent), len(second.sent)) == (0, 5)


def test_resends_count_against_the_rate(bench: Bench) -> None:
    slot = Slot(bench.timers)
    bench.lane.set_rate(100_000)
    bench.packets(slot, 1)
    bench.timers.advance(0.5)
    bench.lane.spend(12_500)
    bench.packets(slot, 1)
    bench.timers.advance(0.5)
    assert len(slot.sent) == 1
    bench.timers.advance(1.0)
    assert len(slot.sent) == 2


def test_only_so_many_are_paced_and_a_lane_given_back_is_free_again() -> None:
    bench = make_bench(MediaLimits(max_paced_viewers=1))
    assert bench.pacer.open(bench.overflows.append) is None
    bench.pacer.close(bench.lane)
    assert bench.pacer.open(bench.overflows.append) is not None


def test_the_timer_stops_when_nothing_waits(bench: Bench) -> None:
    bench.packets(Slot(bench.timers), 3)
    bench.timers.advance(2.0)
    assert not bench.timers._waiting
