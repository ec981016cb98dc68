"""A merchant's catalogue in the desk: a file taken in, stock booked, coupons, events, an order's money given back."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.api import PASSWORD, Api
from tests.e2e.conftest import DESKTOP, PHONE, Person
from tests.e2e.server import Server

#: a busy machine takes its time
PATIENCE_MS = 30_000
EMAIL = "catalogue@example.org"
CSV = (
    "Handle,Title,Body (HTML),Vendor,Type,Option1 Value,Variant SKU,Variant Inventory Qty,Variant Price\n"
    "mug,Mug,<p>Glazed <b>by hand</b></p>,Mila,Kitchen > Cups,Blue,MUG-B,5,9.50\n"
    "mug,,,,,Red,MUG-R,3,9.50\n"
    "plate,Plate,,Mila,Kitchen > Plates,,PLATE,7,14.00\n"
    "vase,Vase,,Mila,Home,,VASE,2,cheap\n"
)

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def signed_in(server: Server, person: Person, path: str, **look: Any) -> Page:
    context = person(**look)
    if locale := look.get("locale"):
        # as the language picker does, so that signing in does not change the language
        context.add_cookies([{"name": "livehub_locale", "value": locale, "url": server.url}])
    assert context.request.post("/api/v1/sessions", data={"email": EMAIL, "password": PASSWORD}).ok
    page = context.new_page()
    page.goto(path)
    return page


def as_narrow(page: Page, width: int = 360) -> None:
    """Nothing is cut off or has to be scrolled sideways on a small phone."""
    page.set_viewport_size({"width": width, "height": 740})
    over = "() => document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"
    assert page.evaluate(over) <= 0


def take_in(desk: Page, pictures: Path) -> None:
    desk.get_by_role("button", name="From a file").click()
    dialog = desk.get_by_role("dialog")
    dialog.locator("input[type=file]").set_input_files(
        {"name": "shop.csv", "mimeType": "text/csv", "buffer": CSV.encode()}
    )
    expect(dialog.get_by_role("status")).to_contain_text("This is what would change.")
    expect(dialog.get_by_text("1 column of the file has no use here: Vendor")).to_be_visible()
    expect(dialog.get_by_text("This is no price that can be read.")).to_be_visible()
    expect(dialog.get_by_text("Line 5", exact=True).first).to_be_visible()
    desk.screenshot(path=pictures / "catalogue-errors-desktop.png")
    dialog.get_by_role("tab", name="New").click()
    expect(dialog.get_by_text("Mug", exact=True).first).to_be_visible()
    desk.screenshot(path=pictures / "catalogue-preview-desktop.png")
    dialog.get_by_role("button", name="Write 2 products, leave errors out").click()
    expect(dialog.get_by_role("status")).to_contain_text("The products are in.")
    dialog.get_by_role("button", name="Done").click()
    for title in ("Mug", "Plate"):
        expect(desk.get_by_text(title, exact=True)).to_be_visible()


def book_stock(desk: Page, pictures: Path) -> None:
    desk.get_by_role("button", name="Plate", exact=False).first.click()
    desk.get_by_role("button", name="Book stock, alerts, journal").click()
    dialog = desk.get_by_role("dialog", name="Stock of Plate")
    expect(dialog.get_by_text("First stock")).to_be_visible()
    dialog.get_by_label("What happened").select_option("damaged")
    dialog.get_by_label("How many").fill("9")
    dialog.get_by_label("Note").fill("Fell off the shelf")
    dialog.get_by_role("button", name="Book", exact=True).click()
    expect(dialog.get_by_text("There is not that much stock.", exact=False)).to_be_visible()
    dialog.get_by_label("How many").fill("2")
    dialog.get_by_role("button", name="Book", exact=True).click()
    expect(dialog.get_by_text("Fell off the shelf")).to_be_visible()
    dialog.get_by_label("What happened").select_option("counted")
    dialog.get_by_label("In stock now").fill("4")
    dialog.get_by_role("button", name="Book", exact=True).click()
    expect(dialog.locator("ul.desk-list li").first).to_contain_text("Counted")
    dialog.get_by_label("Tell me from how few on").fill("4")
    dialog.get_by_role("button", name="Save").click()
    desk.screenshot(path=pictures / "catalogue-stock-desktop.png")
    dialog.get_by_role("button", name="Close").click()
    desk.get_by_role("dialog", name="Edit product").get_by_role("button", name="Close").click()
    desk.get_by_role("button", name="Little left").click()
    expect(desk.get_by_text("Mug", exact=True)).to_have_count(0)
    expect(desk.get_by_text("Plate", exact=True)).to_be_visible()
    desk.get_by_role("button", name="Little left").click()


def sort_products(desk: Page) -> None:
    desk.get_by_role("button", name="Categories").click()
    dialog = desk.get_by_role("dialog")
    expect(dialog.get_by_role("listitem").filter(has_text="Kitchen › Cups")).to_be_visible()
    dialog.get_by_label("New category").fill("Gifts")
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(dialog.get_by_role("listitem").filter(has_text="Gifts")).to_be_visible()
    dialog.get_by_role("button", name="Close").click()
    desk.get_by_label("Category").select_option(label="Kitchen › Cups")
    expect(desk.get_by_text("Plate", exact=True)).to_have_count(0)
    expect(desk.get_by_text("Mug", exact=True)).to_be_visible()


def set_up_shop(desk: Page, pictures: Path) -> None:
    desk.goto("/desk#settings")
    coupons = desk.get_by_role("region", name="Coupons")
    coupons.get_by_role("button", name="New coupon").click()
    dialog = desk.get_by_role("dialog")
    dialog.get_by_label("Coupon code").fill("spring")
    dialog.get_by_label("Percent", exact=True).fill("15")
    dialog.get_by_label("All that it may take off").fill("many")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_text("Enter a price.")).to_be_visible()
    dialog.get_by_label("All that it may take off").fill("50")
    desk.screenshot(path=pictures / "catalogue-coupon-desktop.png")
    dialog.get_by_role("button", name="Save").click()
    expect(coupons.get_by_text("SPRING")).to_be_visible()
    desk.get_by_label("Address", exact=True).fill("https://example.com/orders")
    desk.get_by_role("button", name="Add", exact=True).click()
    desk.get_by_role("button", name="I have kept it").click()
    desk.get_by_role("button", name="Events", exact=True).click()
    dialog.get_by_text("All events, also those to come").click()
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_text("Choose at least one event.")).to_be_visible()
    dialog.get_by_label("stock.low").check()
    dialog.get_by_label("order.paid").check()
    desk.screenshot(path=pictures / "catalogue-events-desktop.png")
    dialog.get_by_role("button", name="Save").click()
    expect(desk.get_by_role("button", name="Events: 2")).to_be_visible()
    coupons.get_by_role("button", name="End").click()
    dialog.get_by_role("button", name="End").click()
    expect(coupons.get_by_text("No coupon runs at the moment.")).to_be_visible()


def buy(server: Server, merchant: Api, room: str) -> str:
    """A paid order of two teas and three mugs, by hand."""
    guest = Api(
        server.url, bearer=Api(server.url).call("POST", "/guests", {"display_name": "Noah", "locale": "en"})["token"]
    )
    offers = {one["sku"]: one["id"] for one in merchant.call("GET", f"/rooms/{room}/offers")["items"]}
    body = {
        "room": room,
        "lines": [{"offer": offers["TEA"], "quantity": 2}, {"offer": offers["MUG-B"], "quantity": 3}],
        "delivery": {"method": "pickup"},
        "contact": {"name": "Noah", "email": "noah@example.org"},
        "payment_provider": "manual",
    }
    order = str(guest.call("POST", "/orders", body)["id"])
    merchant.call("POST", f"/orders/{order}/paid")
    return order


def give_back(desk: Page, pictures: Path) -> None:
    desk.goto("/desk#orders")
    desk.get_by_role("button", name="Noah", exact=False).first.click()
    sheet = desk.get_by_role("dialog").first
    expect(sheet.get_by_role("region", name="Money")).to_contain_text("Payment · On pick-up or delivery")
    expect(sheet.get_by_role("region", name="Money")).to_contain_text("€53.50")
    sheet.get_by_role("button", name="Refund").click()
    dialog = desk.get_by_role("dialog").last
    dialog.get_by_text("Some of the goods").click()
    mugs = dialog.get_by_role("listitem").filter(has_text="Mug")
    mugs.get_by_role("button", name="One more").click()
    mugs.get_by_role("button", name="One more").click()
    desk.screenshot(path=pictures / "catalogue-refund-desktop.png")
    dialog.get_by_role("button", name="Give €19 back").click()
    money = sheet.get_by_role("region", name="Money")
    expect(money).to_contain_text("−€19")
    expect(money).to_contain_text("€34.50")
    desk.screenshot(path=pictures / "catalogue-ledger-desktop.png")
    # no more of it comes back than was bought
    sheet.get_by_role("button", name="Refund").click()
    dialog = desk.get_by_role("dialog").last
    dialog.get_by_text("Some of the goods").click()
    mugs = dialog.get_by_role("listitem").filter(has_text="Mug")
    mugs.get_by_role("button", name="One more").click()
    expect(mugs.get_by_role("button", name="One more")).to_be_disabled()
    dialog.get_by_text("An amount", exact=True).click()
    dialog.get_by_role("textbox", name="Amount").fill("99")
    expect(dialog.get_by_text("At most €34.50 can go back.")).to_be_visible()
    dialog.get_by_role("button", name="Not now").click()


def test_a_catalogue_from_a_file_to_a_refund(server: Server, person: Person, pictures: Path) -> None:
    expect.set_options(timeout=PATIENCE_MS)
    merchant = Api.account(server.url, EMAIL, "Mila")
    room = merchant.live_show("Kitchen things")
    desk = signed_in(server, person, "/desk", viewport=DESKTOP)
    take_in(desk, pictures)
    book_stock(desk, pictures)
    sort_products(desk)
    set_up_shop(desk, pictures)

    for sku in ("MUG-B", "PLATE"):
        merchant.call("POST", f"/rooms/{room}/offers", {"sku": sku, "quantity": 4})
    buy(server, merchant, room)
    give_back(desk, pictures)

    # Viewers find their way in the tray by category.
    viewer = person(viewport=PHONE).new_page()
    viewer.goto(f"/r/{room}")
    viewer.get_by_role("button", name="Bag", exact=False).first.click()
    tray = viewer.get_by_role("dialog")
    tray.get_by_role("button", name="Plates").click()
    expect(tray.get_by_role("heading", name="Plate")).to_be_visible()
    expect(tray.get_by_role("heading", name="Mug")).to_have_count(0)
    viewer.screenshot(path=pictures / "catalogue-tray-phone.png")
    tray.get_by_role("button", name="Everything").click()
    expect(tray.get_by_role("heading", name="Mug")).to_be_visible()

    # The same on a phone, from right to left and in the dark.
    phone = signed_in(server, person, "/desk", viewport=PHONE, locale="ar", dark=True)
    expect(phone.get_by_text("Mug", exact=True)).to_be_visible()
    phone.screenshot(path=pictures / "catalogue-products-phone-arabic.png")
    phone.get_by_role("button", name="من ملف").click()
    phone.get_by_role("dialog").locator("input[type=file]").set_input_files(
        {"name": "shop.csv", "mimeType": "text/csv", "buffer": CSV.replace("14.00", "15.00").encode()}
    )
    expect(phone.get_by_role("dialog").get_by_role("status")).to_contain_text("هذا ما سيتغير.")
    phone.screenshot(path=pictures / "catalogue-preview-phone-arabic.png")
    as_narrow(phone)
    thumb = signed_in(server, person, "/desk", viewport=PHONE)
    thumb.get_by_role("button", name="Plate", exact=False).first.click()
    thumb.get_by_role("button", name="Book stock, alerts, journal").click()
    expect(thumb.get_by_text("Fell off the shelf")).to_be_visible()
    thumb.screenshot(path=pictures / "catalogue-stock-phone.png")
    as_narrow(thumb)
