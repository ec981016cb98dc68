"""Taps: what a track forwards, put together to whole frames in order, for what does not forward but writes or sends on.

::

    tap = FrameTap(track, timers, on_frame, on_ended)     # tap.close() ends it

A track hands each packet over synchronously, after it went out to the viewers. Packets that came out of order wait for
those before them, for as long as NACK may take to repair the loss; then sound goes on behind the gap, and video drops
everything up to the next keyframe, which the publisher is asked for. A consumer that raises loses its tap, and the
viewers notice nothing.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from livehub.media.rtp.cache import Packet
from livehub.media.rtp.codecs import Codec, begins_keyframe
from livehub.media.rtp.depacketize import join_frame
from livehub.media.rtp.errors import RtpError
from livehub.media.rtp.h264 import Nal, ParameterSets, avcc, nal_units
from livehub.media.rtp.sequence import sequence_delta, timestamp_delta
from livehub.media.timers import Timers
from livehub.media.track import Track

log = logging.getLogger(__name__)

#: how long a gap may stay open: video has five NACKs 60 ms apart, sound none
VIDEO_WAIT_S: Final = 0.35
AUDIO_WAIT_S: Final = 0.08
#: packets that may wait behind a gap; a keyframe at 20 Mbit/s has fewer
MAX_WAITING: Final = 1024
#: packets of one frame; more are no frame
MAX_FRAME_PACKETS: Final = 4096
#: units that a player needs no copy of in each frame: parameter sets stand beside it, delimiters delimit nothing here
_LEFT_OUT: Final = frozenset({Nal.SPS, Nal.PPS, Nal.DELIMITER})


@dataclass(frozen=True, slots=True)
class Frame:
    """One whole picture, or the sound of one packet, in the order of the source.

    ``timestamp`` is RTP's, in units of ``codec.clock_rate``, going on past 32 bits; ``track.clock`` gives its moment.
    ``data`` holds for H.264 units with 4-byte lengths (AVCC) without parameter sets, which are in ``parameter_sets``
    (the ones in force); for VP8 and Opus the bare frame. ``arrived_s`` is when its last packet came, monotonic.
    ``after_gap``: frames before this one were lost. ``restarted``: the source began anew, timestamps do not continue.
    """

    kind: str
    codec: Codec
    timestamp: int
    keyframe: bool
    data: bytes
    arrived_s: float
    parameter_sets: ParameterSets | None = None
    after_gap: bool = False
    restarted: bool = False


class FrameAssembler:
    """Packets of one track in any order → frames in order. Pure: time comes with the packets and :meth:`expire`.

    ``on_frame`` gets each frame. ``on_keyframe_needed`` is called for every picture that is lost or of no use until a
    keyframe comes: it must be cheap and coalesced (:meth:`Track.request_keyframe` is).
    """

    def __init__(
        self,
        codec: Codec,
        on_frame: Callable[[Frame], None],
        on_keyframe_needed: Callable[[], None],
        *,
        wait_s: float | None = None,
        max_waiting: int = MAX_WAITING,
    ) -> None:
        self.codec = codec
        self.kind = codec.kind
        self.lost_packets = self.dropped_frames = self.frames = 0
        self._on_frame = on_frame
        self._on_keyframe_needed = on_keyframe_needed
        self._wait_s = wait_s if wait_s is not None else VIDEO_WAIT_S if self.kind == "video" else AUDIO_WAIT_S
        self._max_waiting = max_waiting
        self._restarted = False
        self._parameter_sets: ParameterSets | None = None
        self._begin()

    def _begin(self) -> None:
        self._next: int | None = None  # extended sequence number
        self._waiting: dict[int, Packet] = {}
        self._gap_s: float | None = None
        self._timestamp: int | None = None  # the last one, extended
        self._payloads: list[bytes] = []  # of the frame that is being put together
        self._ignored: int | None = None  # timestamp of a picture whose beginning is lost
        self._clean = False  # the next packet follows the one before it
        self._needs_keyframe = self.kind == "video"
        self._after_gap = False

    @property
    def due_s(self) -> float | None:
        """When an open gap is given up; None while there is none."""
        return None if self._gap_s is None else self._gap_s + self._wait_s

    def restart(self) -> None:
        """The source began anew with other numbers."""
        self._begin()
        self._restarted = True

    def push(self, packet: Packet) -> None:
        if self._next is None:
            number = self._next = packet.sequence_number
        else:
            number = self._next + sequence_delta(packet.sequence_number, self._next & 0xFFFF)
        if number < self._next:
            return  # a duplicate, or later than we could wait
        if number > self._next:
            self._waiting[number] = packet
            if self._gap_s is None:
                self._gap_s = packet.arrived_s
            elif len(self._waiting) > self._max_waiting:
                self._skip()
            return
        self._take(packet)
        self._next += 1
        if self._waiting:
            self._drain()

    def expire(self, now_s: float) -> None:
        """Give up gaps that are open for too long."""
        while (due_s := self.due_s) is not None and now_s >= due_s:
            self._skip()

    def _skip(self) -> None:
        assert self._next is not None  # noqa: S101  only called with packets waiting
        first = min(self._waiting)
        self.lost_packets += first - self._next
        self._next = first
        self._lost()
        self._drain()

    def _drain(self) -> None:
        number = self._next or 0  # 0 is a number like others: None does not come here
        while (packet := self._waiting.pop(number, None)) is not None:
            self._take(packet)
            number += 1
        self._next = number
        self._gap_s = min((packet.arrived_s for packet in self._waiting.values()), default=None)

    def _lost(self) -> None:
        self._after_gap = True
        self._clean = False
        self._payloads = []
        self._ignored = None
        if self.kind == "video":
            self._needs_keyframe = True
            self._on_keyframe_needed()

    # --- packets in order

    def _take(self, packet: Packet) -> None:
        if self.kind == "audio":
            timestamp = self._extend(packet.timestamp)
            if packet.payload:
                self._emit(Frame("audio", self.codec, timestamp, True, packet.payload, packet.arrived_s))
            return
        raw_before = None if self._timestamp is None else self._timestamp & 0xFFFFFFFF
        if self._payloads and packet.timestamp != raw_before:
            self._finish(packet.arrived_s)  # its marker is missing, but all of it is here
        if packet.timestamp == self._ignored:
            self._clean = packet.marker
            self._ignored = None if packet.marker else self._ignored
            return
        self._ignored = None
        if not self._payloads and not self._clean and not begins_keyframe(self.codec, packet.payload):
            self._extend(packet.timestamp)
            self._clean = packet.marker
            self._ignored = None if packet.marker else packet.timestamp
            self._on_keyframe_needed()
            return
        self._clean = True
        self._extend(packet.timestamp)
        self._payloads.append(packet.payload)
        if packet.marker or len(self._payloads) > MAX_FRAME_PACKETS:
            self._finish(packet.arrived_s)

    def _extend(self, timestamp: int) -> int:
        if self._timestamp is None:
            self._timestamp = timestamp
        else:
            self._timestamp += timestamp_delta(timestamp, self._timestamp & 0xFFFFFFFF)
        return self._timestamp

    def _finish(self, arrived_s: float) -> None:
        payloads, self._payloads = self._payloads, []
        try:
            data, keyframe = self._join(payloads)
        except RtpError:
            self.dropped_frames += 1
            self._lost()
            self._clean = True
            return
        if not data:
            return  # nothing but parameter sets
        if self._needs_keyframe and not (keyframe and (self.codec is not Codec.H264 or self._parameter_sets)):
            self.dropped_frames += 1
            self._on_keyframe_needed()
            return
        self._needs_keyframe = False
        sets = self._parameter_sets if self.codec is Codec.H264 else None
        self._emit(Frame("video", self.codec, self._timestamp or 0, keyframe, data, arrived_s, sets))

    def _join(self, payloads: list[bytes]) -> tuple[bytes, bool]:
        if self.codec is not Codec.H264:
            data = join_frame(self.codec, payloads)
            return data, not data[0] & 1  # RFC 7741 section 4.3: P is 0 for keyframes
        units = nal_units(payloads)
        kinds = [unit[0] & 31 for unit in units]
        self._keep_parameter_sets(units, kinds)
        pictures = [unit for unit, kind in zip(units, kinds, strict=True) if kind not in _LEFT_OUT]
        return avcc(pictures) if any(1 <= kind <= Nal.IDR for kind in kinds) else b"", Nal.IDR in kinds

    def _keep_parameter_sets(self, units: list[bytes], kinds: list[int]) -> None:
        known = self._parameter_sets
        sps, pps = (known.sps, known.pps) if known else (b"", b"")
        for unit, kind in zip(units, kinds, strict=True):
            if kind == Nal.SPS and len(unit) > 3:
                sps = unit
            elif kind == Nal.PPS:
                pps = unit
        if sps and pps and (known is None or (sps, pps) != (known.sps, known.pps)):
            self._parameter_sets = ParameterSets(sps, pps)

    def _emit(self, frame: Frame) -> None:
        if self._after_gap or self._restarted:
            frame = replace(frame, after_gap=self._after_gap, restarted=self._restarted)
            self._after_gap = self._restarted = False
        self.frames += 1
        self._on_frame(frame)


class FrameTap:
    """A :class:`FrameAssembler` on a track. ``on_ended`` is called once when the track goes, not for :meth:`close`.

    ``from_kept``: begin with what is kept since the last keyframe, where the publisher cannot be asked for one.
    """

    def __init__(
        self,
        track: Track,
        timers: Timers,
        on_frame: Callable[[Frame], None],
        on_ended: Callable[[], None],
        *,
        from_kept: bool = True,
    ) -> None:
        self.track = track
        self.assembler = FrameAssembler(track.codec, on_frame, track.request_keyframe)
        self._timers = timers
        self._on_ended = on_ended
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False
        if track.kind == "video" and track.takes_requests:
            track.request_keyframe(urgent=True)
        elif track.kind == "video" and from_kept:
            for packet in list(track.since_keyframe):
                self.packet(packet)
        track.add_tap(self)

    def packet(self, packet: Packet) -> None:
        """From the track."""
        try:
            self.assembler.push(packet)
        except Exception:
            self._fail()
            return
        if self.assembler.due_s is not None and self._timer is None:
            self._arm()

    def restarted(self) -> None:
        self.assembler.restart()

    def track_closed(self) -> None:
        if not self._closed:
            self.close()
            self._on_ended()

    def close(self) -> None:
        """Idempotent."""
        self._closed = True
        self.track.remove_tap(self)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self) -> None:
        due_s = self.assembler.due_s
        if due_s is not None and not self._closed:
            self._timer = self._timers.call_later(max(0.001, due_s - self._timers.monotonic()), self._due)

    def _due(self) -> None:
        self._timer = None
        try:
            self.assembler.expire(self._timers.monotonic())
        except Exception:
            self._fail()
            return
        self._arm()

    def _fail(self) -> None:
        log.exception("a consumer of %s's %s failed and is cut off", self.track.publisher, self.track.codec)
        self.track_closed()
