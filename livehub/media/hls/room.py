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
from livehub.media.hls.events import HlsEnded, HlsStarted
from livehub.media.hls.files import FileWriter
from livehub.media.hls.mixer import CONFIG, Sound
from livehub.media.hls.segmenter import AAC_SAMPLES, GRID, Segmenter, Targets
from livehub.media.hls.sound import SoundEncoder
from livehub.media.hls.store import RenditionStore
from livehub.media.limits import HlsLimits
from livehub.media.rtp.codecs import Codec
from livehub.media.rtp.errors import RtpError
from livehub.media.rtp.h264 import picture_size
from livehub.media.timers import Timers
from livehub.media.track import Track

log = logging.getLogger(__name__)

RENDITION: Final = "video"
#: what a kept keyframe may be older than the run: time 0 lies before it
_EPOCH_S: Final = 30.0
#: how far sound may come behind the picture of its moment and still be heard
_SOUND_LAG_S: Final = 0.12
_CHECK_S: Final = 1.0


class RoomPackager:
    """``on_failed`` is called once, later, when the run cannot go on (the disk, the encoder): it has to be closed."""

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
        self._store = RenditionStore(
            (room_id, run, RENDITION),
            folder,
            round(self._epoch_s * 1000),
            files=files,
            publish=publish,
            on_failed=on_failed,
            limits=limits,
        )
        self._segmenter = Segmenter(self._targets, self._store.add)
        self._sound = SoundEncoder(executor, self._sound_encoded, on_failed)
        self._video: FrameTap | None = None
        self._video_time: TrackTime | None = None
        self._format: VideoFormat | None = None  # of the era that is being filled
        self._new_track = False
        self._eras = -1  # the last whose format is known
        self._last_picture_s = timers.monotonic()
        self._audio: dict[Track, FrameTap] = {}
        self._newest_sound = 0
        self._closed = False
        renditions, started_ms = (RENDITION,), round(timers.unix() * 1000)
        publish(
            HlsStarted(
                room_id, run, renditions, started_ms, self._targets.longest_s, self._targets.part_s, limits.window_s
            )
        )
        timers.call_later(_CHECK_S, self._check)

    # --- tracks

    def show(self, tracks: Sequence[Track]) -> None:
        """What is on stage now. The picture stays with its track while that is there; all sound is mixed."""
        self._show_video(choose_video(tracks, self._video.track if self._video else None))
        wanted = [track for track in tracks if track.codec is Codec.OPUS][: self._limits.max_sounds]
        for track in [track for track in self._audio if track not in wanted]:
            self._audio.pop(track).close()
        for track in wanted:
            if track not in self._audio:
                self._tap_sound(track)

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
            self._sound.add(Sound(id(track), position, frame.data))
            self._newest_sound = max(self._newest_sound, position)
            if not self._segmenter.with_video and self._segmenter.is_running:
                self._sound.encode_until(position - round(_SOUND_LAG_S * AUDIO_RATE))

        self._audio[track] = FrameTap(track, self._timers, heard, lambda: self._sound_gone(track))

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
        changed = frame.keyframe and (self._new_track or format_ != self._format)
        if changed:
            self._format, self._new_track = format_, False
            self._eras += 1
            self._store.set_format(self._eras, format_, CONFIG)
        segmenter.add_picture(time, keyframe=frame.keyframe, data=frame.data, new_era=changed)

    def _begin(self, time: int, format_: VideoFormat | None) -> None:
        """A new era behind a hole in time: at its first keyframe, or with sound alone."""
        start = max(time, self._segmenter.segment_start)
        self._segmenter.begin(start, with_video=format_ is not None)
        self._format, self._new_track = format_, False
        self._eras = self._segmenter.era
        self._store.set_format(self._eras, format_, CONFIG)
        self._sound.begin(self._segmenter.wants_sound_from // GRID * AAC_SAMPLES)

    def _ask_for_keyframe(self, time: int) -> None:
        due = self._segmenter.segment_start + (self._targets.segment_s - self._limits.keyframe_lead_s) * VIDEO_RATE
        if time >= due and self._video is not None:
            self._video.track.request_keyframe()

    def _sound_encoded(self, position: int, frames: Sequence[bytes]) -> None:
        if self._segmenter.is_running:
            self._segmenter.add_sound(position // AAC_SAMPLES * GRID, frames)

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
        ended = HlsEnded(self.room_id, self.run, reason)
        self._files.then(lambda: self._publish(ended))


def choose_video(tracks: Sequence[Track], current: Track | None) -> Track | None:
    """The track that is shown, while it is there; else the first in H.264, which every player knows; else the first."""
    videos = [track for track in tracks if track.kind == "video"]
    if current in videos:
        return current
    return next((track for track in videos if track.codec is Codec.H264), videos[0] if videos else None)


def format_of(keyframe: Frame) -> VideoFormat | None:
    """None for a keyframe that does not say how large it is."""
    if keyframe.codec is Codec.H264 and keyframe.parameter_sets is not None:
        try:
            return VideoFormat(*picture_size(keyframe.parameter_sets.sps), keyframe.parameter_sets)
        except RtpError:
            return None
    data = keyframe.data
    if keyframe.codec is Codec.VP8 and len(data) >= 10 and data[3:6] == b"\x9d\x01\x2a":  # RFC 6386 section 9.1
        return VideoFormat((data[6] | data[7] << 8) & 0x3FFF, (data[8] | data[9] << 8) & 0x3FFF, None)
    return None
