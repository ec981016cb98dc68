"""The selling server instead of the plain one, and a server of pictures."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.commerce.conftest import show, site, working_site
from tests.web.commerce.test_products import image

__all__ = ["gallery", "show", "site", "working_site"]


@pytest.fixture
async def gallery() -> AsyncIterator[tuple[str, list[str]]]:
    """A server of pictures: its address, and what it was asked for."""
    asked: list[str] = []

    async def serve(request: web.Request) -> web.Response:
        asked.append(request.path)
        match request.match_info["name"]:
            case "there":
                raise web.HTTPFound("/picture")
            case "loop":
                raise web.HTTPFound("/loop")
            case "large":
                return web.Response(body=b"x" * (8 * 1024 * 1024 + 1))
            case "text":
                return web.Response(text="hello")
            case "picture":
                return web.Response(body=image("PNG", (40, 30)))
            case width if width.isdigit():
                return web.Response(body=image("PNG", (int(width), 30)))
        raise web.HTTPNotFound

    app = web.Application()
    app.router.add_get("/{name}", serve)
    server = TestServer(app)
    await server.start_server()
    yield f"http://127.0.0.1:{server.port}", asked
    await server.close()
