"""The engine keeps livehub's contract, whatever its server does."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from livehub_example_translator import create

from livehub.testing.translator_contract import TranslatorContract, TranslatorDriver
from livehub.testing.troubled_server import Trouble, TroubledServer
from livehub.translation.provider import Translator

KEY = "s3cr3t-parlance"


async def translate(request: web.Request) -> web.Response:
    """As Parlance would: it knows its key, 20 lines at once, and writes backwards."""
    lines = (await request.json())["lines"]
    if request.headers.get("X-Parlance-Key") != KEY or not 1 <= len(lines) <= 20:
        return web.json_response({"error": f"no, {request.headers.get('X-Parlance-Key')}"}, status=403)
    return web.json_response({"lines": [line[::-1] for line in lines]})


async def in_trouble(trouble: Trouble, _: web.Request) -> web.StreamResponse | None:
    match trouble:
        case Trouble.QUOTA:
            return web.json_response({"error": "pay first"}, status=402)
        case Trouble.WRONG_COUNT:
            return web.json_response({"lines": ["x"]})
        case Trouble.WRONG_TYPE:
            return web.json_response({"lines": [1, 2, 3]})
    return None


class Driver:
    pair = ("es", "en")
    known = ("hola", "gracias", "adiós")
    secrets = (KEY,)

    def __init__(self, server: TroubledServer, translator: Translator) -> None:
        self._server = server
        self.translator = translator

    async def trouble(self, kind: Trouble | None) -> bool:
        self._server.trouble = kind
        return True

    async def reached(self) -> None:
        await self._server.hanging.wait()


class TestParlance(TranslatorContract):
    @pytest.fixture
    async def driver(self) -> AsyncIterator[TranslatorDriver]:
        server = TroubledServer([web.post("/v1/{source}/{target}", translate)], in_trouble)
        await server.start()
        translator = create(f"{server.url}?key={KEY}", deadline_s=5.0)
        yield Driver(server, translator)
        await translator.close()
        await server.close()


def test_a_setting_without_a_key() -> None:
    with pytest.raises(ValueError, match="key"):
        create("https://parlance.example", deadline_s=1.0)
