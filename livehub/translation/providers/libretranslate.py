"""A LibreTranslate server, or one that speaks its HTTP interface.

``GET /languages`` says which pairs there are, ``POST /translate`` takes many lines at once (``q`` as a list). The
interface is described at ``/docs`` of any such server. What it says is not trusted: sizes are bounded and every answer
is checked.
"""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from livehub.clock import Clock
from livehub.setting import Address
from livehub.translation.errors import AnswerMalformed, TranslationFailed, TranslationRefused
from livehub.translation.http import JsonClient, texts_of
from livehub.translation.locale import LOCALES
from livehub.translation.provider import Translator

#: how long what /languages said is believed
LANGUAGES_TTL_S: Final = 600.0
#: and when it is asked again after it said nothing that can be believed
RETRY_S: Final = 60.0
#: how long a call waits for it while another asks; a server that answers at all has said it by then
LEARNING_S: Final = 1.0

# Servers differ in how they call simplified Chinese.
_CODES: Final[Mapping[str, tuple[str, ...]]] = {"zh": ("zh", "zh-Hans", "zh-CN")}


EXAMPLE: Final = "libretranslate:http://127.0.0.1:5000?api_key=KEY"


class LibreTranslateTranslator:
    """Owns one HTTP session, opened at the first call. ``timeout_s`` bounds each HTTP request."""

    name = "libretranslate"

    def __init__(self, url: str, api_key: str = "", *, clock: Clock, timeout_s: float) -> None:
        self._api_key: Final = api_key
        self._clock: Final = clock
        self._client: Final = JsonClient(url, timeout_s=timeout_s, secrets=(api_key,))
        #: set when the call that asks has ended, None: none does
        self._learning: asyncio.Event | None = None
        self._learned_until_s = float("-inf")
        #: (source, target) → the server's codes; None until it was asked
        self._pairs: dict[tuple[str, str], tuple[str, str]] | None = None

    def supports(self, source: str, target: str) -> bool:
        """True for every pair of the eleven until the server has said which it has."""
        if self._pairs is None:
            return source in LOCALES and target in LOCALES
        # Once believed for long enough, ask again: models are added while the server runs.
        return (source, target) in self._pairs or self._clock.monotonic() >= self._learned_until_s

    async def translate(self, texts: Sequence[str], source: str, target: str) -> list[str | None]:
        await self._learn()
        source_code, target_code = self._codes(source, target)
        if not texts:
            return []
        body: dict[str, object] = {"q": list(texts), "source": source_code, "target": target_code, "format": "text"}
        if self._api_key:
            body["api_key"] = self._api_key
        answer = await self._client.post("/translate", body)
        translated = answer.get("translatedText") if isinstance(answer, dict) else None
        return texts_of(translated, len(texts), "translatedText")

    async def close(self) -> None:
        await self._client.close()

    def _codes(self, source: str, target: str) -> tuple[str, str]:
        if self._pairs is None:  # the call that asks hangs, and whoever comes after it must not
            source_code, target_code = (_CODES.get(tag, (tag,))[0] for tag in (source, target))
            return source_code, target_code
        if (source, target) not in self._pairs:
            raise TranslationRefused(f"the server does not translate {source} to {target}")
        return self._pairs[source, target]

    async def _learn(self) -> None:
        """Ask which pairs the server has, unless that is known or another call asks already."""
        if self._clock.monotonic() < self._learned_until_s:
            return
        if self._learning is not None:
            if self._pairs is None:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._learning.wait(), LEARNING_S)
            return
        self._learning = asyncio.Event()
        try:
            self._pairs = _pairs(await self._client.get("/languages"))
            self._learned_until_s = self._clock.monotonic() + LANGUAGES_TTL_S
        except TranslationFailed:
            if self._pairs is None:
                raise
            # What it had it may well have yet; whether it has shows when it is asked to translate.
            self._learned_until_s = self._clock.monotonic() + RETRY_S
        finally:
            self._learning.set()
            self._learning = None


def _pairs(answer: Any) -> dict[tuple[str, str], tuple[str, str]]:
    """From ``[{"code": "en", "targets": ["es", …]}, …]`` to our tags. Older servers leave ``targets`` out: all then."""
    if not isinstance(answer, list):
        raise AnswerMalformed("/languages is not a list")
    targets: dict[str, object] = {}
    for language in answer:
        if not isinstance(language, dict) or not isinstance(language.get("code"), str):
            raise AnswerMalformed("/languages holds something that is no language")
        targets[language["code"]] = language.get("targets")
    codes = {tag: next((code for code in _CODES.get(tag, (tag,)) if code in targets), None) for tag in LOCALES}
    pairs: dict[tuple[str, str], tuple[str, str]] = {}
    for source, source_code in codes.items():
        for target, target_code in codes.items():
            if source == target or source_code is None or target_code is None:
                continue
            reached = targets[source_code]
            if not isinstance(reached, list) or target_code in reached:
                pairs[source, target] = (source_code, target_code)
    return pairs


def create(setting: str, *, clock: Clock, deadline_s: float) -> Translator:
    """Entry point ``libretranslate``; ``setting``: the address, with ``?api_key=`` or ``?api_key_file=`` for a key.

    Raises:
        ValueError: an address that cannot be used.
    """
    address = Address.parse(setting, example=EXAMPLE, options=("api_key", "api_key_file"))
    return LibreTranslateTranslator(address.url, address.key("api_key"), clock=clock, timeout_s=deadline_s)
