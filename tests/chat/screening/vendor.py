"""A server with OpenAI's ``/v1/moderations`` as its reference has it, which finds fault with a few words."""

import json
from typing import Any

from aiohttp import web

from livehub.testing.troubled_server import Trouble, TroubledServer

KEY = "s3cr3t-key-0f-0urs"
CATEGORIES = ("harassment", "harassment/threatening", "self-harm", "violence")


def result(text: str) -> dict[str, Any]:
    scores = dict.fromkeys(CATEGORIES, 0.001)
    if "you fool" in text:
        scores["harassment"] = 0.61
    if "hurt you" in text:
        scores |= {"harassment/threatening": 0.97, "violence": 0.92}
    if "knife" in text:
        scores["violence"] = 0.55
    flags = {name: score >= 0.5 for name, score in scores.items()}
    applied = {name: ["text"] for name in CATEGORIES}
    return {
        "flagged": any(flags.values()), "categories": flags, "category_scores": scores,
        "category_applied_input_types": applied,
    }  # fmt: skip


class ModerationVendor(TroubledServer):
    def __init__(self) -> None:
        super().__init__([web.post("/v1/moderations", self._judge)], self.own)
        self.bodies: list[Any] = []
        #: in place of its results
        self.results: Any = None

    async def own(self, trouble: Trouble, request: web.Request) -> web.StreamResponse | None:
        match trouble:
            case Trouble.DENIES:
                said = f"Incorrect API key provided: {KEY}."
                return web.json_response({"error": {"message": said, "code": "invalid_api_key"}}, status=401)
            case Trouble.WRONG_COUNT:
                return web.json_response({"id": "modr-1", "results": []})
            case Trouble.WRONG_TYPE:
                wrong = {**result("x"), "category_scores": dict.fromkeys(CATEGORIES, "0.1")}
                return web.json_response({"id": "modr-1", "results": [wrong]})
        return None

    async def _judge(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return web.json_response({"error": {"message": "You didn't provide an API key."}}, status=401)
        body = json.loads(await request.text())
        self.bodies.append(body)
        results = [result(body["input"])] if self.results is None else self.results
        return web.json_response({"id": "modr-1", "model": body["model"], "results": results})
