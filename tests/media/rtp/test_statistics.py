"""Loss and jitter as RFC 3550 counts them, the common timeline, the bandwidth told to publishers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livehub.media.rtp.bandwidth import BitrateLimit
from livehub.media.rtp.sequence import SequenceTracker
from livehub.media.rtp.statistics import ReceiverStatistics, StandingQueue
from livehub.media.rtp.timeline import PublisherTimeline, TrackClock, ntp_from_unix, round_trip_s


def feed(statistics: ReceiverStatistics, tracker: SequenceTracker, numbers: list[int]) -> None:
    for number in numbers:
        tracker.update(number & 0xFFFF)
        statistics.received(number * 3000 & 0xFFFFFFFF, 100, number / 30)


@given(first=st.integers(0, 0xFFFF), lost=st.sets(st.integers(1, 98), max_size=40))
def test_what_is_missing_is_reported_as_lost(first: int, lost: set[int]) -> None:
    tracker = SequenceTracker(first)
    statistics = ReceiverStatistics(9, 90_000, tracker)
    feed(statistics, tracker, [first + index for index in range(100) if index not in lost])
    report = statistics.report(0.0)
    assert report.packets_lost == len(lost)
    assert report.fraction_lost == len(lost) * 256 // 100
    assert report.highest_sequence == first + 99
    assert report.jitter == 0
    assert statistics.report(0.0).fraction_lost == 0  # nothing was expected since


def test_packets_that_come_late_are_not_lost() -> None:
    tracker = SequenceTracker(0)
    statistics = ReceiverStatistics(9, 90_000, tracker)
    feed(statistics, tracker, [0, 1, 3])
    assert statistics.report(0.0).packets_lost == 1
    feed(statistics, tracker, [2, 4])
    assert statistics.report(0.0).packets_lost == 0


def test_jitter_follows_the_spread_of_arrivals() -> None:
    tracker = SequenceTracker(0)
    statistics = ReceiverStatistics(9, 90_000, tracker)
    for index in range(200):
        tracker.update(index)
        statistics.received(3000 * index, 1, index / 30 + (0.01 if index % 2 else 0.0))
    assert statistics.report(0.0).jitter == pytest.approx(900, rel=0.05)  # 10 ms back and forth


def test_delay_since_the_last_sender_report() -> None:
    statistics = ReceiverStatistics(9, 90_000, SequenceTracker(0))
    statistics.sender_report(0x0123456789ABCDEF, 5.0)
    report = statistics.report(5.5)
    assert report.last_sr == 0x456789AB
    assert report.delay_since_last_sr == 32768


@given(offset=st.integers(0, 2**62), at=st.floats(1.6e9, 1.8e9), later_s=st.floats(0, 3600))
def test_two_tracks_of_one_publisher_keep_their_distance(offset: int, at: float, later_s: float) -> None:
    timeline, sound, picture = PublisherTimeline(), TrackClock(48_000), TrackClock(90_000)
    now = ntp_from_unix(at)
    sound.anchor(timeline.place(offset, now), 1000)
    picture.anchor(timeline.place(offset + (1 << 31), now + (1 << 31)), 5000)  # half a second on
    moment = now + int(later_s * 2**32) + (1 << 31)
    rtp_sound, rtp_picture = sound.rtp_at(moment), picture.rtp_at(moment)
    assert rtp_sound is not None
    assert rtp_picture is not None
    sound_s = ((rtp_sound - 1000) & 0xFFFFFFFF) / 48_000
    picture_s = ((rtp_picture - 5000) & 0xFFFFFFFF) / 90_000
    assert sound_s - picture_s == pytest.approx(0.5, abs=1e-4)


def test_a_publisher_whose_clock_jumps_is_placed_again() -> None:
    timeline = PublisherTimeline()
    assert timeline.place(100, 5000) == 5000
    assert timeline.place(100 + (5 << 32), 5000 + (5 << 32) + 7) == 5000 + (5 << 32)  # seven units of network delay
    assert timeline.place(0, 9 << 32) == 9 << 32


def test_round_trip_from_a_reception_report() -> None:
    now = ntp_from_unix(1_700_000_000.25)
    sent = ntp_from_unix(1_700_000_000.0)
    assert round_trip_s(now, sent >> 16 & 0xFFFFFFFF, 65536 // 5) == pytest.approx(0.05, abs=1e-3)
    assert round_trip_s(now, 0, 0) is None
    assert round_trip_s(sent, now >> 16 & 0xFFFFFFFF, 0) is None  # from the future: a broken or hostile report


def test_the_limit_falls_with_loss_and_comes_back() -> None:
    limit = BitrateLimit(2_000_000, 100_000)
    assert limit.update(0.0, 1e6) == 2_000_000
    lower = limit.update(0.2, 1_000_000)
    assert lower == pytest.approx(1_350_000)
    assert limit.update(0.05, 1e6) == lower
    for _ in range(100):
        limit.update(0.9, 0)
    assert limit.bitrate_bps == 100_000
    for _ in range(100):
        limit.update(0.0, 1e6)
    assert limit.bitrate_bps == 2_000_000


def test_what_came_by_rtx_was_lost_all_the_same() -> None:
    tracker = SequenceTracker(0)
    statistics = ReceiverStatistics(9, 90_000, tracker)
    feed(statistics, tracker, [0, 1, 3, 4, 5, 6, 7, 9])
    for number in (2, 8):
        statistics.received(number * 3000, 100, 0.5, repair=True)
    report = statistics.report(0.0)
    assert (report.packets_lost, report.fraction_lost) == (2, 2 * 256 // 10)
    assert (statistics.packets, statistics.octets) == (10, 1000)


@given(queue_s=st.floats(0.0, 2.0), jitter=st.lists(st.floats(0, 0.03), min_size=30, max_size=30))
def test_a_queue_that_does_not_empty_is_told_from_jitter(queue_s: float, jitter: list[float]) -> None:
    queue, before_s = StandingQueue(), 0.0

    def second(waiting_s: float) -> float:
        nonlocal before_s
        for late_s in (*jitter, 0.0):
            queue.packet(waiting_s + late_s - before_s)
            before_s = waiting_s + late_s
        return queue.interval()

    assert second(0.0) == 0.0
    assert second(queue_s) == pytest.approx(queue_s, abs=1e-6)
    assert second(0.0) == pytest.approx(0.0, abs=1e-6)


def test_another_clock_is_no_queue() -> None:
    queue = StandingQueue()
    for _ in range(3):
        queue.packet(0.0)
    queue.interval()
    queue.packet(3600.0)
    queue.packet(0.0)
    assert queue.interval() == 0.0
    assert queue.interval() == 0.0, "nothing came"


def test_a_limit_settles_below_a_bottleneck_with_a_short_queue() -> None:
    limit, queued_s, bottleneck_bps = BitrateLimit(2_500_000, 150_000), 0.0, 300_000.0
    queues = []
    for second in range(60):
        sent_bps = limit.bitrate_bps
        queued_s = min(max(0.0, queued_s + (sent_bps - bottleneck_bps) / bottleneck_bps), 1.0)
        came_bps = min(sent_bps, bottleneck_bps) if queued_s == 0.0 else bottleneck_bps
        limit.update(0.5 if queued_s == 1.0 else 0.0, came_bps, queued_s)
        if second >= 10:
            queues.append(queued_s)
    assert max(queues) < 0.5
    assert 200_000 < limit.bitrate_bps < 400_000
