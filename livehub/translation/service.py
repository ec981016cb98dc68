"""A line into the locales of a room: once per line and pair, however many people read it.

The order of things for one line and one target: screened (links and numbers are not sent) → cache → joined to the same
line if it is under way → queued for its pair of languages → sent with what else waits for that pair, in one call →
cached and given to everyone who asked. Whatever goes wrong ends in "no translation": the original stands.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from livehub.clock import Clock
from livehub.translation.cache import Key, TranslationCache
from livehub.translation.chain import Answer, ProviderChain
from livehub.translation.locale import require_locale
from livehub.translation.provider import Translator
from livehub.translation.screening import has_words
from livehub.translation.stats import TranslationStats

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Translation:
    """One line in one locale; ``provider`` is the engine's name."""

    text: str
    source_locale: str
    target_locale: str
    provider: str


@dataclass(slots=True, eq=False)
class _Line:
    """A line under way. ``expires_at_s`` is on the loop's clock; ``done`` resolves to None when nothing came of it."""

    key: Key
    done: "asyncio.Future[Translation | None]"
    expires_at_s: float
    timer: asyncio.TimerHandle


@dataclass(slots=True)
class _Lane:
    """The lines waiting for one pair of languages, and how many pumps are at work on them."""

    waiting: deque[_Line] = field(default_factory=deque)
    pumps: int = 0


