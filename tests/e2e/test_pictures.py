"""A product's pictures from the desk to the viewers' hands, and two who change one product at once."""

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.e2e.api import PASSWORD, Api
from tests.e2e.conftest import DESKTOP, Person
from tests.e2e.server import Server

SMALL = {"width": 360, "height": 740}
NAME = "Green tea"

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def photo(name: str, width: int, height: int, colour: str) -> FilePayload:
    """Told from others by its shape, which stays as it is."""
    data = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(data, "PNG")
    return {"name": name, "mimeType": "image/png", "buffer": data.getvalue()}


WIDE, TALL, SQUARE = (
    photo("a.png", 900, 600, "teal"),
    photo("b.png", 600, 900, "brown"),
    photo("c.png", 500, 500, "navy"),
)
NOTES: FilePayload = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"no"}
TORN: FilePayload = {"name": "torn.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n torn"}


def signed_in(server: Server, person: Person, email: str, **look: Any) -> Page:
    context = person(**look)
    if locale := look.get("locale"):
        context.add_cookies([{"name": "livehub_locale", "value": locale, "url": server.url}])
    assert context.request.post("/api/v1/sessions", data={"email": email, "password": PASSWORD}).ok
    page = context.new_page()
    page.goto("/desk")
    return page


def editor(desk: Page, product: str, title: str = "Edit product") -> Locator:
    desk.get_by_role("button", name=product, exact=False).first.click()
    dialog = desk.get_by_role("dialog", name=title)
    expect(dialog).to_be_visible()
    return dialog


def the_product(merchant: Api, room: str) -> Any:
    store = merchant.call("GET", f"/rooms/{room}")["store"]["id"]
    (product,) = merchant.call("GET", f"/stores/{store}/products")["items"]
    return product


def shapes(merchant: Api, room: str) -> list[tuple[int, int]]:
    return [(one["width"], one["height"]) for one in the_product(merchant, room)["pictures"]]


def shown(page: Page, name: str) -> Locator:
    """The picture of that name, once it is the one that stands in the row."""
    picture = page.get_by_role("img", name=name)
    expect(picture).to_be_in_viewport(ratio=0.6)
    return picture


def no_wider(page: Page) -> None:
    over = "() => document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"
    assert page.evaluate(over) <= 0


def test_pictures_are_arranged_at_the_desk_and_swiped_by_viewers(
    server: Server, person: Person, pictures: Path
) -> None:
    email = "pictures@example.org"
    merchant = Api.account(server.url, email, "Mila")
    room = merchant.live_show("Tea house")
    desk = signed_in(server, person, email, viewport=DESKTOP)
    dialog = editor(desk, NAME)
    files = dialog.locator(".gallery-field input[type=file]")
    files.set_input_files([WIDE, TALL, SQUARE, NOTES])
    expect(dialog.get_by_text("This is not a picture. Take a JPEG, PNG or WebP.")).to_be_visible()
    expect(dialog.get_by_role("img", name="Picture 3 of 3")).to_be_visible()
    # What only says that it is a picture is refused by the server, and nothing else is lost with it.
    files.set_input_files(TORN)
    expect(dialog.get_by_role("img", name="Picture 4 of 4")).to_have_count(1)
    dialog.get_by_role("button", name="Move picture 3 forward").click()
    expect(dialog.get_by_role("button", name="Move picture 2 forward")).to_be_focused()
    desk.screenshot(path=pictures / "gallery-desk-desktop.png")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.locator(".gallery-tile.has-error").get_by_role("alert")).to_be_visible()
    desk.screenshot(path=pictures / "gallery-refused-desktop.png")
    dialog.get_by_role("button", name="Take picture 4 off").click()
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0)
    assert shapes(merchant, room) == [(900, 600), (500, 500), (600, 900)]
    dialog = editor(desk, NAME)
    dialog.get_by_role("button", name="Take picture 1 off").click()
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0)
    assert shapes(merchant, room) == [(500, 500), (600, 900)]

    # A viewer swipes through them: by touch the browser does it, here by buttons and keys.
    viewer = person(viewport=SMALL).new_page()
    viewer.goto(f"/r/{room}")
    viewer.get_by_role("button", name=f"Pictures and details: {NAME}").first.click()
    sheet = viewer.get_by_role("dialog", name=NAME)
    shown(viewer, f"{NAME}, picture 1 of 2")
    expect(sheet.get_by_role("button", name="Previous picture")).to_be_disabled()
    sheet.get_by_role("button", name="Next picture").click()
    shown(viewer, f"{NAME}, picture 2 of 2")
    expect(sheet.get_by_role("status").filter(has_text="2 / 2")).to_be_visible()
    expect(sheet.get_by_role("button", name="Next picture")).to_be_disabled()
    viewer.screenshot(path=pictures / "gallery-viewer-phone.png")
    row = sheet.get_by_role("list", name=f"Pictures of {NAME}")
    row.press("Home")
    shown(viewer, f"{NAME}, picture 1 of 2")
    row.press("ArrowRight")
    shown(viewer, f"{NAME}, picture 2 of 2")
    no_wider(viewer)
    viewer.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    expect(viewer.get_by_role("button", name=f"Pictures and details: {NAME}").first).to_be_focused()

    # From right to left the arrow to the left leads on.
    reader = person(viewport=SMALL, locale="ar", dark=True).new_page()
    reader.goto(f"/r/{room}")
    reader.get_by_role("button", name="الصور والتفاصيل", exact=False).first.click()
    row = reader.get_by_role("dialog").get_by_role("list", name="صور", exact=False)
    row.press("ArrowLeft")
    expect(reader.get_by_role("dialog").get_by_role("button", name="الصورة التالية")).to_be_disabled()
    reader.screenshot(path=pictures / "gallery-viewer-phone-arabic.png")
    no_wider(reader)
    wide = person(viewport=DESKTOP, dark=True).new_page()
    wide.goto(f"/r/{room}")
    wide.get_by_role("button", name=f"Pictures and details: {NAME}").first.click()
    shown(wide, f"{NAME}, picture 1 of 2")
    wide.screenshot(path=pictures / "gallery-viewer-desktop-dark.png")


