"""A slot's numbers go on by one, whatever its sources do."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from livehub.media.rtp.rewrite import OutgoingNumbers

SOURCE = st.tuples(st.integers(0, 1 << 20), st.integers(0, 0xFFFFFFFF), st.integers(1, 300))


@given(sources=st.lists(SOURCE, min_size=1, max_size=8))
def test_numbers_are_continuous_over_any_switches(sources: list[tuple[int, int, int]]) -> None:
    numbers, now_s = OutgoingNumbers(90_000), 0.0
    sent: list[tuple[int, int]] = []
    for first, timestamp, count in sources:
        numbers.join(first, timestamp, now_s)
        sent += [
            (numbers.sequence(first + index), numbers.timestamp(timestamp + 3000 * index)) for index in range(count)
        ]
        now_s += count / 30
        numbers.leave(first + count - 1, timestamp + 3000 * (count - 1), now_s)
        now_s += 0.5
    for (before, ts_before), (after, ts_after) in pairwise(sent):
        assert (after - before) & 0xFFFF == 1
        assert 0 < (ts_after - ts_before) & 0xFFFFFFFF <= 0.6 * 90_000


def test_time_that_passed_between_two_sources_passes_for_the_viewer() -> None:
    numbers = OutgoingNumbers(90_000)
    numbers.join(10, 1000, 0.0)
    last = numbers.timestamp(4000)
    numbers.leave(11, 4000, 1.0)
    numbers.join(500, 77, 3.0)
    assert (numbers.timestamp(77) - last) & 0xFFFFFFFF == 2 * 90_000


@given(first=st.integers(0, 1 << 20), offset=st.integers(0, 100_000))
def test_a_viewers_number_leads_back_to_the_source_however_long_it_runs(first: int, offset: int) -> None:
    numbers = OutgoingNumbers(90_000)
    numbers.join(first, 0, 0.0)
    extended = first + offset
    assert numbers.source_sequence(numbers.sequence(extended)) == extended & 0xFFFF
    assert numbers.carries(extended)
    assert not numbers.carries(first - 1)


def test_a_source_that_sent_nothing_leaves_no_trace() -> None:
    numbers = OutgoingNumbers(90_000)
    numbers.join(10, 0, 0.0)
    last = numbers.sequence(12)
    numbers.leave(12, 6000, 1.0)
    numbers.join(900, 5, 1.0)
    numbers.leave(899, 5, 1.1)
    numbers.join(70, 5, 1.2)
    assert numbers.sequence(70) == last + 1
