"""What a viewer tells of one of its slots."""

from dataclasses import dataclass

from livehub.media.rtp.rtcp import ReceptionReport


@dataclass(frozen=True, slots=True)
class Heard:
    """What the viewer has last reported of a slot (RFC 3550 section 6.4.1)."""

    lost: int = 0
    lost_share: float = 0.0
    jitter_ms: float = 0.0

    @classmethod
    def told(cls, report: ReceptionReport, clock_rate: int) -> "Heard":
        return cls(max(report.packets_lost, 0), report.fraction_lost / 256, report.jitter * 1000 / clock_rate)
