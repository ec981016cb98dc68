"""Pages by the keyboard alone: the focus stays with whoever pressed something, and is where one can see it."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.api import PASSWORD, Api
from tests.e2e.conftest import DESKTOP, Person
from tests.e2e.server import Server
from tests.e2e.test_widths import NARROW, change_language
from tests.e2e.words import Words

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

EMAIL = "keys@example.org"


@pytest.fixture(scope="module")
def room(server: Server) -> str:
    return Api.account(server.url, EMAIL, "Maximiliana").live_show("Tea")


def press(control: Locator) -> None:
    control.focus()
    control.press("Enter")


@pytest.mark.parametrize("locale", ["en", "ar"])
def test_a_dialog_that_is_opened_after_an_answer_gives_the_focus_back(
    server: Server, room: str, person: Person, locale: str
) -> None:
    page, words = person(viewport=NARROW, locale=locale).new_page(), Words(locale)
    page.goto(f"/r/{room}")
    follow = page.locator(".follow-button")
    press(follow)
    dialog = page.get_by_role("dialog", name=words("You follow {name}").format(name="Shop of Tea"))
    expect(dialog.get_by_role("heading", level=2)).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(follow).to_be_focused()


def test_what_leads_to_the_whole_chat_is_seen_when_it_has_the_focus(server: Server, room: str, person: Person) -> None:
    page = person(viewport=NARROW).new_page()
    page.goto(f"/r/{room}")
    way = page.get_by_role("button", name="Open the whole chat")
    way.wait_for()
    page.locator(".top-bar").get_by_role("button").last.focus()
    for _ in range(30):
        page.keyboard.press("Tab")
        if way.evaluate("(one) => one === document.activeElement"):
            break
    expect(way).to_be_focused()
    box = way.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    page.keyboard.press("Enter")
    sheet = page.get_by_role("dialog", name="Chat")
    sheet.wait_for()
    page.keyboard.press("Escape")
    expect(way).to_be_focused()


def studio(person: Person, room: str, email: str = EMAIL) -> Page:
    context = person(viewport=DESKTOP)
    assert context.request.post("/api/v1/sessions", data={"email": email, "password": PASSWORD}).ok
    page = context.new_page()
    page.goto(f"/studio/{room}")
    return page


def test_a_button_keeps_the_focus_while_it_works(server: Server, room: str, person: Person) -> None:
    page = studio(person, room)
    for name, becomes in (
        ("Pause the recording", "Resume the recording"),
        ("Resume the recording", "Pause the recording"),
    ):
        press(page.get_by_role("button", name=name))
        expect(page.get_by_role("button", name=becomes)).to_be_focused()


def test_what_takes_its_own_button_away_gives_the_focus_to_what_comes_next(
    server: Server, room: str, person: Person
) -> None:
    page = studio(person, room)
    press(page.get_by_role("button", name="Stop the recording"))
    dialog = page.get_by_role("dialog", name="Stop the recording?")
    press(dialog.get_by_role("button", name="Stop", exact=True))
    expect(dialog).to_have_count(0)
    begin = page.get_by_role("button", name="Start the recording")
    expect(begin).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Pause the recording")).to_be_focused()


def test_who_goes_back_on_air_goes_on_at_the_pictures_controls(server: Server, person: Person) -> None:
    room = Api.account(server.url, "back-on-air@example.org", "Mila").live_show("Tea")
    page = studio(person, room, "back-on-air@example.org")
    press(page.get_by_role("button", name="Back on air"))
    expect(page.get_by_role("button", name="Mute the microphone")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Turn the camera off")).to_be_focused()


def test_quick_phrases_are_in_the_language_that_the_page_has_now(server: Server, room: str, person: Person) -> None:
    page, words = person(viewport=DESKTOP).new_page(), Words("ar")
    page.goto(f"/r/{room}")
    press(page.get_by_role("button", name="Quick phrases"))
    expect(page.locator(".phrases-category").first).to_have_text("General")
    english = page.locator(".phrase").first.inner_text()
    change_language(page, "ar")
    expect(page.locator(".phrases-category").first).to_have_text(words("General"))
    expect(page.locator(".phrase").first).not_to_have_text(english)
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name=words("Quick phrases"))).to_be_focused()


def desk(person: Person, email: str, section: str) -> Page:
    context = person(viewport=DESKTOP)
    assert context.request.post("/api/v1/sessions", data={"email": email, "password": PASSWORD}).ok
    page = context.new_page()
    page.goto(f"/desk#{section}")
    return page


def stocked(server: Server, email: str) -> tuple[Api, str]:
    """A merchant whose shop has three products, and the shop."""
    merchant = Api.account(server.url, email, "Mila")
    store = merchant.call("POST", "/stores", {"title": "Teas", "currency": "EUR"})["id"]
    for sku in ("Assam", "Bancha", "Ceylon"):
        variant = {"sku": sku, "price": {"amount_minor": 700, "currency": "EUR"}, "stock": 9}
        merchant.call("POST", f"/stores/{store}/products", {"title": sku, "variants": [variant]})
    return merchant, store


def test_a_row_that_a_dialog_took_away_gives_the_focus_to_its_neighbour(server: Server, person: Person) -> None:
    merchant, store = stocked(server, "rows@example.org")
    for code in ("ONE", "TWO", "SIX"):
        merchant.call("POST", f"/stores/{store}/coupons", {"code": code, "percent": 10, "per_buyer": 1})
    page = desk(person, "rows@example.org", "settings")
    rows = page.get_by_role("region", name="Coupons").get_by_role("listitem")
    expect(rows).to_have_count(3)
    codes = rows.locator(".desk-row-title").all_inner_texts()

    def end(code: str) -> None:
        press(rows.filter(has_text=code).get_by_role("button", name="End"))
        dialog = page.get_by_role("dialog", name=f"End the coupon {code}?")
        press(dialog.get_by_role("button", name="End"))
        expect(dialog).to_have_count(0)

    end(codes[1])
    expect(rows.filter(has_text=codes[2]).get_by_role("button", name="End")).to_be_focused()
    end(codes[2])
    expect(rows.filter(has_text=codes[0]).get_by_role("button", name="End")).to_be_focused()
    end(codes[0])
    expect(page.get_by_role("button", name="New coupon")).to_be_focused()


def test_products_keep_the_focus_when_they_are_changed_and_pass_it_on_when_they_go(
    server: Server, person: Person
) -> None:
    stocked(server, "shelf@example.org")
    page = desk(person, "shelf@example.org", "products")
    rows = page.get_by_role("table", name="Products").get_by_role("row")
    expect(rows).to_have_count(4)
    titles = [text.split()[0] for text in rows.locator(".desk-row-title").all_inner_texts()]
    changed, following = (rows.filter(has_text=title).get_by_role("button") for title in titles[1:])
    press(changed)
    sheet = page.get_by_role("dialog")
    sheet.get_by_label("Price", exact=True).fill("8.00")
    press(sheet.get_by_role("button", name="Save"))
    expect(sheet).to_have_count(0)
    expect(changed).to_be_focused()
    page.keyboard.press("Enter")
    press(sheet.get_by_role("button", name="Archive"))
    press(page.get_by_role("dialog").last.get_by_role("button", name="Archive"))
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(following).to_be_focused()
    # Who opened it by a click on the row goes on at the row as well.
    rows.filter(has_text=titles[0]).get_by_role("cell").last.click()
    expect(sheet).to_be_visible()
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    expect(rows.filter(has_text=titles[0]).get_by_role("button")).to_be_focused()
