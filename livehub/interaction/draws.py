"""A lucky draw and its states. Pure; :mod:`.fairness` finds the winners."""

from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from livehub.clock import iso
from livehub.errors import IllegalTransition, InvalidInput
from livehub.interaction.limits import InteractionLimits
from livehub.text import one_line


class DrawState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"  # the list of entries stands, the winners are not drawn yet
    DRAWN = "drawn"
    CANCELLED = "cancelled"


TRANSITIONS: Final = MappingProxyType(
    {
        DrawState.OPEN: frozenset({DrawState.CLOSED, DrawState.CANCELLED}),
        DrawState.CLOSED: frozenset({DrawState.DRAWN, DrawState.CANCELLED}),
        DrawState.DRAWN: frozenset[DrawState](),
        DrawState.CANCELLED: frozenset[DrawState](),
    }
)
#: one of these a room at a time
RUNNING: Final = (DrawState.OPEN, DrawState.CLOSED)


def check_transition(present: DrawState, wanted: DrawState) -> None:
    """Raises: IllegalTransition for a step outside :data:`TRANSITIONS`."""
    if wanted not in TRANSITIONS[present]:
        raise IllegalTransition(f"A draw that is {present} cannot become {wanted}", state=present)


@dataclass(frozen=True, slots=True)
class Winner:
    place: int
    ticket: str
    identity: str
    display_name: str

    def present(self, *, for_host: bool) -> dict[str, Any]:
        shown = {"place": self.place, "ticket": self.ticket, "display_name": self.display_name}
        return {**shown, "identity": self.identity} if for_host else shown


@dataclass(frozen=True, slots=True)
class Draw:
    """``seed`` is told to nobody before the draw; ``places`` can be won; ``keyword`` is a chat line that enters."""

    id: str
    room_id: str
    title: str
    places: int
    keyword: str | None
    state: DrawState
    commitment: str
    seed: bytes = field(repr=False)
    created_by: str
    opened_at: int
    closed_at: int | None = None
    drawn_at: int | None = None
    entries: int = 0
    entries_digest: str | None = None
    winners: tuple[Winner, ...] = ()

    def present(self, *, for_host: bool = False) -> dict[str, Any]:
        """The ``Draw`` of docs/protocol.md. One that was called off shows its seed too: it can be checked as well."""
        is_over = self.state in {DrawState.DRAWN, DrawState.CANCELLED}
        return {
            "id": self.id,
            "title": self.title,
            "places": self.places,
            "keyword": self.keyword,
            "state": self.state,
            "commitment": self.commitment,
            "entries": self.entries,
            "entries_digest": self.entries_digest,
            "seed": self.seed.hex() if is_over else None,
            "winners": [winner.present(for_host=for_host) for winner in self.winners],
            "opened_at": iso(self.opened_at),
            "closed_at": None if self.closed_at is None else iso(self.closed_at),
            "drawn_at": None if self.drawn_at is None else iso(self.drawn_at),
        }


@dataclass(frozen=True, slots=True)
class NewDraw:
    title: str
    places: int
    keyword: str | None

    @classmethod
    def checked(cls, title: str, places: int, keyword: str | None, limits: InteractionLimits) -> "NewDraw":
        """Raises: InvalidInput; ``field`` says where."""
        plain = one_line(title, "title", max_chars=limits.max_draw_chars)
        if not 1 <= places <= limits.max_winners:
            raise InvalidInput(f"Draw from 1 to {limits.max_winners} winners", field="places")
        word = one_line(keyword, "keyword", max_chars=limits.max_keyword_chars) if keyword else None
        return cls(plain, places, word)


def expects(draw: Draw | None, line: str) -> bool:
    """Whether a chat line enters ``draw``."""
    if draw is None or draw.state is not DrawState.OPEN or draw.keyword is None:
        return False
    return is_keyword(line, draw.keyword)


def is_keyword(line: str, keyword: str) -> bool:
    """Whether a chat line is the keyword, however it is capitalised and spaced."""
    return " ".join(line.split()).casefold() == keyword.casefold()
