"""Every speaker that livehub brings keeps the contract that plug-ins are held to; and what each has of its own."""

import io
import logging
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from pathlib import Path

import av
import numpy as np
import pytest

from livehub.clock import ManualClock
from livehub.testing.speaker_contract import SpeakerContract, SpeakerDriver
from livehub.testing.troubled_server import Trouble
from livehub.translation.speech.errors import PluginInvalid, SpeechFailed, SpeechRefused
from livehub.translation.speech.providers.espeak_ng import VOICES, EspeakSpeaker
from livehub.translation.speech.registry import GROUP, build
from livehub.translation.speech.sound import content_type
from livehub.translation.speech.speaker import Speaker
from tests.translation.speech.conftest import SpeechVendor
from tests.translation.vendors.vendor import KEY

#: what it says in each of its languages
PRICES = {
    "ar": "كم السعر؟", "id": "Berapa harganya?", "zh": "多少钱？", "en": "How much is it?", "fr": "C’est combien ?",
    "ru": "Сколько это стоит?", "es": "¿Cuánto cuesta?", "th": "ราคาเท่าไร", "tr": "Ne kadar?", "vi": "Giá bao nhiêu?",
}  # fmt: skip


def speaker(setting: str, deadline_s: float = 30.0) -> Speaker:
    """As the server builds it, from what an operator writes."""
    name = setting.partition(":")[0]
    entry = EntryPoint(name, f"livehub.translation.speech.providers.{name}:create", GROUP)
    return build(setting, clock=ManualClock(), deadline_s=deadline_s, found=[entry])


@dataclass
class HttpDriver:
    speaker: Speaker
    server: SpeechVendor
    locale: str = "th"
    secrets: tuple[str, ...] = (KEY,)

    async def trouble(self, kind: Trouble | None) -> bool:
        self.server.trouble = kind
        return True

    async def reached(self) -> None:
        await self.server.hanging.wait()


class TestOpenAi(SpeakerContract):
    @pytest.fixture
    async def driver(self) -> AsyncIterator[SpeakerDriver]:
        server = SpeechVendor()
        await server.start()
        made = speaker(f"openai:{server.url}/v1?model=tts-1&voice=alloy&voice_th=onyx&locales=th|en&key={KEY}")
        yield HttpDriver(made, server)
        await made.close()
        await server.close()

    async def test_it_asks_as_the_reference_says(self, driver: HttpDriver) -> None:
        await driver.speaker.speak("ราคาเท่าไร", "th")
        await driver.speaker.speak("How much?", "en")
        assert driver.server.bodies == [
            {"model": "tts-1", "response_format": "mp3", "voice": "onyx", "input": "ราคาเท่าไร"},
            {"model": "tts-1", "response_format": "mp3", "voice": "alloy", "input": "How much?"},
        ]
        assert not driver.speaker.is_remote  # this machine's own
        with pytest.raises(SpeechRefused):
            await driver.speaker.speak("Combien ?", "fr")

    async def test_it_follows_nobody_elsewhere_and_stops_reading_a_flood(self, driver: HttpDriver) -> None:
        for kind in (Trouble.ELSEWHERE, Trouble.FLOODS):
            await driver.trouble(kind)
            with pytest.raises(SpeechFailed):
                await driver.speaker.speak("one", "th")
        assert driver.server.followed == 0
        # What the kernel holds between the two comes on top of the bound.
        assert 0 < driver.server.flooded_bytes < 32 << 20


class Local:
    """Nothing is at its other side."""

    def __init__(self, made: Speaker) -> None:
        self.speaker = made
        self.locale = "en"
        self.secrets: tuple[str, ...] = ()

    async def trouble(self, kind: Trouble | None) -> bool:
        return False

    async def reached(self) -> None:
        raise AssertionError


