"""What is made of turns of two kinds: a percentile over all of them, a ratio, and how sure that is."""

import random
import statistics

import pytest

from livehub.bench.turns import Pool, compare


def drawn(seed: int, turns: int, scale: float = 1.0) -> list[list[float]]:
    chance = random.Random(seed)
    return [[chance.lognormvariate(0, 0.4) * scale for _ in range(500)] for _ in range(turns)]


def test_a_percentile_is_of_all_turns_together_and_of_those_that_count() -> None:
    pool = Pool([[float(n) for n in range(100)], [float(n) for n in range(100, 200)]])
    assert pool.percentile(0.99) == 197
    assert pool.percentile(0.5) == 99
    assert pool.percentile(0.99, [1, 0]) == 98
    assert pool.percentile(0.99, [0, 3]) == 198
    with pytest.raises(ValueError, match="no values"):
        Pool([[]]).percentile(0.99)


def test_a_difference_is_found_and_one_that_is_not_there_is_not() -> None:
    same = compare(drawn(1, 20), drawn(2, 20), 0.99)
    assert same.low < 1 < same.high
    slower = compare(drawn(1, 20), drawn(2, 20, 1.3), 0.99)
    assert 1 < slower.low < slower.ratio < slower.high
    assert slower.ratio == pytest.approx(1.3, rel=0.1)
    assert slower.second / slower.first == slower.ratio


def test_the_interval_is_as_wide_as_the_ratio_is_unsure() -> None:
    found = compare(drawn(1, 20), drawn(2, 20), 0.99)
    ratios = [compare(drawn(n, 20), drawn(1_000 + n, 20), 0.99, draws=1).ratio for n in range(40)]
    spread = statistics.pstdev(ratios)
    assert (found.high - found.low) / (2 * 1.96) == pytest.approx(spread, rel=0.6)


def test_what_falls_on_neighbours_alike_says_nothing_of_their_ratio() -> None:
    troubled = [3.0 if number % 3 == 0 else 1.0 for number in range(12)]
    both = [[value * scale for value in turn] for turn, scale in zip(drawn(1, 12), troubled, strict=True)]
    found = compare(both, both, 0.99)
    assert (found.low, found.ratio, found.high) == (1, 1, 1)


def test_what_chance_does_is_how_far_turns_of_one_kind_are_apart() -> None:
    even, odd = [10.0] * 100, [12.0] * 100
    assert compare([even, even], [even, even], 0.99).by_chance == 1
    assert compare([even, even], [even, odd], 0.99).by_chance == pytest.approx(1.2)
    assert compare([odd, even], [even, even], 0.99).by_chance == pytest.approx(1.2)
    assert compare([even], [odd], 0.99).by_chance == 1
