"""What the merchant sees: figures while on air, the report with charts and tables, and buying from the recording."""

import re
import time
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.api import PASSWORD, Api
from tests.e2e.conftest import DESKTOP, PHONE, Person
from tests.e2e.server import Server
from tests.e2e.test_widths import NARROW, cut_off
from tests.e2e.viewer import order_pinned, pay
from tests.recording.sender import make_film, publishing

EMAIL = "reports@example.org"
PATIENCE_MS = 30_000

pytestmark = [pytest.mark.e2e, pytest.mark.ffmpeg, pytest.mark.timeout(300)]


def _wait(happened: Any) -> None:
    deadline = time.monotonic() + 90
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def _studio(person: Person, path: str, **look: Any) -> Page:
    context = person(**look)
    assert context.request.post("/api/v1/sessions", data={"email": EMAIL, "password": PASSWORD}).ok
    page = context.new_page()
    page.goto(path)
    return page


def _fits(page: Page) -> None:
    """Nothing sticks out sideways."""
    assert page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")


def _offered(merchant: Api, room: str, sku: str, quantity: int) -> str:
    """The offer, once the show before has given back what was left."""
    found: list[str] = []

    def is_offered() -> bool:
        try:
            found.append(merchant.call("POST", f"/rooms/{room}/offers", {"sku": sku, "quantity": quantity})["id"])
        except HTTPError as error:
            if error.code != 409:
                raise
        return bool(found)

    _wait(is_offered)
    return found[0]


