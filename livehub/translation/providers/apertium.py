"""Apertium, by the HTTP service of its own, apy: ``GET /listPairs``, ``POST /translate`` with ``langpair`` and ``q``.

Rules and dictionaries instead of a model: a millisecond a line on any machine, for pairs of related languages. Seen
at https://wiki.apertium.org/wiki/Apertium-apy; codes are ISO 639-3. One line in a request, some of them at once.
Words that it does not know it hands through; a line without one that it knows is left to the next engine.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from livehub.clock import Clock
from livehub.setting import Address
from livehub.translation.batches import at_once
from livehub.translation.errors import AnswerMalformed, TranslationRefused
from livehub.translation.http import JsonClient
from livehub.translation.known import Known
from livehub.translation.provider import Translator

EXAMPLE: Final = "apertium:http://127.0.0.1:2737"
PAIRS_TTL_S: Final = 600.0
_AT_ONCE: Final = 4

#: ours → how pairs are called there, the one that is taken first
_CODES: Final[Mapping[str, tuple[str, ...]]] = {
    "ar": ("ara", "ar"), "en": ("eng", "en"), "es": ("spa", "es"), "fr": ("fra", "fr"), "id": ("ind", "id"),
    "ja": ("jpn", "ja"), "ru": ("rus", "ru"), "th": ("tha", "th"), "tr": ("tur", "tr"), "vi": ("vie", "vi"),
    "zh": ("zho", "zh"),
}  # fmt: skip


class ApertiumTranslator:
    """Between the pairs that the service has; it is asked for them at the first line, and every ten minutes.

    Until it has said them, lines are asked for by the first codes of :data:`_CODES`, and it says no itself.
    """

    name = "apertium"

    def __init__(self, url: str, *, clock: Clock, timeout_s: float) -> None:
        self._client: Final = JsonClient(url, timeout_s=timeout_s)
        #: (source, target) → ``eng|spa``
        self._pairs: Final[Known[dict[tuple[str, str], str]]] = Known(clock, PAIRS_TTL_S)

    def supports(self, source: str, target: str) -> bool:
        """True for every pair of the eleven until the service has said which it has."""
        known = self._pairs.value
        if known is None or not self._pairs.fresh:
            return source in _CODES and target in _CODES
        return (source, target) in known

    async def translate(self, texts: Sequence[str], source: str, target: str) -> list[str | None]:
        known = await self._pairs.get(self._learn)
        pair = f"{_CODES[source][0]}|{_CODES[target][0]}" if known is None else known.get((source, target))
        if pair is None:
            raise TranslationRefused(f"the service does not translate {source} to {target}")
        free = asyncio.Semaphore(_AT_ONCE)

        async def one(text: str) -> str | None:
            async with free:
                return await self._line(text, pair)

        return await at_once(one(text) for text in texts)

    async def close(self) -> None:
        await self._client.close()

    async def _line(self, text: str, pair: str) -> str | None:
        if not text.strip():
            return None
        form = {"langpair": pair, "q": text, "markUnknown": "no", "format": "txt"}
        answer = _data(await self._client.post("/translate", form=form))
        translated = answer.get("translatedText") if isinstance(answer, dict) else None
        if not isinstance(translated, str):
            raise AnswerMalformed("translatedText is no text")
        translated = translated.strip()
        return translated if translated and translated != text.strip() else None

    async def _learn(self) -> dict[tuple[str, str], str]:
        return _pairs(_data(await self._client.get("/listPairs")))


def _data(answer: Any) -> Any:
    """What is in ``{"responseData": …, "responseStatus": 200}``."""
    if not isinstance(answer, dict) or answer.get("responseStatus") != 200:
        raise AnswerMalformed("the answer has no responseStatus 200")
    return answer.get("responseData")


def _pairs(found: Any) -> dict[tuple[str, str], str]:
    """From ``[{"sourceLanguage": "eng", "targetLanguage": "spa"}, …]``: ours → ``eng|spa``."""
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise AnswerMalformed("/listPairs is not a list of pairs")
    has = {(entry.get("sourceLanguage"), entry.get("targetLanguage")) for entry in found}
    return {
        (source, target): f"{source_code}|{target_code}"
        for source, source_codes in _CODES.items()
        for target, target_codes in _CODES.items()
        for source_code in source_codes[::-1]
        for target_code in target_codes[::-1]
        if source != target and (source_code, target_code) in has
    }


def create(setting: str, *, clock: Clock, deadline_s: float) -> Translator:
    """Entry point ``apertium``; ``setting``: the address of apy.

    Raises:
        ValueError: an address that cannot be used.
    """
    return ApertiumTranslator(Address.parse(setting, example=EXAMPLE).url, clock=clock, timeout_s=deadline_s)
