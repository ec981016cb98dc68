"""A page whose modules do not all come loads itself again, and says what is the matter where that does not help."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, Route, expect

from tests.e2e.conftest import DESKTOP, PHONE, Person
from tests.e2e.server import Server
from tests.e2e.words import Words

pytestmark = pytest.mark.e2e

#: one of those that the first page stands on
MODULE = "**/static/lib/session.js"
TRIES_MS = 30_000


def refuse(page: Page, loads: int) -> list[str]:
    """Let the module come only when the page is loaded for the time after ``loads``; the loads so far."""
    so_far: list[str] = []

    def count(request: Request) -> None:
        if request.is_navigation_request():
            so_far.append(request.url)

    def answer(route: Route) -> None:
        if len(so_far) > loads:
            route.continue_()
        else:
            route.abort("internetdisconnected")

    page.on("request", count)
    page.route(MODULE, answer)
    return so_far


def test_a_page_that_lost_a_module_loads_itself_again(server: Server, person: Person) -> None:
    page = person(viewport=PHONE, url=server.url).new_page()
    loads = refuse(page, 2)
    page.goto("/signin")
    expect(page.get_by_role("heading", name="Welcome back")).to_be_visible(timeout=TRIES_MS)
    expect(page.get_by_text("This page could not be loaded")).to_have_count(0)
    assert len(loads) == 3


def test_one_that_never_comes_is_told_in_the_readers_language(server: Server, person: Person, pictures: Path) -> None:
    words = Words("ar")
    page = person(viewport=PHONE, url=server.url, locale="ar").new_page()
    loads = refuse(page, 4)
    ended: list[Page] = []
    page.on("load", lambda each: ended.append(each))
    page.goto("/signin")
    while len(ended) < 4:
        page.wait_for_event("load", timeout=TRIES_MS)
    expect(page.get_by_role("heading", name=words("This page could not be loaded"))).to_be_visible()
    page.screenshot(path=pictures / "not-loaded-phone-ar.png", animations="disabled")
    assert page.evaluate("sessionStorage.getItem('livehub.loads')").endswith(" 4")
    page.get_by_role("link", name=words("Try again")).click()
    expect(page.get_by_role("heading", name=words("Welcome back"))).to_be_visible()
    assert len(loads) == 5


def test_one_who_is_offline_gets_the_page_when_the_network_is_back(server: Server, person: Person) -> None:
    context = person(viewport=DESKTOP, url=server.url)
    page = context.new_page()
    held: list[Route] = []
    page.route(MODULE, lambda route: held.append(route))
    with page.expect_event("requestfinished", lambda request: request.url.endswith("/load-guard.js")):
        page.goto("/signin", wait_until="commit")
    while not held:
        page.wait_for_timeout(20)
    context.set_offline(True)
    for route in held:
        route.abort("internetdisconnected")
    page.unroute(MODULE)
    expect(page.get_by_role("heading", name="This page could not be loaded")).to_be_visible(timeout=TRIES_MS)
    context.set_offline(False)
    expect(page.get_by_role("heading", name="Welcome back")).to_be_visible(timeout=TRIES_MS)


def test_without_scripts_it_says_what_to_do(server: Server, browser: Browser) -> None:
    page = browser.new_page(base_url=server.url, java_script_enabled=False)
    page.goto("/signin")
    expect(page.get_by_text("This page needs JavaScript: turn it on in the settings of your browser.")).to_be_visible()
    assert page.get_by_role("link", name="Try again").is_visible()
    page.close()