def test_who_saves_second_is_asked_where_both_changed_the_same(server: Server, person: Person, pictures: Path) -> None:
    email = "twice@example.org"
    merchant = Api.account(server.url, email, "Mila")
    room = merchant.live_show("Tea for two")
    product = the_product(merchant, room)["id"]

    def now() -> tuple[str, str, int]:
        found = the_product(merchant, room)
        return found["title"], found["description"], found["variants"][0]["stock"]

    def sell(quantity: int) -> None:
        guest = Api(server.url).call("POST", "/guests", {"display_name": "Noah", "locale": "en"})
        offer = merchant.call("GET", f"/rooms/{room}/offers")["items"][0]["id"]
        body = {
            "room": room,
            "lines": [{"offer": offer, "quantity": quantity}],
            "delivery": {"method": "pickup"},
            "contact": {"name": "Noah"},
            "payment_provider": "manual",
        }
        Api(server.url, bearer=guest["token"]).call("POST", "/orders", body)

    # Where each changed another thing both stay, and what was sold meanwhile is not given back.
    desk = signed_in(server, person, email, viewport=DESKTOP)
    dialog = editor(desk, NAME)
    merchant.call("PATCH", f"/products/{product}", {"title": "Sencha"})
    sell(2)
    dialog.get_by_label("Description").fill("First flush")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0)
    assert now() == ("Sencha", "First flush", 18)

    # Where both changed the same it is asked, field by field, and nothing is written before.
    dialog = editor(desk, "Sencha")
    dialog.get_by_label("Name").fill("Green tea of spring")
    dialog.get_by_label("In stock", exact=True).fill("30")
    merchant.call("PATCH", f"/products/{product}", {"title": "Sencha Asanoka"})
    sell(3)
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert").filter(has_text="It was changed meanwhile")).to_be_visible()
    name = dialog.get_by_role("group", name="Name was changed meanwhile")
    stock = dialog.get_by_role("group", name="In stock was changed meanwhile")
    expect(name).to_contain_text("Sencha Asanoka")
    expect(stock).to_contain_text("15")
    expect(name.get_by_role("button", name="Keep mine")).to_be_focused()
    desk.screenshot(path=pictures / "conflict-desk-desktop.png")
    assert now() == ("Sencha Asanoka", "First flush", 15)
    dialog.get_by_role("button", name="Save").click()
    expect(name).to_be_visible()
    assert now() == ("Sencha Asanoka", "First flush", 15), "nothing was decided yet"
    name.get_by_role("button", name="Keep mine").press("Enter")
    expect(name).to_have_count(0)
    expect(stock.get_by_role("button", name="Keep mine")).to_be_focused()
    stock.get_by_role("button", name="Take what is there now").press("Enter")
    expect(dialog.get_by_label("In stock", exact=True)).to_have_value("15")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0)
    assert now() == ("Green tea of spring", "First flush", 15)

    # On a small phone, from right to left in the dark, after the tab was closed: draft and question are there.
    phone = signed_in(server, person, email, viewport=SMALL, locale="ar", dark=True)
    dialog = editor(phone, "Green tea of spring", "تعديل المنتج")
    dialog.get_by_label("الاسم", exact=True).fill("شاي أخضر")
    phone.close()
    merchant.call("PATCH", f"/products/{product}", {"title": "Sencha"})
    phone = phone.context.new_page()
    phone.goto("/desk")
    dialog = editor(phone, "Sencha", "تعديل المنتج")
    conflict = dialog.get_by_role("group", name="تغيّر الاسم في هذه الأثناء")
    expect(conflict).to_contain_text("Sencha")
    conflict.scroll_into_view_if_needed()
    phone.screenshot(path=pictures / "conflict-desk-phone-arabic.png")
    no_wider(phone)
    conflict.get_by_role("button", name="أبقِ ما كتبتُه", exact=False).click()
    dialog.get_by_role("button", name="حفظ", exact=True).click()
    expect(dialog).to_have_count(0)
    assert now()[0] == "شاي أخضر"
