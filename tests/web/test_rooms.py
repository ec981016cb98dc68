"""Rooms over HTTP: who may do what, the path of states, lists, join tokens, bad input."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
import pytest

from livehub.accounts.permissions import Action, Role
from livehub.accounts.tokens import MAX_JOIN_TTL_S
from livehub.clock import iso
from livehub.rooms.service import CACHE_TTL_S
from livehub.web.rooms import RoomView
from tests.web.conftest import Client, Site

API = "/api/v1"
SHOW = {"kind": "show", "title": "Bowls and cups", "locale": "en"}


async def _make(client: Client, **more: Any) -> dict[str, Any]:
    answer = await client.post(f"{API}/rooms", json={**SHOW, **more})
    assert answer.status == 201, await answer.text()
    room: dict[str, Any] = await answer.json()
    assert answer.headers["Location"] == f"{API}/rooms/{room['id']}"
    return room


async def _join(host: Client, room: Mapping[str, Any], role: str, **more: Any) -> dict[str, Any]:
    body = {"identity": f"user-{role}", "display_name": role, "role": role, "locale": "en", "expires_in_s": 600}
    answer = await host.post(f"{API}/rooms/{room['id']}/tokens", json=body | more)
    assert answer.status == 201, await answer.text()
    token: dict[str, Any] = await answer.json()
    return token


async def test_a_room_is_scheduled_started_and_ended(site: Site, problem_of: Any) -> None:
    host = await site.account("Ana")
    room = await _make(host, starts_at="2026-12-01T18:00:00+08:00", description="One\r\n two ")
    assert room["state"] == "scheduled"
    assert room["visibility"] == "public"
    assert room["starts_at"] == "2026-12-01T10:00:00.000Z"
    assert room["description"] == "One\n two"
    assert room["my_role"] == "host"
    assert "room.edit" in room["can"]
    assert room["host"]["display_name"] == "Ana"
    msgspec.convert(room, RoomView, strict=True)

    live = await (await host.post(f"{API}/rooms/{room['id']}/start")).json()
    assert live["state"] == "live"
    assert live["started_at"] is not None
    again = await host.post(f"{API}/rooms/{room['id']}/start")
    assert (again.status, (await problem_of(again))["code"]) == (409, "illegal_transition")
    delete = await host.delete(f"{API}/rooms/{room['id']}")
    assert (delete.status, (await problem_of(delete))["code"]) == (409, "room_is_live")
    moved = await host.patch(f"{API}/rooms/{room['id']}", json={"starts_at": "2026-12-02T18:00:00Z"})
    assert (moved.status, (await problem_of(moved))["code"]) == (409, "room_has_started")

    ended = await (await host.post(f"{API}/rooms/{room['id']}/end")).json()
    assert ended["state"] == "ended"
    changed = await host.patch(f"{API}/rooms/{room['id']}", json={"title": "Too late"})
    assert (changed.status, (await problem_of(changed))["code"]) == (410, "room_ended")
    assert (await host.delete(f"{API}/rooms/{room['id']}")).status == 204
    gone = await host.get(f"{API}/rooms/{room['id']}")
    assert (gone.status, (await problem_of(gone))["code"]) == (404, "room_not_found")


async def test_what_is_not_patched_stays(site: Site) -> None:
    host = await site.account("Ana")
    room = await _make(host, description="Words", starts_at="2026-12-01T10:00:00Z")
    changed = await (await host.patch(f"{API}/rooms/{room['id']}", json={"title": "  New   title "})).json()
    assert changed == room | {"title": "New title"}


@pytest.mark.parametrize("kind", ["show", "expert", "class"])
async def test_kinds_have_their_own_defaults(site: Site, kind: str) -> None:
    room = await _make(await site.account("Ana"), kind=kind)
    assert room["visibility"] == ("public" if kind == "show" else "unlisted")
    assert ("offer.edit" in room["can"]) == (kind == "show")
    guest = await (await (await site.guest()).get(f"{API}/rooms/{room['id']}")).json()
    assert guest["my_role"] == (None if kind == "expert" else "viewer")


Call = Callable[[Client, str], Awaitable[Any]]
#: what is asked of a room over HTTP, and the action that the permission table wants for it
CALLS: Mapping[str, tuple[Action, int, Call]] = {
    "patch": (Action.ROOM_EDIT, 200, lambda c, r: c.patch(f"{API}/rooms/{r}", json={"title": "Other"})),
    "start": (Action.ROOM_EDIT, 200, lambda c, r: c.post(f"{API}/rooms/{r}/start")),
    "end": (Action.ROOM_EDIT, 200, lambda c, r: c.post(f"{API}/rooms/{r}/end")),
    "delete": (Action.ROOM_EDIT, 204, lambda c, r: c.delete(f"{API}/rooms/{r}")),
    "token": (
        Action.ROOM_APPOINT,
        201,
        lambda c, r: c.post(f"{API}/rooms/{r}/tokens", json={"identity": "x", "display_name": "X"}),
    ),
    "appoint": (
        Action.ROOM_APPOINT,
        204,
        lambda c, r: c.put(f"{API}/rooms/{r}/members/gst_x/role", json={"role": "speaker"}),
    ),
}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("call", CALLS)
async def test_every_call_is_for_the_roles_of_the_table(site: Site, problem_of: Any, role: Role, call: str) -> None:
    host = await site.account("Ana")
    room = await _make(host)
    caller = host if role is Role.HOST else await site.client(bearer=(await _join(host, room, role))["token"])
    seen = await (await caller.get(f"{API}/rooms/{room['id']}")).json()
    assert seen["my_role"] == role
    action, status, send = CALLS[call]
    answer = await send(caller, room["id"])
    if action in seen["can"]:
        assert role is Role.HOST
        assert answer.status == status, await answer.text()
    else:
        assert (answer.status, (await problem_of(answer))["code"]) == (403, "forbidden")


@pytest.mark.parametrize("call", CALLS)
async def test_nobody_in_particular_is_asked_to_sign_in(site: Site, problem_of: Any, call: str) -> None:
    room = await _make(await site.account("Ana"))
    answer = await CALLS[call][2](await site.client(), room["id"])
    assert (answer.status, (await problem_of(answer))["code"]) == (401, "unauthenticated")


@pytest.mark.parametrize("call", CALLS)
async def test_a_private_room_is_not_there_for_others(site: Site, problem_of: Any, call: str) -> None:
    room = await _make(await site.account("Ana"), visibility="private")
    for stranger in (await site.client(), await site.guest(), await site.account("Bob")):
        answer = await CALLS[call][2](stranger, room["id"])
        private = await problem_of(answer)
        unknown = await problem_of(await CALLS[call][2](stranger, "room_unknown"))
        assert private == unknown
        assert private["code"] == "room_not_found"


async def test_a_join_token_admits_to_one_room_with_one_role(site: Site) -> None:
    host = await site.account("Ana")
    room, other = await _make(host, visibility="private"), await _make(host, visibility="private")
    token = await _join(host, room, "moderator", identity="user@shop:7", display_name="Mo")
    me_id = (await (await host.get(f"{API}/me")).json())["id"]
    assert token["identity"] == f"mem_{me_id.removeprefix('acc_')}_user@shop:7"
    member = await site.client(bearer=token["token"])
    me = await (await member.get(f"{API}/me")).json()
    assert (me["kind"], me["id"], me["display_name"]) == ("member", token["identity"], "Mo")
    assert (await (await member.get(f"{API}/rooms/{room['id']}")).json())["my_role"] == "moderator"
    assert (await member.get(f"{API}/rooms/{other['id']}")).status == 404
    site.clock.advance(600)
    assert (await member.get(f"{API}/rooms/{room['id']}")).status == 401


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"identity": ""}, "identity"),
        ({"identity": "a b"}, "identity"),
        ({"identity": "a/b"}, "identity"),
        ({"identity": "x" * 65}, "identity"),
        ({"display_name": "\u202e"}, "display_name"),
        ({"role": "host"}, "role"),
        ({"role": "admin"}, "role"),
        ({"locale": "tlh"}, "locale"),
        ({"expires_in_s": MAX_JOIN_TTL_S + 1}, "expires_in_s"),
        ({"expires_in_s": -1}, "expires_in_s"),
        ({"expires_in_s": "1h"}, "expires_in_s"),
    ],
)
async def test_join_tokens_have_limits(site: Site, problem_of: Any, change: dict[str, Any], field: str) -> None:
    host = await site.account("Ana")
    room = await _make(host)
    body = {"identity": "x", "display_name": "X", "role": "viewer", "locale": "en"}
    answer = await host.post(f"{API}/rooms/{room['id']}/tokens", json=body | change)
    assert (answer.status, (await problem_of(answer))["field"]) == (422, field)


async def test_the_host_appoints_and_takes_back(site: Site, problem_of: Any) -> None:
    host, bob = await site.account("Ana"), await site.account("Bob")
    bob_id = (await (await bob.get(f"{API}/me")).json())["id"]
    room = await _make(host, visibility="private")
    path = f"{API}/rooms/{room['id']}"
    assert (await bob.get(path)).status == 404
    for role in ("cohost", "viewer", "speaker"):
        assert (await host.put(f"{path}/members/{bob_id}/role", json={"role": role})).status == 204
        assert (await (await bob.get(path)).json())["my_role"] == role
    mine = await (await bob.get(f"{API}/rooms?mine=1")).json()
    assert [listed["id"] for listed in mine["items"]] == [room["id"]]
    own = await host.put(f"{path}/members/{room['host']['id']}/role", json={"role": "viewer"})
    assert (own.status, (await problem_of(own))["field"]) == (422, "identity")
    odd = await host.put(f"{path}/members/a%20b/role", json={"role": "viewer"})
    assert odd.status == 422


async def test_an_appointment_outranks_the_role_in_a_token(site: Site) -> None:
    host = await site.account("Ana")
    room = await _make(host)
    token = await _join(host, room, "cohost")
    member = await site.client(bearer=token["token"])
    path = f"{API}/rooms/{room['id']}"
    await host.put(f"{path}/members/{token['identity']}/role", json={"role": "viewer"})
    assert (await (await member.get(path)).json())["my_role"] == "viewer"


async def test_lists_show_public_rooms_by_state_and_my_own(site: Site) -> None:
    host = await site.account("Ana")
    soon = await _make(host, title="Soon", starts_at="2026-12-01T10:00:00Z")
    later = await _make(host, title="Later", starts_at="2026-12-02T10:00:00Z")
    undated = await _make(host, title="Some day")
    hidden = await _make(host, title="Hidden", visibility="private")
    unlisted = await _make(host, title="Unlisted", visibility="unlisted")
    live = await _make(host, title="Live")
    site.viewers[live["id"]] = 12
    await host.post(f"{API}/rooms/{live['id']}/start")

    async def titles(client: Client, query: str) -> list[str]:
        answer = await (await client.get(f"{API}/rooms{query}")).json()
        assert answer["next"] is None
        return [room["title"] for room in answer["items"]]

    nobody = await site.client()
    assert await titles(nobody, "?state=scheduled") == [soon["title"], later["title"], undated["title"]]
    assert await titles(nobody, "?state=live") == ["Live"]
    assert await titles(nobody, "?state=ended") == []
    assert set(await titles(nobody, "")) == {"Soon", "Later", "Some day", "Live"}
    assert len(await titles(host, "?mine=1")) == 6
    assert set(await titles(host, "?mine=1&state=scheduled")) > {hidden["title"], unlisted["title"]}
    assert (await nobody.get(f"{API}/rooms?mine=1")).status == 401
    [listed] = (await (await nobody.get(f"{API}/rooms?state=live")).json())["items"]
    assert (listed["viewers"], listed["my_role"], listed["can"]) == (12, None, [])


@pytest.mark.parametrize("state", ["scheduled", "live", "ended", ""])
async def test_pages_cover_a_list_without_gap_or_repeat(site: Site, state: str) -> None:
    host = await site.account("Ana")
    made = set()
    for number in range(7):
        # Some share a moment: the cursor has to tell them apart.
        starts_at = {"starts_at": f"2026-12-0{1 + number // 3}T10:00:00Z"} if number < 6 else {}
        room = await _make(host, **starts_at)
        made.add(room["id"])
        for step in {"live": ["start"], "ended": ["start", "end"]}.get(state, []):
            await host.post(f"{API}/rooms/{room['id']}/{step}")
        site.clock.advance(number % 2)
    found: list[str] = []
    after = ""
    while True:
        page = await (await host.get(f"{API}/rooms?limit=2&state={state}&after={after}")).json()
        found += [room["id"] for room in page["items"]]
        after = page["next"]
        if after is None:
            break
        assert len(page["items"]) == 2
    assert len(found) == len(made)
    assert set(found) == made


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("?state=over", "state"),
        ("?limit=0", "limit"),
        ("?limit=x", "limit"),
        ("?limit=100000", "limit"),
        ("?limit=²", "limit"),
        ("?limit=" + "1" * 5000, "limit"),
        ("?after=!!!!", "after"),
        ("?after=" + "A" * 500, "after"),
        ("?after=LTE6eA", "after"),
    ],
)
async def test_odd_queries_are_refused(site: Site, problem_of: Any, query: str, field: str) -> None:
    answer = await (await site.client()).get(f"{API}/rooms{query}")
    assert (answer.status, (await problem_of(answer))["field"]) == (422, field)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "party"}, "kind"),
        ({"title": ""}, "title"),
        ({"title": "x" * 121}, "title"),
        ({"title": "a\u0007b"}, "title"),
        ({"title": ["x"]}, "title"),
        ({"title": None}, "title"),
        ({"locale": "en-GB"}, "locale"),
        ({"visibility": "secret"}, "visibility"),
        ({"starts_at": "tomorrow"}, "starts_at"),
        ({"starts_at": "0001-01-01T00:00:00+23:59"}, "starts_at"),
        ({"starts_at": "9999-12-31T23:59:59-23:59"}, "starts_at"),
        ({"starts_at": "2026-12-01T10:00:00"}, "starts_at"),
        ({"starts_at": 5}, "starts_at"),
        ({"description": "x" * 4001}, "description"),
        ({"store_id": "sto_of_somebody_else"}, "store_id"),
        ({"kind": "class", "store_id": "sto_mine"}, "store_id"),
    ],
)
async def test_a_room_with_wrong_members_is_refused(
    site: Site, problem_of: Any, change: dict[str, Any], field: str
) -> None:
    host = await site.account("Ana")
    me_id = (await (await host.get(f"{API}/me")).json())["id"]
    site.stores |= {"sto_mine": (me_id, "Pots"), "sto_of_somebody_else": ("acc_other", "Rugs")}
    answer = await host.post(f"{API}/rooms", json=SHOW | change)
    assert (answer.status, (await problem_of(answer))["field"]) == (422, field)
    assert (await (await host.get(f"{API}/rooms?mine=1")).json())["items"] == []


async def test_a_show_names_its_store(site: Site) -> None:
    host = await site.account("Ana")
    me_id = (await (await host.get(f"{API}/me")).json())["id"]
    site.stores["sto_mine"] = (me_id, "Pots")
    room = await _make(host, store_id="sto_mine")
    assert room["store"] == {"id": "sto_mine", "title": "Pots"}


async def test_a_new_name_of_the_host_shows_in_the_room(site: Site) -> None:
    host = await site.account("Ana")
    room = await _make(host)
    await host.patch(f"{API}/me", json={"display_name": "Anna"})
    site.clock.advance(CACHE_TTL_S)
    assert (await (await host.get(f"{API}/rooms/{room['id']}")).json())["host"]["display_name"] == "Anna"


@pytest.mark.parametrize("state", ["scheduled", ""])
async def test_what_never_started_is_not_coming_up_any_more(site: Site, state: str) -> None:
    host = await site.account("Ana")
    soon = iso(site.clock.now_ms() + 3_600_000)
    forgotten, undated = await _make(host, starts_at=soon), await _make(host)
    on_air = await _make(host, starts_at=soon)
    await host.post(f"{API}/rooms/{on_air['id']}/start")

    async def listed(query: str) -> set[str]:
        return {room["id"] for room in (await (await host.get(f"{API}/rooms?state={state}{query}")).json())["items"]}

    shown = {undated["id"], *([] if state else [on_air["id"]])}
    site.clock.advance(13 * 3600)
    assert await listed("") == shown | {forgotten["id"]}, "an hour's delay and twelve hours after are not over yet"
    site.clock.advance(1)
    assert await listed("") == shown
    assert await listed("&mine=1") == shown | {forgotten["id"]}
