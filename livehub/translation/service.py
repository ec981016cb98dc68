"""A line into the locales of a room: once per line and pair, however many people read it.

The order of things for one line and one target: cache → joined to the same line if it is under way → prepared (what
must stay is marked; lines of only links and numbers are not sent) → queued for its pair of languages → what other
processes know of it → sent with what else waits for that pair, in one call → cached and given to everyone who asked.
Whatever goes wrong ends in "no translation": the original stands.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from livehub.clock import Clock
from livehub.translation.cache import Key, TranslationCache
from livehub.translation.chain import Answer, ProviderChain
from livehub.translation.lanes import Lane, Line, for_instant_engines
from livehub.translation.locale import require_locale
from livehub.translation.protecting import Prepared
from livehub.translation.provider import Translator
from livehub.translation.stats import TranslationStats
from livehub.translation.wording import Circumstances, Wording, version_of

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Translation:
    """One line in one locale; ``provider`` is the engine's name. ``unchanged``: it is the original again."""

    text: str
    source_locale: str
    target_locale: str
    provider: str
    unchanged: bool = False


_NONE: Final = Circumstances()
#: lines whose time is over so soon are given up on together, before their call notices by itself
_TOGETHER_S: Final = 0.001


class Budget(Protocol):
    """See :class:`livehub.translation.budget.Budget`."""

    def take(self, room_id: str, chars: int) -> bool:
        """False: so much is not left."""

    def give_back(self, room_id: str, chars: int) -> None: ...


class SharedCache(Protocol):
    """What other processes of the server have translated already. Never raises, and answers in little time or not."""

    async def get(self, keys: Sequence[Key]) -> Sequence[tuple[str, str] | None]:
        """Text and engine of each, where it is known."""

    def put(self, key: Key, text: str, provider: str) -> None: ...


