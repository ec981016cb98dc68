"""What a viewer does in the room's page."""

import re

from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.merchant import decoded_frames
from tests.e2e.words import Words


def watch(context: BrowserContext, room: str) -> Page:
    """The show's page, once pictures move in it."""
    page = context.new_page()
    page.goto(f"/r/{room}")
    expect_moving(page)
    return page


def expect_moving(page: Page, frames: int = 20) -> None:
    """Raises when fewer than ``frames`` more pictures are decoded within ten seconds."""
    wanted = decoded_frames(page) + frames
    page.wait_for_function(
        "wanted => (document.querySelector('video')?.getVideoPlaybackQuality().totalVideoFrames ?? 0) >= wanted",
        arg=wanted,
        timeout=10_000,
    )


def say(page: Page, text: str, *, name: str | None = None, words: Words | None = None) -> None:
    """Write a line; ``name`` is given where the page asks for one before the first line."""
    words = words or Words("en")
    field = page.get_by_role("textbox", name=words("Message"))
    field.fill(text)
    field.press("Enter")
    if name is not None:
        dialog = page.get_by_role("dialog")
        dialog.get_by_label(words("Your name")).fill(name)
        dialog.get_by_role("button", name=words("Send my message")).click()
        expect(dialog).to_be_hidden()


def order_pinned(page: Page, *, name: str, quantity: int = 1) -> None:
    """From the pinned card to the button that pays, picked up at the shop, paid in the sandbox."""
    page.get_by_role("region", name="Shown now").get_by_role("button").last.click()
    sheet = page.get_by_role("dialog")
    for _ in range(quantity - 1):
        sheet.get_by_role("button", name="One more").click()
    sheet.get_by_role("button", name="Continue").click()
    sheet.get_by_text("I pick it up").click()
    sheet.get_by_role("button", name="Continue").click()
    sheet.get_by_label("Name").fill(name)
    sheet.get_by_role("textbox", name="Email", exact=True).fill(f"{name.lower()}@example.org")
    sheet.get_by_role("button", name="Continue").click()
    sheet.get_by_text("Test payment").click()


def pay(page: Page, decision: str = "Approve the payment") -> None:
    """Press the button that pays and decide on the sandbox's page."""
    with page.context.expect_page() as opened:
        page.get_by_role("dialog").get_by_role("button", name=re.compile("^Pay ")).click()
    provider = opened.value
    provider.get_by_role("button", name=decision, exact=True).click()
    provider.wait_for_url(re.compile("done="))
    provider.close()
