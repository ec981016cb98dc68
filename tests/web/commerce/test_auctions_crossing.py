"""Answers that cross events: which of them is of later can be told by the server's clock."""

from typing import Any

import pytest

from livehub.events import AuctionChanged
from livehub.rooms.access import Access
from tests.commerce.selling import SellingSite, open_show, until
from tests.web.commerce.test_auctions import bid, start


async def test_news_of_what_happened_while_an_answer_was_made_is_later_than_it(
    site: SellingSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    show = await open_show(site)
    auction = await start(show)
    desk = site.commerce.auctions
    read = desk.in_room

    async def slow(access: Access) -> Any:
        found = await read(access)
        site.clock.advance(1)
        await bid(show, auction, site.guest("Ana"), 3000)
        return found

    async def told() -> Any:
        return next((one for one in site.events if isinstance(one, AuctionChanged) and one.auction["bids"]), None)

    monkeypatch.setattr(desk, "in_room", slow)
    [listed] = (await show.merchant.ok("GET", f"/rooms/{show.room['id']}/auctions"))["items"]
    event = await until(told, "the event of the bid")
    assert listed["bids"] == 0
    assert listed["now"] < event.auction["now"]
