"""Debian's Firefox publishes VP8 from the studio's page and watches in the room's; GStreamer is the other side."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from livehub.bench.firefox import running
from tests.e2e.api import Api
from tests.e2e.server import Server
from tests.programs import require

#: two browsers' worth of work on a machine that may be busy
pytestmark = pytest.mark.timeout(300)
PAINTED = "const video = document.querySelector('video'); return video ? video.mozPaintedFrames : 0"


def test_what_firefox_publishes_is_seen(server: Server, gstreamer: Callable[..., Any], tmp_path: Path) -> None:
    merchant = Api.account(server.url, "fox@example.org", "Fox")
    room = merchant.live_show("From Firefox", start=False)
    with running(require("firefox-esr", "firefox-esr"), tmp_path / "profile") as firefox:
        firefox.sign_in(server.url, merchant.cookie)
        firefox.open(f"{server.url}/studio/{room}")
        firefox.press("Go live")
        firefox.until(lambda: merchant.call("GET", f"/rooms/{room}")["state"] == "live", "the start")
        url, token = f"{server.url}/api/v1/rooms/{room}/whep?wait=1", merchant.join_token(room, "v", "viewer")
        with gstreamer("watch", url, token, "VP8", 30) as watcher:
            seen = watcher.finish()
    assert seen["video"] >= 30
    assert seen["audio"] > 0


def test_firefox_shows_what_gstreamer_publishes(server: Server, gstreamer: Callable[..., Any], tmp_path: Path) -> None:
    merchant = Api.account(server.url, "vixen@example.org", "Vixen")
    room = merchant.live_show("To Firefox")
    url, token = f"{server.url}/api/v1/rooms/{room}/whip", merchant.join_token(room, "encoder", "speaker")
    with gstreamer("publish", url, token, "VP8") as publisher:
        publisher.wait_for("connection", "connected")
        with running(require("firefox-esr", "firefox-esr"), tmp_path / "profile") as firefox:
            firefox.open(f"{server.url}/r/{room}")
            firefox.until(lambda: firefox.run(PAINTED) >= 30, "thirty pictures", 90)
            assert firefox.run("return document.querySelector('video').videoWidth") == 320
        publisher.finish()
