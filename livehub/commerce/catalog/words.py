"""What a shop says on its cards, for whoever puts it into other languages."""

from collections.abc import Mapping
from typing import Any


def words_of(card: Mapping[str, Any]) -> list[str]:
    """Of an offer or an auction as it is presented: its titles, those of what a bundle consists of, its category's."""
    named = [card, *card.get("parts", ()), card.get("category") or {}]
    return [text for each in named for text in (each.get("title"), each.get("variant_title")) if text]
