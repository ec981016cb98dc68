"""Who may not speak or not come in: mutes, bans and slowed members by room, kept in SQL and asked from memory."""

from collections import Counter, OrderedDict
from dataclasses import dataclass, replace
from typing import Any, Final

from livehub.accounts.origin import Origin
from livehub.accounts.permissions import RANK, Action, Role
from livehub.chat.bans import RoomBans, Sightings
from livehub.chat.conduct import Deed, Entry, Mark, MarkKind, Reach, Slowed, parse_network, plain
from livehub.chat.errors import Banned, Muted, OutranksYou
from livehub.chat.model import Sanction, SanctionKind
from livehub.chat.store import ChatStore
from livehub.clock import Clock, iso
from livehub.errors import Forbidden, InvalidInput
from livehub.events import EventBus, MemberSanctioned, ModerationLogged, OthersHeard
from livehub.ids import new_id
from livehub.rooms.access import Access

MAX_MUTE_S: Final = 30 * 24 * 3600
#: addresses pass on to other people: a ban of one ends by itself
MAX_NETWORK_S: Final = 30 * 24 * 3600
DEFAULT_NETWORK_S: Final = 24 * 3600
MAX_EVERY_S: Final = 3600
MAX_REASON_CHARS: Final = 200
_ROOMS_KEPT: Final = 2_000


@dataclass(frozen=True, slots=True)
class Target:
    """Whom something is done to. ``role`` is theirs in the room, None for nobody known; ``name`` is for the log."""

    identity: str
    role: Role | None = None
    name: str = ""


