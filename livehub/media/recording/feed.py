"""What the packager tells (:mod:`livehub.media.hls.events`) and what happens in a room, as steps of the recorder."""

import asyncio
import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from livehub.errors import LivehubError
from livehub.events import Event, EventBus, OfferPinned, RoomChanged, RoomEnded, RoomStarted, StageChanged
from livehub.media.hls.events import (
    LEADING,
    HlsEnded,
    HlsEraBegan,
    HlsPartWritten,
    HlsSegmentWritten,
    HlsStarted,
    SetApart,
)
from livehub.media.recording.consents import Consents
from livehub.media.recording.errors import RecordingIsOff
from livehub.media.recording.journal import Format, Piece
from livehub.media.recording.limits import RecordingLimits
from livehub.media.recording.model import Reason
from livehub.media.recording.recorder import Recorder
from livehub.rooms.kinds import RecordingMode
from livehub.rooms.model import RoomState

log = logging.getLogger(__name__)

#: more segments than any run has
_RUN_SEGMENTS: Final = 1_000_000_000
#: who begins a recording that the room's own setting asks for
BY_ITSELF: Final = "room"


@dataclass(slots=True)
class _Run:
    """A packaging. ``first``: its segments are numbered from there, so that no other of the room has their numbers."""

    run: str
    first: int
    #: rendition → era of the piece that came last
    eras: dict[str, int] = field(default_factory=dict)


