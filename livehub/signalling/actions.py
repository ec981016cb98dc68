"""What a member can do in the room it is in: one method a call, each checked by the domain that owns it."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from livehub.accounts.permissions import Action, Role
from livehub.accounts.principal import Principal, PrincipalKind
from livehub.chat.model import About
from livehub.chat.service import ChatService, Draft
from livehub.clock import Clock
from livehub.errors import NotFound
from livehub.ratelimit import TokenBuckets
from livehub.rooms.access import Access
from livehub.rooms.service import RoomService
from livehub.signalling import protocol
from livehub.signalling.admission import Admission
from livehub.signalling.broadcaster import Feed
from livehub.signalling.limits import Limits
from livehub.signalling.member import Connection
from livehub.signalling.translations import Translations
from livehub.translation.detection import detect_source
from livehub.translation.locale import negotiate


class Keywords(Protocol):
    """What may follow from a line; see :class:`livehub.interaction.service.Interaction`."""

    async def expects(self, access: Access, text: str) -> bool:
        """Whether the line is the keyword of a draw that the host has opened."""

    async def take_line(self, access: Access, text: str) -> str | None:
        """The ticket of a line that was said, where it was the keyword."""


class Claims(Protocol):
    """What a line may claim of what is sold here; see :class:`livehub.commerce.offers.claim_desk.ClaimDesk`."""

    async def expects(self, access: Access, text: str) -> bool:
        """Whether the line is the keyword of an offer."""

    async def take_line(self, access: Access, message_id: str, text: str) -> dict[str, Any]:
        """What its author is told, besides that it was said."""


class NothingSold:
    """Claims where nothing is sold."""

    async def expects(self, _access: Access, _text: str) -> bool:
        return False

    async def take_line(self, _access: Access, _message_id: str, _text: str) -> dict[str, Any]:
        return {}


#: what a line that is about to be sent refers to
AboutLine = Callable[[Access, Feed, protocol.Send], Awaitable[About]]


class Actions:
    def __init__(
        self,
        limits: Limits,
        clock: Clock,
        rooms: RoomService,
        chat: ChatService,
        admission: Admission,
        translations: Translations,
        keywords: Keywords,
        about: AboutLine,
        claims: Claims,
    ) -> None:
        self._hands = TokenBuckets(clock, limits.hands_per_s, limits.hands_burst, 50_000)
        self._rooms = rooms
        self._chat = chat
        self._admission = admission
        self._translations = translations
        self._keywords = keywords
        self._about = about
        self._claims = claims

    async def join(self, connection: Connection, call: protocol.Join) -> dict[str, Any]:
        return await self._admission.join(connection, call)

    async def leave(self, connection: Connection, _call: protocol.Leave) -> None:
        self._admission.leave(connection)

    async def send(self, connection: Connection, call: protocol.Send) -> dict[str, Any]:
        """Answers after the commit. The line goes out in the order of its number, its translations later."""
        access, member, feed = await self._admission.here(connection, call.room)
        await self._chat.check_send(access, client_id=call.client_id, address=connection.origin.address)
        hint = negotiate((call.locale, member.locale))
        source = detect_source(call.text, hint)
        about = await self._about(access, feed, call)
        draft = Draft(call.text, call.client_id, source or hint, about)
        # A whole audience says the keyword at once because the host asked for it: that is no raid.
        expected = await self._keywords.expects(access, call.text) or await self._claims.expects(access, call.text)
        held = None if expected else await self._chat.screen(access, draft, frozenset({hint, source or hint}))
        if held is not None:
            return {"held": {"id": held.id, "client_id": held.client_id, "state": held.state}}
        async with feed.reserving() as place:
            composed = self._chat.compose(access, draft, place.seq)
            message, is_new = await self._chat.append(composed)
            if is_new:
                place.fulfil("chat:messages", {"items": [message.present()]})
        if is_new:
            self._translations.ask(feed, message, source)
        # Also for a line that is sent again: what follows from it is safe to repeat, and may not have happened.
        ticket = await self._keywords.take_line(access, message.text)
        claimed = await self._claims.take_line(access, message.id, message.text)
        return {"message": message.present(member.locale), **({"ticket": ticket} if ticket else {}), **claimed}

    async def react(self, connection: Connection, call: protocol.React) -> None:
        access, member, feed = await self._admission.here(connection, call.room)
        await self._chat.react(access, call.emoji)
        feed.react(call.emoji, await self._chat.reactions.totals(member.room_id))

    async def raise_hand(self, connection: Connection, call: protocol.RaiseHand) -> None:
        access, member, feed = await self._admission.present(connection, call.room)
        access.require(Action.RAISE_HAND)
        self._hands.take(f"{member.room_id}/{member.identity}")
        if call.raised:
            feed.raise_hand(member.identity, member.display_name)
        else:
            feed.lower_hand(member.identity)

    async def role_of(self, access: Access, feed: Feed, identity: str) -> Role | None:
        """What somebody is here, by their presence or by appointment; None for nobody known.

        Those admitted by a token carry their role in the token alone: absent, they count as viewers.
        """
        present = feed.someone(identity)
        if present is not None:
            return Role(present.role)
        stranger = Principal(PrincipalKind.ACCOUNT, identity, "", "en")
        try:
            return (await self._rooms.access(access.room.id, stranger)).role
        except NotFound:
            return None
