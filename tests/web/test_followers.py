"""Following, being told and stopping it over HTTP."""

from typing import Any

import pytest
from sqlalchemy import select

from livehub.accounts.permissions import Role
from livehub.followers import webpush
from livehub.followers.letters import Letters, Purpose
from livehub.storage.commerce import outbox
from livehub.storage.database import Database
from tests.followers.browser import Browser
from tests.web.conftest import SECRET, Client, Site


async def room_of(host: Client, **more: Any) -> str:
    body = {"kind": "show", "title": "Pots", "locale": "en", "visibility": "public", **more}
    return str((await (await host.post("/api/v1/rooms", json=body)).json())["id"])


def subscription(endpoint: str = "https://push.example/1") -> dict[str, Any]:
    browser = Browser()
    keys = {"p256dh": webpush.encode_key(browser.point), "auth": webpush.encode_key(browser.auth)}
    return {"endpoint": endpoint, "keys": keys, "locale": "th"}


async def code(answer: Any) -> tuple[int, str]:
    return answer.status, (await answer.json(content_type=None))["code"]


async def test_following_the_one_behind_the_room(site: Site) -> None:
    host = await site.account("Host")
    site.stores["str_1"] = ((await (await host.get("/api/v1/me")).json())["id"], "Pottery")
    first, second = await room_of(host), await room_of(host, store_id="str_1")
    guest, nobody = await site.guest("Ann"), await site.client()
    assert await code(await nobody.put(f"/api/v1/rooms/{first}/follow")) == (401, "unauthenticated")
    standing = await (await guest.get(f"/api/v1/rooms/{first}/follow")).json()
    assert (standing["title"], standing["following"], standing["followers"]) == ("Host", False, 0)
    assert standing["subject"].startswith("host:acc_")
    for _ in range(2):
        standing = await (await guest.put(f"/api/v1/rooms/{first}/follow")).json()
    assert (standing["following"], standing["followers"]) == (True, 1)
    shop = await (await guest.put(f"/api/v1/rooms/{second}/follow")).json()
    assert (shop["subject"], shop["title"]) == ("store:str_1", "Pottery")
    follows = (await (await guest.get("/api/v1/follows")).json())["items"]
    assert [follow["title"] for follow in follows] == ["Host", "Pottery"]
    assert (await guest.delete("/api/v1/follows/store:str_1")).status == 204
    assert await code(await guest.delete("/api/v1/follows/what")) == (422, "invalid_input")
    gone = await (await guest.delete(f"/api/v1/rooms/{first}/follow")).json()
    assert (gone["following"], gone["followers"]) == (False, 0)
    assert (await (await guest.get("/api/v1/follows")).json())["items"] == []


async def test_a_reminder_is_of_one_planned_room(site: Site) -> None:
    host, guest = await site.account("Host"), await site.guest("Ann")
    room = await room_of(host, starts_at="2026-06-01T18:00:00Z")
    standing = await (await guest.put(f"/api/v1/rooms/{room}/reminder")).json()
    assert (standing["reminded"], standing["following"]) == (True, False)
    assert not (await (await guest.delete(f"/api/v1/rooms/{room}/reminder")).json())["reminded"]
    await host.post(f"/api/v1/rooms/{room}/start")
    assert await code(await guest.put(f"/api/v1/rooms/{room}/reminder")) == (409, "nothing_to_remind")


async def test_who_comes_with_a_join_token_is_told_by_their_own_site(site: Site) -> None:
    host = await site.account("Host")
    room = await room_of(host)
    body = {"identity": "user-1", "display_name": "Ann", "role": Role.VIEWER, "locale": "en", "expires_in_s": 600}
    token = (await (await host.post(f"/api/v1/rooms/{room}/tokens", json=body)).json())["token"]
    member = await site.client(bearer=token)
    for answer in (
        await member.put(f"/api/v1/rooms/{room}/follow"),
        await member.put("/api/v1/notifications/email", json={"email": "a@example.org"}),
        await member.put("/api/v1/notifications/push", json=subscription()),
    ):
        assert await code(answer) == (403, "account_or_guest_required")


async def letters_to(database: Database) -> list[str]:
    rows = await database.read(lambda connection: connection.execute(select(outbox.c.target)).all())
    return [row.target.removeprefix("mail:") for row in rows if row.target.startswith("mail:")]


