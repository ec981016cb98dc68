"""Donations in the pages: asked for in the studio, given on a phone at an amount of one's own."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.api import PASSWORD, Api
from tests.e2e.conftest import DESKTOP, PHONE
from tests.e2e.conftest import Person as NewPerson
from tests.e2e.server import Server
from tests.e2e.test_offers import PATIENCE_MS, opened
from tests.e2e.viewer import pay

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def test_a_donation_of_any_amount_is_asked_for_and_given(server: Server, person: NewPerson, pictures: Path) -> None:
    expect.set_options(timeout=PATIENCE_MS)
    merchant = Api.account(server.url, "donations@example.org", "Mila")
    room = merchant.live_show("Tea for the shelter")
    context = person(viewport=DESKTOP)
    assert context.request.post("/api/v1/sessions", data={"email": "donations@example.org", "password": PASSWORD}).ok
    studio = context.new_page()
    studio.goto(f"/studio/{room}")
    phone = opened(person, f"/r/{room}", viewport=PHONE)

    studio.get_by_role("button", name="Donation", exact=True).click()
    dialog = studio.get_by_role("dialog")
    dialog.get_by_label("Suggested amount").fill("500")
    dialog.get_by_label("At most").fill("50")
    dialog.get_by_role("button", name="Show it").click()
    expect(dialog.get_by_text("Say what it is for.")).to_be_visible()
    expect(dialog.get_by_text("The suggested amount lies between the least and the most.")).to_be_visible()
    dialog.get_by_label("What it is for").fill("The animal shelter")
    dialog.get_by_label("Suggested amount").fill("5")
    studio.screenshot(path=pictures / "donation-editor.png")
    dialog.get_by_role("button", name="Show it").click()
    studio.get_by_role("button", name="Pin The animal shelter", exact=True).click()

    card = phone.get_by_role("region", name="Shown now")
    expect(card).to_contain_text("Give from €1 on")
    phone.screenshot(path=pictures / "donation-card-phone.png")
    card.get_by_role("button", name="Give").click()
    sheet = phone.get_by_role("dialog")
    amount = sheet.get_by_label("Amount")
    expect(amount).to_have_value("5.00")
    for much in ("51", "0.99", "much"):
        amount.fill(much)
        sheet.get_by_role("button", name="Continue").click()
        expect(sheet.get_by_text("Give an amount from €1 to €50.")).to_be_visible()
    amount.fill("7.30")
    phone.screenshot(path=pictures / "donation-amount-phone.png")
    sheet.get_by_role("button", name="Continue").click()
    # Nothing is sent to anybody: who it is from comes next, and no way of delivery.
    sheet.get_by_label("Name").fill("Noah")
    sheet.get_by_role("textbox", name="Email", exact=True).fill("noah@example.org")
    sheet.get_by_role("button", name="Continue").click()
    sheet.get_by_text("Test payment").click()
    expect(sheet.get_by_role("button", name="Pay €7.30")).to_be_visible()
    phone.screenshot(path=pictures / "donation-pay-phone.png")
    pay(phone)
    expect(phone.get_by_role("heading", name="Paid. Thank you!")).to_be_visible()
    store = merchant.call("GET", f"/rooms/{room}")["store"]["id"]
    [order] = merchant.call("GET", f"/stores/{store}/orders")["items"]
    assert (order["status"], order["total"]) == ("paid", {"amount_minor": 730, "currency": "EUR"})
