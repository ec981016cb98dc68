"""Numbering, order and resuming, held against a plain model."""

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from livehub.accounts.permissions import Action
from livehub.signalling.sequence import EVERYONE, Audience, EventLog, Reservation, first_seq

#: a busy machine is no failure
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def decoded(packet: bytes) -> tuple[str, dict[str, object]]:
    assert packet[:1] == b"2"
    name, payload = msgspec.json.decode(packet[1:])
    return name, payload


def test_an_event_is_a_socket_io_packet_with_room_and_number() -> None:
    log = EventLog("room_1", 100, max_events=10, max_bytes=10_000)
    assert log.append("chat:deleted", {"id": "msg_ไทย"}) == 100
    (event,) = log.after(99)
    assert decoded(event.packet) == ("chat:deleted", {"room": "room_1", "seq": 100, "id": "msg_ไทย"})


def test_what_is_reserved_holds_back_what_comes_later() -> None:
    log = EventLog("r", 1, max_events=10, max_bytes=10_000)
    first = log.reserve()
    log.append("b", {})
    assert log.last == 0
    assert log.after(0) == []
    first.fulfil("a", {})
    assert [decoded(event.packet)[0] for event in log.after(0)] == ["a", "b"]
    assert log.last == 2


def test_a_dropped_number_leaves_a_gap_and_holds_nothing_up() -> None:
    log = EventLog("r", 1, max_events=10, max_bytes=10_000)
    with log.reserving():
        log.append("b", {})
        assert log.last == 0
    assert [event.seq for event in log.after(0)] == [2]
    assert log.resumable(1)


def test_numbers_grow_across_restarts_and_stay_exact_in_javascript() -> None:
    assert first_seq(1_700_000_000_000, 0) == 1_700_000_000_000_000
    assert first_seq(1_700_000_000_000, 1_800_000_000_000_000) == 1_800_000_000_000_001
    year_2200_ms = 7_258_118_400_000
    assert first_seq(year_2200_ms, 0) < 2**53


def test_what_was_not_sent_is_not_thrown_away() -> None:
    log = EventLog("r", 1, max_events=2, max_bytes=10_000)
    for _ in range(5):
        log.append("e", {})
    assert len(log.after(0)) == 5
    log.mark_sent(4)
    assert [event.seq for event in log.after(3)] == [4, 5]
    assert not log.resumable(2)
    assert log.resumable(3)


def test_bytes_are_bounded_too() -> None:
    log = EventLog("r", 1, max_events=1000, max_bytes=1000)
    for _ in range(50):
        log.mark_sent(log.append("e", {"text": "x" * 100}))
    assert len(log) < 10
    assert log.floor == 50 - len(log)


def test_only_numbers_of_this_life_are_resumable() -> None:
    log = EventLog("r", 1000, max_events=10, max_bytes=1000)
    log.append("e", {})
    assert [since for since in (0, 998, 999, 1000, 1001, 2**53) if log.resumable(since)] == [999, 1000]


@UNHURRIED
@given(st.sampled_from(["en", "th"]), st.booleans(), st.sampled_from(["ann", "ben"]))
def test_audiences(locale: str, moderates: bool, identity: str) -> None:
    actions = frozenset({Action.MUTE} if moderates else set())
    assert EVERYONE.reaches(locale, actions, identity)
    assert Audience(locale="th").reaches(locale, actions, identity) == (locale == "th")
    muted = Audience(action=Action.MUTE, identity="ann")
    assert muted.reaches(locale, actions, identity) == (moderates or identity == "ann")


class Numbering(RuleBasedStateMachine):
    """Reservations fulfilled in any order, a pump that sends now and then, a client that comes and goes."""

    reservations = Bundle("reservations")

    def __init__(self) -> None:
        super().__init__()
        self.log = EventLog("r", 1, max_events=4, max_bytes=100_000)
        self.fulfilled: set[int] = set()
        self.pending: list[int] = []
        self.seen = 0
        self.got: list[int] = []

    @rule(target=reservations)
    def reserve(self) -> Reservation:
        reservation = self.log.reserve()
        self.pending.append(reservation.seq)
        return reservation

    @rule(reservation=consumes(reservations), keep=st.booleans())
    def settle(self, reservation: Reservation, keep: bool) -> None:
        if keep:
            reservation.fulfil("e", {})
            self.fulfilled.add(reservation.seq)
        else:
            reservation.drop()
        self.pending.remove(reservation.seq)
        reservation.drop()

    @rule()
    def send(self) -> None:
        self.log.mark_sent(self.log.last)

    @rule()
    def come_back(self) -> None:
        if self.log.resumable(self.seen):
            events = self.log.after(self.seen)
            expected = sorted(seq for seq in self.fulfilled if self.seen < seq <= self.log.last)
            assert [event.seq for event in events] == expected
        self.seen = self.log.last

    @invariant()
    def nothing_is_released_past_what_is_pending(self) -> None:
        assert all(self.log.last < seq for seq in self.pending)
        assert self.log.floor <= self.log.sent <= self.log.last or self.log.sent == 0
        assert {event.seq for event in self.log.after(self.log.floor)} == {
            seq for seq in self.fulfilled if self.log.floor < seq <= self.log.last
        }


TestNumbering = Numbering.TestCase
TestNumbering.settings = UNHURRIED
