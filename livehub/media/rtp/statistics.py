"""What a receiver tells about a source: loss and jitter (RFC 3550 sections 6.4.1, A.3 and A.8)."""

from livehub.media.rtp.rtcp import ReceptionReport
from livehub.media.rtp.sequence import SequenceTracker, timestamp_delta


class ReceiverStatistics:
    def __init__(self, ssrc: int, clock_rate: int, sequence: SequenceTracker) -> None:
        self.ssrc = ssrc
        self.packets = 0
        self.octets = 0
        self.jitter = 0.0
        self.fraction_lost = 0.0
        self._rate = clock_rate
        self._sequence = sequence
        self._previous: tuple[float, int] | None = None
        self._expected_before = 0
        self._packets_before = 0
        self._last_sr: tuple[int, float] | None = None

    def received(self, timestamp: int, size: int, now_s: float) -> None:
        """A packet that counts: new or late, not a duplicate."""
        self.packets += 1
        self.octets += size
        if self._previous is not None:
            before_s, before_timestamp = self._previous
            transit = (now_s - before_s) * self._rate - timestamp_delta(timestamp, before_timestamp)
            self.jitter += (min(abs(transit), self._rate * 10.0) - self.jitter) / 16
        self._previous = (now_s, timestamp)

    def sender_report(self, ntp_time: int, now_s: float) -> None:
        self._last_sr = (ntp_time >> 16 & 0xFFFFFFFF, now_s)

    def restarted(self) -> None:
        """The source counts anew: the interval that is open is void."""
        self._expected_before = 0
        self._packets_before = self.packets = 0
        self._previous = None

    def report(self, now_s: float) -> ReceptionReport:
        """The block for a receiver report; begins a new interval."""
        expected = self._sequence.expected
        expected_now = expected - self._expected_before
        lost_now = expected_now - (self.packets - self._packets_before)
        self._expected_before, self._packets_before = expected, self.packets
        fraction = min(255, lost_now * 256 // expected_now) if expected_now > 0 and lost_now > 0 else 0
        self.fraction_lost = fraction / 256
        last_sr, delay = 0, 0
        if self._last_sr is not None:
            last_sr, delay = self._last_sr[0], int((now_s - self._last_sr[1]) * 65536)
        return ReceptionReport(
            self.ssrc, fraction, expected - self.packets, self._sequence.extended, int(self.jitter), last_sr, delay
        )
