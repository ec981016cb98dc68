"""Who may not speak or not come in: mutes and bans by room, kept in SQL and asked from memory."""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from livehub.accounts.permissions import RANK, Action, Role
from livehub.chat.errors import Banned, Muted, OutranksYou
from livehub.chat.model import Sanction, SanctionKind
from livehub.chat.store import ChatStore
from livehub.clock import Clock, iso
from livehub.errors import InvalidInput
from livehub.events import EventBus, MemberSanctioned, OthersHeard
from livehub.rooms.access import Access

MAX_MUTE_S: Final = 30 * 24 * 3600
MAX_REASON_CHARS: Final = 200
_ROOMS_KEPT: Final = 2_000


@dataclass(slots=True)
class _Sanctions:
    by_kind: dict[SanctionKind, dict[str, Sanction]] = field(
        default_factory=lambda: {kind: {} for kind in SanctionKind}
    )


class Moderation:
    """What is in memory is what is in SQL: a process that writes there tells the others, and while they do not hear
    one another nothing is kept in memory."""

    def __init__(self, store: ChatStore, *, clock: Clock, bus: EventBus) -> None:
        self._store = store
        self._clock = clock
        self._bus = bus
        self._rooms: OrderedDict[str, _Sanctions] = OrderedDict()
        self._hears_others = True
        # Another process has written to SQL what is kept here.
        bus.subscribe(MemberSanctioned, lambda event: self._forget(event.room_id))
        bus.subscribe(OthersHeard, self._others_heard)

    def _forget(self, room_id: str) -> None:
        self._rooms.pop(room_id, None)

    def _others_heard(self, event: OthersHeard) -> None:
        self._hears_others = event.is_so
        self._rooms.clear()

    async def check_may_enter(self, room_id: str, identity: str) -> None:
        """Raises: Banned."""
        if await self._in_force(room_id, identity, SanctionKind.BAN):
            raise Banned("A moderator removed you from this room")

    async def check_may_speak(self, room_id: str, identity: str) -> None:
        """Raises: Banned; Muted."""
        await self.check_may_enter(room_id, identity)
        mute = await self._in_force(room_id, identity, SanctionKind.MUTE)
        if mute is not None and mute.until is not None:
            left_s = (mute.until - self._clock.now_ms()) / 1000
            raise Muted(f"You are muted for another {max(1, round(left_s))} s", until=iso(mute.until))

    async def muted_until(self, room_id: str, identity: str) -> int | None:
        """When the present mute ends, in ms; None when there is none."""
        mute = await self._in_force(room_id, identity, SanctionKind.MUTE)
        return mute.until if mute else None

    async def mute(self, access: Access, identity: str, role: Role | None, seconds: int, reason: str = "") -> Sanction:
        """Nothing of theirs is accepted for ``seconds``. ``role`` is the target's, None for nobody known.

        Raises:
            Forbidden, OutranksYou: the caller may not, or not to this person.
            InvalidInput: ``seconds`` outside 1 … :data:`MAX_MUTE_S`.
        """
        if not 1 <= seconds <= MAX_MUTE_S:
            raise InvalidInput(f"seconds must be from 1 to {MAX_MUTE_S}", field="seconds")
        until = self._clock.now_ms() + seconds * 1000
        return await self._impose(access, Action.MUTE, SanctionKind.MUTE, identity, role, until, reason)

    async def ban(self, access: Access, identity: str, role: Role | None, reason: str = "") -> Sanction:
        """They are put out and cannot come back until it is lifted. Raises: Forbidden, OutranksYou."""
        return await self._impose(access, Action.BAN, SanctionKind.BAN, identity, role, None, reason)

    async def unmute(self, access: Access, identity: str) -> bool:
        """Whether there was anything to lift. Raises: Forbidden."""
        access.require(Action.MUTE)
        return await self._lift(access, identity, SanctionKind.MUTE)

    async def unban(self, access: Access, identity: str) -> bool:
        """Whether there was anything to lift. Raises: Forbidden."""
        access.require(Action.BAN)
        return await self._lift(access, identity, SanctionKind.BAN)

    async def _impose(
        self,
        access: Access,
        action: Action,
        kind: SanctionKind,
        identity: str,
        role: Role | None,
        until: int | None,
        reason: str,
    ) -> Sanction:
        access.require(action)
        by = access.require_principal().identity
        if identity == by:
            raise InvalidInput("You cannot do this to yourself", field="identity")
        require_outranks(access, role)
        sanction = Sanction(access.room.id, identity, kind, until, by, reason[:MAX_REASON_CHARS], self._clock.now_ms())
        await self._store.put_sanction(sanction)
        (await self._of(access.room.id)).by_kind[kind][identity] = sanction
        self._bus.publish(MemberSanctioned(access.room.id, identity, kind))
        return sanction

    async def _lift(self, access: Access, identity: str, kind: SanctionKind) -> bool:
        lifted = await self._store.lift_sanction(access.room.id, identity, kind)
        (await self._of(access.room.id)).by_kind[kind].pop(identity, None)
        if lifted:
            self._bus.publish(MemberSanctioned(access.room.id, identity, kind, lifted=True))
        return lifted

    async def _in_force(self, room_id: str, identity: str, kind: SanctionKind) -> Sanction | None:
        found = (await self._of(room_id)).by_kind[kind].get(identity)
        return found if found is not None and found.in_force(self._clock.now_ms()) else None

    async def _of(self, room_id: str) -> _Sanctions:
        """Suspends only when the room is not in memory. A sanction is put in SQL before it is put here, so that of two
        reads at once either may win."""
        known = self._rooms.get(room_id)
        if known is None:
            read = _Sanctions()
            for sanction in await self._store.sanctions(room_id):
                read.by_kind[sanction.kind][sanction.identity] = sanction
            if not self._hears_others:
                return read
            known = self._rooms.setdefault(room_id, read)
            if len(self._rooms) > _ROOMS_KEPT:
                self._rooms.popitem(last=False)
        return known


def require_outranks(access: Access, role: Role | None) -> None:
    """Raises: OutranksYou unless the caller's rank is above ``role``."""
    if role is not None and (access.role is None or RANK[access.role] <= RANK[role]):
        raise OutranksYou(f"A {role} is not below your own role here")
