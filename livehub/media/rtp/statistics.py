"""What a receiver tells about a source: loss and jitter (RFC 3550 sections 6.4.1, A.3 and A.8)."""

from collections import deque

from livehub.media.rtp.rtcp import ReceptionReport
from livehub.media.rtp.sequence import SequenceTracker, timestamp_delta


class StandingQueue:
    """How long packets wait on their way because the way is full, from the times they were made at and came at.

    A picture may come late for many reasons; the least delay of a whole interval above the least of the last twenty is
    a queue that never empties (the idea of LEDBAT's base delay, RFC 6817 section 3.4.2).
    """

    INTERVALS = 20
    #: a step larger than this is another clock, not a queue
    JUMP_S = 5.0

    def __init__(self) -> None:
        self._delay_s = 0.0  # since the first packet, whose own delay nobody knows
        self._least_s = float("inf")
        self._history: deque[float] = deque(maxlen=self.INTERVALS)

    def packet(self, later_s: float) -> None:
        """``later_s``: how much more time passed since the packet before than between their timestamps."""
        if abs(later_s) > self.JUMP_S:
            self._history.clear()
            self._delay_s, self._least_s = 0.0, float("inf")
        else:
            self._delay_s += later_s
        self._least_s = min(self._least_s, self._delay_s)

    def interval(self) -> float:
        """Seconds that packets waited at the least since the last call; 0 without any."""
        least_s, self._least_s = self._least_s, float("inf")
        if least_s == float("inf"):
            return 0.0
        self._history.append(least_s)
        return least_s - min(self._history)


class ReceiverStatistics:
    def __init__(self, ssrc: int, clock_rate: int, sequence: SequenceTracker) -> None:
        self.ssrc = ssrc
        self.packets = 0
        self.octets = 0
        self.jitter = 0.0
        self.fraction_lost = 0.0
        #: of the packets, those that came since the last whose number was seen (:mod:`livehub.media.quiet`)
        self.passed_over = 0
        #: of the packets, those that came by RTX: they were lost all the same, or a sender would never hear of it
        self.repaired = 0
        #: what a standing queue on the way cost in the last interval, seconds
        self.queued_s = 0.0
        self._queue = StandingQueue()
        self._rate = clock_rate
        self._sequence = sequence
        self._previous: tuple[float, int] | None = None
        self._expected_before = 0
        self._came_before = 0
        self._last_sr: tuple[int, float] | None = None

    def received(self, timestamp: int, size: int, now_s: float, *, repair: bool = False) -> None:
        """A packet that counts: new or late, not a duplicate; ``repair``: by RTX."""
        self.packets += 1
        self.octets += size
        if repair:
            self.repaired += 1
            return
        if self._previous is not None:
            before_s, before_timestamp = self._previous
            transit = (now_s - before_s) * self._rate - timestamp_delta(timestamp, before_timestamp)
            self._queue.packet(transit / self._rate)
            self.jitter += (min(abs(transit), self._rate * 10.0) - self.jitter) / 16
        self._previous = (now_s, timestamp)

    def sender_report(self, ntp_time: int, now_s: float) -> None:
        self._last_sr = (ntp_time >> 16 & 0xFFFFFFFF, now_s)

    def restarted(self) -> None:
        """The source counts anew: the interval that is open is void."""
        self._expected_before = 0
        self._came_before = self.packets = self.repaired = 0
        self._queue = StandingQueue()
        self._previous = None

    def report(self, now_s: float) -> ReceptionReport:
        """The block for a receiver report; begins a new interval."""
        expected = self._sequence.expected + self.passed_over
        expected_now = expected - self._expected_before
        came = self.packets - self.repaired
        lost_now = expected_now - (came - self._came_before)
        self._expected_before, self._came_before = expected, came
        fraction = min(255, lost_now * 256 // expected_now) if expected_now > 0 and lost_now > 0 else 0
        self.fraction_lost = fraction / 256
        self.queued_s = self._queue.interval()
        last_sr, delay = 0, 0
        if self._last_sr is not None:
            last_sr, delay = self._last_sr[0], int((now_s - self._last_sr[1]) * 65536)
        return ReceptionReport(
            self.ssrc, fraction, expected - came, self._sequence.extended, int(self.jitter), last_sr, delay
        )
