"""One stream towards another server: a track's packets with numbers of its own, whichever track it is."""

import logging
import struct
from collections.abc import Callable
from typing import Final

from livehub.media.restream.answer import AcceptedStream
from livehub.media.restream.offer import OfferedStream
from livehub.media.rtp import rtcp
from livehub.media.rtp.cache import Packet
from livehub.media.rtp.codecs import begins_keyframe
from livehub.media.rtp.header import build_header
from livehub.media.rtp.nack import ResendGate
from livehub.media.rtp.rewrite import OutgoingNumbers
from livehub.media.timers import Timers
from livehub.media.track import Track

log = logging.getLogger(__name__)

#: packets that the other server may have resent in a second
MAX_RESENDS_PER_S: Final = 1000


class OutgoingStream:
    """Has one SSRC for life. A picture begins with a keyframe; sound at once. A tap of the track that it carries."""

    def __init__(
        self,
        offered: OfferedStream,
        accepted: AcceptedStream,
        *,
        send_rtp: Callable[[bytes], None],
        timers: Timers,
    ) -> None:
        self.kind = offered.codec.kind
        self.codec = offered.codec
        self.ssrc = offered.ssrc
        self.track: Track | None = None
        self.packets = self.octets = self.resent = 0
        self._rtx_ssrc = offered.rtx_ssrc
        self._accepted = accepted
        self._send_rtp = send_rtp
        self._timers = timers
        self._numbers = OutgoingNumbers(self.codec.clock_rate)
        self._gate = ResendGate(MAX_RESENDS_PER_S)
        self._rtx_sequence = 1000
        self._is_started = False
        self._newest: tuple[int, int] = (0, 0)

    # --- what is carried

    def show(self, track: Track | None) -> None:
        """Go over to ``track``: with its next keyframe, if it is a picture."""
        if track is self.track:
            return
        self._leave()
        if self.track is not None:
            self.track.remove_tap(self)
        self.track = track
        if track is not None:
            track.add_tap(self)
            if self.kind == "video":
                track.request_keyframe(urgent=True)

    def close(self) -> None:
        self.show(None)

    def packet(self, packet: Packet) -> None:
        """From the track: new ones in order, and late ones that fill a gap. Never raises: viewers wait behind it."""
        try:
            self._forward(packet)
        except Exception:
            log.exception("a stream to another server failed and is cut off")
            self.show(None)

    def _forward(self, packet: Packet) -> None:
        track = self.track
        if track is None:
            return
        extended = track.sequence.extend(packet.sequence_number)
        if not self._is_started:
            if self.kind == "video" and not begins_keyframe(self.codec, packet.payload):
                return
            self._numbers.join(extended, packet.timestamp, self._timers.monotonic())
            self._is_started = True
            self._newest = (extended, packet.timestamp)
        elif not self._numbers.carries(extended):
            return
        if extended > self._newest[0]:
            self._newest = (extended, packet.timestamp)
        self._send(packet)

    def restarted(self) -> None:
        """The track's numbers begin anew: go on from the last that was sent."""
        self._leave()
        if self.track is not None and self.kind == "video":
            self.track.request_keyframe(urgent=True)

    def track_closed(self) -> None:
        self.show(None)

    def _leave(self) -> None:
        if self._is_started:
            self._numbers.leave(*self._newest, self._timers.monotonic())
            self._is_started = False

    def _send(self, packet: Packet) -> None:
        header = build_header(
            payload_type=self._accepted.payload_type,
            sequence_number=self._numbers.sequence(packet.sequence_number),
            timestamp=self._numbers.timestamp(packet.timestamp),
            ssrc=self.ssrc,
            marker=packet.marker,
        )
        self.packets += 1
        self.octets += len(packet.payload)
        self._send_rtp(header + packet.payload)

    # --- what the other server asks for

    def resend(self, outgoing_sequence: int, now_s: float, round_trip_s: float) -> None:
        """Answer a NACK from the track's cache, by RTX (RFC 4588) where it was accepted, else by the same bytes."""
        track = self.track
        if track is None or not self._is_started:
            return
        source = self._numbers.source_sequence(outgoing_sequence)
        packet = track.cached(source, now_s)
        if packet is None or not self._numbers.carries(track.sequence.extend(source)):
            return
        if not self._gate.allow(outgoing_sequence, now_s, round_trip_s):
            return
        self.resent += 1
        if self._accepted.rtx_payload_type is None or self._rtx_ssrc is None:
            # Without extensions nothing in the header tells when it was sent: the bytes are the same, as AES-GCM needs.
            self._send(packet)
            return
        self._rtx_sequence = (self._rtx_sequence + 1) & 0xFFFF
        header = build_header(
            payload_type=self._accepted.rtx_payload_type,
            sequence_number=self._rtx_sequence,
            timestamp=self._numbers.timestamp(packet.timestamp),
            ssrc=self._rtx_ssrc,
            marker=packet.marker,
        )
        self._send_rtp(header + struct.pack("!H", outgoing_sequence) + packet.payload)

    def request_keyframe(self) -> None:
        if self.track is not None and self.kind == "video":
            self.track.request_keyframe()

    def report(self, ntp_time: int, cname: str) -> bytes:
        """A sender report for the moment ``ntp_time`` on the server's clock; empty when nothing can be said."""
        track = self.track
        rtp_time = track.clock.rtp_at(ntp_time) if track is not None and self._is_started else None
        if rtp_time is None:
            return b""
        report = rtcp.SenderReport(
            self.ssrc, ntp_time, self._numbers.timestamp(rtp_time), self.packets & 0xFFFFFFFF, self.octets & 0xFFFFFFFF
        )
        return rtcp.pack_sender_report(report) + rtcp.pack_source_description(self.ssrc, cname)
