"""``/v1/chat/completions`` as OpenAI's reference has it, with a "model" that can be talked into things."""

import json
from collections.abc import Callable
from typing import Any

from aiohttp import web

from livehub.testing.troubled_server import Trouble
from tests.translation.vendors.vendor import KEY, Vendor


class OpenAI(Vendor):
    def __init__(self) -> None:
        super().__init__([web.post("/v1/chat/completions", self._complete)])
        #: forms of an answer that this server knows; others are a 400
        self.forms = {"json_schema", "json_object", "text"}
        #: what the model says to lines, in place of a translation
        self.says: Callable[[list[str]], str] | None = None
        #: members of a request that this server refuses, and what it says then
        self.unknown: dict[str, str] = {}
        self.finish_reason = "stop"
        self.message: dict[str, Any] = {}

    async def own(self, trouble: Trouble, request: web.Request) -> web.StreamResponse | None:
        match trouble:
            case Trouble.DENIES:
                said = f"Incorrect API key provided: {KEY}."
                return web.json_response({"error": {"message": said, "code": "invalid_api_key"}}, status=401)
            case Trouble.QUOTA:
                said = "You exceeded your current quota, please check your plan and billing details."
                return web.json_response({"error": {"message": said, "code": "insufficient_quota"}}, status=429)
            case Trouble.WRONG_COUNT | Trouble.WRONG_TYPE:
                lines = json.loads((await self.body(request))["messages"][1]["content"])["lines"]
                told: list[object] = [1] * len(lines) if trouble is Trouble.WRONG_TYPE else ["x"] * (len(lines) + 1)
                return self._answer(json.dumps({"translations": told}))
        return None

    async def _complete(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return web.json_response({"error": {"message": "You didn't provide an API key."}}, status=401)
        body = await self.body(request)
        form = body.get("response_format", {"type": "text"})["type"]
        if form not in self.forms:
            said = f"'response_format' of type '{form}' is not supported with this model."
            return web.json_response({"error": {"message": said, "type": "invalid_request_error"}}, status=400)
        for said in (said for member, said in self.unknown.items() if member in body):
            return web.json_response({"error": {"message": said, "type": "invalid_request_error"}}, status=400)
        lines = json.loads(body["messages"][1]["content"])["lines"]
        if self.says is not None:
            return self._answer(self.says(lines))
        return self._answer(json.dumps({"translations": [f"en({line})" if line.strip() else line for line in lines]}))

    def _answer(self, content: str) -> web.Response:
        message = {"role": "assistant", "content": content, **self.message}
        choice = {"index": 0, "message": message, "finish_reason": self.finish_reason}
        return web.json_response({"object": "chat.completion", "model": "tiny", "choices": [choice]})
