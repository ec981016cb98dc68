"""Sequence numbers that wrap: differences, unwrapping and the tracking of one source (RFC 3550 appendix A.1)."""

import enum


def sequence_delta(newer: int, older: int) -> int:
    """Signed distance of two 16-bit numbers, from -32768 to 32767."""
    return ((newer - older + 0x8000) & 0xFFFF) - 0x8000


def timestamp_delta(newer: int, older: int) -> int:
    """Signed distance of two 32-bit numbers."""
    return ((newer - older + 0x80000000) & 0xFFFFFFFF) - 0x80000000


class Arrival(enum.Enum):
    #: the next in line, or further on after a gap
    NEW = enum.auto()
    #: fills a gap behind the newest
    LATE = enum.auto()
    #: the source began anew with other numbers: everything known about it is void
    RESTARTED = enum.auto()
    #: an outlier; perhaps the first of a restart, which the next packet will tell
    STRAY = enum.auto()


class SequenceTracker:
    """Follows one source. ``newest`` is the highest number seen, ``extended`` the same with its 16-bit cycles."""

    MAX_DROPOUT = 3000
    MAX_MISORDER = 1024

    def __init__(self, first: int) -> None:
        self._begin(first)

    def _begin(self, first: int) -> None:
        self.first = first
        self.newest = (first - 1) & 0xFFFF
        self.cycles = -1 if first == 0 else 0  # so that the first update, from 65535 to 0, ends in cycle 0
        self._restart_at: int | None = None

    @property
    def extended(self) -> int:
        return (self.cycles << 16) + self.newest

    def is_near(self, sequence_number: int) -> bool:
        """Whether it would be taken for new or late, and not for a stray."""
        return -self.MAX_MISORDER < sequence_delta(sequence_number, self.newest) <= self.MAX_DROPOUT

    def extend(self, sequence_number: int) -> int:
        """The same with cycles, of a number not far from the newest."""
        return self.extended + sequence_delta(sequence_number, self.newest)

    @property
    def expected(self) -> int:
        """Packets the source must have sent, were none lost."""
        return max(self.extended - self.first + 1, 0)

    def update(self, sequence_number: int) -> tuple[Arrival, int]:
        """Take in one number; gives what it is and its distance from the newest before it."""
        delta = sequence_delta(sequence_number, self.newest)
        if 0 < delta <= self.MAX_DROPOUT:
            if sequence_number < self.newest:
                self.cycles += 1
            self.newest = sequence_number
            self._restart_at = None
            return Arrival.NEW, delta
        if -self.MAX_MISORDER < delta <= 0:
            return Arrival.LATE, delta
        if self._restart_at == sequence_number:
            self._begin(sequence_number)
            self.cycles = 0
            self.newest = sequence_number
            return Arrival.RESTARTED, delta
        self._restart_at = (sequence_number + 1) & 0xFFFF
        return Arrival.STRAY, delta
