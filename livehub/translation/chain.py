"""Several engines tried in order: each gets the lines that those before it had no translation of.

An engine that keeps failing is left alone for a while, so that its time-outs do not use up the time of the others; a
single call then finds out whether it works again (:mod:`livehub.translation.breaker`).
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from livehub.clock import Clock
from livehub.text import answered
from livehub.translation.batches import at_once
from livehub.translation.breaker import MAX_REST_S, Breaker
from livehub.translation.errors import (
    AccessDenied,
    AnswerMalformed,
    EachRefused,
    QuotaExceeded,
    TranslationFailed,
    TranslationRefused,
    TranslationTimedOut,
)
from livehub.translation.protecting import Prepared
from livehub.translation.provider import Translator
from livehub.translation.stats import ProviderStats

log = logging.getLogger(__name__)

#: a translation may be longer than its original, but not a book
MAX_ANSWER_CHARS: Final = 8_000
#: lines that are asked for together again after an engine refused more
PART: Final = 8


@dataclass(frozen=True, slots=True)
class Answer:
    """``text`` None: no engine had it. ``certain``: every engine that could was asked and answered."""

    text: str | None
    provider: str
    certain: bool


@dataclass(slots=True)
class _Link:
    translator: Translator
    breaker: Breaker
    #: it understands numbers, prices and names by itself and gets lines as they were written
    reads_plain: bool = False
    stats: ProviderStats = field(default_factory=ProviderStats)


@dataclass(slots=True)
class _Asked:
    """One call's lines on their way; ``found`` fills with what is answered, whatever becomes of the rest."""

    texts: Sequence[str]
    source: str
    target: str
    found: list[str | None]
    #: the engine has said something about one of them
    is_answered: bool = False


