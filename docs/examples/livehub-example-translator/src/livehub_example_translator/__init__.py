"""An engine that asks a server of an invented kind, Parlance: an example for docs/translation.md of livehub.

``POST /v1/{source}/{target}`` with ``{"lines": […]}`` and the key in a header gives ``{"lines": […]}``. It answers 402 when
the account's money is used up.
"""

from collections.abc import Sequence

from livehub.setting import Address
from livehub.translation.batches import batches
from livehub.translation.errors import AnswerMalformed, QuotaExceeded
from livehub.translation.http import JsonClient, texts_of
from livehub.translation.locale import LOCALES
from livehub.translation.provider import Translator

EXAMPLE = "parlance:https://parlance.example?key_file=/etc/livehub/parlance.key"
MAX_LINES, MAX_CHARS = 20, 10_000


class Parlance:
    name = "parlance"

    def __init__(self, url: str, key: str, timeout_s: float) -> None:
        self._client = JsonClient(
            url,
            timeout_s=timeout_s,
            secrets=(key,),
            headers={"X-Parlance-Key": key},
            statuses={402: QuotaExceeded},
        )

    def supports(self, source: str, target: str) -> bool:
        return source in LOCALES and target in LOCALES

    async def translate(self, texts: Sequence[str], source: str, target: str) -> list[str | None]:
        answers: list[str | None] = []
        for batch in batches(texts, MAX_LINES, MAX_CHARS):
            answer = await self._client.post(f"/v1/{source}/{target}", {"lines": list(batch)})
            if not isinstance(answer, dict):
                raise AnswerMalformed("the answer is no object")
            answers += texts_of(answer.get("lines"), len(batch), "lines")
        return answers

    async def close(self) -> None:
        await self._client.close()


def create(setting: str, *, deadline_s: float, **_: object) -> Translator:
    """``setting``: the server's address with ``?key=`` or ``?key_file=``. Raises: ValueError."""
    address = Address.parse(setting, example=EXAMPLE, options=("key", "key_file"))
    key = address.key()
    if not key:
        raise ValueError(f"Parlance wants a key, as in {EXAMPLE}")
    return Parlance(address.url, key, deadline_s)
