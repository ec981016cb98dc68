"""Notices in a browser with every part real: Firefox subscribes at a push service, decrypts what livehub sent there,
wakes the service worker, and shows it on a desktop where it is clicked."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from livehub.bench.firefox import Firefox, running
from tests.e2e.api import Api
from tests.e2e.server import Server
from tests.interop import desktop, push_service
from tests.programs import require

#: a browser and a server beginning on a machine that may be busy
pytestmark = pytest.mark.timeout(300)
PATIENCE_S = 30
BROWSERS = "fetch('/api/v1/notifications').then((answer) => answer.json()).then(({ browsers }) => browsers.length)"


@dataclass
class Town:
    server: Server
    push: push_service.PushService
    desktop: desktop.Desktop
    firefox: Firefox
    merchant: Api
    room: str

    def follow(self) -> str:
        """In the page, and be told in this browser. Returns the subscription's token at the push service."""
        self.firefox.open(f"{self.server.url}/r/{self.room}")
        self.firefox.press("Follow Shop of Bowls today")
        self.firefox.press("Turn on")
        self.firefox.until(self.is_on, "being told")
        token = self.push.subscribed.get(timeout=PATIENCE_S)
        assert self.firefox.run_until_done(BROWSERS) == 1
        return token

    def is_on(self) -> bool:
        script = "return [...document.querySelectorAll('dialog button')].some(({ ariaPressed, textContent }) => "
        return bool(self.firefox.run(f"{script} ariaPressed === 'true' && textContent.trim() === 'Turn off')"))

    def plan(self, title: str) -> str:
        self.merchant.call("POST", f"/rooms/{self.room}/end")
        store = self.merchant.call("GET", "/stores")["items"][0]["id"]
        body = {"kind": "show", "title": title, "locale": "en", "visibility": "public", "store_id": store}
        self.room = self.merchant.call("POST", "/rooms", {**body, "starts_at": "2099-01-01T18:00:00Z"})["id"]
        return self.room

    def start(self) -> None:
        self.merchant.call("POST", f"/rooms/{self.room}/start")

    def shown(self, title: str) -> dict[str, Any]:
        notice = self.desktop.shown(PATIENCE_S)
        assert (notice["title"], notice["body"]) == ("Shop of Bowls today", f"Live now: {title}")
        assert notice["clickable"]
        return notice

    def windows(self) -> list[str]:
        found: list[str] = self.firefox.command("WebDriver:GetWindowHandles")
        return found


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    program = require("firefox-esr", "firefox-esr")
    server = Server(tmp_path / "server", {"LIVEHUB_ALLOW_PRIVATE_PUSH": "1", "LIVEHUB_SECRET": "first " * 8})
    with push_service.running() as push, desktop.running() as screen:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", screen.bus)
        server.start()
        preferences: dict[str, str | int] = {
            # Marionette switches it off unless it is asked for
            "dom.push.connection.enabled": True,
            "dom.push.serverURL": push.url.replace("http:", "ws:"),
            "dom.push.testing.allowInsecureServerURL": True,
            "dom.push.retryBaseInterval": 100,
            # what a visitor answers to the browser's question
            "permissions.default.desktop-notification": 1,
        }
        merchant = Api.account(server.url, "push@example.org", "Mila")
        with running(program, tmp_path / "profile", preferences) as firefox:
            yield Town(server, push, screen, firefox, merchant, merchant.live_show("Bowls today"))
        assert server.stop() == 0, server.log()
        assert "Traceback" not in server.log(), server.log()


def test_a_follower_is_told_comes_by_a_click_and_turns_it_off(town: Town) -> None:
    firefox = town.firefox
    token = town.follow()
    town.plan("Plates")
    town.start()
    notice = town.shown("Plates")
    assert town.push.told.get(timeout=PATIENCE_S) == (token, 201)
    # The browser could read it, and its service worker made something of it.
    assert town.push.acknowledged.get(timeout=PATIENCE_S) == "100"
    (first,) = town.windows()
    town.desktop.click(notice["number"])
    second = firefox.until(lambda: [one for one in town.windows() if one != first], "the window of the show")[0]
    firefox.command("WebDriver:SwitchToWindow", {"handle": second})
    firefox.until(lambda: firefox.run("return location.pathname") == f"/r/{town.room}", "the show")
    firefox.until(lambda: "Plates" in firefox.run("return document.title"), "the show's page")
    # Who has the show's page open already is shown that one.
    firefox.open(f"{town.server.url}/r/{town.plan('Cups')}")
    town.start()
    town.desktop.click(town.shown("Cups")["number"])
    emptied = "navigator.serviceWorker.ready.then((one) => one.getNotifications()).then(({ length }) => length === 0)"
    firefox.until(lambda: firefox.run_until_done(emptied), "the notice going away")
    assert len(town.windows()) == 2

    firefox.press("You follow Shop of Bowls today")
    firefox.press("Turn off")
    assert town.push.unsubscribed.get(timeout=PATIENCE_S) == token
    firefox.until(lambda: not town.is_on(), "being told no more")
    assert firefox.run_until_done(BROWSERS) == 0
    assert town.push.refusals == []


def test_a_browser_with_a_new_address_says_so_and_the_old_one_is_forgotten(town: Town) -> None:
    old = town.follow()
    town.push.forget()
    new = town.push.subscribed.get(timeout=PATIENCE_S)
    town.firefox.until(lambda: town.firefox.run_until_done(BROWSERS) == 2, "the new address")
    town.plan("Plates")
    town.start()
    town.shown("Plates")
    answers = dict(town.push.told.get(timeout=PATIENCE_S) for _ in range(2))
    assert answers == {old: 410, new: 201}
    town.firefox.until(lambda: town.firefox.run_until_done(BROWSERS) == 1, "the old address forgotten")
    # The page knows its browser by the new address.
    town.firefox.open(f"{town.server.url}/r/{town.room}")
    town.firefox.press("You follow Shop of Bowls today")
    town.firefox.until(town.is_on, "being told still")
    assert town.push.unsubscribed.empty()


def test_under_another_secret_browsers_subscribe_anew(town: Town) -> None:
    server, firefox = town.server, town.firefox
    firefox.sign_in(server.url, Api.account(server.url, "ana@example.org", "Ana").cookie)
    old = town.follow()
    assert server.stop() == 0, server.log()
    server.settings["LIVEHUB_SECRET"] = "second " * 8
    server.start()
    room = town.plan("Plates")
    assert firefox.run_until_done(BROWSERS) == 0
    firefox.open(f"{server.url}/r/{room}")
    new = town.push.subscribed.get(timeout=PATIENCE_S)
    assert town.push.unsubscribed.get(timeout=PATIENCE_S) == old
    firefox.until(lambda: firefox.run_until_done(BROWSERS) == 1, "the new subscription")
    town.start()
    town.shown("Plates")
    assert town.push.told.get(timeout=PATIENCE_S) == (new, 201)
    # Nothing went out under the new key to what was subscribed under the old one.
    assert town.push.told.empty()
    assert town.push.refusals == []
