"""From a bag of several things to the parcel: what buyers and the shop do in the pages."""

import csv
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.api import PASSWORD, Api
from tests.e2e.conftest import DESKTOP, PHONE, Person
from tests.e2e.server import Server
from tests.e2e.viewer import pay

#: a busy machine takes its time
PATIENCE_MS = 30_000
TEXT = "I am 18 years of age or older."

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def euros(amount_minor: int) -> dict[str, Any]:
    return {"amount_minor": amount_minor, "currency": "EUR"}


def shop(server: Server, email: str, title: str) -> tuple[Api, str, str]:
    """A merchant with a live show of two wares; the API, the room and the store."""
    merchant = Api.account(server.url, email, "Mila")
    room = merchant.live_show(title)
    store = str(merchant.call("GET", f"/rooms/{room}")["store"]["id"])
    variant = {"sku": "CUP", "price": euros(2000), "stock": 20}
    merchant.call("POST", f"/stores/{store}/products", {"title": "Cup", "variants": [variant]})
    merchant.call("POST", f"/rooms/{room}/offers", {"sku": "CUP", "quantity": 20})
    return merchant, room, store


def signed_in(context: BrowserContext, email: str) -> BrowserContext:
    assert context.request.post("/api/v1/sessions", data={"email": email, "password": PASSWORD}).ok
    return context


def fill_bag(page: Page, room: str) -> None:
    page.goto(f"/r/{room}")
    page.get_by_role("button", name=re.compile("^Bag, ")).first.click()
    tray = page.get_by_role("dialog")
    for title in ("Green tea", "Cup"):
        tray.get_by_role("button", name=f"Put {title} in the bag").click()
    tray.get_by_role("group", name="Quantity of Cup").get_by_role("button", name="One more").click()


def test_a_bag_in_one_sheet_and_three_taps_for_who_was_here_before(
    server: Server, person: Person, pictures: Path
) -> None:
    expect.set_options(timeout=PATIENCE_MS)
    merchant, room, store = shop(server, "bag@example.org", "Bag of tea")
    merchant.call("PUT", f"/stores/{store}/goods-rules", {"sku": "TEA", "affirmation": TEXT})
    buyer = Api.account(server.url, "bag-buyer@example.org", "Noah")
    phone = signed_in(person(viewport=PHONE), "bag-buyer@example.org").new_page()
    fill_bag(phone, room)
    sheet = phone.get_by_role("dialog")
    phone.screenshot(path=pictures / "fulfil-bag-phone.png")
    sheet.get_by_role("button", name="Check out · €52.50").click()
    sheet.get_by_role("button", name="Continue").click()
    sheet.get_by_text("Send it to me").click()
    sheet.get_by_role("textbox", name="Address").fill("1 Tea Lane\nHanoi")
    sheet.get_by_label("Leave it without ringing").check()
    sheet.get_by_label("Where to leave it").fill("Behind the gate")
    phone.screenshot(path=pictures / "fulfil-delivery-phone.png")
    sheet.get_by_role("button", name="Continue").click()
    # Who the buyer is and how they are reached is known from the account.
    expect(sheet.get_by_text("bag-buyer@example.org")).to_be_visible()
    sheet.get_by_text("Test payment").click()
    sheet.get_by_role("button", name="Add a note to the shop").click()
    sheet.get_by_label("Note to the shop").fill("A gift")
    sheet.get_by_role("button", name=re.compile("^Pay ")).click()
    expect(sheet.get_by_role("alert")).to_have_text("Please confirm each of these first.")
    sheet.get_by_label(TEXT).check()
    phone.screenshot(path=pictures / "fulfil-review-phone.png")
    pay(phone)
    expect(phone.get_by_role("heading", name="Paid. Thank you!")).to_be_visible()
    (order,) = buyer.call("GET", "/orders")["items"]
    assert [(line["title"], line["quantity"]) for line in order["lines"]] == [("Green tea", 1), ("Cup", 2)]
    assert (order["note"], order["delivery"]["leave_at"], order["total"]) == ("A gift", "Behind the gate", euros(5250))
    assert order["affirmations"][0]["text"] == TEXT
    assert [entry["address"] for entry in buyer.call("GET", "/me/addresses")["items"]] == ["1 Tea Lane\nHanoi"]
    merchant.call("PUT", f"/stores/{store}/goods-rules", {"sku": "TEA"})

    # The same buyer on another device, dark and wide: buy, and pay. Nothing is typed.
    desktop = signed_in(person(viewport=DESKTOP, dark=True), "bag-buyer@example.org").new_page()
    desktop.goto(f"/r/{room}")
    desktop.get_by_role("button", name=re.compile("^Buy now.*Cup")).first.click()
    sheet = desktop.get_by_role("dialog")
    expect(sheet.get_by_text("1 Tea Lane")).to_be_visible()
    expect(sheet.get_by_role("button", name="Pay €20")).to_be_enabled()
    desktop.screenshot(path=pictures / "fulfil-returning-desktop-dark.png")
    pay(desktop)
    expect(desktop.get_by_role("heading", name="Paid. Thank you!")).to_be_visible()

    # Somebody else in the same room, in Arabic, who sees nothing of either's address.
    arab = person(viewport=PHONE, locale="ar").new_page()
    arab.goto(f"/r/{room}")
    arab.locator(".pinned .buy").click()
    expect(arab.get_by_role("dialog")).to_be_visible()
    assert "Tea Lane" not in arab.content()
    arab.screenshot(path=pictures / "fulfil-checkout-arabic.png")


