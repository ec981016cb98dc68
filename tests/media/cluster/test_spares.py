"""Whoever takes a spare process and is gone meanwhile leaves nothing behind."""

import asyncio

import pytest

from livehub.media.cluster.link import WorkerLink
from livehub.media.cluster.spares import Spares
from livehub.media.limits import ClusterLimits

pytestmark = pytest.mark.timeout(120)
LIMITS = ClusterLimits(spares=0)


async def test_a_spare_that_died_is_waited_for_though_its_taker_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    spares, link = Spares(LIMITS), WorkerLink(LIMITS)
    await link.launch()
    spares._waiting.append(link)
    reaping, reap = asyncio.Event(), link.reap

    async def held_up() -> int:
        reaping.set()
        await asyncio.Event().wait()
        return await reap()

    monkeypatch.setattr(link, "reap", held_up)
    link.is_gone = True
    taking = asyncio.create_task(spares.take())
    await reaping.wait()
    taking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await taking
    await spares.close()
    assert link._process is not None
    assert link._process.returncode is not None
