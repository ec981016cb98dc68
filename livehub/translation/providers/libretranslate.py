"""A LibreTranslate server, or one that speaks its HTTP interface.

``GET /languages`` says which pairs there are, ``POST /translate`` takes many lines at once (``q`` as a list). The
interface is described at ``/docs`` of any such server. What it says is not trusted: sizes are bounded and every answer
is checked. Until the server has said its pairs, lines are asked for by their usual codes, and it says no itself.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from livehub.clock import Clock
from livehub.setting import Address
from livehub.translation.errors import AnswerMalformed, TranslationRefused
from livehub.translation.http import JsonClient, texts_of
from livehub.translation.known import Known
from livehub.translation.locale import LOCALES
from livehub.translation.provider import Translator

#: how long what /languages said is believed
LANGUAGES_TTL_S: Final = 600.0

# Servers differ in how they call simplified Chinese; the first is taken while the server's own code is not known.
_CODES: Final[Mapping[str, tuple[str, ...]]] = {"zh": ("zh", "zh-Hans", "zh-CN")}


EXAMPLE: Final = "libretranslate:http://127.0.0.1:5000?api_key=KEY"


class LibreTranslateTranslator:
    """Owns one HTTP session, opened at the first call. ``timeout_s`` bounds each HTTP request."""

    name = "libretranslate"

    def __init__(self, url: str, api_key: str = "", *, clock: Clock, timeout_s: float) -> None:
        self._api_key: Final = api_key
        self._client: Final = JsonClient(url, timeout_s=timeout_s, secrets=(api_key,))
        #: (source, target) → the server's codes
        self._pairs: Final[Known[dict[tuple[str, str], tuple[str, str]]]] = Known(clock, LANGUAGES_TTL_S)

    def supports(self, source: str, target: str) -> bool:
        """True for every pair of the eleven until the server has said which it has."""
        known = self._pairs.value
        if known is None:
            return source in LOCALES and target in LOCALES
        # Once believed for long enough, ask again: models are added while the server runs.
        return (source, target) in known or not self._pairs.fresh

    async def translate(self, texts: Sequence[str], source: str, target: str) -> list[str | None]:
        known = await self._pairs.get(self._learn)
        codes = (_usual(source), _usual(target)) if known is None else known.get((source, target))
        if codes is None:
            raise TranslationRefused(f"the server does not translate {source} to {target}")
        if not texts:
            return []
        source_code, target_code = codes
        body: dict[str, object] = {"q": list(texts), "source": source_code, "target": target_code, "format": "text"}
        if self._api_key:
            body["api_key"] = self._api_key
        answer = await self._client.post("/translate", body)
        translated = answer.get("translatedText") if isinstance(answer, dict) else None
        return texts_of(translated, len(texts), "translatedText")

    async def close(self) -> None:
        await self._client.close()

    async def _learn(self) -> dict[tuple[str, str], tuple[str, str]]:
        return _pairs(await self._client.get("/languages"))


def _usual(tag: str) -> str:
    return _CODES.get(tag, (tag,))[0]


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
