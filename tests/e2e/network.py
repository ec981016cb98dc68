"""Chromium behind a bad network: the relay of livehub.bench.link in a thread of its own, beside Playwright's loop."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from playwright.sync_api import BrowserContext, Page, Route

from livehub.bench.link import Conditions, Link
from livehub.bench.loss_chromium import PUBLISH, RECEIVED, WATCH
from tests.e2e.api import PASSWORD
from tests.e2e.server import Server

T = TypeVar("T")


class BadNetwork:
    """Between one browser context and a server's media port. Answers of WHIP and WHEP name the relay's port instead."""

    def __init__(self, server: Server, seed: int = 1) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.link = Link(("127.0.0.1", server.media_port), seed=seed)
        asyncio.run_coroutine_threadsafe(self.link.start(), self._loop).result(10)
        #: requests that began or changed a session: (method, status)
        self.requests: list[tuple[str, int]] = []
        self._contexts: list[BrowserContext] = []

    def behind(self, context: BrowserContext) -> None:
        """From now on the pages of ``context`` have this network for their media."""
        self._contexts.append(context)
        context.route("**/whep*", self._answer)
        context.route("**/whip*", self._answer)
        context.route("**/api/v1/media/*", self._answer)

    def _answer(self, route: Route) -> None:
        response = route.fetch()
        if route.request.method in {"POST", "PATCH"}:
            self.requests.append((route.request.method, response.status))
        route.fulfill(response=response, body=self.link.through(response.text()))

    def set(self, up: Conditions, down: Conditions) -> None:
        self.do(lambda: self.link.set(up, down))

    def do(self, action: Callable[[], T]) -> T:
        """In the relay's thread."""
        done: Future[T] = Future()
        self._loop.call_soon_threadsafe(lambda: done.set_result(action()))
        return done.result(10)

    def close(self) -> None:
        """Before the contexts are closed: a page notices that its path is gone, and what it asks then must not meet a
        context that closes under the answer, which is an error of whatever test comes to close it."""
        for context in self._contexts:
            context.unroute_all(behavior="wait")
        self.do(self.link.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


def publish(page: Page, room: str, *, width: int = 640, height: int = 360, max_bitrate_bps: int = 1_500_000) -> None:
    """The fake camera of a page whose context is signed in, by the web client's own code."""
    arguments = {"room": room, "width": width, "height": height, "maxBitrateBps": max_bitrate_bps}
    page.evaluate(PUBLISH, arguments)


def watch_bare(page: Page, room: str) -> None:
    """Watch by the web client's own code, without its page around it."""
    page.evaluate(WATCH, room)


def until_shown(page: Page, frames: int, timeout_ms: float = 15_000) -> None:
    """Until so many more frames were shown."""
    wanted = int(page.evaluate("() => window.shown.length")) + frames
    page.wait_for_function("wanted => window.shown.length >= wanted", arg=wanted, timeout=timeout_ms)


def longest_gap_ms(page: Page, since: int = 0) -> float:
    """Between two frames shown one after the other, from the ``since``th on."""
    script = "since => Math.max(0, ...window.shown.slice(since).map((at, i, all) => i ? at - all[i - 1] : 0))"
    return float(page.evaluate(script, since))


def received(page: Page) -> dict[str, dict[str, Any]]:
    """kind → sums of the numbers of its inbound-rtp statistics."""
    sums: dict[str, dict[str, Any]] = page.evaluate(RECEIVED)
    return sums


def sign_in(context: BrowserContext, email: str) -> Page:
    page = context.new_page()
    page.goto("/")
    body = {"email": email, "password": PASSWORD}
    script = """body => fetch('/api/v1/sessions', { method: 'POST', body: JSON.stringify(body),
      headers: { 'Content-Type': 'application/json' } }).then((answer) => answer.status)"""
    status = page.evaluate(script, body)
    assert 200 <= int(status) < 300, status
    return page
