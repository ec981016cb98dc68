"""A further rendition of a run: cut where the leading one is cut, with the same sound. Pure.

Players go from one rendition to another between any two segments, so segments have to begin and end at the same moments
in all of them. The leading rendition decides (:mod:`livehub.media.hls.segmenter`); a :class:`Follower` takes its parts
one by one and puts its own pictures into each. The layers of a camera are encoded together, so their keyframes are of
one moment; their clocks tell it a few milliseconds apart, so a keyframe within :data:`SNAP` of a cut is taken to be at
it. Times are never changed for that, only on which side of the cut a picture stands.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from livehub.media.hls.boxes import VIDEO_RATE, VideoFormat
from livehub.media.hls.segmenter import Part, Picture, pack

#: ticks that clocks of one camera's layers may be apart
SNAP: Final = VIDEO_RATE * 60 // 1000
#: parts of the leading rendition that wait for a picture that does not come: of a layer that was there, and of one of
#: which nothing has come yet
LATE, FIRST = 2, 6


@dataclass(slots=True)
class _Own(Picture):
    format: VideoFormat


class Follower:
    """``on_format(era, format)`` is called before the first part of an era, None where it has sound alone.

    ``on_reformat`` is called when pictures have come that the present era cannot hold: they are left out until the
    leading rendition begins another, so it should soon.
    """

    #: pictures that may wait for the leading rendition; older ones are let go
    MAX_PENDING_BYTES = 32 * 1024 * 1024

    def __init__(
        self,
        on_format: Callable[[int, VideoFormat | None], None],
        on_part: Callable[[Part], None],
        on_reformat: Callable[[], None],
    ) -> None:
        self._on_format = on_format
        self._on_part = on_part
        self._on_reformat = on_reformat
        self._pictures: deque[_Own] = deque()
        self._pending_bytes = 0
        self._parts: deque[Part] = deque()
        self._fragments = 0
        self._era = -1
        self._format: VideoFormat | None = None  # of the era
        self._known: VideoFormat | None = None  # of the newest picture
        self._is_begun = self._asked = False
        self._is_fresh = True  # no picture of the present layer has come yet

    def switched(self) -> None:
        """The next picture is of another layer, and a keyframe."""
        self._is_fresh = True

    def add_picture(self, time: int, *, keyframe: bool, data: bytes, format_: VideoFormat) -> None:
        if self._pictures and time <= self._pictures[-1].time:
            time = self._pictures[-1].time + 1
        self._pictures.append(_Own(time, keyframe, data, format_))
        self._known, self._is_fresh = format_, False
        self._pending_bytes += len(data)
        while self._pending_bytes > self.MAX_PENDING_BYTES:
            self._drop()
        self._advance()

    def add_part(self, part: Part) -> None:
        """The leading rendition's next."""
        self._parts.append(part)
        self._advance()

    def end(self) -> None:
        """Write all parts that wait, whatever has come."""
        while self._parts:
            self._take(self._parts.popleft())

    # --- parts in order

    def _advance(self) -> None:
        while self._parts and (self._is_complete(self._parts[0]) or len(self._parts) > self._patience):
            self._take(self._parts.popleft())

    @property
    def _patience(self) -> int:
        return FIRST if self._is_fresh else LATE

    def _is_complete(self, part: Part) -> bool:
        """Whether all its pictures are here."""
        if not part.with_video:
            return True
        if not self._pictures:
            return False
        end = part.start + part.duration
        return self._pictures[-1].time >= end + (SNAP if part.last else 0) or self._keyframe_at(part) is not None

    def _keyframe_at(self, part: Part) -> int | None:
        """Index of the keyframe that stands for the end of this part; after it only where a segment ends."""
        end = part.start + part.duration
        latest = end + SNAP if part.last else end - 1
        near = [
            (abs(picture.time - end), index)
            for index, picture in enumerate(self._pictures)
            if picture.keyframe and end - SNAP <= picture.time <= latest
        ]
        return min(near)[1] if near else None

    def _take(self, part: Part) -> None:
        if part.era != self._era or not self._is_begun:
            if part.index or not part.data:  # players begin with segments
                self._drop_before(part.start + part.duration - SNAP)
                return
            self._begin(part)
            if not self._is_begun:
                return
        if not part.data:
            self._on_part(part)
            return
        end = part.start + part.duration
        at = self._keyframe_at(part) if part.with_video else None
        count = at if at is not None else sum(1 for picture in self._pictures if picture.time < end)
        taken = [self._pictures.popleft() for _ in range(count)]
        self._pending_bytes -= sum(len(picture.data) for picture in taken)
        self._write(part, taken)

    def _begin(self, part: Part) -> None:
        """A new era, of the format of the pictures that are there. The first of all has to have one."""
        self._drop_before(part.start - SNAP)
        if part.with_video and not self._is_begun:
            while self._pictures and not self._pictures[0].keyframe:
                self._drop()
            if not self._pictures:
                return
        # Once begun it goes on with what there is, if it is sound: a playlist counts its segments.
        near = self._pictures[0].format if self._pictures else self._known
        self._era, self._format = part.era, near if part.with_video else None
        self._is_begun, self._asked = True, False
        self._on_format(part.era, self._format)

    def _drop_before(self, time: int) -> None:
        while self._pictures and self._pictures[0].time < time:
            self._drop()

    def _drop(self) -> None:
        self._pending_bytes -= len(self._pictures.popleft().data)

    def _write(self, part: Part, taken: list[_Own]) -> None:
        after = self._pictures[0].time if self._pictures else None
        fitting = [picture for picture in taken if picture.format == self._format]
        if len(fitting) < len(taken) and not self._asked and part.with_video:
            self._asked = True
            self._on_reformat()
        self._fragments += 1
        self._on_part(pack(part, fitting, after, self._fragments))
