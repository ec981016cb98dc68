"""No text is cut off at phone width, in any language: measured in Chromium over the main pages.

The language is changed as people change it, without a reload, which is tested on the way.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.e2e.api import PASSWORD, Api
from tests.e2e.conftest import Person
from tests.e2e.server import Server
from tests.e2e.viewer import say

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]
NARROW = {"width": 360, "height": 780}
LOCALES = ("ar", "id", "zh", "en", "fr", "ja", "ru", "es", "th", "tr", "vi")
EMAIL = "widths@example.org"

#: Texts of the interface that do not fit their box. What people wrote themselves (a shop's name, a title) may end in an
#: ellipsis, and stands in bdi or dir=auto; so may an option of a select, whose list shows all of it.
CUT_OFF = """() => {
  const found = [];
  for (const element of document.querySelectorAll('#app *')) {
    if (element.closest('bdi, [dir=auto], .sr-only, select, svg, [hidden], [aria-hidden=true]')) continue;
    const texts = [...element.childNodes].filter((node) => node.nodeType === 3 && node.textContent.trim());
    if (!texts.length || !element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })) continue;
    const style = getComputedStyle(element);
    if (style.position === 'absolute' && element.clientWidth <= 1) continue;
    if (!['hidden', 'clip'].includes(style.overflowX) || element.scrollWidth <= element.clientWidth + 1) continue;
    const name = `${element.className || element.tagName}: ${element.textContent.trim()}`;
    found.push(`${name} (${element.scrollWidth} > ${element.clientWidth})`);
  }
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth > clientWidth + 1) found.push(`the page is ${scrollWidth} wide, not ${clientWidth}`);
  return found;
}"""

#: what is said, as long as a line of captions may be, with a number and something in Latin letters
SAID = {
    "ar": "أهلا بكم جميعا في عرضنا اليوم، سعر هذا الكرسي الخشبي 1250 ليرة فقط مع التوصيل المجاني إلى كل المدن عبر DHL",
    "th": "ยินดีต้อนรับทุกท่านเข้าสู่รายการของเราในวันนี้เก้าอี้ไม้ตัวนี้ราคาเพียง1250บาทพร้อมจัดส่งฟรีทั่วประเทศโดยDHL",
    "zh": "欢迎大家来到我们今天的直播间，这把实木椅子现在只要1250元，而且全国各地都可以通过DHL免费送货上门。",
    "tr": "Bugünkü yayınımıza hepiniz hoş geldiniz, bu ahşap sandalye yalnızca 1250 lira ve DHL ile gönderim ücretsiz",
}
#: captions as large as they can be chosen; a page that is still empty has no storage
LARGE = """try { localStorage.setItem('livehub.captions', '{"isOn":true,"size":"l"}'); } catch {}"""
#: the newest line of captions by the boxes of its rows; null while there is none
CAPTION = """() => {
  const line = [...document.querySelectorAll('.caption')].at(-1);
  if (!line) return null;
  const rows = [...line.querySelector('span').getClientRects()];
  return {
    innerWidth, lang: line.lang, direction: getComputedStyle(line).direction, text: line.textContent,
    barEnds: document.querySelector('.top-bar').getBoundingClientRect().bottom,
    rows: rows.map(({ left, right, top }) => ({ left, right, top })),
  };
}"""


@pytest.fixture(scope="module")
def room(server: Server) -> str:
    return Api.account(server.url, EMAIL, "Mai").live_show("Tea")


def change_language(page: Page, tag: str) -> None:
    page.locator(".locale-picker select").first.select_option(tag)
    page.wait_for_function("tag => document.documentElement.lang === tag", arg=tag)


def cut_off(page: Page) -> list[str]:
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    found: list[Any] = page.evaluate(CUT_OFF)
    return [str(each) for each in found]


DESK = tuple(f"/desk#{section}" for section in ("orders", "reports", "recordings", "languages", "settings"))
PAGES = ("/", "/signin", "/signup", "/account", "/desk", *DESK, "/studio", "/r/ROOM")


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_cut_off_at_phone_width(server: Server, room: str, person: Person, path: str) -> None:
    context = person(viewport=NARROW)
    if path.startswith(("/account", "/desk", "/studio")):
        answer = context.request.post("/api/v1/sessions", data={"email": EMAIL, "password": PASSWORD})
        assert answer.ok
    page = context.new_page()
    page.goto(path.replace("ROOM", room))
    page.locator(".locale-picker select").first.wait_for(state="attached")
    page.evaluate("() => { window.stayed = true; }")
    complaints: dict[str, list[str]] = {}
    for tag in LOCALES:
        change_language(page, tag)
        complaints[tag] = cut_off(page)
    assert page.evaluate("() => window.stayed"), "the page was loaded anew"
    assert {tag: found for tag, found in complaints.items() if found} == {}


def test_the_measure_finds_what_is_cut_off(server: Server, person: Person) -> None:
    page = person(viewport=NARROW).new_page()
    page.goto("/signin")
    page.locator("h1").first.wait_for()
    assert cut_off(page) == []
    page.evaluate(
        "() => { document.querySelector('h1').style.cssText = 'width:20px;overflow:hidden;white-space:nowrap'; }"
    )
    assert any("> 20" in found for found in cut_off(page))


def test_a_language_that_nobody_speaks_shows_what_is_not_translated(
    server: Server, person: Person, pictures: Path
) -> None:
    page = person(viewport=NARROW).new_page()
    page.goto("/signin?pseudo")
    heading = page.locator("h1").first
    heading.wait_for()
    assert heading.inner_text().startswith("⟦")
    assert cut_off(page) == []
    page.screenshot(path=pictures / "pseudo-phone.png")
    page.goto("/signin?pseudo=off")
    heading.wait_for()
    assert "⟦" not in heading.inner_text()


def test_lines_have_the_chats_sheet_to_themselves(server: Server, room: str, person: Person, pictures: Path) -> None:
    author = person(viewport=NARROW).new_page()
    author.goto(f"/r/{room}")
    say(author, "Is the tea of this year, and does it keep until the next?", name="Noor")
    page = person(viewport=NARROW).new_page()
    page.goto(f"/r/{room}")
    page.locator(".overlay-chat .chat-line").last.wait_for()
    page.locator(".overlay-chat").click()
    sheet = page.get_by_role("dialog", name="Chat")
    line = sheet.locator(".chat-line").last.bounding_box()
    search = sheet.get_by_role("button", name="Search the chat").bounding_box()
    page.screenshot(path=pictures / "chat-sheet-phone.png", animations="disabled")
    assert line is not None
    assert search is not None
    assert line["width"] > 0.8 * NARROW["width"]
    assert search["y"] + search["height"] <= line["y"]


@pytest.mark.parametrize("locale", SAID)
def test_what_is_said_written_and_interpreted_fits(
    server: Server, room: str, person: Person, pictures: Path, locale: str
) -> None:
    """Captions and language channels as the server would tell them; the chat's line is translated by the server."""
    expect.set_options(timeout=60_000)
    context = person(viewport=NARROW)
    context.set_default_timeout(60_000)
    author = context.new_page()
    author.goto(f"/r/{room}")
    say(author, "How much is it?", name=f"Ann {locale}")
    context = person(viewport=NARROW, locale=locale)
    context.set_default_timeout(60_000)
    context.add_init_script(LARGE)
    page = context.new_page()
    sockets: list[WebSocketRoute] = []

    def between(route: WebSocketRoute) -> None:
        route.connect_to_server()
        sockets.append(route)

    def tell(name: str, payload: dict[str, Any]) -> None:
        sockets[-1].send(f"42{json.dumps([name, payload])}")

    page.route_web_socket(re.compile("/socket.io/"), between)
    page.goto(f"/r/{room}")
    page.wait_for_function("tag => document.documentElement.lang === tag", arg=locale)
    page.locator(".chat-mark").first.wait_for()
    ann = {"identity": "ann", "display_name": "Ann"}
    channels = [{"locale": tag, "interpreters": [ann], "on": "ann", "asked": None} for tag in ("fr", *SAID)]
    tell("interpreter:channels", {"channels": channels})
    tell(
        "captions:state", {"captions": {"state": "on", "locale": locale, "engine": "x", "remote": True, "since": None}}
    )
    page.locator(".channel-picker").wait_for()
    page.locator(".channel-picker select").select_option("th")
    line = {"id": "l1", "start_ms": 0, "end_ms": 6_000, "locale": locale, "text": SAID[locale], "final": True}
    tell("caption:lines", {"locale": locale, "items": [line]})
    found = page.wait_for_function(CAPTION).json_value()
    page.screenshot(path=pictures / f"said-{locale}-phone.png")
    assert (found["lang"], found["direction"]) == (locale, "rtl" if locale == "ar" else "ltr")
    assert found["text"] == SAID[locale]
    assert len(found["rows"]) > 1
    for row in found["rows"]:
        assert row["left"] >= 0
        assert row["right"] <= found["innerWidth"]
        assert row["top"] >= found["barEnds"] - 1, "it stands over the bar"
    assert cut_off(page) == []
