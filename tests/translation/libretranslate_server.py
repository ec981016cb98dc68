"""A real HTTP server that answers as LibreTranslate's interface says, errors and slowness included."""

import asyncio
import json
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

LANGUAGES = ("ar", "id", "zh-Hans", "en", "fr", "ja", "ru", "es", "th", "tr")  # no vi


class LibreTranslateServer:
    """ "translates" by naming the target: "hola" to en is "en(hola)". The attributes say how it behaves."""

    def __init__(self) -> None:
        self.api_key = ""
        self.requests: list[dict[str, Any]] = []
        self.language_requests = 0
        #: answered instead of a translation
        self.answer: web.Response | None = None
        #: a text that makes it refuse the whole request, as a text over the character limit does
        self.refused_text: str | None = None
        #: cleared: requests wait until it is set
        self.open = asyncio.Event()
        self.open.set()
        app = web.Application()
        app.router.add_get("/languages", self._languages)
        app.router.add_post("/translate", self._translate)
        self._server = TestServer(app)

    async def start(self) -> None:
        await self._server.start_server()

    async def close(self) -> None:
        self.open.set()
        await self._server.close()

    @property
    def url(self) -> str:
        return str(self._server.make_url("")).rstrip("/")

    async def _languages(self, _: web.Request) -> web.Response:
        self.language_requests += 1
        return web.json_response([{"code": code, "name": code, "targets": list(LANGUAGES)} for code in LANGUAGES])

    async def _translate(self, request: web.Request) -> web.StreamResponse:
        body = json.loads(await request.text())
        self.requests.append(body)
        await self.open.wait()
        if self.answer is not None:
            answer, self.answer = self.answer, None
            return answer
        if self.api_key and body.get("api_key") != self.api_key:
            return web.json_response({"error": f"Invalid API key {body.get('api_key')}"}, status=403)
        for code in (body["source"], body["target"]):
            if code not in LANGUAGES:
                return web.json_response({"error": f"{code} is not supported"}, status=400)
        if self.refused_text in body["q"]:
            return web.json_response({"error": "Invalid request: request exceeds text limit"}, status=400)
        return web.json_response({"translatedText": [f"{body['target']}({text})" for text in body["q"]]})