async def test_an_address_is_asked_confirmed_and_stopped(site: Site, database: Database) -> None:
    ann = await site.account("Ann")
    asked = await (await ann.put("/api/v1/notifications/email", json={})).json()
    assert asked == {"address": "ann@example.org", "state": "pending"}
    (address,) = await letters_to(database)
    letters, stranger = Letters(SECRET), await site.client()
    for token in ("nonsense", letters.link(Purpose.STOP, address), letters.link(Purpose.CONFIRM, "adr_other")):
        answer = await stranger.post("/api/v1/letters/confirm", json={"token": token})
        assert await code(answer) == (404, "letter_invalid")
    confirm = letters.link(Purpose.CONFIRM, address)
    assert (await stranger.post("/api/v1/letters/confirm", json={"token": confirm})).status == 204
    shown = await (await ann.get("/api/v1/notifications")).json()
    assert shown["email"] == {"address": "ann@example.org", "state": "confirmed"}
    assert (shown["push_key"], shown["mail"]) == ("vapid", True)
    again = await (await ann.put("/api/v1/notifications/email", json={"email": " ANN@example.org "})).json()
    assert again["state"] == "confirmed"
    # A mail program's own button: a form, from nowhere, with the key in the address (RFC 8058).
    stop = letters.link(Purpose.STOP, address)
    form = {"List-Unsubscribe": "One-Click"}
    for _ in range(2):
        assert (await stranger.post(f"/api/v1/letters/stop?token={stop}", data=form)).status == 204
    assert (await (await ann.get("/api/v1/notifications")).json())["email"] is None
    assert await code(await stranger.post("/api/v1/letters/confirm", json={"token": confirm})) == (
        404,
        "letter_invalid",
    )


async def test_nobody_fills_another_ones_mailbox(site: Site, database: Database) -> None:
    for n in range(3):
        guest = await site.guest(f"Guest {n}")
        answer = await guest.put("/api/v1/notifications/email", json={"email": "victim@example.org"})
        assert answer.status == 200
    fourth = await site.guest("Another")
    answer = await fourth.put("/api/v1/notifications/email", json={"email": "Victim@example.org"})
    assert await code(answer) == (429, "rate_limited")
    assert len(await letters_to(database)) == 3
    assert await code(await fourth.put("/api/v1/notifications/email", json={})) == (422, "email_missing")
    for bad in ("nobody", "a@b, c@d", "a@b\nBcc: c@d", "<a@b>"):
        assert (await fourth.put("/api/v1/notifications/email", json={"email": bad})).status == 422


async def test_a_browser_is_told_until_it_is_not(site: Site) -> None:
    ann, ben = await site.guest("Ann"), await site.guest("Ben")
    made = await (await ann.put("/api/v1/notifications/push", json=subscription())).json()
    again = await (await ann.put("/api/v1/notifications/push", json=subscription())).json()
    assert made["id"] == again["id"]
    assert len((await (await ann.get("/api/v1/notifications")).json())["browsers"]) == 1
    assert (await ben.delete(f"/api/v1/notifications/push/{made['id']}")).status == 204
    assert len((await (await ann.get("/api/v1/notifications")).json())["browsers"]) == 1
    # The browser is another's now: its former owner's notices do not come to them.
    await ben.put("/api/v1/notifications/push", json=subscription())
    assert (await (await ann.get("/api/v1/notifications")).json())["browsers"] == []
    assert (await ben.delete(f"/api/v1/notifications/push/{made['id']}")).status == 204
    assert (await (await ben.get("/api/v1/notifications")).json())["browsers"] == []


@pytest.mark.parametrize(
    "endpoint", ["http://push.example/1", "https://u:p@push.example/1", "javascript:alert(1)", "x"]
)
async def test_what_is_no_push_service_is_refused(site: Site, endpoint: str) -> None:
    ann = await site.guest("Ann")
    answer = await ann.put("/api/v1/notifications/push", json=subscription(endpoint))
    assert await code(answer) == (422, "push_refused")


async def test_of_many_browsers_the_oldest_are_forgotten(site: Site) -> None:
    ann = await site.guest("Ann")
    for n in range(12):
        site.clock.advance(2)
        answer = await ann.put("/api/v1/notifications/push", json=subscription(f"https://push.example/{n}"))
        assert answer.status == 200
    assert len((await (await ann.get("/api/v1/notifications")).json())["browsers"]) == 10


async def test_the_service_worker_is_at_the_root_and_asked_for_anew(site: Site) -> None:
    answer = await (await site.client()).get("/sw.js")
    assert (answer.status, answer.content_type) == (200, "text/javascript")
    assert "no-cache" in answer.headers["Cache-Control"]
    assert "showNotification" in await answer.text()
    # It tells this server of a new address at its push service, and may do nothing else.
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; connect-src 'self'; frame-ancestors 'none'"
