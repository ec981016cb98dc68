"""Lines of captions, and how captions of a room stand."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Line:
    """What was said from ``start_ms`` to ``end_ms`` (since 1970, by the media clock) in ``locale``."""

    id: str
    start_ms: int
    end_ms: int
    locale: str
    text: str
    translations: dict[str, str] = field(default_factory=dict)

    def text_in(self, locale: str) -> str:
        """The translation, or what was said where there is none."""
        return self.translations.get(locale, self.text)

    def present(self, *, final: bool) -> Mapping[str, Any]:
        """The public line of docs/protocol.md."""
        return {
            "id": self.id,
            "start_ms": self.start_ms,
            "end_ms": self.end_ms,
            "locale": self.locale,
            "text": self.text,
            "final": final,
        }


def no_captions(_room_id: str) -> Mapping[str, Any]:
    """Where nobody has switched them on."""
    return {"state": "off", "locale": None, "engine": None, "remote": False, "since": None}
