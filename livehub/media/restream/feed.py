"""What RTMP targets of one room are sent: whole pictures, and all voices mixed to AAC, in order of one clock.

One feed serves all of a room's targets, so the sound is decoded and encoded once. Sound comes out a moment late, for
packets may be; pictures wait for the sound of their moment, so that services get both in order.
"""

import logging
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Executor
from typing import Final, Protocol

from livehub.media.frames import Frame, FrameTap
from livehub.media.hls.boxes import AUDIO_RATE, VIDEO_RATE
from livehub.media.hls.clock import TrackTime
from livehub.media.hls.mixer import FRAME, Sound
from livehub.media.hls.sound import SoundEncoder
from livehub.media.restream.programme import NOTHING, Programme
from livehub.media.timers import Timers
from livehub.media.track import Track

log = logging.getLogger(__name__)

#: how far behind the clock sound is closed: what comes later than this is not heard
SOUND_LAG_S: Final = 0.3
#: how often that is done; four AAC frames are encoded at a time anyway
PUMP_S: Final = 0.08
#: pictures that may wait for their sound; more than two seconds of them are let go without
MAX_HELD: Final = 120
#: kept keyframes may be older than the feed: time 0 lies before it
_EPOCH_S: Final = 30.0


class Listener(Protocol):
    """A target. ``at_ms`` counts from the feed's epoch."""

    def picture(self, at_ms: int, frame: Frame) -> None: ...

    def sound(self, at_ms: int, data: bytes) -> None: ...


class Feed:
    """``use`` what is on stage, ``add`` and ``discard`` listeners, ``close``."""

    def __init__(self, timers: Timers, executor: Executor) -> None:
        self._timers = timers
        self._wall_s = timers.unix() - timers.monotonic()
        self._epoch_s = timers.unix() - _EPOCH_S
        self._listeners: tuple[Listener, ...] = ()
        self._programme = NOTHING
        self._video: FrameTap | None = None
        self._voices: dict[Track, FrameTap] = {}
        self._held: deque[tuple[int, Frame]] = deque()
        self._sound: SoundEncoder | None = SoundEncoder(executor, self._encoded, self._without_sound)
        self._sound.begin(round(_EPOCH_S * AUDIO_RATE) // FRAME * FRAME)
        self._closed = False
        self._pump()

    def __len__(self) -> int:
        return len(self._listeners)

    def add(self, listener: Listener) -> None:
        self._listeners = (*self._listeners, listener)

    def discard(self, listener: Listener) -> None:
        self._listeners = tuple(item for item in self._listeners if item is not listener)

    def request_keyframe(self) -> None:
        if self._video is not None:
            self._video.track.request_keyframe()

    def use(self, programme: Programme) -> None:
        if programme.video is not self._programme.video:
            self._show(programme.video)
        self._programme = programme
        for track in [track for track in self._voices if track not in programme.voices]:
            self._voices.pop(track).close()
        for track in programme.voices:
            if track not in self._voices:
                self._listen(track)

    def close(self) -> None:
        """Idempotent."""
        self._closed = True
        for tap in (*self._voices.values(), *((self._video,) if self._video else ())):
            tap.close()
        self._voices.clear()
        self._video = None
        if self._sound is not None:
            self._sound.close()
        self._held.clear()

    # --- pictures

    def _show(self, track: Track | None) -> None:
        if self._video is not None:
            self._video.close()
            self._video = None
        if track is None:
            return
        time = TrackTime(track.clock, VIDEO_RATE, self._epoch_s)

        def seen(frame: Frame) -> None:
            nonlocal time
            if frame.restarted:
                time = TrackTime(track.clock, VIDEO_RATE, self._epoch_s)
            position, _ = time.place(frame.timestamp, frame.arrived_s + self._wall_s)
            self._picture(position * 1000 // VIDEO_RATE, frame)

        self._video = FrameTap(track, self._timers, seen, lambda: self._gone(track), from_kept=False)

    def _gone(self, track: Track) -> None:
        if self._programme.video is track:
            self._video = None
            self._programme = Programme(None, self._programme.audio, self._programme.voices)

    def _picture(self, at_ms: int, frame: Frame) -> None:
        if self._sound is None:
            self._give_picture(at_ms, frame)
            return
        self._held.append((at_ms, frame))
        while len(self._held) > MAX_HELD:
            self._give_picture(*self._held.popleft())

    def _give_picture(self, at_ms: int, frame: Frame) -> None:
        for listener in self._listeners:
            listener.picture(at_ms, frame)

    # --- sound

    def _listen(self, track: Track) -> None:
        time = TrackTime(track.clock, AUDIO_RATE, self._epoch_s)

        def heard(frame: Frame) -> None:
            nonlocal time
            if frame.restarted:
                time = TrackTime(track.clock, AUDIO_RATE, self._epoch_s)
            position, _ = time.place(frame.timestamp, frame.arrived_s + self._wall_s)
            if self._sound is not None:
                self._sound.add(Sound(id(track), position, frame.data))

        self._voices[track] = FrameTap(track, self._timers, heard, lambda: self._silent(track))

    def _silent(self, track: Track) -> None:
        self._voices.pop(track, None)

    def _pump(self) -> None:
        """The sound of the stage goes on whether somebody speaks or not: services want it without a hole."""
        if self._closed or self._sound is None:
            return
        self._sound.encode_until(round((self._timers.unix() - self._epoch_s - SOUND_LAG_S) * AUDIO_RATE))
        self._timers.call_later(PUMP_S, self._pump)

    def _encoded(self, position: int, frames: Sequence[bytes]) -> None:
        """Give each AAC frame behind the pictures of the time before it."""
        for index, data in enumerate(frames):
            at_ms = (position + index * FRAME) * 1000 // AUDIO_RATE
            while self._held and self._held[0][0] <= at_ms:
                self._give_picture(*self._held.popleft())
            for listener in self._listeners:
                listener.sound(at_ms, data)

    def _without_sound(self) -> None:
        log.error("a room goes on to its services without sound")
        self._sound = None
        while self._held:
            self._give_picture(*self._held.popleft())
