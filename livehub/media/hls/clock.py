"""When a frame is: a track's timestamps put onto the time of a run. Pure."""

from livehub.media.rtp.timeline import TrackClock


class TrackTime:
    """Positions since the run's epoch, in units of the track's clock rate.

    The first frame is placed by the track's clock, or by its arrival while no sender report has come. From then on
    timestamps alone move it, and what the clock says later is approached by at most a tenth of the time that passed: a
    jump would tear the picture from its sound, or stop it.
    """

    #: differences that are nothing but jitter of reports, and those that no slow approach can mend
    STILL_S, JUMP_S = 0.01, 3.0

    def __init__(self, clock: TrackClock, rate: int, epoch_s: float) -> None:
        self._clock = clock
        self._rate = rate
        self._epoch_s = epoch_s
        self._offset: float | None = None
        self._last = 0

    def place(self, timestamp: int, arrived_s: float) -> tuple[int, bool]:
        """The position of ``timestamp`` (extended), which arrived at ``arrived_s`` since 1970; whether time jumped."""
        heard_s = self._clock.unix_at(timestamp & 0xFFFFFFFF)
        target = ((arrived_s if heard_s is None else heard_s) - self._epoch_s) * self._rate - timestamp
        jumped = False
        if self._offset is None:
            self._offset = target
        else:
            error = target - self._offset
            if abs(error) > self.JUMP_S * self._rate:
                self._offset, jumped = target, True
            elif heard_s is not None and abs(error) > self.STILL_S * self._rate:
                most = max(0, timestamp - self._last) / 10
                self._offset += max(-most, min(most, error))
        self._last = timestamp
        return round(timestamp + self._offset), jumped
