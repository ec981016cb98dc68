"""A merchant puts right what an engine made of a poll, an announcement, a bundle: who watches reads it at once."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.api import PASSWORD, Api
from tests.e2e.conftest import DESKTOP, Person
from tests.e2e.merchant import studio_of
from tests.e2e.server import Server
from tests.e2e.test_languages import fits, has_letters, merchant_polls
from tests.e2e.test_pages import inaccessible
from tests.e2e.test_widths import NARROW, change_language, cut_off
from tests.e2e.translating import translating
from tests.e2e.words import Words

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

EMAIL = "words@example.org"
TITLE = "Tea from four corners"
SAID = {
    "th": {
        TITLE: "ชาจากสี่ทิศ",
        "Which one next?": "ตัวไหนต่อไป",
        "The green one": "ตัวสีเขียว",
        "The black one": "ตัวสีดำ",
        "Free cups today": "ถ้วยฟรีวันนี้",
        "Tea for two": "ชาสำหรับสองคน",
    },
    "ar": {TITLE: "شاي من أربع جهات", "Which one next?": "أيهما التالي؟", "Free cups today": "أكواب مجانية اليوم"},
}
PRICE = {"amount_minor": 2000, "currency": "EUR"}


@pytest.fixture(scope="module")
def speaking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with translating(tmp_path_factory.mktemp("wording"), SAID) as server:
        yield server


@pytest.fixture(scope="module")
def merchant(speaking: Server) -> Api:
    return Api.account(speaking.url, EMAIL, "Mila")


@pytest.fixture(scope="module")
def room(merchant: Api) -> str:
    return merchant.live_show(TITLE)


def signed_in(person: Person, server: Server, path: str, **look: Any) -> Page:
    context = person(url=server.url, **look)
    assert context.request.post("/api/v1/sessions", data={"email": EMAIL, "password": PASSWORD}).ok
    page = context.new_page()
    page.goto(path)
    return page


def sheet_of(page: Page, words: Words, language: str) -> Locator:
    sheet = page.get_by_role("dialog", name=words("In other languages"))
    sheet.get_by_label(words("Language"), exact=True).select_option(language)
    return sheet


def put_right(sheet: Locator, source: str, text: str) -> Locator:
    """Its card."""
    card = sheet.get_by_role("listitem").filter(has=sheet.page.get_by_role("group", name=source, exact=True)).first
    card.get_by_role("textbox").fill(text)
    card.get_by_role("button", name="Save").click()
    expect(card).to_contain_text("Written by you")
    expect(card).to_be_focused()
    return card


def test_what_an_engine_made_is_put_right_before_the_viewers_eyes(
    speaking: Server, merchant: Api, room: str, person: Person, pictures: Path
) -> None:
    thai = Words("th")
    viewer = person(url=speaking.url, viewport=NARROW, locale="th").new_page()
    viewer.goto(f"/r/{room}")
    studio = studio_of(person(url=speaking.url, viewport=DESKTOP, bypass_csp=True), EMAIL, room, "Take part")
    merchant_polls(studio)
    card = viewer.locator(".together-card")
    expect(card).to_contain_text("ตัวไหนต่อไป")
    viewer.evaluate("() => { window.stayed = true; }")

    # The poll: from beside it, at its question.
    opener = studio.locator(".together").get_by_role("button", name="In other languages")
    opener.click()
    sheet = sheet_of(studio, Words("en"), "th")
    poll = put_right(sheet, "Which one next?", "ต่อไปเอาตัวไหนดี")
    expect(card).to_contain_text("ต่อไปเอาตัวไหนดี")
    put_right(sheet, "The green one", "ชาเขียว")
    card.click()
    expect(viewer.get_by_role("dialog").locator(".poll-text").first).to_have_text("ชาเขียว")
    viewer.screenshot(path=pictures / "wording-viewer-th-phone.png", animations="disabled")
    viewer.keyboard.press("Escape")
    assert inaccessible(studio) == []
    studio.screenshot(path=pictures / "wording-studio-desktop.png", animations="disabled")

    # And back again.
    poll.get_by_role("button", name="Back to the machine’s").click()
    question = studio.get_by_role("dialog", name="Back to the machine’s translation?")
    expect(question).to_contain_text("ต่อไปเอาตัวไหนดี")
    question.get_by_role("button", name="Take mine away").click()
    expect(question).to_have_count(0)
    expect(card).to_contain_text("ตัวไหนต่อไป")
    studio.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    expect(opener).to_be_focused()

    # The announcement: from its line.
    studio.get_by_role("tab", name="Chat").click()
    studio.get_by_role("button", name="Announcement").click()
    studio.get_by_role("textbox", name="Message").fill("Free cups today")
    studio.get_by_role("textbox", name="Message").press("Enter")
    banner = viewer.get_by_role("complementary", name=thai("Announcement"))
    expect(banner).to_contain_text("ถ้วยฟรีวันนี้")
    studio.get_by_role("button", name="What to do about the line of Mila").click()
    studio.get_by_role("dialog").get_by_role("button", name="In other languages").click()
    sheet = sheet_of(studio, Words("en"), "th")
    put_right(sheet, "Free cups today", "วันนี้แจกถ้วยฟรี")
    expect(banner).to_contain_text("วันนี้แจกถ้วยฟรี")
    expect(viewer.locator(".overlay-chat .chat-text").last).to_have_text("วันนี้แจกถ้วยฟรี")

    # And back from the pinned line.
    studio.keyboard.press("Escape")
    studio.get_by_role("button", name="What to do about the line of Mila").click()
    studio.get_by_role("dialog").get_by_role("button", name="Pin for everybody").click()
    expect(viewer.locator(".pinned-line")).to_contain_text("วันนี้แจกถ้วยฟรี")
    studio.locator(".pinned-line").get_by_role("button", name="In other languages").click()
    line = sheet.get_by_role("listitem").filter(has_text="Free cups today").first
    expect(line).to_be_focused()
    line.get_by_role("button", name="Back to the machine’s").click()
    studio.get_by_role("dialog").last.get_by_role("button", name="Take mine away").click()
    expect(viewer.locator(".pinned-line")).to_contain_text("ถ้วยฟรีวันนี้")
    expect(banner).to_contain_text("ถ้วยฟรีวันนี้")
    assert viewer.evaluate("() => window.stayed"), "the page was loaded anew"


def test_a_bundle_is_put_right_at_the_desk(
    speaking: Server, merchant: Api, room: str, person: Person, pictures: Path
) -> None:
    offer = merchant.call("GET", f"/rooms/{room}/offers")["items"][0]["id"]
    body = {"title": "Tea for two", "price": PRICE, "quantity": 3, "parts": [{"offer": offer, "quantity": 2}]}
    bundle = merchant.call("POST", f"/rooms/{room}/bundles", body)["id"]
    merchant.call("PUT", f"/offers/{bundle}/pin")
    viewer = person(url=speaking.url, viewport=NARROW, locale="th").new_page()
    viewer.goto(f"/r/{room}")
    title = viewer.locator(".pinned-title")
    expect(title).to_contain_text("ชาสำหรับสองคน")
    desk = signed_in(person, speaking, "/desk#languages", viewport=NARROW, bypass_csp=True)
    desk.get_by_role("button", name="Read and correct").click()
    sheet = sheet_of(desk, Words("en"), "th")
    card = put_right(sheet, "Tea for two", "ชุดชาคู่")
    expect(title).to_contain_text("ชุดชาคู่")
    assert inaccessible(desk) == []
    assert cut_off(desk) == []
    desk.screenshot(path=pictures / "wording-desk-phone.png", animations="disabled")
    card.get_by_role("textbox").fill("")
    card.get_by_role("button", name="Save").click()
    desk.get_by_role("dialog").last.get_by_role("button", name="Take mine away").click()
    expect(title).to_contain_text("ชาสำหรับสองคน")


def test_words_that_are_not_saved_are_not_lost(speaking: Server, room: str, person: Person, pictures: Path) -> None:
    page = signed_in(person, speaking, f"/studio/{room}", viewport=NARROW)
    page.get_by_role("tab", name="Languages").click()
    page.get_by_role("button", name="Read and correct").click()
    sheet = sheet_of(page, Words("en"), "fr")
    field = sheet.get_by_role("group", name=TITLE, exact=True).get_by_role("textbox")
    field.fill("Du thé des quatre coins du monde")
    sheet.get_by_label("Language", exact=True).select_option("es")
    expect(field).not_to_have_value("Du thé des quatre coins du monde")
    question = page.get_by_role("dialog", name="Close without saving?")
    for _ in range(3):  # a browser asks once whether Escape may be refused, and closes then
        page.keyboard.press("Escape")
        expect(question).to_be_visible()
        page.keyboard.press("Escape")
        expect(question).to_have_count(0)
        expect(sheet).to_be_visible()
    page.keyboard.press("Escape")
    page.screenshot(path=pictures / "wording-unsaved-phone.png", animations="disabled")

    page.reload()
    page.get_by_role("tab", name="Languages").click()
    page.get_by_role("button", name="Read and correct").click()
    sheet.get_by_label("Language", exact=True).select_option("fr")
    expect(sheet).to_contain_text("Your unsaved changes are back.")
    expect(field).to_have_value("Du thé des quatre coins du monde")
    page.keyboard.press("Escape")
    question.get_by_role("button", name="Close without saving").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("button", name="Read and correct").click()
    expect(field).not_to_have_value("Du thé des quatre coins du monde")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_an_engine_drafts_what_is_missing_and_says_what_it_cannot(
    speaking: Server, merchant: Api, person: Person, pictures: Path
) -> None:
    room = merchant.live_show("Cups and saucers")
    merchant.call("PATCH", f"/rooms/{room}", {"description": "Made by hand in the mountains."})
    page = signed_in(person, speaking, f"/studio/{room}", viewport=DESKTOP)
    page.get_by_role("tab", name="Languages").click()
    page.get_by_role("button", name="Read and correct").click()
    sheet = sheet_of(page, Words("en"), "fr")
    expect(sheet.get_by_role("progressbar")).to_have_attribute("value", "0")
    sheet.get_by_role("button", name="Draft all that is missing").click()
    expect(sheet.get_by_role("group", name="Cups and saucers").get_by_role("textbox")).to_have_value(
        "fr(Cups and saucers)"
    )
    expect(sheet.get_by_role("button", name="Draft all that is missing")).to_have_count(0)
    sheet.get_by_label("Language", exact=True).select_option("vi")  # which the engine has no model for
    card = sheet.get_by_role("group", name="Cups and saucers")
    card.get_by_role("button", name="Translate").click()
    expect(card.get_by_role("alert")).to_contain_text("Write it yourself")
    page.screenshot(path=pictures / "wording-no-engine-desktop.png", animations="disabled")
    sheet.get_by_role("button", name="Draft all that is missing").click()
    expect(sheet.locator(".wording-progress").get_by_role("alert")).to_contain_text("No engine has 2 of them")
    card.get_by_role("textbox").fill("Tách và đĩa")
    card.get_by_role("textbox").press("Enter")
    expect(card).to_contain_text("Written by you")
    sheet.get_by_label("Language", exact=True).select_option("en")
    expect(sheet).to_contain_text("All of it is written in this language.")


def test_a_co_host_words_what_a_co_host_may_say(
    speaking: Server, merchant: Api, person: Person, pictures: Path
) -> None:
    """The room's title is the host's; so are its glossary, and the products that the sheet says where to find."""
    room = merchant.live_show("Cups for two")
    helper = Api.account(speaking.url, "helper@example.org", "Noor")
    identity = helper.call("GET", "/me")["id"]
    merchant.call("PUT", f"/rooms/{room}/members/{identity}/role", {"role": "cohost"})
    context = person(url=speaking.url, viewport=NARROW)
    studio = studio_of(context, "helper@example.org", room, "Languages")
    expect(studio.get_by_role("button", name="Add a word")).to_have_count(0)
    studio.get_by_role("button", name="Read and correct").click()
    sheet = studio.get_by_role("dialog", name="In other languages")
    expect(sheet).to_contain_text("Nothing to translate yet")
    studio.screenshot(path=pictures / "wording-empty-phone.png", animations="disabled")
    studio.keyboard.press("Escape")
    studio.get_by_role("tab", name="Take part").click()
    merchant_polls(studio)
    studio.locator(".together").get_by_role("button", name="In other languages").click()
    put_right(sheet_of(studio, Words("en"), "th"), "Which one next?", "ต่อไปเอาตัวไหนดี")
    expect(sheet.get_by_role("listitem")).to_have_count(3)
    expect(sheet.get_by_role("link")).to_have_count(0)
    host = signed_in(person, speaking, f"/studio/{room}", viewport=NARROW)
    host.get_by_role("tab", name="Languages").click()
    host.get_by_role("button", name="Read and correct").click()
    sheet = sheet_of(host, Words("en"), "th")
    expect(sheet.get_by_role("group", name="Which one next?").get_by_role("textbox")).to_have_value("ต่อไปเอาตัวไหนดี")
    expect(sheet.get_by_role("link")).to_have_attribute("href", "/desk#products")


def test_an_arabic_merchant_at_phone_width(
    speaking: Server, merchant: Api, room: str, person: Person, pictures: Path
) -> None:
    page, words = signed_in(person, speaking, f"/studio/{room}", viewport=NARROW, bypass_csp=True), Words("ar")
    page.locator(".locale-picker select").first.wait_for(state="attached")
    change_language(page, "ar")
    page.get_by_role("tab", name=words("Languages")).click()
    page.get_by_role("button", name=words("Read and correct")).click()
    sheet = sheet_of(page, words, "ar")
    card = sheet.get_by_role("group", name=TITLE, exact=True)
    source = sheet.locator(".wording-source", has_text=TITLE)
    assert source.evaluate("e => getComputedStyle(e).direction") == "ltr"
    field = card.get_by_role("textbox")
    field.fill("شاي من جهات الأرض الأربع")
    expect(field).to_have_attribute("lang", "ar")
    assert field.evaluate("e => getComputedStyle(e).direction") == "rtl"
    has_letters(page, "شاي من جهات الأرض الأربع")
    card.get_by_role("button", name=words("Save")).click()
    expect(card).to_contain_text(words("Written by you"))
    fits(page)
    assert cut_off(page) == []
    assert inaccessible(page) == []
    page.screenshot(path=pictures / "wording-ar-phone.png", animations="disabled")
    sheet.get_by_label(words("Language"), exact=True).select_option("th")
    assert field.evaluate("e => [e.lang, getComputedStyle(e).direction]") == ["th", "ltr"]
    page.screenshot(path=pictures / "wording-ar-th-phone.png", animations="disabled")
