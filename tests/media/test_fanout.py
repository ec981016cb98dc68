"""One packet to many: every receiver gets its own header and its own encryption, whatever the grouping.

What the kernel does with groups is not simulated: it is asked for groups that it refuses.
"""

import errno
import secrets
import socket
from collections.abc import Iterator
from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import Any

import pytest
from pylibsrtp import Policy, Session

from livehub.media import addresses, segments
from livehub.media.fanout import GROUP, MAX_PAYLOAD, Fanout
from livehub.media.limits import MediaLimits
from livehub.media.port import MediaPort
from livehub.media.row_memory import ROWS
from livehub.media.rows import SendRows
from livehub.media.rtp.cache import Packet
from livehub.media.rtp.header import build_header, parse_extensions, parse_header
from livehub.media.rtp.rtcp import SenderReport, pack_sender_report, pack_source_description, parse_compound
from livehub.media.rtp.vp8 import shift_ids
from livehub.media.syscalls import address_of, ffi
from tests.media.manual_timers import ManualTimers


@dataclass
class Receiver:
    ssrc: int
    sequence_offset: int
    timestamp_offset: int
    payload_type: int
    abs_send_time_id: int
    session: Any
    address_pointer: int
    socket: socket.socket
    incoming: Session
    kept: tuple[Any, ...]
    row: int = -1
    picture_offsets: tuple[int, int] = (0, 0)

    def read(self) -> bytes:
        return bytes(self.incoming.unprotect(self.socket.recv(2048)))


#: packets leave with their batch: no audience is large enough to wait for more
SINGLY = MediaLimits(gather_from=1_000_000)
GCM, SHA1 = Policy.SRTP_PROFILE_AEAD_AES_128_GCM, Policy.SRTP_PROFILE_AES128_CM_SHA1_80
_SO_NO_CHECK, _UDP_NO_CHECK6_TX, _UDP_NO_CHECK6_RX = 11, 101, 102


def _session(key: bytes, direction: int, profile: int) -> Session:
    return Session(Policy(key=key, ssrc_type=direction, srtp_profile=profile))


def _receiver(port: MediaPort, index: int, profile: int) -> Receiver:
    host = "::1" if port.family == socket.AF_INET6 else "127.0.0.1"
    made = socket.socket(port.family, socket.SOCK_DGRAM)
    made.bind((host, 0))
    made.settimeout(2)
    key = secrets.token_bytes(28 if profile == GCM else 30)
    outgoing = _session(key, Policy.SSRC_ANY_OUTBOUND, profile)
    address = ffi.new("uint8_t[]", addresses.pack(port.family, ip_address(host), made.getsockname()[1]))
    return Receiver(
        ssrc=1000 + index,
        sequence_offset=65_000 + index & 0xFFFF,
        timestamp_offset=0xFFFF_0000 + index,
        payload_type=96 + index % 3,
        abs_send_time_id=1 + index % 14,
        session=outgoing._srtp[0],
        address_pointer=address_of(address),
        socket=made,
        incoming=_session(key, Policy.SSRC_ANY_INBOUND, profile),
        kept=(outgoing, address),
    )


@pytest.fixture(params=["127.0.0.1", "::1"])
def port(request: pytest.FixtureRequest) -> Iterator[MediaPort]:
    made = MediaPort((request.param,), 0)
    yield made
    made._socket.close()


