"""That the pieces of the translation benchmark run; it is run by hand itself."""

from livehub.bench.translation import Load


async def test_every_line_that_is_put_through_the_pipeline_comes_out_translated() -> None:
    got = await Load().put(lines_per_s=100, seconds=1, first=0)
    assert (got["lines"], got["missing"]) == (100, 0)
    assert 0 < got["calls"] < got["lines_sent"], "lines gather for calls"
