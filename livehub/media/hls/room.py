"""One run of one room: its taps, the time they share, and when the tracks that are shown change."""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Final

from livehub.events import Event
from livehub.media.frames import Frame, FrameTap
from livehub.media.hls.boxes import AUDIO_RATE, VIDEO_RATE, VideoFormat
from livehub.media.hls.clock import TrackTime
from livehub.media.hls.events import LEADING, HlsEnded, HlsRenditions, HlsStarted
from livehub.media.hls.files import FileWriter
from livehub.media.hls.mixer import CONFIG, Sound
from livehub.media.hls.segmenter import AAC_SAMPLES, GRID, Part, Segmenter, Targets
from livehub.media.hls.smaller import SmallerRendition
from livehub.media.hls.sound import SoundEncoder
from livehub.media.hls.store import RenditionStore
from livehub.media.hls.video import choose_video, format_of, layer_below
from livehub.media.limits import HlsLimits
from livehub.media.rtp.codecs import Codec
from livehub.media.source import Source
from livehub.media.timers import Timers
from livehub.media.track import Track

log = logging.getLogger(__name__)

#: what the smaller renditions are called, by how many there are
_SMALLER: Final = {0: (), 1: ("small",), 2: ("medium", "small")}
#: what a kept keyframe may be older than the run: time 0 lies before it
_EPOCH_S: Final = 30.0
#: how far sound may come behind the picture of its moment and still be heard
_SOUND_LAG_S: Final = 0.12
_CHECK_S: Final = 1.0
#: without a word, after which a run of sound alone begins anew
_PAUSE_S: Final = 10.0


