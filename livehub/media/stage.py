"""Who is shown to whom: the policy of a stage, apart from how packets get there. Pure.

The room's order of what can be seen is made once; each viewer takes from its beginning. In this order: what the host
shows (the screen before the camera), what was pinned for the room, other screens, who spoke last, and then in the order
of coming. A viewer's own choice takes its slot before that. What a slot shows stays there as long as it is wanted.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

CAMERA, SCREEN = "camera", "screen"
SOURCES = (CAMERA, SCREEN)
#: what an interpreter says: sound that is heard in a language channel alone, and no part of the stage
INTERPRETATION = "interpretation"


@dataclass(frozen=True, slots=True)
class Pin:
    """A member's camera and screen (``source`` None), or one of the two."""

    identity: str
    source: str | None = None

    def names(self, identity: str, source: str) -> bool:
        return self.identity == identity and self.source in {None, source}


@dataclass(frozen=True, slots=True)
class ChannelOrder:
    """A language channel: ``on`` is heard in it ("" for nobody), ``interpreters`` may send to it."""

    locale: str
    on: str
    interpreters: frozenset[str]


@dataclass(frozen=True, slots=True)
class StageOrders:
    """What hosts have decided for a room: plain data. ``muted_*``: identities whose media are not forwarded."""

    pins: tuple[Pin, ...] = ()
    muted_audio: frozenset[str] = frozenset()
    muted_video: frozenset[str] = frozenset()
    channels: tuple[ChannelOrder, ...] = ()

    def heard_in(self, locale: str) -> str:
        """Who interprets into that language now; "" for nobody."""
        return next((channel.on for channel in self.channels if channel.locale == locale), "")

    def interprets(self, identity: str) -> bool:
        return any(identity in channel.interpreters for channel in self.channels)

    def mutes(self, identity: str, kind: str) -> bool:
        return identity in (self.muted_audio if kind == "audio" else self.muted_video)


NO_ORDERS = StageOrders()


@dataclass(frozen=True, slots=True)
class SlotWish:
    """What a viewer wants in its video slot ``slot``: somebody (``publisher``), or what the room's order brings.

    ``width``: pixels that the slot has on the viewer's screen, 0 for unknown.
    """

    slot: int
    publisher: str | None = None
    source: str = CAMERA
    width: int = 0


class Seen(Protocol):
    """Something to show; implemented by :class:`livehub.media.source.Source`."""

    @property
    def publisher(self) -> str: ...

    @property
    def source(self) -> str: ...


S = TypeVar("S", bound=Seen)
H = TypeVar("H", bound=Hashable)


def order_video(
    tracks: Sequence[S], *, hosts: frozenset[str], pins: Sequence[Pin], recent_speakers: Sequence[str]
) -> list[S]:
    """The room's order. ``tracks`` in the order of coming, ``recent_speakers`` with the latest first."""
    spoke: Mapping[str, int] = {identity: index for index, identity in enumerate(recent_speakers)}

    def rank(track: S) -> tuple[int, int]:
        identity, source = track.publisher, track.source
        if identity in hosts:
            return (0, 0 if source == SCREEN else 1)
        for index, pin in enumerate(pins):
            if pin.names(identity, source):
                return (1, index)
        if source == SCREEN:
            return (2, 0)
        return (3, spoke[identity]) if identity in spoke else (4, 0)

    return sorted(tracks, key=rank)


def fill(
    order: Sequence[H], shown: Sequence[H | None], *, chosen: Sequence[H | None], takes: Callable[[int, H], bool]
) -> list[H | None]:
    """What each slot shows next: ``chosen`` where there is something, else the first of ``order``, kept in place.

    ``shown`` and ``chosen`` have one entry a slot; ``takes(slot, item)`` is false for one's own media and for what the
    slot cannot decode. Costs as many steps as there are slots, not as there are publishers.
    """
    result: list[H | None] = [
        item if item is not None and takes(slot, item) else None for slot, item in enumerate(chosen)
    ]
    taken = {item for item in result if item is not None}
    free = [slot for slot, item in enumerate(result) if item is None]
    if not free:
        return result
    wanted: dict[H, None] = {}
    for item in order:
        if item not in taken and takes(free[0], item):
            wanted[item] = None
            if len(wanted) == len(free):
                break
    for slot in free:
        before = shown[slot]
        if before is not None and before in wanted:
            result[slot] = before
            del wanted[before]
    waiting = list(wanted)
    for slot in free:
        if result[slot] is None:
            fitting = next((item for item in waiting if takes(slot, item)), None)
            if fitting is not None:
                result[slot] = fitting
                waiting.remove(fitting)
    return result
