"""Headers for browsers, cross-site requests, client addresses, the access log."""

import base64
import hashlib
import json
import logging
import re
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from livehub.ratelimit import TokenBuckets
from livehub.web.auth import client_address
from livehub.web.security import INERT, AccessLog, page_policy
from livehub.web.throttle import PER_S, THROTTLE
from tests.web.conftest import PASSWORD, PUBLIC_URL, Site

API = "/api/v1"


def _directives(policy: str) -> dict[str, list[str]]:
    return {name: sources for name, *sources in (part.split() for part in policy.split(";"))}


async def test_pages_may_run_our_modules_and_the_import_map_alone(site: Site) -> None:
    answer = await (await site.client()).get("/")
    policy = _directives(answer.headers["Content-Security-Policy"])
    html = await answer.text()
    [import_map] = re.findall(r'<script type="importmap">(.*?)</script>', html, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(import_map.encode()).digest()).decode()
    assert policy["script-src"] == ["'self'", f"'sha256-{digest}'"]
    assert policy["default-src"] == policy["base-uri"] == ["'none'"]
    assert policy["style-src"] == policy["font-src"] == policy["form-action"] == ["'self'"]
    assert policy["connect-src"] == ["'self'", "ws://shop.example"]
    assert policy["frame-ancestors"] == ["'self'"]
    assert "'unsafe-inline'" not in answer.headers["Content-Security-Policy"]
    # Nothing in the page needs what the policy forbids.
    assert not re.search(r"<script(?![^>]*(?:src=|importmap))|\sstyle=|\son\w+=|<style", html)


@pytest.mark.parametrize("path", ["/", f"{API}/config", "/static/styles/base.css", "/healthz", "/nowhere", f"{API}/x"])
async def test_every_answer_has_the_headers(site: Site, path: str) -> None:
    headers = (await (await site.client()).get(path)).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=(self)" in headers["Permissions-Policy"]
    assert "microphone=(self)" in headers["Permissions-Policy"]
    assert "display-capture=(self)" in headers["Permissions-Policy"]
    assert (headers["Content-Security-Policy"] == INERT) == (path != "/")
    assert "Strict-Transport-Security" not in headers  # this site is http


def test_sockets_of_an_https_site_are_wss() -> None:
    policy = _directives(page_policy("https://shop.example:8443", "{}"))
    assert policy["connect-src"] == ["'self'", "wss://shop.example:8443"]


def test_pages_reach_the_servers_that_they_may_be_sent_on_to_and_no_others() -> None:
    origins = ["https://media2.example", "https://media1.example", "https://media2.example"]
    policy = _directives(page_policy("https://shop.example", "{}", origins))
    assert policy["connect-src"] == [
        "'self'", "wss://shop.example", "https://media1.example", "https://media2.example"
    ]  # fmt: skip


_SIGN_IN = {"email": "ana@example.org", "password": PASSWORD}


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": PUBLIC_URL + ".evil.example"},
        {"Origin": PUBLIC_URL, "Sec-Fetch-Site": "cross-site"},
    ],
)
async def test_cross_site_requests_change_nothing(site: Site, problem_of: Any, headers: dict[str, str]) -> None:
    client = await site.account("Ana")
    attempts = [
        await client.post(f"{API}/rooms", json={"kind": "show", "title": "T", "locale": "en"}, headers=headers),
        await client.delete(f"{API}/sessions/current", headers=headers),
        await (await site.client()).post(f"{API}/sessions", json=_SIGN_IN, headers=headers),
    ]
    for answer in attempts:
        assert (answer.status, (await problem_of(answer))["code"]) == (403, "cross_site_request")
    assert (await client.get(f"{API}/me", headers=headers)).status == 200
    assert (await (await client.get(f"{API}/rooms?mine=1")).json())["items"] == []


@pytest.mark.parametrize(
    "headers",
    [{}, {"Origin": PUBLIC_URL}, {"Sec-Fetch-Site": "same-origin", "Origin": PUBLIC_URL}, {"Sec-Fetch-Site": "none"}],
)
async def test_our_own_pages_and_programs_may(site: Site, headers: dict[str, str]) -> None:
    client = await site.account("Ana")
    body = {"kind": "show", "title": "T", "locale": "en"}
    assert (await client.post(f"{API}/rooms", json=body, headers=headers)).status == 201


async def test_a_token_needs_no_origin_because_no_browser_adds_one_by_itself(site: Site) -> None:
    client = await site.account("Ana")
    key = (await (await client.post(f"{API}/api-keys", json={"title": "Site"})).json())["key"]
    program = await site.client(bearer=key)
    body = {"kind": "show", "title": "T", "locale": "en"}
    assert (await program.post(f"{API}/rooms", json=body, headers={"Origin": "https://own.example"})).status == 201


def test_a_proxys_own_line_counts_whatever_the_client_wrote_in_front() -> None:
    lines = CIMultiDict([("X-Forwarded-For", "203.0.113.66"), ("X-Forwarded-For", "198.51.100.1")])
    request = make_mocked_request("POST", "/", headers=lines).clone(remote="127.0.0.1")
    assert client_address(request) == "198.51.100.1"


async def test_one_address_cannot_change_more_than_so_much(site: Site, problem_of: Any) -> None:
    client = await site.client()
    site.app[THROTTLE]._changes = TokenBuckets(site.clock, PER_S, 3)
    crowd, other = {"X-Forwarded-For": "203.0.113.7"}, {"X-Forwarded-For": "203.0.113.8"}
    body = {"display_name": "Lin"}
    for _ in range(3):
        assert (await client.post(f"{API}/guests", json=body, headers=crowd)).status == 201
    refused = await client.post(f"{API}/guests", json=body, headers=crowd)
    assert (refused.status, (await problem_of(refused))["code"]) == (429, "rate_limited")
    assert int(refused.headers["Retry-After"]) >= 1
    assert (await client.get(f"{API}/rooms", headers=crowd)).status == 200
    assert (await client.post(f"{API}/guests", json=body, headers=other)).status == 201
    assert all([(await client.post(f"{API}/guests", json=body)).status == 201 for _ in range(5)])
    site.clock.advance(1 / PER_S)
    assert (await client.post(f"{API}/guests", json=body, headers=crowd)).status == 201


def test_the_access_log_has_no_secrets(caplog: pytest.LogCaptureFixture) -> None:
    headers = {"Authorization": "Bearer lhk_secret", "Cookie": "livehub_session=secret"}
    request = make_mocked_request("GET", "/api/v1/rooms?token=secret&x=1", headers=headers)
    logger = AccessLog(logging.getLogger("test.access"), "")
    with caplog.at_level(logging.INFO, "test.access"):
        assert logger.enabled
        logger.log(request, web.Response(status=204), 0.0123)
    entry = json.loads(caplog.messages[0])
    assert (entry["path"], entry["status"], entry["ms"]) == ("/api/v1/rooms", 204, 12.3)
    assert "secret" not in caplog.text
