"""The rooms and sessions that a media plane has: found, told of, ended."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from livehub.accounts.permissions import Action, Role
from livehub.events import EventBus, MemberAppointed, MemberSanctioned, RoomEnded
from livehub.media.errors import MediaSessionNotFound
from livehub.media.limits import MediaLimits
from livehub.media.router import RoomRouter
from livehub.media.rtp.codecs import Codec
from livehub.media.session import MediaSession
from livehub.media.session_stats import SessionStats, stats_of
from livehub.media.sessions import Sessions
from livehub.media.stage import INTERPRETATION, NO_ORDERS, SlotWish, StageOrders
from livehub.media.still import FRESH_S
from livehub.media.timers import LoopTimers


class Rooms:
    """What :class:`livehub.media.plane.MediaPlane` knows once it has taken somebody in.

    The end of a room, a ban of a member or of where they come from, and a role without the right to publish are heard
    on ``bus`` and end the sessions concerned.
    """

    def __init__(self, *, bus: EventBus, timers: LoopTimers, limits: MediaLimits) -> None:
        self.limits = limits
        self._bus = bus
        self.timers = self._timers = timers
        self._rooms: dict[str, RoomRouter] = {}
        self._sessions = Sessions()
        self._orders: dict[str, StageOrders] = {}
        bus.subscribe(RoomEnded, lambda event: self._end_room(event.room_id))
        bus.subscribe(MemberSanctioned, self._sanctioned)
        bus.subscribe(MemberAppointed, self._appointed)

    def get(self, session_id: str) -> MediaSession:
        """
        Raises:
            MediaSessionNotFound: there is none, or it is over.
        """
        session = self._sessions.get(session_id)
        if session is None:
            raise MediaSessionNotFound
        return session

    async def find(self, session_id: str) -> MediaSession:
        """As :meth:`get`, for callers to whom the plane may be in another process."""
        return self.get(session_id)

    async def direct(self, room_id: str, orders: StageOrders) -> None:
        """Pins and mutes of a room, in place of those before; they hold, also for who comes, until the room ends."""
        self._orders[room_id] = orders
        room = self._rooms.get(room_id)
        if room is not None:
            room.direct(orders)
        for session in self._sessions.of_room(room_id, "publish"):
            if session.source == INTERPRETATION and not orders.interprets(session.identity):
                session.peer.close()

    async def choose(self, session_id: str, identity: str, wishes: Sequence[SlotWish]) -> None:
        """What ``identity`` wants in the video slots of its viewing session.

        Raises:
            MediaSessionNotFound: there is none, it is over, or somebody else's.
        """
        session = self.get(session_id)
        room = self._rooms.get(session.room_id)
        if session.identity != identity or session.subscriber is None or room is None:
            raise MediaSessionNotFound
        room.choose(session.subscriber, wishes)

    async def listen(self, session_id: str, identity: str, locale: str | None) -> None:
        """The language channel that ``identity`` hears in its viewing session; None: the floor alone.

        Raises:
            MediaSessionNotFound: there is none, it is over, or somebody else's.
        """
        session = self.get(session_id)
        room = self._rooms.get(session.room_id)
        if session.identity != identity or session.subscriber is None or room is None:
            raise MediaSessionNotFound
        room.listen(session.subscriber, locale)

    async def close_session(self, session_id: str) -> None:
        """
        Raises:
            MediaSessionNotFound: there is none, or it is over.
        """
        self.get(session_id).peer.close()

    async def close_room(self, room_id: str) -> None:
        """End all media of a room, the audience after the stage."""
        self._end_room(room_id)

    async def close_identity(self, room_id: str, identity: str) -> None:
        """End what one member sends and receives in a room: they left, or were banned."""
        self._end_identity(room_id, identity)

    def _end_room(self, room_id: str) -> None:
        self._orders.pop(room_id, None)
        for session in self._sessions.of_room(room_id, kind="publish") + self._sessions.of_room(room_id, kind="play"):
            session.peer.close()

    def _end_identity(self, room_id: str, identity: str, kind: str | None = None) -> None:
        for session in self._sessions.of_member(room_id, identity, kind):
            session.peer.close()

    def _sanctioned(self, event: MemberSanctioned) -> None:
        """Whoever watches from where a ban reaches need not have a socket in the room, nor be known by name."""
        if event.sanction != "ban" or event.lifted:
            return
        self._end_identity(event.room_id, event.identity)
        if event.devices or event.networks:
            for session in self._sessions.of_room(event.room_id):
                if session.origin is not None and session.origin.is_among(event.devices, event.networks):
                    session.peer.close()

    def _appointed(self, event: MemberAppointed) -> None:
        """Whose role was taken away leaves the stage. Interpreters are no part of it: their channel is the host's. Whom
        a role brings into the room no ban of a network reaches any more."""
        if event.role != Role.VIEWER:
            for session in self._sessions.of_member(event.room_id, event.identity):
                session.origin = None
        if Action.PUBLISH not in event.can:
            for session in self._sessions.of_member(event.room_id, event.identity, "publish"):
                if session.source != INTERPRETATION:
                    session.peer.close()

    def tracks(self, room_id: str) -> tuple[Mapping[str, Any], ...]:
        """What is on stage, as in :class:`livehub.events.StageChanged`."""
        room = self._rooms.get(room_id)
        return room.describe() if room else ()

    def viewers(self, room_id: str) -> int:
        room = self._rooms.get(room_id)
        return len(room.subscribers) if room else 0

    async def keyframe(self, room_id: str) -> tuple[Codec, Sequence[bytes]] | None:
        """For :class:`livehub.media.still.Stills`."""
        room = self._rooms.get(room_id)
        return room.last_keyframe(self._timers.monotonic(), FRESH_S) if room else None

    def occupancy(self) -> Mapping[str, tuple[int, int]]:
        """Publishers and viewers of each room that has any; relayed publishers are counted where they are connected."""
        counts = Counter((session.room_id, session.kind) for session in self._sessions.values())
        return {room_id: (counts[room_id, "publish"], counts[room_id, "play"]) for room_id in self._rooms}

    async def session_stats(self, session_id: str) -> SessionStats:
        """
        Raises:
            MediaSessionNotFound: there is none, or it is over.
        """
        return stats_of(self.get(session_id), self._timers.monotonic())

    async def room_stats(self, room_id: str, after: str = "", limit: int = 50) -> Sequence[SessionStats]:
        """Sessions of a room by their ids, ``limit`` of those behind ``after``."""
        found = sorted((item for item in self._sessions.of_room(room_id) if item.id > after), key=lambda item: item.id)
        return [stats_of(session, self._timers.monotonic()) for session in found[:limit]]

    def publishing(self, room_id: str) -> list[MediaSession]:
        """Who publishes here, those of :meth:`relay` left out."""
        return self._sessions.of_room(room_id, kind="publish")

    def _unanswered(self) -> int:
        """Tracks whose publishers make no keyframe though they are asked."""
        return sum(
            bool(track.unanswered_s)
            for session in self._sessions.values()
            if session.publisher is not None
            for track in session.publisher.tracks.values()
        )

    def _room(self, room_id: str) -> RoomRouter:
        """The room's router; a new one is kept by whoever takes somebody in."""
        room = self._rooms.get(room_id)
        if room is None:
            room = RoomRouter(room_id, timers=self._timers, bus=self._bus, heard=self.limits.audio_slots)
            room.orders = self._orders.get(room_id, NO_ORDERS)
        return room

    def _publisher_closed(self, room: RoomRouter, session: MediaSession) -> None:
        self._sessions.discard(session)
        key = session.identity, session.source
        if room.publishers.get(key) is session.publisher:
            del room.publishers[key]
        room.tracks_changed()
        self._forget_if_empty(room)

    def _subscriber_closed(self, room: RoomRouter, session: MediaSession) -> None:
        self._sessions.discard(session)
        if session.subscriber is not None:
            room.subscribers.discard(session.subscriber)
        self._forget_if_empty(room)

    def _forget_if_empty(self, room: RoomRouter) -> None:
        if room.is_empty and self._rooms.get(room.room_id) is room:
            del self._rooms[room.room_id]
