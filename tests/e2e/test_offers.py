"""Selling tricks in the pages: several pins, a flash deal with its countdown, prices by quantity, a pre-order."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.api import PASSWORD, Api
from tests.e2e.conftest import DESKTOP, PHONE, Person
from tests.e2e.server import Server
from tests.e2e.viewer import order_pinned, pay

#: a busy machine takes its time
PATIENCE_MS = 30_000

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def euros(amount_minor: int) -> dict[str, Any]:
    return {"amount_minor": amount_minor, "currency": "EUR"}


def add_ware(merchant: Api, room: str, title: str, sku: str, **offer: Any) -> str:
    store = merchant.call("GET", f"/rooms/{room}")["store"]["id"]
    variant = {"sku": sku, "price": euros(2000), "stock": 20}
    merchant.call("POST", f"/stores/{store}/products", {"title": title, "variants": [variant]})
    body = {"sku": sku, "quantity": 20, **offer}
    return str(merchant.call("POST", f"/rooms/{room}/offers", body)["id"])


def opened(person: Person, path: str, **look: Any) -> Page:
    page = person(**look).new_page()
    page.goto(path)
    return page


def test_pins_a_flash_deal_and_prices_by_quantity(server: Server, person: Person, pictures: Path) -> None:
    expect.set_options(timeout=PATIENCE_MS)
    merchant = Api.account(server.url, "offers@example.org", "Mila")
    room = merchant.live_show("Tea and cups")
    tiers = [{"quantity": 2, "price": euros(1800)}, {"quantity": 4, "price": euros(1500)}]
    add_ware(merchant, room, "Cup", "CUP", tiers=tiers, ships_at="2030-12-24T00:00:00Z")
    context = person(viewport=DESKTOP)
    assert context.request.post("/api/v1/sessions", data={"email": "offers@example.org", "password": PASSWORD}).ok
    studio = context.new_page()
    studio.goto(f"/studio/{room}")
    phone = opened(person, f"/r/{room}", viewport=PHONE)
    desktop = opened(person, f"/r/{room}", viewport=DESKTOP, dark=True)
    arab = opened(person, f"/r/{room}", viewport=PHONE, locale="ar")

    # Two pins beside each other; the one pinned last is in front, a tap shows the other.
    studio.get_by_role("button", name="Pin Cup too").click()
    card = phone.get_by_role("region", name="Shown now")
    expect(card).to_contain_text("Cup")
    expect(card).to_contain_text("4 or more: €15 each")
    expect(card).to_contain_text("Ships from")
    phone.screenshot(path=pictures / "offers-pins-phone.png")
    phone.get_by_role("button", name="Green tea", exact=True).click()
    expect(card).to_contain_text("Green tea")

    # A flash deal: price, countdown and what is left of it, for everybody.
    studio.get_by_role("button", name="Flash deal for Green tea").click()
    dialog = studio.get_by_role("dialog")
    dialog.get_by_label("Price in the deal").fill("12.50")
    dialog.get_by_role("button", name="Start the deal").click()
    expect(dialog.get_by_text("A deal is cheaper than €12.50.")).to_be_visible()
    dialog.get_by_label("Price in the deal").fill("9.90")
    dialog.get_by_label("Units in the deal").fill("3")
    studio.screenshot(path=pictures / "offers-deal-studio.png")
    dialog.get_by_role("button", name="Start the deal").click()
    for page in (phone, desktop):
        expect(page.get_by_text("3 left at this price").first).to_be_visible()
        expect(page.get_by_text("€9.90").first).to_be_visible()
    expect(card.get_by_role("timer")).to_be_visible()
    expect(studio.get_by_text("· 3 left")).to_be_visible()
    phone.screenshot(path=pictures / "offers-deal-phone.png")
    desktop.screenshot(path=pictures / "offers-deal-desktop-dark.png")
    arab.screenshot(path=pictures / "offers-deal-arabic.png")
    studio.screenshot(path=pictures / "offers-studio.png")

    # Bought at the deal's price, which then has less left.
    order_pinned(phone, name="Noah", quantity=2)
    expect(phone.get_by_role("dialog").get_by_text("€19.80").first).to_be_visible()
    phone.screenshot(path=pictures / "offers-checkout-phone.png")
    pay(phone)
    expect(phone.get_by_role("heading", name="Paid. Thank you!")).to_be_visible()
    phone.get_by_role("button", name="Back to the show").click()
    expect(desktop.get_by_text("1 left at this price").first).to_be_visible()

    # More of it than the deal has left goes at the usual price, and more cups are cheaper.
    phone.get_by_role("region", name="Shown now").get_by_role("button").last.click()
    sheet = phone.get_by_role("dialog")
    expect(sheet.get_by_text("€9.90").first).to_be_visible()
    sheet.get_by_role("button", name="One more").click()
    expect(sheet.get_by_text("€25", exact=True)).to_be_visible()
    sheet.get_by_role("button", name="Close").click()
    phone.get_by_role("button", name="Cup", exact=True).click()
    card.get_by_role("button").last.click()
    for _ in range(3):
        sheet.get_by_role("button", name="One more").click()
    expect(sheet.get_by_text("€60", exact=True)).to_be_visible()
    sheet.get_by_role("button", name="Close").click()

    # The merchant ends it before its time: the usual price holds for everybody.
    studio.get_by_role("button", name="Flash deal for Green tea").click()
    dialog.get_by_role("button", name="End the deal").click()
    expect(desktop.get_by_text("left at this price")).to_have_count(0)

    # A coupon of the show: claimed with one tap, in the checkout by itself.
    studio.get_by_role("button", name="Coupons", exact=True).click()
    dialog.get_by_label("Coupon code").fill("tea-20")
    dialog.get_by_label("Percent", exact=True).fill("20")
    studio.screenshot(path=pictures / "offers-coupon-studio.png")
    dialog.get_by_role("button", name="Show the coupon").click()
    expect(dialog.get_by_text("TEA-20")).to_be_visible()
    coupon = phone.get_by_role("group", name="Coupon TEA-20").first
    expect(coupon).to_contain_text("20 % off")
    coupon.get_by_role("button", name="Claim").click()
    expect(coupon).to_contain_text("Yours")
    phone.screenshot(path=pictures / "offers-coupon-phone.png")
    card.get_by_role("button").last.click()
    expect(sheet.get_by_text("TEA-20")).to_be_visible()
    expect(sheet.get_by_role("button", name="Pay €16")).to_be_visible()
    phone.screenshot(path=pictures / "offers-coupon-checkout.png")
