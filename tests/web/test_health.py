"""Is it up, does it work, what has it done; and what it offers."""

import asyncio
from typing import Any

import pytest

from livehub.translation.locale import LOCALES
from livehub.web.health import CHECKS, METRICS, Checks
from tests.web.conftest import Site


async def test_up_and_ready(site: Site) -> None:
    client = await site.client()
    assert (await client.get("/healthz")).status == 200
    answer = await client.get("/readyz")
    assert (answer.status, await answer.json()) == (
        200,
        {"ready": True, "draining": False, "checks": {"database": "ok"}},
    )


async def test_not_ready_names_the_part_and_keeps_the_reason(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    async def broken() -> None:
        raise OSError("password=hunter2")

    async def hangs() -> None:
        await asyncio.sleep(0)
        raise TimeoutError

    checks: Checks = site.app[CHECKS]
    site.app._state[CHECKS] = {**checks, "broken": broken, "hangs": hangs}
    answer = await (await site.client()).get("/readyz")
    text = await answer.text()
    assert answer.status == 503
    assert (await answer.json())["checks"] == {"database": "ok", "broken": "failing", "hangs": "failing"}
    assert "hunter2" not in text
    assert "hunter2" in caplog.text
    assert (await (await site.client()).get("/healthz")).status == 200


async def test_metrics_count_by_route_and_never_by_what_was_typed(site: Site) -> None:
    client = await site.client()
    site.app[METRICS].gauge("livehub_answer", "For this test", lambda: 42)
    for path in ("/api/v1/rooms/room_abc", "/api/v1/rooms/room_def", "/typed-by-somebody", "/static/a/b.js"):
        await client.get(path)
    await client.request("PROPFIND", "/")
    text = await (await client.get("/metrics")).text()
    assert 'livehub_http_requests_total{method="GET",route="/api/v1/rooms/{room}",status="404"} 2.0' in text
    assert 'route="none"' in text
    assert 'method="other"' in text
    assert "livehub_answer 42.0" in text
    for typed in ("room_abc", "typed-by-somebody", "b.js", "PROPFIND"):
        assert typed not in text


async def test_config_tells_what_there_is(site: Site) -> None:
    config: dict[str, Any] = await (await (await site.client()).get("/api/v1/config")).json()
    assert [locale["tag"] for locale in config["locales"]] == list(LOCALES)
    assert {"tag": "ar", "name": "العربية", "dir": "rtl"} in config["locales"]
    sandbox = {"id": "sandbox", "title": "Sandbox", "by_hand": False, "paid_first": False, "words": {}}
    assert config["payments"] == [sandbox]
    assert config["max_message_chars"] == 500
