"""What the media plane counts, for Prometheus. No label names a room or a person: the API shows those to some."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from prometheus_client.metrics_core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from livehub.media.service import MediaService

#: metric → (what it means, label, {value of the label → (group, member) of MediaService.stats()})
COUNTERS: Final[Mapping[str, tuple[str, str, Mapping[str, tuple[str, str]]]]] = {
    "livehub_media_joins": (
        "Sessions answered",
        "kind",
        {"publish": ("feedback", "publishers_joined"), "play": ("feedback", "viewers_joined")},
    ),
    "livehub_media_packets": (
        "Datagrams of media, RTP and RTCP",
        "direction",
        {"in": ("port", "rtp"), "out": ("port", "sent")},
    ),
    "livehub_media_bytes": ("Their bytes", "direction", {"in": ("port", "octets"), "out": ("port", "octets_sent")}),
    "livehub_media_nacks": (
        "Requests for lost packets, to publishers and from viewers",
        "direction",
        {"in": ("feedback", "nacks_received"), "out": ("feedback", "nacks_sent")},
    ),
    "livehub_media_keyframe_requests": (
        "Requests for keyframes (PLI, FIR), from viewers and to publishers",
        "direction",
        {"in": ("feedback", "keyframe_requests_received"), "out": ("feedback", "keyframe_requests_sent")},
    ),
    "livehub_media_resends": ("Packets sent to viewers again", "", {"": ("feedback", "resends")}),
    "livehub_media_dropped": (
        "Packets not sent",
        "reason",
        {"buffer_full": ("port", "dropped"), "unreachable": ("port", "send_errors")},
    ),
}


class MediaCollector(Collector):
    """Register it with :attr:`livehub.web.health.Metrics.registry`."""

    def __init__(self, media: MediaService) -> None:
        self._media = media

    def collect(self) -> Iterator[Metric]:
        stats = self._media.stats()
        for name, (meaning, label, members) in COUNTERS.items():
            family = CounterMetricFamily(name, meaning, labels=[label] if label else [])
            for value, (group, member) in members.items():
                family.add_metric([value] if label else [], _count(stats, group, member))
            yield family


def _count(stats: Mapping[str, Any], group: str, member: str) -> float:
    """0 for what a plane that does not run has not counted."""
    counted = stats.get(group) or {}
    return float(counted.get(member, 0))
