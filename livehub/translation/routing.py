"""An engine as the operator wants it: under its own name, for some pairs of languages, within its own time."""

import asyncio
from collections.abc import Sequence
from typing import Final

from livehub.translation.errors import TranslationTimedOut
from livehub.translation.provider import Translator
from livehub.translation.setting import EngineSetting


class RoutedTranslator:
    """Wraps ``inner``; what it says is passed on as it is. ``name`` is ``deepl@eu`` where the setting has a label."""

    def __init__(self, inner: Translator, setting: EngineSetting) -> None:
        self._inner: Final = inner
        self._pairs: Final = setting.pairs
        self._deadline_s: Final = setting.deadline_s
        self.name: Final = f"{inner.name}@{setting.label}" if setting.label else inner.name
        #: see :class:`~livehub.translation.provider.Translator`
        self.reads_plain: Final = bool(getattr(inner, "reads_plain", False))

    def supports(self, source: str, target: str) -> bool:
        return (source, target) in self._pairs and self._inner.supports(source, target)

    async def translate(self, texts: Sequence[str], source: str, target: str) -> list[str | None]:
        if not self._deadline_s:
            return await self._inner.translate(texts, source, target)
        try:
            async with asyncio.timeout(self._deadline_s):
                return await self._inner.translate(texts, source, target)
        except TimeoutError as error:
            raise TranslationTimedOut(f"no answer within {self._deadline_s} s") from error

    async def close(self) -> None:
        await self._inner.close()
