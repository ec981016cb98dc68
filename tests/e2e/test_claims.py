"""Claims in the pages: a keyword, a line of the chat that keeps units, a queue, a checkout; and bundles."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.api import PASSWORD, Api
from tests.e2e.conftest import DESKTOP, PHONE
from tests.e2e.conftest import Person as NewPerson
from tests.e2e.server import Server
from tests.e2e.test_offers import PATIENCE_MS, add_ware, opened
from tests.e2e.viewer import pay, say

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def test_a_line_of_the_chat_claims_and_the_next_inherits(server: Server, person: NewPerson, pictures: Path) -> None:
    expect.set_options(timeout=PATIENCE_MS)
    merchant = Api.account(server.url, "claims@example.org", "Mila")
    room = merchant.live_show("Cups to claim")
    cup = add_ware(merchant, room, "Cup", "CUP-C")
    merchant.call("PATCH", f"/offers/{cup}", {"quantity": 2})
    merchant.call("PUT", f"/offers/{cup}/pin")
    context = person(viewport=DESKTOP)
    assert context.request.post("/api/v1/sessions", data={"email": "claims@example.org", "password": PASSWORD}).ok
    studio = context.new_page()
    studio.goto(f"/studio/{room}")
    phone = opened(person, f"/r/{room}", viewport=PHONE)
    narrow = opened(person, f"/r/{room}", viewport={"width": 360, "height": 740}, dark=True)
    arab = opened(person, f"/r/{room}", viewport=PHONE, locale="ar")

    # The merchant gives the cup a keyword.
    studio.get_by_role("button", name="Change Cup", exact=True).click()
    dialog = studio.get_by_role("dialog")
    dialog.get_by_label("Keyword in the chat").fill("Sold 12")
    dialog.get_by_label("Kept for").select_option("10")
    studio.screenshot(path=pictures / "claims-editor.png")
    dialog.get_by_role("button", name="Save").click()
    card = phone.get_by_role("region", name="Shown now")
    expect(card).to_contain_text("Write “SOLD 12” in the chat to claim it")

    # Two of them by a line; the one who comes later waits, by the button.
    say(phone, "sold 12 x2", name="Noah")
    mine = phone.get_by_role("group", name="Claim: Cup")
    expect(mine).to_contain_text("2 × Cup")
    expect(mine.get_by_role("timer")).to_be_visible()
    narrow.get_by_role("button", name="Wait in line").click()
    theirs = narrow.get_by_role("group", name="Claim: Cup")
    expect(theirs).to_contain_text("You are next in line")
    narrow.screenshot(path=pictures / "claims-waiting-360-dark.png")
    phone.screenshot(path=pictures / "claims-held-phone.png")
    arab.screenshot(path=pictures / "claims-arabic.png")

    # The host sees who claimed and who waits.
    studio.get_by_role("tab", name="Orders").click()
    claims = studio.get_by_role("region", name="Claims")
    expect(claims).to_contain_text("Noah")
    expect(claims).to_contain_text("Next in line")
    studio.screenshot(path=pictures / "claims-studio.png")

    # Noah orders one of his two: the other is for whoever waits, at once.
    mine.get_by_role("button", name="Order now").click()
    sheet = phone.get_by_role("dialog")
    expect(sheet.get_by_role("group", name="Quantity")).to_contain_text("2")
    sheet.get_by_role("button", name="One less").click()
    phone.screenshot(path=pictures / "claims-checkout-phone.png", animations="disabled")
    sheet.get_by_role("button", name="Continue").click()
    sheet.get_by_text("I pick it up").click()
    sheet.get_by_role("button", name="Continue").click()
    sheet.get_by_role("textbox", name="Email", exact=True).fill("noah@example.org")
    sheet.get_by_label("Name").fill("Noah")
    sheet.get_by_role("button", name="Continue").click()
    sheet.get_by_text("Test payment").click()
    pay(phone)
    expect(phone.get_by_role("heading", name="Paid. Thank you!")).to_be_visible()
    phone.get_by_role("button", name="Back to the show").click()
    expect(mine).to_have_count(0)
    expect(theirs).to_contain_text("Kept for you")

    # Given back, it is for everybody again.
    theirs.get_by_role("button", name="Give Cup back").click()
    expect(theirs).to_have_count(0)
    expect(card.get_by_role("button", name="Buy now")).to_be_visible()


def test_a_bundle_is_made_of_the_tray_and_bought(server: Server, person: NewPerson, pictures: Path) -> None:
    expect.set_options(timeout=PATIENCE_MS)
    merchant = Api.account(server.url, "bundles@example.org", "Mila")
    room = merchant.live_show("A set for breakfast")
    add_ware(merchant, room, "Plate", "PLATE-B")
    context = person(viewport=DESKTOP)
    assert context.request.post("/api/v1/sessions", data={"email": "bundles@example.org", "password": PASSWORD}).ok
    studio = context.new_page()
    studio.goto(f"/studio/{room}")
    phone = opened(person, f"/r/{room}", viewport=PHONE)
    studio.get_by_role("button", name="Bundle", exact=True).click()
    dialog = studio.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("Breakfast set")
    dialog.get_by_role("button", name="Offer the bundle").click()
    expect(dialog.get_by_text("Put at least two things into it.")).to_be_visible()
    plates = dialog.get_by_role("group", name="Plate")
    plates.get_by_role("button", name="One more").click()
    plates.get_by_role("button", name="One more").click()
    dialog.get_by_role("group", name="Green tea").get_by_role("button", name="One more").click()
    dialog.get_by_label("Price of the bundle").fill("45")
    studio.screenshot(path=pictures / "bundle-editor.png")
    dialog.get_by_role("button", name="Offer the bundle").click()
    studio.get_by_role("button", name="Pin Breakfast set", exact=True).click()
    card = phone.get_by_role("region", name="Shown now")
    expect(card).to_contain_text("2 × Plate")
    card.get_by_role("button", name="Buy now").click()
    sheet = phone.get_by_role("dialog")
    expect(sheet).to_contain_text("2 × Plate")
    expect(sheet.get_by_text("€45").first).to_be_visible()
    phone.screenshot(path=pictures / "bundle-phone.png", animations="disabled")
