"""What captions ask of others."""

from collections.abc import Iterable, Sequence
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

    async def of_room(self, room_id: str, limit: int) -> Sequence[Line]:
        """Oldest first, with all their translations."""


class Translating(Protocol):
    """Of :class:`livehub.translation.service.TranslationService`."""

    async def translate(
        self, text: str, source_locale: str | None, target_locales: Iterable[str]
    ) -> dict[str, Any]: ...
