"""Language channels over sockets: hosts ask people to interpret, interpreters relieve each other, viewers choose."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from livehub.accounts.permissions import Action
from livehub.clock import Clock
from livehub.errors import InvalidInput, NotFound
from livehub.ratelimit import TokenBuckets
from livehub.rooms.access import Access
from livehub.rooms.interpreting import Channels
from livehub.rooms.stage import StageDesk
from livehub.signalling.admission import Admission
from livehub.signalling.broadcaster import Feed
from livehub.signalling.limits import Limits
from livehub.signalling.member import Connection, Member
from livehub.signalling.protocol import Identity, LocaleTag, Payload
from livehub.signalling.stage import STAGE, Changing, Media, orders_of
from livehub.translation.locale import LOCALES

Call = tuple[type[msgspec.Struct], Callable[[Connection, Any], Awaitable[dict[str, Any] | None]]]


class Grant(Payload, frozen=True, kw_only=True):
    identity: Identity
    locale: LocaleTag


class OneChannel(Payload, frozen=True, kw_only=True):
    locale: LocaleTag


class HandOver(Payload, frozen=True, kw_only=True):
    locale: LocaleTag
    to: Identity


class Listen(Payload, frozen=True, kw_only=True):
    """``locale`` left out: the floor alone."""

    session: Annotated[str, Meta(min_length=1, max_length=64)]
    locale: LocaleTag | None = None


class InterpreterActions:
    def __init__(
        self, desk: StageDesk, media: Media, admission: Admission, changing: Changing, limits: Limits, clock: Clock
    ) -> None:
        self._desk = desk
        self._media = media
        self._admission = admission
        self._changing = changing
        self._clock = clock
        self._rate = TokenBuckets(clock, limits.stage_per_s, limits.stage_burst, 50_000)

    def table(self) -> Mapping[str, Call]:
        return {
            "interpreter:grant": (Grant, self.grant),
            "interpreter:revoke": (Grant, self.revoke),
            "interpreter:take": (OneChannel, self.take),
            "interpreter:ask": (OneChannel, self.ask),
            "interpreter:hand": (HandOver, self.hand),
            "interpreter:leave": (OneChannel, self.leave),
            "interpreter:listen": (Listen, self.listen),
        }

    async def grant(self, connection: Connection, call: Grant) -> None:
        """To somebody who is in the room."""
        access, _, feed = await self._asking(connection, call.room)
        if call.locale not in LOCALES:
            raise InvalidInput(f"A channel is in one of {', '.join(LOCALES)}", field="locale")
        somebody = feed.someone(call.identity)
        if somebody is None:
            raise NotFound("They have left the room", code="member_not_found")
        name = somebody.display_name
        await self._change(access, feed, lambda channels: channels.grant(call.locale, call.identity, name))

    async def revoke(self, connection: Connection, call: Grant) -> None:
        """What they send to the channel ends. Interpreters may give their own back."""
        access, member, feed = await self._interpreting(connection, call.room)
        if call.identity != member.identity:
            access.require(Action.INTERPRETERS)
        await self._change(access, feed, lambda channels: channels.revoke(call.locale, call.identity))

    async def take(self, connection: Connection, call: OneChannel) -> None:
        """Be on: nobody is, or who is did not answer."""
        access, member, feed = await self._interpreting(connection, call.room)
        now = self._clock.now_ms()
        await self._change(access, feed, lambda all_: all_.put(all_.of(call.locale).taken(member.identity, now)))

    async def ask(self, connection: Connection, call: OneChannel) -> None:
        """Tell who is on that one would take over."""
        access, member, feed = await self._interpreting(connection, call.room)
        now = self._clock.now_ms()
        await self._change(access, feed, lambda all_: all_.put(all_.of(call.locale).wanted(member.identity, now)))

    async def hand(self, connection: Connection, call: HandOver) -> None:
        """The other is on from this moment."""
        access, member, feed = await self._interpreting(connection, call.room)
        await self._change(access, feed, lambda all_: all_.put(all_.of(call.locale).handed(member.identity, call.to)))

    async def leave(self, connection: Connection, call: OneChannel) -> None:
        """Be off; who asked is on then, else the floor is heard alone."""
        access, member, feed = await self._interpreting(connection, call.room)
        await self._change(access, feed, lambda all_: all_.put(all_.of(call.locale).off(member.identity)))

    async def listen(self, connection: Connection, call: Listen) -> None:
        """What this viewer hears in a session of theirs."""
        access, member, _ = await self._admission.here(connection, call.room)
        access.require(Action.WATCH)
        if call.locale is not None:
            self._desk.channels(access.room.id).of(call.locale)
        await self._media.listen(call.session, member.identity, call.locale)

    async def _asking(self, connection: Connection, room_id: str | None) -> tuple[Access, Member, Feed]:
        access, member, feed = await self._interpreting(connection, room_id)
        access.require(Action.INTERPRETERS)
        access.room.require_not_ended()
        return access, member, feed

    async def _interpreting(self, connection: Connection, room_id: str | None) -> tuple[Access, Member, Feed]:
        access, member, feed = await self._admission.here(connection, room_id)
        self._rate.take(f"{access.room.id}/{member.identity}")
        return access, member, feed

    async def _change(self, access: Access, feed: Feed, act: Callable[[Channels], None]) -> None:
        """In all processes and in the media, and told to everybody: viewers choose among the channels.

        What changes nothing is told to nobody: anyone may say that they interpret no more.
        """
        room_id = access.room.id

        def acted() -> bool:
            channels = self._desk.channels(room_id)
            before = channels.all
            act(channels)
            return channels.all != before

        if not await self._changing.change(STAGE, room_id, acted):
            return
        await self._media.direct(room_id, orders_of(self._desk, room_id))
        feed.publish("interpreter:channels", {"channels": self._desk.present_channels(room_id)})
