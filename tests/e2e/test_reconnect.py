"""The network goes away in the middle of a conversation and comes back: every line once, in order."""

import pytest
from playwright.sync_api import expect

from tests.e2e.api import Api
from tests.e2e.conftest import DESKTOP, Person
from tests.e2e.server import Server
from tests.e2e.viewer import say

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
        if again.is_visible():
            again.click()
        page.wait_for_timeout(500)
        if other.get_by_text("from the tunnel", exact=True).count():
            break
    expect(other.get_by_text("from the tunnel", exact=True)).to_be_visible(timeout=20_000)
    expect(other.get_by_text("from the tunnel", exact=True)).to_have_count(1)
