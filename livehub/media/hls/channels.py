"""Segments made of what interpreters say, a run for each language channel: for a recording, and for nobody live."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from livehub.events import Event, EventBus, RoomEnded
from livehub.media.errors import PackagingUnavailable
from livehub.media.events import InterpretationChanged
from livehub.media.hls.events import OfChannel
from livehub.media.hls.packager import Packager
from livehub.media.limits import HlsLimits
from livehub.media.source import Source
from livehub.media.timers import Timers

#: between a room and a language in the name by which a channel is packaged; ids and locales have none
_BETWEEN: Final = "~"


def name_of(room_id: str, locale: str) -> str:
    return f"{room_id}{_BETWEEN}{locale}"


def room_and_locale(name: str) -> tuple[str, str]:
    """What :func:`name_of` put together."""
    room_id, _, locale = name.partition(_BETWEEN)
    return room_id, locale


class ChannelPackager:
    """A packager of sound alone, with a folder of its own; what it tells comes as :class:`OfChannel`.

    A channel is packaged from the first word that is said in it to the end of its room, or of the reason.
    """

    def __init__(self, folder: Path, limits: HlsLimits | None = None) -> None:
        self._packager = Packager(folder, limits, sound_only=True)
        #: room → reason → whose words alone, None for anybody's
        self._wanted: dict[str, dict[str, frozenset[str] | None]] = {}
        self._begun: defaultdict[str, set[str]] = defaultdict(set)
        self._said: Callable[[str], Mapping[str, Source | None]]

    def attach(self, timers: Timers, bus: EventBus, said: Callable[[str], Mapping[str, Source | None]]) -> None:
        """From the plane: its time, where to tell and hear, and what is said in each channel of a room."""
        self._said = said
        self._packager.attach(timers, _OfChannels(bus), self._on_air)
        bus.subscribe(InterpretationChanged, lambda event: self._changed(event.room_id))
        bus.subscribe(RoomEnded, lambda event: self._room_ended(event.room_id))

    def _on_air(self, name: str) -> Sequence[Source]:
        room_id, locale = room_and_locale(name)
        source = self._said(room_id).get(locale)
        allowed = self._wanted.get(room_id, {}).values()
        if source is None or not any(only is None or source.publisher in only for only in allowed):
            return ()
        return (source,)

    def _changed(self, room_id: str) -> None:
        for reason in self._wanted.get(room_id, {}):
            self._begun[room_id] |= {locale for locale, source in self._said(room_id).items() if source is not None}
            for locale in self._begun[room_id]:
                try:
                    self._packager.hold(name_of(room_id, locale), reason)
                except PackagingUnavailable:  # the floor is recorded all the same
                    continue

    def _room_ended(self, room_id: str) -> None:
        self._wanted.pop(room_id, None)
        for locale in self._begun.pop(room_id, set()):
            self._packager.end(name_of(room_id, locale), "room_ended")

    def hold(self, room_id: str, reason: str, only: Iterable[str] | None) -> None:
        """``only``: of these identities alone. Idempotent; the last call counts."""
        self._wanted.setdefault(room_id, {})[reason] = None if only is None else frozenset(only)
        self._changed(room_id)

    def release(self, room_id: str, reason: str) -> None:
        """Idempotent."""
        self._wanted.get(room_id, {}).pop(reason, None)
        for locale in self._begun.get(room_id, ()):
            self._packager.release(name_of(room_id, locale), reason)

    async def start(self) -> None:
        """Raises: OSError: the folder cannot be made."""
        await self._packager.start()

    async def close(self) -> None:
        await self._packager.close()


class _OfChannels(EventBus):
    """Tells on the other bus, wrapped. Nothing is heard there: channels change by their own event alone."""

    def __init__(self, bus: EventBus) -> None:
        super().__init__()
        self._bus = bus

    def publish(self, event: Event) -> None:
        self._bus.publish(OfChannel(event))
