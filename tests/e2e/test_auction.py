"""An auction in the pages: the host's desk, two viewers who outbid each other, and the winner's order."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.api import PASSWORD, Api
from tests.e2e.conftest import DESKTOP, PHONE, Person
from tests.e2e.server import Server
from tests.e2e.viewer import pay

PATIENCE_MS = 30_000

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def opened(person: Person, path: str, **look: object) -> Page:
    page = person(**look).new_page()
    page.goto(path)
    return page


def test_an_auction_from_the_first_bid_to_the_order(server: Server, person: Person, pictures: Path) -> None:
    expect.set_options(timeout=PATIENCE_MS)
    merchant = Api.account(server.url, "auction@example.org", "Mila")
    room = merchant.live_show("Tea under the hammer")
    context = person(viewport=DESKTOP)
    assert context.request.post("/api/v1/sessions", data={"email": "auction@example.org", "password": PASSWORD}).ok
    studio = context.new_page()
    studio.goto(f"/studio/{room}")
    phone = opened(person, f"/r/{room}", viewport=PHONE)
    desktop = opened(person, f"/r/{room}", viewport=DESKTOP, dark=True)
    arab = opened(person, f"/r/{room}", viewport={"width": 360, "height": 740}, locale="ar")

    studio.get_by_role("button", name="Auction Green tea").click()
    dialog = studio.get_by_role("dialog")
    dialog.get_by_role("button", name="Start the auction").click()
    expect(dialog.get_by_text("Write the price as 12.50.").first).to_be_visible()
    dialog.get_by_label("First price").fill("10")
    dialog.get_by_label("Each bid raises it by").fill("1")
    dialog.get_by_label("Ends").select_option(label="In 10 minutes")
    studio.screenshot(path=pictures / "auction-studio-start.png")
    dialog.get_by_role("button", name="Start the auction").click()
    panel = studio.get_by_role("region", name="Auction: Green tea")
    expect(panel).to_contain_text("no bids yet")

    # One tap bids the least; the other is told at once that they were outbid by somebody's maximum.
    card = phone.get_by_role("region", name="Auction: Green tea")
    expect(card).to_contain_text("Be the first to bid")
    expect(card.get_by_role("timer")).to_be_visible()
    card.get_by_role("button", name="Bid €10").click()
    phone.get_by_role("dialog").get_by_label("Your name").fill("Ana")
    phone.get_by_role("dialog").get_by_role("button", name="Bid €10").click()
    expect(card).to_contain_text("You are the highest, up to €10")
    phone.screenshot(path=pictures / "auction-leading-phone.png")
    other = desktop.get_by_role("region", name="Auction: Green tea")
    other.get_by_role("button", name="Set a maximum").click()
    sheet = desktop.get_by_role("dialog")
    sheet.get_by_label("Maximum", exact=True).fill("9")
    sheet.get_by_role("button", name="Bid", exact=True).click()
    expect(sheet.get_by_role("alert")).to_contain_text("Bid €11 or more.")
    sheet.get_by_label("Maximum", exact=True).fill("30")
    desktop.screenshot(path=pictures / "auction-maximum-desktop-dark.png")
    sheet.get_by_role("button", name="Bid", exact=True).click()
    sheet.get_by_label("Your name").fill("Dora")
    sheet.get_by_role("button", name="Bid €30").click()
    expect(other).to_contain_text("You are the highest, up to €30")
    expect(card).to_contain_text("You were outbid: Dora is the highest")
    expect(card.get_by_role("button", name="Bid €12")).to_be_visible()
    expect(phone.locator("#live-assertive")).to_contain_text("You were outbid. The price is €11.")
    phone.screenshot(path=pictures / "auction-outbid-phone.png")
    arab.screenshot(path=pictures / "auction-arabic.png")
    desktop.screenshot(path=pictures / "auction-leading-desktop-dark.png")
    assert arab.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing stands out at 360 px"

    # By keyboard: the button, the dialog, and back to where one was.
    bid = card.get_by_role("button", name="Bid €12")
    bid.focus()
    phone.keyboard.press("Enter")
    expect(card.get_by_role("button", name="Bid €14")).to_be_visible()
    expect(other).to_contain_text("€13")
    expect(panel).to_contain_text("€13")
    studio.screenshot(path=pictures / "auction-studio.png")

    # The hammer: the winner orders at the price, on a page that was loaded anew.
    panel.get_by_role("button", name="End now").click()
    expect(panel).to_contain_text("Dora won it and has to order")
    expect(card).to_contain_text("won it")
    desktop.reload()
    expect(other).to_contain_text("You won it for €13!")
    desktop.screenshot(path=pictures / "auction-won-desktop-dark.png")
    other.get_by_role("button", name="Order it").click()
    sheet = desktop.get_by_role("dialog")
    sheet.get_by_text("I pick it up").click()
    sheet.get_by_role("button", name="Continue").click()
    sheet.get_by_label("Name").fill("Dora")
    sheet.get_by_role("textbox", name="Email", exact=True).fill("dora@example.org")
    sheet.get_by_role("button", name="Continue").click()
    sheet.get_by_text("Test payment").click()
    expect(sheet.get_by_role("button", name="Pay €13")).to_be_visible()
    desktop.screenshot(path=pictures / "auction-order-desktop-dark.png")
    pay(desktop)
    expect(desktop.get_by_role("heading", name="Paid. Thank you!")).to_be_visible()
    expect(panel).to_contain_text("paid for it")
    offers = merchant.call("GET", f"/rooms/{room}/offers")["items"]
    assert offers[0]["available"] == 19


def test_what_was_won_can_be_ordered_after_the_show(server: Server, person: Person, pictures: Path) -> None:
    expect.set_options(timeout=PATIENCE_MS)
    merchant = Api.account(server.url, "auction-after@example.org", "Mila")
    room = merchant.live_show("The last cup")
    offer = merchant.call("GET", f"/rooms/{room}/offers")["items"][0]["id"]
    price = {"amount_minor": 700, "currency": "EUR"}
    body = {"offer": offer, "start": price, "increment": price, "seconds": 600, "mode": "sudden"}
    merchant.call("POST", f"/rooms/{room}/auctions", body)
    phone = opened(person, f"/r/{room}", viewport=PHONE)
    card = phone.get_by_role("region", name="Auction: Green tea")
    expect(card).to_contain_text("Auction, sudden death")
    card.get_by_role("button", name="Bid €7").click()
    phone.get_by_role("dialog").get_by_label("Your name").fill("Ana")
    phone.get_by_role("dialog").get_by_role("button", name="Bid €7").click()
    expect(card).to_contain_text("You are the highest")
    merchant.call("POST", f"/rooms/{room}/end")
    # The end of the show is its end: whoever led has won, and the worker says so within a second.
    while "awarded" not in [auction["state"] for auction in merchant.call("GET", f"/rooms/{room}/auctions")["items"]]:
        phone.wait_for_timeout(200)
    phone.reload()
    expect(card).to_contain_text("You won it for €7!")
    phone.screenshot(path=pictures / "auction-after-phone.png")
    card.get_by_role("button", name="Order it").click()
    expect(phone.get_by_role("dialog").get_by_role("heading", name="How do you get it?")).to_be_visible()
    # Or declined, once that is confirmed: nobody else has bid, so it can be bought again.
    phone.reload()
    decline = card.get_by_role("button", name="I do not want it")
    decline.click()
    sure = phone.get_by_role("dialog")
    expect(sure).to_contain_text("It goes to whoever bid next, or can be bought again.")
    phone.screenshot(path=pictures / "auction-decline-phone.png")
    phone.keyboard.press("Escape")
    expect(sure).to_have_count(0)
    decline.click()
    sure.get_by_role("button", name="Give it up").click()
    expect(card.get_by_role("button", name="Order it")).to_have_count(0)
    (auction,) = merchant.call("GET", f"/rooms/{room}/auctions")["items"]
    assert (auction["state"], auction["declined"]) == ("unsold", 1)
