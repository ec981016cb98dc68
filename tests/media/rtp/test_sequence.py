"""Sequence numbers: wraps, losses, reordering, restarts."""

from hypothesis import given
from hypothesis import strategies as st

from livehub.media.rtp.sequence import Arrival, SequenceTracker, sequence_delta, timestamp_delta

U16 = st.integers(0, 0xFFFF)


@given(start=U16, distance=st.integers(-0x8000, 0x7FFF))
def test_delta_is_the_signed_distance_over_the_wrap(start: int, distance: int) -> None:
    assert sequence_delta((start + distance) & 0xFFFF, start) == distance


@given(start=st.integers(0, 0xFFFFFFFF), distance=st.integers(-0x80000000, 0x7FFFFFFF))
def test_timestamp_delta_is_the_signed_distance(start: int, distance: int) -> None:
    assert timestamp_delta((start + distance) & 0xFFFFFFFF, start) == distance


@given(first=U16, steps=st.lists(st.integers(1, 3000), max_size=200))
def test_extended_number_counts_every_cycle(first: int, steps: list[int]) -> None:
    tracker = SequenceTracker(first)
    assert tracker.update(first) == (Arrival.NEW, 1)
    position = first
    for step in steps:
        position += step
        assert tracker.update(position & 0xFFFF) == (Arrival.NEW, step)
        assert tracker.extended == position
        assert tracker.extend((position - 5) & 0xFFFF) == position - 5
    assert tracker.expected == position - first + 1


@given(first=U16, order=st.permutations(range(40)))
def test_reordered_packets_are_new_or_late_and_never_lost_count(first: int, order: list[int]) -> None:
    tracker = SequenceTracker(first)
    tracker.update(first)
    arrivals = [tracker.update((first + 1 + offset) & 0xFFFF)[0] for offset in order]
    assert set(arrivals) <= {Arrival.NEW, Arrival.LATE}
    assert tracker.expected == 41
    assert arrivals.count(Arrival.NEW) == sum(offset == max(order[: index + 1]) for index, offset in enumerate(order))


@given(first=U16)
def test_one_stray_changes_nothing_and_two_in_line_begin_anew(first: int) -> None:
    tracker = SequenceTracker(first)
    tracker.update(first)
    far = (first + 20_000) & 0xFFFF
    assert tracker.update(far)[0] is Arrival.STRAY
    assert tracker.update((first + 1) & 0xFFFF) == (Arrival.NEW, 1)
    assert tracker.update(far)[0] is Arrival.STRAY
    assert tracker.update((far + 1) & 0xFFFF)[0] is Arrival.RESTARTED
    assert tracker.newest == (far + 1) & 0xFFFF
    assert tracker.expected == 1
    assert tracker.update((far + 2) & 0xFFFF) == (Arrival.NEW, 1)
    assert tracker.expected == 2


@given(first=U16, delta=st.integers(-0x8000, 0x7FFF))
def test_near_is_what_is_not_stray(first: int, delta: int) -> None:
    tracker = SequenceTracker(first)
    tracker.update(first)
    number = (first + delta) & 0xFFFF
    near = tracker.is_near(number)
    assert near == (tracker.update(number)[0] is not Arrival.STRAY)
