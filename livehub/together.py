"""What joins this process to the others of its server: made by :mod:`livehub.services` where there are several."""

import logging
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from livehub.config import Config
from livehub.events import (
    CaptionsChanged,
    ClaimChanged,
    DrawChanged,
    EventBus,
    GlossaryChanged,
    LineTranslated,
    MemberAppointed,
    MemberSanctioned,
    MessageDeleted,
    OfferPinned,
    OrderChanged,
    OrderPlaced,
    OthersHeard,
    PollChanged,
    QuestionChanged,
    RecordingChanged,
    RoomChanged,
    RoomDeleted,
    RoomEnded,
    RoomRulesChanged,
    RoomStarted,
    SlotsShown,
    StageChanged,
    TextForgotten,
)
from livehub.media.cluster import carried
from livehub.media.events import CodecUndecodable, LayersWanted
from livehub.media.remote import RemoteMedia, serve_media
from livehub.media.service import MediaService
from livehub.processes.calls import Calls
from livehub.processes.ensemble import Ensemble
from livehub.processes.exchange import Beat
from livehub.processes.lease import Lease
from livehub.processes.spread import Spread
from livehub.rooms.stage import StageDesk
from livehub.signalling.limits import Limits
from livehub.signalling.snapshot import no_captions, not_recording
from livehub.signalling.stage import STAGE, orders_of

log = logging.getLogger(__name__)

#: processes that forward media, and write captions of what is said in it
MEDIA_ROLES: Final = ("media", "all")
#: what happens in one process and concerns people, rooms or caches in the others
SPREAD: Final = (
    RoomChanged,
    RoomStarted,
    RoomEnded,
    RoomDeleted,
    MemberSanctioned,
    MemberAppointed,
    RoomRulesChanged,
    MessageDeleted,
    OfferPinned,
    PollChanged,
    QuestionChanged,
    DrawChanged,
    OrderPlaced,
    OrderChanged,
    ClaimChanged,
    SlotsShown,
    CodecUndecodable,
    LayersWanted,
    GlossaryChanged,
    TextForgotten,
    LineTranslated,
)
#: what says how something is; whoever comes later has to know
STANDING: Final[dict[type[Any], Callable[[Any], tuple[str, bool]]]] = {
    StageChanged: lambda event: (event.room_id, bool(event.tracks)),
    RecordingChanged: lambda event: (event.room_id, event.recording.get("state") != "off"),
    CaptionsChanged: lambda event: (event.room_id, event.captions.get("state") != "off"),
}


def join_bus(bus: EventBus, ensemble: Ensemble) -> None:
    """What happens here is heard in the other processes, and what happens there here."""
    Spread(bus, ensemble.exchange, SPREAD, carried.encode_event, carried.decode_event, STANDING)

    async def back(_is_new_life: bool) -> None:
        bus.publish(OthersHeard(True))

    ensemble.link.whenever_up(back)
    ensemble.link.whenever_down(lambda: bus.publish(OthersHeard(False)))


class Together:
    def __init__(self, config: Config, bus: EventBus) -> None:
        limits = Limits()
        self._role: Final = config.role
        self.ensemble: Final = Ensemble(
            config.redis_url,
            prefix=config.redis_prefix,
            role=config.role,
            own_url=config.internal_url or config.own_url,
            max_kept_events=limits.max_kept_events,
            max_kept_bytes=limits.max_kept_bytes,
        )
        self._calls: Final = Calls(self.ensemble.exchange, self.ensemble.limits, carried.name_error)
        self.ensemble.finally_close(self._calls.close)
        join_bus(bus, self.ensemble)

    def remote_media(self, bus: EventBus) -> RemoteMedia:
        return RemoteMedia(self.ensemble.exchange, self._calls, bus, MEDIA_ROLES)

    def serve_media(self, media: MediaService, desk: StageDesk) -> None:
        """A plane that was started while stages were under way hears what hosts had decided."""
        serve_media(self._calls, media)
        self.ensemble.documents.whenever_told(
            STAGE, lambda room_id: self._calls.later(partial(_direct, media, desk, room_id))
        )

    @staticmethod
    def recording_of(bus: EventBus) -> Callable[[str], Mapping[str, Any]]:
        """Whether a room is being recorded, as the process says that does it."""
        known: dict[str, Mapping[str, Any]] = {}

        def heard(event: RecordingChanged) -> None:
            known[event.room_id] = event.recording
            if event.recording.get("state") == "off":
                del known[event.room_id]

        bus.subscribe(RecordingChanged, heard)
        return lambda room_id: known.get(room_id) or not_recording(room_id)

    def captions_of(self, bus: EventBus) -> Callable[[str], Mapping[str, Any]]:
        """Whether captions are made in a room, as the process says that makes them; off when that one has died."""
        known: dict[str, Mapping[str, Any]] = {}

        def heard(event: CaptionsChanged) -> None:
            known[event.room_id] = event.captions
            if event.captions.get("state") == "off":
                del known[event.room_id]

        def died(_process: str, beat: Beat) -> None:
            """Nobody listens to these rooms any more. One of those who are left tells them."""
            if beat.role not in MEDIA_ROLES:
                return
            tell = bus.publish if self.ensemble.exchange.is_first else bus.hear
            for room_id in list(known):
                tell(CaptionsChanged(room_id, no_captions(room_id)))

        bus.subscribe(CaptionsChanged, heard)
        self.ensemble.exchange.whenever_dead(died)
        return lambda room_id: known.get(room_id) or no_captions(room_id)

    def leases(self) -> Sequence[Lease]:
        """On what only one process does at a time."""
        names = {"all": ("media", "worker"), "media": ("media",), "worker": ("worker",)}.get(self._role, ())
        ensemble = self.ensemble
        return [Lease(ensemble.link, name, ensemble.process, ensemble.limits, on_lost=_end) for name in names]


async def _direct(media: MediaService, desk: StageDesk, room_id: str) -> None:
    await media.direct(room_id, orders_of(desk, room_id))


def _end() -> None:
    """In order, as when told to stop: whoever watches over the process starts it again, and it waits its turn."""
    os.kill(os.getpid(), signal.SIGTERM)
