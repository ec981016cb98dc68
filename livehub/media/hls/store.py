"""Parts and segments of one rendition on disk: written, told, and removed when they are behind the window."""

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from livehub.events import Event
from livehub.media.hls.boxes import VIDEO_RATE, AudioFormat, VideoFormat, init_segment
from livehub.media.hls.events import HlsEraBegan, HlsPartWritten, HlsSegmentWritten
from livehub.media.hls.files import FileWriter
from livehub.media.hls.segmenter import Part
from livehub.media.limits import HlsLimits

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Kept:
    era: int
    msn: int
    end: int
    parts: list[Path]


class RenditionStore:
    """``where`` is (room, run, rendition); ``epoch_ms`` what tick 0 means, since 1970."""

    def __init__(
        self,
        where: tuple[str, str, str],
        folder: Path,
        epoch_ms: int,
        *,
        files: FileWriter,
        publish: Callable[[Event], None],
        on_failed: Callable[[], None],
        limits: HlsLimits,
    ) -> None:
        self.where = where
        self._folder = folder
        self._prefix = "/".join(where)
        self._epoch_ms = epoch_ms
        self._files = files
        self._publish = publish
        self._on_failed = on_failed
        self._limits = limits
        self._formats: dict[int, tuple[VideoFormat | None, AudioFormat | None]] = {}
        self._era = -1  # the last that was written
        self._segment: list[Part] = []
        self._kept: deque[_Kept] = deque()
        self._failed = False

    def set_format(self, era: int, video: VideoFormat | None, audio: AudioFormat | None) -> None:
        """Before the first part of the era comes."""
        self._formats[era] = (video, audio)

    def add(self, part: Part) -> None:
        if self._failed:
            return
        if part.era != self._era:
            self._begin_era(part.era)
        if part.data:
            path = f"{self._prefix}/{part.msn}.{part.index}.m4s"
            self._write(path, part.data, HlsPartWritten(
                *self.where, part.era, part.msn, part.index, path, self._at_ms(part.start),
                part.duration / VIDEO_RATE, len(part.data), part.independent,
            ))  # fmt: skip
            self._segment.append(part)
        if part.last and self._segment:
            self._end_segment()
        if self._files.overflows:
            log.error("the disk is too slow for the live stream of %s", self.where[0])
            self._fail()

    def _begin_era(self, era: int) -> None:
        self._era = era
        video, audio = self._formats.pop(era)
        path = f"{self._prefix}/init-{era}.mp4"
        codecs = ",".join(item.codec_string for item in (video, audio) if item is not None)
        width, height = (video.width, video.height) if video else (0, 0)
        began = HlsEraBegan(*self.where, era, path, codecs, width, height)
        self._write(path, init_segment(video, audio), began)

    def _end_segment(self) -> None:
        parts, self._segment = self._segment, []
        first, last = parts[0], parts[-1]
        end, path = last.start + last.duration, f"{self._prefix}/{first.msn}.m4s"
        data = b"".join(part.data for part in parts)
        self._write(path, data, HlsSegmentWritten(
            *self.where, first.era, first.msn, len(parts), path, self._at_ms(first.start),
            (end - first.start) / VIDEO_RATE, len(data), first.begins_independent,
        ))  # fmt: skip
        paths = [self._folder / f"{self._prefix}/{part.msn}.{part.index}.m4s" for part in parts]
        self._kept.append(_Kept(first.era, first.msn, end, paths))
        self._prune(end)

    def _prune(self, now: int) -> None:
        gone: list[Path] = []
        for kept in self._kept:
            if now - kept.end <= self._limits.parts_s * VIDEO_RATE:
                break
            gone += kept.parts
            kept.parts = []
        oldest = now - (self._limits.window_s + self._limits.slack_s) * VIDEO_RATE
        while self._kept and self._kept[0].end < oldest:
            kept = self._kept.popleft()
            gone.append(self._folder / f"{self._prefix}/{kept.msn}.m4s")
            if self._kept and self._kept[0].era != kept.era:
                gone.append(self._folder / f"{self._prefix}/init-{kept.era}.mp4")
        if gone:
            self._files.remove(gone)

    def _at_ms(self, ticks: int) -> int:
        return self._epoch_ms + round(ticks * 1000 / VIDEO_RATE)

    def _write(self, path: str, data: bytes, event: Event) -> None:
        def done(error: OSError | None) -> None:
            if self._failed:
                return
            if error is None:
                self._publish(event)
                return
            log.error("the live stream of %s could not be written: %s", self.where[0], error)
            self._fail()

        self._files.write(self._folder / path, data, done)

    def _fail(self) -> None:
        self._failed = True
        self._on_failed()
