"""What people do with each other's lines, in the pages: answers, mentions, a pin, an announcement, search, the file."""

import json
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


#: A browser's voices as the page sees them, without a sound: what it is asked to say, and when it is to stop.
VOICES = """
window.heard = [];
const hear = (text) => { heard.push(text); document.documentElement.dataset.heard = text; };
speechSynthesis.speak = (said) => { hear(said.text); setTimeout(() => said.onend?.(), 0); };
speechSynthesis.cancel = () => hear('(silence)');
"""


#: The same, of which each goes on until the test ends it.
LASTING = """
speechSynthesis.speak = (said) => { window.said = said; document.documentElement.dataset.heard = said.text; };
speechSynthesis.cancel = () => window.said?.onerror?.({ error: 'canceled' });
"""


def opened(person: Person, room: str, **look: object) -> Page:
    page = person(**look).new_page()
    page.goto(f"/r/{room}")
    return page


def test_lines_are_answered_pinned_announced_and_found(server: Server, person: Person, pictures: Path) -> None:
    expect.set_options(timeout=PATIENCE_MS)
    merchant = Api.account(server.url, "talk@example.org", "Mila")
    room = merchant.live_show("Cups and talk")
    studio = studio_of(person(viewport=DESKTOP), "talk@example.org", room, "Chat")
    noor = opened(person, room, viewport=DESKTOP)
    listener = person(viewport=PHONE)
    listener.add_init_script(VOICES)
    phone = listener.new_page()
    phone.goto(f"/r/{room}")
    say(noor, "How tall is the blue vase?", name="Noor")
    say(phone, "青い花瓶が好きです", name="Yuki")
    expect(noor.locator(".chat-scroll .chat-line")).to_have_count(2)

    # Noor mentions Yuki by keyboard: the list opens after the @, Enter takes the name.
    field = noor.get_by_role("textbox", name="Message")
    field.press_sequentially("hello @yu")
    choice = noor.get_by_role("option", name="Yuki")
    expect(choice).to_have_attribute("aria-selected", "true")
    expect(field).to_have_attribute("aria-activedescendant", str(choice.get_attribute("id")))
    noor.screenshot(path=pictures / "talk-mention-desktop.png", animations="disabled")
    field.press("Enter")
    expect(field).to_have_value("hello @Yuki ")
    # Somebody who types is seen by the others, while the room is small.
    expect(studio.get_by_text("Noor is typing…")).to_be_visible()
    field.press("Enter")
    expect(phone.locator(".chat-line.is-for-me .chat-mention.is-me")).to_have_text("@Yuki")
    expect(studio.get_by_text("Noor is typing…")).to_have_count(0)

    # The host answers a line, with the keyboard alone, and the quote leads back to it.
    panel = studio.locator(".panel-chat")
    panel.locator(".chat-line", has_text="How tall").get_by_role("button", name="Answer Noor").press("Enter")
    expect(panel.locator(".reply-bar")).to_contain_text("How tall is the blue vase?")
    expect(panel.get_by_role("textbox", name="Message")).to_be_focused()
    panel.get_by_role("textbox", name="Message").fill("Forty centimetres")
    panel.get_by_role("textbox", name="Message").press("Enter")
    answer = noor.locator(".chat-scroll .chat-line.is-for-me", has_text="Forty centimetres")
    answer.get_by_role("button", name=re.compile("In answer to")).click()
    expect(noor.locator(".chat-scroll .chat-line:focus")).to_contain_text("How tall is the blue vase?")

    # A pin and an announcement, for everybody.
    panel.locator(".chat-line", has_text="Forty").get_by_role("button", name=re.compile("^What to do")).click()
    studio.get_by_role("dialog").get_by_role("button", name="Pin for everybody").click()
    panel.get_by_role("button", name="Announcement").click()
    panel.get_by_role("textbox", name="Message").fill("Ten minutes left")
    panel.get_by_role("textbox", name="Message").press("Enter")
    for page in (noor, phone):
        expect(page.locator(".pinned-line")).to_contain_text("Forty centimetres")
        expect(page.get_by_role("complementary", name="Announcement")).to_contain_text("Ten minutes left")
    expect(panel.get_by_role("button", name="Announcement")).to_have_attribute("aria-pressed", "false")
    studio.screenshot(path=pictures / "talk-studio.png", animations="disabled")
    noor.screenshot(path=pictures / "talk-desktop.png", animations="disabled")
    phone.screenshot(path=pictures / "talk-phone.png", animations="disabled")

    # Read aloud: one switch; of chat what is meant for the reader, and nothing after "be silent".
    phone.get_by_role("button", name="More", exact=True).click()
    phone.get_by_role("menuitem", name="Read aloud").click()
    aloud = phone.get_by_role("dialog", name="Read aloud")
    expect(aloud.get_by_role("status")).to_contain_text("This browser has no voice for your language.")
    aloud.get_by_role("switch", name="Read aloud what comes").check()
    panel.get_by_role("textbox", name="Message").fill("Just talking")
    panel.get_by_role("textbox", name="Message").press("Enter")
    expect(panel.locator(".chat-line", has_text="Just talking")).to_be_visible()
    panel.get_by_role("button", name="Announcement").click()
    panel.get_by_role("textbox", name="Message").fill("Five minutes left")
    panel.get_by_role("textbox", name="Message").press("Enter")
    expect(phone.locator("html")).to_have_attribute("data-heard", "Mila: Five minutes left")
    heard = phone.evaluate("heard.filter((said) => said !== '(silence)')")
    assert heard == ["I read to you from now on.", "Shown now: Green tea, €12.50", "Mila: Five minutes left"]
    aloud.get_by_role("button", name="Be silent now").click()
    assert phone.evaluate("heard.at(-1)") == "(silence)"
    phone.screenshot(path=pictures / "read-aloud-phone.png", animations="disabled")
    aloud.get_by_role("button", name="Close").click()
    expect(aloud).to_have_count(0)

    # Found in Japanese, on a phone, and shown among its neighbours.
    phone.locator(".pinned-line-body").click()
    phone.get_by_role("dialog").get_by_role("button", name="Search the chat").click()
    sheet = phone.get_by_role("dialog", name="Search the chat")
    sheet.get_by_role("searchbox").fill("花瓶")
    expect(sheet.locator(".chat-found .chat-line")).to_have_count(1)
    phone.screenshot(path=pictures / "talk-search-phone.png", animations="disabled")
    sheet.get_by_role("button", name=re.compile("^Show")).click()
    around = phone.get_by_role("dialog", name="In the chat")
    expect(around.locator(".chat-line:focus")).to_contain_text("青い花瓶")
    phone.screenshot(path=pictures / "talk-context-phone.png", animations="disabled")

    # Others read it in their language and direction; the line that was taken back is quoted no more.
    arab = Words("ar")
    reader = opened(person, room, viewport=PHONE, locale="ar", dark=True)
    expect(reader.locator(".pinned-line")).to_contain_text("Forty centimetres")
    expect(reader.locator(".chat-announcement").first).to_have_text(arab("Announcement"))
    reader.screenshot(path=pictures / "talk-phone-arabic.png", animations="disabled")
    panel.locator(".chat-line", has_text="How tall is").first.get_by_role(
        "button", name=re.compile("^What to do")
    ).click()
    studio.get_by_role("dialog").get_by_role("button", name="Delete the line").click()
    expect(noor.locator(".chat-quote.is-gone")).to_have_text("This message was deleted")
    panel.get_by_role("button", name="Take off the pin").click()
    expect(noor.locator(".pinned-line")).to_have_count(0)

    # The host takes the whole chat away.
    merchant.call("POST", f"/rooms/{room}/end")
    with studio.expect_download() as download:
        studio.get_by_role("link", name="Chat as JSON").click()
    lines = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    assert [line["text"] for line in lines] == [
        "", "青い花瓶が好きです", "hello @Yuki", "Forty centimetres", "Ten minutes left",
        "Just talking", "Five minutes left",
    ]  # fmt: skip
    studio.screenshot(path=pictures / "talk-report.png", animations="disabled", full_page=True)


