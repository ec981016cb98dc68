"""A server with OpenAI's ``/v1/audio/speech`` as its reference has it, which "speaks" tones of its text's length."""

import json
import math
import struct
from typing import Any

from aiohttp import web

from livehub.testing.troubled_server import Trouble
from tests.translation.vendors.vendor import KEY, Vendor


def tone(text: str) -> bytes:
    """A WAV that is another for every text."""
    pitch = 200 + sum(text.encode()) % 900
    samples = struct.pack("<800h", *(round(9000 * math.sin(2 * math.pi * pitch * n / 8000)) for n in range(800)))
    body = b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16) + b"data"
    return b"RIFF" + struct.pack("<I", len(body) + 4 + len(samples)) + body + struct.pack("<I", len(samples)) + samples


class SpeechVendor(Vendor):
    def __init__(self) -> None:
        super().__init__([web.post("/v1/audio/speech", self._speak)])

    async def own(self, trouble: Trouble, request: web.Request) -> web.StreamResponse | None:
        match trouble:
            case Trouble.DENIES:
                said = f"Incorrect API key provided: {KEY}."
                return web.json_response({"error": {"message": said, "code": "invalid_api_key"}}, status=401)
            case Trouble.QUOTA:
                said = "You exceeded your current quota, please check your plan and billing details."
                return web.json_response({"error": {"message": said, "code": "insufficient_quota"}}, status=429)
        return None

    async def _speak(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return web.json_response({"error": {"message": "You didn't provide an API key."}}, status=401)
        body: dict[str, Any] = await self.body(request)
        if not body["input"].strip() or len(body["input"]) > 4096:
            said = "[{'type': 'string_too_short', 'loc': ('body', 'input')}]"
            return web.Response(
                text=json.dumps({"error": {"message": said}}), status=400, content_type="application/json"
            )
        # The type that it says is not to be believed either.
        return web.Response(body=tone(body["input"]), content_type="audio/mpeg")
