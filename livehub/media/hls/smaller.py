"""A smaller layer of the camera as a rendition of its own: its tap, its time, its files."""

import logging
from collections.abc import Callable

from livehub.media.frames import Frame, FrameTap
from livehub.media.hls.boxes import VIDEO_RATE, VideoFormat
from livehub.media.hls.clock import TrackTime
from livehub.media.hls.follower import Follower
from livehub.media.hls.mixer import CONFIG
from livehub.media.hls.segmenter import Part
from livehub.media.hls.store import RenditionStore
from livehub.media.hls.video import format_of
from livehub.media.timers import Timers
from livehub.media.track import Track

log = logging.getLogger(__name__)


class SmallerRendition:
    """``on_reformat`` as in :class:`~livehub.media.hls.follower.Follower`. ``epoch_s``: time 0 of the run."""

    def __init__(
        self, name: str, store: RenditionStore, timers: Timers, epoch_s: float, on_reformat: Callable[[], None]
    ) -> None:
        self.name = name
        self._timers = timers
        self._epoch_s = epoch_s
        self._wall_s = timers.unix() - timers.monotonic()
        self._follower = Follower(lambda era, video: store.set_format(era, video, CONFIG), store.add, on_reformat)
        self._tap: FrameTap | None = None
        self._time: TrackTime | None = None
        self._format: VideoFormat | None = None

    def show(self, track: Track | None) -> None:
        """Take pictures of this layer from now on."""
        if track is (self._tap.track if self._tap else None):
            return
        if self._tap is not None:
            self._tap.close()
            self._tap = None
        if track is not None:
            self._begin(track)
            self._tap = FrameTap(track, self._timers, self._picture, lambda: self._gone(track))

    def _begin(self, track: Track) -> None:
        self._time, self._format = TrackTime(track.clock, VIDEO_RATE, self._epoch_s), None
        self._follower.switched()

    def _gone(self, track: Track) -> None:
        if self._tap is not None and self._tap.track is track:
            self._tap = None

    def _picture(self, frame: Frame) -> None:
        if frame.restarted and self._tap is not None:
            self._begin(self._tap.track)
        if frame.keyframe:
            self._format = format_of(frame)
        if self._time is not None and self._format is not None:
            time, _ = self._time.place(frame.timestamp, frame.arrived_s + self._wall_s)
            self._follower.add_picture(time, keyframe=frame.keyframe, data=frame.data, format_=self._format)

    def cut(self, part: Part) -> None:
        """As the leading rendition was cut."""
        self._follower.add_part(part)

    def request_keyframe(self) -> None:
        if self._tap is not None:
            self._tap.track.request_keyframe()

    def close(self) -> None:
        """Write what is whole."""
        if self._tap is not None:
            self._tap.close()
            self._tap = None
        self._follower.end()