class TestEspeak(SpeakerContract):
    @pytest.fixture
    async def driver(self) -> AsyncIterator[SpeakerDriver]:
        made = speaker("espeak_ng:")
        yield Local(made)
        await made.close()

    async def test_every_language_can_be_heard(self, driver: Local) -> None:
        assert set(PRICES) == set(VOICES)
        for locale, text in PRICES.items():
            samples, rate = heard(await driver.speaker.speak(text, locale))
            assert 0.3 < len(samples) / rate < 10, locale
            assert np.abs(samples).max() > 0.05, locale
        assert not driver.speaker.supports("ja")

    async def test_it_is_no_text_that_it_is_ordered_by(self, driver: Local) -> None:
        """Read as SSML or as phonemes these would be silence, an hour's pause or a file's sound."""
        plain = await self.seconds(driver, "break time one hour")
        assert await self.seconds(driver, "<break time='1h'/>") > plain / 4
        assert await self.seconds(driver, "a" * 500) <= 61

    async def seconds(self, driver: Local, text: str) -> float:
        samples, rate = heard(await driver.speaker.speak(text, "en"))
        return len(samples) / rate

    async def test_a_process_that_died_is_started_again_and_has_no_key_of_ours(
        self, driver: Local, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("LIVEHUB_SECRET", "never-to-be-seen")
        made = driver.speaker
        assert isinstance(made, EspeakSpeaker)
        assert made.pid == 0
        await made.speak("one", "en")
        first = made.pid
        assert b"never-to-be-seen" not in Path(f"/proc/{first}/environ").read_bytes()
        os.kill(first, 9)
        try:  # whichever is noticed first: the death, or the question
            await made.speak("two", "en")
        except SpeechFailed:
            await made.speak("two", "en")
        assert made.pid not in {0, first}

    async def test_what_came_too_late_is_not_spoken(self, driver: Local) -> None:
        late = speaker("espeak_ng:", deadline_s=-1.0)
        with pytest.raises(SpeechFailed, match="too late"):
            await late.speak("one", "en")
        await late.close()


def heard(data: bytes) -> tuple["np.ndarray[tuple[int, ...], np.dtype[np.float64]]", int]:
    """As a player decodes it, from -1 to 1."""
    assert content_type(data) == "audio/mpeg"
    with av.open(io.BytesIO(data), "r") as file:
        frames = list(file.decode(audio=0))
    samples = np.concatenate([frame.to_ndarray().reshape(-1) for frame in frames]).astype(np.float64)
    return (samples / 32768 if frames[0].format.name.startswith("s16") else samples), frames[0].sample_rate


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("openai:", "write the server's address"),
        ("openai:https://api.example/v1?voice=alloy", "say which model"),
        ("openai:https://api.example/v1?model=a&format=exe", "format is one of"),
        ("openai:https://api.example/v1?model=a&locales=th|xx", "locales are written"),
        ("openai:http://api.example/v1?model=a&key=SECRET", "https:// only"),
        ("openai:https://api.example/v1?model=a&SECRET=1", "the options are"),
        ("openai:https://SECRET@api.example/v1?model=a", "user name"),
        ("espeak_ng:fast", "the options are"),
        ("espeak_ng:?rate=9000", "rate is a number"),
        ("espeak_ng:?rate=²", "rate is a number"),
        ("espeak_ng:?locales=ja", "eSpeak NG reads"),
        ("nobody:SECRET", "There is no speaker"),
    ],
)
def test_a_setting_that_cannot_be_used_is_said_without_its_key(
    setting: str, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    where = "livehub.translation.speech.providers"
    entries = [EntryPoint(name, f"{where}.{name}:create", GROUP) for name in ("openai", "espeak_ng")]
    with pytest.raises(PluginInvalid) as caught:
        build(setting, clock=ManualClock(), deadline_s=1.0, found=entries)
    assert said in caught.value.detail
    assert "SECRET" not in caught.value.detail + caplog.text


async def test_a_remote_one_says_so() -> None:
    made = speaker("openai:https://api.example/v1?model=tts-1&key=k")
    assert made.is_remote
    await made.close()
    with pytest.raises(SpeechFailed):
        await made.speak("one", "th")
    local = speaker("espeak_ng:?locales=th&rate=120")
    with pytest.raises(SpeechRefused):
        await local.speak("one", "en")
    await local.close()