@pytest.fixture
def receivers(port: MediaPort) -> Iterator[list[Receiver]]:
    """More than one call takes when groups are large; every fourth has the profile with the shorter tag."""
    made = [_receiver(port, index, GCM if index % 4 else SHA1) for index in range(ROWS // GROUP + 9)]
    yield made
    for receiver in made:
        receiver.socket.close()


def packet(index: int, size: int = 50) -> Packet:
    return Packet(index, 3000 * index, index % 2 == 0, bytes([index % 256]) * size, 0.0, 7 * index)


def flush(port: MediaPort, receivers: list[Receiver], packets: list[Packet], *, video: bool = True) -> SendRows:
    rows = SendRows(port, ManualTimers(), SINGLY)
    fanout = Fanout(rows, video=video)
    for receiver in receivers:
        fanout.add(receiver)
    for item in packets:
        fanout.send(item)
    rows.flush()
    return rows


def expect(receiver: Receiver, packets: list[Packet], *, video: bool = True) -> None:
    """``receiver`` gets exactly ``packets``, in order, and in its own numbers."""
    for item in packets:
        plain = receiver.read()
        header = parse_header(plain)
        assert header.sequence_number == (item.sequence_number + receiver.sequence_offset) & 0xFFFF
        assert header.timestamp == (item.timestamp + receiver.timestamp_offset) & 0xFFFFFFFF
        assert (header.ssrc, header.payload_type) == (receiver.ssrc, receiver.payload_type)
        assert header.marker is item.marker
        assert plain[header.payload_start :] == item.payload
        stamp = {receiver.abs_send_time_id: item.abs_send_time.to_bytes(3, "big")} if video else {}
        assert parse_extensions(plain, header) == stamp
    receiver.socket.settimeout(0)
    with pytest.raises(BlockingIOError):
        receiver.socket.recv(2048)


#: sizes of payloads that come at once
BATCHES = {
    "one": [1000],
    "a picture": [1100] * 7 + [300],
    "more than a group": [900] * (GROUP * 2 + 1),
    "each larger than the last": list(range(1, 200, 10)),
    "each smaller than the last": list(range(200, 1, -10)),
    "unequal": [700, 700, 701, 700, 1200, 5, 5, 1, 1200, 1200],
    "too large for the path": [1410, 1410, 1410, 1400],
}


@pytest.mark.parametrize("groups", [True, False])
@pytest.mark.parametrize("video", [True, False])
@pytest.mark.parametrize("sizes", BATCHES.values(), ids=BATCHES.keys())
def test_everybody_gets_everything_in_order(
    port: MediaPort, receivers: list[Receiver], sizes: list[int], video: bool, groups: bool
) -> None:
    port.takes_groups = port.takes_groups and groups
    packets = [packet(index, size) for index, size in enumerate(sizes)]
    rows = flush(port, receivers, packets, video=video)
    for receiver in receivers:
        expect(receiver, packets, video=video)
    assert rows.protect_failures == 0
    assert (port.counters.sent, port.counters.groups_refused) == (len(packets) * len(receivers), 0)


def test_a_group_that_the_path_does_not_take_goes_out_singly(port: MediaPort, receivers: list[Receiver]) -> None:
    if port.family == socket.AF_INET6:
        port._socket.setsockopt(segments.SOL_UDP, _UDP_NO_CHECK6_TX, 1)
        for receiver in receivers:
            receiver.socket.setsockopt(segments.SOL_UDP, _UDP_NO_CHECK6_RX, 1)
    else:
        port._socket.setsockopt(socket.SOL_SOCKET, _SO_NO_CHECK, 1)
    # Without checksums the kernel sends all as before, save groups: those it answers with EINVAL.
    assert port.takes_groups
    packets = [packet(index, 500) for index in range(5)]
    flush(port, receivers[:3], packets)
    for receiver in receivers[:3]:
        expect(receiver, packets)
    assert port.takes_groups  # it may be one viewer's path only
    assert (port.counters.groups_refused, port.counters.sent, port.counters.send_errors) == (3, 15, 0)


def test_no_more_groups_are_tried_where_the_interface_takes_none(port: MediaPort, receivers: list[Receiver]) -> None:
    packets = [packet(index, 500) for index in range(5)]
    rows = flush(port, receivers[:1], packets)
    expect(receivers[0], packets)
    port._send_singly(rows._memory.messages[0].msg_hdr, errno.EIO)
    assert (port.counters.groups_refused, port.counters.sent) == (1, 10)
    repeated = [receivers[0].socket.recv(2048) for _ in packets]
    assert [int.from_bytes(datagram[2:4], "big") for datagram in repeated] == [
        (index + receivers[0].sequence_offset) & 0xFFFF for index in range(5)
    ]
    calls = port.counters.send_calls
    flush(port, receivers[1:2], packets)
    expect(receivers[1], packets)
    assert (port.counters.groups_refused, port.counters.send_calls - calls) == (1, 1)


def test_a_destination_that_cannot_be_reached_costs_the_others_nothing(
    port: MediaPort, receivers: list[Receiver]
) -> None:
    nowhere = ffi.new("uint8_t[]", addresses.pack(port.family, ip_address("127.0.0.1"), 0))  # port 0: EINVAL
    receivers[1].address_pointer = address_of(nowhere)
    packets = [packet(index, 500) for index in range(5)]
    flush(port, receivers[:3], packets)
    for receiver in (receivers[0], receivers[2]):
        expect(receiver, packets)
    assert (port.counters.sent, port.counters.send_errors) == (10, 5)


def test_who_leaves_gets_what_was_gathered_and_who_comes_does_not(port: MediaPort, receivers: list[Receiver]) -> None:
    rows = SendRows(port, ManualTimers(), SINGLY)
    fanout = Fanout(rows, video=True)
    stays, leaves, comes = receivers[:3]
    fanout.add(leaves)
    fanout.add(stays)
    fanout.send(packet(1))
    fanout.discard(leaves)
    fanout.send(packet(2))
    fanout.add(comes)
    fanout.send(packet(3))
    rows.flush()
    assert [parse_header(stays.read()).timestamp - stays.timestamp_offset & 0xFFFFFFFF for _ in range(3)] == [
        3000, 6000, 9000,
    ]  # fmt: skip
    assert parse_header(leaves.read()).ssrc == leaves.ssrc
    assert parse_header(comes.read()).timestamp == (9000 + comes.timestamp_offset) & 0xFFFFFFFF
    for receiver in (leaves, comes):
        receiver.socket.settimeout(0)
        with pytest.raises(BlockingIOError):
            receiver.socket.recv(2048)
    fanout.discard(leaves)
    assert [receiver.row for receiver in (stays, leaves, comes)] == [0, -1, 1]


def test_who_comes_in_the_middle_of_a_picture_breaks_it_up_for_nobody(
    port: MediaPort, receivers: list[Receiver]
) -> None:
    first, third, third_too, last, late = receivers[:4], receivers[4], receivers[5], receivers[6], receivers[7]
    packets = [packet(index, 100 + index % 3) for index in range(GROUP + 5)]
    rows = SendRows(port, ManualTimers(), SINGLY)
    fanout = Fanout(rows, video=True)
    arrivals = {2: [third, third_too], GROUP + 4: [last]}
    for receiver in first:
        fanout.add(receiver)
    for index, item in enumerate(packets):
        for receiver in arrivals.get(index, ()):
            fanout.add(receiver)
        fanout.send(item)
    fanout.add(late)
    assert port.counters.octets_sent == 0, "all of it is still together"
    rows.flush()
    after = packet(GROUP + 5)
    fanout.send(after)
    rows.flush()
    for receiver in first:
        expect(receiver, [*packets, after])
    for receiver in (third, third_too):
        expect(receiver, [*packets[2:], after])
    expect(last, [packets[-1], after])
    expect(late, [after])
    octets = [20 + len(item.payload) for item in packets]
    each = 4 * sum(octets) + 2 * sum(octets[2:]) + octets[-1] + 8 * 70
    assert (port.counters.octets_sent, fanout.packets, fanout.octets) == (each, GROUP + 6, sum(octets) + 70)


@pytest.mark.parametrize("groups", [True, False])
@pytest.mark.parametrize("fails_at", [0, 2])
def test_nothing_of_a_group_leaves_when_one_packet_cannot_be_protected(
    port: MediaPort, receivers: list[Receiver], groups: bool, fails_at: int
) -> None:
    """``fails_at`` 0: the session has no keys for the SSRC. 2: it has used this number already."""
    port.takes_groups = port.takes_groups and groups
    some = receivers[:4]
    packets = [packet(index, MAX_PAYLOAD) for index in range(4)]
    for dead in (some[0], some[2]):
        if fails_at:
            number = (packets[fails_at].sequence_number + dead.sequence_offset) & 0xFFFF
            dead.kept[0].protect(
                build_header(payload_type=96, sequence_number=number, timestamp=1, ssrc=dead.ssrc, marker=False) + b"x"
            )
        else:
            other = Session(Policy(key=bytes(28), ssrc_type=Policy.SSRC_SPECIFIC, ssrc_value=1, srtp_profile=GCM))
            dead.session, dead.kept = other._srtp[0], (*dead.kept, other)
    alive = (some[1], some[3])
    rows = flush(port, some, packets)
    for receiver in alive:
        expect(receiver, packets)
    for receiver in (some[0], some[2]):
        expect(receiver, [])
    assert rows.protect_failures == 2
    assert port.counters.sent == 8


def test_reports_name_each_receivers_own_numbers(port: MediaPort, receivers: list[Receiver]) -> None:
    rows = SendRows(port, ManualTimers(), SINGLY)
    fanout = Fanout(rows, video=True)
    for receiver in receivers[:5]:
        fanout.add(receiver)
    compound = pack_sender_report(SenderReport(0, 99, 0, 3, 4)) + pack_source_description(0, "name")
    fanout.send_report(compound, ssrc_offsets=(4, 32), rtp_time_offset=16, rtp_time=123)
    for receiver in receivers[:5]:
        plain = bytes(receiver.incoming.unprotect_rtcp(receiver.socket.recv(2048)))
        expected = SenderReport(receiver.ssrc, 99, (123 + receiver.timestamp_offset) & 0xFFFFFFFF, 3, 4)
        assert parse_compound(plain) == [expected]
        assert int.from_bytes(plain[32:36], "big") == receiver.ssrc


def test_everybody_gets_picture_ids_of_their_own(port: MediaPort, receivers: list[Receiver]) -> None:
    wide, narrow, none = b"\x90\xc0\xff\xf0\xfe" + bytes(9), b"\x90\xc0\x7f\x01" + bytes(9), b"\x10" + bytes(9)
    packets = [replace(packet(index), payload=payload) for index, payload in enumerate((wide, narrow, none))]
    for index, receiver in enumerate(receivers):
        receiver.picture_offsets = (index * 20, index * 3)
    rows = SendRows(port, ManualTimers(), SINGLY)
    fanout = Fanout(rows, video=True, vp8=True)
    for receiver in receivers:
        fanout.add(receiver)
    for item in packets:
        fanout.send(item)
    rows.flush()
    for receiver in receivers:
        expect(
            receiver, [replace(item, payload=shift_ids(item.payload, *receiver.picture_offsets)) for item in packets]
        )
