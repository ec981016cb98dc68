"""What the other domains say happened, told to whom it concerns. Bus callbacks: they never block and never raise."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from livehub.accounts.permissions import Action, Role
from livehub.background import Background
from livehub.events import (
    AuctionChanged,
    ClaimChanged,
    CouponChanged,
    EventBus,
    MemberAppointed,
    OfferChanged,
    OfferPinned,
    OffersArranged,
    OrderChanged,
    OrderPaid,
    OrderPlaced,
    RecordingChanged,
    RestreamChanged,
    RoomChanged,
    RoomEnded,
    ServerDraining,
    SlotsShown,
    SpeakersChanged,
    StageChanged,
)
from livehub.media.events import CodecUndecodable, LayersWanted, MediaLost
from livehub.signalling.admission import Admission
from livehub.signalling.broadcaster import Broadcaster
from livehub.signalling.connections import Connections
from livehub.signalling.member import addressed_actions
from livehub.signalling.sequence import Audience

R = TypeVar(
    "R",
    RoomChanged,
    OfferPinned,
    OffersArranged,
    CouponChanged,
    AuctionChanged,
    OfferChanged,
    RecordingChanged,
    MediaLost,
    OrderPaid,
)

#: store id → (its owner's identity, its title), or None
StoreOf = Callable[[str], Awaitable[tuple[str, str] | None]]


#: of a larger stage only what has changed is told: three hundred who come within seconds are told to three hundred
TRACKS_TOLD_WHOLE: Final = 32


def difference(known: Sequence[Mapping[str, Any]], present: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """``{tracks, gone}``: tracks that are new or changed, and {publisher, source, kind} of those that are not there.

    To apply it twice, or to a stage that is newer than ``known``, does no harm.
    """
    before = {_key(track): track for track in known}
    after = {_key(track): track for track in present}
    gone = [dict(zip(("publisher", "source", "kind"), key, strict=True)) for key in before if key not in after]
    return {"tracks": [track for key, track in after.items() if before.get(key) != track], "gone": gone}


def _key(track: Mapping[str, Any]) -> tuple[str, str, str]:
    return track["publisher"], track.get("source", ""), track["kind"]


class Notices:
    def __init__(
        self,
        bus: EventBus,
        broadcaster: Broadcaster,
        admission: Admission,
        connections: Connections,
        orders: Background,
        store_of: StoreOf,
    ) -> None:
        self._broadcaster: Final = broadcaster
        self._admission: Final = admission
        self._connections: Final = connections
        self._orders: Final = orders
        self._store_of: Final = store_of
        #: what each room was told of its stage
        self._stages: Final[dict[str, Sequence[Mapping[str, Any]]]] = {}
        # What is told to a room is told once, to all who are in it in whatever process.
        self._tells(bus, RoomChanged, lambda event: ("room:state", {"room_state": event.room}))
        self._tells(bus, OfferPinned, lambda event: ("offer:pinned", {"offer": event.offer, "offers": event.offers}))
        self._tells(bus, OffersArranged, lambda event: ("offer:arranged", {"offers": event.offers}))
        self._tells(bus, CouponChanged, lambda event: ("coupon:changed", {"coupon": event.coupon}))
        self._tells(bus, AuctionChanged, lambda event: ("auction:changed", {"auction": event.auction}))
        self._tells(bus, OfferChanged, lambda event: ("offer:changed", {"offer": event.offer}))
        self._tells(bus, RecordingChanged, lambda event: ("recording:state", {"recording": event.recording}))
        self._tells(bus, MediaLost, lambda event: ("media:lost", {"sessions": event.sessions}))
        self._tells(
            bus, OrderPaid, lambda event: ("order:paid", {"display_name": event.display_name, "units": event.units})
        )
        bus.subscribe(StageChanged, self._stage_changed, here_only=True)
        bus.subscribe(SpeakersChanged, self._speakers, here_only=True)
        bus.subscribe(RestreamChanged, self._restream_changed, here_only=True)
        bus.subscribe(MemberAppointed, self._tell_appointed, here_only=True)
        bus.subscribe(ClaimChanged, self._claim_seen, here_only=True)
        bus.subscribe(ServerDraining, self._draining, here_only=True)
        # What concerns a person, or puts one out, is for the process that they are connected to.
        bus.subscribe(SlotsShown, self._slots)
        bus.subscribe(CodecUndecodable, self._undecodable)
        bus.subscribe(LayersWanted, self._layers_wanted)
        bus.subscribe(ClaimChanged, self._claim_changed)
        bus.subscribe(OrderPlaced, self._order_changed)
        bus.subscribe(OrderChanged, self._order_changed)
        bus.subscribe(RoomEnded, self._room_ended)
        bus.subscribe(MemberAppointed, self._appointed)

    def _tells(self, bus: EventBus, kind: type[R], told: Callable[[R], tuple[str, Mapping[str, Any]]]) -> None:
        bus.subscribe(kind, lambda event: self._tell(event.room_id, *told(event)), here_only=True)

    def _tell(self, room_id: str, name: str, payload: Mapping[str, Any]) -> None:
        # Without a feed nobody is there, and nobody comes back to where they were: joining gives a snapshot.
        feed = self._broadcaster.find(room_id)
        if feed is not None:
            feed.publish(name, payload)

    def _stage_changed(self, event: StageChanged) -> None:
        known = self._stages.get(event.room_id, ())
        self._stages[event.room_id] = event.tracks
        if not event.tracks:
            del self._stages[event.room_id]
        if max(len(known), len(event.tracks)) <= TRACKS_TOLD_WHOLE:
            self._tell(event.room_id, "stage:slots", {"tracks": event.tracks})
        else:
            self._tell(event.room_id, "stage:changed", difference(known, event.tracks))

    def _speakers(self, event: SpeakersChanged) -> None:
        feed = self._broadcaster.find(event.room_id)
        if feed is not None:
            feed.tell_latest("stage:speakers", {"speaking": event.speaking})

    def _slots(self, event: SlotsShown) -> None:
        for identity, session_id, slots in event.sessions:
            payload = {"room": event.room_id, "session": session_id, "slots": slots}
            self._connections.tell(identity, "stage:slots", payload)

    def _draining(self, event: ServerDraining) -> None:
        for feed in self._broadcaster.all():
            feed.tell_here("server:draining", {"within_s": event.within_s})

    def _layers_wanted(self, event: LayersWanted) -> None:
        payload = {"room": event.room_id, "session": event.session_id, "mid": event.mid, "rids": event.rids}
        self._connections.tell(event.identity, "stage:layers", payload)

    def _undecodable(self, event: CodecUndecodable) -> None:
        payload = {"room": event.room_id, "session": event.session_id, "codecs": event.codecs}
        self._connections.tell(event.identity, "media:undecodable", payload)

    def _restream_changed(self, event: RestreamChanged) -> None:
        """To those who run them. Figures are asked for by whoever looks at them."""
        feed = self._broadcaster.find(event.room_id)
        if feed is not None and event.is_news:
            payload = {"target": event.target_id, "status": event.status}
            feed.publish("restream:changed", payload, Audience(action=Action.RESTREAM_RUN))

    def _claim_changed(self, event: ClaimChanged) -> None:
        self._connections.tell(event.buyer, "claim:changed", {"room": event.room_id, "claim": event.claim})

    def _claim_seen(self, event: ClaimChanged) -> None:
        """Whoever runs the room sees all of them."""
        feed = self._broadcaster.find(event.room_id)
        if feed is not None:
            feed.publish("claim:changed", {"claim": event.claim}, Audience(action=Action.OFFER_EDIT))

    def _order_changed(self, event: OrderPlaced | OrderChanged) -> None:
        """In order: one worker does them all, so that a later status never comes first."""

        async def tell() -> None:
            payload = {"room": event.room_id, "order": event.order}
            store = await self._store_of(event.store_id)
            for identity in {event.buyer, store[0]} if store else {event.buyer}:
                self._connections.tell(identity, "order:changed", payload)

        self._orders.put(tell)

    def _room_ended(self, event: RoomEnded) -> None:
        feed = self._broadcaster.here(event.room_id)
        if feed is not None:
            feed.is_over = True
            for member in list(feed.members):
                self._admission.dismiss(feed, member, "ended")

    def _appointed(self, event: MemberAppointed) -> None:
        """What is addressed to a role reaches those who have it now."""
        feed = self._broadcaster.here(event.room_id)
        if feed is not None:
            feed.appoint(event.identity, Role(event.role), addressed_actions([Action(name) for name in event.can]))

    def _tell_appointed(self, event: MemberAppointed) -> None:
        feed = self._broadcaster.find(event.room_id)
        if feed is not None:
            can = [action for action in Action if action in event.can]
            payload = {"identity": event.identity, "role": event.role, "can": can}
            feed.publish("member:appointed", payload, Audience(action=Action.STAGE, identity=event.identity))
