"""One incoming track: what came, who gets it, what is missing, where its last keyframe began."""

import logging
from collections.abc import Callable, Sequence
from typing import Protocol

from livehub.media.fanout import MAX_PAYLOAD, Fanout
from livehub.media.limits import MediaLimits
from livehub.media.repair import Repair
from livehub.media.rows import SendRows
from livehub.media.rtp import rtcp
from livehub.media.rtp.cache import GroupOfPictures, Packet, PacketCache
from livehub.media.rtp.codecs import Codec, begins_keyframe
from livehub.media.rtp.keyframe import KeyframeRequests
from livehub.media.rtp.picture import picture_size
from livehub.media.rtp.sequence import Arrival, SequenceTracker, sequence_delta
from livehub.media.rtp.statistics import ReceiverStatistics
from livehub.media.rtp.timeline import TrackClock
from livehub.media.stage import CAMERA
from livehub.media.timers import Timers

log = logging.getLogger(__name__)

#: SSRC of our receiver reports and requests to publishers
SERVER_SSRC = 0x6C697665


def _nothing() -> None:
    """Nobody listens."""


class WaitingSlot(Protocol):
    """A slot that will show this track from its next keyframe on."""

    def keyframe_arrived(self, track: "Track", packet: Packet) -> None: ...

    def begins_with_kept(self, track: "Track") -> bool:
        """Whether the last keyframe, when no new one comes, is a beginning for it."""

    def keyframe_is_kept(self, track: "Track") -> None:
        """It is to be had from :attr:`Track.since_keyframe`: its beginning came late, or no new one comes."""


class AttachedSlot(Protocol):
    def source_restarted(self, packet: Packet, last_extended: int) -> None: ...

    def late_packet(self, packet: Packet) -> None: ...


class Paced(Protocol):
    """A slot whose viewer gets its packets one by one (:mod:`livehub.media.pacing`)."""

    def pace(self, packet: Packet) -> None: ...


class Tap(Protocol):
    """Gets every packet that is new, in order of arrival, after the viewers (:mod:`livehub.media.frames`)."""

    def packet(self, packet: Packet) -> None: ...

    def restarted(self) -> None: ...

    def track_closed(self) -> None: ...


