"""Polls, questions and draws over one database."""

from livehub.chat.service import ChatService
from livehub.clock import Clock
from livehub.events import EventBus
from livehub.interaction.limits import InteractionLimits
from livehub.interaction.service import Interaction
from livehub.storage.database import Database
from livehub.storage.draws import SqlDraws
from livehub.storage.polls import SqlPolls
from livehub.storage.questions import SqlQuestions


def interaction_over(
    database: Database,
    chat: ChatService,
    *,
    clock: Clock,
    bus: EventBus,
    limits: InteractionLimits | None = None,
) -> Interaction:
    return Interaction(
        polls=SqlPolls(database),
        questions=SqlQuestions(database),
        draws=SqlDraws(database),
        doorkeeper=chat.moderation,
        guard=chat.desk.screener,
        clock=clock,
        bus=bus,
        limits=limits,
    )