class TranslationService:
    """Owns its engines and the calls to them; :meth:`close` ends both. One event loop, nothing blocks it.

    Args:
        translators: tried in this order.
        deadline_s: a line that has no translation by then gets none.
        cache: what is kept, and for how long; a :class:`TranslationCache` with its defaults when not given.
        max_calls: calls to engines at the same time, over all pairs; ``max_calls_per_pair`` of them for one pair.
        max_batch: lines in one call. Lines gather only while calls are busy: the first one never waits.
        max_under_way: lines waiting or being translated; more get no translation.
        max_text_chars: a longer line gets no translation.
    """

    def __init__(
        self,
        translators: Sequence[Translator],
        *,
        clock: Clock,
        deadline_s: float = 3.0,
        cache: TranslationCache | None = None,
        max_calls: int = 16,
        max_calls_per_pair: int = 2,
        max_batch: int = 32,
        max_under_way: int = 2_000,
        max_text_chars: int = 2_000,
    ) -> None:
        self._chain: Final = ProviderChain(translators, clock)
        self._cache: Final = cache if cache is not None else TranslationCache(clock)
        self._deadline_s: Final = deadline_s
        self._calls: Final = asyncio.Semaphore(max_calls)
        self._max_calls_per_pair: Final = max_calls_per_pair
        self._max_batch: Final = max_batch
        self._max_under_way: Final = max_under_way
        self._max_text_chars: Final = max_text_chars
        self._lanes: Final[dict[tuple[str, str], _Lane]] = {}
        self._under_way: Final[dict[Key, _Line]] = {}
        self._pumps: Final[set[asyncio.Task[None]]] = set()
        self._closed = False
        self.stats: Final = TranslationStats(providers=self._chain.stats)

    async def translate(
        self, text: str, source_locale: str | None, target_locales: Iterable[str]
    ) -> dict[str, Translation]:
        """All translations that came in time, by locale; a locale that is missing keeps the original.

        ``source_locale`` None (see :func:`~livehub.translation.locale.detect_source`) gives none, and so does a target
        equal to it.

        Raises:
            UnsupportedLocale: a locale that is none of the eleven.
        """
        return {found.target_locale: found async for found in self.as_ready(text, source_locale, target_locales)}

    async def as_ready(
        self, text: str, source_locale: str | None, target_locales: Iterable[str]
    ) -> AsyncIterator[Translation]:
        """The same, one by one as they come: a slow locale does not hold up a quick one. May be left at any time."""
        ready, pending = self._begin(text, source_locale, target_locales)
        for translation in ready:
            yield translation
        while pending:
            finished, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for done in finished:
                translation_or_none = done.result()
                if translation_or_none is not None:
                    yield translation_or_none

    def submit(
        self,
        text: str,
        source_locale: str | None,
        target_locales: Iterable[str],
        on_ready: Callable[[Translation], None],
    ) -> None:
        """The same without waiting: ``on_ready`` is called on the loop once per locale, as each comes.

        Needs no task of the caller's. ``on_ready`` must not block; what it raises is logged. What the cache has is
        told before this returns. Nothing is called after :meth:`close`.
        """
        ready, pending = self._begin(text, source_locale, target_locales)

        def tell(translation: Translation | None) -> None:
            if translation is None or self._closed:
                return
            try:
                on_ready(translation)
            except Exception:
                log.exception("a receiver of translations failed")

        for translation in ready:
            tell(translation)
        for done in pending:
            done.add_done_callback(lambda future: tell(future.result()))

    async def close(self) -> None:
        """Give up on what is under way (everyone who waits gets nothing), then close the engines. Idempotent."""
        if self._closed:
            return
        self._closed = True
        for line in list(self._under_way.values()):
            self._resolve(line, None)
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)
        await self._chain.close()

    # ---- from a request to lines under way ----

    def _begin(
        self, text: str, source: str | None, targets: Iterable[str]
    ) -> tuple[list[Translation], set["asyncio.Future[Translation | None]"]]:
        wanted = {require_locale(target) for target in targets} - {source}
        text = text.strip()
        if source is None or not wanted or self._closed or not self._worth_sending(text):
            return [], set()
        require_locale(source)
        ready: list[Translation] = []
        pending: set[asyncio.Future[Translation | None]] = set()
        for target in wanted:
            self.stats.requested += 1
            key = (text, source, target)
            kept = self._cache.get(key)
            if kept is not None:
                self.stats.cache_hits += 1
                if kept.text is not None and kept.text != text:
                    ready.append(Translation(kept.text, source, target, kept.provider))
            elif (line := self._under_way.get(key)) is not None:
                self.stats.coalesced += 1
                pending.add(line.done)
            elif len(self._under_way) >= self._max_under_way:
                self.stats.overloaded += 1
            else:
                pending.add(self._enqueue(key))
        return ready, pending

    def _worth_sending(self, text: str) -> bool:
        if len(text) > self._max_text_chars:
            self.stats.too_long += 1
            return False
        if not has_words(text):
            self.stats.wordless += 1
            return False
        return True

    def _enqueue(self, key: Key) -> "asyncio.Future[Translation | None]":
        loop = asyncio.get_running_loop()
        expires_at_s = loop.time() + self._deadline_s
        line = _Line(key, loop.create_future(), expires_at_s, loop.call_at(expires_at_s, self._expire, key))
        self._under_way[key] = line
        pair = (key[1], key[2])
        lane = self._lanes.setdefault(pair, _Lane())
        lane.waiting.append(line)
        if lane.pumps < self._max_calls_per_pair:
            lane.pumps += 1
            pump = loop.create_task(self._pump(pair, lane), name=f"translate {pair[0]}-{pair[1]}")
            self._pumps.add(pump)
            pump.add_done_callback(self._pumps.discard)
        return line.done

    # ---- from lines under way to answers ----

    async def _pump(self, pair: tuple[str, str], lane: _Lane) -> None:
        """Send what waits in a lane, a batch at a time, until nothing waits."""
        try:
            while lane.waiting:
                async with self._calls:
                    batch = self._take(lane)
                    if batch:
                        await self._send(pair, batch)
        finally:
            lane.pumps -= 1

    def _take(self, lane: _Lane) -> list[_Line]:
        batch: list[_Line] = []
        while lane.waiting and len(batch) < self._max_batch:
            line = lane.waiting.popleft()
            if not line.done.done():  # expired while it waited
                batch.append(line)
        return batch

    async def _send(self, pair: tuple[str, str], batch: Sequence[_Line]) -> None:
        until_s = max(line.expires_at_s for line in batch)
        answers = await self._chain.translate([line.key[0] for line in batch], *pair, until_s)
        for line, answer in zip(batch, answers, strict=True):
            self._answer(line, answer)

    def _answer(self, line: _Line, answer: Answer) -> None:
        text, source, target = line.key
        if answer.certain:
            # Also when it came too late for those who asked: the next who asks has it at once.
            self._cache.put(line.key, answer.text, answer.provider)
        if line.done.done():
            return
        if answer.text is None:
            if answer.certain:
                self.stats.missing += 1
            else:
                self.stats.failed += 1
            self._resolve(line, None)
        elif answer.text == text:
            self.stats.unchanged += 1
            self._resolve(line, None)
        else:
            self.stats.translated += 1
            self._resolve(line, Translation(answer.text, source, target, answer.provider))

    def _expire(self, key: Key) -> None:
        self.stats.timed_out += 1
        self._resolve(self._under_way[key], None)

    def _resolve(self, line: _Line, translation: Translation | None) -> None:
        """The one end of every line. Its timer is gone afterwards, so a later line of the same key is not touched."""
        line.timer.cancel()
        del self._under_way[line.key]
        line.done.set_result(translation)
