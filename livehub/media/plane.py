"""The media plane as the rest of livehub sees it."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from livehub.accounts.origin import Origin
from livehub.clock import Clock
from livehub.events import EventBus
from livehub.ids import new_secret
from livehub.media.addresses import local_ips
from livehub.media.admission import Admission, surplus
from livehub.media.answer import build_answer, restart_fragment
from livehub.media.errors import CodecNotSupported, EntityTagMismatch, PlaneDraining
from livehub.media.events import LayersWanted
from livehub.media.hls.apart import ApartPackager
from livehub.media.hls.channels import ChannelPackager
from livehub.media.hls.packager import Packager
from livehub.media.ice_lite import IceLite
from livehub.media.limits import MediaLimits
from livehub.media.meter import Meter
from livehub.media.negotiation import Plan, formats_of, plan_incoming, plan_slots, sections_of
from livehub.media.outputs import Outputs
from livehub.media.pacing import Pacer
from livehub.media.peer import Peer, RemoteEnd
from livehub.media.port import MediaPort
from livehub.media.publisher import Publisher, Section, nobody
from livehub.media.router import RoomRouter
from livehub.media.rows import SendRows
from livehub.media.runtime import Runtime
from livehub.media.sdp import Offer, parse_fragment, parse_offer
from livehub.media.session import MediaSession, entity_tag
from livehub.media.slots import slots_of
from livehub.media.stage import CAMERA
from livehub.media.subscriber import Subscriber
from livehub.media.timers import LoopTimers
from livehub.media.transport import Certificate, Scratch

log = logging.getLogger(__name__)

SWEEP_S = 2.0


class MediaPlane(Outputs):
    """One UDP port, its peers, and the rooms they are in (:mod:`.rooms`), which also go elsewhere (:mod:`.outputs`).

    The end of a room, a ban, and a role without the right to publish are heard on ``bus`` and end the sessions
    concerned; changes of a stage are told on it.

    ``port`` 0 takes a free one. ``ips`` are offered as candidates in this order; empty: those of this machine, and
    ``with_loopback`` 127.0.0.1 after them, for a server whose pages are on loopback. ``packager`` makes HLS of rooms,
    ``apart`` of some people, ``channels`` of interpreters in them; the plane starts and closes them.
    ``allow_private_restreams`` lets rooms be sent on to private addresses. Ids of sessions begin with
    ``session_prefix``, to be known among those of several planes; :mod:`livehub.media.assembly` takes plain settings.
    """

    def __init__(
        self,
        port: int,
        ips: tuple[str, ...] = (),
        *,
        with_loopback: bool = False,
        bus: EventBus,
        clock: Clock,
        limits: MediaLimits | None = None,
        packager: Packager | None = None,
        allow_private_restreams: bool = False,
        apart: ApartPackager | None = None,
        channels: ChannelPackager | None = None,
        session_prefix: str = "",
    ) -> None:
        self.ips = ips or tuple(dict.fromkeys((*local_ips(), *(("127.0.0.1",) if with_loopback else ()))))
        super().__init__(
            bus=bus,
            clock=clock,
            timers=LoopTimers(clock),
            limits=limits or MediaLimits(),
            ips=self.ips,
            packager=packager,
            apart=apart,
            channels=channels,
            allow_private_restreams=allow_private_restreams,
        )
        self._wanted_port = port
        self._admission = Admission(self.limits)
        self._cname = new_secret(9)
        self._session_prefix = session_prefix
        #: called with each new publishing session
        self.on_published: Callable[[MediaSession], None] | None = None
        self._draining = False

    @property
    def port(self) -> int:
        """The UDP port that is really bound; 0 when not running."""
        return self._running.port.port if self._running else 0

    # --- life

    async def start(self) -> None:
        """Bind the port.

        Raises:
            OSError: the port is taken.
        """
        if self._running is not None:
            return
        for each in self._packagers:
            await each.start()
        port = MediaPort(self.ips, self._wanted_port)
        ice = IceLite(port.send, self._timers.monotonic)
        certificate = await asyncio.to_thread(Certificate.generateCertificate)
        rows = SendRows(port, self._timers, self.limits)
        self._running = Runtime(port, ice, certificate, rows, Scratch(), Pacer(self._timers, self.limits))
        port.start(ice, rows.flush)
        self._restreams.open(certificate)
        self._sweep()
        log.info("media plane on UDP port %d, offered as %s", port.port, ", ".join(self.ips))

    async def close(self) -> None:
        """End all sessions, the audience after the stage, then the port. Idempotent."""
        if self._closed:
            return
        await self._restreams.close()
        for session in sorted(self._sessions.values(), key=lambda item: item.kind == "play"):
            session.peer.close()
        self._closed = True
        for each in self._packagers:
            await each.close()
        self._timers.close()
        if self._running is not None:
            self._running.port.close()
            self._running = None

    async def check(self) -> None:
        """For readiness.

        Raises:
            PlaneClosed: not running.
        """
        self._require_running()

    async def drain(self) -> None:
        """Take no new sessions; those that are go on."""
        self._draining = True

    def _sweep(self) -> None:
        if self._running is not None:
            self._running.ice.sweep()
            self._timers.call_later(SWEEP_S, self._sweep)

    # --- sessions

    async def publish(
        self,
        room_id: str,
        identity: str,
        display_name: str,
        offer_sdp: str,
        *,
        source: str = CAMERA,
        is_host: bool = False,
        most: int = 0,
        origin: Origin | None = None,
    ) -> MediaSession:
        """Take in a publisher; one of the same identity and ``source`` (camera, screen) in this room is replaced.

        ``is_host``, also of cohosts: shown and heard before others. ``most``: people on stage, if not the usual number.
        ``origin``: where they come from, which a ban can reach; None for those whom a role brings into the room.

        Raises:
            MalformedSdp, OfferNotAcceptable, CodecNotSupported: the offer.
            StageFull: the room has as many publishers as it may.
            JoiningTooFast: too many others have an answer and are not connected yet.
            PlaneClosed, PlaneDraining: not running, or not for much longer.
        """
        running, offer = self._require_open(), parse_offer(offer_sdp, self.limits.max_sdp_bytes)
        room = self._room(room_id)
        taken = plan_incoming(offer)
        self._admission.check_stage(room, identity, most, source)
        self._admission.check_pace(self._sessions)
        replaced = room.publishers.get((identity, source))
        if replaced is not None:
            replaced.peer.close()
        room = self._rooms.setdefault(room_id, room)
        peer = running.make_peer(offer, self.limits, self._timers.monotonic())
        session = self._make_session(room_id, identity, "publish", offer, taken, peer, origin)
        session.source, session.offer_sdp = source, offer_sdp
        publisher = session.publisher = self._make_publisher(
            room,
            identity,
            display_name,
            sections_of(offer, taken),
            peer,
            lambda: self._publisher_closed(room, session),
            source=source,
            is_host=is_host,
            on_wanted=lambda mid, rids: self._bus.publish(LayersWanted(room_id, identity, session.id, mid, rids)),
        )
        peer.quiet = publisher.quiet
        room.publishers[identity, source] = publisher
        if self.on_published is not None:
            self.on_published(session)
        return session

    def _make_publisher(
        self,
        room: RoomRouter,
        identity: str,
        display_name: str,
        sections: tuple[Section, ...],
        end: RemoteEnd,
        on_closed: Callable[[], None],
        *,
        source: str,
        is_host: bool,
        on_wanted: Callable[[str, tuple[str, ...]], None] = nobody,
    ) -> Publisher:
        running = self._require_running()
        return Publisher(
            identity,
            display_name,
            sections,
            peer=end,
            rows=running.rows,
            limits=self.limits,
            timers=self._timers,
            cname=self._cname,
            on_tracks=room.tracks_changed,
            on_level=room.hear,
            on_closed=on_closed,
            on_wanted=on_wanted,
            source=source,
            is_host=is_host,
            counters=running.counters,
        )

    def relay(
        self,
        room_id: str,
        identity: str,
        display_name: str,
        offer_sdp: str,
        end: RemoteEnd,
        *,
        source: str = CAMERA,
        is_host: bool = False,
    ) -> None:
        """A publisher that is connected elsewhere: ``end`` gives its handler what they sent there.

        Raises:
            MalformedSdp, OfferNotAcceptable, CodecNotSupported: the offer.
            PlaneClosed: not running.
        """
        self._require_running()
        offer = parse_offer(offer_sdp, self.limits.max_sdp_bytes)
        sections = sections_of(offer, plan_incoming(offer))
        room = self._rooms.setdefault(room_id, self._room(room_id))
        key = identity, source
        replaced = room.publishers.get(key)
        if replaced is not None:
            replaced.peer.close()
        room = self._rooms.setdefault(room_id, room)

        def closed() -> None:
            if room.publishers.get(key) is publisher:
                del room.publishers[key]
            room.tracks_changed()
            self._forget_if_empty(room)

        publisher = self._make_publisher(
            room, identity, display_name, sections, end, closed, source=source, is_host=is_host
        )
        room.publishers[key] = publisher

    def flush(self) -> None:
        """Send what packets from elsewhere have brought."""
        if self._running is not None:
            self._running.rows.flush()

    async def play(
        self,
        room_id: str,
        identity: str,
        offer_sdp: str,
        video_slots: int = 1,
        *,
        with_own: bool = False,
        wait: bool = True,
        origin: Origin | None = None,
    ) -> MediaSession:
        """Take in a viewer. With ``wait`` this succeeds before anyone publishes: media flows when it comes.

        Nobody gets back what the same identity publishes, unless ``with_own``: it comes from another program.

        Raises:
            MalformedSdp, OfferNotAcceptable: the offer.
            CodecNotSupported: the viewer can decode nothing that is on air.
            AudienceFull: the room or the process has as many viewers as it may.
            NobodyPublishes: and the viewer does not ``wait``.
            JoiningTooFast: too many others have an answer and are not connected yet.
            PlaneClosed, PlaneDraining: not running, or not for much longer.
        """
        running, offer = self._require_open(), parse_offer(offer_sdp, self.limits.max_sdp_bytes)
        room = self._room(room_id)
        wanted = min(max(video_slots, 0), self.limits.max_video_slots)
        plan = plan_slots(offer, video=wanted, audio=self.limits.audio_slots, cname=self._cname)
        self._admission.check_audience(room, self._rooms.values(), wait=wait)
        self._admission.check_pace(self._sessions)
        undecodable = room.undecodable(formats_of(offer, plan))
        if undecodable:
            names = ", ".join(sorted(undecodable))
            raise CodecNotSupported(
                f"This room sends {names}, which your player did not offer.", codecs=sorted(undecodable)
            )
        for oldest in surplus(self._sessions.of_member(room_id, identity, "play"), self.limits):
            oldest.peer.close()
        room = self._rooms.setdefault(room_id, room)
        peer = running.make_peer(offer, self.limits, self._timers.monotonic())
        slots = slots_of(offer, plan, peer, self._timers, self.limits)
        session = self._make_session(room_id, identity, "play", offer, plan, peer, origin)
        subscriber = session.subscriber = Subscriber(
            session.id,
            identity,
            slots,
            excluded=None if with_own else identity,
            peer=peer,
            timers=self._timers,
            on_connected=lambda: room.assign(subscriber),
            on_shown=lambda: room.slots_changed(subscriber),
            on_closed=lambda: self._subscriber_closed(room, session),
            pacer=running.pacer,
            counters=running.counters,
        )
        room.subscribers.add(subscriber)
        return session

    async def restart_ice(
        self, session_id: str, fragment: str, if_match: Sequence[str] = ("*",)
    ) -> tuple[str, str] | None:
        """A trickle-ICE fragment: with new credentials it restarts ICE and gives ETag and fragment to answer with.

        Candidates in it are of no use to an ICE-lite agent and are passed over: then None. ``if_match``: entity tags of
        which one must be the session's present one, or ``*``.

        Raises:
            MediaSessionNotFound, MalformedSdp, EntityTagMismatch.
        """
        session = self.get(session_id)
        found = parse_fragment(fragment)
        if not {"*", session.etag} & set(if_match):
            raise EntityTagMismatch("The session's ICE was restarted. Use the ETag of that answer.")
        if found is None or found[0] == session.peer.remote_ufrag:
            return None
        session.peer.restart_ice(found[0])
        session.etag = entity_tag(session.peer)
        transport = self._require_running().transport(self.ips, session.peer)
        return session.etag, restart_fragment(session.answer_sdp, transport)

    def stats(self) -> dict[str, Any]:
        """Counters for /metrics and the benchmarks."""
        running = self._running
        return {
            "sessions": len(self._sessions),
            "publishers": sum(session.kind == "publish" for session in self._sessions.values()),
            "subscribers": sum(len(room.subscribers) for room in self._rooms.values()),
            "connected": sum(session.is_connected for session in self._sessions.values()),
            "port": asdict(running.port.counters) if running else {},
            "ice": {"refused": running.ice.refused, "migrations": running.ice.migrations} if running else {},
            "feedback": asdict(running.counters) if running else {},
            "packaged": self._packager.running if self._packager else 0,
            "restreams": len(self._restreams),
            "protect_failures": running.rows.protect_failures if running else 0,
            "unanswered": self._unanswered(),
            "paced": len(running.pacer) if running else 0,
        }

    # --- making sessions

    def _require_open(self) -> Runtime:
        running = self._require_running()
        if self._draining:
            raise PlaneDraining
        return running

    def _make_session(
        self, room_id: str, identity: str, kind: str, offer: Offer, taken: Plan, peer: Peer, origin: Origin | None
    ) -> MediaSession:
        running = self._require_running()
        transport = running.transport(self.ips, peer)
        answer = build_answer(offer, taken, transport)
        session = MediaSession(
            self._session_prefix + new_secret(), room_id, identity, kind, answer, entity_tag(peer), peer, origin=origin
        )
        session.meter = Meter(self._timers.monotonic())
        running.counters.joined(kind)
        self._sessions.add(session)
        self._admission.answered(session)
        return session
