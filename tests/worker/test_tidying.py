"""Tidying is done at once and again, and one failure is not the end of it."""

import asyncio

import pytest

from livehub.worker.tidying import Tidying


async def test_it_is_done_again_after_a_failure(caplog: pytest.LogCaptureFixture) -> None:
    done: list[int] = []
    twice = asyncio.Event()

    async def tidy() -> None:
        done.append(len(done))
        if len(done) == 1:
            raise ConnectionError("the database is away")
        twice.set()

    tidying = Tidying(tidy, every_s=0)
    tidying.start()
    await twice.wait()
    await tidying.close()
    await tidying.close()
    assert done[:2] == [0, 1]
    assert "tidying failed" in caplog.text


async def test_closing_ends_what_waits() -> None:
    begun = asyncio.Event()

    async def tidy() -> None:
        begun.set()

    tidying = Tidying(tidy)
    tidying.start()
    await begun.wait()
    await tidying.close()
