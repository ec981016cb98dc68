"""Times on the wire."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livehub.clock import MAX_MS, ManualClock, SystemClock, iso, parse_iso


@given(st.integers(min_value=0, max_value=4_000_000_000_000))
def test_times_come_back_as_they_went(at_ms: int) -> None:
    text = iso(at_ms)
    assert text.endswith("Z")
    assert parse_iso(text) == at_ms


def test_offsets_are_times_in_utc() -> None:
    assert iso(parse_iso("2026-01-31T18:00:00+08:00")) == "2026-01-31T10:00:00.000Z"
    assert iso(0) == "1970-01-01T00:00:00.000Z"


@pytest.mark.parametrize("text", ["2026-01-31T18:00:00", "2026-01-31", "18:00Z", "soon", "", "2026-13-01T00:00:00Z"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_iso(text)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "1969-12-31T23:59:59Z"])
def test_what_could_not_be_written_again_is_not_taken_in(text: str) -> None:
    with pytest.raises(ValueError, match="from 1970 to 9999"):
        parse_iso(text)
    assert parse_iso(iso(MAX_MS)) == MAX_MS


@given(st.integers(min_value=0, max_value=MAX_MS))
def test_times_are_written_as_the_standard_library_does(at_ms: int) -> None:
    moment = datetime.fromtimestamp(at_ms // 1000, UTC).replace(microsecond=at_ms % 1000 * 1000)
    assert iso(at_ms) == moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def test_the_manual_clock_moves_both_times_by_hand() -> None:
    clock = ManualClock(start_ms=1000)
    clock.advance(1.5)
    assert (clock.now_ms(), clock.monotonic()) == (2500, 1.5)


def test_the_system_clock_goes_on() -> None:
    clock = SystemClock()
    before = clock.monotonic()
    assert clock.now_ms() > 1_700_000_000_000
    assert clock.monotonic() >= before
