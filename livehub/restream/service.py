"""Targets for everybody else: adding, changing, starting and stopping them, and what each is doing.

Which target carries which room is kept in SQL, so that a show goes on after the server was restarted; what becomes of
the sending is told by the media plane and kept here only.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from livehub.accounts.permissions import Action
from livehub.background import Background
from livehub.clock import Clock, parse_iso
from livehub.errors import LivehubError, NotFound
from livehub.events import EventBus, RestreamChanged, RoomChanged, RoomEnded
from livehub.ids import new_id
from livehub.restream.errors import NotOnAir, TargetBusy, TargetKeyRefused, TargetNotFound
from livehub.restream.model import Target, check_key, check_url, hint_of
from livehub.restream.ports import Sender, Status, TargetStore
from livehub.restream.vault import Vault
from livehub.rooms.access import Access
from livehub.rooms.model import Room, RoomState

log = logging.getLogger(__name__)

#: of one account
MAX_TARGETS: Final = 10
MAX_WAITING_JOBS: Final = 2_000
#: a room counts as going live now for so long: after a restart of the server its changes must start nothing anew
GOING_LIVE_MS: Final = 60_000
STOPPED: Final[Status] = {
    "state": "stopped", "code": "", "detail": "", "since": None, "bitrate_bps": 0, "dropped_frames": 0,
    "retry_at": None,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class NewTarget:
    name: str
    url: str
    key: str
    automatic: bool


@dataclass(frozen=True, slots=True)
class TargetPatch:
    """None leaves a value as it is; an empty key takes the key away."""

    name: str | None = None
    url: str | None = None
    key: str | None = None
    automatic: bool | None = None


class RestreamService:
    """``plain_http`` lets WHIP targets be http:// (for networks of one's own).

    ``room_of`` finds a room by id and raises a NotFound where there is none.
    """

    def __init__(
        self,
        store: TargetStore,
        sender: Sender,
        vault: Vault,
        *,
        room_of: Callable[[str], Awaitable[Room]],
        bus: EventBus,
        clock: Clock,
        plain_http: bool = False,
    ) -> None:
        self._store = store
        self._sender = sender
        self._vault = vault
        self._room_of = room_of
        self._bus = bus
        self._clock = clock
        self._plain_http = plain_http
        #: target → the room it carries, and what the media plane last told of it
        self._statuses: dict[str, tuple[str, Status]] = {}
        #: live rooms whose automatic targets had their turn
        self._seen_live: set[str] = set()
        self._following = Background("restreams", MAX_WAITING_JOBS)
        bus.subscribe(RestreamChanged, self._changed)
        bus.subscribe(RoomChanged, self._room_changed)
        bus.subscribe(RoomEnded, self._ended)

    # --- life

    def start(self) -> None:
        """On the running event loop, after the media plane. What carried a room before goes on carrying it."""
        self._following.start()
        self._following.put(self._resume)

    async def close(self) -> None:
        """What runs stays noted as running: the next start takes it up again."""
        await self._following.close()

    # --- targets

    async def list(self, access: Access) -> Sequence[tuple[Target, Status]]:
        """The host's targets, with what each is doing; one that carries another room is ``busy``.

        Raises: Forbidden.
        """
        access.require(Action.RESTREAM_RUN)
        targets = await self._store.of_owner(access.room.owner_id)
        return [(target, self._status(target, access.room.id)) for target in targets]

    async def add(self, access: Access, new: NewTarget) -> tuple[Target, Status]:
        """Raises: Forbidden, TargetUrlRefused, TargetKeyRefused, TooManyTargets."""
        access.require(Action.RESTREAM_EDIT)
        target_id = new_id("rst")
        url = check_url(new.url, plain_http=self._plain_http)
        target = Target(
            target_id, access.room.owner_id, new.name, url, "", "", new.automatic, None, self._clock.now_ms()
        )
        key = check_key(new.key, target.protocol)
        target = replace(target, **self._sealed(key, target_id))
        await self._store.add(target, MAX_TARGETS)
        return target, STOPPED

    async def change(self, access: Access, target_id: str, patch: TargetPatch) -> tuple[Target, Status]:
        """What runs is started anew when its address or key changed. A key is never sent to another server than the one
        it was entered for.

        Raises: Forbidden, TargetNotFound, TargetUrlRefused, TargetKeyRefused, KeyUnreadable.
        """
        access.require(Action.RESTREAM_EDIT)
        target = await self._own(access, target_id)
        values: dict[str, Any] = {}
        if patch.name is not None:
            values["name"] = patch.name
        if patch.automatic is not None:
            values["automatic"] = patch.automatic
        if patch.url is not None:
            values["url"] = check_url(patch.url, plain_http=self._plain_http)
        if patch.key is not None or patch.url is not None:
            changed = replace(target, **values)
            if patch.key is None and target.has_key and changed.server != target.server:
                raise TargetKeyRefused("The address leads to another server: enter the key for it", field="key")
            key = check_key(patch.key if patch.key is not None else self._key(target), changed.protocol)
            values |= self._sealed(key, target.id)
        if values:
            target = await self._store.change(target.id, values)
        if target.room_id is not None and values.keys() & {"url", "sealed_key"}:
            await self._send(target, target.room_id)
        return target, self._status(target, access.room.id)

    async def delete(self, access: Access, target_id: str) -> None:
        """Raises: Forbidden, TargetNotFound."""
        access.require(Action.RESTREAM_EDIT)
        target = await self._own(access, target_id)
        if target.room_id is not None:
            await self._sender.stop_restream(target.room_id, target.id)
        await self._store.delete(target.id)
        self._statuses.pop(target.id, None)

    # --- running

    async def run(self, access: Access, target_id: str) -> tuple[Target, Status]:
        """Send the room there. One that runs already is started anew: the way to try at once.

        Raises: Forbidden, TargetNotFound, Gone, NotOnAir, TargetBusy, KeyUnreadable, Conflict.
        """
        access.require(Action.RESTREAM_RUN)
        access.room.require_not_ended()
        if access.room.state is not RoomState.LIVE:
            raise NotOnAir("Go live first: before that nothing leaves the studio.")
        target = await self._own(access, target_id)
        return await self._run(target, access.room)

    async def stop(self, access: Access, target_id: str) -> tuple[Target, Status]:
        """Raises: Forbidden, TargetNotFound."""
        access.require(Action.RESTREAM_RUN)
        target = await self._own(access, target_id)
        await self._stop(target, access.room.id)
        target = await self._own(access, target_id)
        return target, self._status(target, access.room.id)

    async def _run(self, target: Target, room: Room) -> tuple[Target, Status]:
        self._key(target)  # raises before it is noted as running
        taken = await self._store.take(target.id, room.id)
        try:
            await self._send(taken, room.id)
        except LivehubError:
            await self._store.release(target.id, room.id)
            raise
        return taken, self._status(taken, room.id)

    async def _send(self, target: Target, room_id: str) -> None:
        key = self._key(target)
        status = await self._sender.start_restream(room_id, target.id, url=target.url, key=key)
        self._statuses[target.id] = (room_id, status)

    async def _stop(self, target: Target, room_id: str) -> None:
        await self._store.release(target.id, room_id)
        await self._sender.stop_restream(room_id, target.id)

    def _sealed(self, key: str, target_id: str) -> dict[str, Any]:
        return {"sealed_key": self._vault.seal(key, target_id) if key else "", "key_hint": hint_of(key)}

    def _key(self, target: Target) -> str:
        return self._vault.open(target.sealed_key, target.id) if target.has_key else ""

    async def _own(self, access: Access, target_id: str) -> Target:
        for target in await self._store.of_owner(access.room.owner_id):
            if target.id == target_id:
                return target
        raise TargetNotFound

    def _status(self, target: Target, room_id: str) -> Status:
        if target.room_id is not None and target.room_id != room_id:
            return {**STOPPED, "state": "busy"}
        known = self._statuses.get(target.id)
        if known is not None and known[0] == room_id:
            return known[1]
        return STOPPED

    # --- what happens

    def _changed(self, event: RestreamChanged) -> None:
        if event.status["state"] == "stopped":
            self._statuses.pop(event.target_id, None)
        else:
            self._statuses[event.target_id] = (event.room_id, event.status)

    def _room_changed(self, event: RoomChanged) -> None:
        room = event.room
        started_at = room.get("started_at")
        if room["state"] != RoomState.LIVE or not started_at or event.room_id in self._seen_live:
            return
        self._seen_live.add(event.room_id)
        if self._clock.now_ms() - parse_iso(started_at) <= GOING_LIVE_MS:
            self._following.put(lambda: self._went_live(event.room_id))

    def _ended(self, event: RoomEnded) -> None:
        self._seen_live.discard(event.room_id)
        self._following.put(lambda: self._room_ended(event.room_id))

    async def _went_live(self, room_id: str) -> None:
        """Start what shall start by itself."""
        room = await self._room_of(room_id)
        for target in await self._store.of_owner(room.owner_id):
            if not target.automatic or target.room_id is not None:
                continue
            try:
                await self._run(target, room)
            except TargetBusy:
                continue
            except LivehubError as error:
                log.info("target %s did not start with its room: %s", target.id, error.error_code)
                self._failed(target, room_id, error)

    def _failed(self, target: Target, room_id: str, error: LivehubError) -> None:
        status = {**STOPPED, "state": "failed", "code": error.error_code, "detail": error.detail}
        self._bus.publish(RestreamChanged(room_id, target.id, status))

    async def _room_ended(self, room_id: str) -> None:
        for target in await self._store.running(room_id):
            await self._stop(target, room_id)

    async def _resume(self) -> None:
        for target in await self._store.running():
            room_id = target.room_id or ""
            try:
                room = await self._room_of(room_id)
                if room.state is not RoomState.LIVE:
                    await self._store.release(target.id, room_id)
                    continue
                await self._send(target, room_id)
            except NotFound:
                await self._store.release(target.id, room_id)
            except LivehubError as error:
                log.info("target %s was not taken up again: %s", target.id, error.error_code)
                self._failed(target, room_id, error)
