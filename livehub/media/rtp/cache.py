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
    """A ring by sequence number: each packet is valid for ``max_age_s``.

    It begins with ``MIN_PACKETS`` and doubles when a packet that is still valid would have to give way, up to
    ``max_packets``: a voice needs a hundred places, a camera at 4 Mbit/s nine hundred.
    """

    MIN_PACKETS = 128

    def __init__(self, max_age_s: float = 2.0, max_packets: int = 4096) -> None:
        if max_packets < self.MIN_PACKETS or max_packets & (max_packets - 1):
            raise ValueError(f"max_packets must be a power of two from {self.MIN_PACKETS} on")
        self._max_age_s = max_age_s
        self._max_packets = max_packets
        self._clear(self.MIN_PACKETS)

    def __len__(self) -> int:
        """Places, taken or not."""
        return len(self._ring)

    def _clear(self, capacity: int) -> None:
        self._mask = capacity - 1
        self._ring: list[Packet | None] = [None] * capacity

    def add(self, packet: Packet) -> None:
        index = packet.sequence_number & self._mask
        before = self._ring[index]
        if before is not None and packet.arrived_s - before.arrived_s < self._max_age_s:
            self._grow(before, packet)
            index = packet.sequence_number & self._mask
        self._ring[index] = packet

    def _grow(self, before: Packet, packet: Packet) -> None:
        """Until the two have places of their own. The same number again needs none."""
        apart = before.sequence_number ^ packet.sequence_number
        while apart and not apart & self._mask and len(self._ring) < self._max_packets:
            kept = self._ring
            self._clear(2 * len(kept))
            for item in kept:
                if item is not None:
                    self._ring[item.sequence_number & self._mask] = item

    def __contains__(self, sequence_number: int) -> bool:
        packet = self._ring[sequence_number & self._mask]
        return packet is not None and packet.sequence_number == sequence_number

    def get(self, sequence_number: int, now_s: float) -> Packet | None:
        packet = self._ring[sequence_number & self._mask]
        if packet is None or packet.sequence_number != sequence_number or now_s - packet.arrived_s > self._max_age_s:
            return None
        return packet

    def clear(self) -> None:
        self._clear(self.MIN_PACKETS)


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
