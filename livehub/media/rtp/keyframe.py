"""Keyframe requests of many viewers made one (as mediasoup's KeyFrameRequestManager does)."""


class KeyframeRequests:
    """Lets one request through per ``interval_s`` and remembers what it held back.

    A keyframe costs the publisher ten frames' worth of bits: three hundred viewers who join in a second must cause two.
    """

    def __init__(self, interval_s: float = 0.5) -> None:
        self.interval_s = interval_s
        #: the first that was sent since the last keyframe
        self._asked_s: float | None = None
        self._sent_s = float("-inf")
        self._held = False

    def request(self, now_s: float, *, urgent: bool = False) -> bool:
        """True: send one now. False: it is held back until :meth:`due_in` has passed.

        ``urgent`` is for a viewer's first request, which Firefox sends when it threw its first keyframe away; it
        still waits a fifth of the interval.
        """
        if now_s - self._sent_s >= (self.interval_s / 5 if urgent else self.interval_s):
            self._sent_s = now_s
            self._held = False
            if self._asked_s is None:
                self._asked_s = now_s
            return True
        self._held = True
        return False

    def arrived(self) -> None:
        """A keyframe came: whoever asked before it has what they asked for."""
        self._held = False
        self._asked_s = None

    def unanswered_s(self, now_s: float) -> float:
        """For how long a keyframe has been asked for without one; 0 when nobody waits."""
        return 0.0 if self._asked_s is None else now_s - self._asked_s

    def is_overdue(self, now_s: float) -> bool:
        """Whether one that was asked for has not come within the interval, as from any encoder that listens."""
        return self.unanswered_s(now_s) >= self.interval_s

    @property
    def held(self) -> bool:
        return self._held

    def due_in(self, now_s: float) -> float:
        """Seconds until the next request may be sent."""
        return max(0.0, self._sent_s + self.interval_s - now_s)
