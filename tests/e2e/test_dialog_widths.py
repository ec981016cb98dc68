"""Dialogs of the studio at phone width in all eleven languages, and its panel of other services with one in it.

Each is opened as people open it, and the language changed under it: nothing cut, nothing beside the dialog, every
control where a thumb reaches it.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.api import PASSWORD, Api
from tests.e2e.conftest import Person
from tests.e2e.server import Server
from tests.e2e.test_widths import LOCALES, NARROW, change_language, cut_off
from tests.e2e.viewer import say
from tests.media.captions.speech import write_grammar

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

EMAIL = "dialogs@example.org"
#: of which pictures are kept
SHOWN = ("ar", "th", "ru", "vi")
#: What does not fit in the dialog on top: texts stay in it and in their button, words are whole, nothing stands over
#: what is typed, and no control is out of reach, smaller than WCAG 2.2 asks for (24 px) or under another.
BADLY_PLACED = """() => {
  const WORDS = /[\\p{Script=Latin}\\p{Script=Cyrillic}\\p{Script=Arabic}]+/gu; // others break where they like
  const dialog = [...document.querySelectorAll('dialog[open]')].at(-1);
  const all = (names, within = dialog) => [...within.querySelectorAll(names)];
  const box = dialog.querySelector('.dialog-box').getBoundingClientRect();
  const found = [];
  const nameOf = (element) => element.getAttribute('aria-label') || element.textContent.trim() || element.tagName;
  const isIn = (inner, outer) => inner.left >= outer.left - 1 && inner.right <= outer.right + 1;
  const isOver = (a, b) => Math.min(a.right, b.right) > Math.max(a.left, b.left) + 1
    && Math.min(a.bottom, b.bottom) > Math.max(a.top, b.top) + 1;
  const isSeen = (element) => !element.closest('.sr-only, option')
    && element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });
  const rowsOf = (node, start, end) => {
    const range = document.createRange();
    range.setStart(node, start);
    range.setEnd(node, end);
    return [...range.getClientRects()];
  };

  if (!isIn(box, { left: 0, right: innerWidth })) found.push('the dialog is wider than the screen');
  if (box.top < -1 || box.bottom > innerHeight + 1) found.push('the dialog is higher than the screen');
  for (const part of all('.dialog-box, .dialog-head, .dialog-body, .dialog-foot')) {
    const { scrollWidth, clientWidth, className } = part;
    if (scrollWidth > clientWidth + 1) found.push(`${className} is ${scrollWidth} wide, not ${clientWidth}`);
  }

  const texts = document.createTreeWalker(dialog, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const parent = node.parentElement;
    if (!node.textContent.trim() || !isSeen(parent)) continue;
    const rows = rowsOf(node, 0, node.length);
    if (rows.some((row) => !isIn(row, box))) found.push(`beside the dialog: ${node.textContent}`);
    const button = parent.closest('button, a')?.getBoundingClientRect();
    if (button && rows.some((row) => !isIn(row, button))) found.push(`beside its button: ${node.textContent}`);
    if (parent.closest('bdi, [dir]:not(html)')) continue; // what somebody typed may be one endless word
    for (const { 0: word, index } of node.textContent.matchAll(WORDS)) {
      const tops = rowsOf(node, index, index + word.length).map(({ top }) => Math.round(top));
      if (Math.max(...tops) > Math.min(...tops) + 8) found.push(`broken: ${word}`);
    }
  }

  for (const suffix of all('.field-suffix')) {
    const input = suffix.parentElement.querySelector('.input');
    const { left, right, top, bottom } = input.getBoundingClientRect();
    const { paddingLeft, paddingRight } = getComputedStyle(input);
    const typed = { left: left + parseFloat(paddingLeft), right: right - parseFloat(paddingRight), top, bottom };
    if (isOver(typed, suffix.getBoundingClientRect())) found.push(`${nameOf(suffix)} stands over what is typed`);
  }

  for (const part of all('.dialog-head, .dialog-body, .dialog-foot')) {
    const controls = all('button, a[href], input, select, textarea', part)
      .map((each) => (['checkbox', 'radio'].includes(each.type) && each.closest('label')) || each)
      .filter(isSeen);
    for (const control of controls) {
      control.scrollIntoView({ block: 'center' });
      const { left, top, width, height } = control.getBoundingClientRect();
      const hit = document.elementFromPoint(left + width / 2, top + height / 2);
      if (!control.contains(hit)) found.push(`out of reach: ${nameOf(control)}`);
      if (width < 24 || height < 24) found.push(`${nameOf(control)} is ${width} by ${height}`);
    }
    const boxes = controls.map((each) => each.getBoundingClientRect());
    controls.forEach((one, at) => {
      const under = controls.findIndex((other, index) => index > at && isOver(boxes[at], boxes[index]));
      if (under > 0 && !one.contains(controls[under])) found.push(`${nameOf(one)} over ${nameOf(controls[under])}`);
    });
    part.scrollTop = 0;
  }
  return found;
}"""

#: by a sheet of the page's own, which its CSP allows; without motion every change still takes its hundredth of a
#: millisecond
STYLED = """async (text) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  document.adoptedStyleSheets = [sheet];
  await new Promise((done) => setTimeout(done, 50));
}"""

Opened = Callable[[str], Page]
Steps = Mapping[str, Callable[[Page], None]]


@pytest.fixture(scope="module")
def talking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that writes and says what is said, for the dialogs of these."""
    folder = tmp_path_factory.mktemp("dialogs")
    settings = {
        "LIVEHUB_TRANSCRIBER": f"pocketsphinx:jsgf={write_grammar(folder)}",
        "LIVEHUB_SPEAKER": "espeak_ng:?rate=300",
    }
    server = Server(folder / "server", settings)
    server.start()
    yield server
    assert server.stop() == 0, server.log()
    assert "Traceback" not in server.log(), server.log()


