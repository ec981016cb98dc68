"""The announcer outlives a database that does not, and forgets nothing meanwhile."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from livehub.commerce import announcer as module
from livehub.commerce.announcer import Announcer
from livehub.commerce.catalog.model import Offer
from livehub.events import EventBus, OfferChanged
from livehub.storage.database import Database
from livehub.storage.offers import SqlOffers
from tests.commerce.selling import Show


class Stumbling(SqlOffers):
    """The real store, whose first reading fails in a way that nobody foresaw."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.failed = False

    async def by_ids(self, offer_ids: Sequence[str]) -> list[Offer]:
        if not self.failed:
            self.failed = True
            raise RuntimeError("the driver stumbled")
        return await super().by_ids(offer_ids)


class Slow(SqlOffers):
    """The real store, which is read only when the test says so."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.asked, self.go = asyncio.Event(), asyncio.Event()

    async def by_ids(self, offer_ids: Sequence[str]) -> list[Offer]:
        self.asked.set()
        await self.go.wait()
        return await super().by_ids(offer_ids)


async def test_who_wants_all_told_waits_for_what_is_being_told(show: Show, database: Database) -> None:
    bus, offers = EventBus(), Slow(database)
    seen: list[Any] = []
    bus.subscribe(OfferChanged, seen.append)
    announcer = Announcer(offers, bus)
    announcer.touch([show.offer["id"]])
    first = asyncio.create_task(announcer.flush())
    await offers.asked.wait()
    second = asyncio.create_task(announcer.flush())
    second.add_done_callback(lambda _: seen.append("told"))
    await asyncio.sleep(0)
    offers.go.set()
    await asyncio.gather(first, second)
    assert [event if event == "told" else event.offer["id"] for event in seen] == [show.offer["id"], "told"]


async def test_what_could_not_be_announced_is_announced_later(
    show: Show, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_S", 0.01)
    bus, told, offers = EventBus(), asyncio.Event(), Stumbling(database)
    seen: list[Any] = []

    def hear(event: OfferChanged) -> None:
        seen.append(event.offer["id"])
        told.set()

    bus.subscribe(OfferChanged, hear)
    announcer = Announcer(offers, bus, interval_s=0)
    announcer.start()
    try:
        announcer.touch([show.offer["id"]])
        async with asyncio.timeout(5):
            await told.wait()
    finally:
        await announcer.close()
    assert (offers.failed, seen) == (True, [show.offer["id"]])
