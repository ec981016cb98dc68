"""Events of polls, questions and draws."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from livehub.events.bus import Event


@dataclass(frozen=True, slots=True)
class PollChanged(Event):
    """A poll was opened or closed; ``poll`` is the public representation."""

    room_id: str
    poll: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PollVoted(Event):
    """The sums of a poll are others than before; who tells of them reads them anew."""

    room_id: str
    poll_id: str


@dataclass(frozen=True, slots=True)
class QuestionChanged(Event):
    """A question was asked, answered, or removed; ``question`` is the public representation."""

    room_id: str
    question: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class QuestionVoted(Event):
    """The sum of a question's votes is another than before."""

    room_id: str
    question_id: str


@dataclass(frozen=True, slots=True)
class DrawChanged(Event):
    """A draw was opened, closed, drawn or called off; ``draw`` is the public representation."""

    room_id: str
    draw: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DrawEntered(Event):
    """A draw has more entries than before."""

    room_id: str
    draw_id: str