class ProviderChain:
    """Not bounded in concurrency: the service is. ``clock`` times the rests."""

    def __init__(self, translators: Sequence[Translator], clock: Clock) -> None:
        self._links: Final = [
            _Link(translator, Breaker(clock), bool(getattr(translator, "reads_plain", False)))
            for translator in translators
        ]

    @property
    def stats(self) -> dict[str, ProviderStats]:
        return {link.translator.name: link.stats for link in self._links}

    @property
    def free(self) -> frozenset[str]:
        """Engines that cost nothing: those that come with livehub and read lines as they are."""
        return frozenset(link.translator.name for link in self._links if link.reads_plain)

    async def translate(
        self, texts: Sequence[str | Prepared], source: str, target: str, until_s: float
    ) -> list[Answer]:
        """One answer per text, by ``until_s`` on the loop's clock at the latest. Raises nothing but cancellation.

        A :class:`Prepared` line without ``marked`` goes only to engines that read lines as they are.

        Time is shared: with two engines left, the next may use half of what remains. So quick ones go first.
        """
        able = [link for link in self._links if self._supports(link, source, target)]
        awake = [link for link in able if self._awake(link)]
        certain = len(awake) == len(able)
        lines = [text if isinstance(text, Prepared) else Prepared(text, text) for text in texts]
        answers: list[Answer | None] = [None] * len(texts)
        left = list(range(len(texts)))
        for position, link in enumerate(awake):
            here = [index for index in left if link.reads_plain or lines[index].marked]
            if not here:
                continue
            share_s = (until_s - asyncio.get_running_loop().time()) / (len(awake) - position)
            if share_s <= 0:  # others took the time: that says nothing about this one
                certain = False
                break
            given = [lines[index].plain if link.reads_plain else lines[index].marked for index in here]
            got, is_whole = await self._ask(link, given, source, target, share_s)
            certain = certain and is_whole
            for index, text in zip(here, got, strict=True):
                whole = _finished(link, lines[index], text)
                if whole is not None:
                    answers[index] = Answer(whole, link.translator.name, certain=True)
            left = [index for index in left if answers[index] is None]
        return [answer or Answer(None, "", certain) for answer in answers]

    async def close(self) -> None:
        for link in self._links:
            try:
                await link.translator.close()
            except Exception:  # a plug-in's failure must not keep the other engines open
                log.exception("closing the translator %s failed", link.translator.name)

    def _supports(self, link: _Link, source: str, target: str) -> bool:
        try:
            return link.translator.supports(source, target)
        except Exception:  # a plug-in may break its contract; the others go on
            log.exception("%s.supports raised", link.translator.name)
            return False

    def _awake(self, link: _Link) -> bool:
        if link.breaker.ready:
            return True
        link.stats.rested += 1
        return False

    async def _ask(
        self, link: _Link, texts: Sequence[str], source: str, target: str, share_s: float
    ) -> tuple[list[str | None], bool]:
        """What one engine gives within ``share_s``, and whether it answered about all of them."""
        found: list[str | None] = [None] * len(texts)
        if not link.breaker.admit():  # another call is finding out whether it works again
            link.stats.rested += 1
            return found, False
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        try:
            return found, await self._within(link, _Asked(texts, source, target, found), share_s)
        except asyncio.CancelledError:
            link.breaker.abandoned()
            raise
        finally:
            link.stats.seconds += loop.time() - began_s
            link.stats.breaker = link.breaker.state
            link.stats.opened = link.breaker.opened

    async def _within(self, link: _Link, asked: _Asked, share_s: float) -> bool:
        try:
            async with asyncio.timeout(share_s):
                await self._call(link, asked, 0, len(asked.texts))
        except TimeoutError:
            self._note_failure(link, TranslationTimedOut(f"no answer within {share_s:.1f} s"), asked.is_answered)
            return False
        except TranslationRefused as error:
            link.breaker.succeeded()  # it is there, and says no to this
            log.info("%s refused %s to %s: %s", link.translator.name, asked.source, asked.target, error.detail)
            return False
        except TranslationFailed as error:
            self._note_failure(link, error)
            return False
        except Exception as error:  # a plug-in may break its contract; the room must not notice
            log.exception("%s raised what a translator must not raise", link.translator.name)
            self._note_failure(link, AnswerMalformed(f"{type(error).__name__}: {error}"))
            return False
        link.breaker.succeeded()
        return True

    async def _call(self, link: _Link, asked: _Asked, start: int, end: int) -> None:
        """Call once. What is refused is asked for in parts, all at the same time, and these line by line: one line
        costs the others neither theirs nor the time.

        Raises: TranslationRefused: for a single line that was asked for alone.
        """
        link.stats.calls += 1
        link.stats.lines += end - start
        try:
            got = await link.translator.translate(asked.texts[start:end], asked.source, asked.target)
        except TranslationRefused as error:
            link.stats.refusals += 1
            if len(asked.texts) == 1:
                raise
            asked.is_answered = True
            size = PART if end - start > PART else 1
            if end - start > 1 and not isinstance(error, EachRefused):
                places = range(start, end, size)
                await at_once(self._call(link, asked, place, min(place + size, end)) for place in places)
            return
        asked.found[start:end] = checked = _checked(got, end - start)
        asked.is_answered = True
        link.stats.translated += sum(text is not None for text in checked)

    def _note_failure(self, link: _Link, error: TranslationFailed, is_there: bool = False) -> None:
        """``is_there``: it had answered some of the lines, so that it is slow and not gone."""
        link.stats.failures += 1
        if isinstance(error, TranslationTimedOut):
            link.stats.timeouts += 1
        if is_there:
            link.breaker.succeeded()
            return
        wanted_s: float | None = None
        if isinstance(error, QuotaExceeded):
            wanted_s = error.retry_after_s
        elif isinstance(error, AccessDenied):
            wanted_s = MAX_REST_S
        rest_s = link.breaker.failed(wanted_s)
        if rest_s:
            log.warning("%s rests for %.0f s: %s", link.translator.name, rest_s, error.detail)
        else:
            log.info("%s failed: %s", link.translator.name, error.detail)


def _finished(link: _Link, line: Prepared, text: str | None) -> str | None:
    """An answer with what was kept out of it; None: there is none, or the engine lost something of it."""
    if text is None:
        return None
    whole = line.around(text) if link.reads_plain else line.finish(text)
    if whole is None:
        link.stats.garbled += 1
    return whole


def _checked(got: object, expected: int) -> list[str | None]:
    """Hold an answer to the contract, and take out of it what is no text, and blank lines."""
    if not isinstance(got, list) or len(got) != expected:
        raise AnswerMalformed(f"expected a list of {expected} entries")
    clean: list[str | None] = []
    for text in got:
        if text is not None and not isinstance(text, str):
            raise AnswerMalformed(f"an entry is {type(text).__name__}, not str or None")
        if text is not None and len(text) > MAX_ANSWER_CHARS:
            raise AnswerMalformed(f"a translation has {len(text)} characters")
        clean.append((answered(text) or None) if text is not None else None)
    return clean
