"""What the packager tells: plain data, so that the media plane may live in another process.

``run`` is one packaging of a room from its start to its end and names its folder. ``rendition`` is one encoding of the
picture: :data:`LEADING`, the largest, is always there; the others are smaller layers of a camera that is sent as
simulcast, and have the same eras and segments. ``era`` counts the discontinuities of a run from 0: each has an
initialisation segment of its own. Paths are relative to the folder of all rooms and use slashes. Every file that an
event names is whole on disk when the event comes.
"""

from dataclasses import dataclass
from typing import Final

from livehub.events import Event

#: the rendition of the largest layer, which decides where all others are cut, and the only one that is recorded
LEADING: Final = "video"


@dataclass(frozen=True, slots=True)
class HlsStarted(Event):
    """``renditions``: from the best on; :class:`HlsRenditions` tells when there are others.

    ``window_s``: how far back segments stay on disk. ``started_ms`` since 1970.
    """

    room_id: str
    run: str
    renditions: tuple[str, ...]
    started_ms: int
    target_duration_s: int
    part_target_s: float
    window_s: float


@dataclass(frozen=True, slots=True)
class HlsRenditions(Event):
    """What the run has from now on, from the best rendition on. Of a new one nothing is there yet."""

    room_id: str
    run: str
    renditions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HlsEraBegan(Event):
    """What follows needs this initialisation segment; for every era but the first it is a discontinuity.

    ``codecs`` as in RFC 6381, comma-separated. ``width`` and ``height`` are 0 where there is sound only.
    """

    room_id: str
    run: str
    rendition: str
    era: int
    path: str
    codecs: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class HlsPartWritten(Event):
    """Part ``part`` (from 0) of segment ``msn``. ``at_ms``: when it begins, since 1970.

    ``independent``: it has a keyframe.
    """

    room_id: str
    run: str
    rendition: str
    era: int
    msn: int
    part: int
    path: str
    at_ms: int
    duration_s: float
    size: int
    independent: bool


@dataclass(frozen=True, slots=True)
class HlsSegmentWritten(Event):
    """Segment ``msn`` is complete: its ``parts`` parts in one file. ``independent``: it begins with a keyframe.

    The file leaves the disk when it is older than the window: whoever wants to keep it makes a hard link now.
    """

    room_id: str
    run: str
    rendition: str
    era: int
    msn: int
    parts: int
    path: str
    at_ms: int
    duration_s: float
    size: int
    independent: bool


@dataclass(frozen=True, slots=True)
class HlsEnded(Event):
    """Nothing more comes. ``reason``: room_ended, stopped, failed (the disk), closed (the server stops), lost (its
    worker died) and idle (nothing was on air and another room needed the place): another run follows when the stage is
    back."""

    room_id: str
    run: str
    reason: str


@dataclass(frozen=True, slots=True)
class HlsRemoved(Event):
    """The run's folder is gone."""

    room_id: str
    run: str


@dataclass(frozen=True, slots=True)
class SetApart(Event):
    """One of the events above, about segments that nobody watches (:mod:`livehub.media.hls.apart`)."""

    event: Event


@dataclass(frozen=True, slots=True)
class OfChannel(Event):
    """One of the events above, about what is said in a language channel: its ``room_id`` names both
    (:func:`livehub.media.hls.channels.room_and_locale`)."""

    event: Event
