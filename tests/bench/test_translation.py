"""What the translation benchmark makes of its turns, and that its pieces run; it is run by hand itself."""

import pytest

from livehub.bench.translation import Load, chance


def test_what_chance_does_is_how_far_turns_of_one_kind_are_apart() -> None:
    assert chance([10.0, 10.0, 10.0, 10.0]) == 1.0
    assert chance([10.0, 12.0, 10.0, 12.0]) == pytest.approx(1.2)
    assert chance([12.0, 10.0, 12.0, 10.0]) == pytest.approx(1.2)
    assert chance([10.0]) == 1.0


async def test_every_line_that_is_put_through_the_pipeline_comes_out_translated() -> None:
    got = await Load().put(lines_per_s=100, seconds=1, first=0)
    assert (got["lines"], got["missing"]) == (100, 0)
    assert 0 < got["calls"] < got["lines_sent"], "lines gather for calls"