def test_picked_up_in_a_slot(server: Server, person: Person, pictures: Path) -> None:
    expect.set_options(timeout=PATIENCE_MS)
    merchant, room, store = shop(server, "slots@example.org", "Slots of tea")
    desk = signed_in(person(viewport=DESKTOP), "slots@example.org").new_page()
    desk.goto("/desk#settings")
    desk.get_by_role("button", name="Add a place").click()
    dialog = desk.get_by_role("dialog")
    dialog.get_by_label("Name").fill("The shop")
    dialog.get_by_label("Address").fill("7 Market Square")
    dialog.get_by_label("Time zone").fill("Europe/Madrid")
    dialog.get_by_role("button", name="Save").click()
    dialog.get_by_label("Orders each").fill("1")
    dialog.get_by_label("Closes").fill("12:00")
    dialog.get_by_role("button", name="Add these times").click()
    expect(dialog.get_by_text("Taken: 0 of 1")).to_have_count(2)
    desk.screenshot(path=pictures / "fulfil-slots-desk.png")

    phone = person(viewport=PHONE).new_page()
    phone.goto(f"/r/{room}")
    phone.get_by_role("region", name="Shown now").get_by_role("button").last.click()
    sheet = phone.get_by_role("dialog")
    sheet.get_by_role("button", name="Continue").click()
    sheet.get_by_text("I pick it up").click()
    sheet.get_by_role("button", name="Continue").click()
    expect(sheet.get_by_text("Please choose when you pick it up.")).to_be_visible()
    sheet.get_by_label("Pick-up time").select_option(index=1)
    phone.screenshot(path=pictures / "fulfil-slots-phone.png")
    sheet.get_by_role("button", name="Continue").click()
    sheet.get_by_label("Name").fill("Noah")
    sheet.get_by_role("textbox", name="Email", exact=True).fill("noah@example.org")
    sheet.get_by_role("button", name="Continue").click()
    expect(sheet.get_by_text("The shop", exact=True)).to_be_visible()
    sheet.get_by_text("Test payment").click()
    pay(phone)
    expect(phone.get_by_role("heading", name="Paid. Thank you!")).to_be_visible()
    (choice,) = merchant.call("GET", f"/rooms/{room}/pickup")["items"]
    assert [slot["left"] for slot in choice["slots"]] == [0, 1]
    assert (
        merchant.call("GET", f"/stores/{store}/orders")["items"][0]["delivery"]["pickup"]["place"]["title"]
        == "The shop"
    )


