"""Everything that puts words into other languages, made and joined."""

from dataclasses import dataclass
from functools import partial

from livehub.clock import Clock
from livehub.config import Config
from livehub.events import EventBus, RoomDeleted, TranslationSpent
from livehub.processes.ensemble import Ensemble
from livehub.processes.kept import KeptTranslations
from livehub.rooms.service import RoomService
from livehub.storage.database import Database
from livehub.storage.texts import SqlTexts
from livehub.storage.translation import SqlGlossaries, SqlTranslationReports, SqlUsage, forget_room
from livehub.translation.budget import Budget
from livehub.translation.desk import GlossaryDesk
from livehub.translation.detection import LanguageDetector
from livehub.translation.registry import TranslatorRegistry
from livehub.translation.reports import TranslationReports
from livehub.translation.rooms import RoomTranslator
from livehub.translation.service import TranslationService
from livehub.translation.texts import Texts

DEADLINE_S = 3.0
#: lines of so long go to an engine in one call
GATHER_S = 0.05
#: so that an engine that takes two seconds keeps up with a lively room
MAX_CALLS_PER_PAIR = 4


@dataclass(frozen=True)
class Translating:
    """``lines`` translates in rooms; ``service`` is behind it."""

    service: TranslationService
    lines: RoomTranslator
    texts: Texts
    glossaries: GlossaryDesk
    reports: TranslationReports
    budget: Budget

    def start(self) -> None:
        self.budget.start()
        self.lines.start()

    async def close(self) -> None:
        await self.texts.close()
        await self.lines.close()
        await self.service.close()
        await self.budget.close()


def make_translating(
    config: Config, database: Database, rooms: RoomService, bus: EventBus, clock: Clock, ensemble: Ensemble | None
) -> Translating:
    """
    Raises:
        PluginInvalid: an engine or its setting that cannot be used.
    """
    engines = TranslatorRegistry().build_chain(config.translators, clock=clock, deadline_s=DEADLINE_S)
    LanguageDetector.shipped()  # takes half a second: before the loop runs, not at the first line
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
    return Translating(
        service,
        lines,
        Texts(SqlTexts(database), lines, bus, clock),
        glossaries,
        TranslationReports(SqlTranslationReports(database), clock, ensemble.tallies if ensemble else None),
        budget,
    )