@pytest.fixture(scope="module")
def merchant(talking: Server) -> Api:
    return Api.account(talking.url, EMAIL, "Maximiliana")


@pytest.fixture
def opened(talking: Server, person: Person) -> Opened:
    """A page of the merchant's, at a path."""
    context = person(viewport=NARROW, url=talking.url)
    assert context.request.post("/api/v1/sessions", data={"email": EMAIL, "password": PASSWORD}).ok

    def at(path: str) -> Page:
        page = context.new_page()
        page.emulate_media(reduced_motion="reduce")
        page.goto(path)
        page.locator(".locale-picker select").first.wait_for(state="attached")
        return page

    return at


def button(name: str) -> Callable[[Page], None]:
    """Presses the one of that name in what is on top."""

    def press(page: Page) -> None:
        dialogs = page.locator("dialog[open]")
        (dialogs.last if dialogs.count() else page).get_by_role("button", name=name, exact=True).first.click()

    return press


def panel(tab: str, *names: str) -> Callable[[Page], None]:
    """Presses buttons one after the other, beginning in one of the panels."""

    def press(page: Page) -> None:
        page.locator(".swipe > .tab-list").get_by_role("tab", name=re.compile(tab)).click()
        for name in names:
            button(name)(page)

    return press


def measured(page: Page, pictures: Path, name: str) -> list[str]:
    """What of the dialog on top does not fit, in each language; English in the end."""
    complaints = []
    for tag in (*LOCALES, "en"):
        change_language(page, tag)
        found = [*cut_off(page), *page.evaluate(BADLY_PLACED)]
        complaints += [f"{name}, {tag}: {each}" for each in dict.fromkeys(found)]
        if tag in SHOWN:
            page.screenshot(path=pictures / f"dialog-{name}-{tag}-narrow.png", animations="disabled")
    return complaints


def all_measured(page: Page, pictures: Path, steps: Steps) -> list[str]:
    complaints = []
    for name, step in steps.items():
        step(page)
        page.locator("dialog[open]").last.wait_for()
        complaints += measured(page, pictures, name)
        while page.locator("dialog[open]").count():
            count = page.locator("dialog[open]").count()
            page.keyboard.press("Escape")
            expect(page.locator("dialog[open]")).to_have_count(count - 1)
    return complaints


def test_what_is_sold(merchant: Api, opened: Opened, pictures: Path) -> None:
    room = merchant.live_show("Tea from the four corners of the world", stock=2_000)
    store = merchant.call("GET", f"/rooms/{room}")["store"]["id"]
    coupon = {"code": "GREENTEAOFTHEYEAR", "percent": 10, "max_uses": 50, "room": room, "claim": True}
    merchant.call("POST", f"/stores/{store}/coupons", coupon)
    page = opened(f"/studio/{room}")
    page.locator(".offer-row").first.wait_for()

    def auctioned(page: Page) -> None:
        button("Auction Green tea")(page)
        for label in ("First price", "Each bid raises it by"):
            page.get_by_label(label).fill("1")
        button("Start the auction")(page)
        expect(page.locator("dialog[open]")).to_have_count(0)
        button("Call off")(page)

    assert all_measured(page, pictures, {
        "products": button("Add products"),
        "offer": button("Change Green tea"),
        "deal": button("Flash deal for Green tea"),
        "auction": button("Auction Green tea"),
        "bundle": button("Bundle"),
        "donation": button("Donation"),
        "coupons": button("Coupons"),
        "call-off": auctioned,
    }) == []  # fmt: skip


def test_the_show_itself(merchant: Api, opened: Opened, pictures: Path) -> None:
    room = merchant.live_show("Tea from the four corners of the world", stock=2_000)
    page = opened(f"/studio/{room}")
    assert all_measured(page, pictures, {
        "share": button("Share the show"),
        "stop-recording": button("Stop the recording"),
        "captions": button("Start captions"),
        "end": button("End"),
        "term": panel("Languages", "Add a word"),
        "search": panel("Chat", "Search the chat"),
    }) == []  # fmt: skip


