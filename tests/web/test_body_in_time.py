"""Bodies over a real socket that come slowly, or not at all: who dawdles is told so, who is slow and honest is not."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from livehub.commerce.catalog.file import CatalogFile
from livehub.web.body import BODY_PACE, BodyPace, read_bytes, read_json
from livehub.web.commerce_imports import _receive
from livehub.web.media_body import SDP_TYPE, read_description
from livehub.web.problem import problem_middleware

PACE: Final = BodyPace(grace_s=0.5, least_bytes_per_s=1000)
SIZE: Final = 6000


async def whole(request: web.Request) -> web.Response:
    return web.json_response({"size": len(await read_bytes(request, 10_000))})


async def document(request: web.Request) -> web.Response:
    return web.json_response({"size": len(await read_json(request, dict))})


async def description(request: web.Request) -> web.Response:
    return web.json_response({"size": len(await read_description(request, SDP_TYPE, 10_000))})


async def catalogue(request: web.Request) -> web.Response:
    file = CatalogFile()
    try:
        await _receive(request, file)
        return web.json_response({"size": file.size})
    finally:
        file.close()


@pytest.fixture
async def port() -> AsyncIterator[int]:
    app = web.Application(middlewares=[problem_middleware])
    app[BODY_PACE] = PACE
    for handler in (whole, document, description, catalogue):
        app.router.add_post(f"/{handler.__name__}", handler)
    async with TestServer(app) as server:
        assert server.port is not None
        yield server.port


@asynccontextmanager
async def sending(
    port: int, path: str, content_type: str = "application/json"
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """The head of a request is out, its body is not."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {content_type}\r\nContent-Length: {SIZE}\r\n\r\n"
        writer.write(head.encode())
        yield reader, writer
    finally:
        writer.close()


async def answer_of(reader: asyncio.StreamReader) -> tuple[int, str, Any]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    length = next(line for line in head.lower().split("\r\n") if line.startswith("content-length:")).split()[1]
    return int(head.split()[1]), head, json.loads(await reader.readexactly(int(length)))


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/whole", "image/png"),
        ("/document", "application/json"),
        ("/description", SDP_TYPE),
        ("/catalogue", "text/csv"),
    ],
)
async def test_a_body_that_does_not_come_is_408_and_ends_the_connection(
    port: int, path: str, content_type: str
) -> None:
    async with asyncio.timeout(10), sending(port, path, content_type) as (reader, writer):
        writer.write(b"{")
        status, head, problem = await answer_of(reader)
        assert (status, problem["code"]) == (408, "request_timeout")
        assert "connection: close" in head.lower()


async def test_a_byte_now_and_then_holds_nothing(port: int) -> None:
    async with asyncio.timeout(10), sending(port, "/whole") as (reader, writer):
        answering, sent = asyncio.ensure_future(answer_of(reader)), 0
        while not answering.done() and sent < SIZE:
            writer.write(b"x")
            sent += 1
            await asyncio.wait([answering], timeout=0.02)
        assert (await answering)[0] == 408
        assert sent < SIZE


@pytest.mark.parametrize("path", ["/whole", "/catalogue"])
async def test_who_is_slow_and_honest_may_take_longer_than_the_grace(port: int, path: str) -> None:
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(20), sending(port, path) as (reader, writer):
        answering, began = asyncio.ensure_future(answer_of(reader)), loop.time()
        for _ in range(10):
            assert not answering.done()
            writer.write(b"x" * (SIZE // 10))
            await asyncio.wait([answering], timeout=0.1)
        assert loop.time() - began > PACE.grace_s
        assert (await answering)[::2] == (200, {"size": SIZE})
