"""Translations that are there already, by whose text it is: for lists, links and players, for which none is made."""

from collections.abc import Iterable, Mapping
from typing import Final

from livehub.translation.texts import Source, Text, TextStore


class KeptTexts:
    def __init__(self, store: TextStore) -> None:
        self._store: Final = store

    async def of(self, sources: Iterable[Source], locale: str) -> Mapping[tuple[str, str], Text]:
        """By scope and text: two rooms or shops may have other words for the same. What is not there is left out."""
        found = await self._store.find(list({(each.scope, each.digest) for each in sources}), [locale])
        return {(scope, text.source): text for (scope, _, _), text in found.items()}
