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
from livehub.translation.breaker import MAX_REST_S, Breaker
from livehub.translation.errors import (
    AccessDenied,
    AnswerMalformed,
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

_CONTROL_CHARACTERS: Final = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0)], " ")


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
            given = [lines[index].plain if link.reads_plain else lines[index].marked for index in here]
            got = await self._ask(link, given, source, target, share_s)
            certain = certain and got is not None
            for index, text in zip(here, got or [], strict=False):
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
    ) -> list[str | None] | None:
        """What one engine gives within ``share_s``; None when it failed."""
        if not link.breaker.admit():  # another call is finding out whether it works again
            link.stats.rested += 1
            return None
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        try:
            return await self._within(link, texts, source, target, share_s)
        except asyncio.CancelledError:
            link.breaker.abandoned()
            raise
        finally:
            link.stats.seconds += loop.time() - began_s
            link.stats.breaker = link.breaker.state
            link.stats.opened = link.breaker.opened

    async def _within(
        self, link: _Link, texts: Sequence[str], source: str, target: str, share_s: float
    ) -> list[str | None] | None:
        try:
            async with asyncio.timeout(share_s):
                got = await self._call(link, texts, source, target)
        except TimeoutError:
            self._note_failure(link, TranslationTimedOut(f"no answer within {share_s:.1f} s"))
            return None
        except TranslationRefused as error:
            link.stats.refusals += 1
            link.breaker.succeeded()  # it is there, and says no to this
            log.info("%s refused %s to %s: %s", link.translator.name, source, target, error.detail)
            return None
        except TranslationFailed as error:
            self._note_failure(link, error)
            return None
        except Exception as error:  # a plug-in may break its contract; the room must not notice
            log.exception("%s raised what a translator must not raise", link.translator.name)
            self._note_failure(link, AnswerMalformed(f"{type(error).__name__}: {error}"))
            return None
        link.breaker.succeeded()
        return got

    async def _call(self, link: _Link, texts: Sequence[str], source: str, target: str) -> list[str | None]:
        """Call once; when a whole batch is refused, line by line, so that one line does not cost the others theirs."""
        link.stats.calls += 1
        link.stats.lines += len(texts)
        try:
            got = _checked(await link.translator.translate(texts, source, target), len(texts))
        except TranslationRefused:
            if len(texts) == 1:
                raise
            link.stats.refusals += 1
            return [await self._call_alone(link, text, source, target) for text in texts]
        link.stats.translated += sum(text is not None for text in got)
        return got

    async def _call_alone(self, link: _Link, text: str, source: str, target: str) -> str | None:
        try:
            return (await self._call(link, [text], source, target))[0]
        except TranslationRefused:
            link.stats.refusals += 1
            return None

    def _note_failure(self, link: _Link, error: TranslationFailed) -> None:
        link.stats.failures += 1
        if isinstance(error, TranslationTimedOut):
            link.stats.timeouts += 1
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
    """Hold an answer to the contract, and take control characters and blank lines out of it."""
    if not isinstance(got, list) or len(got) != expected:
        raise AnswerMalformed(f"expected a list of {expected} entries")
    clean: list[str | None] = []
    for text in got:
        if text is not None and not isinstance(text, str):
            raise AnswerMalformed(f"an entry is {type(text).__name__}, not str or None")
        if text is not None and len(text) > MAX_ANSWER_CHARS:
            raise AnswerMalformed(f"a translation has {len(text)} characters")
        clean.append((text.translate(_CONTROL_CHARACTERS).strip() or None) if text is not None else None)
    return clean
