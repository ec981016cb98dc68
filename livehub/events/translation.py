"""Events of translation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from livehub.events.bus import Event


@dataclass(frozen=True, slots=True)
class GlossaryChanged(Event):
    """Terms of a shop (``store:…``) or a room (``room:…``)."""

    scope: str


@dataclass(frozen=True, slots=True)
class TextsTranslated(Event):
    """Texts other than chat lines are there in a language: [{source, text, engine, edited}].

    Those of one room, or, with ``scope``, of every room of a shop.
    """

    room_id: str
    scope: str
    locale: str
    texts: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class TranslationSpent(Event):
    """A room has used the characters of its day: what is written stays as it is until ``resets_at``."""

    room_id: str
    resets_at: str
