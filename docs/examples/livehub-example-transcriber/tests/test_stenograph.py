"""The transcriber keeps livehub's contract, whatever its server does."""

import io
import wave
from collections.abc import Iterator

import pytest
from aiohttp import web
from livehub_example_transcriber import create

from livehub.media.captions.transcriber import Transcriber
from livehub.testing.transcriber_contract import TranscriberContract, TranscriberDriver, hum
from livehub.testing.troubled_server import Trouble, TroubledServer, in_a_thread

KEY = "s3cr3t-stenograph"


async def write(request: web.Request) -> web.Response:
    """As Stenograph would: it knows its key, and has something to say of every sound."""
    if request.headers.get("X-Stenograph-Key") != KEY:
        return web.json_response({"error": f"no, {request.headers.get('X-Stenograph-Key')}"}, status=403)
    with wave.open(io.BytesIO(await request.read())) as sound:
        seconds = sound.getnframes() / sound.getframerate()
    half = {"text": "one", "from": 0, "to": seconds / 2}
    return web.json_response({"lines": [half, {"text": "two", "from": seconds / 2, "to": seconds}]})


async def in_trouble(trouble: Trouble, _: web.Request) -> web.StreamResponse | None:
    match trouble:
        case Trouble.QUOTA:
            return web.json_response({"error": "no minutes left"}, status=402)
        case Trouble.WRONG_TYPE:
            return web.json_response({"lines": [1, 2, 3]})
    return None


class Driver:
    locale = "th"
    secrets = (KEY,)

    def __init__(self, server: TroubledServer, transcriber: Transcriber, impatient: Transcriber) -> None:
        self._server = server
        self.transcriber = transcriber
        self.impatient = impatient

    def trouble(self, kind: Trouble | None) -> bool:
        self._server.trouble = kind
        return True


class TestStenograph(TranscriberContract):
    @pytest.fixture
    def driver(self) -> Iterator[TranscriberDriver]:
        with in_a_thread(TroubledServer([web.post("/v1/write/{language}", write)], in_trouble)) as server:
            setting = f"{server.url}?locales=en|th&key={KEY}"
            patient, impatient = create(setting, timeout_s=30.0), create(setting, timeout_s=0.2)
            yield Driver(server, patient, impatient)
            patient.close()
            impatient.close()

    def test_a_line_has_its_time(self, driver: TranscriberDriver) -> None:
        assert [(line.text, line.start_s) for line in self.written(driver, hum(2.0))] == [("one", 0.0), ("two", 1.0)]
        assert self.written(driver, hum(2.0), final=False) == []


@pytest.mark.parametrize(
    ("setting", "what"),
    [
        ("https://stenograph.example?locales=th", "key"),
        ("http://stenograph.example?locales=th&key=k", "https"),
        ("https://stenograph.example?key=k", "locales=en"),
        ("https://stenograph.example?locales=xx&key=k", "locales=en"),
        ("stenograph.example", "address"),
    ],
)
def test_a_setting_that_cannot_be_used(setting: str, what: str) -> None:
    with pytest.raises(ValueError, match=what) as caught:
        create(setting, timeout_s=1.0)
    assert "key=k" not in str(caught.value)
