"""An HTTP server of one's own that behaves as it should, or badly in the ways that servers do.

For tests of engines that are reached by HTTP: give it the routes that the vendor's documentation describes, and say by
:attr:`TroubledServer.trouble` how it is to behave from now on.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Final

from aiohttp import web

from livehub.testing.ports import listen_anywhere

#: what a flood ends at when nobody stops reading
MAX_FLOOD_BYTES: Final = 64 << 20

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Trouble(Enum):
    """What the other side does instead of its work."""

    HANGS = "takes the request and never answers"
    DENIES = "does not accept the key"
    QUOTA = "has had enough requests, or the account's characters are used up"
    FAILS = "answers 500"
    HTML = "answers 200 with a page"
    NOT_JSON = "answers 200 with the beginning of some JSON"
    NESTED = "answers 200 with JSON so deep that a parser gives up"
    WRONG_COUNT = "answers with fewer texts than it got"
    WRONG_TYPE = "answers with numbers in place of texts"
    FLOODS = "answers without an end"
    CLOSES = "closes the connection within the answer"
    ELSEWHERE = "sends the client to another address"


class TroubledServer:
    """Owns a listening socket between :meth:`start` and :meth:`close`.

    ``own`` answers the troubles that are the vendor's own (its statuses, its form of an answer); the others, and those
    it gives None for, are done here.
    """

    def __init__(
        self,
        routes: Iterable[web.RouteDef],
        own: Callable[[Trouble, web.Request], Awaitable[web.StreamResponse | None]] | None = None,
    ) -> None:
        self.trouble: Trouble | None = None
        #: requests that came, and those that were sent elsewhere and followed
        self.arrivals = 0
        self.followed = 0
        self.flooded_bytes = 0
        #: set while a request hangs
        self.hanging = asyncio.Event()
        self._own: Final = own
        self._open: Final = asyncio.Event()
        app = web.Application(middlewares=[self._between], client_max_size=8 << 20)
        app.add_routes([*routes, web.route("*", "/elsewhere", self._elsewhere)])
        self._runner: Final = web.AppRunner(app, handle_signals=False, shutdown_timeout=1.0)
        self.url = ""

    async def start(self) -> None:
        await self._runner.setup()
        listening = listen_anywhere()
        await web.SockSite(self._runner, listening).start()
        self.url = f"http://127.0.0.1:{listening.getsockname()[1]}"

    async def close(self) -> None:
        self._open.set()
        await self._runner.cleanup()

    @web.middleware
    async def _between(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self.arrivals += 1
        if self.trouble is None or request.path == "/elsewhere":
            return await handler(request)
        if self._own is not None:
            answer = await self._own(self.trouble, request)
            if answer is not None:
                return answer
        return await self._misbehave(self.trouble, request)

    async def _misbehave(self, trouble: Trouble, request: web.Request) -> web.StreamResponse:
        match trouble:
            case Trouble.HANGS:
                self.hanging.set()
                await self._open.wait()
                return web.Response(status=503)
            case Trouble.DENIES:
                return web.json_response({"error": "no"}, status=401)
            case Trouble.QUOTA:
                return web.json_response({"error": "slow down"}, status=429, headers={"Retry-After": "7"})
            case Trouble.FAILS:
                return web.json_response({"error": "internal"}, status=500)
            case Trouble.HTML:
                return web.Response(text="<!doctype html><title>Maintenance</title>", content_type="text/html")
            case Trouble.NOT_JSON:
                return web.Response(text='{"translations": [{"te', content_type="application/json")
            case Trouble.NESTED:
                return web.Response(text="[" * 200_000, content_type="application/json")
            case Trouble.WRONG_COUNT | Trouble.WRONG_TYPE:
                return web.json_response({"translations": [1]})
            case Trouble.FLOODS:
                return await self._flood(request)
            case Trouble.CLOSES:
                return await self._close(request)
            case Trouble.ELSEWHERE:
                return web.Response(status=307, headers={"Location": f"{self.url}/elsewhere"})

    async def _flood(self, request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "application/json"})
        await answer.prepare(request)
        while self.flooded_bytes < MAX_FLOOD_BYTES:
            await answer.write(b"[" * (1 << 16))
            self.flooded_bytes += 1 << 16
        return answer

    async def _close(self, request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": "1000"})
        await answer.prepare(request)
        await answer.write(b'{"tra')
        if request.transport is not None:
            request.transport.close()
        return answer

    async def _elsewhere(self, _: web.Request) -> web.Response:
        self.followed += 1
        return web.json_response({})


@contextmanager
def in_a_thread(server: TroubledServer) -> Iterator[TroubledServer]:
    """``server`` answering on a loop of its own, for clients that block. Its ``trouble`` may be set from outside."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="troubled server")
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(server.start(), loop).result()
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(server.close(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
