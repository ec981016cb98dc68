"""What has no parcel in the pages: codes set in the desk and shown once paid; a gift of any amount."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.api import PASSWORD, Api
from tests.e2e.conftest import DESKTOP, PHONE, Person
from tests.e2e.server import Server
from tests.e2e.test_offers import PATIENCE_MS, add_ware, opened
from tests.e2e.viewer import pay

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def say_who(phone: Page, name: str) -> None:
    """The contact step and the way to pay: nobody asks for an address."""
    sheet = phone.get_by_role("dialog")
    expect(sheet.get_by_text("Send it to me")).to_have_count(0)
    sheet.get_by_label("Name").fill(name)
    sheet.get_by_role("textbox", name="Email", exact=True).fill(f"{name.lower()}@example.org")
    sheet.get_by_role("button", name="Continue").click()
    sheet.get_by_text("Test payment").click()


def test_codes_are_delivered_at_once_and_gifts_have_any_amount(server: Server, person: Person, pictures: Path) -> None:
    expect.set_options(timeout=PATIENCE_MS)
    merchant = Api.account(server.url, "digital@example.org", "Mila")
    room = merchant.live_show("Games and gifts")
    game = add_ware(merchant, room, "Game", "GAME-D")
    merchant.call("PUT", f"/offers/{game}/pin")
    context = person(viewport=DESKTOP)
    assert context.request.post("/api/v1/sessions", data={"email": "digital@example.org", "password": PASSWORD}).ok

    # In the desk the game becomes one that is delivered by codes.
    desk = context.new_page()
    desk.goto("/desk")
    desk.get_by_role("link", name="Products").first.click()
    desk.get_by_text("Game", exact=True).first.click()
    editor = desk.get_by_role("dialog")
    editor.get_by_text("Delivered by itself").click()
    editor.get_by_label("How it gets to buyers").select_option("codes")
    editor.get_by_label("Where codes are used").fill("https://play.example/redeem")
    editor.get_by_label("What buyers read with it").fill("Redeem it within a year.")
    editor.get_by_label("New codes, one a line").fill("AAA-111\nBBB-222")
    desk.screenshot(path=pictures / "digital-desk.png")
    editor.get_by_role("button", name="Save the delivery").click()
    expect(editor.get_by_text("Saved")).to_be_visible()
    expect(editor.get_by_text("2 codes are left")).to_be_visible()

    # Bought on a phone: no address, and the code in the ticket.
    phone = opened(person, f"/r/{room}", viewport=PHONE)
    card = phone.get_by_role("region", name="Shown now")
    expect(card).to_contain_text("Delivered at once")
    card.get_by_role("button", name="Buy now").click()
    phone.get_by_role("dialog").get_by_role("button", name="Continue").click()
    say_who(phone, "Noah")
    pay(phone)
    expect(phone.get_by_role("heading", name="Paid. Thank you!")).to_be_visible()
    ours = phone.get_by_role("region", name="Yours at once")
    expect(ours.get_by_label("Code")).to_have_value("AAA-111")
    expect(ours.get_by_role("link", name="Use the code")).to_have_attribute("href", "https://play.example/redeem")
    phone.screenshot(path=pictures / "digital-ticket-phone.png", animations="disabled")

    # A gift: asked for in the studio, given on another phone.
    studio = context.new_page()
    studio.goto(f"/studio/{room}")
    studio.get_by_role("button", name="Donation", exact=True).click()
    dialog = studio.get_by_role("dialog")
    dialog.get_by_label("What it is for").fill("A new kiln")
    studio.screenshot(path=pictures / "donation-studio.png")
    dialog.get_by_role("button", name="Show it").click()
    studio.get_by_role("button", name="Pin A new kiln", exact=True).click()
    narrow = opened(person, f"/r/{room}", viewport={"width": 360, "height": 740}, dark=True)
    gift = narrow.get_by_role("region", name="Shown now")
    expect(gift).to_contain_text("Give from €1 on")
    gift.get_by_role("button", name="Give").click()
    sheet = narrow.get_by_role("dialog")
    sheet.get_by_label("Amount").fill("0.50")
    sheet.get_by_role("button", name="Continue").click()
    expect(sheet.get_by_text("Give an amount from €1 to €500.")).to_be_visible()
    sheet.get_by_label("Amount").fill("7.50")
    narrow.screenshot(path=pictures / "donation-360-dark.png", animations="disabled")
    sheet.get_by_role("button", name="Continue").click()
    say_who(narrow, "Cleo")
    expect(sheet.get_by_role("button", name="Pay €7.50")).to_be_visible()
    narrow.screenshot(path=pictures / "donation-review-360-dark.png", animations="disabled")
    pay(narrow)
    expect(narrow.get_by_role("heading", name="Paid. Thank you!")).to_be_visible()
    expect(narrow.get_by_text("That is all; nothing has to be sent.")).to_be_visible()
