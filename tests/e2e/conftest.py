"""One server and one Chromium for this package; a fresh browser context (a person of their own) for each role.

For the package, not the session: while Playwright's synchronous interface lives, no other test could run an event loop.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from tests.e2e.browser import ensure
from tests.e2e.interfaces import NetworkChanges
from tests.e2e.server import Server

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1440, "height": 900}
#: a busy machine takes its time
PATIENCE_MS = 30_000

FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-device-for-media-stream=fps=30",
    "--use-fake-ui-for-media-stream",
    # Occluded pages of a headless browser must go on decoding, or frames could not be counted.
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
]


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("server"))
    server.start()
    yield server
    status = server.stop()
    assert status == 0, f"the server did not end in order ({status}):\n{server.log()}"
    assert "Traceback" not in server.log(), server.log()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=ensure(), args=FLAGS)
        yield browser
        browser.close()


class Complaints:
    """What a page's console complained about; a page that raises or breaks its own CSP fails its test."""

    #: the browser logs each answered error status, and each attempt without a network, itself
    EXPECTED = re.compile(r"the server responded with a status of (4\d\d|503)|ERR_INTERNET_DISCONNECTED")

    #: what it logs of each request under way when the machine's network changes, loopback or not
    BY_A_CHANGE = "net::ERR_NETWORK_CHANGED"

    def __init__(self, changes: NetworkChanges) -> None:
        self._changes = changes
        self._lines: list[str] = []

    @property
    def lines(self) -> list[str]:
        """All but what a change of this machine's interfaces explains, if the kernel has told of one."""
        if self._changes.seen():
            return [line for line in self._lines if self.BY_A_CHANGE not in line]
        return self._lines

    def watch(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self._lines.append(f"uncaught: {error}"))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not self.EXPECTED.search(message.text):
            self._lines.append(message.text)


@pytest.fixture(autouse=True)
def patience() -> None:
    """How long pages are waited for where a test says nothing else: the same whichever test came before."""
    expect.set_options(timeout=PATIENCE_MS)


Person = Callable[..., BrowserContext]


@pytest.fixture
def changes() -> Iterator[NetworkChanges]:
    with NetworkChanges() as watched:
        yield watched


@pytest.fixture
def person(browser: Browser, server: Server, changes: NetworkChanges) -> Iterator[Person]:
    """Makes browser contexts: ``person(locale="th-TH", viewport=PHONE, dark=False)``; ``url`` of another server."""
    contexts: list[BrowserContext] = []
    complaints = Complaints(changes)

    def make(
        *,
        locale: str = "en-GB",
        viewport: dict[str, int] | None = None,
        dark: bool = False,
        bypass_csp: bool = False,
        url: str | None = None,
    ) -> BrowserContext:
        size = viewport or DESKTOP
        phone = size["width"] < 600
        context = browser.new_context(
            base_url=url or server.url,
            locale=locale,
            viewport={"width": size["width"], "height": size["height"]},
            color_scheme="dark" if dark else "light",
            has_touch=phone,
            is_mobile=phone,
            permissions=["camera", "microphone"],
            bypass_csp=bypass_csp,
        )
        context.set_default_timeout(15_000)
        context.on("page", complaints.watch)
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()
    assert not complaints.lines, "\n".join(complaints.lines)


@pytest.fixture(scope="package")
def pictures() -> Path:
    """Where screenshots are kept: artifacts/, which is not committed."""
    folder = Path(__file__).parents[2] / "artifacts" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
