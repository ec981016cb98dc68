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
    """Texts other than chat lines are there in a language, for a room: [{source, text, engine, edited}]."""

    room_id: str
    locale: str
    texts: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class TextForgotten(Event):
    """What a person wrote for ``text`` of a shop or a room (``scope``) is taken back: no process has it any more.

    ``hint``: what language the text may be in. ``room_ids``: where it may be shown.
    """

    scope: str
    text: str
    hint: str
    locale: str
    room_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TranslationSpent(Event):
    """A room has used the characters of its day: what is written stays as it is until ``resets_at``."""

    room_id: str
    resets_at: str
