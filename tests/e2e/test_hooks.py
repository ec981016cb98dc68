"""A checkout hook and a webhook as people meet them: shipping and an affirmation in the sheet, the log in the desk."""

import json
import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.api import Api
from tests.e2e.conftest import DESKTOP, PHONE, Person
from tests.e2e.merchant import PASSWORD
from tests.e2e.server import Server
from tests.e2e.viewer import order_pinned, pay

#: a busy machine takes its time
PATIENCE_MS = 30_000
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
AFFIRMATION = "I am 18 years of age or older."

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]


class Remote(BaseHTTPRequestHandler):
    """The merchant's own server: a tax service, and where webhooks go."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        told = {
            "charges": [
                {"kind": "shipping", "title": "Wrapping", "amount_minor": 490},
                {"kind": "tax", "title": "VAT 19 %", "amount_minor": 399, "included": True},
            ],
            "affirmations": [{"id": "of-age", "version": "1", "text": AFFIRMATION}],
        }
        body = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """The test looks at the pages."""


@pytest.fixture
def remote() -> Iterator[str]:
    service = ThreadingHTTPServer(("127.0.0.1", 0), Remote)
    Thread(target=service.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{service.server_address[1]}"
    service.shutdown()
    service.server_close()


@pytest.fixture
def shop(tmp_path: Path, remote: str) -> Iterator[Server]:
    settings = {
        "LIVEHUB_CHECKOUT_HOOKS": f"http:{remote}/quote;secret={SECRET}",
        "LIVEHUB_ALLOW_PRIVATE_WEBHOOKS": "1",
    }
    server = Server(tmp_path / "shop", settings)
    server.start()
    yield server
    assert server.stop() == 0


def test_charges_in_the_sheet_and_the_log_in_the_desk(
    shop: Server, person: Person, remote: str, pictures: Path
) -> None:
    api = Api.account(shop.url, "wine@example.org", "Wilma")
    room = api.live_show("Wine of the week")

    phone = person(viewport=PHONE, url=shop.url).new_page()
    phone.goto(f"/r/{room}")
    order_pinned(phone, name="Noah", quantity=2)
    sheet = phone.get_by_role("dialog")
    expect(sheet.get_by_text("Wrapping")).to_be_visible(timeout=PATIENCE_MS)
    button = sheet.get_by_role("button", name=re.compile("^Pay "))
    button.click()
    expect(sheet.get_by_role("alert")).to_have_text("Please confirm each of these first.")
    sheet.get_by_label(AFFIRMATION).check()
    phone.screenshot(path=pictures / "hooks-checkout-phone.png")
    pay(phone)
    expect(phone.get_by_role("heading", name="Paid. Thank you!")).to_be_visible(timeout=PATIENCE_MS)
    expect(sheet.get_by_text("Wrapping")).to_be_visible()
    phone.screenshot(path=pictures / "hooks-ticket-phone.png")

    context = person(viewport=DESKTOP, url=shop.url)
    signed_in = context.request.post("/api/v1/sessions", data={"email": "wine@example.org", "password": PASSWORD})
    assert signed_in.ok
    desk = context.new_page()
    desk.goto("/desk#settings")
    desk.get_by_placeholder("https://example.com/orders").fill(f"{remote}/orders")
    desk.get_by_role("button", name="Add", exact=True).click()
    desk.get_by_role("dialog").get_by_role("button", name="I have kept it").click()
    desk.get_by_role("button", name="What was sent").click()
    log = desk.get_by_role("dialog")
    expect(log.get_by_text("Nothing was sent yet.")).to_be_visible()
    log.get_by_role("button", name="Send a test").click()
    expect(log.get_by_text("endpoint.test", exact=True)).to_be_visible()
    expect(log.get_by_role("button", name="Send again")).to_be_visible()
    desk.screenshot(path=pictures / "hooks-webhook-log.png")
