"""The network goes away in the middle of a conversation and comes back: every line once, in order."""

import contextlib
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from playwright.sync_api import TimeoutError as TookTooLong

from tests.e2e.api import Api
from tests.e2e.conftest import DESKTOP, PHONE, Person
from tests.e2e.server import Server
from tests.e2e.test_ffmpeg import film as film  # a fixture
from tests.e2e.test_ffmpeg import publishing
from tests.e2e.viewer import expect_moving, say

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]


def test_lines_sent_while_the_network_was_away_come_once_and_in_order(server: Server, person: Person) -> None:
    room = Api.account(server.url, "calm@example.org", "Calm").live_show("Calm waters")
    reader_context, writer = person(viewport=DESKTOP), person(viewport=DESKTOP).new_page()
    reader = reader_context.new_page()
    for page in (reader, writer):
        page.goto(f"/r/{room}")
    say(writer, "line 0", name="Writer")
    expect(reader.get_by_text("line 0", exact=True)).to_be_visible()

    reader_context.set_offline(True)
    # Lines at the pace that the rate limit gives a viewer.
    for index in range(1, 5):
        say(writer, f"line {index}")
        writer.wait_for_timeout(300)
    reader.wait_for_timeout(1500)
    expect(reader.get_by_text("line 4", exact=True)).to_have_count(0)
    reader_context.set_offline(False)

    expect(reader.get_by_text("line 4", exact=True)).to_be_visible(timeout=20_000)
    lines = reader.get_by_role("group", name="Chat").locator(".chat-text").all_inner_texts()
    assert lines == [f"line {index}" for index in range(5)]


def test_a_line_written_without_a_network_is_kept_and_sent_once(server: Server, person: Person) -> None:
    room = Api.account(server.url, "ferry@example.org", "Ferry").live_show("Ferry")
    context, other = person(viewport=DESKTOP), person(viewport=DESKTOP).new_page()
    page = context.new_page()
    for each in (page, other):
        each.goto(f"/r/{room}")
    say(page, "before", name="Traveller")
    expect(other.get_by_text("before", exact=True)).to_be_visible()
    context.set_offline(True)
    page.wait_for_timeout(500)
    say(page, "from the tunnel")
    again = page.get_by_role("button", name="Not sent. Try again")
    expect(again).to_be_visible(timeout=20_000)
    context.set_offline(False)
    for _ in range(20):  # until the connection is back; pressing more often sends the line once all the same
        with contextlib.suppress(TookTooLong):  # it is not there while it is tried
            again.click(timeout=500)
        page.wait_for_timeout(500)
        if other.get_by_text("from the tunnel", exact=True).count():
            break
    expect(other.get_by_text("from the tunnel", exact=True)).to_be_visible(timeout=20_000)
    expect(other.get_by_text("from the tunnel", exact=True)).to_have_count(1)


def test_a_server_that_restarts_says_so_and_pages_come_back(
    browser: Browser, film: Path, tmp_path: Path, pictures: Path
) -> None:
    server = Server(tmp_path / "restarting", {"LIVEHUB_DRAIN_S": "8"})
    server.start()
    shop = Api.account(server.url, "again@example.org", "Again")
    room = shop.live_show("Again and again")
    context = browser.new_context(base_url=server.url, viewport={"width": PHONE["width"], "height": PHONE["height"]})
    page = context.new_page()
    about = page.get_by_text("The server restarts in a moment. This page comes back by itself.")
    during = page.get_by_text("The server is restarting. This page comes back by itself.")
    try:
        with publishing(film, server, room, shop.join_token(room, "encoder", "speaker")):
            page.goto(f"/r/{room}")
            expect_moving(page)
            assert server.process is not None
            server.process.terminate()
            expect(about).to_be_visible(timeout=20_000)
            page.screenshot(path=pictures / "restarting-phone.png")
        expect(during).to_be_visible(timeout=30_000)
        assert server.process.wait(timeout=20) == 0
        server.start()
        expect(during).to_be_hidden(timeout=30_000)
        with publishing(film, server, room, shop.join_token(room, "encoder", "speaker")):
            expect_moving(page)
            say(page, "still here", name="Viewer")
            expect(page.get_by_text("still here", exact=True)).to_be_visible()
    finally:
        context.close()
        assert server.stop() == 0
