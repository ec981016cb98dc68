"""Everything that puts words into other languages, and into sound, made and joined."""

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from livehub.clock import Clock
from livehub.config import Config
from livehub.errors import NotFound
from livehub.events import EventBus, RoomDeleted, TranslationSpent
from livehub.processes.ensemble import Ensemble
from livehub.processes.kept import KeptTranslations
from livehub.rooms.model import Room
from livehub.rooms.service import RoomService
from livehub.storage.database import Database
from livehub.storage.texts import SqlTexts
from livehub.storage.translation import SqlGlossaries, SqlTranslationReports, SqlUsage, forget_room
from livehub.translation.budget import Budget
from livehub.translation.desk import GlossaryDesk
from livehub.translation.detection import LanguageDetector, detect_source
from livehub.translation.kept_texts import KeptTexts
from livehub.translation.registry import TranslatorRegistry
from livehub.translation.reports import TranslationReports
from livehub.translation.rooms import RoomTranslator
from livehub.translation.service import Translation, TranslationService
from livehub.translation.speech.registry import build_chain as build_speakers
from livehub.translation.speech.service import DEADLINE_S as SPEECH_DEADLINE_S
from livehub.translation.speech.service import SpeechService
from livehub.translation.texts import MAX_TEXT_CHARS, Source, Texts
from livehub.translation.wording import Circumstances

log = logging.getLogger(__name__)

DEADLINE_S = 3.0
#: lines of so long go to an engine in one call
GATHER_S = 0.05
#: how long a letter waits for all of its translations together
LETTER_DEADLINE_S = 5.0
#: so that an engine that takes two seconds keeps up with a lively room
MAX_CALLS_PER_PAIR = 4


@dataclass(frozen=True)
class Translating:
    """``lines`` translates in rooms; ``service`` is behind it."""

    service: TranslationService
    lines: RoomTranslator
    texts: Texts
    kept: KeptTexts
    glossaries: GlossaryDesk
    reports: TranslationReports
    budget: Budget
    speech: SpeechService
    speech_budget: Budget

    def start(self) -> None:
        self.budget.start()
        self.speech_budget.start()
        self.lines.start()

    async def close(self) -> None:
        await self.texts.close()
        await self.lines.close()
        await self.service.close()
        await self.budget.close()
        await self.speech.close()
        await self.speech_budget.close()


class CaptionTranslator:
    """What was said in a room for readers of its replay, with the room's glossary and on its budget, as it was live."""

    def __init__(self, lines: RoomTranslator) -> None:
        self._lines = lines

    async def translate(
        self, room_id: str, text: str, source_locale: str, target_locales: Iterable[str]
    ) -> Mapping[str, Translation]:
        return await self._lines.translate(text, source_locale, target_locales, Circumstances(room_id))


class MerchantWords:
    """A shop's own words for letters to its buyers: what a person wrote, else what an engine makes, or nothing.

    Letters do not wait longer than :data:`LETTER_DEADLINE_S` for it; what was begun and came too late is not kept.
    """

    def __init__(self, texts: Texts, rooms: RoomService, deadline_s: float = LETTER_DEADLINE_S) -> None:
        self._texts = texts
        self._rooms = rooms
        self._deadline_s = deadline_s

    async def into(self, store_id: str, room_id: str, texts: Sequence[str], locale: str) -> Mapping[str, str]:
        """By what the shop wrote. What is in that language already, and what cannot be had, is left out."""
        found: dict[str, str] = {}
        try:
            async with asyncio.timeout(self._deadline_s):
                hint = await self._language(room_id)
                sources = [Source(f"store:{store_id}", text, hint) for text in dict.fromkeys(texts)]
                found |= {text.source: text.text for text in await self._texts.kept(sources, locale)}
                missing = [source for source in sources if source.text not in found]
                await asyncio.gather(*(self._one(room_id, source, locale, found) for source in missing))
        except TimeoutError:
            log.info("a letter of %s goes without some of its translations: they took too long", store_id)
        except Exception:
            log.exception("a letter of %s goes without translations", store_id)
        return found

    async def title_of(self, room: Room, locale: str) -> str:
        """A room's title in a language, in one line. Thousands are told of the same room: it is made once."""
        source = Source(f"room:{room.id}", room.title, room.locale)
        try:
            found = await self._texts.shown(room.id, [source], locale, within_s=self._deadline_s)
        except Exception:
            log.exception("notices of %s go without a translation of its title", room.id)
            found = []
        return next((" ".join(text.text.split()) for text in found), room.title)

    async def _language(self, room_id: str) -> str:
        try:
            return (await self._rooms.get(room_id)).locale
        except NotFound:  # deleted since
            return "en"

    async def _one(self, room_id: str, source: Source, locale: str, found: dict[str, str]) -> None:
        if not 0 < len(source.text) <= MAX_TEXT_CHARS or detect_source(source.text, source.hint) in {None, locale}:
            return
        text = await self._texts.make(room_id, source, locale)
        if text is not None:
            found[source.text] = text.text


def make_translating(
    config: Config, database: Database, rooms: RoomService, bus: EventBus, clock: Clock, ensemble: Ensemble | None
) -> Translating:
    """
    Raises:
        PluginInvalid: an engine, a speaker or a setting that cannot be used.
    """
    engines = TranslatorRegistry().build_chain(config.translators, clock=clock, deadline_s=DEADLINE_S)
    LanguageDetector.shipped()  # takes a sixth of a second: before the loop runs, not at the first line
    budget = Budget(
        SqlUsage(database),
        clock,
        daily_chars=config.translation_daily_chars,
        on_spent=lambda room_id, until: bus.publish(TranslationSpent(room_id, until)),
    )
    service = TranslationService(
        engines,
        clock=clock,
        deadline_s=DEADLINE_S,
        gather_s=GATHER_S,
        max_calls_per_pair=MAX_CALLS_PER_PAIR,
        budget=budget,
        shared=KeptTranslations(ensemble.link) if ensemble else None,
    )
    glossaries = GlossaryDesk(SqlGlossaries(database), rooms.get, bus, clock)
    lines = RoomTranslator(service, glossaries)
    bus.subscribe(RoomDeleted, lambda event: lines.later(partial(forget_room, database, event.room_id)), here_only=True)
    speech_budget = Budget(SqlUsage(database), clock, daily_chars=config.speech_daily_chars)
    speakers = build_speakers(config.speakers, clock=clock, deadline_s=SPEECH_DEADLINE_S)
    texts = SqlTexts(database)
    return Translating(
        service,
        lines,
        Texts(texts, lines, bus, clock),
        KeptTexts(texts),
        glossaries,
        TranslationReports(SqlTranslationReports(database), clock, ensemble.tallies if ensemble else None),
        budget,
        SpeechService(speakers, clock, budget=speech_budget),
        speech_budget,
    )
