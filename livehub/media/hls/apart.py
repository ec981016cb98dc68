"""Segments made of some people on stage alone, for a recording of those who agreed to it. Nobody watches them live."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from livehub.events import Event, EventBus, RoomEnded
from livehub.media.hls.events import SetApart
from livehub.media.hls.packager import Packager
from livehub.media.limits import HlsLimits
from livehub.media.source import Source
from livehub.media.timers import Timers

E = TypeVar("E", bound=Event)


class ApartPackager:
    """A packager beside the one for viewers, with a folder of its own; what it tells comes as :class:`SetApart`."""

    def __init__(self, folder: Path, limits: HlsLimits | None = None) -> None:
        self._packager = Packager(folder, limits)
        self._only: dict[str, frozenset[str]] = {}

    def attach(self, timers: Timers, bus: EventBus, on_air: Callable[[str], Sequence[Source]]) -> None:
        def shown(room_id: str) -> Sequence[Source]:
            only = self._only.get(room_id, frozenset())
            return [source for source in on_air(room_id) if source.publisher in only]

        self._packager.attach(timers, _Wrapping(bus), shown)
        bus.subscribe(RoomEnded, self._room_ended)

    def _room_ended(self, event: RoomEnded) -> None:
        self._only.pop(event.room_id, None)

    async def start(self) -> None:
        """Raises: OSError: the folder cannot be made."""
        await self._packager.start()

    def hold(self, room_id: str, reason: str, only: Iterable[str]) -> None:
        """Of these identities alone, from now on. Raises: PackagingUnavailable."""
        self._only[room_id] = frozenset(only)
        self._packager.hold(room_id, reason)

    def release(self, room_id: str, reason: str) -> None:
        """Idempotent."""
        self._only.pop(room_id, None)
        self._packager.release(room_id, reason)

    async def close(self) -> None:
        await self._packager.close()


class _Wrapping(EventBus):
    """Hears what the other hears, and tells there, wrapped."""

    def __init__(self, bus: EventBus) -> None:
        super().__init__()
        self._bus = bus

    def subscribe(self, kind: type[E], callback: Callable[[E], None], *, here_only: bool = False) -> None:
        self._bus.subscribe(kind, callback, here_only=here_only)

    def publish(self, event: Event) -> None:
        self._bus.publish(SetApart(event))
