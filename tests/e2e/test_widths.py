"""No text is cut off at phone width, in any language: measured in Chromium over the main pages.

The language is changed as people change it, without a reload, which is tested on the way.
"""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.e2e.api import PASSWORD, Api
from tests.e2e.conftest import Person
from tests.e2e.server import Server

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


@pytest.mark.parametrize("path", ["/", "/signin", "/signup", "/desk", "/studio", "/r/ROOM"])
def test_nothing_is_cut_off_at_phone_width(server: Server, room: str, person: Person, path: str) -> None:
    context = person(viewport=NARROW)
    if path in {"/desk", "/studio"}:
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