class Moderation:
    """What is in memory is what is in SQL: a process that writes there tells the others, and while they do not hear
    one another nothing is kept in memory."""

    def __init__(self, store: ChatStore, *, clock: Clock, bus: EventBus) -> None:
        self._store = store
        self._clock = clock
        self._bus = bus
        self._rooms: OrderedDict[str, RoomBans] = OrderedDict()
        self._changes: Counter[str] = Counter()
        self._sightings = Sightings()
        self._hears_others = True
        bus.subscribe(MemberSanctioned, lambda event: self._forget(event.room_id))
        bus.subscribe(OthersHeard, self._others_heard)

    # ---- what holds ----

    def saw(self, room_id: str, identity: str, origin: Origin) -> None:
        """Somebody came into the room from there."""
        self._sightings.saw(room_id, identity, origin)

    async def check_may_enter(self, room_id: str, identity: str, origin: Origin | None = None) -> None:
        """``origin``: of those whom no role brings here; a device or network that is banned shuts them out as well.

        Raises: Banned.
        """
        bans = await self._of(room_id)
        now = self._clock.now_ms()
        ban = bans.by_kind[SanctionKind.BAN].get(identity)
        if ban is not None and ban.in_force(now):
            raise Banned("A moderator removed you from this room", until=None if ban.until is None else iso(ban.until))
        if origin is not None and bans.shuts_out(origin, now):
            raise Banned("A moderator removed you from this room", until=None)

    async def is_banned(self, room_id: str, identity: str) -> bool:
        """By who they are, wherever they come from."""
        ban = (await self._of(room_id)).by_kind[SanctionKind.BAN].get(identity)
        return ban is not None and ban.in_force(self._clock.now_ms())

    async def check_may_speak(self, room_id: str, identity: str) -> None:
        """Raises: Banned; Muted."""
        await self.check_may_enter(room_id, identity)
        until = await self.muted_until(room_id, identity)
        if until is not None:
            left_s = (until - self._clock.now_ms()) / 1000
            raise Muted(f"You are muted for another {max(1, round(left_s))} s", until=iso(until), retry_after_s=left_s)

    async def muted_until(self, room_id: str, identity: str) -> int | None:
        """When the present mute ends, in ms; None when there is none."""
        mute = (await self._of(room_id)).by_kind[SanctionKind.MUTE].get(identity)
        return mute.until if mute is not None and mute.in_force(self._clock.now_ms()) else None

    async def slowed_to(self, room_id: str, identity: str) -> int:
        """Seconds between two lines of this member; 0 when they were not slowed."""
        slowed = (await self._of(room_id)).slowed.get(identity)
        return slowed.every_s if slowed is not None and slowed.in_force(self._clock.now_ms()) else 0

    async def present(self, room_id: str) -> list[dict[str, object]]:
        """Everything in force in a room, the newest first. Addresses are not shown unless they were typed in here."""
        bans, now = await self._of(room_id), self._clock.now_ms()
        found: list[tuple[int, dict[str, object]]] = []
        for kind, of_kind in bans.by_kind.items():
            for item in of_kind.values():
                if item.in_force(now):
                    shown: dict[str, object] = {
                        "kind": kind.value,
                        "identity": item.identity,
                        "by": item.by,
                        "reason": item.reason,
                    }
                    found.append((item.at, {**shown, "until": _iso(item.until)}))
        for slow in bans.slowed.values():
            if slow.in_force(now):
                shown = {"kind": "slow", "identity": slow.identity, "every_s": slow.every_s}
                found.append((slow.at, {**shown, "until": _iso(slow.until)}))
        for _, mark in bans.networks:
            if mark.in_force(now) and not mark.identity:
                found.append((mark.at, {"kind": "network", "network": mark.value, "until": _iso(mark.until)}))
        return [shown for _, shown in sorted(found, key=lambda each: each[0], reverse=True)]

    # ---- what is done ----

    async def mute(self, access: Access, target: Target, seconds: int, reason: str = "") -> Sanction:
        """Nothing of theirs is accepted for ``seconds``.

        Raises:
            Forbidden, OutranksYou: the caller may not, or not to this person.
            InvalidInput: ``seconds`` outside 1 … :data:`MAX_MUTE_S`.
        """
        self._require(access, Action.MUTE, target)
        until = self._until(seconds, MAX_MUTE_S)
        sanction = Sanction(
            access.room.id,
            target.identity,
            SanctionKind.MUTE,
            until,
            _by(access),
            plain(reason, MAX_REASON_CHARS),
            self._clock.now_ms(),
        )
        entry = self.entry(access, Deed.MUTE, target, reason, seconds=seconds)
        await self._store.put_sanction(sanction, entry)
        self._changed(entry, MemberSanctioned(access.room.id, target.identity, "mute", until=until))
        return sanction

    async def slow(self, access: Access, target: Target, every_s: int, seconds: int | None, reason: str = "") -> Slowed:
        """One line each ``every_s`` seconds, for ``seconds`` or without end. Raises: as :meth:`mute`."""
        self._require(access, Action.MUTE, target)
        if not 1 <= every_s <= MAX_EVERY_S:
            raise InvalidInput(f"every_s must be from 1 to {MAX_EVERY_S}", field="every_s")
        until = None if seconds is None else self._until(seconds, MAX_MUTE_S)
        slowed = Slowed(access.room.id, target.identity, every_s, until, self._clock.now_ms())
        entry = self.entry(access, Deed.SLOW, target, reason, every_s=every_s, seconds=seconds)
        await self._store.put_slowed(slowed, entry)
        self._changed(entry, MemberSanctioned(access.room.id, target.identity, "slow"))
        return slowed

    async def ban(
        self,
        access: Access,
        target: Target,
        reason: str = "",
        *,
        seconds: int | None = None,
        reach: Reach = Reach.DEVICE,
    ) -> Sanction:
        """They are put out and cannot come back until it is lifted or ``seconds`` are over.

        What is given says in ``marked`` what was banned beside the identity: nothing, where this process does not know
        where they came from. Each other process marks what it knows of that, when it hears of the ban. Networks are
        marked for at most :data:`MAX_NETWORK_S`, :data:`DEFAULT_NETWORK_S` without ``seconds``.

        Raises: Forbidden, OutranksYou, InvalidInput.
        """
        self._require(access, Action.BAN, target)
        room_id, now = access.room.id, self._clock.now_ms()
        until = None if seconds is None else self._until(seconds, 10 * 365 * 24 * 3600)
        sanction = Sanction(
            room_id, target.identity, SanctionKind.BAN, until, _by(access), plain(reason, MAX_REASON_CHARS), now
        )
        entry = self.entry(access, Deed.BAN, target, reason, seconds=seconds, reach=reach.value)
        marks = self._marks(room_id, target.identity, reach, until, now)
        await self._store.put_sanction(sanction, entry, marks)
        self._changed(entry, _told(room_id, target.identity, marks, reach.value, until))
        return replace(sanction, marked=tuple(mark.kind for mark in marks))

    async def extend(self, event: MemberSanctioned) -> None:
        """A ban was made, here or in another process. Where its member was seen here from elsewhere than it says, mark
        that as well."""
        known = self._marks(event.room_id, event.identity, Reach(event.reach), event.until, self._clock.now_ms())
        marks = [mark for mark in known if mark.value not in {*event.devices, *event.networks}]
        ban = (await self._of(event.room_id)).by_kind[SanctionKind.BAN].get(event.identity) if marks else None
        if ban is not None:  # else it was lifted before this process came to it
            await self._store.put_marks(marks)
            self._bus.publish(_told(event.room_id, event.identity, marks, "", event.until))

    async def ban_network(self, access: Access, network: str, seconds: int | None, reason: str = "") -> Mark:
        """Nobody without a role comes in from there. Raises: Forbidden; InvalidInput."""
        access.require(Action.BAN)
        value, now = parse_network(network), self._clock.now_ms()
        until = self._until(DEFAULT_NETWORK_S if seconds is None else seconds, MAX_NETWORK_S)
        mark = Mark(access.room.id, MarkKind.NETWORK, value, "", until, now)
        entry = self.entry(access, Deed.BAN_NETWORK, Target(""), reason, subject=value, seconds=(until - now) // 1000)
        await self._store.put_marks([mark], entry)
        self._changed(entry, _told(access.room.id, "", [mark], "", until))
        return mark

    # ---- and lifted ----

    async def unmute(self, access: Access, target: Target, entry: Entry | None = None) -> bool:
        """Whether there was anything to lift. Raises: Forbidden, also for one's own mute."""
        access.require(Action.MUTE)
        require_somebody_else(access, target.identity)
        return await self._lift(access, target, SanctionKind.MUTE, entry or self.entry(access, Deed.UNMUTE, target))

    async def unban(self, access: Access, target: Target, entry: Entry | None = None) -> bool:
        """Whether there was anything to lift; what was marked with it is free again. Raises: as :meth:`unmute`."""
        access.require(Action.BAN)
        require_somebody_else(access, target.identity)
        return await self._lift(access, target, SanctionKind.BAN, entry or self.entry(access, Deed.UNBAN, target))

    async def unslow(self, access: Access, target: Target, entry: Entry | None = None) -> bool:
        """Whether there was anything to lift. Raises: as :meth:`unmute`."""
        access.require(Action.MUTE)
        require_somebody_else(access, target.identity)
        entry = entry or self.entry(access, Deed.UNSLOW, target)
        lifted = await self._store.lift_slowed(access.room.id, target.identity, entry)
        return self._lifted(lifted, entry, MemberSanctioned(access.room.id, target.identity, "slow", lifted=True))

    async def unban_network(self, access: Access, network: str, entry: Entry | None = None) -> bool:
        """Whether there was anything to lift. Raises: Forbidden; InvalidInput."""
        access.require(Action.BAN)
        value = parse_network(network)
        entry = entry or self.entry(access, Deed.UNBAN_NETWORK, Target(""), subject=value)
        lifted = await self._store.drop_mark(access.room.id, MarkKind.NETWORK, value, entry)
        return self._lifted(lifted, entry, MemberSanctioned(access.room.id, "", "ban", lifted=True))

    async def stands(self, done: Entry) -> bool:
        """Whether what an entry tells of still holds: False where it was lifted, or something newer is in its place."""
        bans = await self._of(done.room_id)
        held: Sanction | Slowed | Mark | None
        match done.deed:
            case Deed.MUTE:
                held = bans.by_kind[SanctionKind.MUTE].get(done.identity)
            case Deed.BAN:
                held = bans.by_kind[SanctionKind.BAN].get(done.identity)
            case Deed.SLOW:
                held = bans.slowed.get(done.identity)
            case Deed.BAN_NETWORK:
                typed = (mark for _, mark in bans.networks if mark.value == done.subject and not mark.identity)
                held = next(typed, None)
            case _:  # where it is kept tells by itself
                return True
        return held is not None and held.at <= done.at

    # ---- the log ----

    def entry(
        self, access: Access, deed: Deed, target: Target, reason: str = "", *, subject: str = "", **details: Any
    ) -> Entry:
        """A line of the log for what the caller is about to do."""
        principal = access.require_principal()
        known = {name: value for name, value in details.items() if value is not None}
        return Entry(
            new_id("log"), access.room.id, self._clock.now_ms(), deed, principal.identity, principal.display_name,
            target.identity, target.name, subject, plain(reason, MAX_REASON_CHARS), known,
        )  # fmt: skip

    def tell(self, entry: Entry) -> None:
        """The entry is in SQL: moderators who are in the room see it."""
        self._bus.publish(ModerationLogged(entry.room_id, entry.present()))

    # ---- how ----

    def _require(self, access: Access, action: Action, target: Target) -> None:
        access.require(action)
        if target.identity == _by(access):
            raise InvalidInput("You cannot do this to yourself", field="identity")
        require_outranks(access, target.role)

    def _until(self, seconds: int, most: int) -> int:
        if not 1 <= seconds <= most:
            raise InvalidInput(f"seconds must be from 1 to {most}", field="seconds")
        return self._clock.now_ms() + seconds * 1000

    def _marks(self, room_id: str, identity: str, reach: Reach, until: int | None, now: int) -> list[Mark]:
        latest = now + (DEFAULT_NETWORK_S if until is None else MAX_NETWORK_S) * 1000
        found = self._sightings.marks(room_id, identity, reach, until, now)
        return [
            mark
            if mark.kind is MarkKind.DEVICE
            else Mark(room_id, mark.kind, mark.value, identity, min(until or latest, latest), now)
            for mark in found
        ]

    async def _lift(self, access: Access, target: Target, kind: SanctionKind, entry: Entry) -> bool:
        lifted = await self._store.lift_sanction(access.room.id, target.identity, kind, entry)
        return self._lifted(lifted, entry, MemberSanctioned(access.room.id, target.identity, kind, lifted=True))

    def _lifted(self, lifted: bool, entry: Entry, event: MemberSanctioned) -> bool:
        if lifted:
            self._changed(entry, event)
        return lifted

    def _changed(self, entry: Entry, event: MemberSanctioned) -> None:
        self._bus.publish(event)
        self.tell(entry)

    def _forget(self, room_id: str) -> None:
        self._rooms.pop(room_id, None)
        self._changes[room_id] += 1

    def _others_heard(self, event: OthersHeard) -> None:
        self._hears_others = event.is_so
        for room_id in list(self._rooms):
            self._forget(room_id)

    async def _of(self, room_id: str) -> RoomBans:
        """Suspends only when the room is not in memory. What was changed while it was read is read again."""
        known = self._rooms.get(room_id)
        while known is None:
            change, read = self._changes[room_id], RoomBans()
            for sanction in await self._store.sanctions(room_id):
                read.by_kind[sanction.kind][sanction.identity] = sanction
            read.slowed = {slowed.identity: slowed for slowed in await self._store.slowed(room_id)}
            for mark in await self._store.marks(room_id):
                read.add(mark)
            if not self._hears_others:
                return read
            if change == self._changes[room_id]:
                known = self._rooms.setdefault(room_id, read)
                if len(self._rooms) > _ROOMS_KEPT:
                    self._changes.pop(self._rooms.popitem(last=False)[0], None)
        return known


def require_somebody_else(access: Access, identity: str) -> None:
    """Raises: Forbidden. Who moderates is moderated by those above them, and takes nothing of it back alone."""
    if identity and identity == _by(access):
        raise Forbidden("Somebody else has to take back what was done to you")


def require_outranks(access: Access, role: Role | None) -> None:
    """Raises: OutranksYou unless the caller's rank is above ``role``."""
    if role is not None and (access.role is None or RANK[access.role] <= RANK[role]):
        raise OutranksYou(f"A {role} is not below your own role here")


def _by(access: Access) -> str:
    return access.require_principal().identity


def _iso(at_ms: int | None) -> str | None:
    return None if at_ms is None else iso(at_ms)


def _told(room_id: str, identity: str, marks: list[Mark], reach: str, until: int | None) -> MemberSanctioned:
    devices = tuple(mark.value for mark in marks if mark.kind is MarkKind.DEVICE)
    networks = tuple(mark.value for mark in marks if mark.kind is MarkKind.NETWORK)
    return MemberSanctioned(room_id, identity, "ban", devices=devices, networks=networks, reach=reach, until=until)
