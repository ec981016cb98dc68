"""Turns of two kinds, by turns: a percentile of each kind, the ratio of the two, and how sure it is. Pure.

A percentile near the end of one turn is its third slowest value, so it is taken over all turns of a kind together. How
sure the ratio is comes from drawing the turns anew, with replacement, a thousand times (bootstrap). Neighbours are
drawn together: what the machine does at a time falls on both of them.
"""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

DRAWS: Final = 1_000
#: 19 of 20 draws are within the interval
OUTSIDE: Final = 0.05


class Pool:
    """Values of several turns, put in order once, for percentiles of any choice of those turns."""

    def __init__(self, turns: Sequence[Sequence[float]]) -> None:
        self._sizes = [len(turn) for turn in turns]
        self._from_the_largest = sorted(
            ((value, number) for number, turn in enumerate(turns) for value in turn), reverse=True
        )

    def percentile(self, share: float, times: Sequence[int] | None = None) -> float:
        """``times``: how often each turn counts, once where nothing is said."""
        times = times or [1] * len(self._sizes)
        above = (1 - share) * sum(n * size for n, size in zip(times, self._sizes, strict=True))
        for value, number in self._from_the_largest:
            above -= times[number]
            if above < 0:
                return value
        raise ValueError("there are no values")


@dataclass(frozen=True, slots=True)
class Comparison:
    """``low`` to ``high``: where the ratio of the second kind to the first lies, 19 times of 20. ``by_chance``: the
    ratio of turns of one kind, every other one, to the others of that kind, the larger to the smaller."""

    first: float
    second: float
    low: float
    high: float
    by_chance: float

    @property
    def ratio(self) -> float:
        return self.second / self.first


def compare(
    first: Sequence[Sequence[float]], second: Sequence[Sequence[float]], share: float, draws: int = DRAWS
) -> Comparison:
    """Turns of the one kind and of the other, in the order they were: those of one number are neighbours."""
    kinds = Pool(first), Pool(second)
    count = len(first)
    # The same values give the same interval.
    chance = random.Random(count)
    ratios = []
    for _ in range(draws):
        drawn = Counter(chance.choices(range(count), k=count))
        times = [drawn[number] for number in range(count)]
        a, b = (kind.percentile(share, times) for kind in kinds)
        ratios.append(b / a)
    ratios.sort()
    outside = int(draws * OUTSIDE / 2)
    halves = max(_apart(kind, share, count) for kind in kinds)
    a, b = (kind.percentile(share) for kind in kinds)
    return Comparison(a, b, ratios[outside], ratios[-1 - outside], halves)


def _apart(kind: Pool, share: float, count: int) -> float:
    if count < 2:
        return 1.0
    every_other = [number % 2 for number in range(count)]
    a = kind.percentile(share, every_other)
    b = kind.percentile(share, [1 - n for n in every_other])
    return max(a, b) / min(a, b)