def test_what_the_show_says_in_other_languages(merchant: Api, opened: Opened, pictures: Path) -> None:
    title = "Tea from the four corners of the world"
    room = merchant.live_show(title)
    text = {"source": title, "text": "ชาจากสี่มุมโลกเก็บด้วยมือบนภูเขาสูงพร้อมส่งถึงบ้านคุณ"}
    merchant.call("PUT", f"/rooms/{room}/translations/th", text)
    page = opened(f"/studio/{room}")
    panel("Languages", "Read and correct")(page)
    page.locator("dialog[open]").get_by_label("Language", exact=True).select_option("th")
    complaints = measured(page, pictures, "wording")
    button("Back to the machine’s")(page)
    complaints += measured(page, pictures, "wording-back")
    page.keyboard.press("Escape")
    page.locator("dialog[open] textarea").first.fill("ชา")
    complaints += measured(page, pictures, "wording-typed")
    page.keyboard.press("Escape")
    page.get_by_role("dialog", name="Close without saving?").wait_for()
    complaints += measured(page, pictures, "wording-unsaved")
    assert complaints == []


def test_people(talking: Server, merchant: Api, person: Person, opened: Opened, pictures: Path) -> None:
    room = merchant.live_show("Tea from the four corners of the world", stock=2_000)
    viewer = person(viewport=NARROW, url=talking.url).new_page()
    viewer.goto(f"/r/{room}")
    say(viewer, "Is the tea of this year, and does it keep until the next?", name="Noor")
    page = opened(f"/studio/{room}")
    line = "What to do about the line of Noor"
    assert all_measured(page, pictures, {
        "member": panel("Chat", line),
        "mute": panel("Chat", line, "Mute…"),
        "slow": panel("Chat", line, "Slow down…"),
        "interpreter": panel("Chat", line, "Interpreter…"),
        "ban": panel("Chat", line, "Ban from the show"),
    }) == []  # fmt: skip


def test_other_services(merchant: Api, opened: Opened, pictures: Path) -> None:
    room = merchant.live_show("Tea from the four corners of the world")
    path = f"/rooms/{room}/restreams"
    for name, url in (
        ("Our channel of teas, cups and saucers", "rtmps://a.rtmps.youtube.com/live2"),
        ("WHIP", "https://ingest.europe-west-4.contribute.live.example.org/whip/endpoint"),
    ):
        made = merchant.call("POST", path, {"name": name, "url": url, "key": "abcd-efgh-1234"})["id"]
    merchant.call("POST", f"{path}/{made}/start", {})
    page = opened(f"/studio/{room}")
    panel("Elsewhere")(page)
    page.locator(".restream").last.wait_for()
    complaints = []
    for tag in (*LOCALES, "en"):
        change_language(page, tag)
        complaints += [f"{tag}: {each}" for each in cut_off(page)]
        if tag in SHOWN:
            page.screenshot(path=pictures / f"elsewhere-{tag}-narrow.png", animations="disabled")
    assert complaints == []
    assert all_measured(page, pictures, {
        "service": button("Add a service"),
        "service-changed": button("Change WHIP"),
        "service-removed": button("Remove WHIP"),
    }) == []  # fmt: skip


def test_planning(merchant: Api, opened: Opened, pictures: Path) -> None:
    merchant.live_show("Tea from the four corners of the world", start=False)
    page = opened("/studio")
    assert all_measured(page, pictures, {
        "plan": button("Plan a show"),
        "delete": button("Delete “Tea from the four corners of the world”"),
    }) == []  # fmt: skip
    page.goto("/desk#products")
    assert all_measured(page, pictures, {"product": button("Add a product")}) == []


def test_the_measure_finds_what_does_not_fit(merchant: Api, opened: Opened) -> None:
    room = merchant.live_show("Tea")
    page = opened(f"/studio/{room}")
    button("Coupons")(page)
    page.locator(".dialog-title").wait_for()
    assert page.evaluate(BADLY_PLACED) == []
    for spoiled, complaint in {
        ".dialog-foot .button { margin-inline-end: -60px }": "wide, not",
        ".dialog-body .field { white-space: nowrap }": "beside the dialog",
        ".dialog-foot .button { inline-size: 40px; padding: 0; white-space: nowrap }": "beside its button",
        ".dialog-title { max-inline-size: 20px }": "broken: ",
        ".field-suffix { inset-inline-end: 60% }": "stands over what is typed",
        ".dialog-head .icon-button { margin-block-start: -90px }": "out of reach: Close",
        ".dialog-head .icon-button { transform: scale(0.4) }": "Close is ",
        ".field { margin-block-end: -60px }": " over ",
    }.items():
        page.evaluate(STYLED, spoiled)
        found = page.evaluate(BADLY_PLACED)
        page.evaluate(STYLED, "")
        assert any(complaint in each for each in found), (spoiled, found)
    assert page.evaluate(BADLY_PLACED) == []
