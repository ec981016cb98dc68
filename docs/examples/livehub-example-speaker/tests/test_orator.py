"""The speaker keeps livehub's contract, whatever its server does."""

import io
import wave
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from livehub_example_speaker import create

from livehub.testing.speaker_contract import SpeakerContract, SpeakerDriver
from livehub.testing.troubled_server import Trouble, TroubledServer
from livehub.translation.speech.speaker import Speaker

KEY = "s3cr3t-orator"


async def say(request: web.Request) -> web.Response:
    """As Orator would: it knows its key, and makes a sound of each character."""
    asked = await request.json()
    if request.headers.get("Authorization") != f"Bearer {KEY}" or not 0.5 <= asked["pace"] <= 2:
        return web.json_response({"error": f"no, {request.headers.get('Authorization')}"}, status=403)
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(8000)
        file.writeframes(b"".join(bytes([64 + ord(char) % 128]) * 80 for char in asked["text"]) or b"\x80" * 80)
    return web.Response(body=out.getvalue(), content_type="audio/wav")


async def in_trouble(trouble: Trouble, _: web.Request) -> web.StreamResponse | None:
    if trouble is Trouble.QUOTA:
        return web.json_response({"error": "no minutes left"}, status=429, headers={"Retry-After": "60"})
    return None


class Driver:
    locale = "th"
    secrets = (KEY,)

    def __init__(self, server: TroubledServer, speaker: Speaker) -> None:
        self._server = server
        self.speaker = speaker

    async def trouble(self, kind: Trouble | None) -> bool:
        self._server.trouble = kind
        return True

    async def reached(self) -> None:
        await self._server.hanging.wait()


class TestOrator(SpeakerContract):
    @pytest.fixture
    async def driver(self) -> AsyncIterator[SpeakerDriver]:
        server = TroubledServer([web.post("/v1/say/{language}", say)], in_trouble)
        await server.start()
        speaker = create(f"{server.url}?locales=th|vi&pace=1.2&key={KEY}", deadline_s=5.0)
        yield Driver(server, speaker)
        await speaker.close()
        await server.close()


@pytest.mark.parametrize(
    ("setting", "what"),
    [
        ("https://orator.example?locales=th", "key"),
        ("http://orator.example?locales=th&key=k", "https"),
        ("https://orator.example?key=k", "locales=th"),
        ("https://orator.example?locales=xx&key=k", "locales=th"),
        ("https://orator.example?locales=th&key=k&pace=9", "pace"),
        ("orator.example", "address"),
    ],
)
def test_a_setting_that_cannot_be_used(setting: str, what: str) -> None:
    with pytest.raises(ValueError, match=what) as caught:
        create(setting, deadline_s=1.0)
    assert "key=k" not in str(caught.value)
