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


WAIT_S = NackGenerator.MIN_WAIT_S


@given(newest=st.integers(0, 0xFFFF), delta=st.integers(2, NackGenerator.MAX_MISSING))
def test_a_gap_is_asked_for_in_order(newest: int, delta: int) -> None:
    nack = NackGenerator()
    assert nack.gap(newest, delta, 0.0)
    assert nack.due(WAIT_S) == [(newest - delta + index) & 0xFFFF for index in range(1, delta)]


def test_what_came_is_not_asked_for_again() -> None:
    nack = NackGenerator(0.1)
    nack.gap(10, 4, 0.0)
    assert nack.due(0.01) == [7, 8, 9]
    nack.received(8, 0.11, repair=True)
    assert nack.due(0.1) == []
    assert nack.due(0.01 + nack.retry_s) == [7, 9]


def test_what_is_only_late_is_not_asked_for() -> None:
    nack = NackGenerator()
    nack.gap(5, 2, 0.0)
    assert nack.due(0.0) == []
    nack.received(4, 0.004, repair=False)
    assert nack.due(0.1) == []
    assert nack.next_s() is None


@given(late_s=st.floats(0.001, 0.06))
def test_a_network_that_reorders_is_given_the_time_it_takes(late_s: float) -> None:
    nack, asked = NackGenerator(), 0
    nack.repairs_come_apart = True
    for index in range(50):
        at_s = index * 0.1
        nack.gap(2 * index + 2, 2, at_s)
        asked += len(nack.due(at_s + min(late_s, nack.wait_s)))
        nack.received(2 * index + 1, at_s + late_s, repair=False)
    assert asked <= 1, "only before it is known"
    assert nack.wait_s <= NackGenerator.MAX_WAIT_S


def test_where_order_returns_lost_packets_are_asked_for_soon_again() -> None:
    nack = NackGenerator()
    nack.gap(5, 2, 0.0)
    nack.received(4, 0.06, repair=False)
    assert nack.wait_s > 0.06
    for second in range(100):
        nack.due(second * 1.01)
    assert nack.wait_s == NackGenerator.MIN_WAIT_S


def test_what_comes_under_its_own_number_where_there_is_rtx_is_no_answer() -> None:
    nack = NackGenerator(0.05)
    nack.gap(5, 2, 0.0)
    nack.due(0.01)
    nack.received(4, 0.06, repair=True)
    nack.repairs_come_apart, before_s = True, nack.retry_s
    nack.gap(9, 2, 1.0)
    nack.due(1.01)
    nack.received(8, 1.02, repair=False)
    assert nack.retry_s == before_s, "no answer, so no round trip"
    assert nack.wait_s >= 0.02


@given(round_trip_s=st.floats(0.02, 0.8))
def test_requests_come_to_be_a_round_trip_apart(round_trip_s: float) -> None:
    """Whatever was assumed at first, also when the answer comes after more than one request."""
    nack = NackGenerator()
    for index in range(60):
        at_s = index * 3.0
        nack.gap(2 * index + 2, 2, at_s)
        first_s = nack.next_s()
        assert first_s is not None
        moments_s = []
        while (due_s := nack.next_s()) is not None and due_s < first_s + round_trip_s:
            assert nack.due(due_s) == [2 * index + 1]
            moments_s.append(due_s)
        nack.received(2 * index + 1, first_s + round_trip_s, repair=True)
    assert len(moments_s) == 1
    assert nack.retry_s < 1.5 * round_trip_s + NackGenerator.MIN_RETRY_S
    assert nack.asked < 75, "a dozen in vain at most until it is known"


def test_what_never_comes_is_given_up() -> None:
    nack = NackGenerator(0.1)
    nack.gap(5, 2, 0.0)
    asked = [nack.due(index * 0.15) for index in range(20)]
    assert asked.count([4]) == NackGenerator.MAX_TRIES
    assert (len(nack), nack.given_up) == (0, 1)


def test_what_is_too_old_is_given_up() -> None:
    nack = NackGenerator()
    nack.gap(5, 2, 0.0)
    assert nack.due(NackGenerator.MAX_AGE_S + 0.1) == []
    assert len(nack) == 0


def test_an_outage_is_not_asked_for_packet_by_packet() -> None:
    nack = NackGenerator()
    nack.gap(50, 3, 0.0)
    assert not nack.gap(3000, 2900, 0.0)
    assert nack.due(1.0) == []


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


@given(bandwidth_bps=st.integers(0, 100_000_000))
def test_resends_leave_room_for_what_is_new(bandwidth_bps: int) -> None:
    gate = ResendGate(400)
    gate.bound(bandwidth_bps)
    for number in range(400):  # what had been saved up is spent
        gate.allow(number, 0.0, 0.1)
    allowed = sum(gate.allow(number, 1.0 + number / 10_000, 0.1) for number in range(400, 10_400))
    half = bandwidth_bps / 2 / 9_600
    assert allowed <= 2 * min(max(half, ResendGate.LEAST_PER_S), 400) + 2
    assert allowed >= min(max(int(half), ResendGate.LEAST_PER_S), 400)
