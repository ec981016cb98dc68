"""Paying by bank transfer: the shop says its account, the buyer reads it, the shop says that the money is there."""

import re
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.api import PASSWORD, Api
from tests.e2e.conftest import DESKTOP, Person
from tests.e2e.server import Server

SMALL = {"width": 360, "height": 740}
EMAIL = "transfer@example.org"
ACCOUNT = "Mila's tea house\nIBAN DE02 1203 0000 0000 2020 51"

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def no_wider(page: Page) -> None:
    over = "() => document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"
    assert page.evaluate(over) <= 0


def to_the_review(page: Page, room: str) -> None:
    """As somebody who was not here before."""
    page.goto(f"/r/{room}")
    page.get_by_role("button", name=re.compile("^Buy now")).first.click()
    sheet = page.get_by_role("dialog")
    sheet.get_by_role("button", name="Continue").click()
    sheet.get_by_text("I pick it up").click()
    sheet.get_by_role("button", name="Continue").click()
    sheet.get_by_role("textbox", name="Name").fill("Noah")
    sheet.get_by_role("textbox", name="Email", exact=True).fill("noah@example.org")
    sheet.get_by_role("button", name="Continue").click()
    expect(sheet.get_by_text("Pay when I get it")).to_be_visible()


def test_from_the_account_in_the_desk_to_the_money_that_came(server: Server, person: Person, pictures: Path) -> None:
    merchant = Api.account(server.url, EMAIL, "Mila")
    room = merchant.live_show("Tea by transfer")
    viewer = person(viewport=SMALL).new_page()
    to_the_review(viewer, room)
    expect(viewer.get_by_text("Bank transfer")).to_have_count(0)

    context = person(viewport=DESKTOP)
    assert context.request.post("/api/v1/sessions", data={"email": EMAIL, "password": PASSWORD}).ok
    desk = context.new_page()
    desk.goto("/desk#settings")
    desk.get_by_label("Bank account for transfers").fill(ACCOUNT)
    form = desk.locator("form").filter(has=desk.get_by_label("Bank account for transfers"))
    form.get_by_role("button", name="Save").click()
    expect(desk.locator("#live-polite")).to_have_text("Saved")
    desk.get_by_label("Bank account for transfers").scroll_into_view_if_needed()
    desk.screenshot(path=pictures / "transfer-terms-desktop.png")

    # The next checkout offers it, also to who was here before and has chosen something else.
    to_the_review(viewer, room)
    sheet = viewer.get_by_role("dialog")
    sheet.get_by_text("Bank transfer").click()
    viewer.screenshot(path=pictures / "transfer-review-phone.png")
    sheet.get_by_role("button", name="Order for €12.50").click()
    expect(sheet.get_by_text("Reserved until your transfer is there.")).to_be_visible()
    expect(sheet.get_by_text("IBAN DE02 1203 0000 0000 2020 51")).to_be_visible()
    expect(sheet.get_by_text(re.compile("^The money has to be there by "))).to_be_visible()
    reference = sheet.get_by_label("Reference").input_value()
    viewer.screenshot(path=pictures / "transfer-ticket-phone.png")
    no_wider(viewer)
    order = next(one for one in merchant.call("GET", f"/stores/{store_of(merchant, room)}/orders")["items"])
    assert (order["number"], order["payment"]["provider"]) == (reference, "transfer")

    # Its own page says the same, in the buyer's language, from right to left and in the dark.
    page = viewer.context.new_page()
    viewer.context.add_cookies([{"name": "livehub_locale", "value": "ar", "url": server.url}])
    page.emulate_media(color_scheme="dark")
    page.goto(f"/orders/{order['id']}")
    expect(page.get_by_text("IBAN DE02 1203 0000 0000 2020 51")).to_be_visible()
    expect(page.get_by_text("يجب أن يصل المال قبل")).to_be_visible()
    page.screenshot(path=pictures / "transfer-order-phone-arabic.png", full_page=True)
    no_wider(page)

    # The shop sees the money in its account, and says so; both pages know, and the account is gone from them.
    desk.goto("/desk#orders")
    desk.get_by_role("button", name="Noah", exact=False).first.click()
    dialog = desk.get_by_role("dialog").first
    dialog.get_by_role("button", name="Mark as paid").click()
    desk.screenshot(path=pictures / "transfer-paid-desktop.png")
    desk.get_by_role("button", name="Yes, it is paid").click()
    expect(viewer.get_by_role("heading", name="Paid. Thank you!")).to_be_visible()
    expect(viewer.get_by_text("IBAN")).to_have_count(0)
    expect(page.get_by_text("IBAN")).to_have_count(0)
    # What has to be done with the order stands in one row on a small phone.
    desk.set_viewport_size({"width": 360, "height": 740})
    handed = desk.get_by_role("button", name="Mark as handed over")
    expect(handed).to_be_visible()
    box = handed.bounding_box()
    assert box is not None
    assert box["height"] < 60, "its words take one line"
    desk.screenshot(path=pictures / "transfer-handover-phone.png")
    no_wider(desk)


