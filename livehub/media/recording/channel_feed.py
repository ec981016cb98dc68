"""What interpreters say, as tracks of their own in a recording: ``interpreter-th`` beside the picture and the floor."""

from functools import partial
from pathlib import Path
from typing import Final

from livehub.events import EventBus, RoomEnded
from livehub.media.hls.channels import room_and_locale
from livehub.media.hls.events import (
    HlsEnded,
    HlsEraBegan,
    HlsPartWritten,
    HlsSegmentWritten,
    HlsStarted,
    OfChannel,
)
from livehub.media.recording.journal import Format, Piece
from livehub.media.recording.recorder import Recorder
from livehub.media.recording.replay import INTERPRETED

#: more segments than any run has
_RUN_SEGMENTS: Final = 1_000_000_000


def track_of(locale: str) -> str:
    return f"{INTERPRETED}{locale}"


class ChannelFeed:
    """Bus callbacks, as :class:`livehub.media.recording.feed.Feed`: never blocking, never raising."""

    def __init__(self, bus: EventBus, recorder: Recorder, root: Path) -> None:
        self._recorder = recorder
        self._root = root
        #: channel → its run, the first number of the run's segments, and the era of the piece that came last
        self._runs: dict[str, tuple[str, int, int]] = {}
        self._counts: dict[str, int] = {}
        bus.subscribe(OfChannel, self._told)
        bus.subscribe(RoomEnded, self._room_ended)

    def _room_ended(self, event: RoomEnded) -> None:
        """What is still on its way comes within its own run; numbers begin anew with another room."""
        self._counts = {
            name: count for name, count in self._counts.items() if room_and_locale(name)[0] != event.room_id
        }

    def _told(self, wrapped: OfChannel) -> None:
        event = wrapped.event
        if isinstance(event, HlsStarted):
            count = self._counts[event.room_id] = self._counts.get(event.room_id, -1) + 1
            self._runs[event.room_id] = (event.run, count * _RUN_SEGMENTS, -1)
            return
        if not isinstance(event, HlsEraBegan | HlsPartWritten | HlsSegmentWritten | HlsEnded):
            return
        run, first, era = self._runs.get(event.room_id, ("", 0, -1))
        if run != event.run:
            return
        if isinstance(event, HlsEnded):
            del self._runs[event.room_id]
        elif isinstance(event, HlsEraBegan):
            self._era_began(event)
        else:
            self._written(event, first, era)

    def _era_began(self, event: HlsEraBegan) -> None:
        room_id, locale = room_and_locale(event.room_id)
        coded = Format(track_of(locale), "audio", "", event.codecs)
        path = self._root / event.path
        for apart in (False, True):  # whichever way the room is recorded when a piece comes
            self._recorder.later(partial(self._recorder.format_changed, room_id, coded, path, apart=apart))

    def _written(self, event: HlsPartWritten | HlsSegmentWritten, first: int, era: int) -> None:
        room_id, locale = room_and_locale(event.room_id)
        piece = Piece(
            track=track_of(locale),
            number=first + event.msn,
            name="",
            at_ms=event.at_ms,
            duration_s=event.duration_s,
            size_bytes=event.size,
            part=event.part if isinstance(event, HlsPartWritten) else -1,
            breaks=era != event.era,
        )
        if piece.part < 0:
            self._runs[event.room_id] = (event.run, first, event.era)
        path = self._root / event.path

        async def keep() -> None:
            if self._recorder.is_recording(room_id):
                await self._recorder.piece_made(room_id, piece, path, apart=self._recorder.is_apart(room_id))

        self._recorder.later(keep)
