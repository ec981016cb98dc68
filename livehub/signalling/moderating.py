"""What moderators do over sockets, and members who report: one method a call, each checked by the chat domain."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

from livehub.accounts.permissions import Role
from livehub.chat.conduct import Held
from livehub.chat.model import Message
from livehub.chat.moderation import Target
from livehub.chat.service import ChatService
from livehub.clock import Clock, iso
from livehub.ids import new_id
from livehub.rooms.access import Access
from livehub.signalling import moderating_protocol as protocol
from livehub.signalling.admission import Admission
from livehub.signalling.broadcaster import Feed
from livehub.signalling.member import Connection
from livehub.signalling.translations import Translations

RoleOf = Callable[[Access, Feed, str], Awaitable[Role | None]]
Call = tuple[type[msgspec.Struct], Callable[[Connection, Any], Awaitable[dict[str, Any] | None]]]


class ModeratorActions:
    """What is done is told by the events that follow from it; see :mod:`livehub.signalling.moderating_notices`."""

    def __init__(
        self, chat: ChatService, admission: Admission, translations: Translations, clock: Clock, role_of: RoleOf
    ) -> None:
        self._chat = chat
        self._admission = admission
        self._translations = translations
        self._clock = clock
        self._role_of = role_of

    @property
    def calls(self) -> Mapping[str, Call]:
        return {
            "chat:delete": (protocol.Delete, self.delete),
            "chat:report": (protocol.Report, self.report),
            "member:mute": (protocol.Mute, self.mute),
            "member:unmute": (protocol.Lift, self.unmute),
            "member:slow": (protocol.Slow, self.slow),
            "member:unslow": (protocol.Lift, self.unslow),
            "member:ban": (protocol.Ban, self.ban),
            "member:unban": (protocol.Lift, self.unban),
            "moderation:decide": (protocol.Decide, self.decide),
            "moderation:resolve": (protocol.Resolve, self.resolve),
            "moderation:rules": (protocol.SetRules, self.set_rules),
            "moderation:undo": (protocol.Undo, self.undo),
        }

    async def delete(self, connection: Connection, call: protocol.Delete) -> None:
        access, member, feed = await self._admission.here(connection, call.room)
        message, is_new = await self._chat.delete(access, call.id, call.reason)
        if is_new:
            self._translations.withdraw(message.id)
            feed.publish("chat:deleted", {"id": message.id, "by": member.identity})

    async def report(self, connection: Connection, call: protocol.Report) -> dict[str, Any]:
        access, _, _ = await self._admission.here(connection, call.room)
        return {"new": await self._chat.desk.report(access, call.id, call.reason, call.note)}

    async def mute(self, connection: Connection, call: protocol.Mute) -> dict[str, Any]:
        access, target = await self._target(connection, call)
        sanction = await self._chat.moderation.mute(access, target, call.seconds, call.reason)
        return {"identity": target.identity, "until": None if sanction.until is None else iso(sanction.until)}

    async def unmute(self, connection: Connection, call: protocol.Lift) -> None:
        await self._chat.moderation.unmute(*await self._target(connection, call))

    async def slow(self, connection: Connection, call: protocol.Slow) -> None:
        access, target = await self._target(connection, call)
        await self._chat.moderation.slow(access, target, call.every_s, call.seconds, call.reason)

    async def unslow(self, connection: Connection, call: protocol.Lift) -> None:
        await self._chat.moderation.unslow(*await self._target(connection, call))

    async def ban(self, connection: Connection, call: protocol.Ban) -> dict[str, Any]:
        """Answers what else was banned with the identity. Who is in the room is put out by the event that follows."""
        access, target = await self._target(connection, call)
        sanction = await self._chat.moderation.ban(access, target, call.reason, seconds=call.seconds, reach=call.reach)
        return {"marked": sanction.marked}

    async def unban(self, connection: Connection, call: protocol.Lift) -> None:
        await self._chat.moderation.unban(*await self._target(connection, call))

    async def decide(self, connection: Connection, call: protocol.Decide) -> None:
        """A line that is approved takes the place in the room's order that is the next one now."""
        access, _, feed = await self._admission.here(connection, call.room)
        held = await self._chat.desk.waiting_line(access, call.id)
        await self._chat.desk.decide(access, held, call.approve, call.reason)
        if call.approve:
            await self._show(feed, held)

    async def _show(self, feed: Feed, held: Held) -> None:
        async with feed.reserving() as place:
            now = self._clock.now_ms()
            line = Message(
                new_id("msg"), held.room_id, place.seq, held.author, held.text, held.locale, now, held.client_id,
                about=held.about,
            )  # fmt: skip
            message, is_new = await self._chat.append(line)
            if is_new:
                place.fulfil("chat:messages", {"items": [message.present()]})
        if is_new:
            self._translations.ask(feed, message, held.locale)

    async def resolve(self, connection: Connection, call: protocol.Resolve) -> None:
        access, _, _ = await self._admission.here(connection, call.room)
        await self._chat.desk.resolve(access, call.id, call.uphold, call.reason)

    async def set_rules(self, connection: Connection, call: protocol.SetRules) -> dict[str, Any]:
        access, _, _ = await self._admission.here(connection, call.room)
        return {"rules": (await self._chat.desk.set_rules(access, call.rules)).present()}

    async def undo(self, connection: Connection, call: protocol.Undo) -> dict[str, Any]:
        access, _, _ = await self._admission.here(connection, call.room)
        return {"entry": (await self._chat.desk.undo(access, call.id)).present()}

    async def _target(
        self, connection: Connection, call: protocol.Mute | protocol.Slow | protocol.Ban | protocol.Lift
    ) -> tuple[Access, Target]:
        access, _, feed = await self._admission.here(connection, call.room)
        present = feed.someone(call.identity)
        role = await self._role_of(access, feed, call.identity)
        return access, Target(call.identity, role, present.display_name if present is not None else "")
