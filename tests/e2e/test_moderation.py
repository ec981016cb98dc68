"""Moderating in the pages: a rule, a line that waits, a report, a ban that holds against another name, and undoing."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.api import PASSWORD, Api
from tests.e2e.conftest import DESKTOP, PHONE, Person
from tests.e2e.server import Server
from tests.e2e.viewer import say
from tests.e2e.words import Words

#: a busy machine takes its time
PATIENCE_MS = 30_000

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def studio_of(person: Person, room: str, viewport: dict[str, int], locale: str = "en") -> Page:
    context = person(viewport=viewport, locale=locale, dark=locale != "en")
    context.set_default_timeout(PATIENCE_MS)
    assert context.request.post("/api/v1/sessions", data={"email": "desk@example.org", "password": PASSWORD}).ok
    assert context.request.patch("/api/v1/me", data={"locale": locale}).ok
    page = context.new_page()
    page.goto(f"/studio/{room}")
    page.get_by_role("tab", name=Words(locale)("Moderation")).first.click()
    return page


def test_a_moderator_decides_bans_and_undoes(server: Server, person: Person, pictures: Path) -> None:
    expect.set_options(timeout=PATIENCE_MS)
    room = Api.account(server.url, "desk@example.org", "Mila").live_show("Calm waters")
    studio = studio_of(person, room, PHONE)
    rude_context, viewer_context = person(viewport=PHONE), person(viewport=DESKTOP)
    rude, viewer = rude_context.new_page(), viewer_context.new_page()
    for page in (rude, viewer):
        page.goto(f"/r/{room}")

    desk = studio.get_by_role("tabpanel").filter(has=studio.get_by_role("tab", name="Rules"))
    desk.get_by_role("tab", name="Rules").click()
    desk.get_by_label("Words that a moderator looks at").fill("bargain*")
    desk.get_by_label("Words that are refused").fill("idiot")
    desk.get_by_label("Slow mode").scroll_into_view_if_needed()
    studio.screenshot(path=pictures / "moderation-rules-phone.png", animations="disabled")
    desk.get_by_role("button", name="Save the rules").click()
    expect(studio.get_by_text("The rules hold from now on.").first).to_be_visible()

    say(rude, "my own b@rgains here", name="Rudy")
    expect(rude.get_by_text("A moderator looks at this line first")).to_be_visible()
    rude.screenshot(path=pictures / "moderation-held-phone.png", animations="disabled")
    say(rude, "you 1d10t")
    expect(rude.get_by_text("A word in this line is not wanted here.").first).to_be_visible()

    desk.get_by_role("tab", name="To decide").click()
    expect(desk.get_by_text("Held for the word “bargain*”")).to_be_visible()
    desk.get_by_role("button", name="Show it").click()
    line = viewer.locator(".chat-line").filter(has_text="my own b@rgains here")
    expect(line).to_be_visible()

    # Somebody reports it; they need a name first, which they give with a line of their own.
    say(viewer, "hello", name="Vera")
    line.get_by_role("button", name="What to do about the line of Rudy").click()
    report = viewer.get_by_role("dialog")
    report.get_by_role("button", name="Report this line").click()
    report.get_by_label("Advertising or spam").check()
    viewer.screenshot(path=pictures / "moderation-report-desktop.png", animations="disabled")
    report.get_by_role("button", name="Report", exact=True).click()
    expect(viewer.get_by_text("Thank you. The moderators look at it.").first).to_be_visible()
    expect(desk.get_by_text("1 report")).to_be_visible()
    studio.screenshot(path=pictures / "moderation-queue-phone.png", animations="disabled")

    # The author is banned, and comes back under another name in vain.
    desk.get_by_role("button", name="Rudy").click()
    member = studio.get_by_role("dialog")
    member.get_by_role("button", name="Ban from the show").click()
    member.get_by_label("Reason").fill("advertises")
    studio.screenshot(path=pictures / "moderation-ban-phone.png", animations="disabled")
    member.get_by_role("button", name="Ban", exact=True).click()
    expect(rude.get_by_text("You can no longer take part in this show").first).to_be_visible()
    rude_context.clear_cookies(name="livehub_guest")
    assert rude_context.request.post("/api/v1/guests", data={"display_name": "Trudy", "locale": "en"}).ok
    rude.goto(f"/r/{room}")
    expect(rude.get_by_text("You can no longer take part in this show").first).to_be_visible()

    desk.get_by_role("button", name="Delete the line").click()
    expect(line).to_be_hidden()
    desk.get_by_role("tab", name="Log").click()
    banned = desk.get_by_role("listitem").filter(has_text="Rudy was banned")
    expect(banned).to_contain_text("advertises")
    deleted = desk.get_by_role("listitem").filter(has_text="A line of Rudy was deleted")
    deleted.get_by_role("button", name="Undo").click()
    expect(line).to_be_visible()
    expect(deleted.get_by_text("Undone")).to_be_visible()
    studio.screenshot(path=pictures / "moderation-log-phone.png", animations="disabled")
    banned.get_by_role("button", name="Undo").click()
    expect(banned.get_by_text("Undone")).to_be_visible()
    rude.goto(f"/r/{room}")
    expect(rude.get_by_role("textbox", name="Message")).to_be_visible()

    arab = studio_of(person, room, DESKTOP, "ar")
    arab.get_by_role("tab", name=Words("ar")("Log")).click()
    expect(arab.get_by_text("advertises").first).to_be_visible()
    arab.screenshot(path=pictures / "moderation-log-desktop-arabic.png", animations="disabled")
