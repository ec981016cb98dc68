"""What is on air, as a picture: on cards and in the studio's list, and in a room until the stream is there."""

import pytest
from playwright.sync_api import ConsoleMessage, Page, Route, expect

from tests.e2e.api import Api
from tests.e2e.conftest import DESKTOP, Person
from tests.e2e.merchant import on_air
from tests.e2e.server import Server
from tests.e2e.viewer import expect_moving, watch

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]


def expect_still(page: Page, place: str) -> None:
    """A picture was loaded there and is seen."""
    still = page.locator(f"{place} img.cover-still")
    expect(still).to_have_css("opacity", "1")
    assert still.evaluate("img => img.naturalWidth") > 0


def console_errors(page: Page) -> list[str]:
    """What its console says from now on, as it says it."""
    said: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            said.append(message.text)

    page.on("console", note)
    return said


def test_cards_show_what_is_on_air(server: Server, person: Person) -> None:
    merchant = Api.account(server.url, "window@example.org", "Window")
    room = merchant.live_show("In the window", start=False)
    merchant.call("PATCH", f"/rooms/{room}", {"recording": "off"})  # a replay would have a picture of its own
    host = on_air(person(viewport=DESKTOP), "window@example.org", room)
    watch(person(viewport=DESKTOP), room)
    visitor = person(viewport=DESKTOP).new_page()
    visitor.goto("/")
    expect_still(visitor, f'.live-card[href="/r/{room}"]')
    list_of_rooms = host.context.new_page()
    list_of_rooms.goto("/studio")
    expect_still(list_of_rooms, f'.studio-room-link[href="/studio/{room}"]')
    merchant.call("POST", f"/rooms/{room}/end")
    visitor.goto("/")
    expect(visitor.get_by_text("In the window", exact=True)).to_be_visible()
    expect(visitor.locator(f'a[href="/r/{room}"] img.cover-still')).to_have_count(0)


def test_a_member_sees_the_still_of_a_private_room_until_the_stream_is_there(server: Server, person: Person) -> None:
    merchant = Api.account(server.url, "curtain@example.org", "Curtain")
    room = merchant.live_show("Behind a curtain", start=False)
    merchant.call("PATCH", f"/rooms/{room}", {"visibility": "private"})
    on_air(person(viewport=DESKTOP), "curtain@example.org", room)
    address = f"/r/{room}#token={merchant.join_token(room, 'ana', 'viewer')}"
    first = person(viewport=DESKTOP).new_page()
    first.goto(address)
    expect_moving(first)
    page = person(viewport=DESKTOP).new_page()
    held: list[Route] = []
    page.route("**/whep*", lambda route: held.append(route))
    page.goto(address)
    expect_still(page, ".stage-cover")
    for route in held:
        route.continue_()
    expect_moving(page)
    expect(page.locator(".stage-cover img.cover-still")).to_have_count(0)


def test_a_room_that_shows_nothing_yet_is_no_error_in_any_console(server: Server, person: Person) -> None:
    merchant = Api.account(server.url, "early@example.org", "Early")
    room = merchant.live_show("Nobody on stage yet")
    member = f"/r/{room}#token={merchant.join_token(room, 'ana', 'viewer')}"
    for address, place in (("/", f'.live-card[href="/r/{room}"]'), (f"/r/{room}", ".stage"), (member, ".stage")):
        page = person(viewport=DESKTOP).new_page()
        errors = console_errors(page)
        with page.expect_response(f"**/rooms/{room}/still") as asked:
            page.goto(address)
        assert asked.value.status == 204, address
        expect(page.locator(place)).to_be_visible()
        shown = page.locator(f"{place} img.cover-still")
        assert all(image.evaluate("img => getComputedStyle(img).opacity") == "0" for image in shown.all()), address
        page.wait_for_load_state("networkidle")
        assert errors == [], address
