"""Rooms for everybody else: finding, admitting, scheduling, starting, ending."""

import asyncio
import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from livehub.accounts.permissions import Action, Role
from livehub.accounts.principal import Principal
from livehub.clock import Clock, iso
from livehub.errors import IllegalTransition, InvalidInput
from livehub.events import EventBus, MemberAppointed, OthersHeard, RoomChanged, RoomDeleted, RoomEnded, RoomStarted
from livehub.ids import new_id
from livehub.rooms.access import Access, decide
from livehub.rooms.errors import RecordingNotAllowed, RoomHasStarted, RoomIsLive, RoomNotFound, StoreNotYours
from livehub.rooms.kinds import POLICIES, RecordingMode, RoomKind, Visibility
from livehub.rooms.listing import OVERDUE_MS, Cursor, RoomQuery
from livehub.rooms.model import Room, RoomRecord, RoomState, check_transition
from livehub.rooms.ports import Bans, RoomStore, StoreOf

#: how long another process's change (the command line's) may stay unseen here
CACHE_TTL_S = 2.0
#: and while other processes are not heard, so that what is changed there counts here soon
UNHEARD_TTL_S = 0.1
CACHE_ROOMS = 1000
#: people with a role in one room: all are read with the room, for every list that shows it
MAX_ROLES = 2_000
_ROOM_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class NewRoom:
    """``visibility`` and ``recording`` None take the kind's default; ``starts_at`` in ms since the epoch."""

    kind: RoomKind
    title: str
    locale: str
    visibility: Visibility | None = None
    store_id: str | None = None
    starts_at: int | None = None
    description: str = ""
    recording: RecordingMode | None = None


@dataclass(frozen=True, slots=True)
class RoomPatch:
    """None leaves a value as it is."""

    title: str | None = None
    description: str | None = None
    locale: str | None = None
    visibility: Visibility | None = None
    starts_at: int | None = None
    recording: RecordingMode | None = None


