"""A viewer comes on stage: invited by the host, seen by others without a new negotiation, muted, and sent off again."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.api import Api
from tests.e2e.conftest import DESKTOP, PHONE, Person
from tests.e2e.merchant import on_air
from tests.e2e.server import Server
from tests.e2e.viewer import say

#: several pages decode several pictures each: a busy machine takes its time
PATIENCE_MS = 60_000

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]


def expect_all_moving(page: Page, count: int) -> None:
    """Raises when not ``count`` pictures go on being decoded in time."""
    page.wait_for_function(
        """count => {
          const before = (window.framesBefore ??= new Map());
          const moving = [...document.querySelectorAll('.tile video')].filter((video) => {
            const frames = video.getVideoPlaybackQuality().totalVideoFrames;
            if (!before.has(video)) before.set(video, frames);
            return frames >= before.get(video) + 8;
          });
          return moving.length >= count;
        }""",
        arg=count,
        timeout=PATIENCE_MS,
    )
    page.evaluate("() => (window.framesBefore = undefined)")


def patient(context: BrowserContext) -> BrowserContext:
    context.set_default_timeout(PATIENCE_MS)
    return context


def opened(context: BrowserContext, room: str) -> Page:
    """The show's page, once pictures move in it."""
    page = patient(context).new_page()
    page.goto(f"/r/{room}")
    expect_all_moving(page, 1)
    return page


def test_a_viewer_comes_on_stage_and_everybody_sees_both(server: Server, person: Person, pictures: Path) -> None:
    merchant = Api.account(server.url, "stage@example.org", "Mila")
    room = merchant.live_show("Two at the wheel", start=False)
    expect.set_options(timeout=PATIENCE_MS)
    studio = on_air(patient(person(viewport=DESKTOP)), "stage@example.org", room)

    guest = opened(person(viewport=PHONE), room)
    onlooker = opened(person(viewport=DESKTOP), room)
    say(guest, "May I show you mine?", name="Noor")
    offers = onlooker.evaluate(
        "() => performance.getEntriesByType('resource').filter(e => e.name.includes('/whep')).length"
    )

    studio.emulate_media(reduced_motion="reduce")  # a click while the panels still slide can push them back
    studio.get_by_role("tab", name=re.compile("Viewers")).click()
    assert studio.evaluate("() => document.querySelector('main').getBoundingClientRect().x") == 0  # the page stays
    studio.get_by_role("button", name="Invite Noor on stage").click()
    invitation = guest.get_by_role("dialog", name="Mila invites you on stage")
    expect(invitation.get_by_role("button", name="Go on stage")).to_be_enabled()
    guest.screenshot(path=pictures / "stage-invitation-phone.png")
    invitation.get_by_role("button", name="Go on stage").click()
    expect(invitation).to_be_hidden()
    expect(guest.get_by_role("toolbar", name="You are on stage")).to_be_visible()

    expect_all_moving(onlooker, 2)
    expect_all_moving(guest, 2)  # the host, and themselves
    expect(onlooker.get_by_role("button", name=re.compile("^Noor")).first).to_be_visible()
    after = onlooker.evaluate(
        "() => performance.getEntriesByType('resource').filter(e => e.name.includes('/whep')).length"
    )
    assert after == offers  # one negotiation was enough
    expect(studio.get_by_role("list", name="On stage with you")).to_be_visible()
    expect_all_moving(studio, 1)
    for page, name in ((guest, "guest-phone"), (onlooker, "desktop"), (studio, "studio")):
        page.screenshot(path=pictures / f"stage-{name}.png")
    onlooker.get_by_role("button", name="Show all alike").click()
    onlooker.wait_for_timeout(300)
    onlooker.screenshot(path=pictures / "stage-grid-desktop.png")
    guest.get_by_role("button", name="Show all alike").click()
    guest.screenshot(path=pictures / "stage-grid-phone.png")

    studio.get_by_role("button", name="Mute Noor").click()
    expect(guest.get_by_role("toolbar", name="You are on stage").get_by_text("The host has muted you")).to_be_visible()
    expect(onlooker.get_by_role("button", name="Noor, muted")).to_be_visible()
    guest.screenshot(path=pictures / "stage-muted-phone.png")

    studio.get_by_role("button", name="Take Noor off the stage").click()
    expect(guest.get_by_text("The host has taken you off the stage.").first).to_be_visible()
    expect(onlooker.get_by_role("button", name=re.compile("^Noor"))).to_have_count(0)
    expect_all_moving(onlooker, 1)


def test_a_screen_is_shared_beside_the_camera(server: Server, person: Person, pictures: Path) -> None:
    merchant = Api.account(server.url, "screen@example.org", "Ines")
    room = merchant.live_show("Slides", start=False)
    expect.set_options(timeout=PATIENCE_MS)
    studio = on_air(patient(person(viewport=DESKTOP)), "screen@example.org", room)
    viewer = opened(person(viewport=DESKTOP), room)
    # headless Chromium shares no screen: the page's own canvas stands for one
    studio.evaluate(
        """() => {
          navigator.mediaDevices.getDisplayMedia = async () => {
            const canvas = Object.assign(document.createElement('canvas'), { width: 1280, height: 720 });
            const brush = canvas.getContext('2d');
            let n = 0;
            setInterval(() => {
              brush.fillStyle = '#f4f1eb';
              brush.fillRect(0, 0, 1280, 720);
              brush.fillStyle = '#1b1a17';
              brush.font = '96px sans-serif';
              brush.fillText(`Slide ${++n}`, 120, 380);
            }, 66);
            return canvas.captureStream(15);
          };
        }"""
    )
    studio.get_by_role("button", name="Share the screen").click()
    expect_all_moving(viewer, 2)
    expect(viewer.get_by_role("button", name="Ines’s screen")).to_be_visible()
    viewer.screenshot(path=pictures / "stage-screen-desktop.png")
    studio.screenshot(path=pictures / "stage-screen-studio.png")
    studio.get_by_role("button", name="Share the screen").click()
    expect(viewer.get_by_role("button", name="Ines’s screen")).to_have_count(0)
    expect_all_moving(viewer, 1)
