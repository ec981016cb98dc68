"""What automatic moderators did, for Prometheus. No label names a room, a person or a line."""

from collections.abc import Iterator, Mapping
from typing import Final

from prometheus_client.metrics_core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from livehub.chat.screening.judges import Judges

#: metric → (what it means, member of JudgeStats)
COUNTERS: Final[Mapping[str, tuple[str, str]]] = {
    "livehub_moderator_lines": ("Lines that it was asked about", "lines"),
    "livehub_moderator_held": ("Lines that it wanted held", "held"),
    "livehub_moderator_refused": ("Lines that it wanted refused", "refused"),
    "livehub_moderator_failures": ("Lines for which it failed", "failures"),
    "livehub_moderator_timeouts": ("Lines for which it was late", "timeouts"),
    "livehub_moderator_left_alone": ("Lines that it was not asked about: too many, or it rests", "left_alone"),
    "livehub_moderator_seconds": ("Time that it took", "seconds"),
}


class ModeratorCollector(Collector):
    """Register it with :attr:`livehub.web.health.Metrics.registry`."""

    def __init__(self, judges: Judges) -> None:
        self._judges = judges

    def collect(self) -> Iterator[Metric]:
        for name, (meaning, member) in COUNTERS.items():
            family = CounterMetricFamily(name, meaning, labels=["moderator"])
            for moderator, stats in self._judges.stats.items():
                family.add_metric([moderator], getattr(stats, member))
            yield family
