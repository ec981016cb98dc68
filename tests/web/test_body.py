"""Bodies of every bad kind get a problem document, and the server goes on."""

from typing import Any, get_args

import pytest

from livehub.translation.locale import LOCALES
from livehub.web.body import MAX_JSON_BYTES, LocaleTag
from tests.web.conftest import Site

API = "/api/v1"
_JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b"", _JSON, 400, "malformed_request"),
        (b"{", _JSON, 400, "malformed_request"),
        (b'{"display_name": "x"} trailing', _JSON, 400, "malformed_request"),
        (b'{"display_name": NaN}', _JSON, 400, "malformed_request"),
        (b'{"display_name": "\xff"}', _JSON, 400, "malformed_request"),
        (b'{"display_name": "\\ud800"}', _JSON, 400, "malformed_request"),
        (b'{"x": ' + b"[" * 20_000 + b"]" * 20_000 + b"}", _JSON, 400, "malformed_request"),
        (b'{"display_name": ' + b'{"a":' * 8_000 + b"1" + b"}" * 8_001, _JSON, 422, "invalid_input"),
        (b'{"display_name": "a\\u0000b"}', _JSON, 400, "malformed_request"),
        (b'{"display_name": "a\x00b"}', _JSON, 400, "malformed_request"),
        (b"[]", _JSON, 422, "invalid_input"),
        (b"null", _JSON, 422, "invalid_input"),
        (b"{}", _JSON, 422, "invalid_input"),
        (b'{"display_name": 7}', _JSON, 422, "invalid_input"),
        (b'{"display_name": "x", "locale": {"a": 1}}', _JSON, 422, "invalid_input"),
        (b"display_name=x", {"Content-Type": "application/x-www-form-urlencoded"}, 415, "unsupported_media_type"),
        (b'{"display_name": "x"}', {"Content-Type": "text/plain"}, 415, "unsupported_media_type"),
        (b'{"display_name": "x"}', {"Content-Type": "nonsense"}, 415, "unsupported_media_type"),
        (b" " * (MAX_JSON_BYTES + 1), _JSON, 413, "payload_too_large"),
        (b'{"display_name": "' + b"x" * 1_000_000 + b'"}', _JSON, 413, "payload_too_large"),
    ],
    ids=lambda value: repr(value)[:40],
)
async def test_bad_bodies(
    site: Site, problem_of: Any, body: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    client = await site.client()
    answer = await client.post(f"{API}/guests", data=body, headers=headers)
    assert (answer.status, (await problem_of(answer))["code"]) == (status, code)
    good = await client.post(f"{API}/guests", json={"display_name": "Lin"})
    assert good.status == 201


async def test_a_body_without_length_is_cut_off_at_the_limit(site: Site, problem_of: Any) -> None:
    async def endless() -> Any:
        for _ in range(160):
            yield b"x" * 65536  # 10 MiB in all

    answer = await (await site.client()).post(f"{API}/guests", data=endless(), headers=_JSON)
    assert (answer.status, (await problem_of(answer))["code"]) == (413, "payload_too_large")


async def test_a_missing_member_is_named(site: Site, problem_of: Any) -> None:
    answer = await (await site.client()).post(f"{API}/guests", json={"locale": "en"})
    problem = await problem_of(answer)
    assert problem["field"] == "display_name"
    assert "display_name" in problem["detail"]


async def test_unknown_members_are_let_be(site: Site) -> None:
    answer = await (await site.client()).post(f"{API}/guests", json={"display_name": "Lin", "newer": [1, {"a": 2}]})
    assert answer.status == 201


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", f"{API}/nowhere", 404, "not_found"),
        ("PUT", f"{API}/me", 405, "method_not_allowed"),
        ("TRACE", f"{API}/me", 405, "method_not_allowed"),
        ("GET", f"{API}/rooms/room_unknown", 404, "room_not_found"),
        ("GET", f"{API}/rooms/%2e%2e%2fetc", 404, "room_not_found"),
        ("GET", f"{API}/rooms/" + "x" * 4000, 404, "room_not_found"),
        ("GET", f"{API}/rooms/%00", 404, "not_found"),
        ("GET", f"{API}/rooms/a%0Ab", 404, "not_found"),
        ("GET", f"{API}/rooms/%ED%A0%80", 404, "room_not_found"),
        ("GET", f"{API}/rooms/%FF", 404, "room_not_found"),
        ("GET", f"{API}/rooms?after=%00", 400, "malformed_request"),
        ("GET", f"{API}/rooms/%F0%9F%92%A9", 404, "room_not_found"),
    ],
)
async def test_odd_paths_and_methods(
    site: Site, problem_of: Any, method: str, path: str, status: int, code: str
) -> None:
    answer = await (await site.client()).request(method, path)
    assert (answer.status, (await problem_of(answer))["code"]) == (status, code)
    if status == 405:
        assert "GET" in answer.headers["Allow"]


def test_bodies_accept_the_locales_there_are() -> None:
    assert set(get_args(LocaleTag)) == set(LOCALES)
