"""A room in four scripts: lines, titles, a poll and a question in the reader's language, the original one tap away,
"this is wrong", the glossary at the desk, a product's own words, and a budget that is used up."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from livehub.testing.troubled_server import in_a_thread
from tests.e2e.api import PASSWORD, Api
from tests.e2e.conftest import DESKTOP, Person
from tests.e2e.merchant import studio_of
from tests.e2e.server import Server
from tests.e2e.test_widths import change_language
from tests.e2e.viewer import say
from tests.e2e.words import Words
from tests.translation.libretranslate_server import LibreTranslateServer

#: a busy machine takes its time
PATIENCE_MS = 30_000
NARROW = {"width": 360, "height": 780}

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

#: what the engine of the tests knows, so that pictures show real sentences
SAID = {
    "ar": {
        "Green tea": "شاي أخضر",
        "Tea from four corners": "شاي من أربع جهات",
        "Does the {1} keep for a year?": "هل يبقى {1} صالحًا لمدة سنة؟",
        "Does the glow blend keep for a year?": "هل يبقى المزيج صالحًا لمدة سنة؟",
        "Which one next?": "أيهما التالي؟",
        "The green one": "الأخضر",
        "The black one": "الأسود",
    },
    "th": {
        "Green tea": "ชาเขียว",
        "Picked by hand.": "เก็บด้วยมือ",
        "Tea from four corners": "ชาจากสี่ทิศ",
        "Does the {1} keep for a year?": "{1} เก็บได้หนึ่งปีไหม",
        "Does the glow blend keep for a year?": "สูตรนี้เก็บได้หนึ่งปีไหม",
        "Which one next?": "ตัวไหนต่อไป",
        "The green one": "ตัวสีเขียว",
        "The black one": "ตัวสีดำ",
    },
    "zh-Hans": {
        "Green tea": "绿茶",
        "Tea from four corners": "来自四方的茶",
        "Does the {1} keep for a year?": "{1}能保存一年吗？",
        "Does the glow blend keep for a year?": "这款拼配茶能保存一年吗？",
        "Which one next?": "接下来哪一款？",
        "The green one": "绿色的",
        "The black one": "黑色的",
    },
    "tr": {
        "Green tea": "Yeşil çay",
        "Tea from four corners": "Dört bir yandan çay",
        "Does the {1} keep for a year?": "{1} bir yıl dayanır mı?",
        "Does the glow blend keep for a year?": "Karışım bir yıl dayanır mı?",
        "Which one next?": "Sırada hangisi var?",
        "The green one": "Yeşil olan",
        "The black one": "Siyah olan",
    },
}
TAGS = {"ar": "ar", "th": "th", "zh": "zh-Hans", "tr": "tr"}


@pytest.fixture(scope="module")
def engine() -> Iterator[LibreTranslateServer]:
    """On a loop of its own: this package's tests have none."""
    server = LibreTranslateServer(SAID)
    with in_a_thread(server):
        yield server


