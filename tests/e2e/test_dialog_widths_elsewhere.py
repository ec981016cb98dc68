"""Dialogs of the viewer's page and of the desk at phone width in all eleven languages, held as the studio's are."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.e2e.api import Api
from tests.e2e.conftest import Person
from tests.e2e.server import Server
from tests.e2e.test_dialog_widths import Opened, all_measured, button, merchant, opened, panel, talking
from tests.e2e.test_widths import NARROW
from tests.e2e.viewer import say

__all__ = ["merchant", "opened", "talking"]
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def test_what_viewers_open(talking: Server, merchant: Api, person: Person, opened: Opened, pictures: Path) -> None:
    room = merchant.live_show("Tea from the four corners of the world", stock=2_000)
    page = person(viewport=NARROW, url=talking.url).new_page()
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"/r/{room}")
    say(page, "Is the tea of this year, and does it keep until the next?", name="Noor")
    buy = re.compile("^Buy now")

    def bought(steps: int) -> None:
        page.get_by_role("button", name=buy).first.click()
        sheet = page.get_by_role("dialog")
        for step in range(steps):
            if step == 1:
                sheet.get_by_text("I pick it up").click()
            sheet.get_by_role("button", name="Continue").click()

    def invited(page: Page) -> None:
        studio = opened(f"/studio/{room}")
        panel("Viewers")(studio)
        studio.get_by_role("button", name="Invite Noor on stage").click()

    assert all_measured(page, pictures, {
        "follow": lambda page: page.locator(".follow-button").click(),
        "phrases": button("Quick phrases"),
        "chat": lambda page: page.locator(".overlay-chat .chat-text").last.click(),
        "bag": button("Bag, 1 product"),
        "goods": button("Pictures and details: Green tea"),
        "checkout": lambda _: bought(0),
        "checkout-delivery": lambda _: bought(1),
        "checkout-contact": lambda _: bought(2),
        "invitation": invited,
    }) == []  # fmt: skip


def test_what_the_desk_opens(merchant: Api, opened: Opened, pictures: Path) -> None:
    page = opened("/desk#products")
    complaints = all_measured(page, pictures, {
        "import": button("From a file"),
        "categories": button("Categories"),
    })  # fmt: skip
    page.goto("about:blank")
    page.goto("/desk#settings")
    complaints += all_measured(page, pictures, {
        "coupon": button("New coupon"),
        "hook": button("Add an address"),
        "place": button("Add a place"),
    })  # fmt: skip
    assert complaints == []
