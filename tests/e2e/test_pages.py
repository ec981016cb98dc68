"""Every page at phone and desktop width, in light and dark, in Arabic and in Thai: kept as pictures to look at.

And held to what a machine can tell: nothing wider than the screen, no complaint of the browser (its own CSP included),
WCAG 2.2 AA as far as axe-core sees it.
"""

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.e2e.api import PASSWORD, Api
from tests.e2e.conftest import DESKTOP, PHONE, Person
from tests.e2e.server import Server

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

AXE = Path(__file__).parents[2] / "static" / "node_modules" / "axe-core" / "axe.min.js"
LOOKS = {
    "phone-light": ("en-GB", PHONE, False),
    "phone-dark": ("en-GB", PHONE, True),
    "desktop-light": ("en-GB", DESKTOP, False),
    "desktop-dark": ("en-GB", DESKTOP, True),
    "phone-arabic": ("ar", PHONE, False),
    "desktop-thai": ("th-TH", DESKTOP, False),
}
EMAIL = "gallery@example.org"
#: pages that are loaded while one comes to rest
AT_ONCE = 3
#: motion is at most 200 ms; fonts and pictures come from this machine
REST_MS = 600
#: since when the page's module has drawn it and no skeleton is left
RESTING = """window.restingSince = Infinity;
setInterval(() => {
  const drawn = document.querySelector('main, [role=main]') && !document.querySelector('.skeleton, .room-skeleton');
  window.restingSince = drawn ? Math.min(window.restingSince, performance.now()) : Infinity;
}, 20);"""


@dataclass(frozen=True)
class Shop:
    live: str
    planned: str
    order: str


@pytest.fixture(scope="module")
def shop(server: Server) -> Iterator[Shop]:
    """A merchant with a live show, a planned one, and an order of their own."""
    api = Api.account(server.url, EMAIL, "Gallery")
    live = api.live_show("An evening of tea")
    plan = {"kind": "show", "title": "Tomorrow's tea", "locale": "en", "visibility": "public"}
    planned = str(api.call("POST", "/rooms", {**plan, "starts_at": "2099-01-01T18:00:00Z"})["id"])
    offer = api.call("GET", f"/rooms/{live}/offers")["items"][0]["id"]
    body = {
        "room": live,
        "lines": [{"offer": offer, "quantity": 2}],
        "delivery": {"method": "pickup"},
        "contact": {"name": "Ana", "email": "ana@example.org"},
        "payment_provider": "sandbox",
    }
    order = str(api.call("POST", "/orders", body, **{"Idempotency-Key": "gallery-1"})["id"])
    yield Shop(live, planned, order)
    api.call("POST", f"/rooms/{live}/end")


def public_paths(shop: Shop) -> dict[str, str]:
    return {
        "start": "/",
        "signin": "/signin",
        "signup": "/signup",
        "room-live": f"/r/{shop.live}",
        "room-planned": f"/r/{shop.planned}",
        "missing": "/nothing-here",
    }


def merchant_paths(shop: Shop) -> dict[str, str]:
    return {
        "desk-products": "/desk#products",
        "desk-orders": "/desk#orders",
        "desk-settings": "/desk#settings",
        "studio": "/studio",
        "studio-room": f"/studio/{shop.planned}",
        "account": "/account",
        "order": f"/orders/{shop.order}",
    }


def visit(context: BrowserContext, locale: str, shop: Shop, server: Server) -> Iterator[tuple[str, Page]]:
    """Each page in turn, drawn and quiet; from the desk on as the merchant, whose own language is English."""
    # As the language picker does, so that signing in does not change the language.
    context.add_cookies([{"name": "livehub_locale", "value": locale.partition("-")[0], "url": server.url}])
    context.add_init_script(RESTING)
    pages = [context.new_page() for _ in range(AT_ONCE)]
    yield from opened_ahead(pages, public_paths(shop))
    sign_in = context.request.post("/api/v1/sessions", data={"email": EMAIL, "password": PASSWORD})
    assert sign_in.ok, sign_in.text()
    yield from opened_ahead(pages, merchant_paths(shop))


def opened_ahead(pages: list[Page], paths: dict[str, str]) -> Iterator[tuple[str, Page]]:
    """The pages at ``paths``, in order, each once it has come to rest."""
    turns = zip(paths.items(), itertools.cycle(pages))
    under_way: list[tuple[str, Page]] = []
    while True:
        for (name, path), page in itertools.islice(turns, len(pages) - len(under_way)):
            page.goto("about:blank")
            page.goto(path, wait_until="commit")
            under_way.append((name, page))
        if not under_way:
            return
        name, page = under_way.pop(0)
        settle(page)
        yield name, page


@pytest.mark.parametrize("look", LOOKS)
def test_no_page_is_wider_than_the_screen(
    look: str, person: Person, shop: Shop, server: Server, pictures: Path
) -> None:
    locale, viewport, dark = LOOKS[look]
    faults: list[str] = []
    context = person(locale=locale, viewport=viewport, dark=dark)
    for name, page in visit(context, locale, shop, server):
        page.screenshot(path=pictures / f"{name}-{look}.png")
        faults += [f"{name}: {fault}" for fault in too_wide(page)]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("look", ["phone-light", "desktop-dark", "phone-arabic"])
def test_every_page_is_accessible(look: str, person: Person, shop: Shop, server: Server) -> None:
    locale, viewport, dark = LOOKS[look]
    faults: list[str] = []
    # axe-core tries inline styles out, which the pages' own policy forbids.
    context = person(locale=locale, viewport=viewport, dark=dark, bypass_csp=True)
    for name, page in visit(context, locale, shop, server):
        faults += [f"{name}: {fault}" for fault in inaccessible(page)]
    assert not faults, "\n".join(faults)


def settle(page: Page) -> None:
    """Until it is whole, and has been at rest for :data:`REST_MS`."""
    page.wait_for_load_state("load")
    page.wait_for_function("ms => performance.now() - window.restingSince >= ms", arg=REST_MS)


def too_wide(page: Page) -> list[str]:
    wide = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [f"{wide} px wider than the screen"] if wide > 0 else []


def inaccessible(page: Page) -> list[str]:
    """What axe-core finds against WCAG 2.2 A and AA, one line a rule and place."""
    page.evaluate(AXE.read_text())
    found = page.evaluate(
        """async () => (await axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }))
          .violations.flatMap((rule) => rule.nodes.map(
            (node) => [rule.id, node.target.join(' '), node.failureSummary]))"""
    )
    return [f"{rule} at {place}: {json.dumps(summary)[:300]}" for rule, place, summary in found]
