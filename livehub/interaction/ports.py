"""What polls, questions and draws need of storage and of moderation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from livehub.interaction.draws import Draw
from livehub.interaction.polls import Poll
from livehub.interaction.questions import Question, QuestionState
from livehub.rooms.access import Access


class Doorkeeper(Protocol):
    """See :class:`livehub.chat.moderation.Moderation`."""

    async def check_may_enter(self, room_id: str, identity: str) -> None:
        """Raises: Forbidden for who is banned."""

    async def check_may_speak(self, room_id: str, identity: str) -> None:
        """Raises: Forbidden for who is banned or muted."""


class TextGuard(Protocol):
    """See :class:`livehub.chat.desk.Desk`."""

    async def require_fit(self, access: Access, text: str, client_id: str) -> None:
        """Raises: InvalidInput for what the room's rules keep out of it."""


class ConductLog(Protocol):
    """What moderators do is written down. See :class:`livehub.storage.interaction.SqlConductLog`."""

    def question_removed(self, access: Access, question: Question, reason: str) -> Any:
        """A line of the log, for :meth:`QuestionStore.mark` to keep in the commit of what it tells of."""

    def tell(self, entry: Any) -> None:
        """It is kept: moderators who are in the room see it."""


class PollStore(Protocol):
    async def add(self, poll: Poll, limit: int) -> None:
        """Raises: PollIsOpen; TooMany when the room has ``limit`` in all."""

    async def find(self, room_id: str, poll_id: str) -> Poll:
        """With the sums of now. Raises: PollNotFound."""

    async def of_room(self, room_id: str, limit: int) -> list[Poll]:
        """Newest first."""

    async def words(self, room_id: str, limit: int) -> list[tuple[str, tuple[str, ...]]]:
        """Of the same, question and options alone: no votes are counted for it."""

    async def vote(self, room_id: str, poll_id: str, identity: str, option: int, at_ms: int) -> bool:
        """The member's only vote from now on; False: it was this one already.

        Raises: PollNotFound; PollClosed; UnknownOption.
        """

    async def vote_of(self, poll_id: str, identity: str) -> int | None: ...

    async def close(self, room_id: str, poll_id: str, at_ms: int) -> Poll:
        """With the final sums. Raises: PollNotFound; PollClosed."""


@dataclass(frozen=True, slots=True)
class QuestionBounds:
    of_member: int
    of_room: int


class QuestionStore(Protocol):
    async def add(self, question: Question, bounds: QuestionBounds) -> tuple[Question, bool]:
        """The kept one and whether it is new: the same ``client_id`` of a member gives the first of that id.

        Raises: TooManyQuestions; TooMany.
        """

    async def find(self, room_id: str, question_id: str) -> Question:
        """Raises: QuestionNotFound, also for one that was removed."""

    async def of_room(self, room_id: str, state: QuestionState, limit: int) -> list[Question]:
        """Waiting ones by votes, then by age; answered ones, the latest first."""

    async def vote(self, room_id: str, question_id: str, identity: str, *, up: bool) -> bool:
        """False: it stood so already. Raises: QuestionNotFound; QuestionAnswered."""

    async def voted_by(self, room_id: str, identity: str) -> list[str]:
        """Ids of the waiting questions that a member voted up."""

    async def sums(self, question_ids: Sequence[str]) -> dict[str, int]: ...

    async def mark(
        self, room_id: str, question_id: str, state: QuestionState, at_ms: int, entry: Any = None
    ) -> Question:
        """With ``entry`` of :class:`ConductLog` in the same commit. Raises: QuestionNotFound; IllegalTransition."""


class DrawStore(Protocol):
    async def add(self, draw: Draw, limit: int) -> None:
        """Raises: DrawIsRunning; TooMany when the room has ``limit`` in all."""

    async def find(self, room_id: str, draw_id: str) -> Draw:
        """Raises: DrawNotFound."""

    async def of_room(self, room_id: str, limit: int) -> list[Draw]:
        """Newest first."""

    async def titles(self, room_id: str, limit: int) -> list[str]:
        """Of the same, without those who won."""

    async def enter(self, draw: Draw, ticket: str, identity: str, display_name: str, at_ms: int, limit: int) -> bool:
        """False: they had entered. Raises: DrawNotFound; DrawClosed; DrawFull."""

    async def has_entered(self, draw_id: str, identity: str) -> bool: ...

    async def entries(self, draw_id: str) -> int: ...

    async def tickets(self, draw_id: str) -> list[str]: ...

    async def close(self, room_id: str, draw_id: str, at_ms: int) -> Draw:
        """Nobody enters from here on; the digest of the list is kept in the same commit.

        Raises: DrawNotFound; IllegalTransition.
        """

    async def draw(self, room_id: str, draw_id: str, at_ms: int) -> Draw:
        """Find and keep the winners in one commit. Raises: DrawNotFound; IllegalTransition."""

    async def cancel(self, room_id: str, draw_id: str, at_ms: int) -> Draw:
        """Raises: DrawNotFound; IllegalTransition."""
