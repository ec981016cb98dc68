"""What a room says in its host's name, and who of its people may put it into other languages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from aiohttp import web

from livehub.accounts.permissions import Action
from livehub.chat.conduct import Deed, Entry
from livehub.chat.moderation import Target
from livehub.interaction.questions import Question
from livehub.rooms.access import Access
from livehub.translation.texts import Source
from livehub.web.chat import CHAT
from livehub.web.interaction import INTERACTION

#: kind → what its writer may do, and so whoever words it in another language
KINDS: Final[Mapping[str, Action]] = MappingProxyType(
    {
        "title": Action.ROOM_EDIT,
        "description": Action.ROOM_EDIT,
        "poll": Action.POLL_RUN,
        "option": Action.POLL_RUN,
        "draw": Action.DRAW_RUN,
        "question": Action.QUESTION_MANAGE,
    }
)


@dataclass(frozen=True, slots=True)
class RoomWord:
    """``actions``: a text that is several things is the first of them, and belongs to who may do all.

    ``question``: it is a member's own.
    """

    kind: str
    source: Source
    actions: frozenset[Action]
    question: Question | None = None

    def is_open_to(self, access: Access) -> bool:
        return all(access.may(action) for action in self.actions)

    def require(self, access: Access) -> None:
        """Raises: Forbidden, Unauthenticated."""
        for action in sorted(self.actions):
            access.require(action)


async def words_of_room(request: web.Request, access: Access) -> Sequence[RoomWord]:
    """Each text once: the room's title and description, then the newest polls and draws, and questions as they are
    shown."""
    words: dict[str, RoomWord] = {}
    for kind, text, question in await _said(request, access):
        earlier = words.get(text) or RoomWord(kind, _source(access, text), frozenset(), question)
        actions = earlier.actions | {KINDS[kind]}
        words[text] = replace(earlier, actions=actions, question=earlier.question or question)
    return list(words.values())


def entry_of(request: web.Request, access: Access, word: RoomWord, locale: str, text: str) -> Entry | None:
    """For the moderators' log where it is somebody else's question."""
    question = word.question
    if question is None or question.identity == access.require_principal().identity:
        return None
    author = Target(question.identity, None, question.display_name)
    moderation = request.app[CHAT].moderation
    return moderation.entry(
        access, Deed.TRANSLATE, author, subject=question.id, text=question.text, locale=locale, translation=text
    )


def _source(access: Access, text: str) -> Source:
    return Source(f"room:{access.room.id}", text, access.room.locale)


async def _said(request: web.Request, access: Access) -> list[tuple[str, str, Question | None]]:
    room, interaction = access.room, request.app[INTERACTION]
    said: list[tuple[str, str, Question | None]] = [("title", room.title, None)]
    if room.description:
        said.append(("description", room.description, None))
    for asked, options in await interaction.polls.words(access):
        said += [("poll", asked, None), *(("option", option, None) for option in options)]
    said += [("draw", title, None) for title in await interaction.draws.titles(access)]
    said += [("question", question.text, question) for question in await interaction.questions.shown(room.id)]
    return said
