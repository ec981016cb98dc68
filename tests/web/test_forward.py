"""Requests that another process answers, while there is none."""

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer, unused_port

from livehub.web.forward import Forwarder
from livehub.web.problem import problem_middleware


async def test_the_key_of_a_private_room_is_in_no_log_when_its_process_is_away(
    caplog: pytest.LogCaptureFixture,
) -> None:
    port = unused_port()
    forwarder = Forwarder(lambda: f"http://127.0.0.1:{port}")
    app = web.Application(middlewares=[problem_middleware])
    app.router.add_get("/hls/{path:.+}", forwarder.handle)
    forwarder.start()
    async with TestClient(TestServer(app)) as client:
        answer = await client.get("/hls/room_a/key/let-me-in/index.m3u8")
        assert (answer.status, (await answer.json(content_type=None))["code"]) == (503, "media_unavailable")
    await forwarder.close()
    (said,) = [record.getMessage() for record in caplog.records if "is not reached" in record.getMessage()]
    assert "/hls/room_a/key/-/index.m3u8" in said
    assert "let-me-in" not in caplog.text
