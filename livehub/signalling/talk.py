"""People and their lines over sockets: the pinned line, completing a name, who is typing."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

from livehub.accounts.permissions import Action
from livehub.chat.conversation import Conversation
from livehub.chat.model import About, Translation
from livehub.chat.moderation import Moderation
from livehub.chat.references import Wanted, refer
from livehub.clock import Clock
from livehub.events import EventBus, LineTranslated, MessagePinned, OthersHeard
from livehub.ratelimit import TokenBuckets
from livehub.rooms.access import Access
from livehub.signalling import talk_calls as calls
from livehub.signalling.admission import Admission
from livehub.signalling.broadcaster import Broadcaster, Feed
from livehub.signalling.limits import Limits
from livehub.signalling.member import Connection
from livehub.signalling.protocol import Send
from livehub.signalling.translations import Translations

Call = tuple[type[msgspec.Struct], Callable[[Connection, Any], Awaitable[dict[str, Any] | None]]]


class TalkActions:
    def __init__(
        self,
        conversation: Conversation,
        moderation: Moderation,
        admission: Admission,
        limits: Limits,
        clock: Clock,
    ) -> None:
        self._conversation = conversation
        self._moderation = moderation
        self._admission = admission
        self._limits = limits
        self._pins = TokenBuckets(clock, limits.stage_per_s, limits.stage_burst)
        self._finds = TokenBuckets(clock, limits.finds_per_s, limits.finds_burst, 50_000)
        self._typing = TokenBuckets(clock, limits.typing_per_s, limits.typing_burst, 50_000)

    def table(self) -> Mapping[str, Call]:
        return {
            "chat:pin": (calls.Pin, self.pin),
            "chat:unpin": (calls.Unpin, self.unpin),
            "chat:typing": (calls.Typing, self.typing),
            "member:find": (calls.FindPeople, self.find),
        }

    async def about(self, access: Access, feed: Feed, call: Send) -> About:
        """What a line that is to be sent refers to. Raises: as :func:`livehub.chat.references.refer`."""

        def name_of(identity: str) -> str | None:
            person = feed.someone(identity)
            return person.display_name if person else None

        wanted = Wanted(call.text, call.reply_to, call.mentions, call.announcement)
        return await refer(self._conversation.lines, access, wanted, name_of)

    async def pin(self, connection: Connection, call: calls.Pin) -> dict[str, Any]:
        access, member, _ = await self._admission.here(connection, call.room)
        self._pins.take(f"{member.room_id}/{member.identity}")
        message = await self._conversation.pins.pin(access, call.id)
        return {"message": message.present(member.locale)}

    async def unpin(self, connection: Connection, call: calls.Unpin) -> None:
        access, member, _ = await self._admission.here(connection, call.room)
        self._pins.take(f"{member.room_id}/{member.identity}")
        await self._conversation.pins.unpin(access)

    async def find(self, connection: Connection, call: calls.FindPeople) -> dict[str, Any]:
        """Names of people in the room, for those who may write there."""
        access, member, feed = await self._admission.here(connection, call.room)
        access.require(Action.CHAT)
        self._finds.take(f"{member.room_id}/{member.identity}")
        limits = self._limits
        return {"items": feed.presence.find(call.prefix, limits.find_most, limits.find_scanned)}

    async def typing(self, connection: Connection, call: calls.Typing) -> dict[str, Any]:
        """``told`` false: the room is too large for it, and the client need not say so again."""
        access, member, feed = await self._admission.here(connection, call.room)
        access.require(Action.CHAT)
        self._typing.take(f"{member.room_id}/{member.identity}")
        if feed.presence.count > self._limits.typing_most_people:
            return {"told": False}
        await self._moderation.check_may_speak(member.room_id, member.identity)
        told = {"identity": member.identity, "display_name": member.display_name, "typing": call.typing}
        feed.tell_latest("chat:typing", told, member.identity)
        return {"told": True}


class TalkNotices:
    def __init__(self, bus: EventBus, broadcaster: Broadcaster, translations: Translations) -> None:
        self._broadcaster = broadcaster
        self._translations = translations
        bus.subscribe(MessagePinned, self._pinned, here_only=True)
        bus.subscribe(LineTranslated, lambda event: translations.correct(event.message["id"], event.locale, _of(event)))
        bus.subscribe(LineTranslated, self._translated, here_only=True)
        bus.subscribe(OthersHeard, lambda _: translations.forget_corrected())

    def _pinned(self, event: MessagePinned) -> None:
        # Without a feed nobody is there: joining gives a snapshot.
        feed = self._broadcaster.find(event.room_id)
        if feed is None:
            return
        feed.publish("chat:pinned", {"message": event.message})
        if event.message is not None:
            # Those who have read past it have no translation of it any more: told by id, as with every line.
            self._translations.tell_again(feed, event.message)

    def _translated(self, event: LineTranslated) -> None:
        feed, found = self._broadcaster.find(event.room_id), _of(event)
        if feed is None:
            return
        if found is None:
            # The line itself at once, and an engine's as soon as there is one.
            itself = Translation(event.message["text"], "")
            self._translations.tell(feed, event.message["id"], event.locale, itself)
            self._translations.tell_again(feed, event.message, event.locale)
        else:
            self._translations.tell(feed, event.message["id"], event.locale, found)


def _of(event: LineTranslated) -> Translation | None:
    return None if event.translation is None else Translation(**event.translation)
