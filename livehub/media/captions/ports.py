"""What captions ask of others."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from livehub.media.captions.model import Line


class Source(Protocol):
    """Has segments made of a room; the media plane does."""

    async def package(self, room_id: str, reason: str) -> None:
        """As :meth:`livehub.media.plane.MediaPlane.package`. Raises: Unavailable."""

    async def stop_packaging(self, room_id: str, reason: str) -> None: ...


class CaptionStore(Protocol):
    """SQL; :mod:`livehub.storage.captions` gives it."""

    async def add(self, room_id: str, lines: Sequence[Line]) -> None: ...

    async def translate(self, translations: Sequence[tuple[str, str, str]]) -> None:
        """(line id, locale, text); of a line that is not kept nothing is kept."""

    async def of_room(self, room_id: str, limit: int, locales: Sequence[str] | None = None) -> Sequence[Line]:
        """Oldest first, with their translations: into ``locales``, or all of them."""

    async def locales_of(self, room_id: str) -> Sequence[str]:
        """In which something is kept: those that were spoken, what most was said in first, then the others."""


class Translating(Protocol):
    """As lines of the room are translated while it is live: with its glossary, on its budget."""

    async def translate(
        self, room_id: str, text: str, source_locale: str, target_locales: Iterable[str]
    ) -> Mapping[str, Any]:
        """By locale, each with its ``text``; what no engine has is left out."""
