"""One packet to many: every receiver gets its own header and its own encryption, whatever the grouping."""

import secrets
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

import pytest
from pylibsrtp import Policy, Session

from livehub.media import addresses
from livehub.media.fanout import GROUP, MAX_PAYLOAD, ROWS, Fanout, SendRows
from livehub.media.port import MediaPort
from livehub.media.rtp.cache import Packet
from livehub.media.rtp.header import parse_extensions, parse_header
from livehub.media.rtp.rtcp import SenderReport, pack_sender_report, pack_source_description, parse_compound
from livehub.media.syscalls import address_of, ffi


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

    def read(self) -> bytes:
        return bytes(self.incoming.unprotect(self.socket.recv(2048)))


def _session(key: bytes, direction: int) -> Session:
    return Session(Policy(key=key, ssrc_type=direction, srtp_profile=Policy.SRTP_PROFILE_AEAD_AES_128_GCM))


def _receiver(port: MediaPort, index: int) -> Receiver:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind(("127.0.0.1", 0))
    made.settimeout(2)
    key = secrets.token_bytes(28)
    outgoing = _session(key, Policy.SSRC_ANY_OUTBOUND)
    address = ffi.new("uint8_t[]", addresses.pack(port.family, ip_address("127.0.0.1"), made.getsockname()[1]))
    return Receiver(
        ssrc=1000 + index,
        sequence_offset=65_000 + index & 0xFFFF,
        timestamp_offset=0xFFFF_0000 + index,
        payload_type=96 + index % 3,
        abs_send_time_id=1 + index % 14,
        session=outgoing._srtp[0],
        address_pointer=address_of(address),
        socket=made,
        incoming=_session(key, Policy.SSRC_ANY_INBOUND),
        kept=(outgoing, address),
    )


@pytest.fixture
def port() -> Iterator[MediaPort]:
    made = MediaPort(("127.0.0.1",), 0)
    yield made
    made._socket.close()


@pytest.fixture
def receivers(port: MediaPort) -> Iterator[list[Receiver]]:
    made = [_receiver(port, index) for index in range(ROWS // GROUP + 9)]
    yield made
    for receiver in made:
        receiver.socket.close()


def packet(index: int, size: int = 50) -> Packet:
    return Packet(index, 3000 * index, index % 2 == 0, bytes([index % 256]) * size, 0.0, 7 * index)


@pytest.mark.parametrize("video", [True, False])
def test_groups_larger_than_the_rows_reach_everybody_in_order(
    port: MediaPort, receivers: list[Receiver], video: bool
) -> None:
    rows = SendRows(port)
    fanout = Fanout(rows, video=video)
    for receiver in receivers:
        fanout.add(receiver)
    packets = [packet(index, 10 * index + 1) for index in range(GROUP * 2 + 1)]
    for item in packets:
        fanout.send(item)
    rows.flush()
    for receiver in receivers:
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
    assert rows.protect_failures == 0


def test_who_leaves_gets_what_was_gathered_and_who_comes_does_not(port: MediaPort, receivers: list[Receiver]) -> None:
    rows = SendRows(port)
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


def test_the_largest_payload_fits_and_a_dead_session_sends_nothing_plain(
    port: MediaPort, receivers: list[Receiver]
) -> None:
    rows = SendRows(port)
    fanout = Fanout(rows, video=True)
    alive, dead = receivers[:2]
    profile = Policy.SRTP_PROFILE_AEAD_AES_128_GCM
    other = Session(Policy(key=bytes(28), ssrc_type=Policy.SSRC_SPECIFIC, ssrc_value=1, srtp_profile=profile))
    dead.session, dead.kept = other._srtp[0], (*dead.kept, other)  # has no keys for this SSRC
    fanout.add(alive)
    fanout.add(dead)
    fanout.send(packet(1, MAX_PAYLOAD))
    rows.flush()
    assert len(alive.read()) == 20 + MAX_PAYLOAD
    assert dead.socket.recv(2048) == b""
    assert rows.protect_failures == 1


def test_reports_name_each_receivers_own_numbers(port: MediaPort, receivers: list[Receiver]) -> None:
    rows = SendRows(port)
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
