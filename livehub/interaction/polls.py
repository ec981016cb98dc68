"""A poll: a question with a few options, one vote a member, changeable until it closes. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from livehub.clock import iso
from livehub.errors import InvalidInput
from livehub.interaction.limits import InteractionLimits
from livehub.text import one_line


class PollState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Poll:
    """``votes`` has one sum an option; who voted for what is told to nobody. Times are ms since the epoch."""

    id: str
    room_id: str
    question: str
    options: tuple[str, ...]
    state: PollState
    created_by: str
    created_at: int
    closed_at: int | None = None
    votes: tuple[int, ...] = ()

    def present(self) -> dict[str, Any]:
        """The ``Poll`` of docs/protocol.md."""
        votes = self.votes or (0,) * len(self.options)
        return {
            "id": self.id,
            "question": self.question,
            "options": [{"text": text, "votes": n} for text, n in zip(self.options, votes, strict=True)],
            "voters": sum(votes),
            "state": self.state,
            "created_at": iso(self.created_at),
            "closed_at": None if self.closed_at is None else iso(self.closed_at),
        }


@dataclass(frozen=True, slots=True)
class NewPoll:
    question: str
    options: tuple[str, ...]

    @classmethod
    def checked(cls, question: str, options: Sequence[str], limits: InteractionLimits) -> "NewPoll":
        """Raises: InvalidInput; ``field`` says where."""
        plain = one_line(question, "question", max_chars=limits.max_poll_chars)
        if not limits.min_options <= len(options) <= limits.max_options:
            raise InvalidInput(f"Give from {limits.min_options} to {limits.max_options} options", field="options")
        texts = tuple(
            one_line(text, f"options[{at}]", max_chars=limits.max_option_chars) for at, text in enumerate(options)
        )
        seen: set[str] = set()
        for at, text in enumerate(texts):
            if text.casefold() in seen:
                raise InvalidInput("Two options say the same", field=f"options[{at}]")
            seen.add(text.casefold())
        return cls(plain, texts)
