"""What may be passed over undecrypted: only quiet packets of a track that nobody gets, and never all of them."""

import struct

from livehub.clock import SystemClock
from livehub.media.limits import MediaLimits
from livehub.media.quiet import LOOKED_AT, QuietAudio
from livehub.media.rows import SendRows
from livehub.media.rtp.cache import Packet
from livehub.media.rtp.codecs import Codec
from livehub.media.timers import LoopTimers
from livehub.media.track import Track


class Tap:
    def packet(self, _packet: object) -> None: ...


def track() -> Track:
    return Track(
        "p", Codec.OPUS, 7, 1, feedback=frozenset(), rows=SendRows.__new__(SendRows), limits=MediaLimits(),
        timers=LoopTimers(SystemClock()), send_rtcp=lambda _: None,
    )  # fmt: skip


def packet(level: int, *, identifier: int = 1, extension: bool = True) -> memoryview:
    head = struct.pack("!BBHII", 0x90 if extension else 0x80, 111, 1, 2, 7)
    block = struct.pack("!HHBBH", 0xBEDE, 1, identifier << 4, level, 0) if extension else b""
    return memoryview(head + block + bytes(40))


def passes(quiet: QuietAudio, data: memoryview) -> bool:
    return quiet.passes_over(data, len(data))


def test_quiet_ones_are_passed_over_and_counted_save_one_of_many() -> None:
    made = track()
    quiet = QuietAudio(made, 1)
    passed = [passes(quiet, packet(127)) for _ in range(10 * LOOKED_AT)]
    assert passed.count(False) == 10
    assert made.statistics.packets == made.statistics.passed_over == passed.count(True)


def test_what_was_passed_over_is_reported_as_come() -> None:
    made = track()
    quiet = QuietAudio(made, 1)
    lost = []
    for number in range(1, 8 * LOOKED_AT + 1):
        if not passes(quiet, packet(127)):
            assert made.receive(Packet(number, 960 * number, False, bytes(40), number / 50))
        if number % 20 == 0:
            lost.append(made.statistics.report(number / 50))
    assert {report.fraction_lost for report in lost} == {0}
    assert {report.packets_lost for report in lost} == {0}


def test_loud_ones_and_those_without_level_are_looked_at() -> None:
    quiet = QuietAudio(track(), 1)
    assert not passes(quiet, packet(40))
    assert not passes(quiet, packet(127, identifier=2))
    assert not passes(quiet, packet(127, extension=False))
    assert passes(quiet, packet(60))


def test_a_block_longer_than_the_packet_is_left_to_the_parser() -> None:
    quiet = QuietAudio(track(), 1)
    broken = bytearray(packet(127))
    broken[14:16] = (200).to_bytes(2, "big")
    assert not passes(quiet, memoryview(broken))
    assert not quiet.passes_over(packet(127), 14)


def test_whoever_gets_it_gets_all_of_it() -> None:
    made = track()
    quiet = QuietAudio(made, 1)
    made.taps = (Tap(),)  # type: ignore[assignment]
    assert not any(passes(quiet, packet(127)) for _ in range(LOOKED_AT))
