"""One place of a viewer's session, video or audio, in which one source after the other is shown."""

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from livehub.media.catching_up import CatchingUp
from livehub.media.continuity import Continuity
from livehub.media.heard import Heard
from livehub.media.paced import PacedSending
from livehub.media.pacing import Lane
from livehub.media.peer import Peer
from livehub.media.rtp.cache import Packet
from livehub.media.rtp.codecs import Codec
from livehub.media.rtp.header import abs_send_time, build_header
from livehub.media.rtp.nack import ResendGate
from livehub.media.source import Source
from livehub.media.timers import Timers
from livehub.media.track import Track

#: id of the abs-send-time extension for viewers that did not negotiate it: receivers pass over unknown ids
UNUSED_EXTENSION_ID = 14


@dataclass(frozen=True, slots=True)
class Format:
    """What a codec is called in this viewer's session."""

    payload_type: int
    rtx_payload_type: int | None


class Slot:
    """Has one SSRC for life. A new track takes the old one's place at its keyframe: the picture never stops between."""

    #: least time between two fresh starts for a viewer that lost its picture and whose publisher takes no requests
    RESTART_S = 2.0
    #: least time between two keyframes for a link that takes less than the smallest layer: each costs everybody quality
    REST_S = 3.0

    def __init__(
        self,
        kind: str,
        index: int,
        ssrc: int,
        formats: Mapping[Codec, Format],
        *,
        peer: Peer,
        timers: Timers,
        abs_send_time_id: int | None,
        max_resends_per_s: int,
        mid: str = "",
    ) -> None:
        self.mid = mid
        self.kind = kind
        self.index = index
        self.ssrc = ssrc
        self.has_rtx = any(item.rtx_payload_type is not None for item in formats.values())
        self.rtx_ssrc = ssrc + 1 if self.has_rtx else None
        self.formats = formats
        self.row = -1
        self.abs_send_time_id = abs_send_time_id or UNUSED_EXTENSION_ID
        #: what is or will be shown, and the layers of it that are sent now and next
        self.source: Source | None = None
        self.track: Track | None = None
        self.next_track: Track | None = None
        self.heard = Heard()
        #: packets and octets sent before the present fan-out, and alone; what that had sent when this slot joined it
        self._sent_packets = self._sent_octets = 0
        self._joined = (0, 0)
        self.switches = self.resent = self.keyframe_requests = 0
        #: a picture that there is no room for on the viewer's link
        self.is_held_back = False
        #: pixels that the viewer shows this in; 0 when it did not say
        self.wished_width = 0
        #: called when :attr:`track` has changed
        self.on_shown: Callable[[], None] | None = None
        self._peer = peer
        self._timers = timers
        self._continuity = Continuity(90_000 if kind == "video" else 48_000)
        self._numbers = self._continuity.numbers
        self._paced = PacedSending(index, self._continuity, self._send_now, self._give_up)
        self._gave_up_s = float("-inf")
        self._past = CatchingUp(timers, self._send_past, self._caught_up)
        self._gate = ResendGate(max_resends_per_s)
        self._rtx_sequence = 1000
        self._live_from = 0

    # --- what a fan-out reads

    @property
    def sequence_offset(self) -> int:
        return self._numbers.sequence_offset

    @property
    def timestamp_offset(self) -> int:
        return self._numbers.timestamp_offset

    @property
    def picture_offsets(self) -> tuple[int, int]:
        pictures = self._continuity.pictures
        return pictures.picture_offset, pictures.level_offset

    @property
    def payload_type(self) -> int:
        return self._format.payload_type

    @property
    def session(self) -> Any:
        return self._peer.session

    @property
    def address_pointer(self) -> int:
        return self._peer.address_pointer

    @property
    def _format(self) -> Format:
        if self.track is None:
            raise RuntimeError("an empty slot has no format")
        return self.formats[self.track.codec]

    @property
    def sent(self) -> tuple[int, int]:
        """Packets, and octets with RTP headers, of all tracks that were shown here."""
        if self.row < 0 or self.track is None:
            return self._sent_packets, self._sent_octets
        return self._with_fanout(self.track)

    def _with_fanout(self, track: Track) -> tuple[int, int]:
        packets, octets = self._joined
        return self._sent_packets + track.fanout.packets - packets, self._sent_octets + track.fanout.octets - octets

    # --- what is shown

    def show(self, source: Source | None) -> None:
        """Put ``source`` in this slot. Which layer of a picture it gets is the viewer's to choose: :meth:`take`."""
        if source is not self.source:
            self.source, self.is_held_back = source, False
        if source is None:
            self.take(None)
        elif self.kind == "audio":
            self.take(source.top)

    def take(self, track: Track | None) -> None:
        """Send ``track`` as soon as it can be decoded; until then what is there goes on."""
        if track is self.next_track and track is not None:
            return
        self._cancel_next()
        if track is self.track:
            return
        if track is None:
            self._detach()
        elif track.kind == "audio":
            self._detach()
            self._attach(track, track.sequence.extended + 1, track.newest_timestamp)
        elif self._is_layer_of_shown(track) or not self._start_catch_up(track):
            self.next_track = track
            track.wait_for_keyframe(self, ask=track.is_alive)  # a paused layer begins with a keyframe by itself

    def _is_layer_of_shown(self, track: Track) -> bool:
        """Whether the same picture is on already: then nothing is repeated, the next keyframe is early enough."""
        return self.track is not None and self.source is not None and self.track in self.source.layers

    def close(self) -> None:
        self.source = None
        self._cancel_next()
        self._detach()
        self._past.close()
        self._paced.close()

    def keyframe_arrived(self, track: Track, packet: Packet) -> None:
        self.next_track = None
        self._detach()
        self._attach(track, track.sequence.extended, packet.timestamp, packet.payload)

    def begins_with_kept(self, track: Track) -> bool:
        is_new = self.next_track is track and not self._is_layer_of_shown(track)
        return is_new and self._paced.lane is None  # through a narrow link the past would only come too late

    def keyframe_is_kept(self, track: Track) -> None:
        self.next_track = None
        self._catch_up(track, track.since_keyframe)

    def source_restarted(self, packet: Packet, last_extended: int) -> None:
        """The track's numbers begin anew: go on from the last that was sent."""
        track = self.track
        if track is None:
            return
        self._detach(last_extended)
        if track.kind == "audio":
            self._attach(track, track.sequence.extended, packet.timestamp)
        else:
            self.next_track = track
            track.wait_for_keyframe(self)

    def _attach(self, track: Track, extended: int, timestamp: int, payload: bytes = b"") -> None:
        self._continuity.join(track, extended, timestamp, payload, self._timers.monotonic())
        self._past.forget()
        self._go_live(track, extended)

    def _go_live(self, track: Track, from_extended: int) -> None:
        self.track = track
        self._tell()
        self.switches += 1
        self._live_from = from_extended
        track.slots.add(self)
        if self._paced.lane is not None:
            self._paced.enter(track)
        else:
            self._enter_fanout(track)

    @property
    def _is_live(self) -> bool:
        return self.row >= 0 or self._paced.is_on

    def _enter_fanout(self, track: Track) -> None:
        track.fanout.add(self)
        self._joined = (track.fanout.packets, track.fanout.octets)

    def _detach(self, last_extended: int | None = None) -> None:
        track = self.track
        if track is None:
            return
        if self.row >= 0:
            last = track.sequence.extended if last_extended is None else last_extended
            self._continuity.leave(track, last, track.newest_timestamp, track.newest_payload, track.newest_s)
            track.fanout.discard(self)
            self._sent_packets, self._sent_octets = self._with_fanout(track)
        elif self._paced.is_on:
            self._paced.leave(track, drop=True, last_extended=last_extended)
        elif (sent := self._past.last) is not None:
            last, timestamp = track.sequence.extend(sent.sequence_number), self._past.timestamp(sent.timestamp)
            self._continuity.leave(track, last, timestamp, sent.payload, self._timers.monotonic())
        track.stop_waiting(self)
        track.slots.discard(self)
        self._past.forget()
        self.track = None
        self._tell()

    def _tell(self) -> None:
        if self.on_shown is not None:
            self.on_shown()

    def _cancel_next(self) -> None:
        if self.next_track is not None:
            self.next_track.stop_waiting(self)
            self.next_track = None

    # --- from the kept keyframe to the present

    def _start_catch_up(self, track: Track) -> bool:
        packets = track.kept_keyframe(self._timers.monotonic())
        if not packets:
            return False
        self._catch_up(track, packets)
        return True

    def _catch_up(self, track: Track, packets: Sequence[Packet]) -> None:
        self._detach()
        past = self._past.begin(track, packets)
        first = track.sequence.extend(past.first_sequence)
        self._continuity.join(track, first, past.first_timestamp, packets[0].payload, self._timers.monotonic())
        self.track = track
        self._tell()
        track.wait_for_keyframe(self, ask=False)  # a keyframe that comes meanwhile is the better start
        self._past.go(track)

    def _send_past(self, packet: Packet, timestamp: int) -> None:
        self._send(packet, abs_send_time(self._timers.unix()), timestamp)

    def _caught_up(self, track: Track) -> None:
        track.stop_waiting(self)
        self._go_live(track, track.sequence.extended + 1)

    # --- packets of its own

    def late_packet(self, packet: Packet) -> None:
        """A packet that fills a gap: what the others got by fan-out, this one gets alone."""
        track = self.track
        if not (self._is_live and track and self._numbers.carries(track.sequence.extend(packet.sequence_number))):
            return
        if self._paced.is_on:
            self._paced.pace(packet)
        else:
            self._send(packet, packet.abs_send_time, self._past.timestamp(packet.timestamp))

    def bound_resends(self, bandwidth_bps: int) -> None:
        self._gate.bound(bandwidth_bps)

    def resend(self, outgoing_sequence: int, now_s: float, round_trip_s: float) -> None:
        """Answer a NACK from the track's cache, by RTX (RFC 4588) where it was negotiated.

        Without RTX the same sequence number is encrypted once more, which AES-GCM forgives only for the very same
        bytes: so only packets that were sent with the time stamped on them at arrival are repeated.
        """
        track = self.track
        if track is None:
            return
        source = self._numbers.source_sequence(outgoing_sequence)
        extended, packet = track.sequence.extend(source), track.cached(source, now_s)
        if packet is None or not self._numbers.carries(extended):
            return
        if not self._gate.allow(outgoing_sequence, now_s, round_trip_s):
            return
        timestamp = self._past.timestamp(packet.timestamp)
        rtx_payload_type = self._format.rtx_payload_type
        if rtx_payload_type is not None and self.rtx_ssrc is not None:
            self._rtx_sequence = (self._rtx_sequence + 1) & 0xFFFF
            header = build_header(
                payload_type=rtx_payload_type,
                sequence_number=self._rtx_sequence,
                timestamp=self._numbers.timestamp(timestamp),
                ssrc=self.rtx_ssrc,
                marker=packet.marker,
                abs_send_time=(self.abs_send_time_id, abs_send_time(self._timers.unix())),
            )
            payload = self._continuity.payload(self.track, packet.payload)
            self._peer.send_rtp(header + struct.pack("!H", outgoing_sequence) + payload)
            if self._paced.lane is not None:
                self._paced.lane.spend(len(payload))
        elif self.row >= 0 and extended >= self._live_from:
            self._send(packet, packet.abs_send_time, timestamp)
        else:
            return
        self.resent += 1

    def keyframe_requested(self) -> None:
        """A viewer's PLI or FIR."""
        self.keyframe_requests += 1
        track = self.next_track or self.track
        if track is None:
            return
        if track.takes_requests:
            track.request_keyframe(urgent=self.keyframe_requests == 1)
        elif self._is_live and self._timers.monotonic() - self._past.began_s > self.RESTART_S:
            self._start_catch_up(track)

    def _send(self, packet: Packet, stamp: int, timestamp: int) -> None:
        header = build_header(
            payload_type=self._format.payload_type,
            sequence_number=self._numbers.sequence(packet.sequence_number),
            timestamp=self._numbers.timestamp(timestamp),
            ssrc=self.ssrc,
            marker=packet.marker,
            abs_send_time=(self.abs_send_time_id, stamp) if self.kind == "video" else None,
        )
        self._sent_packets += 1
        self._sent_octets += len(header) + len(packet.payload)
        self._peer.send_rtp(header + self._continuity.payload(self.track, packet.payload))

    # --- on a narrow link

    def use_lane(self, lane: Lane | None) -> None:
        """From now on by a queue (:mod:`livehub.media.pacing`), or with all others again."""
        if lane is self._paced.lane:
            return
        track, self._paced.lane = self.track, lane
        if track is None:
            return
        if lane is not None and self.row >= 0:
            self._sent_packets, self._sent_octets = self._with_fanout(track)
            track.fanout.discard(self)
            self._paced.enter(track)
        elif lane is None and self._paced.is_on:
            self._paced.leave(track, drop=False)
            self._live_from = track.sequence.extended + 1
            self._enter_fanout(track)

    def _send_now(self, packet: Packet) -> None:
        """Its turn in the queue has come."""
        if self.track is not None:
            self._send(packet, abs_send_time(self._timers.unix()), self._past.timestamp(packet.timestamp))

    def _give_up(self) -> None:
        """What waited was dropped: go on at the next keyframe."""
        track = self.next_track or self.track
        if track is not None:
            self._cancel_next()
            self._detach()
            self.next_track = track
            now_s, before_s = self._timers.monotonic(), self._gave_up_s
            self._gave_up_s = now_s
            may_ask = now_s - before_s > self.REST_S
            track.wait_for_keyframe(self, ask=may_ask)
            if not may_ask:
                self._timers.call_later(self.REST_S, self._ask_after_rest, track)

    def _ask_after_rest(self, track: Track) -> None:
        if self.next_track is track:
            track.request_keyframe()
