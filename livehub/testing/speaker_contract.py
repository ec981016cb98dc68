"""What every speaker has to do, as tests that its own package runs.

Subclass :class:`SpeakerContract`, name the subclass ``Test…``, and give it a ``driver`` fixture::

    class TestParrot(SpeakerContract):
        @pytest.fixture
        async def driver(self) -> AsyncIterator[SpeakerDriver]:
            ...

The tests are coroutines: run them with pytest-asyncio in its auto mode. A server that the driver has (such as
:class:`~livehub.testing.troubled_server.TroubledServer`) may live on the same event loop: a speaker that blocks it
then hangs. Nothing here waits for a time to pass.
"""

import asyncio
import logging
from typing import Final, Protocol

import pytest

from livehub.testing.troubled_server import Trouble
from livehub.translation.locale import LOCALES
from livehub.translation.speech.errors import (
    SpeechDenied,
    SpeechFailed,
    SpeechMalformed,
    SpeechQuotaExceeded,
    SpeechRefused,
)
from livehub.translation.speech.registry import MAX_NAME_CHARS
from livehub.translation.speech.sound import content_type
from livehub.translation.speech.speaker import Speaker

#: trouble → what may be raised because of it
EXPECTED: Final[dict[Trouble, tuple[type[SpeechFailed], ...]]] = {
    Trouble.DENIES: (SpeechDenied,),
    Trouble.QUOTA: (SpeechQuotaExceeded,),
    Trouble.FAILS: (SpeechFailed,),
    Trouble.HTML: (SpeechMalformed,),
    Trouble.NOT_JSON: (SpeechMalformed,),
    Trouble.FLOODS: (SpeechMalformed,),
    Trouble.CLOSES: (SpeechFailed,),
    Trouble.ELSEWHERE: (SpeechFailed,),
}
HOSTILE: Final = (
    "", " ", "…", "😀" * 10, "a" * 500, "%s {1}", "<speak><audio src='file:///etc/passwd'/></speak>", "[[h@'loU]]",
    "<break time='1h'/>", "\u202e abc", "؟", '"]}', "9" * 400, "\U0001f469\u200d\U0001f52c",
)  # fmt: skip


class SpeakerDriver(Protocol):
    """The speaker under test, and hands at the other side of it."""

    @property
    def speaker(self) -> Speaker: ...

    @property
    def locale(self) -> str:
        """One that it speaks."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """Keys in its setting, which nobody may see."""

    async def trouble(self, kind: Trouble | None) -> bool:
        """From now on the other side behaves so, or well again; False: this cannot happen to this speaker."""

    async def reached(self) -> None:
        """Return when a call has come to the other side and hangs there."""


class SpeakerContract:
    """One test for each promise of :mod:`livehub.translation.speech.speaker`."""

    async def spoken(self, driver: SpeakerDriver, text: str) -> bytes:
        data = await driver.speaker.speak(text, driver.locale)
        assert isinstance(data, bytes)
        assert content_type(data).startswith("audio/")
        return data

    async def test_it_is_a_speaker_with_a_short_name(self, driver: SpeakerDriver) -> None:
        assert isinstance(driver.speaker, Speaker)
        assert 0 < len(driver.speaker.name) <= MAX_NAME_CHARS
        assert isinstance(driver.speaker.is_remote, bool)

    async def test_it_says_for_every_language_whether_it_has_it(self, driver: SpeakerDriver) -> None:
        assert all(isinstance(driver.speaker.supports(tag), bool) for tag in LOCALES)
        assert driver.speaker.supports(driver.locale)
        assert not driver.speaker.supports("xx")

    async def test_texts_become_sound_each_its_own(self, driver: SpeakerDriver) -> None:
        one, two = await self.spoken(driver, "one two three"), await self.spoken(driver, "something else, and longer")
        assert one != two

    async def test_what_strangers_write_gives_sound_or_is_refused(self, driver: SpeakerDriver) -> None:
        for text in HOSTILE:
            try:
                await self.spoken(driver, text)
            except SpeechFailed:
                continue
        assert await self.spoken(driver, "one"), "and it works after that"

    async def test_many_calls_at_once(self, driver: SpeakerDriver) -> None:
        texts = ["one", "three", "something longer"] * 4
        sounds = await asyncio.gather(*(self.spoken(driver, text) for text in texts))
        assert len(sounds) == len(texts)
        assert len(set(sounds[:3])) == 3, "each gets its own"

    async def test_a_language_that_it_has_not(self, driver: SpeakerDriver) -> None:
        for locale in [tag for tag in LOCALES if not driver.speaker.supports(tag)][:2]:
            try:  # nobody asks it; and if somebody did, nothing else would be raised
                data = await driver.speaker.speak("one", locale)
            except SpeechFailed:
                continue
            assert isinstance(data, bytes)

    async def test_a_call_that_is_cancelled_leaves_it_whole(self, driver: SpeakerDriver) -> None:
        call = asyncio.ensure_future(self.spoken(driver, "one"))
        await asyncio.sleep(0)
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
        assert await self.spoken(driver, "one")

    async def test_a_server_that_hangs_holds_up_nobody_else(self, driver: SpeakerDriver) -> None:
        if not await driver.trouble(Trouble.HANGS):
            return
        call = asyncio.ensure_future(self.spoken(driver, "one"))
        await driver.reached()  # on this loop: it is not blocked
        assert not call.done()
        await driver.trouble(None)
        assert await self.spoken(driver, "two"), "others are served meanwhile"
        call.cancel()
        (ended,) = await asyncio.gather(call, return_exceptions=True)
        assert isinstance(ended, asyncio.CancelledError | SpeechFailed), "a call ends when it is cancelled"

    @pytest.mark.parametrize("kind", EXPECTED, ids=lambda kind: kind.name.lower())
    async def test_trouble_is_said_as_what_it_is_and_passes(
        self, driver: SpeakerDriver, kind: Trouble, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        if not await driver.trouble(kind):
            return
        with pytest.raises(EXPECTED[kind]) as caught:
            await driver.speaker.speak("one", driver.locale)
        error = caught.value
        if isinstance(error, SpeechQuotaExceeded):
            assert 0 < error.retry_after_s <= 86_400
        assert error.detail.isprintable()
        assert len(error.detail) <= 1_000
        shown = [error.detail, str(error), repr(error), repr(error.__cause__), repr(driver.speaker), caplog.text]
        for secret in driver.secrets:
            assert not any(secret in text for text in shown), "a key can be seen"
        await driver.trouble(None)
        assert await self.spoken(driver, "one"), "it works again by itself"

    async def test_closing_twice_and_asking_after_that(self, driver: SpeakerDriver) -> None:
        assert await self.spoken(driver, "one")
        await driver.speaker.close()
        await driver.speaker.close()
        try:
            await self.spoken(driver, "one")
        except (SpeechFailed, SpeechRefused):
            return

    async def test_closing_before_the_first_call(self, driver: SpeakerDriver) -> None:
        await driver.speaker.close()