def test_the_desk_packs_sends_and_prints(server: Server, person: Person, pictures: Path) -> None:
    expect.set_options(timeout=PATIENCE_MS)
    merchant, room, store = shop(server, "desk-work@example.org", "Desk of tea")
    buyer = Api.account(server.url, "desk-buyer@example.org", "Noah")
    offers = {offer["title"]: offer["id"] for offer in merchant.call("GET", f"/rooms/{room}/offers")["items"]}
    numbers = []
    for title in ("Green tea", "Cup", "Cup"):
        body = {
            "room": room, "lines": [{"offer": offers[title], "quantity": 2}], "note": f"With {title}",
            "delivery": {"method": "courier", "address": "1 Tea Lane\nHanoi"}, "payment_provider": "manual",
            "contact": {"name": f"Noah {title}", "email": "desk-buyer@example.org"},
        }  # fmt: skip
        order = buyer.call("POST", "/orders", body)
        merchant.call("POST", f"/orders/{order['id']}/paid")
        numbers.append((order["number"], order["id"]))
    context = signed_in(person(viewport=DESKTOP), "desk-work@example.org")
    desk = context.new_page()
    desk.goto("/desk#orders")
    desk.get_by_label("Number or name").fill("noah cup")
    expect(desk.get_by_role("button", name=re.compile("Noah Green tea"))).to_have_count(0)
    desk.get_by_label("Choose all that are shown").check()
    bar = desk.get_by_role("group", name="With the chosen orders")
    expect(bar.get_by_text("Orders chosen: 2")).to_be_visible()
    bar.get_by_role("button", name="Mark as packed").click()
    dialog = desk.get_by_role("dialog")
    dialog.get_by_role("button", name="Mark as packed").click()
    expect(dialog.get_by_text("Done: 2.").first).to_be_visible()
    dialog.get_by_role("button", name="Done").click()
    desk.screenshot(path=pictures / "fulfil-work-desk.png")
    # Once more, and the desk says what could not be done, and why.
    bar.get_by_role("button", name="Mark as packed").click()
    dialog.get_by_role("button", name="Mark as packed").click()
    expect(dialog.get_by_text("Everything of this order is packed already.")).to_have_count(2)
    desk.screenshot(path=pictures / "fulfil-outcomes-desk.png")
    dialog.get_by_role("button", name="Done").click()

    with context.expect_page() as opened:
        bar.get_by_role("link", name="Packing slips").click()
    slips = opened.value
    expect(slips.get_by_role("article")).to_have_count(2)
    expect(slips.get_by_text("With Cup").first).to_be_visible()
    assert "€" not in slips.get_by_role("main").inner_text()
    slips.screenshot(path=pictures / "fulfil-slips.png")
    slips.close()
    with desk.expect_download() as saved:
        desk.get_by_role("button", name="CSV").click()
    with Path(saved.value.path()).open(encoding="utf-8-sig", newline="") as file:
        assert [row["order"] for row in csv.DictReader(file)] == [number for number, _ in (numbers[2], numbers[1])]

    number, order_id = numbers[1]
    desk.get_by_role("button", name=re.compile(number)).click()
    sheet = desk.get_by_role("dialog")
    sheet.get_by_role("button", name="Send …").click()
    send = desk.get_by_role("dialog", name="Send this parcel")
    send.get_by_label("Tracking number").fill("RR 7")
    send.get_by_label("Tracking page").fill("https://post.example.org/RR7")
    send.get_by_role("button", name="Mark as sent").click()
    expect(sheet.get_by_role("link", name="RR 7")).to_be_visible()
    desk.screenshot(path=pictures / "fulfil-sent-desk.png")

    phone = signed_in(person(viewport=PHONE, dark=True), "desk-buyer@example.org").new_page()
    phone.goto(f"/orders/{order_id}")
    expect(phone.get_by_role("link", name="RR 7")).to_have_attribute("href", "https://post.example.org/RR7")
    phone.screenshot(path=pictures / "fulfil-order-phone-dark.png", full_page=True)
    with phone.context.expect_page() as opened:
        phone.get_by_role("link", name=re.compile("^Invoice ")).click()
    invoice = opened.value
    expect(invoice.get_by_role("heading", name=re.compile("^Invoice "))).to_be_visible()
    expect(invoice.get_by_text("€40.00").first).to_be_visible()
    invoice.screenshot(path=pictures / "fulfil-invoice-phone.png", full_page=True)
    assert invoice.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert store