@pytest.fixture(scope="module")
def speaking(engine: LibreTranslateServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {
        "LIVEHUB_TRANSLATOR": f"phrasebook,libretranslate:{engine.url}",
        "LIVEHUB_TRANSLATION_DAILY_CHARS": "3000",
    }
    server = Server(tmp_path_factory.mktemp("speaking"), settings)
    server.start()
    yield server
    assert server.stop() == 0, server.log()
    assert "Traceback" not in server.log(), server.log()


def opened(person: Person, server: Server, room: str, **look: object) -> Page:
    page = person(url=server.url, **look).new_page()
    page.goto(f"/r/{room}")
    return page


def test_everybody_reads_in_their_own_language(speaking: Server, person: Person, pictures: Path) -> None:
    expect.set_options(timeout=PATIENCE_MS)
    merchant = Api.account(speaking.url, "tea@example.org", "Mila")
    room = merchant.live_show("Tea from four corners")
    store = merchant.call("GET", f"/rooms/{room}")["store"]["id"]
    product = merchant.call("GET", f"/stores/{store}/products")["items"][0]["id"]
    merchant.call("PATCH", f"/products/{product}", {"description": "Picked by hand."})
    readers = {
        tag: opened(person, speaking, room, viewport=NARROW, locale=tag, dark=tag in {"th", "tr"}) for tag in TAGS
    }
    # The shop's glossary, by the form at the desk.
    desk = person(url=speaking.url, viewport=NARROW)
    assert desk.request.post("/api/v1/sessions", data={"email": "tea@example.org", "password": PASSWORD}).ok
    page = desk.new_page()
    page.goto("/desk#languages")
    page.get_by_role("button", name="Add a word").click()
    form = page.get_by_role("dialog", name="Add a word")
    form.get_by_role("button", name="Save").click()
    expect(form.get_by_role("alert")).to_contain_text("two languages")
    for language, word in {"English": "glow blend", "Turkish": "parıltı harmanı", "Thai": "สูตรโกลว์",
                           "Arabic": "خلطة التوهج", "Chinese": "焕彩拼配茶"}.items():  # fmt: skip
        form.get_by_label(language).fill(word)
    page.screenshot(path=pictures / "languages-term-phone.png", animations="disabled")
    form.get_by_role("button", name="Save").click()
    expect(page.locator(".glossary-term")).to_contain_text("glow blend")

    writer = opened(person, speaking, room, viewport=DESKTOP)
    question = "Does the Glow Blend keep for a year? 😍"
    say(writer, question, name="Noor")
    studio = studio_of(person(url=speaking.url, viewport=DESKTOP), "tea@example.org", room, "Take part")
    merchant_polls(studio)
    for tag, reader in readers.items():
        words = SAID[TAGS[tag]]
        line = reader.locator(".overlay-chat .chat-line").last
        term = {"ar": "خلطة التوهج", "th": "สูตรโกลว์", "zh": "焕彩拼配茶", "tr": "parıltı harmanı"}[tag]
        expect(line.locator(".chat-text")).to_have_text(
            words["Does the {1} keep for a year?"].replace("{1}", term) + " 😍"
        )
        expect(reader.locator(".pinned-title")).to_contain_text(words["Green tea"])
        expect(reader.locator(".together-card")).to_contain_text(words["Which one next?"])
        assert reader.locator(".chat-text").last.evaluate("e => getComputedStyle(e).direction") == (
            "rtl" if tag == "ar" else "ltr"
        )
        fits(reader)
        has_letters(reader, words["Green tea"])
        reader.screenshot(path=pictures / f"languages-{tag}-phone.png", animations="disabled")
        line.get_by_role("button", name=Words(tag)("Show the original")).click()
        expect(line.locator(".chat-text")).to_have_text(question)
    reader = readers["th"]
    thai = Words("th")
    reader.locator(".pinned-title").get_by_role("button", name=thai("Show the original")).click()
    expect(reader.locator(".pinned-title")).to_contain_text("Green tea")
    reader.locator(".together-card").click()
    sheet = reader.get_by_role("dialog")
    expect(sheet.locator(".poll-text").first).to_have_text(SAID["th"]["The green one"])
    reader.screenshot(path=pictures / "languages-th-poll-phone.png", animations="disabled")
    reader.keyboard.press("Escape")
    reader.locator(".picture-button").first.click()
    about = reader.locator(".product-words")
    expect(about).to_contain_text(SAID["th"]["Picked by hand."])
    about.get_by_role("button", name=thai("Show the original")).click()
    expect(about).to_contain_text("Picked by hand.")
    reader.keyboard.press("Escape")

    # A viewer says that it is wrong; the merchant sees it at the desk, and writes the title as it should be.
    line = reader.locator(".overlay-chat .chat-line").last
    line.get_by_role("button", name=thai("This translation is wrong")).click()
    dialog = reader.get_by_role("dialog", name=thai("This translation is wrong"))
    dialog.get_by_role("textbox").fill("เก็บได้ปีหนึ่งไหม")
    reader.screenshot(path=pictures / "languages-wrong-th-phone.png", animations="disabled")
    dialog.get_by_role("button", name=thai("Send")).click()
    expect(dialog).to_be_hidden()
    page.reload()
    report = page.locator(".report-item")
    expect(report).to_contain_text("เก็บได้ปีหนึ่งไหม")
    page.screenshot(path=pictures / "languages-desk-phone.png", animations="disabled", full_page=True)
    report.get_by_role("button", name="Done").click()
    expect(page.get_by_text("Nobody has reported anything.")).to_be_visible()

    page.goto("/desk#products")
    page.get_by_text("Green tea").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Languages").click()
    sheet = page.get_by_role("dialog", name="In other languages")
    sheet.get_by_label("Language", exact=True).select_option("tr")
    card = sheet.get_by_role("group", name="Green tea")
    expect(card.get_by_role("textbox")).to_have_value("Yeşil çay")
    card.get_by_role("textbox").fill("Japon yeşil çayı")
    card.get_by_role("button", name="Save").click()
    expect(card).to_contain_text("Written by you")
    page.screenshot(path=pictures / "languages-product-phone.png", animations="disabled")
    expect(readers["tr"].locator(".pinned-title")).to_contain_text("Japon yeşil çayı")

    # Another language within the show: lines and titles that are there, and what comes, without a reload.
    changed = readers["tr"]
    newest = changed.locator(".overlay-chat .chat-line").last
    newest.get_by_role("button", name=Words("tr")("Show the translation")).click()
    changed.evaluate("() => { window.stayed = true; }")
    change_language(changed, "th")
    thai_line = SAID["th"]["Does the {1} keep for a year?"].replace("{1}", "สูตรโกลว์") + " 😍"
    expect(newest.locator(".chat-text")).to_have_text(thai_line)
    expect(changed.locator(".pinned-title")).to_contain_text(SAID["th"]["Green tea"])
    expect(changed.locator(".together-card")).to_contain_text(SAID["th"]["Which one next?"])
    say(writer, "Does the glow blend keep for a year?")
    expect(newest.locator(".chat-text")).to_have_text(thai_line[:-2])
    assert changed.evaluate("() => window.stayed"), "the page was loaded anew"

    # The day's characters: used up, and said so.
    for letter in "bcd":
        field = writer.get_by_role("textbox", name="Message")
        field.fill(f"Please show us another one of these {letter * 380} and then the next")
        field.press("Enter")
        expect(field).to_have_value("")
    note = readers["ar"].locator(".words-spent")
    expect(note).to_be_visible()
    readers["ar"].screenshot(path=pictures / "languages-spent-ar-phone.png", animations="disabled")
    studio.get_by_role("tab", name="Languages").click()
    expect(studio.get_by_text(re.compile("Translation is used up for today"))).to_be_visible()
    studio.screenshot(path=pictures / "languages-studio.png", animations="disabled")


def merchant_polls(studio: Page) -> None:
    panel = studio.locator(".together")
    panel.get_by_label("What do you want to know?").fill("Which one next?")
    for number, text in ((1, "The green one"), (2, "The black one")):
        panel.get_by_label(f"Option {number}").fill(text)
    panel.get_by_role("button", name="Open the poll").click()


def fits(page: Page) -> None:
    """Nothing makes the page wider than the phone."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def has_letters(page: Page, text: str) -> None:
    """The letters of ``text`` are drawn as themselves: not all as wide as a character that no font has."""
    assert page.evaluate(
        """text => {
          const pen = document.createElement('canvas').getContext('2d');
          pen.font = '40px ' + getComputedStyle(document.body).fontFamily;
          const draw = (letter) => {
            const c = document.createElement('canvas'); c.width = c.height = 60;
            const p = c.getContext('2d'); p.font = pen.font; p.fillText(letter, 5, 45);
            return c.toDataURL();
          };
          const missing = draw('\uffff');
          return [...text].filter((letter) => letter.trim()).every((letter) => draw(letter) !== missing);
        }""",
        text,
    )