class RoomPackager:
    """``on_failed`` is called once, later, when the run cannot go on (the disk, the encoder): it has to be closed.

    ``sound_only``: nothing is waited for, it begins with the first sound and anew after each long pause.
    """

    def __init__(
        self,
        room_id: str,
        run: str,
        *,
        folder: Path,
        timers: Timers,
        files: FileWriter,
        executor: Executor,
        publish: Callable[[Event], None],
        on_failed: Callable[[], None],
        limits: HlsLimits,
        targets: Targets | None = None,
        sound_only: bool = False,
    ) -> None:
        self.room_id = room_id
        self.run = run
        self._timers = timers
        self._files = files
        self._publish = publish
        self._limits = limits
        self._targets = targets or Targets()
        self._wall_s = timers.unix() - timers.monotonic()
        self._epoch_s = round(timers.unix() - _EPOCH_S, 3)
        self._folder = folder
        self._on_failed = on_failed
        self._store = self._make_store(LEADING)
        self._segmenter = Segmenter(self._targets, self._written)
        self._smaller: tuple[SmallerRendition, ...] = ()
        self._generation = 0  # of the smaller renditions: what is made anew has other addresses
        self._sound = SoundEncoder(executor, self._sound_encoded, on_failed)
        self._source: Source | None = None
        self._video: FrameTap | None = None
        self._video_time: TrackTime | None = None
        self._format: VideoFormat | None = None  # of the era that is being filled
        self._sound_only = sound_only
        self._new_track = self._renew = False
        self._eras = -1  # the last whose format is known
        self._last_picture_s = timers.monotonic()
        self._audio: dict[Track, FrameTap] = {}
        self._newest_sound = 0
        self._closed = False
        started_ms, targets = round(timers.unix() * 1000), self._targets
        publish(HlsStarted(room_id, run, (LEADING,), started_ms, targets.longest_s, targets.part_s, limits.window_s))
        timers.call_later(_CHECK_S, self._check)

    def _make_store(self, rendition: str) -> RenditionStore:
        return RenditionStore(
            (self.room_id, self.run, rendition),
            self._folder,
            round(self._epoch_s * 1000),
            files=self._files,
            publish=self._publish,
            on_failed=self._on_failed,
            limits=self._limits,
        )

    # --- tracks

    def show(self, sources: Sequence[Source], *, layers: bool = False) -> None:
        """What is on stage now. The picture stays with its source while that is there; all sound is mixed.

        ``layers``: also the smaller layers of the picture, as renditions of their own.
        """
        self._source = choose_video(sources, self._source)
        self._show_video(layer_below(self._source, 0) if self._source else None)
        self._show_layers(layers=layers)
        voices = [source.top for source in sources if source.codec is Codec.OPUS]
        wanted = [track for track in voices if track is not None][: self._limits.max_sounds]
        for track in [track for track in self._audio if track not in wanted]:
            self._audio.pop(track).close()
        for track in wanted:
            if track not in self._audio:
                self._tap_sound(track)

    def _show_layers(self, *, layers: bool) -> None:
        """A rendition stays until nobody wants any, whatever camera is on: players know those they have read of."""
        count = len(self._source.layers) - 1 if self._source else 0
        names = _SMALLER[min(max(count, len(self._smaller)), 2)] if layers else ()
        if len(names) != len(self._smaller):
            self._make_smaller(names)
        for steps, rendition in enumerate(self._smaller, 1):
            rendition.show(layer_below(self._source, steps) if self._source else None)

    def _make_smaller(self, names: Sequence[str]) -> None:
        if not names:
            for rendition in self._smaller:
                rendition.close()
                self._timers.call_later(self._limits.linger_s, self._remove, rendition.name)
        elif not self._smaller:
            self._generation += 1
        present = {rendition.name: rendition for rendition in self._smaller}
        named = [name if self._generation == 1 else f"{name}-{self._generation}" for name in names]
        self._smaller = tuple(present.get(name) or self._make_rendition(name) for name in named)
        self._publish(HlsRenditions(self.room_id, self.run, (LEADING, *named)))

    def _make_rendition(self, name: str) -> SmallerRendition:
        return SmallerRendition(name, self._make_store(name), self._timers, self._epoch_s, self._begin_anew)

    def _remove(self, rendition: str) -> None:
        if not self._closed:  # else all of it goes
            self._files.remove_tree(self._folder / self.room_id / self.run / rendition, lambda _error: None)

    def _begin_anew(self) -> None:
        """A smaller layer has changed its format: the next keyframes begin an era, for all."""
        self._renew = True
        self._request_keyframes()

    def _show_video(self, track: Track | None) -> None:
        if track is (self._video.track if self._video else None):
            return
        if self._video is not None:
            self._video.close()
            self._video = None
        if track is not None:
            self._video_time = TrackTime(track.clock, VIDEO_RATE, self._epoch_s)
            self._new_track = True
            # The tap hands over what is kept before it is there itself.
            self._video = FrameTap(track, self._timers, self._picture, lambda: self._video_gone(track))

    def _video_gone(self, track: Track) -> None:
        if self._video is not None and self._video.track is track:
            self._video = None

    def _tap_sound(self, track: Track) -> None:
        time = TrackTime(track.clock, AUDIO_RATE, self._epoch_s)

        def heard(frame: Frame) -> None:
            nonlocal time
            if frame.restarted:
                time = TrackTime(track.clock, AUDIO_RATE, self._epoch_s)
            position, _ = time.place(frame.timestamp, frame.arrived_s + self._wall_s)
            if self._sound_only:
                self._begin_sound(position)
            self._sound.add(Sound(id(track), position, frame.data))
            self._newest_sound = max(self._newest_sound, position)
            if not self._segmenter.with_video and self._segmenter.is_running:
                self._sound.encode_until(position - round(_SOUND_LAG_S * AUDIO_RATE))

        self._audio[track] = FrameTap(track, self._timers, heard, lambda: self._sound_gone(track))

    def _begin_sound(self, position: int) -> None:
        """Minutes in which nobody spoke are a break, not silence that somebody would have to encode."""
        if self._segmenter.is_running and position - self._newest_sound > _PAUSE_S * AUDIO_RATE:
            self._segmenter.end()
        if not self._segmenter.is_running:
            self._begin(position // AAC_SAMPLES * GRID, None)

    def _sound_gone(self, track: Track) -> None:
        self._audio.pop(track, None)

    # --- pictures

    def _picture(self, frame: Frame) -> None:
        if self._closed or self._video_time is None:
            return
        self._last_picture_s = self._timers.monotonic()
        if frame.restarted and self._video is not None:
            self._video_time = TrackTime(self._video.track.clock, VIDEO_RATE, self._epoch_s)
            self._new_track = True
        time, jumped = self._video_time.place(frame.timestamp, frame.arrived_s + self._wall_s)
        format_ = self._format
        if frame.keyframe:
            format_ = format_of(frame)
            if format_ is None:
                return
        if not frame.keyframe and self._new_track:
            return
        self._add(frame, time, format_, jumped=jumped)
        self._sound.encode_until((time - round(_SOUND_LAG_S * VIDEO_RATE)) * 8 // 15)
        self._ask_for_keyframe(time)

    def _add(self, frame: Frame, time: int, format_: VideoFormat | None, *, jumped: bool) -> None:
        segmenter = self._segmenter
        newest = segmenter.newest
        hole = newest is not None and not 0 < time - newest < self._limits.video_stall_s * VIDEO_RATE
        if segmenter.overflows or (segmenter.is_running and (hole or jumped or not segmenter.with_video)):
            segmenter.end()
        if not segmenter.is_running:
            if frame.keyframe:
                self._begin(time, format_)
                segmenter.add_picture(time, keyframe=True, data=frame.data)
            elif self._video is not None:
                self._video.track.request_keyframe()
            return
        changed = frame.keyframe and (self._new_track or self._renew or format_ != self._format)
        if changed:
            self._format, self._new_track, self._renew = format_, False, False
            self._eras += 1
            self._store.set_format(self._eras, format_, CONFIG)
        segmenter.add_picture(time, keyframe=frame.keyframe, data=frame.data, new_era=changed)

    def _begin(self, time: int, format_: VideoFormat | None) -> None:
        """A new era behind a hole in time: at its first keyframe, or with sound alone."""
        start = max(time, self._segmenter.segment_start)
        self._segmenter.begin(start, with_video=format_ is not None)
        self._format, self._new_track, self._renew = format_, False, False
        self._eras = self._segmenter.era
        self._store.set_format(self._eras, format_, CONFIG)
        self._sound.begin(self._segmenter.wants_sound_from // GRID * AAC_SAMPLES)

    def _ask_for_keyframe(self, time: int) -> None:
        due = self._segmenter.segment_start + (self._targets.segment_s - self._limits.keyframe_lead_s) * VIDEO_RATE
        if time >= due:
            self._request_keyframes()

    def _request_keyframes(self) -> None:
        """From all layers at once, so that their segments begin alike."""
        if self._video is not None:
            self._video.track.request_keyframe()
        for rendition in self._smaller:
            rendition.request_keyframe()

    def _sound_encoded(self, position: int, frames: Sequence[bytes]) -> None:
        if self._segmenter.is_running:
            self._segmenter.add_sound(position // AAC_SAMPLES * GRID, frames)

    def _written(self, part: Part) -> None:
        self._store.add(part)
        for rendition in self._smaller:
            rendition.cut(part)

    # --- life

    def _check(self) -> None:
        """Once a second: the picture may have stopped while the sound goes on."""
        if self._closed:
            return
        self._timers.call_later(_CHECK_S, self._check)
        if self._timers.monotonic() - self._last_picture_s < self._limits.video_stall_s:
            return
        if self._segmenter.is_running and self._segmenter.with_video:
            self._segmenter.end()
            self._new_track = True
        recent = (self._timers.unix() - self._epoch_s - self._limits.video_stall_s) * AUDIO_RATE
        if not self._segmenter.is_running and self._audio and self._newest_sound > recent:
            start = self._newest_sound // AAC_SAMPLES * GRID
            self._begin(start, None)

    def close(self, reason: str) -> None:
        """Write what is whole, and tell the end after the last file. Idempotent."""
        if self._closed:
            return
        self._closed = True
        for tap in [*self._audio.values(), *([self._video] if self._video else [])]:
            tap.close()
        self._audio.clear()
        self._video = None
        self._sound.close()
        self._segmenter.end()
        for rendition in self._smaller:
            rendition.close()
        ended = HlsEnded(self.room_id, self.run, reason)
        self._files.then(lambda: self._publish(ended))
