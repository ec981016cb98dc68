"""One time for all sources: each publisher's NTP clock put onto the server's.

Lip sync works when sound and picture of one publisher keep their distance, which one common shift does not change. And
on one timeline the slots of a viewer can change between publishers, and round trips come out of plain receiver reports.
"""

from livehub.media.rtp.sequence import timestamp_delta

NTP_EPOCH_OFFSET_S = 2_208_988_800  # 1900 to 1970, RFC 5905 section 6
_UNIT = 1 << 32


def ntp_from_unix(seconds: float) -> int:
    """64-bit fixed point, 32 bits each side."""
    return int((seconds + NTP_EPOCH_OFFSET_S) * _UNIT)


def round_trip_s(now_ntp: int, last_sr: int, delay_since_last_sr: int) -> float | None:
    """From a reception report's fields (RFC 3550 section 6.4.1); None when they tell nothing."""
    if not last_sr:
        return None
    units = ((now_ntp >> 16) - last_sr - delay_since_last_sr) & 0xFFFFFFFF
    return units / 65536 if units < 65536 * 10 else None


class PublisherTimeline:
    """The shift from one publisher's clock to ours: taken at its first sender report, again when its clock jumped."""

    JUMP_S = 1.0

    def __init__(self) -> None:
        self._shift: int | None = None

    def place(self, ntp_time: int, now_ntp: int) -> int:
        """``ntp_time`` of a sender report that has just come, on the server's clock."""
        shift = now_ntp - ntp_time
        if self._shift is None or abs(shift - self._shift) > self.JUMP_S * _UNIT:
            self._shift = shift
        return ntp_time + self._shift


class TrackClock:
    """Which moment a track's timestamps mean: (NTP on the server's clock, RTP) of its last sender report."""

    def __init__(self, clock_rate: int) -> None:
        self._rate = clock_rate
        self._anchor: tuple[int, int] | None = None

    def anchor(self, ntp_time: int, rtp_time: int) -> None:
        self._anchor = (ntp_time, rtp_time)

    def rtp_at(self, ntp_time: int) -> int | None:
        """The track's timestamp at a moment; None before its first sender report."""
        if self._anchor is None:
            return None
        ntp, rtp = self._anchor
        return (rtp + (ntp_time - ntp) * self._rate // _UNIT) & 0xFFFFFFFF

    def unix_at(self, rtp_time: int) -> float | None:
        """The moment that a timestamp (32 bits, near the last report's) means, in seconds since 1970 on the server's
        clock; None before the first sender report."""
        if self._anchor is None:
            return None
        ntp, rtp = self._anchor
        return ntp / _UNIT - NTP_EPOCH_OFFSET_S + timestamp_delta(rtp_time & 0xFFFFFFFF, rtp) / self._rate
