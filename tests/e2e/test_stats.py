"""How the picture arrives: the corner with figures over it, and what the studio says of the sending."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from playwright.sync_api import TimeoutError as Overdue

from tests.e2e.api import Api
from tests.e2e.conftest import DESKTOP, PHONE, Person
from tests.e2e.merchant import on_air
from tests.e2e.server import Server
from tests.e2e.words import Words

pytestmark = pytest.mark.timeout(400)

#: several pages decode at once here, and on a busy machine each of them takes its time
PATIENCE_MS = 60_000


#: what a page is at whose picture does not move
STANDSTILL = """() => {
  const video = document.querySelector('video');
  return {
    frames: video?.getVideoPlaybackQuality().totalVideoFrames, ready: video?.readyState, at: video?.currentTime,
    error: video?.error?.message, buffered: video?.buffered.length ? video.buffered.end(0) : null,
    said: document.querySelector('main')?.innerText.slice(0, 400),
    asked: performance.getEntriesByType('resource').slice(-8)
      .map((one) => `${one.name.slice(-60)} ${one.responseStatus} ${Math.round(one.startTime)}`),
  };
}"""


@pytest.fixture(autouse=True)
def patience() -> None:
    expect.set_options(timeout=PATIENCE_MS)


def moving(context: BrowserContext, path: str) -> Page:
    """A page in which pictures move; on a busy machine they take their time."""
    page = context.new_page()
    page.add_init_script("performance.setResourceTimingBufferSize(10_000)")  # else it keeps the first 250 alone
    page.goto(path)
    try:
        page.wait_for_function(
            "() => document.querySelector('video')?.getVideoPlaybackQuality().totalVideoFrames > 40",
            timeout=PATIENCE_MS,
        )
    except Overdue as overdue:
        raise AssertionError(f"the picture stands still: {page.evaluate(STANDSTILL)}") from overdue
    return page


def figures(page: Page, name: str) -> dict[str, str]:
    """What stands in the corner, name → value."""
    corner = page.get_by_role("region", name=name)
    pairs: list[list[str]] = corner.evaluate(
        "corner => [...corner.querySelectorAll('dl > div')].map(row => [...row.children].map(cell => cell.innerText))"
    )
    return dict(pairs)


@pytest.fixture
def room(server: Server, person: Person, pictures: Path, request: pytest.FixtureRequest) -> str:
    """A show whose studio sends the browser's fake camera."""
    email = f"{re.sub('[^a-z]', '', request.node.name.lower())}@example.org"
    made = Api.account(server.url, email, "Stats").live_show("Figures", start=False)
    studio = on_air(person(viewport=DESKTOP), email, made)
    # the encoder climbs for some seconds; then the strip tells what goes out
    detail = studio.locator(".strip-detail").first
    expect(detail).to_contain_text(re.compile(r"\d (k|M)bit/s.*\d+ pictures/s, \d+ ms"), timeout=20_000)
    expect(studio.locator(".strip-link")).to_contain_text(re.compile(r"\d+p"))
    studio.screenshot(path=pictures / "stats-studio.png")
    return made


def test_the_corner_opens_by_key_and_by_menu(room: str, person: Person, pictures: Path) -> None:
    page = moving(person(viewport=DESKTOP), f"/r/{room}")
    corner = page.get_by_role("region", name="Statistics")
    page.get_by_role("textbox", name="Message").press("s")
    expect(corner).to_be_hidden()  # a letter of a message
    page.evaluate("() => document.activeElement.blur()")
    page.keyboard.press("s")
    expect(corner).to_be_visible()
    page.wait_for_function("() => document.querySelectorAll('.stats-corner dd').length >= 8", timeout=15_000)
    found = figures(page, "Statistics")
    assert found["Connection"] == "WebRTC"
    assert re.fullmatch(r"\d+×\d+", found["Picture size"])
    assert found["Codec"] in {"H264", "VP8"}
    assert re.fullmatch(r"[\d,]+ kbit/s", found["Bitrate"])
    assert int(re.sub(r"\D", "", found["Bitrate"])) > 0
    assert re.fullmatch(r"[\d.]+ %", found["Lost packets"])
    for name in ("Round trip", "Delay"):
        assert re.fullmatch(r"[\d,]+ ms", found[name])
    page.screenshot(path=pictures / "stats-desktop.png")
    page.keyboard.press("s")
    expect(corner).to_be_hidden()
    page.get_by_role("button", name="More").click()
    expect(page.get_by_role("menuitem", name="Take part")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("menuitem", name="Read aloud")).to_be_focused()
    page.keyboard.press("ArrowDown")
    item = page.get_by_role("menuitemcheckbox", name=re.compile("Statistics"))
    expect(item).to_be_focused()
    page.screenshot(path=pictures / "stats-menu-desktop.png")
    item.press("Enter")
    expect(corner).to_be_visible()
    page.get_by_role("button", name="Close the statistics").click()
    expect(corner).to_be_hidden()


def test_the_corner_on_a_phone_and_from_right_to_left(room: str, person: Person, pictures: Path) -> None:
    for locale, look in (("en-GB", "phone"), ("ar", "phone-ar")):
        words = Words(locale[:2])
        page = moving(person(viewport=PHONE, locale=locale), f"/r/{room}")
        page.get_by_role("button", name=words("More"), exact=True).click()
        page.get_by_role("menuitemcheckbox").click()
        page.wait_for_function("() => document.querySelectorAll('.stats-corner dd').length >= 8", timeout=15_000)
        assert figures(page, words("Statistics"))[words("Connection")] == "WebRTC"
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
        page.screenshot(path=pictures / f"stats-{look}.png")
        page.close()


def test_the_corner_tells_how_far_behind_life_hls_is(room: str, person: Person, pictures: Path) -> None:
    page = moving(person(viewport=DESKTOP), f"/r/{room}?via=hls")
    page.keyboard.press("s")
    page.wait_for_function("() => document.querySelectorAll('.stats-corner dd').length >= 6", timeout=30_000)
    found = figures(page, "Statistics")
    assert (found["Connection"], found["Codec"]) == ("HLS", "H264")
    assert re.fullmatch(r"\d+×\d+", found["Picture size"])
    assert int(re.sub(r"\D", "", found["Delay"])) > 200
    assert "Round trip" not in found
    for note in (page.get_by_role("note"), page.locator(".delay-mark")):  # the note, then the mark that it folds to
        above, corner = note.bounding_box(), page.get_by_role("region", name="Statistics").bounding_box()
        assert above
        assert corner
        assert corner["y"] >= above["y"] + above["height"]
        page.screenshot(path=pictures / "stats-hls.png")
        if page.get_by_role("button", name="Hide this note").is_visible():
            page.get_by_role("button", name="Hide this note").click()
