"""When a worker that died is started again. Pure."""

from collections import deque

from livehub.media.limits import ClusterLimits


class Restarts:
    """At once the first time, then after growing pauses; given up when it keeps dying."""

    def __init__(self, limits: ClusterLimits) -> None:
        self._limits = limits
        self._deaths: deque[float] = deque(maxlen=limits.max_restarts + 1)
        self.count = 0

    def died(self, now_s: float) -> float | None:
        """Seconds to wait before the next start; None: it is of no use any more."""
        self._deaths.append(now_s)
        recent = sum(now_s - at_s < self._limits.restarts_window_s for at_s in self._deaths)
        if recent > self._limits.max_restarts:
            return None
        self.count += 1
        if recent == 1:
            return 0.0
        return float(min(self._limits.restart_pause_s * 2 ** (recent - 2), self._limits.max_restart_pause_s))
