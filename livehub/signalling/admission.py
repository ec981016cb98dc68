"""Coming into a room and leaving it: who may, and what they are handed, with nothing missed and nothing doubled."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from livehub.accounts.permissions import Action, Role
from livehub.chat.model import Message
from livehub.chat.service import ChatService
from livehub.clock import Clock, iso
from livehub.errors import InvalidInput, LivehubError
from livehub.ratelimit import Shared, TokenBuckets
from livehub.rooms.access import Access
from livehub.rooms.service import RoomService
from livehub.rooms.stage import StageDesk
from livehub.signalling.broadcaster import Broadcaster, Feed
from livehub.signalling.gate import JoinGate
from livehub.signalling.limits import Limits
from livehub.signalling.member import Connection, Member, addressed_actions
from livehub.signalling.protocol import Join
from livehub.signalling.snapshot import Snapshots
from livehub.signalling.translations import Translations
from livehub.translation.locale import negotiate


class NotInRoom(LivehubError):
    code, status, title = "not_in_room", 409, "Join the room first"


class Admission:
    def __init__(
        self,
        limits: Limits,
        clock: Clock,
        rooms: RoomService,
        chat: ChatService,
        broadcaster: Broadcaster,
        translations: Translations,
        snapshots: Snapshots,
        desk: StageDesk,
        shared: Shared | None = None,
    ) -> None:
        self._limits: Final = limits
        self._rooms = rooms
        self._chat = chat
        self._broadcaster = broadcaster
        self._translations = translations
        self._snapshots = snapshots
        self._desk = desk
        self._gate = JoinGate(limits.all_joins_per_s, limits.all_joins_burst, limits.longest_join_wait_s)
        self._joins = TokenBuckets(clock, limits.joins_per_s, limits.joins_burst, 50_000, shared=shared, name="joins")

    async def join(self, connection: Connection, wanted: Join) -> dict[str, Any]:
        """The answer to ``room:join``. The member is in when the answer has left: events follow it, in order.

        Raises:
            LivehubError: unknown room, not admitted, banned, over, or too often.
        """
        if wanted.room is None:
            raise InvalidInput("Say which room", field="room")
        access = await self._admitted(wanted.room, connection)
        principal = access.require_principal()
        self._joins.take(principal.identity)
        wait_s = self._gate.wait_s(asyncio.get_running_loop().time())
        if wait_s:
            await asyncio.sleep(wait_s)
            # They may have been given another role meanwhile, or the room may be over.
            access = await self._admitted(wanted.room, connection)
        feed = await self._broadcaster.feed(access.room.id)
        with feed.held():
            locale = negotiate((wanted.locale, principal.locale))
            resumed = wanted.since is not None and await feed.log.reaches(wanted.since)
            shared = None if resumed else await self._snapshots.shared(feed, access.room, locale)
            cursor = shared.seq if shared else wanted.since or 0
            actions = access.actions
            state = await self._snapshots.state(access, actions, feed, shared) if shared else None
            me = await self._me(access, actions)
            # Last of all, and nothing is awaited after it: what was decided while waiting counts.
            await self._admitted(wanted.room, connection)
            origin = connection.origin if access.role is Role.VIEWER else None
            await self._chat.moderation.check_may_enter(access.room.id, principal.identity, origin)
            self._chat.moderation.saw(access.room.id, principal.identity, connection.origin)
            member = Member(
                connection,
                access.room.id,
                principal.identity,
                principal.display_name,
                locale,
                access.role or Role.VIEWER,
                addressed_actions(actions),
                cursor,
            )
            if connection.gone:
                # By another request of one that polls. Nobody would ever take the member out again.
                raise NotInRoom("The connection has ended")
            self.leave(connection)
            self._put_out_oldest(feed, member)
            connection.member = member
            feed.entering.add(member)
            # The answer leaves in this turn of the loop, what follows it in the next.
            asyncio.get_running_loop().call_soon(self._enter, feed, member, shared.recent if shared else ())
        answer = {"seq": cursor, "resumed": resumed, "me": me}
        return answer if state is None else {**answer, "state": state}

    async def _admitted(self, room_id: str, connection: Connection) -> Access:
        access = await self._rooms.access(room_id, connection.principal)
        access.require(Action.WATCH)
        access.room.require_not_ended()
        return access

    def leave(self, connection: Connection) -> None:
        member, connection.member = connection.member, None
        feed = self._broadcaster.find(member.room_id) if member else None
        if member is not None and feed is not None:
            feed.remove(member)

    def dismiss(self, feed: Feed, member: Member, reason: str) -> None:
        """Put somebody out; they are told why. Who is entering has yet to be told what they missed, and goes then."""
        if member in feed.entering:
            member.put_out = reason
            return
        feed.dismiss(member, reason)
        if member.connection.member is member:
            member.connection.member = None

    async def here(self, connection: Connection, room_id: str | None) -> tuple[Access, Member, Feed]:
        """Where a call was made from, with what the caller may do there *now*.

        Raises:
            NotInRoom: in no room, or in another than the call is about.
        """
        member = connection.member
        if member is None or room_id not in {None, member.room_id}:
            raise NotInRoom("Join the room before you do this", code="not_in_room")
        access = await self._rooms.access(member.room_id, connection.principal)
        member.role = access.role or Role.VIEWER
        member.actions = addressed_actions(access.actions)
        feed = await self._broadcaster.feed(member.room_id)
        if connection.member is not member:
            raise NotInRoom("You have left the room meanwhile")
        return access, member, feed

    async def present(self, connection: Connection, room_id: str | None) -> tuple[Access, Member, Feed]:
        """As :meth:`here`, for what ends when its member leaves. Nothing is awaited after it is known that they have
        not.

        Raises: NotInRoom, also for who was let in, but had gone by then.
        """
        found = await self.here(connection, room_id)
        if not found[1].present:
            await asyncio.sleep(0)  # who has just been let in comes in the loop's next turn
        if not found[1].present:
            raise NotInRoom("The connection has ended")
        return found

    def _enter(self, feed: Feed, member: Member, recent: Sequence[Message]) -> None:
        feed.entering.discard(member)
        if member.connection.member is not member or member.link.cut_off:
            return
        is_first_reader = member.locale not in feed.locales
        feed.add(member)
        if feed.is_over or member.put_out:
            self.dismiss(feed, member, member.put_out or "ended")
            return
        if is_first_reader and recent:
            self._translations.catch_up(feed, recent[-self._limits.catch_up_translations :], member.locale)

    def _put_out_oldest(self, feed: Feed, member: Member) -> None:
        sockets = feed.of_identity(member.identity)
        for oldest in sockets[: max(0, len(sockets) + 1 - self._limits.max_sockets_per_member)]:
            self.dismiss(feed, oldest, "elsewhere")

    async def _me(self, access: Access, actions: list[Action]) -> dict[str, Any]:
        principal = access.require_principal()
        if self._desk.is_off(access.room.id, principal.identity):
            actions = [action for action in actions if action is not Action.PUBLISH]
        until = await self._chat.moderation.muted_until(access.room.id, principal.identity)
        return {
            "identity": principal.identity,
            "display_name": principal.display_name,
            "role": access.role,
            "can": actions,
            "muted_until": None if until is None else iso(until),
        }
