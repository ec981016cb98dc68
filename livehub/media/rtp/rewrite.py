"""Numbers of one outgoing stream that stay continuous while its source changes.

A viewer's slot has one SSRC for its whole life. Whichever track is shown in it, its sequence numbers must go on by
one and its timestamps by the time that passed, or the decoder takes the switch for a loss.
"""

import secrets
from dataclasses import dataclass


@dataclass(slots=True)
class OutgoingNumbers:
    """Maps a source's numbers to the slot's: add ``sequence_offset`` and ``timestamp_offset``, modulo 2^16 and 2^32.

    ``extended`` numbers are the source's with their cycles: a stream that runs for hours passes 65,536 many times.
    """

    clock_rate: int
    sequence_offset: int = 0
    timestamp_offset: int = 0
    #: first extended number mapped with the present offsets: what is older was sent from another source, or not at all
    joined_at: int = 0
    _last: tuple[int, int, float] | None = None

    def join(self, extended: int, timestamp: int, now_s: float, elapsed_s: float | None = None) -> None:
        """The source's packet with these numbers becomes the next one of the slot.

        ``elapsed_s``: from the last picture to this one, where clocks tell it better than arrivals do.
        """
        if self._last is None:
            # Low enough that no loss of the first packets can hide a wrap from the receiver's roll-over counter.
            next_sequence, next_timestamp = 1000 + secrets.randbelow(8000), secrets.randbits(31)
        else:
            sequence, ts, at_s = self._last
            passed_s = now_s - at_s if elapsed_s is None else elapsed_s
            next_sequence, next_timestamp = sequence + 1, ts + max(round(passed_s * self.clock_rate), 1)
        self.sequence_offset = (next_sequence - extended) & 0xFFFF
        self.timestamp_offset = (next_timestamp - timestamp) & 0xFFFFFFFF
        self.joined_at = extended

    def leave(self, newest_extended: int, newest_timestamp: int, now_s: float) -> None:
        """The source goes; these were its last numbers that were sent."""
        if newest_extended < self.joined_at:
            return  # nothing was sent since the join: the numbers before it stand
        self._last = (self.sequence(newest_extended), self.timestamp(newest_timestamp), now_s)

    def sequence(self, source: int) -> int:
        return (source + self.sequence_offset) & 0xFFFF

    def timestamp(self, source: int) -> int:
        return (source + self.timestamp_offset) & 0xFFFFFFFF

    def source_sequence(self, outgoing: int) -> int:
        """The source's number of a packet that the viewer names."""
        return (outgoing - self.sequence_offset) & 0xFFFF

    def carries(self, extended: int) -> bool:
        return extended >= self.joined_at
