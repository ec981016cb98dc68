"""Bitrates of whatever is counted: asked for seldom, and costing nothing in between."""

from dataclasses import dataclass, field

#: two questions nearer than this get one answer
LEAST_S = 1.0


@dataclass(slots=True)
class Meter:
    """Remembers what was counted when it was last asked. Pure: ``now_s`` is set before asking."""

    began_s: float
    now_s: float = 0.0
    #: name → (when, octets, bitrate since the time before)
    _seen: dict[str, tuple[float, int, int]] = field(default_factory=dict)

    def bitrate_bps(self, name: str, octets: int) -> int:
        """The mean since the last question that was :data:`LEAST_S` ago or more; at first, since the beginning."""
        at_s, before, rate = self._seen.get(name, (self.began_s, 0, -1))
        passed_s = self.now_s - at_s
        if passed_s < LEAST_S and rate >= 0:
            return rate
        rate = int(max(octets - before, 0) * 8 / max(passed_s, LEAST_S))
        self._seen[name] = (self.now_s, octets, rate)
        return rate
