"""What a publisher may send, from the loss on its way to us and from the queue that its packets wait in.

Loss as in draft-ietf-rmcat-gcc section 6. Before a queue overflows it is long, and a second of delay is worse than a
smaller picture: so a queue that does not empty lowers the limit too, below what comes through.
"""


class BitrateLimit:
    """Down to 85 % of what came while a queue stands, down by half the loss above 10 %, up by 8 % when both are small.

    One call per report interval.
    """

    QUEUE_S, SMALL_QUEUE_S = 0.12, 0.05

    def __init__(self, max_bps: int, min_bps: int) -> None:
        self._max_bps = max_bps
        self._min_bps = min(min_bps, max_bps)
        self.bitrate_bps = max_bps

    def update(self, fraction_lost: float, received_bps: float, queued_s: float = 0.0) -> int:
        """``received_bps`` is what came in: a limit far above it would not be felt when it has to fall."""
        if queued_s > self.QUEUE_S and received_bps:
            self.bitrate_bps = int(max(self._min_bps, min(self.bitrate_bps, received_bps * 0.85)))
        elif fraction_lost > 0.10:
            base = min(self.bitrate_bps, received_bps * 1.5) if received_bps else self.bitrate_bps
            self.bitrate_bps = int(max(self._min_bps, base * (1 - 0.5 * fraction_lost)))
        elif fraction_lost < 0.02 and queued_s < self.SMALL_QUEUE_S:
            self.bitrate_bps = min(self._max_bps, int(self.bitrate_bps * 1.08) + 1000)
        return self.bitrate_bps
