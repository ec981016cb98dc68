"""Which STUN and TURN servers a client is told, and with what credentials."""

import base64
import hashlib
import hmac
from typing import Any

import pytest

from livehub.clock import ManualClock
from livehub.web.ice_servers import IceServers, ice_server_links, parse_ice_servers
from tests.web.conftest import Site

STUN = {"urls": "stun:s.example"}
SHARED = {"urls": ["turn:t.example:3478?transport=udp", "turn:t.example:3478?transport=tcp"]}
FIXED = {"urls": "turn:old.example", "username": "u", "credential": "c"}


def test_ice_servers_are_read_as_browsers_take_them() -> None:
    servers = parse_ice_servers('[{"urls": ["turn:t.example:3478"], "username": "u", "credential": "c"}]')
    assert servers == [{"urls": ["turn:t.example:3478"], "username": "u", "credential": "c"}]
    assert parse_ice_servers("[]") == []


@pytest.mark.parametrize("text", ["", "{}", "[1]", "[{}]", '[{"urls": []}]', '[{"urls": "http://x"}]', '[{"urls": 5}]'])
def test_ice_servers_that_no_browser_would_take_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="LIVEHUB_ICE_SERVERS"):
        parse_ice_servers(text)


def test_credentials_say_until_when_and_for_whom_and_are_signed(clock: ManualClock) -> None:
    servers = IceServers([STUN, SHARED, FIXED], turn_secret="shared", turn_ttl_s=600, clock=clock)
    stun, turn, fixed = servers.for_identity("guest_1")
    assert (stun, fixed) == (STUN, FIXED)
    assert turn["urls"] == SHARED["urls"]
    assert turn["username"] == f"{clock.now_ms() // 1000 + 600}:guest_1"
    mac = hmac.digest(b"shared", turn["username"].encode(), hashlib.sha1)
    assert base64.b64decode(turn["credential"]) == mac
    clock.advance(60)
    assert servers.for_identity("guest_1")[1]["username"] != turn["username"]
    assert servers.for_identity("guest_2")[1]["credential"] != servers.for_identity("guest_1")[1]["credential"]


def test_everybody_is_told_what_needs_no_credentials_of_their_own(clock: ManualClock) -> None:
    servers = IceServers([STUN, SHARED, FIXED], turn_secret="shared", turn_ttl_s=600, clock=clock)
    assert servers.is_personal
    assert servers.for_everybody() == [STUN, FIXED]
    plain = IceServers([STUN, FIXED], turn_secret="", turn_ttl_s=600, clock=clock)
    assert not plain.is_personal
    assert plain.for_identity("x") == [STUN, FIXED]


def test_a_turn_server_that_no_browser_could_use_is_refused_at_start(clock: ManualClock) -> None:
    with pytest.raises(ValueError, match="LIVEHUB_TURN_SECRET"):
        IceServers([SHARED], turn_secret="", turn_ttl_s=600, clock=clock)


def test_links_carry_the_credentials() -> None:
    servers = [{"urls": ["turn:t.example?transport=udp"], "username": "u", "credential": 'p"w'}]
    assert ice_server_links(servers) == [
        '<turn:t.example?transport=udp>; rel="ice-server"; username="u"; credential="p\\"w"; credential-type="password"'
    ]


async def test_who_is_known_may_ask_for_credentials(site: Site) -> None:
    client = await site.client()
    assert (await client.get("/api/v1/ice-servers")).status == 401
    guest: dict[str, Any] = await (
        await client.post("/api/v1/guests", json={"display_name": "G", "locale": "en"})
    ).json()
    response = await client.get("/api/v1/ice-servers", headers={"Authorization": f"Bearer {guest['token']}"})
    assert response.headers["Cache-Control"] == "no-store"
    listed = await response.json()
    assert listed["ttl_s"] == 600
    assert listed["ice_servers"][0]["username"].endswith(f":{guest['id']}")
