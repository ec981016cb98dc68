"""Speaking for rooms: each text once, in bounded time, out of a daily budget."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from livehub.clock import Clock
from livehub.errors import Unavailable
from livehub.translation.budget import Budget
from livehub.translation.locale import LOCALES
from livehub.translation.speech.cache import SoundCache, key_of
from livehub.translation.speech.chain import SpeakerChain, SpeakerStats
from livehub.translation.speech.errors import NothingToSay, NoVoice, SpeechFailed, SpeechSpent
from livehub.translation.speech.sound import Sound
from livehub.translation.speech.speaker import Speaker

DEADLINE_S: Final = 8.0
MAX_CHARS: Final = 500
MAX_CALLS: Final = 4
_TURN_S: Final = 1.0
#: texts that are spoken or wait for it; more are turned away at once
MAX_UNDER_WAY: Final = 64
_LINK: Final = re.compile(r"https?://\S+")
#: what a room used is kept beside what it had translated, under a name of its own
_BUDGETED: Final = "speech:"


class SpeechBusy(Unavailable):
    code, title = "speech_busy", "More is waiting to be spoken than this server can do"


@dataclass(slots=True)
class SpeechStats:
    """``cached``: from memory, or of another's call under way; ``chars``: given to speakers."""

    requested: int = 0
    cached: int = 0
    spoken: int = 0
    failed: int = 0
    over_budget: int = 0
    busy: int = 0
    chars: int = 0


class SpeechService:
    """Belongs to one event loop. ``budget`` None: without limit."""

    def __init__(
        self,
        speakers: Sequence[Speaker],
        clock: Clock,
        *,
        budget: Budget | None = None,
        cache: SoundCache | None = None,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        self._chain: Final = SpeakerChain(speakers, clock)
        self._budget: Final = budget
        self._cache: Final = cache if cache is not None else SoundCache()
        self._deadline_s: Final = deadline_s
        self._calls: Final = asyncio.Semaphore(MAX_CALLS)
        self._under_way: Final[dict[str, asyncio.Task[Sound]]] = {}
        self.stats: Final = SpeechStats()

    @property
    def locales(self) -> Sequence[str]:
        """That somebody here has a voice for."""
        return [tag for tag in LOCALES if self._chain.able(tag)]

    @property
    def remote(self) -> str | None:
        """The first speaker whose texts leave this machine; None: none do."""
        speakers = [speaker for tag in LOCALES for speaker in self._chain.able(tag)]
        return next((speaker.name for speaker in speakers if speaker.is_remote), None)

    @property
    def speakers(self) -> dict[str, SpeakerStats]:
        return self._chain.stats

    async def speak(self, room_id: str, text: str, locale: str) -> Sound:
        """
        Raises:
            NothingToSay; NoVoice; SpeechSpent; SpeechBusy; SpeechFailed.
        """
        said = speakable(text)
        key = key_of(said, locale)
        self.stats.requested += 1
        known = self._cache.get(key)
        if known is not None:
            self.stats.cached += 1
            return known
        making = self._under_way.get(key)
        if making is None:
            making = self._begin(room_id, key, said, locale)
        else:
            self.stats.cached += 1
        # Whoever hangs up ends only their own waiting.
        return await asyncio.shield(making)

    async def close(self) -> None:
        """Idempotent."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._chain.close()

    def _begin(self, room_id: str, key: str, text: str, locale: str) -> "asyncio.Task[Sound]":
        if len(self._under_way) >= MAX_UNDER_WAY:
            self.stats.busy += 1
            raise SpeechBusy(retry_after_s=5)
        if not self._chain.able(locale):
            raise NoVoice
        if self._budget is not None and not self._budget.take(_BUDGETED + room_id, len(text)):
            self.stats.over_budget += 1
            raise SpeechSpent(f"There will be more at {self._budget.resets_at()}", retry_after_s=600)
        made = asyncio.get_running_loop().create_task(self._make(room_id, key, text, locale), name="speech")
        self._under_way[key] = made
        made.add_done_callback(lambda _: self._under_way.pop(key, None))
        # Nobody may be left to hear how it ended.
        made.add_done_callback(lambda task: task.cancelled() or task.exception())
        return made

    async def _make(self, room_id: str, key: str, text: str, locale: str) -> Sound:
        until_s = asyncio.get_running_loop().time() + self._deadline_s
        try:
            # The speakers are timed by themselves; this ends waiting for one's turn.
            async with asyncio.timeout_at(until_s + _TURN_S), self._calls:
                sound = await self._chain.speak(text, locale, until_s)
        except BaseException as error:
            if self._budget is not None:
                self._budget.give_back(_BUDGETED + room_id, len(text))
            self.stats.failed += 1
            if isinstance(error, TimeoutError):
                raise SpeechFailed(retry_after_s=10) from error
            raise
        self.stats.spoken += 1
        self.stats.chars += len(text)
        self._cache.put(key, sound)
        return sound


def speakable(text: str) -> str:
    """One line of at most :data:`MAX_CHARS`, without links, which nobody wants to hear.

    Raises:
        NothingToSay: no letter and no digit is left.
    """
    plain = " ".join("".join(char if char.isprintable() else " " for char in _LINK.sub("…", text)).split())
    if len(plain) > MAX_CHARS:
        plain = plain[:MAX_CHARS].rpartition(" ")[0] or plain[:MAX_CHARS]
    if not any(char.isalnum() for char in plain):
        raise NothingToSay
    return plain
