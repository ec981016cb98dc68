"""Packets kept for a short while: to resend, to know duplicates, and to begin from the last keyframe."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet of a track, in the source's numbers. ``payload`` is as sent, without padding."""

    sequence_number: int
    timestamp: int
    marker: bool
    payload: bytes
    arrived_s: float
    #: 24-bit abs-send-time that every viewer got with it, so that a resend under the same SSRC is the same bytes
    abs_send_time: int = 0


class PacketCache:
    """A ring by sequence number: ``capacity`` packets, each valid for ``max_age_s``."""

    def __init__(self, capacity: int = 1024, max_age_s: float = 2.0) -> None:
        if capacity <= 0 or capacity & (capacity - 1):
            raise ValueError("capacity must be a power of two")
        self._mask = capacity - 1
        self._max_age_s = max_age_s
        self._ring: list[Packet | None] = [None] * capacity

    def add(self, packet: Packet) -> None:
        self._ring[packet.sequence_number & self._mask] = packet

    def __contains__(self, sequence_number: int) -> bool:
        packet = self._ring[sequence_number & self._mask]
        return packet is not None and packet.sequence_number == sequence_number

    def get(self, sequence_number: int, now_s: float) -> Packet | None:
        packet = self._ring[sequence_number & self._mask]
        if packet is None or packet.sequence_number != sequence_number or now_s - packet.arrived_s > self._max_age_s:
            return None
        return packet

    def clear(self) -> None:
        self._ring = [None] * len(self._ring)


class GroupOfPictures:
    """The packets since the last keyframe began, in order of sequence; given up when they grow past ``max_packets``."""

    def __init__(self, max_packets: int) -> None:
        self._max_packets = max_packets
        self._packets: list[Packet] = []

    def __len__(self) -> int:
        return len(self._packets)

    @property
    def packets(self) -> Sequence[Packet]:
        return self._packets

    @property
    def started_s(self) -> float | None:
        return self._packets[0].arrived_s if self._packets else None

    def begin(self, packet: Packet) -> None:
        self._packets = [packet]

    def add(self, packet: Packet) -> None:
        """The next packet in order. Ignored before the first keyframe."""
        if not self._packets:
            return
        if len(self._packets) >= self._max_packets:
            self._packets = []
            return
        self._packets.append(packet)

    def insert(self, packet: Packet) -> None:
        """A packet that fills a gap: to where its number belongs."""
        packets = self._packets
        if not packets:
            return
        distance = (packet.sequence_number - packets[0].sequence_number) & 0xFFFF
        if distance > 0x7FFF:
            return
        index = len(packets)
        while index and (packets[index - 1].sequence_number - packets[0].sequence_number) & 0xFFFF > distance:
            index -= 1
        packets.insert(index, packet)

    def clear(self) -> None:
        self._packets = []
