"""Asking for what is missing, once in a while and not for ever."""

from hypothesis import given
from hypothesis import strategies as st

from livehub.media.rtp.nack import NackGenerator, ResendGate, from_pairs, to_pairs


@given(start=st.integers(0, 0xFFFF), offsets=st.sets(st.integers(0, 400), max_size=60))
def test_pairs_name_exactly_what_was_put_in(start: int, offsets: set[int]) -> None:
    numbers = [(start + offset) & 0xFFFF for offset in sorted(offsets)]
    assert list(from_pairs(to_pairs(numbers))) == numbers


def test_pairs_are_as_few_as_they_can_be() -> None:
    assert to_pairs([65_530, 65_531, 10, 11]) == [(65_530, 0b1000000000000001), (11, 0)]


@given(newest=st.integers(0, 0xFFFF), delta=st.integers(2, NackGenerator.MAX_MISSING))
def test_a_gap_is_asked_for_in_order(newest: int, delta: int) -> None:
    nack = NackGenerator()
    nack.gap(newest, delta)
    assert nack.due(0.0) == [(newest - delta + index) & 0xFFFF for index in range(1, delta)]


def test_what_came_is_not_asked_for_again() -> None:
    nack = NackGenerator(retry_s=0.1)
    nack.gap(10, 4)
    assert nack.due(0.0) == [7, 8, 9]
    nack.received(8)
    assert nack.due(0.05) == []
    assert nack.due(0.1) == [7, 9]


def test_what_never_comes_is_given_up() -> None:
    nack = NackGenerator(retry_s=0.1)
    nack.gap(5, 2)
    asked = [nack.due(index * 0.2) for index in range(10)]
    assert asked.count([4]) == NackGenerator.MAX_TRIES
    assert len(nack) == 0


def test_an_outage_is_not_asked_for_packet_by_packet() -> None:
    nack = NackGenerator()
    nack.gap(50, 3)
    nack.gap(3000, 2900)
    assert nack.due(0.0) == []


def test_one_resend_in_a_round_trip() -> None:
    gate = ResendGate(100)
    assert gate.allow(7, 0.0, 0.1)
    assert not gate.allow(7, 0.09, 0.1)
    assert gate.allow(8, 0.09, 0.1)
    assert gate.allow(7, 0.11, 0.1)


def test_resends_in_a_second_are_bounded() -> None:
    gate = ResendGate(100)
    allowed = sum(gate.allow(number, 1.0 + number / 10_000, 0.1) for number in range(5000))
    assert 100 <= allowed <= 100 + 50 + 1
