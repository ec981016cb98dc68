"""What viewers say is wrongly translated: kept once a person, and listed for those who can put it right."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from livehub.clock import Clock, iso
from livehub.errors import InvalidInput, NotFound
from livehub.ids import new_id
from livehub.ratelimit import Shared, TokenBuckets

MAX_SUGGESTION_CHARS: Final = 500
#: by one member, and at once
REPORTS_PER_S, REPORTS_BURST = 1 / 30, 10
#: of one room; further ones are refused until some are settled
MAX_OPEN: Final = 1_000


class ReportNotFound(NotFound):
    code, title = "translation_report_not_found", "There is no such report"


class NothingTranslated(NotFound):
    code, title = "translation_not_found", "This message has no translation into that language"


@dataclass(frozen=True, slots=True)
class TranslationReport:
    """``text`` was shown for ``original``; ``suggestion``: what it should have been, in the viewer's words."""

    id: str
    room_id: str
    store_id: str | None
    message_id: str
    source_locale: str
    locale: str
    original: str
    text: str
    engine: str
    suggestion: str
    identity: str
    at: int

    def present(self) -> dict[str, Any]:
        """Without who said so."""
        return {
            "id": self.id,
            "room": self.room_id,
            "message": self.message_id,
            "source_locale": self.source_locale,
            "locale": self.locale,
            "original": self.original,
            "text": self.text,
            "engine": self.engine,
            "suggestion": self.suggestion,
            "at": iso(self.at),
        }


@dataclass(frozen=True, slots=True)
class Shown:
    """A line and what stands for it in a language."""

    room_id: str
    message_id: str
    source_locale: str
    original: str
    text: str
    engine: str


class ReportStore(Protocol):
    async def shown(self, room_id: str, message_id: str, locale: str) -> Shown | None:
        """None: no such line here, deleted, or not translated into that language."""

    async def add(self, report: TranslationReport, most: int) -> None:
        """One of a person about a translation: a second one takes the first's place. Raises: InvalidInput if full."""

    async def of(
        self, *, room_id: str = "", store_id: str = "", after: str = "", limit: int
    ) -> list[TranslationReport]:
        """Newest first, older than the report ``after``."""

    async def find(self, report_id: str) -> TranslationReport | None: ...

    async def delete(self, report_id: str) -> bool: ...


class TranslationReports:
    def __init__(self, store: ReportStore, clock: Clock, shared: Shared | None = None) -> None:
        self._store: Final = store
        self._clock: Final = clock
        self._buckets: Final = TokenBuckets(
            clock, REPORTS_PER_S, REPORTS_BURST, 20_000, shared=shared, name="translation reports"
        )
        self.count = 0

    async def add(
        self, room_id: str, store_id: str | None, message_id: str, locale: str, identity: str, suggestion: str
    ) -> TranslationReport:
        """Raises: InvalidInput, NothingTranslated, RateLimited."""
        suggestion = " ".join(suggestion.split())
        if len(suggestion) > MAX_SUGGESTION_CHARS:
            raise InvalidInput(f"At most {MAX_SUGGESTION_CHARS} characters", field="suggestion")
        self._buckets.take(identity)
        shown = await self._store.shown(room_id, message_id, locale)
        if shown is None:
            raise NothingTranslated
        report = TranslationReport(
            id=new_id("trp"),
            room_id=room_id,
            store_id=store_id,
            message_id=message_id,
            source_locale=shown.source_locale,
            locale=locale,
            original=shown.original,
            text=shown.text,
            engine=shown.engine,
            suggestion=suggestion,
            identity=identity,
            at=self._clock.now_ms(),
        )
        await self._store.add(report, MAX_OPEN)
        self.count += 1
        return report

    async def of_room(self, room_id: str, after: str, limit: int) -> Sequence[TranslationReport]:
        return await self._store.of(room_id=room_id, after=after, limit=limit)

    async def of_store(self, store_id: str, after: str, limit: int) -> Sequence[TranslationReport]:
        return await self._store.of(store_id=store_id, after=after, limit=limit)

    async def find(self, report_id: str) -> TranslationReport:
        """Raises: ReportNotFound."""
        report = await self._store.find(report_id)
        if report is None:
            raise ReportNotFound
        return report

    async def settle(self, report_id: str) -> None:
        """It was looked at, and goes. Raises: ReportNotFound."""
        if not await self._store.delete(report_id):
            raise ReportNotFound
