"""What a page's connections send and receive: the layers of cameras."""

from typing import Any

from playwright.sync_api import BrowserContext, Page

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
