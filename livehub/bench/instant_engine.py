"""A translation engine that answers at once, on a server that speaks LibreTranslate's interface (see its ``/docs``)."""

from typing import Self

import msgspec
from aiohttp import web

from livehub.translation.locale import LOCALES


class InstantEngine:
    """Use as an asynchronous context; :attr:`setting` is what LIVEHUB_TRANSLATOR then says."""

    def __init__(self) -> None:
        app = web.Application()
        app.add_routes([web.get("/languages", self._languages), web.post("/translate", self._translate)])
        self._runner = web.AppRunner(app, access_log=None)
        self.lines = 0

    @property
    def setting(self) -> str:
        return f"libretranslate:http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _languages(self, _: web.Request) -> web.Response:
        return web.json_response([{"code": tag, "name": tag, "targets": list(LOCALES)} for tag in LOCALES])

    async def _translate(self, request: web.Request) -> web.Response:
        asked = msgspec.json.decode(await request.read())
        self.lines += len(asked["q"])
        return web.json_response({"translatedText": [f"{asked['target']}: {line}" for line in asked["q"]]})