class Feed:
    """Bus callbacks: they never block and never raise.

    ``roots`` is where the packager's paths begin: those of segments that everybody watches, and of those set apart.
    """

    def __init__(
        self, bus: EventBus, recorder: Recorder, consents: Consents, roots: tuple[Path, Path], limits: RecordingLimits
    ) -> None:
        self._recorder = recorder
        self._consents = consents
        self._roots = roots
        self._limits = limits
        #: room, set apart or not → the packaging
        self._runs: dict[tuple[str, bool], _Run] = {}
        self._counts: dict[str, int] = {}
        self._ending: dict[str, asyncio.TimerHandle] = {}
        self._modes: dict[str, RecordingMode] = {}
        bus.subscribe(RoomStarted, self._room_started)
        bus.subscribe(RoomChanged, self._room_changed)
        bus.subscribe(RoomEnded, self._room_ended)
        bus.subscribe(OfferPinned, self._pinned)
        bus.subscribe(StageChanged, self._stage_changed)
        for kind in (HlsStarted, HlsEraBegan, HlsPartWritten, HlsSegmentWritten, HlsEnded):
            bus.subscribe(kind, lambda event: self._packaged(event, apart=False))
        bus.subscribe(SetApart, lambda event: self._packaged(event.event, apart=True))

    def close(self) -> None:
        for timer in self._ending.values():
            timer.cancel()
        self._ending.clear()

    # --- the room

    def _room_started(self, event: RoomStarted) -> None:
        self._recorder.later(lambda: self._begin(event.room_id))

    def _room_changed(self, event: RoomChanged) -> None:
        if event.room["state"] == RoomState.LIVE:
            mode = RecordingMode(event.room["recording"])
            before, self._modes[event.room_id] = self._modes.get(event.room_id, mode), mode
            if mode is not before:
                self._recorder.later(lambda: self._mode_changed(event.room_id, mode, before))

    async def _mode_changed(self, room_id: str, mode: RecordingMode, before: RecordingMode) -> None:
        if mode is RecordingMode.OFF:
            await self._recorder.finish(room_id, Reason.STOPPED)
        elif before is RecordingMode.OFF:
            await self._begin(room_id)
        else:
            await self._recorder.reload(room_id)

    async def _begin(self, room_id: str) -> None:
        try:
            await self._recorder.begin(room_id, BY_ITSELF)
        except RecordingIsOff:
            return
        except LivehubError as error:
            log.info("room %s is not recorded: %s", room_id, error.detail)

    def _room_ended(self, event: RoomEnded) -> None:
        """The last segment is still on its way where something was packaged."""
        room_id = event.room_id
        self._modes.pop(room_id, None)
        if not self._is_packaged(room_id):
            self._finish(room_id)
        elif room_id not in self._ending:
            loop = asyncio.get_running_loop()
            self._ending[room_id] = loop.call_later(self._limits.finish_timeout_s, self._finish, room_id)

    def _finish(self, room_id: str) -> None:
        timer = self._ending.pop(room_id, None)
        if timer is not None:
            timer.cancel()
        for apart in (False, True):
            self._runs.pop((room_id, apart), None)
        self._counts.pop(room_id, None)

        async def finish() -> None:
            await self._recorder.finish(room_id, Reason.ROOM_ENDED)
            self._recorder.forget(room_id)

        self._recorder.later(finish)

    def _stage_changed(self, event: StageChanged) -> None:
        self._consents.set_stage(event.room_id, (track["publisher"] for track in event.tracks))
        if self._recorder.is_recording(event.room_id):
            self._recorder.tell(event.room_id)
            if event.tracks:
                self._recorder.later(lambda: self._recorder.renew(event.room_id))

    def _pinned(self, event: OfferPinned) -> None:
        title, offer = (event.offer["title"], event.offer["id"]) if event.offer else ("", "")
        self._recorder.later(lambda: self._recorder.mark(event.room_id, title, offer))

    # --- the packager

    def _is_packaged(self, room_id: str) -> bool:
        return (room_id, False) in self._runs or (room_id, True) in self._runs

    def _packaged(self, event: Event, *, apart: bool) -> None:
        if isinstance(event, HlsStarted):
            count = self._counts[event.room_id] = self._counts.get(event.room_id, -1) + 1
            self._runs[event.room_id, apart] = _Run(event.run, count * _RUN_SEGMENTS)
            return
        if not isinstance(event, HlsEraBegan | HlsPartWritten | HlsSegmentWritten | HlsEnded):
            return
        run = self._runs.get((event.room_id, apart))
        if run is None or run.run != event.run:
            return
        if not isinstance(event, HlsEnded) and event.rendition != LEADING:
            return  # a smaller layer, for viewers
        if isinstance(event, HlsEraBegan):
            self._era_began(event, apart=apart)
        elif isinstance(event, HlsEnded):
            self._run_ended(event, apart=apart)
        else:
            self._written(run, event, apart=apart)

    def _era_began(self, event: HlsEraBegan, *, apart: bool) -> None:
        sound = any(codec.strip().startswith(("mp4a", "opus")) for codec in event.codecs.split(","))
        kind = "audio" if not event.width else "av" if sound else "video"
        coded = Format(event.rendition, kind, "", event.codecs, width=event.width, height=event.height)
        path = self._roots[apart] / event.path
        self._recorder.later(lambda: self._recorder.format_changed(event.room_id, coded, path, apart=apart))

    def _written(self, run: _Run, event: HlsPartWritten | HlsSegmentWritten, *, apart: bool) -> None:
        piece = Piece(
            track=event.rendition,
            number=run.first + event.msn,
            name="",
            at_ms=event.at_ms,
            duration_s=event.duration_s,
            size_bytes=event.size,
            part=event.part if isinstance(event, HlsPartWritten) else -1,
            # A new run and a new era: time does not go on.
            breaks=run.eras.get(event.rendition) != event.era,
        )
        if piece.part < 0:
            run.eras[event.rendition] = event.era
        path = self._roots[apart] / event.path
        self._recorder.later(lambda: self._recorder.piece_made(event.room_id, piece, path, apart=apart))

    def _run_ended(self, event: HlsEnded, *, apart: bool) -> None:
        del self._runs[event.room_id, apart]
        if event.room_id in self._ending and not self._is_packaged(event.room_id):
            self._finish(event.room_id)
        elif event.reason == "failed":
            self._recorder.later(lambda: self._recorder.packaging_failed(event.room_id, apart=apart))
