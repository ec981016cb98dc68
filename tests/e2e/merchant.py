"""What a merchant does in the pages, step by step as a person would, for several tests to use."""

import io
import re

from PIL import Image, ImageDraw
from playwright.sync_api import BrowserContext, Page, expect

PASSWORD = "correct horse battery"


def photo(colour: str) -> bytes:
    """A JPEG with metadata in it, as a phone would take."""
    picture = Image.new("RGB", (900, 700), "white")
    ImageDraw.Draw(picture).ellipse((150, 100, 750, 600), fill=colour)
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=exif)
    return out.getvalue()


def sign_up(page: Page, name: str, email: str) -> None:
    page.goto("/signup")
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Make an account").click()
    page.wait_for_url(lambda url: "/signup" not in url)


def open_shop(page: Page, title: str) -> None:
    page.goto("/desk")
    page.get_by_label("Name of the shop").fill(title)
    page.get_by_label("Currency").select_option("EUR")
    page.get_by_role("button", name="Open the shop").click()
    expect(page.get_by_role("heading", name=title)).to_be_visible()


def add_product(page: Page, title: str, sku: str, price: str, stock: int, colour: str) -> None:
    page.get_by_role("button", name=re.compile("Add a product|Put your first product in")).first.click()
    sheet = page.get_by_role("dialog")
    sheet.get_by_label("Name", exact=True).fill(title)
    sheet.locator("input[type=file]").first.set_input_files(
        {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": photo(colour)}
    )
    sheet.get_by_label("Price", exact=True).fill(price)
    sheet.get_by_label("In stock").fill(str(stock))
    sheet.get_by_label("Article number").fill(sku)
    sheet.get_by_role("button", name="Save").click()
    expect(sheet).to_be_hidden()
    expect(page.get_by_text(title).first).to_be_visible()


def plan_show(page: Page, title: str) -> str:
    """The room's id."""
    page.goto("/studio")
    page.get_by_role("button", name=re.compile("Plan a show")).first.click()
    form = page.get_by_role("dialog")
    form.get_by_label("Title").fill(title)
    form.get_by_text("Now", exact=True).click()
    form.get_by_role("button", name="Set up and go live").click()
    page.wait_for_url(re.compile(r"/studio/room_"))
    return page.url.rsplit("/", 1)[1]


def offer_products(page: Page, count: int) -> None:
    """Put the first ``count`` products of the shop into the show."""
    page.get_by_role("button", name="Add products").first.click()
    picker = page.get_by_role("dialog")
    left, added = picker.get_by_role("button", name=re.compile("^Add ")), picker.get_by_text("In the show", exact=True)
    left.first.wait_for()
    before = added.count()
    for number in range(before + 1, before + count + 1):
        left.first.click()
        expect(added).to_have_count(number)
    picker.get_by_role("button", name="Done").click()


def go_live(page: Page) -> None:
    page.get_by_role("button", name="Go live", exact=True).click()
    expect(page.get_by_text("LIVE").first).to_be_visible()


def on_air(context: BrowserContext, email: str, room: str) -> Page:
    """The studio of an account that exists, sending."""
    assert context.request.post("/api/v1/sessions", data={"email": email, "password": PASSWORD}).ok
    page = context.new_page()
    page.goto(f"/studio/{room}")
    go_live(page)
    return page


def studio_of(context: BrowserContext, email: str, room: str, tab: str) -> Page:
    """The studio of an account that exists, at one of its tabs; nothing is sent."""
    assert context.request.post("/api/v1/sessions", data={"email": email, "password": PASSWORD}).ok
    page = context.new_page()
    page.goto(f"/studio/{room}")
    page.get_by_role("tab", name=tab).click()
    return page


def decoded_frames(page: Page) -> int:
    """How many pictures the first video of the page has really decoded and shown."""
    return int(page.evaluate("() => document.querySelector('video')?.getVideoPlaybackQuality().totalVideoFrames ?? 0"))
