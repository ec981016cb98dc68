"""A merchant's own site admits its own users: a private room, opened by the token behind the # of its address."""

import time

import pytest
from playwright.sync_api import expect

from tests.e2e.api import Api
from tests.e2e.conftest import DESKTOP, Person
from tests.e2e.merchant import on_air
from tests.e2e.server import Server
from tests.e2e.viewer import expect_moving, say

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

EMAIL = "members@example.org"
EXPIRES_IN_S = 10  # the shortest there is


def test_a_token_opens_a_private_room_under_the_name_in_it(server: Server, person: Person) -> None:
    merchant = Api.account(server.url, EMAIL, "Members")
    room = merchant.live_show("For members", start=False)
    merchant.call("PATCH", f"/rooms/{room}", {"visibility": "private"})
    host = on_air(person(viewport=DESKTOP), EMAIL, room)
    fleeting, issued_at = merchant.join_token(room, "late", "viewer", expires_in_s=EXPIRES_IN_S), time.monotonic()

    member = person(viewport=DESKTOP).new_page()
    member.goto(f"/r/{room}#token={merchant.join_token(room, 'ana', 'viewer')}")
    expect_moving(member)
    assert member.url == f"{server.url}/r/{room}"
    say(member, "Hello from my own shop")
    expect(host.get_by_text("Hello from my own shop")).to_be_visible()
    expect(host.get_by_text("Ana", exact=True).first).to_be_visible()
    assert not [cookie for cookie in member.context.cookies() if cookie["name"] == "livehub_guest"]
    member.reload()  # the tab keeps the token
    expect_moving(member)

    stranger = person(viewport=DESKTOP).new_page()
    answer = stranger.goto(f"/r/{room}")
    assert answer is not None
    assert answer.status == 404
    expect(stranger.get_by_text("There is no show here")).to_be_visible()
    expect(stranger.get_by_text("For members")).to_have_count(0)
    # The same tab gets a link that was good, a moment ago.
    time.sleep(max(0.0, issued_at + EXPIRES_IN_S + 1 - time.monotonic()))
    stranger.goto(f"/r/{room}#token={fleeting}")
    expect(stranger.get_by_text("This link no longer works")).to_be_visible()
    expect(stranger.get_by_role("link", name="Sign in")).to_have_count(0)


def test_a_member_buys_and_opens_the_ticket_and_is_nobody_elsewhere(server: Server, person: Person) -> None:
    merchant = Api.account(server.url, "till@example.org", "Till")
    room = merchant.live_show("For buyers")
    merchant.call("PATCH", f"/rooms/{room}", {"visibility": "private"})
    token = merchant.join_token(room, "ben", "viewer")
    ben = Api(server.url, bearer=token)
    order = ben.call(
        "POST",
        "/orders",
        {
            "room": room,
            "lines": [{"offer": ben.call("GET", f"/rooms/{room}/offers")["items"][0]["id"], "quantity": 1}],
            "delivery": {"method": "pickup"},
            "contact": {"name": "Ben", "email": "ben@example.org"},
            "payment_provider": "sandbox",
        },
        **{"Idempotency-Key": "ben-1"},
    )
    page = person(viewport=DESKTOP).new_page()
    page.goto(f"/r/{room}#token={token}")
    page.get_by_role("button", name="See all").or_(page.get_by_role("button", name="Your orders")).click()
    expect(page.get_by_role("dialog").get_by_text("1 × Green tea")).to_be_visible()
    page.goto(f"/orders/{order['id']}")
    expect(page.get_by_role("heading", name=f"Order {order['number']}")).to_be_visible()
    page.goto("/")
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
