"""What was said in a room that can be watched again, in a reader's language: for cues, lists and searching."""

import asyncio
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from livehub.media.captions.limits import CaptionLimits
from livehub.media.captions.model import Line
from livehub.media.captions.ports import CaptionStore, Translating
from livehub.media.recording.replay import Replay

#: lines that are translated for one reader's asking; the next reader of the language finds the others
_MAX_TRANSLATED: Final = 500
_AT_ONCE: Final = 32


@dataclass(frozen=True, slots=True)
class Cue:
    """From ``start_s`` to ``end_s`` of the replay. ``source`` is what was said, where ``text`` is its translation."""

    start_s: float
    end_s: float
    text: str
    locale: str
    source: str | None
    source_locale: str


class ReplayCaptions:
    def __init__(self, store: CaptionStore, translating: Translating, limits: CaptionLimits | None = None) -> None:
        self._store = store
        self._translating = translating
        self._limits = limits or CaptionLimits()
        self._making: dict[tuple[str, str], asyncio.Lock] = {}

    async def cues(self, room_id: str, replay: Replay, locale: str | None) -> list[Cue]:
        """In ``locale``, translated where that was not done yet and can be; None: as it was said."""
        # Players ask for each minute by itself: a long show in eleven languages is much to read for one of them.
        lines = await self._store.of_room(room_id, self._limits.max_kept_lines, [locale] if locale else [])
        if locale is not None:
            await self._translate(room_id, lines, locale)
        return [cue for line in lines if (cue := _cue(line, replay, locale)) is not None]

    async def locales(self, room_id: str) -> list[str]:
        """In which something is kept, the one that most was said in first."""
        return list(await self._store.locales_of(room_id))

    async def _translate(self, room_id: str, lines: Sequence[Line], locale: str) -> None:
        missing = [line for line in lines if line.locale != locale and locale not in line.translations]
        if not missing:
            return
        lock = self._making.setdefault((room_id, locale), asyncio.Lock())
        try:
            async with lock:
                await self._translate_some(room_id, missing[:_MAX_TRANSLATED], locale)
        finally:
            if not lock.locked():
                self._making.pop((room_id, locale), None)

    async def _translate_some(self, room_id: str, missing: Sequence[Line], locale: str) -> None:
        made: list[tuple[str, str, str]] = []
        for start in range(0, len(missing), _AT_ONCE):
            batch = missing[start : start + _AT_ONCE]
            found = await asyncio.gather(
                *(self._translating.translate(room_id, line.text, line.locale, [locale]) for line in batch)
            )
            for line, translations in zip(batch, found, strict=True):
                if locale in translations:
                    line.translations[locale] = translations[locale].text
                    made.append((line.id, locale, line.translations[locale]))
            if not any(found):  # no engine for this pair, or none that answers: the rest would not fare better
                break
        if made:
            await self._store.translate(made)


def _cue(line: Line, replay: Replay, locale: str | None) -> Cue | None:
    start_s = replay.position_s(line.start_ms)
    if start_s is None:
        return None
    text = line.text if locale is None else line.text_in(locale)
    is_translated = locale is not None and locale in line.translations
    return Cue(
        round(start_s, 3),
        round(start_s + (line.end_ms - line.start_ms) / 1000, 3),
        text,
        locale if is_translated and locale else line.locale,
        line.text if is_translated else None,
        line.locale,
    )


def search(cues: Sequence[Cue], words: str) -> list[Cue]:
    """Those in which every word of ``words`` occurs, in what is shown or in what was said; case and accents aside."""
    wanted = _plain(words).split()
    return [cue for cue in cues if all(word in _plain(f"{cue.text} {cue.source or ''}") for word in wanted)]


def _plain(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(char))
