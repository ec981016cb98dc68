"""DeepL: ``POST /v2/translate`` with JSON, the key in a header.

Documented at https://developers.deepl.com/docs: up to 50 texts and 128 KiB in a request; 429 too many requests, 456
the account's characters are used up, 403 the key, 529 too many requests as well. Marks go as XML elements, which DeepL
keeps with ``tag_handling=xml``.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from livehub.setting import Address
from livehub.translation.batches import batches
from livehub.translation.errors import AnswerMalformed, QuotaExceeded
from livehub.translation.http import JsonClient, texts_of
from livehub.translation.marks import Markup, has_marks
from livehub.translation.provider import Translator

PRO_URL: Final = "https://api.deepl.com"
FREE_URL: Final = "https://api-free.deepl.com"
#: how the keys of the free plan end
FREE_KEY: Final = ":fx"
MAX_TEXTS: Final = 50
#: 128 KiB less room for the other members
MAX_BODY_BYTES: Final = 120 * 1024
EXAMPLE: Final = "deepl:?key_file=/etc/livehub/deepl.key"

_SOURCES: Final[Mapping[str, str]] = {
    "ar": "AR", "en": "EN", "es": "ES", "fr": "FR", "id": "ID", "ja": "JA", "ru": "RU", "th": "TH", "tr": "TR",
    "vi": "VI", "zh": "ZH",
}  # fmt: skip
#: a target has a variant where a source has none
_TARGETS: Final[Mapping[str, str]] = {**_SOURCES, "en": "EN-US", "zh": "ZH-HANS"}
_MARKUP: Final = Markup('<x id="%s"/>', r'<x id="(\d{1,3})"\s*(?:/>|>\s*</x>)')


class DeepLTranslator:
    """Between any two of the eleven locales."""

    name = "deepl"

    def __init__(self, url: str, key: str, *, formality: str = "", timeout_s: float) -> None:
        self._formality: Final = formality
        self._client: Final = JsonClient(
            url,
            timeout_s=timeout_s,
            secrets=(key,),
            headers={"Authorization": f"DeepL-Auth-Key {key}"},
            statuses={456: QuotaExceeded, 529: QuotaExceeded},
        )

    def supports(self, source: str, target: str) -> bool:
        return source in _SOURCES and target in _TARGETS

    async def translate(self, texts: Sequence[str], source: str, target: str) -> list[str | None]:
        answers: list[str | None] = []
        for batch in batches(texts, MAX_TEXTS, MAX_BODY_BYTES, _bytes):
            answers += await self._batch(batch, source, target)
        return answers

    async def close(self) -> None:
        await self._client.close()

    async def _batch(self, texts: Sequence[str], source: str, target: str) -> list[str | None]:
        marked = any(map(has_marks, texts))
        body: dict[str, Any] = {
            "text": [_MARKUP.wrap(text) if marked else text for text in texts],
            "source_lang": _SOURCES[source],
            "target_lang": _TARGETS[target],
        }
        if self._formality:
            body["formality"] = self._formality
        if marked:
            body["tag_handling"] = "xml"
        answer = await self._client.post("/v2/translate", body)
        if not isinstance(answer, dict):
            raise AnswerMalformed("the answer is no object")
        lines = texts_of(answer.get("translations"), len(texts), "translations", "text")
        return [_MARKUP.unwrap(line) if marked and line else line for line in lines]


def _bytes(text: str) -> int:
    """As JSON, with room for the markup that makes it longer."""
    return 2 * len(json.dumps(text)) + 2


def create(setting: str, *, deadline_s: float, **_: object) -> Translator:
    """Entry point ``deepl``; ``setting``: ``?key=`` or ``?key_file=``, with an address before it only for a proxy.

    ``formality`` is one of DeepL's: ``prefer_more`` or ``prefer_less``.

    Raises:
        ValueError: a setting that cannot be used.
    """
    address = Address.parse(setting, example=EXAMPLE, options=("key", "key_file", "formality"), default=PRO_URL)
    key = address.key()
    if not key:
        raise ValueError(f"DeepL wants a key, as in {EXAMPLE}")
    formality = address.options.get("formality", "")
    if formality not in {"", "default", "prefer_more", "prefer_less"}:
        raise ValueError("formality is default, prefer_more or prefer_less: the others fail for some languages")
    url = FREE_URL if address.url == PRO_URL and key.endswith(FREE_KEY) else address.url
    return DeepLTranslator(url, key, formality=formality, timeout_s=deadline_s)
