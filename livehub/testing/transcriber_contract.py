"""What every transcriber has to do, as tests that its own package runs.

Subclass :class:`TranscriberContract`, name the subclass ``Test…``, and give it a ``driver`` fixture::

    class TestScribe(TranscriberContract):
        @pytest.fixture
        def driver(self) -> Iterator[TranscriberDriver]:
            ...

Transcribers may block, so the tests are plain functions; a server that the driver has runs in a thread
(:func:`~livehub.testing.troubled_server.in_a_thread`). Nothing here waits for a time to pass, but for
:attr:`TranscriberDriver.impatient` until it is out of patience.
"""

import logging
from typing import Final, Protocol

import numpy as np
import pytest

from livehub.media.captions.errors import TranscriptionFailed
from livehub.media.captions.registry import checked
from livehub.media.captions.transcriber import RATE, Pcm, Spoken, Transcriber
from livehub.testing.troubled_server import Trouble
from livehub.translation.locale import LOCALES

TROUBLES: Final = (
    Trouble.DENIES, Trouble.QUOTA, Trouble.FAILS, Trouble.HTML, Trouble.NOT_JSON, Trouble.NESTED, Trouble.WRONG_TYPE,
    Trouble.FLOODS, Trouble.CLOSES, Trouble.ELSEWHERE,
)  # fmt: skip


def silence(seconds: float) -> Pcm:
    return np.zeros(round(seconds * RATE), np.float32)


def noise(seconds: float, level: float = 0.001) -> Pcm:
    return np.random.default_rng(7).normal(0, level, round(seconds * RATE)).astype(np.float32)


def hum(seconds: float = 1.5) -> Pcm:
    """Syllables without words: as loud as speech, and as high."""
    at = np.arange(round(seconds * RATE)) / RATE
    voice = sum(np.sin(2 * np.pi * 120 * number * at) / number for number in range(1, 12))
    made: Pcm = (0.15 * voice * np.clip(np.sin(2 * np.pi * 3 * at), 0, 1)).astype(np.float32)
    return made


class TranscriberDriver(Protocol):
    """The transcriber under test, and hands at the other side of it."""

    @property
    def transcriber(self) -> Transcriber: ...

    @property
    def impatient(self) -> Transcriber | None:
        """The same, with a fraction of a second for each utterance; None for one that nobody can keep waiting."""

    @property
    def locale(self) -> str:
        """A language that it writes."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """Keys in its setting, which nobody may see."""

    def trouble(self, kind: Trouble | None) -> bool:
        """From now on the other side behaves so, or well again; False: this cannot happen to this transcriber."""


class TranscriberContract:
    """One test for each promise of :mod:`livehub.media.captions.transcriber`."""

    def written(self, driver: TranscriberDriver, pcm: Pcm, *, final: bool = True) -> list[Spoken]:
        lines = list(driver.transcriber.transcribe(pcm, driver.locale, final=final))
        for line in lines:
            assert isinstance(line.text, str)
            assert line.text.strip()
            assert 0 <= line.start_s <= line.end_s
            assert line.start_s <= len(pcm) / RATE
        return lines

    def test_it_is_what_the_registry_wants(self, driver: TranscriberDriver) -> None:
        assert checked(driver.transcriber, "it") is driver.transcriber

    def test_it_says_for_every_language_whether_it_writes_it(self, driver: TranscriberDriver) -> None:
        assert all(isinstance(driver.transcriber.supports(tag), bool) for tag in LOCALES)
        assert driver.transcriber.supports(driver.locale)

    def test_lines_are_text_within_the_sound_and_in_order(self, driver: TranscriberDriver) -> None:
        for final in (False, True):
            lines = self.written(driver, hum(), final=final)
            assert [line.start_s for line in lines] == sorted(line.start_s for line in lines)

    def test_nothing_much_is_no_error(self, driver: TranscriberDriver) -> None:
        for pcm in (silence(0), silence(0.01), silence(1), noise(1)):
            self.written(driver, pcm)

    def test_it_goes_on_after_what_was_too_loud(self, driver: TranscriberDriver) -> None:
        self.written(driver, np.full(RATE, 3.0, np.float32))
        self.written(driver, hum())

    @pytest.mark.parametrize("kind", TROUBLES, ids=lambda kind: kind.name.lower())
    def test_trouble_loses_one_line_and_passes(
        self, driver: TranscriberDriver, kind: Trouble, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        if not driver.trouble(kind):
            return
        with pytest.raises(TranscriptionFailed) as caught:
            self.written(driver, hum())
        _shows_no_key(driver, caught.value, caplog.text)
        driver.trouble(None)
        self.written(driver, hum())

    def test_a_server_that_hangs_is_given_up(self, driver: TranscriberDriver, caplog: pytest.LogCaptureFixture) -> None:
        if driver.impatient is None or not driver.trouble(Trouble.HANGS):
            return
        with pytest.raises(TranscriptionFailed) as caught:
            driver.impatient.transcribe(hum(), driver.locale, final=True)
        _shows_no_key(driver, caught.value, caplog.text)
        driver.trouble(None)
        self.written(driver, hum())

    def test_it_can_be_closed_twice_and_before_the_first_line(self, driver: TranscriberDriver) -> None:
        driver.transcriber.close()
        driver.transcriber.close()


def _shows_no_key(driver: TranscriberDriver, error: TranscriptionFailed, logged: str) -> None:
    shown = [str(error), repr(error), repr(error.__cause__), repr(driver.transcriber), logged]
    for secret in driver.secrets:
        assert not any(secret in text for text in shown), "a key can be seen"
