"""What engines of translation did, for Prometheus. No label names a room, a person or a line."""

from collections.abc import Iterator, Mapping
from typing import Final

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from livehub.translation.stats import ProviderStats, TranslationStats

#: metric → (what it means, member of ProviderStats)
COUNTERS: Final[Mapping[str, tuple[str, str]]] = {
    "livehub_translator_calls": ("Calls to an engine", "calls"),
    "livehub_translator_lines": ("Lines in them", "lines"),
    "livehub_translator_translated": ("Lines that came back translated", "translated"),
    "livehub_translator_failures": ("Calls that failed", "failures"),
    "livehub_translator_timeouts": ("Of those, without an answer in time", "timeouts"),
    "livehub_translator_refusals": ("Calls whose text or pair the engine would not take", "refusals"),
    "livehub_translator_left_alone": ("Calls not made because the engine rests", "rested"),
    "livehub_translator_opened": ("How often its breaker opened", "opened"),
    "livehub_translator_seconds": ("Time that calls took", "seconds"),
}
_STATES: Final = ("closed", "half_open", "open")


class TranslatorCollector(Collector):
    """Register it with :attr:`livehub.web.health.Metrics.registry`."""

    def __init__(self, stats: TranslationStats) -> None:
        self._stats = stats

    def collect(self) -> Iterator[Metric]:
        engines = self._stats.providers
        for name, (meaning, member) in COUNTERS.items():
            family = CounterMetricFamily(name, meaning, labels=["engine"])
            for engine, stats in engines.items():
                family.add_metric([engine], getattr(stats, member))
            yield family
        yield _breakers(engines)


def _breakers(engines: Mapping[str, ProviderStats]) -> Metric:
    """1 for the state that an engine's breaker is in, 0 for the others."""
    family = GaugeMetricFamily("livehub_translator_breaker", "State of its breaker", labels=["engine", "state"])
    for engine, stats in engines.items():
        for state in _STATES:
            family.add_metric([engine, state], float(stats.breaker == state))
    return family
