"""Captions for everybody else: switched on and off by hosts, made of the room's segments, told as events.

The sound is what players of the room hear: the packager mixes and encodes it already, and its events say when each
piece was said, so a line's times are those of recordings and of HLS. Nothing of it is read on this loop.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from livehub.accounts.permissions import Action
from livehub.background import Background
from livehub.clock import Clock, iso
from livehub.events import (
    CaptionHeard,
    CaptionsChanged,
    CaptionTranslated,
    EventBus,
    RoomDeleted,
    RoomEnded,
)
from livehub.ids import new_id
from livehub.media.captions.errors import (
    CaptionsBusy,
    CaptionsNotRunning,
    CaptionsUnavailable,
    LanguageNotHeard,
)
from livehub.media.captions.limits import CaptionLimits
from livehub.media.captions.link import TranscriberLink
from livehub.media.captions.model import Line, no_captions
from livehub.media.captions.ports import CaptionStore, Source
from livehub.media.captions.wire import Behind, Forget, FromProcess, Listen, Part, Pause, Ready, Said
from livehub.media.errors import RoomNotLive
from livehub.media.hls.events import LEADING, HlsEnded, HlsEraBegan, HlsPartWritten, HlsRemoved
from livehub.rooms.access import Access
from livehub.rooms.model import RoomState

log = logging.getLogger(__name__)

REASON: Final = "captions"
_MAX_JOBS: Final = 2_000


@dataclass(slots=True)
class _Captioned:
    locale: str
    since_ms: int
    engine: Ready
    recent: deque[Line]
    #: names the lines of one life of the process, in one language
    life: str = field(default_factory=lambda: new_id("cap"))
    lost: int = 0
    is_failed: bool = False


class Captions:
    """``setting`` as the operator wrote it, "" for none; ``hls_root``: where the packager's paths begin.

    ``recording``: how the recording of a room stands: what is said is kept beside it, and only then.
    """

    def __init__(
        self,
        setting: str,
        source: Source,
        store: CaptionStore,
        *,
        locales: Sequence[str],
        hls_root: Path,
        recording: Callable[[str], Mapping[str, Any]],
        clock: Clock,
        bus: EventBus,
        limits: CaptionLimits | None = None,
    ) -> None:
        self.limits: Final = limits or CaptionLimits()
        self.is_offered: Final = bool(setting)
        self._source = source
        self._store = store
        self._hls_root = hls_root
        self._recording = recording
        self._clock = clock
        self._bus = bus
        self._link = TranscriberLink(setting, locales, self.limits, self._told, self._lost)
        self._rooms: dict[str, _Captioned] = {}
        self._changing = asyncio.Lock()
        self._inits: dict[tuple[str, str], dict[int, str]] = {}
        self._kept: set[str] = set()
        self._saving = Background("captions to SQL", _MAX_JOBS)
        self._acting = Background("captions", _MAX_JOBS)
        if self.is_offered:
            self._listen(bus)

    def _listen(self, bus: EventBus) -> None:
        bus.subscribe(HlsEraBegan, self._era_began)
        bus.subscribe(HlsPartWritten, self._part_written)
        bus.subscribe(HlsEnded, self._run_ended)
        bus.subscribe(HlsRemoved, self._run_removed)
        bus.subscribe(RoomEnded, self._room_over)
        bus.subscribe(RoomDeleted, self._room_over)
        bus.subscribe(CaptionTranslated, self._translated)

    def start(self) -> None:
        """On the running loop. The transcriber's process is started when it is first wanted."""
        self._saving.start()
        self._acting.start()

    async def close(self) -> None:
        """Idempotent."""
        await self._acting.close()
        await self._link.close()
        await self._saving.close()

    # --- the host

    async def begin(self, access: Access, locale: str | None = None) -> Mapping[str, Any]:
        """Have what is said written, in the room's language or ``locale``. Again: in another language from now on.

        Raises:
            Forbidden; RoomNotLive; CaptionsUnavailable: none are offered, or the transcriber cannot be started.
            CaptionsBusy; LanguageNotHeard; PackagingUnavailable.
        """
        access.require(Action.CAPTION)
        room = access.room
        if not self.is_offered:
            raise CaptionsUnavailable("The operator of this server has set no transcriber.")
        if room.state is not RoomState.LIVE:
            raise RoomNotLive("Captions can be made while the room is live.")
        async with self._changing:
            known = self._rooms.get(room.id)
            if known is None and len(self._rooms) >= self.limits.max_rooms:
                raise CaptionsBusy(retry_after_s=60)
            engine = await self._link.start()
            wanted = locale or room.locale
            if wanted not in engine.locales:
                raise LanguageNotHeard(f"It can write: {', '.join(engine.locales)}", field="locale")
            await self._source.package(room.id, REASON)
            self._rooms[room.id] = begun = _Captioned(
                wanted,
                known.since_ms if known else self._clock.now_ms(),
                engine,
                known.recent if known else deque(maxlen=self.limits.max_recent),
            )
            self._link.send(Forget(room.id))
            self._link.send(Listen(room.id, wanted, begun.life))
        self._tell(room.id)
        return self.present(room.id)

    async def stop(self, access: Access) -> Mapping[str, Any]:
        """Raises: Forbidden; CaptionsNotRunning."""
        access.require(Action.CAPTION)
        if access.room.id not in self._rooms:
            raise CaptionsNotRunning
        await self._end(access.room.id)
        return self.present(access.room.id)

    async def _end(self, room_id: str) -> None:
        async with self._changing:
            if self._rooms.pop(room_id, None) is None:
                return
            self._link.send(Forget(room_id))
            await self._source.stop_packaging(room_id, REASON)
            if not self._rooms:
                await self._link.close()  # a model is memory that nobody needs now
        self._tell(room_id)

    def present(self, room_id: str) -> Mapping[str, Any]:
        """Whether captions are made in the room, as everybody in it is told."""
        room = self._rooms.get(room_id)
        if room is None:
            return no_captions(room_id)
        return {
            "state": "failed" if room.is_failed else "on",
            "locale": room.locale,
            "engine": room.engine.name,
            "remote": room.engine.is_remote,
            "since": iso(room.since_ms),
        }

    def _tell(self, room_id: str) -> None:
        self._bus.publish(CaptionsChanged(room_id, self.present(room_id)))

    # --- sound

    def _era_began(self, event: HlsEraBegan) -> None:
        if event.rendition == LEADING:
            self._inits.setdefault((event.room_id, event.run), {})[event.era] = event.path

    def _part_written(self, event: HlsPartWritten) -> None:
        if event.rendition != LEADING or event.room_id not in self._rooms:
            return
        inits = self._inits.get((event.room_id, event.run), {})
        init = inits.get(event.era)
        if init is None:
            return
        for era in [era for era in inits if era < event.era]:
            del inits[era]
        root = self._hls_root
        self._link.send(Part(event.room_id, event.run, str(root / init), str(root / event.path), event.at_ms))

    def _run_removed(self, event: HlsRemoved) -> None:
        self._inits.pop((event.room_id, event.run), None)

    def _room_over(self, event: RoomEnded | RoomDeleted) -> None:
        self._acting.put(lambda: self._end(event.room_id))

    def _run_ended(self, event: HlsEnded) -> None:
        if event.room_id in self._rooms:
            self._link.send(Pause(event.room_id))

    # --- lines

    def _told(self, message: FromProcess) -> None:
        if isinstance(message, Said):
            self._said(message)
        elif isinstance(message, Behind) and message.room in self._rooms:
            self._rooms[message.room].lost += message.lost
            log.warning("%d lines of %s were not written: %s", message.lost, message.room, message.reason)

    def _said(self, said: Said) -> None:
        room = self._rooms.get(said.room)
        if room is None or said.life != room.life:  # switched off in the meantime, or to another language
            return
        line = Line(f"{room.life}-{said.number}", said.start_ms, said.end_ms, room.locale, said.text)
        if said.final and said.text:
            room.recent.append(line)
            self._keep(said.room, line)
        self._bus.publish(CaptionHeard(said.room, line.present(final=said.final)))

    def _keep(self, room_id: str, line: Line) -> None:
        """Beside the recording; not where somebody on stage has not agreed to be in it."""
        recording = self._recording(room_id)
        if recording["state"] != "recording" or recording["not_recorded"]:
            return
        self._kept.add(line.id)
        if len(self._kept) > self.limits.max_recent * self.limits.max_rooms:
            self._kept = {known.id for room in self._rooms.values() for known in room.recent}
        self._saving.put(lambda: self._store.add(room_id, [line]))

    def _translated(self, event: CaptionTranslated) -> None:
        room = self._rooms.get(event.room_id)
        for line in reversed(room.recent if room else ()):
            if line.id == event.line_id:
                line.translations[event.locale] = event.text
                break
        if event.line_id in self._kept:
            self._saving.put(lambda: self._store.translate([(event.line_id, event.locale, event.text)]))

    def recent(self, room_id: str) -> Sequence[Line]:
        """Final lines of a room that has captions now, oldest first."""
        room = self._rooms.get(room_id)
        return list(room.recent) if room else ()

    def locales(self, room_id: str) -> Sequence[str]:
        """In which its recent lines are to be had, the spoken one first."""
        room = self._rooms.get(room_id)
        if room is None:
            return ()
        return list(dict.fromkeys([room.locale, *(locale for line in room.recent for locale in line.translations)]))

    # --- the process

    def _lost(self) -> None:
        self._acting.put(self._start_again)

    async def _start_again(self) -> None:
        """What was being said meanwhile is not written; what follows is."""
        async with self._changing:
            if not self._rooms:
                return
            try:
                engine = await self._link.start()
            except (CaptionsUnavailable, OSError):
                for room in self._rooms.values():
                    room.is_failed = True
            else:
                for room_id, room in self._rooms.items():
                    room.engine, room.life = engine, new_id("cap")
                    self._link.send(Listen(room_id, room.locale, room.life))
            rooms = list(self._rooms)
        for room_id in rooms:
            self._tell(room_id)

    def stats(self) -> Mapping[str, int]:
        """For /metrics."""
        return {"rooms": len(self._rooms), "lost": sum(room.lost for room in self._rooms.values())}