def test_a_show_in_figures_and_its_recording_sells(
    server: Server, person: Person, pictures: Path, tmp_path: Path
) -> None:
    expect.set_options(timeout=PATIENCE_MS)
    merchant = Api.account(server.url, EMAIL, "Rosa")
    film = make_film(tmp_path / "film.mkv")
    before = merchant.live_show("Tea before")
    store = merchant.call("GET", f"/rooms/{before}")["store"]["id"]
    merchant.call("POST", f"/rooms/{before}/end")
    body = {"kind": "show", "title": "Tea again", "locale": "en", "visibility": "public", "store_id": store}
    room = merchant.call("POST", "/rooms", body)["id"]
    product = merchant.call("GET", f"/stores/{store}/products")["items"][0]
    sku = product["variants"][0]["sku"]
    offer = _offered(merchant, room, sku, 3)
    merchant.call("POST", f"/rooms/{room}/start")

    viewer = person(viewport=PHONE).new_page()
    viewer.goto(f"/r/{room}")
    expect(viewer.get_by_role("textbox", name="Message")).to_be_visible()
    with publishing(film, server, room, merchant.join_token(room, "encoder", "speaker")):
        _wait(lambda: merchant.call("GET", f"/rooms/{room}/recordings")["items"])
        parts = server.data_dir / "recordings" / merchant.call("GET", f"/rooms/{room}/recordings")["items"][0]["id"]
        _wait(lambda: len(list(parts.glob("*-*.m4s"))) >= 4)
        merchant.call("PUT", f"/offers/{offer}/pin")
        order_pinned(viewer, name="Noah", quantity=2)
        pay(viewer)
        expect(viewer.get_by_role("heading", name="Paid. Thank you!")).to_be_visible()
        studio = _studio(person, f"/studio/{room}", viewport=DESKTOP)
        studio.get_by_role("tab", name="Figures").click()
        panel = studio.get_by_role("tabpanel", name="Figures")
        expect(panel.get_by_role("img", name=re.compile("^Units sold: most 2"))).to_be_visible()
        # people are counted by the minute
        expect(panel.get_by_role("listitem").filter(has_text="went to checkout").first).to_contain_text(
            "1", timeout=75_000
        )
        expect(panel.get_by_role("row").filter(has_text="What is left")).to_contain_text("€")
        studio.screenshot(path=pictures / "figures-studio-desktop.png")
        phone = _studio(person, f"/studio/{room}", viewport=PHONE, dark=True)
        phone.get_by_role("tab", name="Figures").click()
        expect(phone.get_by_role("img", name=re.compile("^Viewers: most")).first).to_be_visible()
        phone.screenshot(path=pictures / "figures-studio-phone-dark.png")
        _wait(lambda: len(list(parts.glob("*-*.m4s"))) >= 10)
        merchant.call("POST", f"/rooms/{room}/end")
    _wait(lambda: merchant.call("GET", f"/rooms/{room}")["replay"])

    # The recording sells what the shop still has: at the chapter, by keyboard alone.
    again = person(viewport=PHONE).new_page()
    again.goto(f"/r/{room}")
    chapters = again.get_by_role("navigation", name="Shown in this show")
    expect(chapters.get_by_role("button", name=re.compile("^Buy now"))).to_be_visible()
    chapters.get_by_role("button").first.focus()
    again.keyboard.press("Enter")
    expect(chapters.get_by_role("button").first).to_have_attribute("aria-current", "true")
    expect(again.get_by_role("region", name="Shown at this moment")).to_be_visible()
    again.screenshot(path=pictures / "replay-shop-phone.png")
    again.keyboard.press("Tab")
    again.keyboard.press("Enter")
    sheet = again.get_by_role("dialog")
    sheet.get_by_role("button", name="Continue").click()
    sheet.get_by_text("I pick it up").click()
    sheet.get_by_role("button", name="Continue").click()
    sheet.get_by_label("Name").fill("Lia")
    sheet.get_by_role("textbox", name="Email", exact=True).fill("lia@example.org")
    sheet.get_by_role("button", name="Continue").click()
    sheet.get_by_text("Test payment").click()
    pay(again)
    expect(again.get_by_role("heading", name="Paid. Thank you!")).to_be_visible()
    wide = person(viewport=DESKTOP).new_page()
    wide.goto(f"/r/{room}")
    expect(wide.get_by_role("navigation", name="Shown in this show")).to_be_visible()
    wide.screenshot(path=pictures / "replay-shop-desktop.png")

    # The report has both sales, the one from the recording after the end; its tables are files.
    looks: dict[str, dict[str, Any]] = {
        "desktop": {"viewport": DESKTOP},
        "phone-dark": {"viewport": PHONE, "dark": True},
        "phone-arabic": {"viewport": PHONE, "locale": "ar"},
    }
    for name, look in looks.items():
        if "locale" in look:  # somebody who signs in sees the language of their account
            merchant.call("PATCH", "/me", {"locale": look["locale"]})
        page = _studio(person, f"/studio/{room}", **look)
        expect(page.locator("html")).to_have_attribute("dir", "rtl" if "locale" in look else "ltr")
        expect(page.locator(".chart-shape").first).to_be_visible()
        expect(page.locator(".report-stats")).to_contain_text("3" if "arabic" not in name else re.compile("[3٣]"))
        _fits(page)
        page.screenshot(path=pictures / f"report-{name}.png", full_page=True)
        if name == "desktop":
            expect(page.get_by_text(re.compile("^After the end: €"))).to_be_visible()
            page.locator("summary").first.click()
            expect(page.get_by_role("table", name="Viewers")).to_be_visible()
            with page.expect_download() as download:
                page.get_by_role("link", name="Money as CSV").click()
            text = download.value.path().read_text("utf-8-sig")
            booked = merchant.call("GET", f"/stores/{store}/ledger/balances")
            net = sum(one["amount_minor"] for one in booked["accounts"] if one["account"] != "buyer")
            assert f"net,{net // 100}.{net % 100:02},EUR" in text
            page.get_by_role("button", name="Stop selling").click()
            expect(page.get_by_text("Nothing is sold from the recording.")).to_be_visible()
            page.goto("/desk#reports")
            expect(page.get_by_role("table", name="Shows").get_by_role("row")).to_have_count(3)
            page.screenshot(path=pictures / "reports-desk-desktop.png")
    narrow = _studio(person, f"/studio/{room}", viewport=NARROW)
    for tag in ("ar", "th", "zh", "tr"):
        merchant.call("PATCH", "/me", {"locale": tag})
        narrow.reload()
        expect(narrow.locator("html")).to_have_attribute("lang", tag)
        expect(narrow.locator(".chart-shape").first).to_be_visible()
        assert cut_off(narrow) == [], tag
        narrow.screenshot(path=pictures / f"report-{tag}-narrow.png", full_page=True)
    again.reload()
    expect(again.get_by_role("navigation", name="Shown in this show")).to_be_visible()
    expect(again.get_by_role("button", name=re.compile("^Buy now"))).to_have_count(0)
