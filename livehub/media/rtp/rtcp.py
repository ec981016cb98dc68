"""RTCP that a forwarding server reads and writes (RFC 3550, RFC 4585, RFC 5104, draft-alvestrand-rmcat-remb)."""

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from livehub.media.rtp.errors import RtpError
from livehub.media.rtp.header import Bytes

SENDER_REPORT, RECEIVER_REPORT, SOURCE_DESCRIPTION, BYE = 200, 201, 202, 203
TRANSPORT_FEEDBACK, PAYLOAD_FEEDBACK = 205, 206
_NACK, _PLI, _FIR, _APPLICATION = 1, 1, 4, 15

#: in one compound; a browser sends a handful
MAX_PACKETS = 64

_COMMON = struct.Struct("!BBH")
_REPORT = struct.Struct("!IIIIII")
_SENDER_INFO = struct.Struct("!QIII")


@dataclass(frozen=True, slots=True)
class ReceptionReport:
    """``fraction_lost`` in 256ths; ``jitter`` in timestamp units; the last two in 65,536ths of a second."""

    ssrc: int
    fraction_lost: int
    packets_lost: int
    highest_sequence: int
    jitter: int
    last_sr: int
    delay_since_last_sr: int

    def pack(self) -> bytes:
        lost = max(-0x800000, min(self.packets_lost, 0x7FFFFF)) & 0xFFFFFF
        return _REPORT.pack(
            self.ssrc,
            self.fraction_lost << 24 | lost,
            self.highest_sequence & 0xFFFFFFFF,
            self.jitter & 0xFFFFFFFF,
            self.last_sr,
            self.delay_since_last_sr & 0xFFFFFFFF,
        )


@dataclass(frozen=True, slots=True)
class SenderReport:
    ssrc: int
    ntp_time: int
    rtp_time: int
    packet_count: int
    octet_count: int
    reports: tuple[ReceptionReport, ...] = ()


@dataclass(frozen=True, slots=True)
class ReceiverReport:
    ssrc: int
    reports: tuple[ReceptionReport, ...] = ()


@dataclass(frozen=True, slots=True)
class Bye:
    ssrcs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Nack:
    media_ssrc: int
    pairs: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class KeyframeRequest:
    """PLI, or FIR, which asks for the same; FIR's command number serves only to know repeats."""

    media_ssrc: int


@dataclass(frozen=True, slots=True)
class Remb:
    """Receiver's estimate of the bandwidth for all ``ssrcs`` together."""

    bitrate_bps: int
    ssrcs: tuple[int, ...]


RtcpPacket = SenderReport | ReceiverReport | Bye | Nack | KeyframeRequest | Remb


def parse_compound(data: Bytes) -> list[RtcpPacket]:
    """All packets of a compound that we know; others are passed over.

    Raises:
        RtpError: wrong version, a length that points past the end, or more packets than anybody needs.
    """
    packets: list[RtcpPacket] = []
    position, size = 0, len(data)
    while position < size:
        if len(packets) > MAX_PACKETS:
            raise RtpError("a compound of too many packets")
        if size - position < 4:
            raise RtpError("RTCP header is cut off")
        first, kind, words = _COMMON.unpack_from(data, position)
        end = position + 4 + 4 * words
        if first >> 6 != 2 or end > size:
            raise RtpError("RTCP length or version is wrong")
        body = memoryview(data)[position + 4 : end]
        if first & 0x20:
            if not len(body) or not 0 < body[-1] <= len(body):
                raise RtpError("RTCP padding is wrong")
            body = body[: len(body) - body[-1]]
        packets.extend(_parse_one(kind, first & 31, body))
        position = end
    return packets


def _parse_one(kind: int, count: int, body: memoryview) -> Iterator[RtcpPacket]:
    try:
        if kind == SENDER_REPORT:
            ntp_time, rtp_time, packet_count, octet_count = _SENDER_INFO.unpack_from(body, 4)
            (ssrc,) = struct.unpack_from("!I", body)
            yield SenderReport(ssrc, ntp_time, rtp_time, packet_count, octet_count, _reports(body, 24, count))
        elif kind == RECEIVER_REPORT:
            (ssrc,) = struct.unpack_from("!I", body)
            yield ReceiverReport(ssrc, _reports(body, 4, count))
        elif kind == BYE:
            yield Bye(struct.unpack_from(f"!{count}I", body))
        elif kind == TRANSPORT_FEEDBACK and count == _NACK:
            yield _parse_nack(body)
        elif kind == PAYLOAD_FEEDBACK:
            yield from _parse_payload_feedback(count, body)
    except struct.error as error:
        raise RtpError("RTCP packet is cut off") from error


