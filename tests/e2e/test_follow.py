"""A viewer follows a shop in the page and is told when it goes live: by a letter and by a notice in the browser.

Chromium subscribes at Google's push service alone, which no test can reach: what it would be handed there is decrypted
here and handed to its service worker. ``tests/interop/test_push.py`` has a browser in which nothing is left out.
"""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from playwright.sync_api import Worker, expect

from livehub.followers.webpush import encode_key
from tests.e2e.api import Api
from tests.e2e.conftest import DESKTOP, PHONE, Person
from tests.e2e.server import Server
from tests.followers.browser import Browser
from tests.ports import free_port

#: a busy machine takes its time
PATIENCE_MS = 30_000
PATIENCE_S = 30

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


SUBSCRIBE = """async (body) => {
  const headers = { 'Content-Type': 'application/json' };
  return (await fetch('/api/v1/notifications/push', { method: 'PUT', headers, body: JSON.stringify(body) })).status;
}"""


#: Lets the worker remember the notice that it has the browser show; the browser shows it all the same.
SHOWING = """() => {
  const { registration } = self;
  const show = registration.showNotification.bind(registration);
  self.showing = new Promise((resolve, reject) => {
    registration.showNotification = (...notice) => {
      const shown = show(...notice);
      shown.then(resolve, reject);
      return shown;
    };
  });
}"""
#: what the browser itself says that it shows, once it has shown a notice
SHOWN = """async () => {
  await self.showing;
  const shown = await self.registration.getNotifications();
  return shown.map(({ title, body, data }) => ({ title, body, url: data.url }));
}"""


