"""A real HTTP server that answers as LibreTranslate's interface says, errors and slowness included."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from livehub.testing.troubled_server import Trouble
from tests.translation.vendors.vendor import KEY, Vendor

LANGUAGES = ("ar", "id", "zh-Hans", "en", "fr", "ja", "ru", "es", "th", "tr")  # no vi


class LibreTranslateServer(Vendor):
    """ "translates" by naming the target: "hola" to en is "en(hola)". The attributes say how it behaves."""

    def __init__(self, said: Mapping[str, Mapping[str, str]] | None = None) -> None:
        super().__init__([web.get("/languages", self._languages), web.post("/translate", self._translate)])
        #: target → text → what it is in it
        self.said: Mapping[str, Mapping[str, str]] = said or {}
        self.api_key = ""
        #: bodies of ``/translate``
        self.requests: list[dict[str, Any]] = []
        self.language_requests = 0
        #: answered instead of a translation
        self.answer: web.Response | None = None
        #: a text that makes it refuse the whole request, as a text over the character limit does
        self.refused_text: str | None = None
        #: cleared: requests wait until it is set
        self.open = asyncio.Event()
        self.open.set()

    async def close(self) -> None:
        self.open.set()
        await super().close()

    async def own(self, trouble: Trouble, request: web.Request) -> web.StreamResponse | None:
        if request.path == "/languages" and trouble is not Trouble.HANGS:
            return await self._languages(request)
        match trouble:
            case Trouble.DENIES:
                return web.json_response({"error": f"Invalid API key {KEY}"}, status=403)
            case Trouble.WRONG_COUNT:
                return web.json_response({"translatedText": ["x", "y"]})
            case Trouble.WRONG_TYPE:
                return web.json_response({"translatedText": [1, 2, 3]})
        return None

    async def _languages(self, _: web.Request) -> web.Response:
        self.language_requests += 1
        return web.json_response([{"code": code, "name": code, "targets": list(LANGUAGES)} for code in LANGUAGES])

    def _say(self, text: str, target: str) -> str:
        return self.said.get(target, {}).get(text, f"{target}({text})")

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
        target = body["target"]
        return web.json_response({"translatedText": [self._say(t, target) if t.strip() else t for t in body["q"]]})