def _reports(body: memoryview, offset: int, count: int) -> tuple[ReceptionReport, ...]:
    found = []
    for index in range(count):
        ssrc, loss, highest, jitter, last_sr, delay = _REPORT.unpack_from(body, offset + 24 * index)
        lost = loss & 0xFFFFFF
        lost -= (lost & 0x800000) << 1
        found.append(ReceptionReport(ssrc, loss >> 24, lost, highest, jitter, last_sr, delay))
    return tuple(found)


def _parse_nack(body: memoryview) -> Nack:
    (media_ssrc,) = struct.unpack_from("!I", body, 4)
    pairs = tuple(struct.unpack_from("!HH", body, offset) for offset in range(8, len(body) - 3, 4))
    return Nack(media_ssrc, pairs)


def _parse_payload_feedback(fmt: int, body: memoryview) -> Iterator[RtcpPacket]:
    if fmt == _PLI:
        yield KeyframeRequest(struct.unpack_from("!I", body, 4)[0])
    elif fmt == _FIR:
        for offset in range(8, len(body) - 7, 8):
            yield KeyframeRequest(struct.unpack_from("!I", body, offset)[0])
    elif fmt == _APPLICATION and bytes(body[8:12]) == b"REMB":
        (word,) = struct.unpack_from("!I", body, 12)
        ssrcs = struct.unpack_from(f"!{word >> 24}I", body, 16)
        yield Remb((word & 0x3FFFF) << (word >> 18 & 63), ssrcs)


def pack_receiver_report(ssrc: int, reports: Sequence[ReceptionReport]) -> bytes:
    """At most 31 reports fit into one packet."""
    return struct.pack("!BBHI", 0x80 | len(reports), RECEIVER_REPORT, 1 + 6 * len(reports), ssrc) + b"".join(
        report.pack() for report in reports
    )


def pack_sender_report(report: SenderReport) -> bytes:
    return struct.pack("!BBHI", 0x80, SENDER_REPORT, 6, report.ssrc) + _SENDER_INFO.pack(
        report.ntp_time & (1 << 64) - 1,
        report.rtp_time & 0xFFFFFFFF,
        report.packet_count & 0xFFFFFFFF,
        report.octet_count & 0xFFFFFFFF,
    )


def pack_source_description(ssrc: int, cname: str) -> bytes:
    name = cname.encode()
    chunk = struct.pack("!IBB", ssrc, 1, len(name)) + name
    chunk += bytes(4 - len(chunk) % 4)
    return struct.pack("!BBH", 0x81, SOURCE_DESCRIPTION, len(chunk) // 4) + chunk


def pack_bye(ssrcs: Sequence[int]) -> bytes:
    return struct.pack(f"!BBH{len(ssrcs)}I", 0x80 | len(ssrcs), BYE, len(ssrcs), *ssrcs)


def pack_pli(sender_ssrc: int, media_ssrc: int) -> bytes:
    return struct.pack("!BBHII", 0x80 | _PLI, PAYLOAD_FEEDBACK, 2, sender_ssrc, media_ssrc)


def pack_fir(sender_ssrc: int, media_ssrc: int, command: int) -> bytes:
    return struct.pack("!BBHIIIB3x", 0x80 | _FIR, PAYLOAD_FEEDBACK, 4, sender_ssrc, 0, media_ssrc, command & 0xFF)


def pack_nack(sender_ssrc: int, media_ssrc: int, pairs: Iterable[tuple[int, int]]) -> bytes:
    items = b"".join(struct.pack("!HH", first, bits) for first, bits in pairs)
    return struct.pack("!BBHII", 0x80 | _NACK, TRANSPORT_FEEDBACK, 2 + len(items) // 4, sender_ssrc, media_ssrc) + items


def pack_remb(sender_ssrc: int, bitrate_bps: int, ssrcs: Sequence[int]) -> bytes:
    """The mantissa has 18 bits: the value is rounded down to what they hold."""
    exponent = max(bitrate_bps.bit_length() - 18, 0)
    word = len(ssrcs) << 24 | exponent << 18 | bitrate_bps >> exponent
    return struct.pack(
        f"!BBHII4sI{len(ssrcs)}I",
        0x80 | _APPLICATION,
        PAYLOAD_FEEDBACK,
        4 + len(ssrcs),
        sender_ssrc,
        0,
        b"REMB",
        word,
        *ssrcs,
    )
