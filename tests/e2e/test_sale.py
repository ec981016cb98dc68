"""The whole main job, as people do it: a merchant opens a shop, goes live, and viewers chat and buy."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e import merchant
from tests.e2e.conftest import DESKTOP, PHONE, Person
from tests.e2e.viewer import expect_moving, order_pinned, pay, say, watch
from tests.e2e.words import Words

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

WARES = (
    ("Scarf", "SCARF", "25.00", 20, "red"),
    ("Hat", "HAT", "18.50", 10, "blue"),
    ("Gloves", "GLV", "12.00", 5, "green"),
)


def test_a_merchant_goes_live_and_viewers_chat_and_buy(person: Person, pictures: Path) -> None:
    studio = person(viewport=DESKTOP).new_page()
    merchant.sign_up(studio, "Mercedes", "mercedes@example.org")
    merchant.open_shop(studio, "Mountain Knits")
    for ware in WARES:
        merchant.add_product(studio, *ware)
    studio.screenshot(path=pictures / "sale-desk.png")

    room = merchant.plan_show(studio, "Warm for the winter")
    merchant.offer_products(studio, len(WARES))
    studio.screenshot(path=pictures / "sale-preparation.png")
    merchant.go_live(studio)
    studio.get_by_role("button", name="Pin Scarf").click()
    expect(studio.get_by_role("button", name="Unpin Scarf")).to_be_visible()

    phone = watch(person(viewport=PHONE), room)
    spanish, words = watch(person(locale="es-ES", viewport=DESKTOP), room), Words("es")

    # Chat both ways, each reading their own language; the original is one tap away.
    say(studio, "Welcome, good to have you here!")
    welcome = spanish.get_by_text("¡Bienvenid", exact=False).first
    expect(welcome).to_be_visible()
    expect(phone.get_by_text("Welcome, good to have you here!").first).to_be_visible()
    say(spanish, "¿Cuánto cuesta?", name="Lucía", words=words)
    expect(studio.get_by_text("How much is it?").first).to_be_visible()
    spanish.screenshot(path=pictures / "sale-spanish-desktop.png")
    phone.screenshot(path=pictures / "sale-phone.png")

    # Buying in the stream, which plays on.
    order_pinned(phone, name="Noah", quantity=2)
    phone.screenshot(path=pictures / "sale-checkout-phone.png")
    expect_moving(phone)
    pay(phone)
    expect(phone.get_by_role("heading", name="Paid. Thank you!")).to_be_visible()
    expect_moving(phone)
    phone.screenshot(path=pictures / "sale-ticket-phone.png")
    phone.get_by_role("button", name="Back to the show").click()

    # The host sees the order, the others a quiet line, everybody that stock has fallen.
    studio.get_by_role("tab", name=re.compile("Orders")).click()
    expect(studio.get_by_role("tabpanel").get_by_text("Noah").first).to_be_visible()
    expect(studio.get_by_text("€50").first).to_be_visible()
    expect(studio.get_by_text("18 left").first).to_be_visible()
    expect(phone.get_by_text("18 left").first).to_be_visible()
    studio.screenshot(path=pictures / "sale-on-air.png")

    studio.get_by_role("button", name="End", exact=True).click()
    studio.get_by_role("dialog").get_by_role("button", name="End the show").click()
    expect(studio.get_by_role("heading", name="The show is over")).to_be_visible()
    expect(phone.get_by_text("This show has ended").first).to_be_visible()
    studio.screenshot(path=pictures / "sale-report.png")

    # The desk hands the order over.
    studio.goto("/desk#orders")
    studio.get_by_text("Noah").first.click()
    expect(studio.get_by_role("dialog").get_by_text("noah@example.org")).to_be_visible()
    studio.get_by_role("dialog").get_by_role("button", name=re.compile("Hand|hand")).first.click()
    studio.screenshot(path=pictures / "sale-order-desk.png")


def test_a_declined_payment_can_be_tried_again(person: Person) -> None:
    studio = person().new_page()
    merchant.sign_up(studio, "Bruno", "bruno@example.org")
    merchant.open_shop(studio, "Bruno's Bowls")
    merchant.add_product(studio, "Bowl", "BOWL", "30.00", 3, "brown")
    room = merchant.plan_show(studio, "Bowls")
    merchant.offer_products(studio, 1)
    merchant.go_live(studio)
    studio.get_by_role("button", name="Pin Bowl").click()

    phone = watch(person(viewport=PHONE), room)
    order_pinned(phone, name="Mia")
    pay(phone, "Decline the payment")
    expect(phone.get_by_role("heading", name="The payment was declined")).to_be_visible()
    again = phone.get_by_role("dialog").get_by_role("link", name="Try the payment again")
    expect(again).to_be_visible()
    with phone.context.expect_page() as opened:
        again.click()
    opened.value.get_by_role("button", name="Approve the payment", exact=True).click()
    expect(phone.get_by_role("heading", name="Paid. Thank you!")).to_be_visible()