class TranslationService:
    """Owns its engines and the calls to them; :meth:`close` ends both. One event loop, nothing blocks it.

    Args:
        translators: tried in this order.
        deadline_s: a line that has no translation by then gets none.
        cache: what is kept, and for how long; a :class:`TranslationCache` with its defaults when not given.
        max_calls: calls to engines at the same time, over all pairs; ``max_calls_per_pair`` of them for one pair.
        max_batch: lines in one call.
        gather_s: how long the first line of a call waits for others; 0: lines gather only while calls are busy.
        budget: characters that rooms may use; without one they are not counted.
        shared: what other processes have translated.
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
        gather_s: float = 0.0,
        budget: Budget | None = None,
        shared: SharedCache | None = None,
    ) -> None:
        self._chain: Final = ProviderChain(translators, clock)
        self._cache: Final = cache if cache is not None else TranslationCache(clock)
        self._deadline_s: Final = deadline_s
        self._calls: Final = asyncio.Semaphore(max_calls)
        self._max_calls_per_pair: Final = max_calls_per_pair
        self._max_batch: Final = max_batch
        self._max_under_way: Final = max_under_way
        self._max_text_chars: Final = max_text_chars
        self._gather_s: Final = gather_s
        self._budget: Final = budget
        self._shared: Final = shared
        self._free: Final = self._chain.free
        self._lanes: Final[dict[tuple[str, str], Lane]] = {}
        self._under_way: Final[dict[Key, Line]] = {}
        self._expiry: asyncio.TimerHandle | None = None
        self._pumps: Final[set[asyncio.Task[None]]] = set()
        self._closed = False
        self.stats: Final = TranslationStats(providers=self._chain.stats)

    async def translate(
        self,
        text: str,
        source_locale: str | None,
        target_locales: Iterable[str],
        circumstances: Circumstances = _NONE,
        *,
        unchanged: bool = False,
    ) -> dict[str, Translation]:
        """All translations that came in time, by locale; a locale that is missing keeps the original.

        ``source_locale`` None (see :mod:`livehub.translation.detection`) gives none, and so does a target equal to it.
        ``unchanged``: with those that are the original again, such as a brand's name; otherwise they are none.

        Raises:
            UnsupportedLocale: a locale that is none of the eleven.
        """
        ready = self.as_ready(text, source_locale, target_locales, circumstances, unchanged=unchanged)
        return {found.target_locale: found async for found in ready}

    async def as_ready(
        self,
        text: str,
        source_locale: str | None,
        target_locales: Iterable[str],
        circumstances: Circumstances = _NONE,
        *,
        unchanged: bool = False,
    ) -> AsyncIterator[Translation]:
        """The same, one by one as they come: a slow locale does not hold up a quick one. May be left at any time."""
        ready, pending = self._begin(text, source_locale, target_locales, circumstances)
        for translation in ready:
            if unchanged or not translation.unchanged:
                yield translation
        while pending:
            finished, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for done in finished:
                found = done.result()
                if found is not None and (unchanged or not found.unchanged):
                    yield found

    def submit(
        self,
        text: str,
        source_locale: str | None,
        target_locales: Iterable[str],
        on_ready: Callable[[Translation], None],
        circumstances: Circumstances = _NONE,
    ) -> None:
        """The same without waiting: ``on_ready`` is called on the loop once per locale, as each comes.

        Needs no task of the caller's. ``on_ready`` must not block; what it raises is logged. What the cache has is
        told before this returns. Nothing is called after :meth:`close`.
        """
        ready, pending = self._begin(text, source_locale, target_locales, circumstances)

        def tell(translation: Translation | None) -> None:
            if translation is None or translation.unchanged or self._closed:
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
        if self._expiry is not None:
            self._expiry.cancel()
        for lane in self._lanes.values():
            if lane.gathering is not None:
                lane.gathering.cancel()
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)
        await self._chain.close()

    # ---- from a request to lines under way ----

    def _begin(
        self, text: str, source: str | None, targets: Iterable[str], circumstances: Circumstances
    ) -> tuple[list[Translation], set["asyncio.Future[Translation | None]"]]:
        wanted = {require_locale(target) for target in targets} - {source}
        text = text.strip()
        if source is None or not wanted or self._closed:
            return [], set()
        require_locale(source)
        if len(text) > self._max_text_chars:
            self.stats.too_long += 1
            return [], set()
        ready: list[Translation] = []
        pending: set[asyncio.Future[Translation | None]] = set()
        version = version_of(text, circumstances)
        wording = Wording(text, source, circumstances)
        for target in wanted:
            key = (text, source, target, version)
            kept = self._cache.get(key)
            if kept is not None:
                self.stats.requested += 1
                self.stats.cache_hits += 1
                if kept.text is not None:
                    ready.append(Translation(kept.text, source, target, kept.provider, kept.text == text))
            elif (line := self._under_way.get(key)) is not None:
                self.stats.requested += 1
                self.stats.coalesced += 1
                pending.add(line.done)
            elif not wording.has_words:
                self.stats.wordless += 1
                break
            elif len(self._under_way) >= self._max_under_way:
                self.stats.requested += 1
                self.stats.overloaded += 1
            else:
                self.stats.requested += 1
                pending.add(self._enqueue(key, wording.into(target), circumstances.room_id))
        return ready, pending

    def _enqueue(self, key: Key, prepared: Prepared, room_id: str) -> "asyncio.Future[Translation | None]":
        loop = asyncio.get_running_loop()
        line = Line(key, prepared, loop.create_future(), loop.time() + self._deadline_s)
        self._under_way[key] = line
        if self._expiry is None:
            self._expiry = loop.call_at(line.expires_at_s, self._expire)
        self._charge(line, room_id)
        pair = (key[1], key[2])
        lane = self._lanes.setdefault(pair, Lane())
        lane.waiting.append(line)
        if not self._gather_s or len(lane.waiting) >= self._max_batch:
            self._open(pair, lane)
        elif lane.gathering is None and lane.pumps < self._max_calls_per_pair:
            self._gather(pair, lane, loop.time())
        return line.done

    def _gather(self, pair: tuple[str, str], lane: Lane, now_s: float) -> None:
        delay_s = max(self._gather_s, lane.apart_s(now_s, self._max_calls_per_pair))
        lane.gathering = asyncio.get_running_loop().call_later(delay_s, self._open, pair, lane)

    def _charge(self, line: Line, room_id: str) -> None:
        """Take a line's characters before they are used; without any left only free engines get it."""
        if self._budget is None or not room_id or not line.prepared.marked:
            return
        chars = len(line.prepared.marked)
        if self._budget.take(room_id, chars):
            line.charged = (room_id, chars)
        else:
            self.stats.over_budget += 1
            for_instant_engines(line)

    def _open(self, pair: tuple[str, str], lane: Lane) -> None:
        """Begin to send what waits in a lane, if not as many as may are at it already."""
        if lane.gathering is not None:
            lane.gathering.cancel()
            lane.gathering = None
        if self._closed or not lane.waiting or lane.pumps >= self._max_calls_per_pair:
            return
        lane.pumps += 1
        pump = asyncio.get_running_loop().create_task(self._pump(pair, lane), name=f"translate {pair[0]}-{pair[1]}")
        self._pumps.add(pump)
        pump.add_done_callback(self._pumps.discard)

    # ---- from lines under way to answers ----

    async def _pump(self, pair: tuple[str, str], lane: Lane) -> None:
        """Send what waits in a lane, a batch at a time, until nothing waits or another call is to be put in between."""
        try:
            while lane.waiting:
                async with self._calls:
                    await self._send_next(pair, lane)
                now_s = asyncio.get_running_loop().time()
                is_much = len(lane.waiting) >= self._max_batch
                if self._gather_s and not is_much and lane.apart_s(now_s, self._max_calls_per_pair) > 0:
                    break
        finally:
            lane.pumps -= 1
            if lane.waiting and lane.gathering is None and not self._closed:
                self._gather(pair, lane, asyncio.get_running_loop().time())

    async def _send_next(self, pair: tuple[str, str], lane: Lane) -> None:
        loop = asyncio.get_running_loop()
        batch, late = lane.take(loop.time(), self._max_batch)
        for line in late:
            self._refund(line)
            for_instant_engines(line)
        if waiting := [line for line in late if not line.done.done()]:
            self.stats.overloaded += len(waiting)
            await self._send(pair, waiting)
        if batch:
            began_s = lane.began_s = loop.time()
            await self._send(pair, batch)
            lane.took(loop.time() - began_s, self._deadline_s)

    async def _send(self, pair: tuple[str, str], batch: Sequence[Line]) -> None:
        until_s = max(line.expires_at_s for line in batch)
        left = await self._known_elsewhere(batch) if self._shared is not None else batch
        if not left:
            return
        answers = await self._chain.translate([line.prepared for line in left], *pair, until_s)
        for line, answer in zip(left, answers, strict=True):
            self._settle(line, answer)
            self._answer(line, answer)

    async def _known_elsewhere(self, batch: Sequence[Line]) -> list[Line]:
        """Answer what other processes have had translated; gives the others."""
        assert self._shared is not None  # noqa: S101  the caller has looked
        found = await self._shared.get([line.key for line in batch])
        left: list[Line] = []
        for line, known in zip(batch, found, strict=True):
            if known is None:
                left.append(line)
                continue
            self.stats.shared_hits += 1
            self._refund(line)
            self._answer(line, Answer(known[0], known[1], certain=True))
        return left

    def _settle(self, line: Line, answer: Answer) -> None:
        """What cost nothing is given back; what was made is told to the other processes."""
        if answer.text is None or answer.provider in self._free:
            self._refund(line)
            return
        self.stats.chars += line.charged[1] or len(line.prepared.marked)
        if self._shared is not None:
            self._shared.put(line.key, answer.text, answer.provider)

    def _refund(self, line: Line) -> None:
        room_id, chars = line.charged
        if self._budget is not None and chars:
            self._budget.give_back(room_id, chars)
            line.charged = ("", 0)

    def _answer(self, line: Line, answer: Answer) -> None:
        text, source, target, _ = line.key
        # What only free engines saw may well be had another day.
        if answer.certain and (answer.text is not None or line.prepared.marked):
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
        else:
            unchanged = answer.text == text
            self.stats.unchanged += unchanged
            self.stats.translated += not unchanged
            self._resolve(line, Translation(answer.text, source, target, answer.provider, unchanged))

    def _expire(self) -> None:
        """Give up on the lines whose time is over. They stand in the order they came in, so one timer does for all."""
        loop = asyncio.get_running_loop()
        self._expiry = None
        due_s = loop.time() + _TOGETHER_S
        while self._under_way:
            line = next(iter(self._under_way.values()))
            if line.expires_at_s > due_s:
                self._expiry = loop.call_at(line.expires_at_s, self._expire)
                break
            self.stats.timed_out += 1
            self._resolve(line, None)

    def _resolve(self, line: Line, translation: Translation | None) -> None:
        """The one end of every line."""
        del self._under_way[line.key]
        line.done.set_result(translation)
