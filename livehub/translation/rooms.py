"""Translating in a room: with its glossary, on its budget."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from livehub.background import Background, Job
from livehub.errors import NotFound
from livehub.translation.desk import GlossaryDesk
from livehub.translation.service import Translation, TranslationService
from livehub.translation.wording import Circumstances

log = logging.getLogger(__name__)
_MAX_WAITING: Final = 5_000
_NOWHERE: Final = Circumstances()


class RoomTranslator:
    """:meth:`submit` never waits: where a room's glossary is not in memory, one task of its own gets it first."""

    def __init__(self, service: TranslationService, glossaries: GlossaryDesk) -> None:
        self._service: Final = service
        self._glossaries: Final = glossaries
        self._loading: Final = Background("glossaries", _MAX_WAITING)

    def start(self) -> None:
        self._loading.start()

    async def close(self) -> None:
        await self._loading.close()

    def submit(
        self,
        text: str,
        source_locale: str | None,
        target_locales: Iterable[str],
        on_ready: Callable[[Translation], None],
        circumstances: Circumstances = _NOWHERE,
    ) -> None:
        """As :meth:`TranslationService.submit`."""
        targets = frozenset(target_locales)
        if source_locale is None or not targets - {source_locale}:
            return
        glossary = self._glossaries.known(circumstances.room_id) if circumstances.room_id else circumstances.glossary
        if glossary is not None:
            around = replace(circumstances, glossary=glossary)
            self._service.submit(text, source_locale, targets, on_ready, around)
            return

        async def later() -> None:
            around = await self._around(circumstances)
            self._service.submit(text, source_locale, targets, on_ready, around)

        self._loading.put(later)

    def later(self, job: Job) -> None:
        """After what waits for glossaries."""
        self._loading.put(job)

    async def translate(
        self,
        text: str,
        source_locale: str | None,
        target_locales: Iterable[str],
        circumstances: Circumstances,
        *,
        unchanged: bool = False,
    ) -> dict[str, Translation]:
        """As :meth:`TranslationService.translate`."""
        around = await self._around(circumstances)
        return await self._service.translate(text, source_locale, target_locales, around, unchanged=unchanged)

    async def _around(self, circumstances: Circumstances) -> Circumstances:
        if not circumstances.room_id:
            return circumstances
        try:
            return replace(circumstances, glossary=await self._glossaries.of_room(circumstances.room_id))
        except NotFound:  # deleted in the meantime
            return circumstances
        except Exception:
            log.exception("the glossary of %s could not be read; it is translated without", circumstances.room_id)
            return circumstances
