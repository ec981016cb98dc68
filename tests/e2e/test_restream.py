"""A show that goes on to other services: run in the studio, received by a real ffmpeg and a second livehub."""

import io
import json
import re
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.e2e.api import Api
from tests.e2e.conftest import DESKTOP, PHONE, Person
from tests.e2e.merchant import on_air
from tests.e2e.server import Server
from tests.media.restream.broadcast import Ffmpeg, decode

pytestmark = [pytest.mark.e2e, pytest.mark.ffmpeg, pytest.mark.timeout(240)]

KEY = "live_4711-abcd-efgh-ijkl"
AXE = Path(__file__).parents[2] / "static" / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture(scope="module")
def sender(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that may send to this machine."""
    server = Server(tmp_path_factory.mktemp("sender"), {"LIVEHUB_ALLOW_PRIVATE_RESTREAMS": "1", "LIVEHUB_LOG": "debug"})
    server.start()
    yield server
    assert server.stop() == 0
    log = server.log_path.read_text(errors="replace")
    assert "Traceback" not in log
    assert KEY not in log


def listens(port: int) -> None:
    name, deadline = f":{port:04X} ", time.monotonic() + 20
    while time.monotonic() < deadline:
        if any(name in line and " 0A " in line for line in Path("/proc/net/tcp").read_text().splitlines()):
            return
        time.sleep(0.1)
    raise AssertionError("nobody listens")


def add_service(page: Page, name: str, url: str, key: str, *, token: bool = False) -> None:
    page.get_by_role("button", name="Add a service").click()
    form = page.get_by_role("dialog")
    form.get_by_label("Name").fill(name)
    form.get_by_label("Address").fill(url)
    form.get_by_label("Bearer token" if token else "Stream key").fill(key)
    form.get_by_role("button", name="Save").press("Enter")
    expect(form).to_be_hidden()


def accessible(page: Page) -> None:
    page.evaluate(AXE.read_text())
    found = page.evaluate(
        "async () => (await axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'] })).violations"
    )
    assert not found, json.dumps([(item["id"], [node["html"] for node in item["nodes"]]) for item in found], indent=1)


def test_a_show_goes_to_a_platform_by_rtmp(sender: Server, person: Person, tmp_path: Path, pictures: Path) -> None:
    host = Api.account(sender.url, "host@example.org", "Host")
    room = host.live_show("Tea for everybody", start=False)
    context = person(viewport=DESKTOP, bypass_csp=True, url=sender.url)
    page = on_air(context, "host@example.org", room)
    page.emulate_media(reduced_motion="reduce")  # a click while the panels still slide can push them back
    page.get_by_role("tab", name=re.compile("Elsewhere")).press("Enter")
    first = Ffmpeg(tmp_path, key=KEY)
    add_service(page, "Channel", first.url, KEY)
    assert KEY not in page.content()
    row = page.get_by_role("listitem").filter(has_text="Channel")
    with first:
        listens(first.port)
        row.get_by_role("button", name="Start Channel").press("Enter")
        expect(row.get_by_role("status")).to_have_text("On air there", timeout=30_000)
        expect(row.get_by_text(re.compile("bit/s"))).to_be_visible(timeout=30_000)
        page.screenshot(path=pictures / "restream-live-desktop.png")
        accessible(page)
        page.wait_for_timeout(2000)
        first.kill()
    expect(row.get_by_role("status")).to_have_text("Trying again", timeout=30_000)
    page.screenshot(path=pictures / "restream-retrying-desktop.png")
    second = Ffmpeg(tmp_path, port=first.port, key=KEY)
    with second:
        listens(second.port)
        expect(row.get_by_role("status")).to_have_text("On air there", timeout=60_000)
        page.wait_for_timeout(6000)
        row.get_by_role("button", name="Stop Channel").click()
        expect(row.get_by_role("status")).to_have_text("Off")
        assert second.process is not None
        second.process.wait(20)
    received = decode(second.path)
    assert received.pictures > 30
    assert received.sound_s > 1
    listed = host.call("GET", f"/rooms/{room}/restreams")
    assert KEY not in json.dumps(listed)
    assert listed["items"][0]["key_hint"] == KEY[-4:]
    row.get_by_role("button", name="Change Channel").click()
    form = page.get_by_role("dialog")
    expect(form.get_by_text("it ends in ijkl")).to_be_visible()
    page.wait_for_timeout(400)
    page.screenshot(path=pictures / "restream-form-desktop.png")
    page.keyboard.press("Escape")
    row.get_by_role("button", name="Remove Channel").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(row).to_be_hidden()
    host.call("POST", f"/rooms/{room}/end")


def test_a_show_is_carried_by_another_livehub(sender: Server, server: Server, person: Person, pictures: Path) -> None:
    there = Api.account(server.url, "carrier@example.org", "Carrier")
    carrier = there.live_show("Carried from elsewhere")
    token = there.join_token(carrier, "relay", "speaker")
    host = Api.account(sender.url, "origin@example.org", "Origin")
    room = host.live_show("At home", start=False)
    body = {"name": "Carrier", "url": f"{server.url}/api/v1/rooms/{carrier}/whip", "key": token, "automatic": True}
    target = host.call("POST", f"/rooms/{room}/restreams", body)["id"]
    context = person(viewport=PHONE, bypass_csp=True, url=sender.url)
    page = on_air(context, "origin@example.org", room)
    page.get_by_role("tab", name=re.compile("Elsewhere")).click()
    row = page.get_by_role("listitem").filter(has_text="Carrier")
    expect(row.get_by_role("status")).to_have_text("On air there", timeout=30_000)  # it began with the show
    page.screenshot(path=pictures / "restream-live-phone.png")
    accessible(page)
    assert _still(server.url, carrier)[0] > 100
    # The carrying server goes away and comes back: the show is on it again by itself.
    server.kill()
    server.start()
    deadline = time.monotonic() + 60
    while not _publishes(there, carrier) and time.monotonic() < deadline:
        time.sleep(0.5)
    assert _still(server.url, carrier)[0] > 100
    assert host.call("GET", f"/rooms/{room}/restreams")["items"][0]["status"]["state"] == "live"
    host.call("POST", f"/rooms/{room}/end")
    assert host.call("GET", f"/rooms/{room}/restreams")["items"][0]["id"] == target
    deadline = time.monotonic() + 20
    while _publishes(there, carrier) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not _publishes(there, carrier)
    assert token not in sender.log_path.read_text(errors="replace")


def _publishes(api: Api, room: str) -> bool:
    with urllib.request.urlopen(f"{api._url.removesuffix('/api/v1')}/metrics", timeout=10) as answer:
        return "livehub_media_publishers 0" not in answer.read().decode()


def _still(url: str, room: str) -> tuple[int, int]:
    """Size of a picture that the server itself has decoded of what came."""
    deadline = time.monotonic() + 30
    while True:
        with urllib.request.urlopen(f"{url}/api/v1/rooms/{room}/still", timeout=10) as answer:
            webp = answer.read()
        if answer.status == 200:
            picture: Any = Image.open(io.BytesIO(webp))
            width, height = picture.size
            return int(width), int(height)
        assert time.monotonic() < deadline, "nothing was shown"
        time.sleep(0.5)


LOOKS = [
    ("ar", PHONE, False, "phone-arabic"),
    ("th-TH", DESKTOP, False, "desktop-thai"),
    ("en-GB", PHONE, True, "phone-dark"),
]


@pytest.mark.parametrize(("locale", "viewport", "dark", "name"), LOOKS)
def test_how_it_looks(
    sender: Server, person: Person, pictures: Path, locale: str, viewport: dict[str, int], dark: bool, name: str
) -> None:
    host = Api.account(sender.url, f"{name}@example.org", "Host", locale[:2])
    room = host.live_show("Tea", start=False)
    for title, url, key in (
        ("YouTube", "rtmps://a.rtmps.youtube.com/live2", KEY), ("Our own SFU", "https://whip.example.org/x", ""),
    ):  # fmt: skip
        host.call("POST", f"/rooms/{room}/restreams", {"name": title, "url": url, "key": key, "automatic": not key})
    context = person(locale=locale, viewport=viewport, dark=dark, bypass_csp=True, url=sender.url)
    assert context.request.post(
        "/api/v1/sessions", data={"email": f"{name}@example.org", "password": "correct horse battery"}
    ).ok
    page = context.new_page()
    page.goto(f"/studio/{room}")
    page.locator("details.obs").last.locator("summary").click()
    expect(page.get_by_text("a.rtmps.youtube.com")).to_be_visible()
    page.locator(".restreams").scroll_into_view_if_needed()
    page.screenshot(path=pictures / f"restream-plan-{name}.png", full_page=True)
    page.locator(".restreams > div > button").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.wait_for_timeout(400)
    page.screenshot(path=pictures / f"restream-form-{name}.png")
    accessible(page)
    wide = page.evaluate("() => document.documentElement.scrollWidth > document.documentElement.clientWidth")
    assert not wide
