"""Signing up, in and out over HTTP; guests; API keys; what bad input gets."""

from http import HTTPStatus
from typing import Any

import pytest

from livehub.accounts.service import SESSION_TTL_S
from livehub.accounts.tokens import GUEST_TTL_S
from tests.web.conftest import PASSWORD, Site

API = "/api/v1"


async def test_sign_up_signs_in_and_me_tells_who(site: Site) -> None:
    client = await site.client()
    body = {"email": " Ana@Example.ORG ", "password": PASSWORD, "display_name": "  Ana   María ", "locale": "es"}
    answer = await client.post(f"{API}/accounts", json=body)
    assert answer.status == HTTPStatus.CREATED
    cookie = answer.cookies["livehub_session"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert not cookie["secure"]  # the public address of this site is http
    assert int(cookie["max-age"]) == SESSION_TTL_S
    me = await (await client.get(f"{API}/me")).json()
    assert me["kind"] == "account"
    assert me["display_name"] == "Ana María"
    assert me["email"] == "ana@example.org"
    assert me["locale"] == "es"
    assert me["stores"] == []
    assert me["id"].startswith("acc_")


async def test_me_lists_the_stores_of_the_account(site: Site) -> None:
    client = await site.account()
    me = await (await client.get(f"{API}/me")).json()
    site.stores["sto_1"] = (me["id"], "Pottery")
    me = await (await client.get(f"{API}/me")).json()
    assert me["stores"] == [{"id": "sto_1", "title": "Pottery", "currency": "EUR"}]


async def test_an_address_signs_up_once(site: Site, problem_of: Any) -> None:
    await site.account("Ana")
    again = {"email": "ANA@example.org", "password": PASSWORD, "display_name": "Other", "locale": "en"}
    answer = await (await site.client()).post(f"{API}/accounts", json=again)
    problem = await problem_of(answer)
    assert (answer.status, problem["code"], problem["field"]) == (409, "email_taken", "email")


@pytest.mark.parametrize(
    ("member", "value", "code"),
    [
        ("email", "nobody", "invalid_input"),
        ("email", "a b@example.org", "invalid_input"),
        ("email", "a@" + "b" * 300, "invalid_input"),
        ("email", 7, "invalid_input"),
        ("password", "short", "password_too_short"),
        ("password", "x" * 257, "invalid_input"),
        ("password", "aaaaaaaaaaaaaaa", "password_too_easy"),
        ("password", "new@example.org", "password_too_easy"),
        ("display_name", "", "invalid_input"),
        ("display_name", "   ", "invalid_input"),
        ("display_name", "x" * 41, "invalid_input"),
        ("display_name", "Ana\u202eanA", "invalid_input"),
        ("display_name", "Ana\nHost", "invalid_input"),
        ("display_name", "\u200d\u200d", "invalid_input"),
        ("locale", "xx", "invalid_input"),
        ("locale", None, "invalid_input"),
    ],
)
async def test_sign_up_names_what_is_wrong(site: Site, problem_of: Any, member: str, value: object, code: str) -> None:
    body = {"email": "new@example.org", "password": PASSWORD, "display_name": "Ana", "locale": "en", member: value}
    answer = await (await site.client()).post(f"{API}/accounts", json=body)
    problem = await problem_of(answer)
    assert answer.status == 422
    assert problem["field"] == member
    assert problem["code"] == code
    assert "livehub_session" not in answer.cookies


async def test_sign_in_and_out(site: Site) -> None:
    await site.account("Ana")
    client = await site.client()
    answer = await client.post(f"{API}/sessions", json={"email": "Ana@example.org", "password": PASSWORD})
    assert answer.status == 201
    token = answer.cookies["livehub_session"].value
    assert (await client.get(f"{API}/me")).status == 200
    assert (await client.delete(f"{API}/sessions/current")).status == 204
    assert (await client.get(f"{API}/me")).status == 401
    # The cookie is void on the server too, not just gone from the browser.
    other = await site.client()
    assert (await other.get(f"{API}/me", headers={"Cookie": f"livehub_session={token}"})).status == 401


async def test_a_wrong_password_and_an_unknown_address_look_the_same(site: Site, problem_of: Any) -> None:
    await site.account("Ana")
    client = await site.client()
    wrong = await client.post(f"{API}/sessions", json={"email": "ana@example.org", "password": "wrong horse"})
    unknown = await client.post(f"{API}/sessions", json={"email": "bob@example.org", "password": "wrong horse"})
    assert wrong.status == unknown.status == 401
    assert await problem_of(wrong) == await problem_of(unknown)
    assert (await problem_of(wrong))["code"] == "wrong_credentials"


async def test_guessing_passwords_of_one_address_is_slowed_down(site: Site, problem_of: Any) -> None:
    await site.account("Ana")
    client = await site.client()
    body = {"email": "ana@example.org", "password": "wrong horse"}
    statuses = [(await client.post(f"{API}/sessions", json=body)).status for _ in range(5)]
    assert statuses == [401] * 5
    answer = await client.post(f"{API}/sessions", json=body | {"password": PASSWORD})
    assert answer.status == 429
    assert (await problem_of(answer))["code"] == "rate_limited"
    assert int(answer.headers["Retry-After"]) > 0
    site.clock.advance(int(answer.headers["Retry-After"]))
    assert (await client.post(f"{API}/sessions", json=body | {"password": PASSWORD})).status == 201


async def test_a_session_slides_and_ends(site: Site) -> None:
    client = await site.account("Ana")
    for _ in range(3):
        site.clock.advance(SESSION_TTL_S - 60)
        assert (await client.get(f"{API}/me")).status == 200
    site.clock.advance(SESSION_TTL_S + 60)
    assert (await client.get(f"{API}/me")).status == 401


async def test_changing_name_and_locale(site: Site, problem_of: Any) -> None:
    client = await site.account("Ana")
    answer = await client.patch(f"{API}/me", json={"display_name": "Anna", "locale": "th"})
    assert answer.status == 200
    me = await (await client.get(f"{API}/me")).json()
    assert (me["display_name"], me["locale"]) == ("Anna", "th")
    bad = await client.patch(f"{API}/me", json={"display_name": "x" * 41})
    assert bad.status == 422
    assert (await problem_of(bad))["field"] == "display_name"


async def test_a_guest_has_a_token_and_a_cookie_and_can_rename(site: Site) -> None:
    client = await site.client()
    answer = await client.post(f"{API}/guests", json={"display_name": "Lin", "locale": "zh"})
    guest = await answer.json()
    assert guest["id"].startswith("gst_")
    assert answer.cookies["livehub_guest"]["httponly"]
    by_cookie = await (await client.get(f"{API}/me")).json()
    by_token = await (await (await site.client(bearer=guest["token"])).get(f"{API}/me")).json()
    assert (
        by_cookie
        == by_token
        == {"id": guest["id"], "kind": "guest", "display_name": "Lin", "locale": "zh", "stores": []}
    )
    renamed = await (await client.patch(f"{API}/me", json={"display_name": "Lin 2"})).json()
    assert (renamed["id"], renamed["display_name"]) == (guest["id"], "Lin 2")
    assert (await (await client.get(f"{API}/me")).json())["display_name"] == "Lin 2"


async def test_scripts_can_tell_that_somebody_may_be_here_and_nothing_else(site: Site) -> None:
    client = await site.client()
    guest = await client.post(f"{API}/guests", json={"display_name": "Gast", "locale": "en"})
    known = guest.cookies["livehub_known"]
    assert (known.value, known["httponly"], known["max-age"]) == ("1", "", guest.cookies["livehub_guest"]["max-age"])
    gone = await client.delete(f"{API}/sessions/current")
    assert gone.cookies["livehub_known"]["max-age"] == "0"
    alone = await (await site.client()).get(f"{API}/me", headers={"Cookie": "livehub_known=1"})
    assert alone.status == 401


async def test_an_expired_guest_token_says_so_and_an_expired_cookie_is_nobody(site: Site, problem_of: Any) -> None:
    client = await site.client()
    guest = await (await client.post(f"{API}/guests", json={"display_name": "Lin"})).json()
    site.clock.advance(GUEST_TTL_S)
    answer = await (await site.client(bearer=guest["token"])).get(f"{API}/me")
    assert (answer.status, (await problem_of(answer))["code"]) == (401, "token_expired")
    cookie = await (await site.client()).get(f"{API}/me", headers={"Cookie": f"livehub_guest={guest['token']}"})
    assert (await problem_of(cookie))["code"] == "unauthenticated"


async def test_a_session_outranks_a_guest_and_a_token_outranks_both(site: Site) -> None:
    client = await site.guest("Lin")
    body = {"email": "ana@example.org", "password": PASSWORD, "display_name": "Ana", "locale": "en"}
    await client.post(f"{API}/accounts", json=body)
    assert (await (await client.get(f"{API}/me")).json())["kind"] == "account"
    token = site.signer.guest("Tok", "en").token
    answer = await client.get(f"{API}/me", headers={"Authorization": f"Bearer {token}"})
    assert (await answer.json())["display_name"] == "Tok"


async def test_api_keys_act_for_their_account_until_revoked(site: Site, problem_of: Any) -> None:
    client = await site.account("Ana")
    made = await (await client.post(f"{API}/api-keys", json={"title": "Till"})).json()
    assert made["key"].startswith("lhk_")
    listed = await (await client.get(f"{API}/api-keys")).json()
    assert [(key["id"], key["title"]) for key in listed["items"]] == [(made["id"], "Till")]
    assert made["key"] not in str(listed)
    program = await site.client(bearer=made["key"])
    me = await (await program.get(f"{API}/me")).json()
    assert (me["kind"], me["display_name"]) == ("api_key", "Ana")
    # A key that leaked cannot make itself a successor.
    refused = await program.post(f"{API}/api-keys", json={"title": "Another"})
    assert (refused.status, (await problem_of(refused))["code"]) == (403, "session_required")
    assert (await client.delete(f"{API}/api-keys/{made['id']}")).status == 204
    assert (await program.get(f"{API}/me")).status == 401
    assert (await client.delete(f"{API}/api-keys/{made['id']}")).status == 404


async def test_somebody_elses_api_key_cannot_be_revoked(site: Site) -> None:
    ana, bob = await site.account("Ana"), await site.account("Bob")
    made = await (await ana.post(f"{API}/api-keys", json={"title": "Till"})).json()
    assert (await bob.delete(f"{API}/api-keys/{made['id']}")).status == 404
    assert (await (await site.client(bearer=made["key"])).get(f"{API}/me")).status == 200


@pytest.mark.parametrize("method_path", ["POST /rooms", "POST /api-keys", "GET /api-keys"])
async def test_guests_are_told_to_sign_in_where_an_account_is_needed(
    site: Site, problem_of: Any, method_path: str
) -> None:
    method, path = method_path.split()
    guest = await site.guest()
    answer = await guest.request(method, API + path, json={})
    assert (answer.status, (await problem_of(answer))["code"]) == (403, "account_required")
    nobody = await (await site.client()).request(method, API + path, json={})
    assert nobody.status == 401
    assert nobody.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("token", ["x", "lhk_wrong", "a.b.c", "lhk_" + "x" * 5000, "é", "eyJhbGciOiJub25lIn0.e30."])
async def test_bad_bearer_tokens_are_refused(site: Site, problem_of: Any, token: str) -> None:
    answer = await (await site.client()).get(f"{API}/me", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status, (await problem_of(answer))["code"]) == (401, "token_invalid")


async def test_a_guest_who_signs_in_takes_along_what_they_ordered(site: Site) -> None:
    await site.account("Ana")
    body = {"email": "ana@example.org", "password": PASSWORD}
    client = await site.guest("Lin")
    guest = await (await client.get(f"{API}/me")).json()
    assert (await client.post(f"{API}/sessions", json=body | {"password": "wrong password"})).status == 401
    assert site.orders.handed_over == []
    me = await (await client.post(f"{API}/sessions", json=body)).json()
    assert site.orders.handed_over == [(guest["id"], me["id"])]
    cookies = client.session.cookie_jar.filter_cookies(client.make_url("/"))
    assert "livehub_guest" not in cookies
    assert "livehub_session" in cookies
    await client.post(f"{API}/sessions", json=body)
    assert len(site.orders.handed_over) == 1, "there is no guest any more"

    newcomer = await site.guest("Bo")
    guest = await (await newcomer.get(f"{API}/me")).json()
    signed_up = await newcomer.post(f"{API}/accounts", json={**body, "email": "bo@example.org", "display_name": "Bo"})
    assert site.orders.handed_over[1:] == [(guest["id"], (await signed_up.json())["id"])]


async def test_a_guest_whose_orders_cannot_move_now_is_signed_in_and_moves_later(site: Site) -> None:
    await site.account("Ana")
    client, body = await site.guest("Lin"), {"email": "ana@example.org", "password": PASSWORD}
    site.orders.away = True
    assert (await client.post(f"{API}/sessions", json=body)).status == 201
    site.orders.away = False
    assert (await client.post(f"{API}/sessions", json=body)).status == 201
    assert len(site.orders.handed_over) == 1


async def test_a_guest_cookie_that_is_none_moves_nothing(site: Site) -> None:
    await site.account("Ana")
    client = await site.client()
    answer = await client.post(
        f"{API}/sessions",
        json={"email": "ana@example.org", "password": PASSWORD},
        headers={"Cookie": "livehub_guest=eyJhbGciOiJub25lIn0.e30."},
    )
    assert answer.status == 201
    assert site.orders.handed_over == []
