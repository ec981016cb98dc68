"""Polls, questions and draws over one database."""

from livehub.chat.conduct import Deed, Entry
from livehub.chat.moderation import Moderation, Target
from livehub.chat.service import ChatService
from livehub.clock import Clock
from livehub.events import EventBus
from livehub.interaction.limits import InteractionLimits
from livehub.interaction.questions import Question
from livehub.interaction.service import Interaction
from livehub.rooms.access import Access
from livehub.storage.database import Database
from livehub.storage.draws import SqlDraws
from livehub.storage.polls import SqlPolls
from livehub.storage.questions import SqlQuestions


class SqlConductLog:
    """Implements :class:`livehub.interaction.ports.ConductLog` by the log of the chat's moderators."""

    def __init__(self, moderation: Moderation) -> None:
        self._moderation = moderation

    def question_removed(self, access: Access, question: Question, reason: str) -> Entry:
        author = Target(question.identity, None, question.display_name)
        return self._moderation.entry(
            access, Deed.QUESTION_REMOVE, author, reason, subject=question.id, text=question.text
        )

    def tell(self, entry: Entry) -> None:
        self._moderation.tell(entry)


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
        guard=chat.desk,
        log=SqlConductLog(chat.moderation),
        clock=clock,
        bus=bus,
        limits=limits,
    )
