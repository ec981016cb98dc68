"""A camera in three sizes, from a real Chromium to others: the size that fits the tile and the link."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.e2e import merchant
from tests.e2e.conftest import PHONE, Person
from tests.e2e.narrow import NarrowLink
from tests.e2e.server import Server
from tests.e2e.viewer import expect_moving, watch

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

#: so that tests can ask a page's connections how they do
KEEP = """
  window.connections = [];
  const Real = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Real {
    constructor(...given) {
      super(...given);
      window.connections.push(this);
    }
  };
"""
#: what is sent, by RID; what is received
STATS = """async (kind) => {
  const found = [];
  for (const pc of window.connections) {
    if (pc.connectionState !== 'connected') continue;
    for (const stat of (await pc.getStats()).values()) {
      if (stat.type === kind && stat.kind === 'video') found.push({ ...stat });
    }
  }
  return found;
}"""
WIDTH = """async ([least, most]) => {
  for (const pc of window.connections) {
    for (const stat of (await pc.getStats()).values()) {
      if (stat.type === 'inbound-rtp' && stat.frameWidth >= least && stat.frameWidth <= most) return true;
    }
  }
  return false;
}"""
SENT = """async (rids) => {
  const live = new Set();
  for (const pc of window.connections) {
    for (const stat of (await pc.getStats()).values()) {
      if (stat.type === 'outbound-rtp' && stat.rid && stat.active && stat.bytesSent) live.add(stat.rid);
    }
  }
  return [...live].sort().join() === rids;
}"""


def stats(page: Page, kind: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.evaluate(STATS, kind)
    return found


def expect_width(page: Page, least: int, most: int, timeout_s: float) -> None:
    """Raises when pictures of no such width come within ``timeout_s``."""
    page.wait_for_function(WIDTH, arg=[least, most], timeout=timeout_s * 1000, polling=200)


def expect_sent(page: Page, rids: str, timeout_s: float = 20) -> None:
    page.wait_for_function(SENT, arg=rids, timeout=timeout_s * 1000, polling=200)


def keeping(context: BrowserContext) -> BrowserContext:
    context.add_init_script(KEEP)
    return context


@pytest.fixture
def link(server: Server) -> Iterator[NarrowLink]:
    made = NarrowLink(server.media_port)
    yield made
    made.close()


def test_viewers_get_the_size_that_fits_tile_and_link(person: Person, link: NarrowLink) -> None:
    studio = keeping(person()).new_page()
    merchant.sign_up(studio, "Layers", "layers@example.org")
    merchant.open_shop(studio, "Layers shop")
    room = merchant.plan_show(studio, "In three sizes")
    merchant.go_live(studio)
    expect_sent(studio, "f,h,q")

    phone = watch(keeping(person(viewport=PHONE)), room)
    expect_width(phone, 300, 640, 20)

    desktop_context = keeping(person())
    desktop_context.add_init_script(link.script)
    desktop = watch(desktop_context, room)
    expect_width(desktop, 900, 1920, 30)

    link.rate_bps = 350_000
    expect_width(desktop, 100, 400, 15)
    expect_moving(desktop, frames=30)

    link.rate_bps = 0
    expect_width(desktop, 600, 1920, 60)
    expect_moving(desktop, frames=30)

    desktop.close()
    phone.close()
    expect_sent(studio, "q")
    back = watch(keeping(person()), room)
    expect_width(back, 600, 1920, 20)