def test_money_that_comes_after_the_last_day(server: Server, person: Person, pictures: Path) -> None:
    merchant = Api.account(server.url, "latecomer@example.org", "Mila")
    room = merchant.live_show("Tea by transfer, late")
    merchant.call("PUT", f"/stores/{store_of(merchant, room)}/terms", {"transfer_to": ACCOUNT})
    guest = Api(server.url).call("POST", "/guests", {"display_name": "Noah", "locale": "en"})
    buyer = Api(server.url, bearer=guest["token"])
    offer = buyer.call("GET", f"/rooms/{room}/offers")["items"][0]
    basket = {
        "room": room,
        "lines": [{"offer": offer["id"], "quantity": 1}],
        "delivery": {"method": "pickup"},
        "contact": {"name": "Noah"},
        "payment_provider": "transfer",
    }
    served, late = (buyer.call("POST", "/orders", basket)["id"] for _ in range(2))
    expire(server, served, late)
    context = person(viewport=SMALL)
    assert context.request.post("/api/v1/sessions", data={"email": "latecomer@example.org", "password": PASSWORD}).ok
    desk = context.new_page()
    desk.emulate_media(color_scheme="dark")
    desk.goto(f"/orders/{served}")
    expect(desk.get_by_text(re.compile("If you have sent the money already"))).to_be_visible()
    desk.get_by_role("button", name="The money has come").click()
    desk.screenshot(path=pictures / "transfer-late-phone-dark.png")
    desk.get_by_role("button", name="Yes, it is paid").click()
    expect(desk.get_by_text("Paid. The shop is getting it ready for you.")).to_be_visible()
    # For the second nothing is left: the shop hears it before any money is booked, and says that it goes back.
    left = buyer.call("GET", f"/rooms/{room}/offers")["items"][0]["available"]
    rest = {**basket, "payment_provider": "manual", "lines": [{"offer": offer["id"], "quantity": left}]}
    buyer.call("POST", "/orders", rest)
    desk.goto(f"/orders/{late}")
    desk.get_by_role("button", name="The money has come").click()
    desk.get_by_role("button", name="Yes, it is paid").click()
    expect(desk.get_by_role("heading", name="Nothing is left for this order")).to_be_visible()
    desk.screenshot(path=pictures / "transfer-too-late-phone-dark.png")
    no_wider(desk)
    desk.get_by_role("button", name="Give the money back").click()
    expect(desk.get_by_role("button", name="The money has come")).to_have_count(0)
    assert buyer.call("GET", f"/orders/{late}")["refunded"]["amount_minor"] > 0


def expire(server: Server, *orders: str) -> None:
    """As if they had been placed eight days ago."""
    ago = 8 * 24 * 3600 * 1000
    with closing(sqlite3.connect(server.data_dir / "livehub.db", timeout=10)) as database, database:
        for order in orders:
            earlier = "UPDATE orders SET placed_at = placed_at - ?, expires_at = expires_at - ? WHERE id = ?"
            assert database.execute(earlier, (ago, ago, order)).rowcount == 1
    buyer_sees = "SELECT count(*) FROM orders WHERE status = 'expired' AND id IN (?, ?)"
    until = time.monotonic() + 20
    while time.monotonic() < until:
        with closing(sqlite3.connect(server.data_dir / "livehub.db", timeout=10)) as database:
            if database.execute(buyer_sees, orders).fetchone() == (len(orders),):
                return
        time.sleep(0.2)
    raise AssertionError("they did not expire")


def store_of(merchant: Api, room: str) -> str:
    return str(merchant.call("GET", f"/rooms/{room}")["store"]["id"])
