"""The server's side of the stage benchmark: livehub's plane behind two HTTP routes, one room for all."""

import resource
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import uvloop
from aiohttp import web

from livehub.bench.worker import pin, serve
from livehub.clock import SystemClock
from livehub.events import EventBus, SpeakersChanged
from livehub.media.limits import MediaLimits
from livehub.media.plane import MediaPlane
from livehub.serving import tune_garbage_collector

ROOM = "stage"


class Server:
    def __init__(self) -> None:
        self._bus = EventBus()
        # On a machine that does not keep up the figures shall say so, and nobody drop out of them.
        limits = MediaLimits(consent_timeout_s=300.0)
        self._plane = MediaPlane(0, ("127.0.0.1",), bus=self._bus, clock=SystemClock(), limits=limits)
        self._runner: web.AppRunner | None = None
        self._speakers_changed = 0
        self._bus.subscribe(SpeakersChanged, self._count)

    def _count(self, _event: SpeakersChanged) -> None:
        self._speakers_changed += 1

    async def start(self) -> dict[str, Any]:
        await self._plane.start()
        app = web.Application()
        app.add_routes([web.post("/whip/{who}", self._whip), web.post("/whep/{who}/{video}", self._whep)])
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        tune_garbage_collector()
        return {"http": self._runner.addresses[0][1]}

    async def _whip(self, request: web.Request) -> web.Response:
        who = request.match_info["who"]
        most = self._plane.limits.max_publishers_large_room
        session = await self._plane.publish(ROOM, who, who, await request.text(), is_host=who == "p0", most=most)
        return web.Response(status=201, text=session.answer_sdp)

    async def _whep(self, request: web.Request) -> web.Response:
        who, video = request.match_info["who"], int(request.match_info["video"])
        session = await self._plane.play(ROOM, who, await request.text(), video)
        return web.Response(status=201, text=session.answer_sdp)

    async def usage(self) -> dict[str, Any]:
        """CPU seconds of this process so far."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        return {
            "cpu_s": used.ru_utime + used.ru_stime,
            "speakers_changed": self._speakers_changed,
            **self._plane.stats(),
        }


async def main() -> None:
    server = Server()
    handlers: dict[str, Callable[..., Awaitable[dict[str, Any]]]] = {"start": server.start, "usage": server.usage}
    await serve(handlers)


if __name__ == "__main__":
    pin(int(sys.argv[1]))
    uvloop.run(main())