class Track:
    """One SSRC of a publisher. ``publisher`` is the identity of whoever sends it, ``source`` camera or screen."""

    def __init__(
        self,
        publisher: str,
        codec: Codec,
        ssrc: int,
        first_sequence: int,
        *,
        feedback: frozenset[str],
        rows: SendRows,
        limits: MediaLimits,
        timers: Timers,
        send_rtcp: Callable[[bytes], None],
        source: str = CAMERA,
    ) -> None:
        self.publisher = publisher
        self.source = source
        #: a host has muted it: nothing of it is forwarded, kept or handed on
        self.muted = False
        self.codec = codec
        self.kind = codec.kind
        self.ssrc = ssrc
        self.fanout = Fanout(rows, video=self.kind == "video", vp8=codec is Codec.VP8)
        self.sequence = SequenceTracker(first_sequence)
        self.statistics = ReceiverStatistics(ssrc, codec.clock_rate, self.sequence)
        self.clock = TrackClock(codec.clock_rate)
        self.newest_timestamp = 0
        self.newest_payload = b""
        self.newest_s = timers.monotonic()
        #: pixels, from the newest keyframe; 0 when it does not tell
        self.width = self.height = 0
        #: called when a keyframe is of another size than the one before
        self.on_resized: Callable[[], None] = _nothing
        self.keyframes = 0
        self.duplicates = self.oversize = 0
        self.requests_sent = 0
        self.slots: set[AttachedSlot] = set()
        self.paced: tuple[Paced, ...] = ()
        self.taps: tuple[Tap, ...] = ()  # replaced, never changed: one may leave while it is being told
        self.closed = False
        self._waiting: set[WaitingSlot] = set()
        self._timers = timers
        self._stopped_s = limits.layer_stopped_s
        self._send_rtcp = send_rtcp
        self._cache = PacketCache(limits.cache_s, limits.cache_packets)
        self._gop = GroupOfPictures(limits.max_gop_packets)
        self._keyframe_timestamp: int | None = None
        self.repair = Repair(SERVER_SSRC, ssrc, timers, send_rtcp) if "nack" in feedback else None
        self._request_armed = self._told_unanswered = False
        self._unanswered_after_s = limits.keyframe_unanswered_s
        self._requests = KeyframeRequests(limits.keyframe_interval_s)
        self._fir = 0
        self._request_form = "pli" if "nack pli" in feedback else "fir" if "ccm fir" in feedback else ""

    # --- packets in

    def receive(self, packet: Packet, *, repair: bool = False) -> bool:
        """A packet from the network, or unpacked from RTX (``repair``). False: it was not one to count."""
        if len(packet.payload) > MAX_PAYLOAD:
            self.oversize += 1
            return False
        if repair and not self._takes_repair(packet):
            return False  # padding with what was sent long ago must not look like a source that begins anew
        number, last_extended = packet.sequence_number, self.sequence.extended
        arrival, delta = self.sequence.update(number)
        if arrival is Arrival.STRAY:
            return False
        if arrival is Arrival.LATE:
            return self._receive_late(packet, repair=repair)
        if arrival is Arrival.RESTARTED:
            self._restart(packet, last_extended)
        if self.statistics.passed_over:
            self.statistics.passed_over, delta = 0, 1  # what lies between was not lost
            for slot in list(self.slots):  # it was taken in while nothing of it was looked at
                slot.source_restarted(packet, last_extended)
        if self.muted:
            self.newest_timestamp = packet.timestamp
            self.newest_s = packet.arrived_s
            self.statistics.received(packet.timestamp, len(packet.payload), packet.arrived_s)
            return True
        self._count(packet)
        if delta > 1 and arrival is Arrival.NEW and self.repair is not None and not self.repair.gap(number, delta):
            self.request_keyframe()
        if self.kind == "video":
            self._follow_keyframes(packet)
        self._forward(packet)
        return True

    def _forward(self, packet: Packet) -> None:
        self.newest_timestamp, self.newest_payload = packet.timestamp, packet.payload
        self.newest_s = packet.arrived_s
        self.fanout.send(packet)
        for slot in self.paced:
            slot.pace(packet)
        for tap in self.taps:
            tap.packet(packet)

    def _takes_repair(self, packet: Packet) -> bool:
        if self.repair is not None:
            self.repair.nack.repairs_come_apart = True
        return self.sequence.is_near(packet.sequence_number)

    def _receive_late(self, packet: Packet, *, repair: bool) -> bool:
        number = packet.sequence_number
        if self.muted:
            return False
        if number in self._cache:  # Chromium pads through RTX with packets that we have
            self.duplicates += 1
            return False
        if self.repair is not None:
            self.repair.received(number, repair=repair)
        self._count(packet, repair=repair)
        begins = self._is_late_keyframe(packet)
        if not begins:
            self._gop.insert(packet)
        for slot in self.slots:
            slot.late_packet(packet)
        if begins:
            self._begin_late(packet)
        for tap in self.taps:
            tap.packet(packet)
        return True

    def _is_late_keyframe(self, packet: Packet) -> bool:
        """Whether the beginning of a keyframe was lost and is here now: those who wait need not wait for another."""
        if self.kind != "video" or packet.timestamp == self._keyframe_timestamp:
            return False
        kept = self._gop.packets
        if kept and sequence_delta(packet.sequence_number, kept[0].sequence_number) < 0:
            return False  # of an older one
        return begins_keyframe(self.codec, packet.payload)

    def _begin_keyframe(self, packet: Packet) -> None:
        self._keyframe_timestamp = packet.timestamp
        self.keyframes += 1
        size = picture_size(self.codec, packet.payload)
        if size is not None and size != (self.width, self.height):
            self.width, self.height = size
            self.on_resized()

    def _begin_late(self, packet: Packet) -> None:
        """From its first packet to the newest, as they are kept; those who wait catch up on them."""
        self._begin_keyframe(packet)
        self._requests.arrived()
        self._gop.begin(packet)
        distance = sequence_delta(self.sequence.newest, packet.sequence_number)
        for offset in range(1, distance + 1):
            kept = self._cache.get((packet.sequence_number + offset) & 0xFFFF, packet.arrived_s)
            if kept is not None:
                self._gop.add(kept)
        waiting, self._waiting = self._waiting, set()
        for slot in waiting:
            slot.keyframe_is_kept(self)

    def _count(self, packet: Packet, *, repair: bool = False) -> None:
        self._cache.add(packet)
        self.statistics.received(packet.timestamp, len(packet.payload), packet.arrived_s, repair=repair)

    def _restart(self, packet: Packet, last_extended: int) -> None:
        self._cache.clear()
        self._gop.clear()
        self.statistics.restarted()
        if self.repair is not None:
            self.repair.clear()
        for slot in list(self.slots):
            slot.source_restarted(packet, last_extended)
        for tap in self.taps:
            tap.restarted()

    def _follow_keyframes(self, packet: Packet) -> None:
        if packet.timestamp == self._keyframe_timestamp or not begins_keyframe(self.codec, packet.payload):
            self._gop.add(packet)
            return
        self._begin_keyframe(packet)
        self._requests.arrived()
        self._gop.begin(packet)
        waiting, self._waiting = self._waiting, set()
        for slot in waiting:
            slot.keyframe_arrived(self, packet)

    def mute(self, muted: bool) -> None:
        """Forward nothing any more, or go on with the next keyframe."""
        if muted == self.muted:
            return
        self.muted = muted
        self._cache.clear()
        self._gop.clear()
        self._keyframe_timestamp = None
        if self.repair is not None:
            self.repair.clear()
        if not muted:
            self.request_keyframe()

    def cached(self, sequence_number: int, now_s: float) -> Packet | None:
        return self._cache.get(sequence_number, now_s)

    def add_tap(self, tap: Tap) -> None:
        self.taps = (*self.taps, tap)

    def remove_tap(self, tap: Tap) -> None:
        self.taps = tuple(item for item in self.taps if item is not tap)

    def add_paced(self, slot: Paced) -> None:
        self.paced = (*self.paced, slot)

    def remove_paced(self, slot: Paced) -> None:
        self.paced = tuple(item for item in self.paced if item is not slot)

    @property
    def is_alive(self) -> bool:
        """Whether packets came of late."""
        return self._timers.monotonic() - self.newest_s < self._stopped_s

    @property
    def is_watched(self) -> bool:
        """Whether anybody gets it, waits for it, or takes it elsewhere."""
        return bool(len(self.fanout) or self.paced or self.taps or self._waiting or self.slots)

    @property
    def is_awaited(self) -> bool:
        return bool(self._waiting)

    # --- newcomers

    @property
    def takes_requests(self) -> bool:
        """Whether the publisher makes a keyframe when asked."""
        return bool(self._request_form)

    def kept_keyframe(self, now_s: float) -> Sequence[Packet]:
        """Packets from the last keyframe on, for a newcomer; empty when waiting for the next one is better.

        A publisher that takes requests is asked at once, unless it was just now: then its keyframe is so young that
        to catch up is quicker than to wait. One that takes none (ffmpeg), or does not answer, leaves only the kept
        keyframe. The sequence grows as packets come; :meth:`is_kept` tells when it has been replaced.
        """
        started_s = self._gop.started_s
        if started_s is None:
            return ()
        if self._request_form and now_s - started_s > self._requests.interval_s:
            if not (self.is_alive and self._requests.is_overdue(now_s)):
                return ()
            self.request_keyframe()  # it may have been lost
        return self._gop.packets

    @property
    def since_keyframe(self) -> Sequence[Packet]:
        """What is kept from the last keyframe on, as it grows."""
        return self._gop.packets

    def last_keyframe(self, now_s: float, max_age_s: float) -> list[bytes]:
        """Payloads of the last keyframe, for a still; empty when none is kept. An old one has the next asked for."""
        started_s = self._gop.started_s
        if started_s is None or now_s - started_s > max_age_s:
            self.request_keyframe()
        packets = self._gop.packets
        return [bytes(packet.payload) for packet in packets if packet.timestamp == packets[0].timestamp]

    def is_kept(self, packets: Sequence[Packet]) -> bool:
        return self._gop.packets is packets

    def wait_for_keyframe(self, slot: WaitingSlot, *, ask: bool = True) -> None:
        """Tell ``slot`` of the next keyframe; ``ask`` the publisher for one."""
        self._waiting.add(slot)
        if ask:
            self.request_keyframe()

    def stop_waiting(self, slot: WaitingSlot) -> None:
        self._waiting.discard(slot)

    def request_keyframe(self, *, urgent: bool = False) -> None:
        """On behalf of a viewer. Coalesced; repeated while somebody still waits."""
        if self.closed or not self._request_form:
            return
        if self._requests.request(self._timers.monotonic(), urgent=urgent):
            self._send_request()
            self._tell_unanswered()
        if (self._waiting or self._requests.held) and not self._request_armed:
            self._request_armed = True
            self._timers.call_later(self._requests.due_in(self._timers.monotonic()) + 0.001, self._request_due)

    @property
    def unanswered_s(self) -> float:
        """For how long viewers, HLS, a recording or another worker have waited for a keyframe that was asked for and
        does not come; 0 before :attr:`MediaLimits.keyframe_unanswered_s`, and while nothing comes at all."""
        waited_s = self._requests.unanswered_s(self._timers.monotonic()) if self.is_alive and not self.muted else 0.0
        return waited_s if waited_s >= self._unanswered_after_s else 0.0

    def _tell_unanswered(self) -> None:
        if bool(self.unanswered_s) is not self._told_unanswered:
            self._told_unanswered = not self._told_unanswered
            if self._told_unanswered:
                how = "whoever comes begins with the last" if self._gop.packets else "nobody can begin with it"
                log.warning("%s answers no requests for a keyframe: %s", self.publisher, how)

    def _request_due(self) -> None:
        self._request_armed = False
        if self._gop.packets and self.is_alive and self._requests.is_overdue(self._timers.monotonic()):
            for slot in [slot for slot in self._waiting if slot.begins_with_kept(self)]:
                self._waiting.discard(slot)
                slot.keyframe_is_kept(self)
        if self._waiting or self._requests.held:
            self.request_keyframe()

    def _send_request(self) -> None:
        self.requests_sent += 1
        if self._request_form == "pli":
            self._send_rtcp(rtcp.pack_pli(SERVER_SSRC, self.ssrc))
        else:
            self._fir += 1
            self._send_rtcp(rtcp.pack_fir(SERVER_SSRC, self.ssrc, self._fir))

    # --- reports

    def send_report(self, ntp_time: int, cname: str) -> None:
        """A sender report for the moment ``ntp_time`` (server's clock) to everybody who gets this track."""
        rtp_time = self.clock.rtp_at(ntp_time)
        if rtp_time is None or not len(self.fanout):
            return
        report = rtcp.SenderReport(0, ntp_time, 0, self.statistics.packets, self.statistics.octets)
        compound = rtcp.pack_sender_report(report) + rtcp.pack_source_description(0, cname)
        self.fanout.send_report(compound, ssrc_offsets=(4, 32), rtp_time_offset=16, rtp_time=rtp_time)

    def close(self) -> None:
        self.closed = True
        self.on_resized = _nothing
        self.newest_payload = b""
        self._waiting.clear()
        self._gop.clear()
        if self.repair is not None:
            self.repair.clear()
        for tap in self.taps:
            tap.track_closed()
