"""What the desk's settings, stock and orders open, and an order's page, at phone width in all eleven languages."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.e2e.api import PASSWORD, Api
from tests.e2e.conftest import Person
from tests.e2e.server import Server
from tests.e2e.test_dialog_widths import Opened, all_measured, button, merchant, opened, talking
from tests.e2e.test_widths import NARROW

__all__ = ["merchant", "opened", "talking"]
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

BUYER = "noor@example.org"
URL = "https://orders.teas-of-the-four-corners.example.org/livehub/orders"
Step = Callable[[Page], None]


@pytest.fixture(scope="module")
def room(merchant: Api) -> str:
    """Of a shop with an address that is told of orders, a key, and a place with times."""
    made = merchant.live_show("Tea from the four corners of the world", stock=2_000)
    store = merchant.call("GET", f"/rooms/{made}")["store"]["id"]
    merchant.call("POST", "/webhook-endpoints", {"url": URL, "store_id": store})
    merchant.call("POST", "/api-keys", {"title": "Stock of the shop in town"})
    where = {"title": "The shop in town", "address": "7 Market Square\nHanoi", "time_zone": "Asia/Ho_Chi_Minh"}
    place = merchant.call("POST", f"/stores/{store}/pickup-places", where)["id"]
    days = [(datetime.now(UTC) + timedelta(days=ahead)).date().isoformat() for ahead in (3, 4)]
    times = {"days": days, "opens": "10:00", "closes": "13:00", "minutes": 60, "capacity": 5}
    merchant.call("POST", f"/pickup-places/{place}/slots", times)
    merchant.call("PUT", f"/stores/{store}/terms", {"return_days": 30})
    return made


@pytest.fixture(scope="module")
def buyer(talking: Server) -> Api:
    return Api.account(talking.url, BUYER, "Noor")


def ordered(merchant: Api, buyer: Api, room: str) -> dict[str, Any]:
    """By courier, and to be paid by hand."""
    offer = merchant.call("GET", f"/rooms/{room}/offers")["items"][0]["id"]
    body = {
        "room": room, "lines": [{"offer": offer, "quantity": 12}], "payment_provider": "manual",
        "delivery": {"method": "courier", "address": "1 Tea Lane\nHanoi"},
        "contact": {"name": "Noor", "email": BUYER},
    }  # fmt: skip
    order: dict[str, Any] = buyer.call("POST", "/orders", body)
    return order


def within(section: str, *names: str) -> Step:
    """Presses buttons one after the other, beginning in one of the settings' sections."""

    def press(page: Page) -> None:
        card = page.locator("section.card").filter(has=page.get_by_role("heading", name=section, exact=True))
        card.get_by_role("button", name=names[0], exact=True).first.click()
        go_on(page, *names[1:])

    return press


def go_on(page: Page, *names: str) -> None:
    """Presses one button after the other, each in the dialog that is there now."""
    for name in names:
        page.locator("dialog[open]").last.wait_for()
        button(name)(page)


def test_stock_and_places(merchant: Api, room: str, opened: Opened, pictures: Path) -> None:
    store = merchant.call("GET", f"/rooms/{room}")["store"]["id"]
    moved = {"reason": "received", "delta": 40, "note": "From the warehouse by the river"}
    merchant.call("POST", f"/stores/{store}/stock/TEA/adjustments", moved)
    page = opened("/desk#products")

    def product(*names: str) -> Step:
        def press(page: Page) -> None:
            page.get_by_role("button", name=re.compile("^Green tea")).first.click()
            go_on(page, *names)

        return press

    complaints = all_measured(page, pictures, {
        "product-known": product(),
        "stock": product("Book stock, alerts, journal"),
        "product-archived": product("Archive"),
        "product-languages": product("Languages"),
    })  # fmt: skip
    page.goto("about:blank")
    page.goto("/desk#languages")
    complaints += all_measured(page, pictures, {"shop-languages": within("In other languages", "Read and correct")})
    page.goto("about:blank")
    page.goto("/desk#settings")
    complaints += all_measured(page, pictures, {
        "slots": within("Pick-up places", "Times"),
        "place-removed": within("Pick-up places", "Remove"),
    })  # fmt: skip
    assert complaints == []