@dataclass
class Town:
    server: Server
    push_url: str
    pushed: "Queue[bytes]" = field(default_factory=Queue)
    letters: "Queue[EmailMessage]" = field(default_factory=Queue)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """A server of its own, with a mail server and a push service beside it."""
    pushed: Queue[bytes] = Queue()
    letters: Queue[EmailMessage] = Queue()

    class Push(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            pushed.put(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(201)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """The test reads what was pushed."""

    class Mailbox:
        async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
            letter = message_from_bytes(envelope.content, policy=default)
            assert isinstance(letter, EmailMessage)
            letters.put(letter)
            return "250 OK"

    push = ThreadingHTTPServer(("127.0.0.1", 0), Push)
    thread = threading.Thread(target=push.serve_forever, daemon=True)
    thread.start()
    mail = Controller(Mailbox(), hostname="127.0.0.1", port=free_port())
    mail.start()
    server = Server(
        tmp_path / "server",
        {
            "LIVEHUB_SMTP_URL": f"smtp+plain://127.0.0.1:{mail.port}",
            "LIVEHUB_MAIL_FROM": "shop@live.example",
            "LIVEHUB_ALLOW_PRIVATE_PUSH": "1",
        },
    )
    server.start()
    yield Town(server, f"http://127.0.0.1:{push.server_port}/send/1", pushed, letters)
    assert server.stop() == 0, server.log()
    mail.stop()
    push.shutdown()
    push.server_close()
    thread.join()


def shown_notices(worker: Worker, deliver: Callable[[], object]) -> list[dict[str, str]]:
    """Those that the browser shows after ``deliver``, looked at once it says that it shows one."""
    # Chromium without a screen puts a notice away unseen when it is asked for its notices just while it shows that one.
    worker.evaluate(SHOWING)
    deliver()
    found: list[dict[str, str]] = worker.evaluate(SHOWN)
    return found


def test_following_a_shop_to_its_next_show(town: Town, person: Person, pictures: Path) -> None:
    expect.set_options(timeout=PATIENCE_MS)
    server, browser = town.server, Browser()
    merchant = Api.account(server.url, "follow@example.org", "Mila")
    room = merchant.live_show("Bowls today")
    context = person(viewport=PHONE, url=server.url)
    page = context.new_page()
    page.goto(f"/r/{room}")
    page.get_by_role("button", name="Follow Shop of Bowls today").click()
    dialog = page.get_by_role("dialog")
    # A headless Chromium has said no to notices already.
    expect(dialog.get_by_text("Blocked in the settings of this browser.")).to_be_visible()
    expect(dialog.get_by_role("button", name="Turn on").first).to_be_disabled()
    keys = {"p256dh": encode_key(browser.point), "auth": encode_key(browser.auth)}
    assert page.evaluate(SUBSCRIBE, {"endpoint": town.push_url, "keys": keys}) == 200
    dialog.get_by_label("By e-mail").fill("ana@example.org")
    dialog.get_by_role("button", name="Turn on").last.click()
    expect(dialog.get_by_text("We sent a letter there.")).to_be_visible()
    page.screenshot(path=pictures / "follow-phone.png", animations="disabled")
    question = town.letters.get(timeout=PATIENCE_S)
    link = question.get_content().partition(f"{server.url}/letters/confirm#")[2].split()[0]
    letter_page = person(viewport=DESKTOP, url=server.url).new_page()
    letter_page.goto(f"/letters/confirm#{link}")
    letter_page.get_by_role("button", name="Yes, write to me").click()
    expect(letter_page.get_by_role("heading", name="We will write to you")).to_be_visible()
    letter_page.screenshot(path=pictures / "letters-confirm-desktop.png", animations="disabled")

    merchant.call("POST", f"/rooms/{room}/end")
    store = merchant.call("GET", "/stores")["items"][0]["id"]
    body = {"kind": "show", "title": "Plates tomorrow", "locale": "en", "visibility": "public", "store_id": store}
    second = merchant.call("POST", "/rooms", {**body, "starts_at": "2099-01-01T18:00:00Z"})["id"]
    planned = person(viewport=PHONE, url=server.url, locale="ar").new_page()
    planned.goto(f"/r/{second}")
    planned.locator(".around-actions button").first.wait_for()
    planned.screenshot(path=pictures / "planned-phone-arabic.png", animations="disabled")
    merchant.call("POST", f"/rooms/{second}/start")
    told = town.letters.get(timeout=PATIENCE_S)
    assert told["Subject"] == "Shop of Bowls today is live: Plates tomorrow"
    pushed = json.loads(browser.decrypt(town.pushed.get(timeout=PATIENCE_S)))
    assert pushed["url"] == f"/r/{second}"

    # What the browser's push service would hand to the service worker, handed to it.
    context.grant_permissions(["notifications"], origin=server.url)
    page.evaluate(
        "async () => { await navigator.serviceWorker.register('/sw.js'); await navigator.serviceWorker.ready; }"
    )
    [worker] = context.service_workers
    devtools = context.new_cdp_session(page)
    registrations: list[str] = []
    devtools.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: registrations.extend(found["registrationId"] for found in event["registrations"]),
    )
    devtools.send("ServiceWorker.enable")
    while not registrations:
        page.wait_for_timeout(20)
    message = {"origin": server.url, "registrationId": registrations[0], "data": json.dumps(pushed)}
    assert shown_notices(worker, lambda: devtools.send("ServiceWorker.deliverPushMessage", message)) == [
        {"title": "Shop of Bowls today", "body": "Live now: Plates tomorrow", "url": f"/r/{second}"}
    ]

    stop = told.get_content().partition(f"{server.url}/letters/stop#")[2].split()[0]
    letter_page.goto(f"/letters/stop#{stop}")
    letter_page.reload()
    letter_page.get_by_role("button", name="Stop the letters").click()
    expect(letter_page.get_by_role("heading", name="We will not write again")).to_be_visible()
    account = context.new_page()
    account.goto("/account")
    expect(account.get_by_role("button", name="Stop following Shop of Bowls today")).to_be_visible()
    expect(account.get_by_label("By e-mail")).to_be_visible()
    account.screenshot(path=pictures / "account-notices-phone.png", full_page=True, animations="disabled")
    account.get_by_role("button", name="Stop following Shop of Bowls today").click()
    expect(account.get_by_text("You follow nobody yet.")).to_be_visible()
