"""A question of a member to those on stage: others vote it up, and it is marked once it was answered. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from livehub.clock import iso
from livehub.errors import IllegalTransition


class QuestionState(StrEnum):
    WAITING = "waiting"
    ANSWERED = "answered"
    REMOVED = "removed"


TRANSITIONS: Final = MappingProxyType(
    {
        QuestionState.WAITING: frozenset({QuestionState.ANSWERED, QuestionState.REMOVED}),
        # marked by mistake
        QuestionState.ANSWERED: frozenset({QuestionState.WAITING, QuestionState.REMOVED}),
        QuestionState.REMOVED: frozenset[QuestionState](),
    }
)


def check_transition(present: QuestionState, wanted: QuestionState) -> None:
    """Raises: IllegalTransition for a step outside :data:`TRANSITIONS`."""
    if wanted not in TRANSITIONS[present]:
        raise IllegalTransition(f"A question that is {present} cannot become {wanted}", state=present)


@dataclass(frozen=True, slots=True)
class Question:
    id: str
    room_id: str
    identity: str
    display_name: str
    text: str
    state: QuestionState
    client_id: str
    created_at: int
    answered_at: int | None = None
    votes: int = 0

    def present(self) -> dict[str, Any]:
        """The ``Question`` of docs/protocol.md."""
        return {
            "id": self.id,
            "author": {"identity": self.identity, "display_name": self.display_name},
            "text": self.text,
            "state": self.state,
            "votes": self.votes,
            "at": iso(self.created_at),
            "answered_at": None if self.answered_at is None else iso(self.answered_at),
        }