def test_the_room_is_low_while_it_is_read_aloud_and_comes_back(server: Server, person: Person) -> None:
    expect.set_options(timeout=PATIENCE_MS)
    merchant = Api.account(server.url, "aloud@example.org", "Mila")
    room = merchant.live_show("Read to me")
    author = opened(person, room, viewport=PHONE)
    say(author, "Hello", name="Noor")
    listener = person(viewport=PHONE)
    listener.add_init_script(LASTING)
    phone = listener.new_page()
    phone.goto(f"/r/{room}")
    phone.get_by_role("button", name="More").click()
    phone.get_by_role("menuitem", name="Read aloud").click()
    dialog = phone.get_by_role("dialog", name="Read aloud")

    def is_at(volume: float) -> None:
        look = "volume => Math.abs(document.querySelector('.stage-video').volume - volume) < 0.001"
        phone.wait_for_function(look, arg=volume)

    def is_told(line: str) -> None:
        say(author, line)
        expect(phone.locator("html")).to_have_attribute("data-heard", f"Noor: {line}")
        is_at(0.8)  # the voice has not begun
        phone.evaluate("said.onstart()")
        is_at(0.8 * 0.15)

    phone.evaluate("() => { document.querySelector('.stage-video').volume = 0.8; }")
    dialog.get_by_role("switch", name="Read aloud what comes").check()
    phone.evaluate("said.onstart()")
    is_at(0.8 * 0.15)
    phone.evaluate("said.onend()")
    is_at(0.8)
    dialog.get_by_label("Every line").check()
    is_told("How tall is it?")
    dialog.get_by_role("button", name="Be silent now").click()
    is_at(0.8)
    is_told("And how wide?")
    phone.evaluate("said.onerror({ error: 'synthesis-failed' })")
    is_at(0.8)
    is_told("What is it made of?")
    dialog.get_by_role("switch", name="Read aloud what comes").uncheck()
    is_at(0.8)
