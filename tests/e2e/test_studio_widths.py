"""The studio at phone width in all eleven languages: before the show, on air at each of its tabs, and the report."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.api import PASSWORD, Api
from tests.e2e.conftest import Person
from tests.e2e.server import Server
from tests.e2e.test_widths import LOCALES, NARROW, SAID, change_language, cut_off
from tests.e2e.viewer import say

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

#: what of the strip of figures stands over its neighbour, or is wider than its place; it may be longer than the phone
STRIP = """() => {
  const items = [...document.querySelectorAll('.strip > *')];
  const found = [];
  const boxes = items.map((item) => item.getBoundingClientRect()).sort((one, other) => one.left - other.left);
  boxes.forEach((box, index) => {
    if (index && boxes[index - 1].right > box.left + 1) found.push(`item ${index} stands over the one beside it`);
  });
  for (const { scrollWidth, clientWidth, textContent } of items) {
    if (scrollWidth > clientWidth + 1) found.push(`${textContent} leaves its place`);
  }
  return found;
}"""

EMAIL = "narrow-studio@example.org"
Opened = Callable[[str], Page]


@pytest.fixture(scope="module")
def merchant(server: Server) -> Api:
    return Api.account(server.url, EMAIL, "Maximiliana")


@pytest.fixture
def opened(person: Person) -> Opened:
    """A page of the merchant's, at a path."""
    context = person(viewport=NARROW)
    assert context.request.post("/api/v1/sessions", data={"email": EMAIL, "password": PASSWORD}).ok

    def at(path: str) -> Page:
        page = context.new_page()
        page.emulate_media(reduced_motion="reduce")  # panels stand where they are at once
        page.goto(path)
        page.locator(".locale-picker select").first.wait_for(state="attached")
        page.evaluate("() => { window.stayed = true; }")
        return page

    return at


def bought(server: Server, merchant: Api, room: str, quantity: int) -> None:
    """A paid order, so that the figures are not zero."""
    buyer = Api.account(server.url, f"buyer-{room.lower()}@example.org", "Noor")
    offer = buyer.call("GET", f"/rooms/{room}/offers")["items"][0]["id"]
    body = {
        "room": room, "lines": [{"offer": offer, "quantity": quantity}], "delivery": {"method": "pickup"},
        "contact": {"name": "Noor"}, "payment_provider": "manual",
    }  # fmt: skip
    order = buyer.call("POST", "/orders", body, **{"Idempotency-Key": room})["id"]
    merchant.call("POST", f"/orders/{order}/paid")


def measured(page: Page, pictures: Path, name: str) -> dict[str, list[str]]:
    """Language → what does not fit, the panels one after the other where there are any, and theirs."""
    complaints: dict[str, list[str]] = {}

    def look(tag: str, where: str) -> None:
        found = [f"{where}: {each}" for each in cut_off(page)]
        if found:
            complaints.setdefault(tag, []).extend(found)
        if tag in SAID:
            page.screenshot(path=pictures / f"{name}-{tag}-{where or 'whole'}-narrow.png", animations="disabled")

    panels = page.locator(".swipe > .tab-list > .tab")
    inner = page.locator(".swipe-panel:not([inert]) [role=tab]")
    for tag in LOCALES:
        change_language(page, tag)
        if not panels.count():
            look(tag, "")
        for index in range(panels.count()):
            panels.nth(index).click()
            expect(panels.nth(index)).to_have_attribute("aria-selected", "true")
            look(tag, f"{index}")
            for part in range(inner.count()):
                inner.nth(part).click()
                look(tag, f"{index}-{part}")
    assert page.evaluate("() => window.stayed"), "the page was loaded anew"
    return complaints


def test_before_the_show(merchant: Api, opened: Opened, pictures: Path) -> None:
    room = merchant.live_show("Tea from the four corners of the world", start=False)
    page = opened(f"/studio/{room}")
    page.locator("main").wait_for()
    assert measured(page, pictures, "studio-before") == {}


def test_on_air(server: Server, merchant: Api, person: Person, opened: Opened, pictures: Path) -> None:
    room = merchant.live_show("Tea from the four corners of the world", stock=2_000)
    bought(server, merchant, room, 987)
    viewer = person(viewport=NARROW).new_page()
    viewer.goto(f"/r/{room}")
    say(viewer, "Is the tea of this year, and does it keep until the next?", name="Noor")
    page = opened(f"/studio/{room}")
    page.locator(".strip").wait_for()
    assert measured(page, pictures, "studio-live") == {}
    record = page.locator(".strip-recording")
    overlaps: dict[str, list[str]] = {}
    for tag in LOCALES:
        change_language(page, tag)
        expect(page.locator(".on-air-tabs > .tab-list > .tab[aria-selected=true]")).to_be_in_viewport(ratio=0.99)
        record.scroll_into_view_if_needed()
        expect(record).to_be_in_viewport(ratio=0.99)
        if found := page.evaluate(STRIP):
            overlaps[tag] = found
        if tag in SAID:
            page.screenshot(path=pictures / f"studio-live-{tag}-strip-narrow.png", animations="disabled")
    assert overlaps == {}


def test_the_measure_of_the_strip_finds_what_stands_over_another(merchant: Api, opened: Opened) -> None:
    room = merchant.live_show("Tea")
    page = opened(f"/studio/{room}")
    page.locator(".strip-recording").wait_for()
    assert page.evaluate(STRIP) == []
    # without motion every change still takes its hundredth of a millisecond
    spoiled = (
        "async () => { document.querySelector('.strip-item').style.cssText = '%s';"
        " await new Promise((done) => setTimeout(done, 50)); return (%s)(); }"
    )
    narrow = page.evaluate(spoiled % ("min-inline-size:0;inline-size:10px", STRIP))
    moved = page.evaluate(spoiled % ("position:relative;left:60px", STRIP))
    assert any("leaves its place" in each for each in narrow)
    assert any("stands over" in each for each in moved)


def test_the_report(server: Server, merchant: Api, opened: Opened, pictures: Path) -> None:
    room = merchant.live_show("Tea from the four corners of the world", stock=2_000)
    bought(server, merchant, room, 987)
    merchant.call("POST", f"/rooms/{room}/end")
    page = opened(f"/studio/{room}")
    page.locator(".report-stats").wait_for()
    assert measured(page, pictures, "studio-report") == {}
