"""Coming on stage and being there: one method a call, each checked here or by the domain that owns it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, Protocol, TypeVar

from livehub.accounts.permissions import RANK, Action, Role
from livehub.chat.conduct import Deed, Entry
from livehub.chat.desk import Desk
from livehub.chat.errors import OutranksYou
from livehub.chat.moderation import Target
from livehub.clock import Clock
from livehub.errors import InvalidInput, NotFound
from livehub.media.stage import ChannelOrder, Pin, SlotWish, StageOrders
from livehub.ratelimit import TokenBuckets
from livehub.rooms.access import Access
from livehub.rooms.errors import NotForTheStage
from livehub.rooms.service import RoomService
from livehub.rooms.stage import Invitation, Muted, StageDesk
from livehub.signalling import protocol
from livehub.signalling.admission import Admission
from livehub.signalling.broadcaster import Feed
from livehub.signalling.limits import Limits
from livehub.signalling.member import Connection, Member
from livehub.signalling.sequence import Audience

T = TypeVar("T")
#: the kind of document that a stage is between processes
STAGE: Final = "stage"


class Media(Protocol):
    """What is asked of the media plane; see :class:`livehub.media.plane.MediaPlane`."""

    async def direct(self, room_id: str, orders: StageOrders) -> None: ...

    async def choose(self, session_id: str, identity: str, wishes: Sequence[SlotWish]) -> None: ...

    async def listen(self, session_id: str, identity: str, locale: str | None) -> None: ...


class Changing(Protocol):
    """How what hosts decide becomes so in every process; see :meth:`livehub.processes.documents.Documents.change`."""

    async def change(self, kind: str, subject: str, act: Callable[[], T]) -> T: ...


class ChangeHere:
    """Where there is only one process."""

    async def change(self, kind: str, subject: str, act: Callable[[], T]) -> T:
        return act()


class StageActions:
    def __init__(
        self,
        limits: Limits,
        clock: Clock,
        rooms: RoomService,
        desk: StageDesk,
        media: Media,
        admission: Admission,
        moderators: Desk,
        changing: Changing | None = None,
    ) -> None:
        self._changing: Changing = changing or ChangeHere()
        self._rate = TokenBuckets(clock, limits.stage_per_s, limits.stage_burst, 50_000)
        self._rooms = rooms
        self._desk = desk
        self._media = media
        self._admission = admission
        self._moderators = moderators

    async def invite(self, connection: Connection, call: protocol.Invite) -> dict[str, Any]:
        """To somebody who is in the room and cannot speak yet, or was sent off."""
        access, member, feed = await self._managing(connection, call.room)
        invited = feed.someone(call.identity)
        if invited is None:
            raise NotFound("They have left the room", code="member_not_found")
        if invited.role not in {Role.VIEWER, Role.SPEAKER}:
            raise NotForTheStage(role=invited.role)
        by = (member.identity, member.display_name)

        def invite(desk: StageDesk, room_id: str) -> tuple[Invitation | None, Invitation]:
            before = desk.invitation(room_id, call.identity)
            return before, desk.invite(room_id, call.identity, invited.display_name, *by)

        before, made = await self._change(access, invite)
        await self._invitation_kept(access, Deed.STAGE_INVITE, _target(feed, call.identity), before, made)
        feed.publish("stage:invited", made.present(), _concerned(call.identity))
        return {"expires_at": made.expires_at}

    async def answer(self, connection: Connection, call: protocol.AnswerInvitation) -> dict[str, Any]:
        """Who accepts is a speaker when this is acknowledged, and may publish at once."""
        access, member, feed = await self._admission.here(connection, call.room)

        def take(desk: StageDesk, room_id: str) -> None:
            desk.take(room_id, member.identity)
            if call.accepted:
                desk.let_back(room_id, member.identity)

        await self._change(access, take)
        can = frozenset(access.actions)
        if call.accepted:
            if access.role in {Role.VIEWER, Role.SPEAKER}:  # who was appointed meanwhile is more than that
                can = await self._rooms.seat(access.room.id, member.identity, on_stage=True)
            feed.lower_hand(member.identity)
        payload = {"identity": member.identity, "display_name": member.display_name, "accepted": call.accepted}
        feed.publish("stage:answered", payload, _concerned(member.identity))
        return {"can": [action for action in Action if action in can]}

    async def send_off(self, connection: Connection, call: protocol.SendOff) -> None:
        """Ends what they publish, and takes an invitation back. Until the next one they cannot publish."""
        access, _, feed = await self._managing(connection, call.room)
        role = await self._role_on_stage(access, feed, call.identity)
        if role not in {Role.VIEWER, Role.SPEAKER}:
            raise NotForTheStage(role=role)
        before = await self._change(access, lambda desk, room_id: desk.withdraw(room_id, call.identity))
        if before is not None:
            await self._invitation_kept(access, Deed.STAGE_WITHDRAW, _target(feed, call.identity, role), before, None)
            feed.publish("stage:withdrawn", {"identity": call.identity}, _concerned(call.identity))
        if role is Role.VIEWER and not access.room.policy.open_stage:
            return
        entry = self._moderators.stage_act(access, Deed.STAGE_OFF, _target(feed, call.identity, role), call.reason)
        is_new = await self._change(access, lambda desk, room_id: desk.send_off(room_id, call.identity))

        def back(desk: StageDesk, room_id: str) -> None:
            if is_new:
                desk.let_back(room_id, call.identity)

        seated = self._rooms.seat(access.room.id, call.identity, on_stage=False, entry=entry)
        await self._kept(access, entry, seated, back)

    async def mute(self, connection: Connection, call: protocol.MuteOnStage) -> dict[str, Any]:
        """Nothing of them is forwarded any more. Oneself may do it too; what a host muted only hosts open again."""
        access, member, feed = await self._admission.here(connection, call.room)
        self._rate.take(f"{access.room.id}/{member.identity}")
        kinds = {kind: value for kind in ("audio", "video") if (value := getattr(call, kind)) is not None}
        if not kinds:
            raise InvalidInput("Say audio, video or both", field="audio")
        is_own = call.identity == member.identity
        if is_own:
            access.require(Action.PUBLISH)
        else:
            access.require(Action.STAGE)
            await self._role_on_stage(access, feed, call.identity)
        changed = await self._mute(access, call, kinds) if is_own else await self._mute_other(access, feed, call, kinds)
        await self._direct(access.room.id)
        payload = {"identity": call.identity, **changed.present()}
        feed.publish("stage:muted", payload, _concerned(call.identity))
        return changed.present()

    async def _mute(self, access: Access, call: protocol.MuteOnStage, kinds: Mapping[str, bool]) -> Muted:
        return await self._change(
            access, lambda desk, room_id: desk.mute(room_id, call.identity, by_host=False, kinds=kinds)
        )

    async def _mute_other(
        self, access: Access, feed: Feed, call: protocol.MuteOnStage, kinds: Mapping[str, bool]
    ) -> Muted:
        target = _target(feed, call.identity)
        entry = self._moderators.stage_act(access, Deed.STAGE_MUTE, target, call.reason, **kinds)

        def mute(desk: StageDesk, room_id: str) -> tuple[Muted, Muted]:
            before = desk.muted(room_id, call.identity)
            return before, desk.mute(room_id, call.identity, by_host=True, kinds=kinds)

        before, changed = await self._change(access, mute)
        as_before = {kind: getattr(before, f"host_{kind}") for kind in kinds}
        await self._kept(
            access,
            entry,
            self._moderators.log(entry),
            lambda desk, room_id: desk.mute(room_id, call.identity, by_host=True, kinds=as_before),
        )
        return changed

    async def pin(self, connection: Connection, call: protocol.PinOnStage) -> None:
        """For everybody in the room: shown after the host and before all others."""
        access, _, feed = await self._managing(connection, call.room)
        place = await self._change(
            access, lambda desk, room_id: desk.pin(room_id, call.identity, call.source, pinned=call.pinned)
        )
        if place != (0 if call.pinned else None):  # else it is as it was
            deed = Deed.STAGE_PIN if call.pinned else Deed.STAGE_UNPIN
            entry = self._moderators.stage_act(access, deed, _target(feed, call.identity), "", source=call.source)
            await self._kept(
                access,
                entry,
                self._moderators.log(entry),
                lambda desk, room_id: desk.restore_pin(room_id, call.identity, call.source, place),
            )
        await self._direct(access.room.id)
        feed.publish("stage:pins", {"pins": self._desk.present_pins(access.room.id)})

    async def choose(self, connection: Connection, call: protocol.Choose) -> None:
        """What this viewer wants in the slots of a session of theirs, and how large they are on the screen."""
        _, member, _ = await self._admission.here(connection, call.room)
        wishes = [SlotWish(item.slot, item.publisher, item.source, item.width) for item in call.slots]
        await self._media.choose(call.session, member.identity, wishes)

    async def _managing(self, connection: Connection, room_id: str | None) -> tuple[Access, Member, Feed]:
        access, member, feed = await self._admission.here(connection, room_id)
        access.require(Action.STAGE)
        self._rate.take(f"{access.room.id}/{member.identity}")
        return access, member, feed

    async def _role_on_stage(self, access: Access, feed: Feed, identity: str) -> Role:
        """What somebody is here. Raises: OutranksYou, unless they rank below the caller."""
        present = feed.someone(identity)
        role = Role(present.role) if present else await self._rooms.role_of(access.room.id, identity)
        if RANK[role] >= RANK[access.role or Role.VIEWER]:
            raise OutranksYou
        return role

    async def _change(self, access: Access, act: Callable[[StageDesk, str], T]) -> T:
        return await self._changing.change(STAGE, access.room.id, lambda: act(self._desk, access.room.id))

    async def _kept(
        self, access: Access, entry: Entry, writing: Awaitable[object], back: Callable[[StageDesk, str], object]
    ) -> None:
        """``writing`` keeps the log's entry, with what else of the act is in SQL. Where that fails, what was done in
        memory is taken ``back``: nothing is done that the log does not tell of."""
        try:
            await writing
        except Exception:
            await self._change(access, back)
            raise
        self._moderators.tell(entry)

    async def _invitation_kept(
        self, access: Access, deed: Deed, target: Target, before: Invitation | None, after: Invitation | None
    ) -> None:
        entry = self._moderators.stage_act(access, deed, target, "")
        await self._kept(
            access,
            entry,
            self._moderators.log(entry),
            lambda desk, room_id: desk.restore_invitation(room_id, target.identity, before, after),
        )

    async def _direct(self, room_id: str) -> None:
        await self._media.direct(room_id, orders_of(self._desk, room_id))


def orders_of(desk: StageDesk, room_id: str) -> StageOrders:
    """What hosts decided, as the media plane is told."""
    muted = desk.all_muted(room_id)
    return StageOrders(
        tuple(Pin(identity, source) for identity, source in desk.pins(room_id)),
        frozenset(identity for identity, item in muted.items() if item.audio),
        frozenset(identity for identity, item in muted.items() if item.video),
        tuple(
            ChannelOrder(channel.locale, channel.on, frozenset(identity for identity, _ in channel.interpreters))
            for channel in desk.channels(room_id).all
        ),
    )


def _concerned(identity: str) -> Audience:
    """That member, and those who manage the stage."""
    return Audience(action=Action.STAGE, identity=identity)


def _target(feed: Feed, identity: str, role: Role | None = None) -> Target:
    """For the log, by the name that they have in the room, if they are in it."""
    person = feed.someone(identity)
    return Target(identity, role, person.display_name if person else "")
