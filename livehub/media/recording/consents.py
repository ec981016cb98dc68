"""Who agreed to be recorded, in rooms that are live: asked for every piece that is kept, so it is held in memory."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from livehub.clock import Clock
from livehub.media.recording.model import Consent
from livehub.media.recording.ports import RecordingStore
from livehub.rooms.kinds import RecordingMode
from livehub.rooms.model import Room


@dataclass(slots=True)
class _Room:
    asks: bool
    owner: str
    agreed: set[str] = field(default_factory=set)


class Consents:
    """In rooms that record with consent, everybody on stage but the host, who decides on it, has to agree."""

    def __init__(self, store: RecordingStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._rooms: dict[str, _Room] = {}
        self._stages: dict[str, frozenset[str]] = {}

    async def load(self, room: Room) -> None:
        """Before the room is recorded, and again when its mode has changed."""
        agreed = await self._store.agreed(room.id)
        self._rooms[room.id] = _Room(room.recording is RecordingMode.CONSENT, room.owner_id, set(agreed))

    def forget(self, room_id: str) -> None:
        self._rooms.pop(room_id, None)
        self._stages.pop(room_id, None)

    def set_stage(self, room_id: str, publishers: Iterable[str]) -> None:
        stage = frozenset(publishers)
        if stage:
            self._stages[room_id] = stage
        else:
            self._stages.pop(room_id, None)

    def only(self, room_id: str) -> list[str] | None:
        """Who may be recorded; None where everybody may. Of a room that was not loaded nothing is known: nobody may."""
        room = self._rooms.get(room_id)
        if room is None:
            return []
        return sorted({room.owner, *room.agreed}) if room.asks else None

    def missing(self, room_id: str) -> frozenset[str]:
        """Who is on stage and not recorded, for want of consent."""
        only, stage = self.only(room_id), self._stages.get(room_id, frozenset())
        return frozenset() if only is None else stage - frozenset(only)

    async def of(self, room_id: str, identity: str) -> Consent | None:
        return await self._store.consent(room_id, identity)

    async def give(self, room_id: str, identity: str, *, given: bool) -> None:
        """Agree, or know and not agree; either may follow the other, and counts from now on."""
        room = self._rooms.get(room_id)
        if room is not None and not given:
            room.agreed.discard(identity)  # at once: what comes during the commit is not kept
        await self._store.set_consent(room_id, identity, Consent.GIVEN if given else Consent.SEEN, self._clock.now_ms())
        room = self._rooms.get(room_id)
        if room is not None and given:
            room.agreed.add(identity)
