"""Where parts and segments begin and end. Pure: samples with times in, fragments with times out.

Time is counted in ticks of 90 kHz since the run's epoch. AAC frames stand on a grid of 1,920 ticks (1,024 samples), and
parts are cut on it: so a part's duration is that of its sound, whatever the pictures do, and always near the part
target, as RFC 8216bis section 4.4.3.7 asks (at least 85 %, except at the end of a segment). A picture belongs to the
part in which it begins, and its duration is known only when the next has come: one picture is always held back.

A segment ends before a keyframe, once it has its target duration; where no keyframe comes it ends at its greatest.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from livehub.media.hls.boxes import AUDIO_TRACK, VIDEO_RATE, VIDEO_TRACK, Run, Sample, fragment

GRID: Final = 1_920  # ticks of one AAC frame
AAC_SAMPLES: Final = 1_024
#: a picture whose successor never comes, and the least of any
_LAST_DURATION, _LEAST_DURATION = VIDEO_RATE // 30, 1


@dataclass(frozen=True, slots=True)
class Targets:
    """``part_frames`` AAC frames to a part; segments of ``segment_s`` where keyframes allow, at most ``longest_s``."""

    part_frames: int = 16
    segment_s: float = 2.0
    longest_s: int = 4

    @property
    def part_s(self) -> float:
        """What a playlist announces as PART-TARGET: no part is longer."""
        return round(self.part_frames * GRID / VIDEO_RATE + 0.0085, 2)


@dataclass(frozen=True, slots=True)
class Part:
    """``start`` in ticks. ``last``: its segment ends with it; an empty one only ends the segment."""

    era: int
    msn: int
    index: int
    start: int
    duration: int
    independent: bool
    begins_independent: bool
    last: bool
    data: bytes
    #: what it was made of: renditions that follow this one have the same sound, and pictures where it has
    with_video: bool = True
    sounds: tuple[bytes, ...] = field(default=(), repr=False)


@dataclass(slots=True)
class Picture:
    time: int
    keyframe: bool
    data: bytes


@dataclass(slots=True)
class _Picture(Picture):
    new_era: bool


def pack(part: Part, taken: Sequence[Picture], after: int | None, number: int) -> Part:
    """``part`` with these pictures and its own sound, as fragment ``number``; ``after``: time of the next picture."""
    end = part.start + part.duration
    runs = [Run(AUDIO_TRACK, part.start // GRID * AAC_SAMPLES, [Sample(AAC_SAMPLES, True, s) for s in part.sounds])]
    if taken:
        times = [picture.time for picture in taken[1:]]
        times.append(max(taken[-1].time + _LAST_DURATION, end) if after is None else after)
        samples = [
            Sample(following - picture.time, picture.keyframe, picture.data)
            for picture, following in zip(taken, times, strict=True)
        ]
        runs.insert(0, Run(VIDEO_TRACK, taken[0].time, samples))
    return replace(
        part,
        independent=any(picture.keyframe for picture in taken) or not part.with_video,
        begins_independent=taken[0].keyframe if taken else not part.with_video,
        data=fragment(number, runs),
    )


class Segmenter:
    """One rendition. Between :meth:`begin` and :meth:`end` time has no hole.

    An era is what shares its tracks and formats: :meth:`begin` opens one, and so does a picture that says so. Media
    sequence numbers, and fragments' sequence numbers, go on across eras.
    """

    #: pictures that may wait for their sound; beyond it something is broken and the era has to end
    MAX_PENDING_BYTES = 32 * 1024 * 1024

    def __init__(self, targets: Targets, on_part: Callable[[Part], None]) -> None:
        self.targets = targets
        self.msn = 0
        self.era = -1  # of the part that is being filled
        self._on_part = on_part
        self._fragments = 0
        self.with_video = self._running = False
        self._begin_at(0)

    def _begin_at(self, start: int) -> None:
        self._start = self._segment_start = start  # of the part and of the segment that are being filled
        self._index = 0
        self._pictures: list[_Picture] = []
        self._sounds: list[bytes] = []
        self._sound_end = start
        self._pending_bytes = 0

    @property
    def is_running(self) -> bool:
        return self._running

    @property
    def overflows(self) -> bool:
        return self._pending_bytes > self.MAX_PENDING_BYTES

    @property
    def wants_sound_from(self) -> int:
        """Ticks on the grid: the sound that follows what is here."""
        return self._sound_end

    @property
    def newest(self) -> int | None:
        """Ticks of the newest picture."""
        return self._pictures[-1].time if self._pictures else None

    @property
    def segment_start(self) -> int:
        return self._segment_start

    def begin(self, start: int, *, with_video: bool) -> None:
        """``start`` is the time of the first keyframe, or of the sound: it is taken down to the grid."""
        self._begin_at(start - start % GRID)
        self.with_video = with_video
        self._running = True
        self.era += 1

    def end(self) -> None:
        """Write what is whole, and end the segment."""
        if not self._running:
            return
        self._advance()
        for index, picture in enumerate(self._pictures):
            if picture.new_era:  # its sound has not come, and what came before it must not hold it
                del self._pictures[index:]
                break
        end = self._sound_end
        if self.with_video and self._pictures:
            last = self._pictures[-1].time + _LAST_DURATION
            end = min(end, -(-last // GRID) * GRID, self._start + self.targets.part_frames * GRID)
        if end > self._start:
            self._write(end, len(self._pictures), last=True)
        elif self._index:
            self._close_segment()
        self._running = False
        self._begin_at(end)

    def add_picture(self, time: int, *, keyframe: bool, data: bytes, new_era: bool = False) -> None:
        """``new_era``: the format changes with this one, which has to be a keyframe; a segment begins with it."""
        newest = self.newest
        least = self._start if newest is None else newest + _LEAST_DURATION
        self._pictures.append(_Picture(max(time, least), keyframe, data, new_era))
        self._pending_bytes += len(data)
        self._advance()

    def add_sound(self, start: int, frames: Sequence[bytes]) -> None:
        """AAC frames from ``start`` (on the grid) on. What lies before the era is left out; there may be no gap."""
        skip = max(0, (self._sound_end - start) // GRID)
        if start > self._sound_end:
            raise ValueError("sound is missing")
        self._sounds.extend(frames[skip:])
        self._sound_end += max(0, len(frames) - skip) * GRID
        self._advance()

    # --- cutting

    def _advance(self) -> None:
        while self._running and self._cut_once():
            pass

    def _cut_once(self) -> bool:
        full = self._start + self.targets.part_frames * GRID
        index = self._next_segment_at(full)
        if index is not None:
            time, new_era = self._pictures[index].time, self._pictures[index].new_era
            end = time - time % GRID
            if end <= self._start and index:  # a picture before the keyframe in the same place of the grid
                end = self._start + GRID
            if self._sound_end < end:
                return False
            if end > self._start:
                self._write(end, index, last=True)
            elif self._index:
                self._close_segment()
            if new_era:
                self._pictures[0].new_era = False
                self.era += 1
            return True
        if self._sound_end < full or (self.with_video and (self.newest is None or self.newest < full)):
            return False
        count = sum(1 for picture in self._pictures if picture.time < full)
        self._write(full, count, last=self._is_longest(full))
        return True

    def _next_segment_at(self, full: int) -> int | None:
        """The picture that begins the next segment, if it is in the part that is being filled."""
        if not self.with_video:
            return None
        due = self._segment_start + round(self.targets.segment_s * VIDEO_RATE)
        for index, picture in enumerate(self._pictures):
            if picture.time >= full:
                return None
            if picture.new_era:
                return index
            # A keyframe a little early is taken as well: encoders on a timer are never exact.
            if picture.keyframe and picture.time >= due - VIDEO_RATE // 4 and (index or self._index):
                return index
        return None

    def _is_longest(self, end: int) -> bool:
        length = end - self._segment_start
        if not self.with_video:
            return length >= self.targets.segment_s * VIDEO_RATE
        return length + self.targets.part_frames * GRID > self.targets.longest_s * VIDEO_RATE

    def _write(self, end: int, pictures: int, *, last: bool) -> None:
        taken, rest = self._pictures[:pictures], self._pictures[pictures:]
        frames = (end - self._start) // GRID
        self._fragments += 1
        bare = Part(
            self.era, self.msn, self._index, self._start, end - self._start, False, False, last, b"",
            self.with_video, tuple(self._sounds[:frames]),
        )  # fmt: skip
        part = pack(bare, taken, rest[0].time if rest else None, self._fragments)
        self._pictures = rest
        self._pending_bytes = sum(len(picture.data) for picture in rest)
        del self._sounds[:frames]
        self._start = end
        self._index += 1
        if last:
            self._next_segment()
        self._on_part(part)

    def _close_segment(self) -> None:
        """End the segment with the part before: an empty one says so."""
        part = Part(self.era, self.msn, self._index, self._start, 0, False, False, True, b"", self.with_video)
        self._next_segment()
        self._on_part(part)

    def _next_segment(self) -> None:
        self.msn += 1
        self._index = 0
        self._segment_start = self._start
