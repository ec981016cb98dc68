"""Polls, questions and draws over one database."""

from livehub.clock import Clock
from livehub.events import EventBus
from livehub.interaction.limits import InteractionLimits
from livehub.interaction.ports import Doorkeeper
from livehub.interaction.service import Interaction
from livehub.storage.database import Database
from livehub.storage.draws import SqlDraws
from livehub.storage.polls import SqlPolls
from livehub.storage.questions import SqlQuestions


def interaction_over(
    database: Database,
    doorkeeper: Doorkeeper,
    *,
    clock: Clock,
    bus: EventBus,
    limits: InteractionLimits | None = None,
) -> Interaction:
    return Interaction(
        polls=SqlPolls(database),
        questions=SqlQuestions(database),
        draws=SqlDraws(database),
        doorkeeper=doorkeeper,
        clock=clock,
        bus=bus,
        limits=limits,
    )
