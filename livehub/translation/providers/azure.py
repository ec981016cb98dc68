"""Azure Translator, version 3: ``POST /translate?api-version=3.0&from=…&to=…`` with ``[{"Text": …}]``.

Documented at https://learn.microsoft.com/azure/ai-services/translator/text-translation/reference/v3/reference: the key
in ``Ocp-Apim-Subscription-Key``, with ``Ocp-Apim-Subscription-Region`` for a regional resource; up to 1,000 texts and
50,000 characters; errors are ``{"error": {"code": 401000, "message": …}}``. 401 the key, 403 the free characters are
used up (code 403001) or the operation is not allowed, 408 a custom model is not there yet, 429 too many.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from livehub.setting import Address
from livehub.translation.batches import batches
from livehub.translation.errors import AccessDenied, AnswerMalformed, QuotaExceeded
from livehub.translation.http import DEFAULT_RETRY_AFTER_S, JsonClient, texts_of
from livehub.translation.locale import LOCALES
from livehub.translation.marks import Markup, has_marks
from livehub.translation.provider import Translator

URL: Final = "https://api.cognitive.microsofttranslator.com"
EXAMPLE: Final = "azure:?key_file=/etc/livehub/azure.key&region=westeurope"
MAX_TEXTS: Final = 1_000
MAX_CHARS: Final = 50_000

_CODES: Final[Mapping[str, str]] = {**{tag: tag for tag in LOCALES}, "zh": "zh-Hans"}
_REGION: Final = re.compile(r"[a-z0-9-]{1,40}")
_MARKUP: Final = Markup(
    '<span class="notranslate" id="%s"></span>',
    r'<span\b(?=[^>]*\bid="?(\d{1,3})"?)[^>]*>\s*</span>',
)


class AzureTranslator:
    """Between any two of the eleven locales."""

    name = "azure"

    def __init__(self, url: str, key: str, region: str = "", *, timeout_s: float) -> None:
        headers = {"Ocp-Apim-Subscription-Key": key}
        if region:
            headers["Ocp-Apim-Subscription-Region"] = region
        # An address of one's own resource has the service under a path (the reference, "Virtual Network support").
        own = re.search(r"\.cognitiveservices\.azure\.(com|cn|us)(:\d+)?$", url)
        self._path: Final = "/translator/text/v3.0/translate" if own else "/translate"
        self._client: Final = JsonClient(url, timeout_s=timeout_s, secrets=(key,), headers=headers)

    def supports(self, source: str, target: str) -> bool:
        return source in _CODES and target in _CODES

    async def translate(self, texts: Sequence[str], source: str, target: str) -> list[str | None]:
        answers: list[str | None] = []
        for batch in batches(texts, MAX_TEXTS, MAX_CHARS):
            answers += await self._batch(batch, source, target)
        return answers

    async def close(self) -> None:
        await self._client.close()

    async def _batch(self, texts: Sequence[str], source: str, target: str) -> list[str | None]:
        marked = any(map(has_marks, texts))
        kind = "html" if marked else "plain"
        params = {"api-version": "3.0", "from": _CODES[source], "to": _CODES[target], "textType": kind}
        body = [{"Text": _MARKUP.wrap(text) if marked else text} for text in texts]
        try:
            answer: Any = await self._client.post(self._path, body, params=params)
        except AccessDenied as error:
            if re.search(r"quota|free|exceeded", error.detail, re.IGNORECASE):
                raise QuotaExceeded(error.detail, retry_after_s=DEFAULT_RETRY_AFTER_S) from error
            raise
        if not isinstance(answer, list):
            raise AnswerMalformed("the answer is no list")
        lines = texts_of([_first(entry) for entry in answer], len(texts), "the answer")
        return [_MARKUP.unwrap(line) if marked and line else line for line in lines]


def _first(entry: Any) -> object:
    """The text in ``{"translations": [{"text": …, "to": …}]}``; None where it is another form."""
    found = entry.get("translations") if isinstance(entry, dict) else None
    first = found[0] if isinstance(found, list) and len(found) == 1 else None
    return first.get("text") if isinstance(first, dict) else None


def create(setting: str, *, deadline_s: float, **_: object) -> Translator:
    """Entry point ``azure``; ``setting``: ``?key=`` or ``?key_file=``, with ``&region=`` for a regional resource.

    Raises:
        ValueError: a setting that cannot be used.
    """
    address = Address.parse(setting, example=EXAMPLE, options=("key", "key_file", "region"), default=URL)
    key, region = address.key(), address.options.get("region", "")
    if not key:
        raise ValueError(f"Azure wants a key, as in {EXAMPLE}")
    if region and not _REGION.fullmatch(region):
        raise ValueError("region is a name such as westeurope")
    return AzureTranslator(address.url, key, region, timeout_s=deadline_s)
