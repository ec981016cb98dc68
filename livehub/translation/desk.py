"""The glossaries of shops and rooms: kept, changed, and put together for a room that translates.

Who may change one is decided by the caller; what can be in one is decided here.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, Protocol

from livehub.clock import Clock
from livehub.errors import InvalidInput, NotFound
from livehub.events import EventBus, GlossaryChanged, RoomChanged, RoomDeleted
from livehub.ids import new_id
from livehub.rooms.kinds import RoomKind
from livehub.rooms.model import Room
from livehub.translation.base_lists import base_of
from livehub.translation.glossary import MAX_TERMS, Glossary, Term
from livehub.translation.glossary_csv import MAX_NOTE_CHARS, read_csv, write_csv

#: rooms whose glossary is in memory, and how long one may be used that another process could have changed unheard
MAX_ROOMS: Final = 2_000
FRESH_S: Final = 300.0


class TermNotFound(NotFound):
    code, title = "term_not_found", "There is no such term"


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose a glossary is."""

    kind: Literal["store", "room"]
    id: str

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.id}"


class GlossaryStore(Protocol):
    async def terms(self, scope: str) -> list[Term]:
        """Oldest first."""

    async def put(self, scope: str, terms: Sequence[Term], at_ms: int, most: int) -> None:
        """Add, or replace by id. Raises: InvalidInput when there would be more than ``most``."""

    async def replace_all(self, scope: str, terms: Sequence[Term], at_ms: int) -> None: ...

    async def delete(self, scope: str, term_id: str) -> bool: ...


class RoomOf(Protocol):
    async def __call__(self, room_id: str) -> Room:
        """Raises: RoomNotFound."""


class GlossaryDesk:
    def __init__(self, store: GlossaryStore, room_of: RoomOf, bus: EventBus, clock: Clock) -> None:
        self._store: Final = store
        self._room_of: Final = room_of
        self._bus: Final = bus
        self._clock: Final = clock
        self._rooms: OrderedDict[str, tuple[Glossary, str, float]] = OrderedDict()
        bus.subscribe(GlossaryChanged, self._changed)
        bus.subscribe(RoomChanged, lambda event: self._forget(event.room_id))
        bus.subscribe(RoomDeleted, lambda event: self._forget(event.room_id))

    async def terms(self, scope: Scope) -> list[Term]:
        return await self._store.terms(scope.key)

    async def add(self, scope: Scope, term: Term) -> Term:
        """Raises: InvalidInput."""
        return await self._put(scope, replace(term, id=new_id("trm")))

    async def change(self, scope: Scope, term: Term) -> Term:
        """Raises: InvalidInput, TermNotFound."""
        if term.id not in {known.id for known in await self._store.terms(scope.key)}:
            raise TermNotFound
        return await self._put(scope, term)

    async def delete(self, scope: Scope, term_id: str) -> None:
        """Raises: TermNotFound."""
        if not await self._store.delete(scope.key, term_id):
            raise TermNotFound
        self._bus.publish(GlossaryChanged(scope.key))

    async def write_csv(self, scope: Scope) -> str:
        return write_csv(await self._store.terms(scope.key))

    async def read_csv(self, scope: Scope, text: str) -> list[Term]:
        """Takes the place of everything. Raises: InvalidInput, and then nothing has changed."""
        terms = [replace(term, id=new_id("trm")) for term in read_csv(text)]
        await self._store.replace_all(scope.key, terms, self._clock.now_ms())
        self._bus.publish(GlossaryChanged(scope.key))
        return terms

    def known(self, room_id: str) -> Glossary | None:
        """What a room translates with, if it is in memory."""
        found = self._rooms.get(room_id)
        if found is None or found[2] <= self._clock.monotonic():
            return None
        self._rooms.move_to_end(room_id)
        return found[0]

    async def of_room(self, room_id: str) -> Glossary:
        """The room's own terms, then its shop's, then the list of its kind; of ``store:…`` the shop's as in a show.

        Raises: RoomNotFound.
        """
        found = self.known(room_id)
        if found is not None:
            return found
        if room_id.startswith("store:"):
            terms, store, kind = [], room_id, RoomKind.SHOW
        else:
            room = await self._room_of(room_id)
            terms = await self._store.terms(Scope("room", room.id).key)
            store, kind = Scope("store", room.store_id).key if room.store_id else "", room.kind
        if store:
            terms = [*terms, *await self._store.terms(store)]
        glossary = Glossary(tuple(terms)).joined(base_of(kind))
        self._rooms[room_id] = (glossary, store, self._clock.monotonic() + FRESH_S)
        if len(self._rooms) > MAX_ROOMS:
            self._rooms.popitem(last=False)
        return glossary

    async def _put(self, scope: Scope, term: Term) -> Term:
        term.check()
        if len(term.note) > MAX_NOTE_CHARS:
            raise InvalidInput(f"A note has at most {MAX_NOTE_CHARS} characters", field="note")
        await self._store.put(scope.key, [term], self._clock.now_ms(), MAX_TERMS)
        self._bus.publish(GlossaryChanged(scope.key))
        return term

    def _changed(self, event: GlossaryChanged) -> None:
        kind, _, scope_id = event.scope.partition(":")
        if kind == "room":
            self._forget(scope_id)
            return
        for room_id in [key for key, (_, store, _) in self._rooms.items() if store == event.scope]:
            self._forget(room_id)

    def _forget(self, room_id: str) -> None:
        self._rooms.pop(room_id, None)


def present(term: Term) -> dict[str, Any]:
    """The public ``GlossaryTerm``."""
    words = {tag: list(wordings) for tag, wordings in term.words.items() if tag}
    return {"id": term.id, "keep": term.words[""][0] if term.keep else None, "words": words, "note": term.note}
