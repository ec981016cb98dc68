"""What is passed over by the batch: just what is passed over one by one, whoever sends it, from where, in what form."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livehub.media.sieve import LEAST, QUIET, REST, Sieve

ROWS, ROW_BYTES = 64, 256
LEVEL_AT = 17


@dataclass(eq=False)
class Track:
    """Counts; refuses when it is told to."""

    level_at: int = LEVEL_AT
    is_wanted: bool = False
    passed: int = 0

    def pass_one(self) -> bool:
        self.passed += not self.is_wanted
        return not self.is_wanted


@dataclass(eq=False)
class Sender:
    address: bytes
    ssrc: int = 7
    quiet: dict[bytes, Any] = field(default_factory=dict)

    def packet(self, level: int = 127, number: int = 1, *, payload_type: int = 111, element: int = 0x10) -> bytes:
        head = struct.pack("!BBHII", 0x90, payload_type, number, 960 * number, self.ssrc)
        return head + struct.pack("!HHBBH", 0xBEDE, 1, element, level, 0) + bytes(20)


class Port:
    """The memory that a system call writes."""

    def __init__(self, address_size: int) -> None:
        self.datagrams = np.zeros((ROWS, ROW_BYTES), np.uint8)
        self.names = np.zeros((ROWS, address_size), np.uint8)
        self.sizes = np.zeros(ROWS, np.uint32)
        self.sieve = Sieve(self.datagrams, self.names)

    def receive(self, came: list[tuple[Sender, bytes]]) -> list[int]:
        """The rows that have to be looked at."""
        for row, (sender, data) in enumerate(came):
            self.datagrams[row, : len(data)] = np.frombuffer(data, np.uint8)
            self.names[row] = np.frombuffer(sender.address, np.uint8)
            self.sizes[row] = len(data)
        return list(self.sieve.sift(len(came), self.sizes))

    def rest(self) -> None:
        """What was learnt is used from now on."""
        nobody = Sender(bytes(self.names.shape[1]))
        for _ in range(REST):
            self.receive([(nobody, bytes(40))] * LEAST)


def senders(count: int, address_size: int = 16) -> list[Sender]:
    made = [Sender(bytes([2, 0, index, 1, 127, 0, 0, 1]).ljust(address_size, b"\0")) for index in range(count)]
    for sender in made:
        sender.quiet = {sender.ssrc.to_bytes(4, "big"): Track()}
    return made


def track_of(sender: Sender) -> Track:
    track: Track = sender.quiet[sender.ssrc.to_bytes(4, "big")]
    return track


def learnt(made: list[Sender], address_size: int = 16) -> Port:
    port = Port(address_size)
    for sender in made:
        port.sieve.learn(sender, sender.address, memoryview(sender.packet()), track_of(sender))
    port.rest()
    return port


@pytest.mark.parametrize("address_size", [16, 28])
def test_silence_that_was_passed_over_before_is_passed_over_by_the_batch(address_size: int) -> None:
    made = senders(20, address_size)
    port = learnt(made, address_size)
    assert port.receive([(sender, sender.packet(number=number)) for number in (2, 3) for sender in made]) == []
    assert [track_of(sender).passed for sender in made] == [2] * 20


def test_everything_else_is_looked_at_in_its_order() -> None:
    made = senders(12)
    port = learnt(made[:11])
    track_of(made[3]).is_wanted = True
    other = Sender(made[4].address, ssrc=8)
    came = [(sender, sender.packet()) for sender in made]
    came[1] = (made[1], made[1].packet(level=QUIET))
    came[5] = (other, other.packet())  # another source of the same sender
    came[6] = (made[6], made[6].packet(payload_type=110))
    came[7] = (made[7], made[7].packet(payload_type=111 | 0x80))  # speech begins
    came[8] = (made[8], made[8].packet(element=0x20))
    came[9] = (made[9], made[9].packet()[:19])  # shorter than it says
    assert port.receive(came) == [1, 3, 5, 6, 7, 8, 9, 11]


def test_who_goes_or_must_be_heard_is_looked_at_at_once() -> None:
    made = senders(LEAST)
    port = learnt(made)
    port.sieve.forget(made[0])
    made[1].quiet = {}  # its packets go to other workers now
    made[2].quiet = {made[2].ssrc.to_bytes(4, "big"): Track()}  # the same source, begun anew
    came = [(sender, sender.packet()) for sender in made]
    assert port.receive(came) == [0, 1, 2]
    port.rest()
    assert port.receive(came) == [0, 1, 2]
    for sender in made:
        port.sieve.forget(sender)
    assert port.receive(came) == list(range(LEAST))
    assert len(port.sieve) == 0


def test_few_datagrams_and_nothing_learnt_are_looked_at() -> None:
    made = senders(LEAST)
    assert learnt(made).receive([(made[0], made[0].packet())]) == [0]
    assert Port(16).receive([(sender, sender.packet()) for sender in made]) == list(range(LEAST))


def test_who_looks_different_each_time_does_not_have_it_worked_out_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    made = senders(LEAST)
    port = learnt(made)
    built: list[int] = []
    build = port.sieve._build

    def note() -> None:
        built.append(1)
        build()

    monkeypatch.setattr(port.sieve, "_build", note)
    hostile, track = made[0], track_of(made[0])
    for number in range(4 * REST):
        data = hostile.packet(payload_type=100 + number % 2)
        port.receive([(hostile, data)] * LEAST)
        port.sieve.learn(hostile, hostile.address, memoryview(data), track)
    assert len(built) <= 4
    assert len(port.sieve) == LEAST, "one form of each source is kept"


@pytest.mark.parametrize(
    "data",
    [
        bytes([0x91]) + bytes(40),
        bytes([0xB0]) + bytes(40),
        bytes([0x90, 0x80 | 111]) + bytes(40),
        bytes([0x90, 111]) + bytes(10) + b"\x10\x00" + bytes(40),
    ],
)
def test_rare_forms_are_not_learnt(data: bytes) -> None:
    port, sender = Port(16), senders(1)[0]
    port.sieve.learn(sender, sender.address, memoryview(data), track_of(sender))
    assert len(port.sieve) == 0


@settings(max_examples=60, deadline=None)
@given(data=st.lists(st.binary(min_size=0, max_size=60), min_size=LEAST, max_size=ROWS), known=st.integers(0, 3))
def test_no_bytes_break_it(data: list[bytes], known: int) -> None:
    made = senders(max(known, 1))
    port = learnt(made[:known])
    rows = port.receive([(made[index % len(made)], item) for index, item in enumerate(data)])
    assert rows == sorted(set(rows))
    assert set(rows) <= set(range(len(data)))


def test_the_mapping_of_whoever_has_gone_is_empty() -> None:
    made = senders(LEAST)
    port = learnt(made)
    mapping: Mapping[bytes, Any] = port.sieve._table[0].sender.quiet
    assert mapping
    for sender in made:
        port.sieve.forget(sender)
    assert not port.sieve._table[0].sender.quiet
