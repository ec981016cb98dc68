"""Several speakers tried in order, each left alone for a while when it keeps failing."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from livehub.clock import Clock
from livehub.translation.breaker import MAX_REST_S, Breaker
from livehub.translation.speech.errors import (
    NoVoice,
    SpeechDenied,
    SpeechFailed,
    SpeechMalformed,
    SpeechQuotaExceeded,
    SpeechRefused,
    SpeechTimedOut,
)
from livehub.translation.speech.sound import Sound, content_type
from livehub.translation.speech.speaker import Speaker

log = logging.getLogger(__name__)


@dataclass(slots=True)
class SpeakerStats:
    calls: int = 0
    failures: int = 0
    seconds: float = 0.0


@dataclass(slots=True)
class _Link:
    speaker: Speaker
    breaker: Breaker
    stats: SpeakerStats = field(default_factory=SpeakerStats)


class SpeakerChain:
    """Not bounded in concurrency: the service is. ``clock`` times the rests."""

    def __init__(self, speakers: Sequence[Speaker], clock: Clock) -> None:
        self._links: Final = [_Link(speaker, Breaker(clock)) for speaker in speakers]

    @property
    def stats(self) -> dict[str, SpeakerStats]:
        return {link.speaker.name: link.stats for link in self._links}

    def able(self, locale: str) -> list[Speaker]:
        """Those that have a voice for it, in their order."""
        return [link.speaker for link in self._able(locale)]

    async def speak(self, text: str, locale: str, until_s: float) -> Sound:
        """By ``until_s`` on the loop's clock at the latest; with two speakers left, the next may use half of the time.

        Raises:
            NoVoice: none has the language.
            SpeechFailed: none that has it gave sound, or all of them rest.
        """
        able = self._able(locale)
        if not able:
            raise NoVoice
        last: SpeechFailed | None = None
        awake = [link for link in able if link.breaker.ready]
        for position, link in enumerate(awake):
            share_s = (until_s - asyncio.get_running_loop().time()) / (len(awake) - position)
            if share_s <= 0:  # others took the time: that says nothing about this one
                break
            try:
                data = await self._ask(link, text, locale, share_s)
            except SpeechFailed as error:
                last = error
            else:
                return Sound(data, content_type(data), locale, link.speaker.name)
        # What a speaker said is for the log; people hear that it did not work, and when to ask again.
        raise SpeechFailed(retry_after_s=10) from last

    async def close(self) -> None:
        for link in self._links:
            try:
                await link.speaker.close()
            except Exception:  # a plug-in's failure must not keep the others open
                log.exception("closing the speaker %s failed", link.speaker.name)

    def _able(self, locale: str) -> list[_Link]:
        return [link for link in self._links if self._supports(link, locale)]

    def _supports(self, link: _Link, locale: str) -> bool:
        try:
            return link.speaker.supports(locale)
        except Exception:  # a plug-in may break its contract; the others go on
            log.exception("%s.supports raised", link.speaker.name)
            return False

    async def _ask(self, link: _Link, text: str, locale: str, share_s: float) -> bytes:
        """Raises: SpeechFailed."""
        if not link.breaker.admit():  # another call is finding out whether it works again
            raise SpeechFailed(f"{link.speaker.name} rests")
        link.stats.calls += 1
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        try:
            data = await self._within(link, text, locale, share_s)
        except asyncio.CancelledError:
            link.breaker.abandoned()
            raise
        except SpeechRefused as error:
            link.breaker.succeeded()  # it is there, and says no to this
            log.info("%s refused a text of %s: %s", link.speaker.name, locale, error.detail)
            raise
        except SpeechFailed as error:
            self._note_failure(link, error)
            raise
        finally:
            link.stats.seconds += loop.time() - began_s
        link.breaker.succeeded()
        return data

    async def _within(self, link: _Link, text: str, locale: str, share_s: float) -> bytes:
        try:
            async with asyncio.timeout(share_s):
                data = await link.speaker.speak(text, locale)
        except TimeoutError:
            raise SpeechTimedOut(f"no answer within {share_s:.1f} s") from None
        except SpeechFailed:
            raise
        except Exception as error:  # a plug-in may break its contract; people must not notice
            log.exception("%s raised what a speaker must not raise", link.speaker.name)
            raise SpeechMalformed(type(error).__name__) from error
        if not isinstance(data, bytes):
            raise SpeechMalformed(f"the answer is {type(data).__name__}, not bytes")
        content_type(data)
        return data

    def _note_failure(self, link: _Link, error: SpeechFailed) -> None:
        link.stats.failures += 1
        wanted_s: float | None = None
        if isinstance(error, SpeechQuotaExceeded):
            wanted_s = error.retry_after_s
        elif isinstance(error, SpeechDenied):
            wanted_s = MAX_REST_S
        rest_s = link.breaker.failed(wanted_s)
        if rest_s:
            log.warning("%s rests for %.0f s: %s", link.speaker.name, rest_s, error.detail)
        else:
            log.info("%s failed: %s", link.speaker.name, error.detail)
