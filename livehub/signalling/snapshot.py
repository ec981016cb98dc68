"""What somebody who joins is shown: how the room stands at one number. Shared by all who join at that number."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from livehub.accounts.permissions import Action
from livehub.chat.model import Message
from livehub.chat.pins import Pins
from livehub.chat.service import ChatService
from livehub.interaction.service import Interaction
from livehub.rooms.access import Access
from livehub.rooms.model import Room
from livehub.rooms.service import RoomService
from livehub.rooms.stage import StageDesk
from livehub.signalling.broadcaster import Feed
from livehub.signalling.texts import TextNotices

#: the public representation of every offer of a room
Offers = Callable[[str], Awaitable[Sequence[Mapping[str, Any]]]]
#: who publishes in a room now: [{publisher, display_name, kind, codec}]
Tracks = Callable[[str], Sequence[Mapping[str, Any]]]
#: whether a room is being recorded: {state, since, reason, not_recorded}
Recording = Callable[[str], Mapping[str, Any]]


def not_recording(_room_id: str) -> Mapping[str, Any]:
    """Where nothing records."""
    return {"state": "off", "since": None, "reason": None, "not_recorded": []}


#: whether what is said in a room is written: {state, locale, engine, remote, since}
Captioned = Callable[[str], Mapping[str, Any]]


def no_captions(_room_id: str) -> Mapping[str, Any]:
    """Where nothing writes."""
    return {"state": "off", "locale": None, "engine": None, "remote": False, "since": None}


#: what changes without an event (an offer's time has come) is seen by who joins this much later
MAX_AGE_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Shared:
    """The part that is the same for every reader of one locale. ``seq``: the lines end there exactly.

    Whatever changes it is told by an event and so gets a new number; that is why it may be shared.
    """

    seq: int
    made_at_s: float
    recent: Sequence[Message]
    shown: Mapping[str, Any]
    #: :attr:`shown` as JSON, once for everybody: it is the greater part of what each of them is sent
    encoded: Mapping[str, msgspec.Raw]
    #: and the room, as far as it is the same for everybody
    room: Room
    room_shown: Mapping[str, Any]


class Snapshots:
    def __init__(
        self,
        rooms: RoomService,
        chat: ChatService,
        offers: Offers,
        tracks: Tracks,
        desk: StageDesk,
        recording: Recording,
        captions: Captioned,
        interaction: Interaction,
        pins: Pins,
        texts: TextNotices,
    ) -> None:
        self._rooms = rooms
        self._chat = chat
        self._offers = offers
        self._tracks = tracks
        self._desk = desk
        self._recording = recording
        self._captions = captions
        self._interaction = interaction
        self._pins = pins
        self._texts = texts

    async def shared(self, feed: Feed, room: Room, locale: str) -> Shared:
        """As the room stands now. Hundreds who come at once wait for one reading."""
        async with feed.snapshot_lock:
            known = feed.snapshots.get(locale)
            now = asyncio.get_running_loop().time()
            if isinstance(known, Shared) and known.seq == feed.log.last and now - known.made_at_s < MAX_AGE_S:
                return known
            # The number first: what is committed after it is read but cut off, and comes as an event.
            seq = feed.log.last
            recent = await self._chat.recent(feed.room_id, seq, locale)
            offers = await self._offers(feed.room_id)
            pinned = [offer for offer in offers if offer.get("pinned")]
            pinned.sort(key=lambda offer: str(offer.get("pinned_at") or ""), reverse=True)
            line = await self._pins.shown(feed.room_id, locale)
            announced = await self._pins.announced(feed.room_id, locale)
            shown: dict[str, Any] = {
                "messages": [message.present(locale) for message in recent],
                "pinned_message": line.present(locale) if line else None,
                "announcement": announced.present(locale) if announced else None,
                "pinned": next(iter(pinned), None),
                "pinned_offers": pinned,
                "offers": list(offers),
                "recording": self._recording(feed.room_id),
                "captions": self._captions(feed.room_id),
                **await self._interaction.shown(feed.room_id, seq),
                "stage": {
                    "tracks": list(self._tracks(feed.room_id)),
                    "pins": self._desk.present_pins(feed.room_id),
                },
                "channels": self._desk.present_channels(feed.room_id),
            }
            shown |= await self._texts.shown(room, shown, locale)
            encoded = {name: msgspec.Raw(msgspec.json.encode(value)) for name, value in shown.items()}
            room_shown = await self._rooms.present(room, None)
            made = feed.snapshots[locale] = Shared(seq, now, recent, shown, encoded, room, room_shown)
            return made

    async def state(self, access: Access, actions: Sequence[Action], feed: Feed, shared: Shared) -> dict[str, Any]:
        """The ``state`` of ``room:join`` for one caller, who may do ``actions``."""
        room, presence = access.room, feed.presence.shown()
        room_shown = shared.room_shown if room is shared.room else await self._rooms.present(room, None)
        state: dict[str, Any] = {
            **shared.encoded,
            "room": {**room_shown, "viewers": presence["count"], "my_role": access.role, "can": actions},
            "presence": {**presence, "me": access.require_principal().identity},
            "reactions": await self._chat.reactions.totals(feed.room_id),
            **await self._interaction.mine(access, shared.shown),
        }
        me = access.require_principal().identity
        invitation = self._desk.invitation(feed.room_id, me)
        state["invitation"] = invitation.present() if invitation else None
        state["muted"] = self._desk.muted(feed.room_id, me).present()
        state["rules"] = (await self._chat.desk.rules(feed.room_id)).shown_to_all()
        if access.may(Action.STAGE):
            state["invited"] = [item.present() for item in self._desk.invitations(feed.room_id)]
            state["muted_members"] = [
                {"identity": identity, **item.present()}
                for identity, item in self._desk.all_muted(feed.room_id).items()
            ]
        if access.may(Action.SEE_HANDS):
            state["hands"] = [{"identity": who, "display_name": name} for who, name in feed.presence.hands()]
        return state
