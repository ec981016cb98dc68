"""What a publisher may send, from the loss on its way to us (the loss-based half of draft-ietf-rmcat-gcc section 6)."""


class LossBasedLimit:
    """Down by half the loss above 10 %, up by 8 % below 2 %, in between as it is. One call per report interval."""

    def __init__(self, max_bps: int, min_bps: int) -> None:
        self._max_bps = max_bps
        self._min_bps = min(min_bps, max_bps)
        self.bitrate_bps = max_bps

    def update(self, fraction_lost: float, received_bps: float) -> int:
        """``received_bps`` is what came in: a limit far above it would not be felt when it has to fall."""
        if fraction_lost > 0.10:
            base = min(self.bitrate_bps, received_bps * 1.5) if received_bps else self.bitrate_bps
            self.bitrate_bps = int(max(self._min_bps, base * (1 - 0.5 * fraction_lost)))
        elif fraction_lost < 0.02:
            self.bitrate_bps = min(self._max_bps, int(self.bitrate_bps * 1.08) + 1000)
        return self.bitrate_bps
