"""What a link to a room shows elsewhere: its calendar entry, its card, the head of its page for who runs no script."""

import asyncio
import html.parser
import io
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from PIL import Image

from livehub.clock import ManualClock
from livehub.rooms.model import Room
from livehub.web import card
from tests.web.conftest import PUBLIC_URL, Site


def picture(width: int, height: int, colour: str = "orange") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, "WEBP")
    return out.getvalue()


class Head(html.parser.HTMLParser):
    """The meta elements of a page, as a crawler reads them."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag == "meta" and (name := named.get("property") or named.get("name")):
            self.found[name] = named.get("content") or ""


@pytest.mark.parametrize("size", [(1280, 720), (540, 960), (3, 3), (2400, 100)])
def test_a_card_is_the_same_size_whatever_the_picture(size: tuple[int, int]) -> None:
    with Image.open(io.BytesIO(card.draw(picture(*size), "room_1"))) as made:
        assert (made.size, made.format) == ((1200, 630), "JPEG")
        red, green, blue = made.convert("RGB").getpixel((600, 315))  # type: ignore[misc]
        assert (red > 200, 120 < green < 200, blue < 60) == (True, True, True)


def test_a_room_without_a_picture_has_a_plain_card() -> None:
    with Image.open(io.BytesIO(card.draw(None, "room_1"))) as made:
        assert made.size == (1200, 630)


async def test_those_who_come_together_share_one_drawing(clock: ManualClock) -> None:
    asked: list[str] = []

    async def picture_of(room: Room) -> bytes | None:
        asked.append(room.id)
        return picture(64, 64)

    class Named:
        id = "room_1"

    room: Any = Named()
    cards = card.Cards(picture_of, clock)
    first = await cards.of(room)
    assert await cards.of(room) == first
    clock.advance(card.FRESH_S)
    await cards.of(room)
    assert asked == ["room_1", "room_1"]


async def test_the_cards_of_so_many_rooms_are_waited_for(
    site: Site, problem_of: Callable[[Any], Awaitable[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others are told when to come; who asks for a room that is being drawn waits with the rest, and a card that
    is there is given at once."""
    host = await site.account("Host")
    body = {"kind": "show", "title": "Pots", "locale": "en"}
    rooms = [
        f"/api/v1/rooms/{(await (await host.post('/api/v1/rooms', json=body)).json())['id']}/card"
        for _ in range(card.MAX_WAITING + 2)
    ]
    drawn, *waiting, late = rooms
    assert (await host.get(drawn)).status == 200
    release, cards, held = asyncio.Event(), site.app[card.CARDS], set()

    async def hold(room: Room) -> None:
        held.add(room.id)
        await release.wait()

    monkeypatch.setattr(cards, "_picture_of", hold)
    asked = [asyncio.ensure_future(host.get(path)) for path in waiting]
    async with asyncio.timeout(10):
        while len(cards._waiting) < card.MAX_WAITING:
            await asyncio.sleep(0.01)
        refused = await host.get(late)
        assert (refused.status, (await problem_of(refused))["code"]) == (503, "overloaded")
        assert refused.headers["Retry-After"] == "2"
        assert (await host.get(drawn)).status == 200
        asked.append(asyncio.ensure_future(host.get(waiting[-1])))
        while cards._waiting[waiting[-1].split("/")[4]] < 2:
            await asyncio.sleep(0.01)
        assert len(held) == 2
        release.set()
        assert {answer.status for answer in await asyncio.gather(*asked)} == {200}
        assert (await host.get(late)).status == 200
    assert not cards._waiting


async def test_the_page_tells_crawlers_title_words_and_picture(site: Site) -> None:
    host = await site.account("Host")
    words = 'Bowls <b>& "cups"</b>'
    body = {"kind": "show", "title": words, "locale": "en", "visibility": "public", "description": "Two\nkilns"}
    room = (await (await host.post("/api/v1/rooms", json=body)).json())["id"]
    crawler = await site.client()
    text = await (await crawler.get(f"/r/{room}", headers={"User-Agent": "facebookexternalhit/1.1"})).text()
    head = Head()
    head.feed(text)
    assert head.found["og:title"] == f"{words} · livehub"
    assert head.found["og:description"] == "Two kilns"
    assert head.found["og:image"] == f"{PUBLIC_URL}/api/v1/rooms/{room}/card"
    assert head.found["og:url"] == f"{PUBLIC_URL}/r/{room}"
    assert head.found["twitter:card"] == "summary_large_image"
    assert "<b>" not in text


async def test_without_words_the_host_is_named_and_a_private_room_shows_nothing(site: Site) -> None:
    host = await site.account("Host")
    body = {"kind": "show", "title": "Pots", "locale": "en", "visibility": "private"}
    room = (await (await host.post("/api/v1/rooms", json=body)).json())["id"]
    head = Head()
    head.feed(await (await host.get(f"/r/{room}")).text())
    assert head.found["og:description"] == "Host"
    assert "og:image" not in head.found
    stranger = Head()
    stranger.feed(await (await (await site.client()).get(f"/r/{room}", headers={"Accept": "text/html"})).text())
    assert "Pots" not in stranger.found["og:title"]


async def test_the_calendar_entry_and_the_card_over_http(
    site: Site, problem_of: Callable[[Any], Awaitable[dict[str, Any]]]
) -> None:
    host = await site.account("Host")
    body = {"kind": "show", "title": "Pots", "locale": "en", "starts_at": "2026-06-01T18:00:00Z"}
    room = (await (await host.post("/api/v1/rooms", json=body)).json())["id"]
    stranger = await site.client()
    answer = await stranger.get(f"/api/v1/rooms/{room}/calendar.ics")
    assert (answer.status, answer.content_type) == (200, "text/calendar")
    assert f"URL:{PUBLIC_URL}/r/{room}" in (await answer.text()).replace("\r\n ", "")
    made = await stranger.get(f"/api/v1/rooms/{room}/card")
    assert (made.status, made.content_type) == (200, "image/jpeg")
    assert made.headers["Cache-Control"].startswith("public")
    plain = (await (await host.post("/api/v1/rooms", json={**body, "starts_at": None})).json())["id"]
    assert (await problem_of(await stranger.get(f"/api/v1/rooms/{plain}/calendar.ics")))["code"] == "not_planned"
    await host.patch(f"/api/v1/rooms/{room}", json={"visibility": "private"})
    for path in ("calendar.ics", "card"):
        assert (await problem_of(await stranger.get(f"/api/v1/rooms/{room}/{path}")))["code"] == "room_not_found"
    assert (await host.get(f"/api/v1/rooms/{room}/calendar.ics")).status == 200
    assert (await host.get(f"/api/v1/rooms/{room}/card")).status == 404
