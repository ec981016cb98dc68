"""What a room does together, in the pages: a poll, a question, a lucky draw that a viewer checks."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.api import Api
from tests.e2e.conftest import DESKTOP, PHONE, Person
from tests.e2e.merchant import studio_of
from tests.e2e.server import Server
from tests.e2e.viewer import say
from tests.e2e.words import Words

#: a busy machine takes its time
PATIENCE_MS = 30_000

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def opened(person: Person, room: str, **look: object) -> Page:
    page = person(**look).new_page()
    page.goto(f"/r/{room}")
    return page


def test_a_poll_a_question_and_a_draw(server: Server, person: Person, pictures: Path) -> None:
    expect.set_options(timeout=PATIENCE_MS)
    merchant = Api.account(server.url, "together@example.org", "Mila")
    room = merchant.live_show("Glazes together")
    studio = studio_of(person(viewport=DESKTOP), "together@example.org", room, "Take part")
    viewer = opened(person, room, viewport=PHONE)
    onlooker = opened(person, room, viewport=DESKTOP)
    thai, arab = Words("th"), Words("ar")
    reader = opened(person, room, viewport=PHONE, locale="ar", dark=True)

    panel = studio.get_by_role("tabpanel").filter(has=studio.get_by_role("heading", name="Lucky draw"))
    panel.get_by_label("What do you want to know?").fill("Which glaze shall I fire next?")
    panel.get_by_label("Option 1").fill("Celadon")
    panel.get_by_label("Option 2").fill("Tenmoku")
    panel.get_by_role("button", name="Open the poll").click()
    viewer.get_by_role("button", name="Which glaze shall I fire next?").click()
    sheet = viewer.get_by_role("dialog")
    sheet.get_by_role("radio", name="Celadon").check()
    sheet.get_by_role("radio", name="Tenmoku").check()
    onlooker.get_by_role("button", name="Which glaze shall I fire next?").click()
    onlooker.get_by_role("dialog").get_by_role("radio", name="Tenmoku").check()
    for page in (panel, sheet):
        expect(page.locator(".poll-option").nth(1)).to_contain_text("100 %")
        expect(page.get_by_text("2 votes ·")).to_be_visible()

    sheet.get_by_label("Your question").fill("How hot does it have to be?")
    sheet.get_by_role("button", name="Ask", exact=True).click()
    board = onlooker.get_by_role("dialog")
    board.get_by_role("button", name="Vote this question up").click()
    expect(panel.locator(".question-vote")).to_have_text("1")
    viewer.screenshot(path=pictures / "together-phone.png", animations="disabled")
    onlooker.screenshot(path=pictures / "together-desktop.png", animations="disabled")
    studio.screenshot(path=pictures / "together-studio.png", animations="disabled")
    panel.get_by_role("button", name="Mark as answered").click()
    expect(board.get_by_role("heading", name="Answered")).to_be_visible()
    panel.get_by_role("button", name="Close the poll").click()
    expect(sheet.get_by_text("Closed", exact=False).first).to_be_visible()
    expect(sheet.get_by_role("radio", name="Celadon")).to_be_disabled()

    panel.get_by_label("What can be won?").fill("The blue bowl")
    panel.get_by_label("Keyword").fill("blue bowl")
    panel.get_by_role("button", name="Open the draw").click()
    sheet.get_by_role("button", name="Enter the draw").click()
    expect(sheet.get_by_text("You are in. Good luck!")).to_be_visible()
    onlooker.get_by_role("button", name="Close", exact=True).click()
    say(onlooker, "Blue bowl", name="Noor")
    expect(panel.get_by_text("2 entries")).to_be_visible()
    reader.locator(".together-card").click()
    expect(reader.get_by_role("button", name=arab("Enter the draw"))).to_be_visible()
    reader.screenshot(path=pictures / "together-phone-arabic.png", animations="disabled")
    panel.get_by_role("button", name="Close entries").click()
    panel.get_by_role("button", name="Draw the winners").click()
    expect(panel.get_by_role("list", name="Winners").get_by_role("listitem")).to_have_count(1)
    sheet.get_by_text("How this draw is fair").click()
    sheet.get_by_role("button", name="Check this draw").click()
    for found in ("promised", "published", "follow from both", "is in the list"):
        expect(sheet.locator(".draw-check .is-right", has_text=found)).to_be_visible()
    viewer.screenshot(path=pictures / "together-checked-phone.png", animations="disabled")
    studio.screenshot(path=pictures / "together-studio-drawn.png", animations="disabled")

    late = opened(person, room, viewport=DESKTOP, locale="th", dark=True)
    late.locator(".together-card").click()
    expect(late.get_by_role("list", name=thai("Winners")).get_by_role("listitem")).to_have_count(1)
    late.screenshot(path=pictures / "together-desktop-thai.png", animations="disabled")


def test_reactions_are_a_sum_and_rise_where_motion_is_wanted(server: Server, person: Person) -> None:
    expect.set_options(timeout=PATIENCE_MS)
    merchant = Api.account(server.url, "hearts@example.org", "Mila")
    room = merchant.live_show("Glazes with hearts")
    giver, seer, calm = [opened(person, room, viewport=viewport) for viewport in (PHONE, DESKTOP, PHONE)]
    calm.emulate_media(reduced_motion="reduce")
    for page in (seer, calm):
        expect(page.get_by_role("button", name="Send a heart", exact=True)).to_be_visible()
    # Each flight is gone after two seconds: they are counted as they come.
    seer.evaluate("""() => {
      window.flights = 0;
      new MutationObserver((changes) => changes.forEach((change) => change.addedNodes.forEach((node) => {
        if (node.className === 'reaction') window.flights += 1;
      }))).observe(document.querySelector('.reactions'), { childList: true });
    }""")
    heart = giver.get_by_role("button", name=re.compile("^Send a heart"))
    for _ in range(4):
        heart.click()
    for page in (giver, seer, calm):
        expect(page.get_by_role("button", name="Send a heart, 4 reactions so far")).to_be_visible()
    seer.wait_for_function("window.flights === 4")
    expect(calm.locator(".reactions")).to_be_hidden()
    expect(seer.locator(".reactions")).to_be_visible()
    expect(seer.locator(".reactions")).to_have_attribute("aria-hidden", "true")
    expect(seer.locator(".reaction")).to_have_count(0)
    assert seer.evaluate("window.flights") == 4, "a sum is not shown twice"
