"""A newcomer's way from the kept keyframe to the present.

The kept packets go out faster than they came. Sent with their own timestamps they would leave the viewer seconds
behind: a browser plays frames at the distance of their timestamps, and would hold the newest back until its time comes.
So the timestamps of the past are squeezed to a millisecond a frame; the decoder runs through them and arrives at now.
"""

from collections.abc import Sequence
from itertools import islice

from livehub.media.rtp.cache import Packet

SQUEEZED_FRAME = 90  # one millisecond of a 90 kHz clock


class CatchUp:
    """Reads ``packets``, a group of pictures that may grow at its end while it is read."""

    def __init__(self, packets: Sequence[Packet]) -> None:
        if not packets:
            raise ValueError("there is no keyframe to begin from")
        self.packets = packets
        self._next = 0
        #: the last packet taken
        self.last: Packet | None = None
        frames = list(dict.fromkeys(packet.timestamp for packet in packets))
        newest = frames[-1]
        self._squeezed = {
            timestamp: (newest - (len(frames) - 1 - index) * SQUEEZED_FRAME) & 0xFFFFFFFF
            for index, timestamp in enumerate(frames)
        }

    @property
    def first_sequence(self) -> int:
        return self.packets[0].sequence_number

    @property
    def first_timestamp(self) -> int:
        return self.timestamp(self.packets[0].timestamp)

    def timestamp(self, source: int) -> int:
        """The source's timestamp, squeezed if it is of the past."""
        return self._squeezed.get(source, source)

    def take(self, count: int) -> list[Packet]:
        """The next packets; none when the present is reached. Never one twice, though late ones are put in between."""
        taken: list[Packet] = []
        first = self.first_sequence
        for packet in islice(self.packets, self._next, None):
            if len(taken) == count:
                break
            self._next += 1
            distance = (packet.sequence_number - first) & 0xFFFF
            if self.last is None or distance > (self.last.sequence_number - first) & 0xFFFF:
                self.last = packet
                taken.append(packet)
        return taken