class RoomService:
    """``viewers`` counts the people in a room right now; ``store_of`` tells whose a store is. Without ``bans`` nobody
    is banned."""

    def __init__(
        self,
        store: RoomStore,
        *,
        clock: Clock,
        bus: EventBus,
        viewers: Callable[[str], int],
        store_of: StoreOf,
        bans: Bans | None = None,
    ) -> None:
        self._store = store
        self._bans = bans
        self._clock = clock
        self._bus = bus
        self._viewers = viewers
        self._store_of = store_of
        #: room id → (when it was read, record); every action asks for its room, few change it
        self._cache: OrderedDict[str, tuple[float, RoomRecord]] = OrderedDict()
        self._generation = 0
        #: room id → set once the read of it that is under way has ended
        self._reading: dict[str, asyncio.Event] = {}
        # Changed here or in another process.
        bus.subscribe(RoomChanged, lambda event: self._forget(event.room_id))
        bus.subscribe(RoomDeleted, lambda event: self._forget(event.room_id))
        bus.subscribe(MemberAppointed, lambda event: self._forget(event.room_id))
        self._ttl_s = CACHE_TTL_S
        bus.subscribe(OthersHeard, self._others_heard)

    async def get(self, room_id: str) -> Room:
        """Raises: RoomNotFound."""
        return (await self._record(room_id)).room

    async def access(self, room_id: str, principal: Principal | None) -> Access:
        """What ``principal`` is in the room: who is banned no more than a viewer, whatever they were appointed.

        Raises:
            RoomNotFound: unknown, or private and the caller has no role in it.
        """
        access = decide(await self._record(room_id), principal)
        if principal is None or not access.is_appointed or self._bans is None:
            return access
        return access.demoted() if await self._bans.is_banned(room_id, principal.identity) else access

    async def list(self, query: RoomQuery, principal: Principal | None) -> tuple[list[Access], Cursor | None]:
        """One page of rooms with what the caller is in each, and the cursor of the next page.

        Public rooms that never started are left out some time after they should have; their own people still see them.
        """
        if query.member is None:
            query = replace(query, planned_since=self._clock.now_ms() - OVERDUE_MS)
        records, following = await self._store.page(query)
        return [decide(record, principal) for record in records], following

    async def create(self, principal: Principal, new: NewRoom) -> Access:
        """A scheduled room whose host is ``principal``.

        Raises:
            Forbidden: no account.
            StoreNotYours: somebody else's store, or none.
            InvalidInput: a store in a kind that sells nothing.
            RecordingNotAllowed: not in this kind.
        """
        principal.require_account()
        policy = POLICIES[new.kind]
        if new.recording is not None:
            _check_recording(new.kind, new.recording)
        room = Room(
            id=new_id("room"),
            kind=new.kind,
            title=new.title,
            description=new.description,
            state=RoomState.SCHEDULED,
            locale=new.locale,
            visibility=new.visibility or policy.default_visibility,
            owner_id=principal.identity,
            owner_name=principal.display_name,
            store_id=new.store_id,
            store_title=await self._store_title(new, principal) if new.store_id else None,
            created_at=self._clock.now_ms(),
            starts_at=new.starts_at,
            recording=new.recording or policy.default_recording,
        )
        await self._store.add(room)
        return Access(room, Role.HOST, principal)

    async def _store_title(self, new: NewRoom, principal: Principal) -> str:
        if not POLICIES[new.kind].sells:
            raise InvalidInput(f"A room of kind {new.kind} sells nothing; leave the store out", field="store_id")
        found = await self._store_of(new.store_id or "")
        if found is None or found[0] != principal.identity:
            raise StoreNotYours(field="store_id")
        return found[1]

    async def patch(self, access: Access, patch: RoomPatch) -> Room:
        """
        Raises:
            Forbidden.
            Gone: once ended.
            RoomHasStarted: a new time after the start; recording without asking, where people are in already.
            RecordingNotAllowed: not in this kind.
        """
        access.require(Action.ROOM_EDIT)
        changes: dict[str, Any] = {
            name: value for name in RoomPatch.__slots__ if (value := getattr(patch, name)) is not None
        }

        def change(room: Room) -> Room:
            room.require_not_ended()
            if patch.starts_at is not None and room.state is not RoomState.SCHEDULED:
                raise RoomHasStarted(field="starts_at")
            if patch.recording is not None:
                _check_recording(room.kind, patch.recording)
                _check_late_recording(room, patch.recording)
            return replace(room, **changes)

        return await self._changed(access.room.id, change)

    async def start(self, access: Access) -> Room:
        """scheduled → live. Raises: Forbidden, IllegalTransition."""
        access.require(Action.ROOM_EDIT)
        now = self._clock.now_ms()

        def change(room: Room) -> Room:
            check_transition(room.state, RoomState.LIVE)
            return replace(room, state=RoomState.LIVE, started_at=now)

        room = await self._changed(access.room.id, change)
        self._bus.publish(RoomStarted(room.id))
        return room

    async def end(self, access: Access) -> Room:
        """live (or scheduled: called off) → ended. Raises: Forbidden, IllegalTransition."""
        access.require(Action.ROOM_EDIT)
        return await self._end(access.room.id)

    async def end_abandoned(self, room_id: str) -> Room:
        """The same for a live room that nobody is in any more. Raises: RoomNotFound, IllegalTransition."""
        return await self._end(room_id, only=RoomState.LIVE)

    async def _end(self, room_id: str, *, only: RoomState | None = None) -> Room:
        now = self._clock.now_ms()

        def change(room: Room) -> Room:
            check_transition(room.state, RoomState.ENDED)
            if only is not None and room.state is not only:
                raise IllegalTransition
            return replace(room, state=RoomState.ENDED, ended_at=now)

        room = await self._changed(room_id, change)
        self._bus.publish(RoomEnded(room.id))
        return room

    async def delete(self, access: Access) -> None:
        """Raises: Forbidden; RoomIsLive."""
        access.require(Action.ROOM_EDIT)

        def check(room: Room) -> None:
            if room.state is RoomState.LIVE:
                raise RoomIsLive("End the room before you delete it")

        await self._store.delete(access.room.id, self._clock.now_ms(), check)
        self._forget(access.room.id)
        if access.room.state is not RoomState.ENDED:
            self._bus.publish(RoomEnded(access.room.id))
        self._bus.publish(RoomDeleted(access.room.id))

    async def set_role(self, access: Access, identity: str, role: Role, entry: Any = None) -> None:
        """Appoint ``identity``; VIEWER takes a higher role away, and admits to a private room. Counts at once.
        ``entry``: what the moderators' log says of it.

        Raises:
            Forbidden: the caller may not appoint.
            InvalidInput: HOST, which is the owner's alone, or the owner's own role.
            Conflict: as many people have a role as may (``too_many_roles``).
        """
        access.require(Action.ROOM_APPOINT)
        if role is Role.HOST:
            raise InvalidInput("A room has one host, its owner; appoint a cohost", field="role")
        if identity == access.room.owner_id:
            raise InvalidInput("The host's own role stays as it is", field="identity")
        await self._appoint(access.room, identity, role, entry=entry)

    async def seat(self, room_id: str, identity: str, *, on_stage: bool, entry: Any = None) -> frozenset[Action]:
        """Somebody who accepted an invitation becomes a speaker; who is sent off, a viewer who may not publish.
        ``entry``: what the moderators' log says of it.

        The caller has checked that it is so. Gives what they may do now.

        Raises: RoomNotFound; Conflict (``too_many_roles``).
        """
        room = (await self._record(room_id)).room
        role, withheld = (Role.SPEAKER, frozenset[Action]()) if on_stage else (Role.VIEWER, frozenset({Action.PUBLISH}))
        return await self._appoint(room, identity, role, withheld, entry)

    async def _appoint(
        self, room: Room, identity: str, role: Role, withheld: frozenset[Action] = frozenset(), entry: Any = None
    ) -> frozenset[Action]:
        await self._store.set_role(room.id, identity, role, MAX_ROLES, entry)
        self._forget(room.id)
        can = frozenset(action for action in Action if room.may(role, action)) - withheld
        self._bus.publish(MemberAppointed(room.id, identity, role, can))
        return can

    async def role_of(self, room_id: str, identity: str) -> Role:
        """By ownership or appointment; those admitted by a token alone count as viewers. Raises: RoomNotFound."""
        record = await self._record(room_id)
        return Role.HOST if identity == record.room.owner_id else record.roles.get(identity, Role.VIEWER)

    async def present(self, room: Room, access: Access | None) -> dict[str, Any]:
        """The public ``Room`` of docs/protocol.md, as ``access`` sees it; None: as told to everybody at once."""
        return {
            "id": room.id,
            "kind": room.kind,
            "title": room.title,
            "description": room.description,
            "state": room.state,
            "locale": room.locale,
            "visibility": room.visibility,
            "starts_at": _time(room.starts_at),
            "started_at": _time(room.started_at),
            "ended_at": _time(room.ended_at),
            "store": {"id": room.store_id, "title": room.store_title} if room.store_id else None,
            "host": {"id": room.owner_id, "display_name": room.owner_name},
            "viewers": self._viewers(room.id),
            "still": f"/api/v1/rooms/{room.id}/still" if _shows(room) else None,
            "recording": room.recording,
            "replay": f"/hls/{room.id}/replay/index.m3u8"
            if room.state is RoomState.ENDED and room.has_replay
            else None,
            "my_role": access.role if access else None,
            "can": access.actions if access else [],
        }

    async def refresh(self, room_id: str) -> None:
        """Read the room anew and tell everybody: something that is shown with it has changed.

        Raises: RoomNotFound.
        """
        self._forget(room_id)
        room = await self.get(room_id)
        self._bus.publish(RoomChanged(room.id, await self.present(room, None)))

    async def _changed(self, room_id: str, change: Callable[[Room], Room]) -> Room:
        room = await self._store.change(room_id, change)
        self._forget(room.id)
        self._bus.publish(RoomChanged(room.id, await self.present(room, None)))
        return room

    async def _record(self, room_id: str) -> RoomRecord:
        # Ids come from outside; what no room can be called need not trouble the database, nor could all of it be asked.
        if not _ROOM_ID.fullmatch(room_id):
            raise RoomNotFound
        while True:
            cached = self._cache.get(room_id)
            if cached is not None and self._clock.monotonic() - cached[0] < self._ttl_s:
                return cached[1]
            # In a rush thousands find at the same moment that it has to be read again: one of them does it.
            reading = self._reading.get(room_id)
            if reading is None:
                break
            await reading.wait()
        done = self._reading[room_id] = asyncio.Event()
        try:
            return await self._read(room_id)
        finally:
            del self._reading[room_id]
            done.set()

    def _others_heard(self, event: OthersHeard) -> None:
        self._ttl_s = CACHE_TTL_S if event.is_so else UNHEARD_TTL_S
        # Of what was changed while nobody was heard nobody will tell.
        self._cache.clear()
        self._generation += 1

    async def _read(self, room_id: str) -> RoomRecord:
        now = self._clock.monotonic()
        generation = self._generation
        record = await self._store.find(room_id)
        if record is None:
            self._cache.pop(room_id, None)
            raise RoomNotFound
        # What was read before a change that came in the meantime must not outlive that change.
        if generation == self._generation:
            self._cache[room_id] = (now, record)
            self._cache.move_to_end(room_id)
            if len(self._cache) > CACHE_ROOMS:
                self._cache.popitem(last=False)
        return record

    def _forget(self, room_id: str) -> None:
        self._generation += 1
        self._cache.pop(room_id, None)


def _check_recording(kind: RoomKind, wanted: RecordingMode) -> None:
    allowed = POLICIES[kind].recordings
    if wanted not in allowed:
        names = sorted(allowed)
        raise RecordingNotAllowed(f"A room of kind {kind} can be: {', '.join(names)}", field="recording", allowed=names)


def _check_late_recording(room: Room, wanted: RecordingMode) -> None:
    """Who has come in was told nothing: from then on only asking them will do, or to stop."""
    if room.state is RoomState.LIVE and wanted is RecordingMode.ON and room.recording is not wanted:
        raise RoomHasStarted("People are in the room already: record with their consent", field="recording")


def _shows(room: Room) -> bool:
    return room.state is RoomState.LIVE or (room.state is RoomState.ENDED and room.has_replay)


def _time(at_ms: int | None) -> str | None:
    return None if at_ms is None else iso(at_ms)
