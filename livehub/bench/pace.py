"""One rhythm for two processes: when a packet is sent and when the receivers read."""

import time

#: part of the interval between two moments of sending after which the receivers read: when sending is over, so that
#: neither side waits for the other's locks, in the measured windows and in those they are compared with
READ_AT = 0.7


class Pace:
    """Evenly spaced moments on the monotonic clock, which all processes of a machine share."""

    def __init__(self, moments_per_s: float) -> None:
        self._rate = moments_per_s
        self._next = int(time.monotonic() * moments_per_s) + 2

    def until_sending(self) -> float:
        """Seconds until the present moment of sending."""
        return max(0.0, self._next / self._rate - time.monotonic())

    def until_reading(self) -> float:
        return max(0.0, (self._next + READ_AT) / self._rate - time.monotonic())

    def advance(self) -> None:
        self._next += 1


def share(moment: int, packets_per_s: int, moments_per_s: int) -> range:
    """Which packets of a stream belong to its ``moment``-th moment: 250 in 30 pictures are eight or nine each."""
    return range(moment * packets_per_s // moments_per_s, (moment + 1) * packets_per_s // moments_per_s)