def test_parcels_and_refunds(merchant: Api, buyer: Api, room: str, opened: Opened, pictures: Path) -> None:
    order = ordered(merchant, buyer, room)
    merchant.call("POST", f"/orders/{order['id']}/paid")
    page = opened("/desk#orders")
    row = page.get_by_role("button", name=re.compile(str(order["number"])))

    def sheet(*names: str) -> Step:
        def press(page: Page) -> None:
            row.first.click()
            go_on(page, *names)

        return press

    def back(kind: str) -> Step:
        def press(page: Page) -> None:
            sheet("Refund")(page)
            page.locator("dialog[open]").last.get_by_text(kind, exact=True).click()

        return press

    def chosen(name: str) -> Step:
        def press(page: Page) -> None:
            every = page.get_by_label("Choose all that are shown")
            every.check()
            button(name)(page)

        return press

    complaints = all_measured(page, pictures, {
        "order": sheet(),
        "pack": sheet("Pack …"),
        "refund": sheet("Refund"),
        "refund-goods": back("Some of the goods"),
        "refund-amount": back("An amount"),
        "work-packed": chosen("Mark as packed"),
        "work-cancelled": chosen("Cancel the orders"),
    })  # fmt: skip
    merchant.call("POST", f"/orders/{order['id']}/shipments", {})
    page.reload()
    complaints += all_measured(page, pictures, {"send": sheet("Send …")})
    merchant.call("POST", f"/orders/{order['id']}/fulfil")
    page.reload()
    assert complaints + all_measured(page, pictures, {"tracking": sheet("Tracking …")}) == []


def test_returns(
    talking: Server, merchant: Api, buyer: Api, room: str, person: Person, opened: Opened, pictures: Path
) -> None:
    order = ordered(merchant, buyer, room)
    context = person(viewport=NARROW, url=talking.url)
    assert context.request.post("/api/v1/sessions", data={"email": BUYER, "password": PASSWORD}).ok
    page = context.new_page()
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"/orders/{order['id']}")
    complaints = all_measured(page, pictures, {"order-cancelled": button("Cancel the order")})
    merchant.call("POST", f"/orders/{order['id']}/paid")
    merchant.call("POST", f"/orders/{order['id']}/fulfil")
    page.reload()
    complaints += all_measured(page, pictures, {"return": button("Ask for your money back")})
    buyer.call("POST", f"/orders/{order['id']}/returns", {"reason": "The tin is dented, and the tea is of last year."})
    page.reload()
    complaints += all_measured(page, pictures, {"return-withdrawn": button("Take the request back")})
    shop = opened(f"/orders/{order['id']}")
    complaints += all_measured(shop, pictures, {
        "return-approved": button("Give the money back"),
        "return-declined": button("Decline"),
    })  # fmt: skip
    assert complaints == []


def test_secrets_and_addresses(merchant: Api, room: str, opened: Opened, pictures: Path) -> None:
    store = merchant.call("GET", f"/rooms/{room}")["store"]["id"]
    hook = merchant.call("POST", f"/stores/{store}/checkout-hooks", {"url": URL})["id"]
    page = opened("/desk#settings")
    hooks, webhooks, keys = "Tax and delivery costs from your server", "Webhooks", "API keys"

    def shown(section: str) -> Step:
        def press(page: Page) -> None:
            within(section, "New secret", "New secret")(page)
            page.locator(".dialog-title", has_text="The signing secret").wait_for()

        return press

    def made(page: Page) -> None:
        page.get_by_label("What is it for?").fill("Stock of the shop in town")
        within(keys, "Make a key")(page)

    complaints = all_measured(page, pictures, {
        "key": made,
        "key-revoked": within(keys, "Revoke"),
        "webhook-events": within(webhooks, "Events"),
        "webhook-log": within(webhooks, "What was sent"),
        "webhook-rotated": within(webhooks, "New secret"),
        "webhook-secret": shown(webhooks),
        "webhook-removed": within(webhooks, "Remove"),
        "hook-tried": within(hooks, "Try it"),
        "hook-changed": within(hooks, "Edit"),
        "hook-secret": shown(hooks),
        "hook-removed": within(hooks, "Remove"),
    })  # fmt: skip
    merchant.call("DELETE", f"/stores/{store}/checkout-hooks/{hook}")  # or nobody could order
    assert complaints == []
