"""Losses are found by the gaps in the numbers, also around the wrap and out of order."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from livehub.bench.stage_tally import missing, tally


@given(first=st.integers(0, 0xFFFF), kept=st.lists(st.booleans(), min_size=1, max_size=200))
def test_missing_numbers_are_counted_between_first_and_last(first: int, kept: list[bool]) -> None:
    kept = [True, *kept, True]
    numbers = [(first + index) & 0xFFFF for index, keep in enumerate(kept) if keep]
    assert missing(np.array(numbers, np.int64)) == kept.count(False)


def test_late_and_doubled_ones_are_no_loss() -> None:
    assert missing(np.array([65534, 0, 65535, 2, 1, 1], np.int64)) == 0


def head(ssrc: int, number: int, second: int = 0x60) -> bytes:
    return bytes([0x80, second]) + number.to_bytes(2, "big") + bytes(4) + ssrc.to_bytes(4, "big") + bytes(4)


def test_streams_are_told_apart_and_resends_and_reports_left_out() -> None:
    datagrams = [head(2, 1), head(2, 3), head(4, 9), head(3, 500), head(2, 0, second=200), bytes(16)]
    found = tally([np.frombuffer(b"".join(datagrams), np.uint8).reshape(-1, 16)])
    assert (found.packets, found.lost, found.streams) == (3, 1, 2)
    assert tally([]).packets == 0
