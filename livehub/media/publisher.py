"""Whoever sends: packets to tracks, and what the sender is told (reports, bandwidth, requests)."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from livehub.media.limits import MediaLimits
from livehub.media.peer import RemoteEnd
from livehub.media.quiet import QuietAudio
from livehub.media.rows import SendRows
from livehub.media.rtp import rtcp
from livehub.media.rtp.audio_level import AUDIO_LEVEL_URI, SILENCE, audio_level
from livehub.media.rtp.bandwidth import LossBasedLimit
from livehub.media.rtp.cache import Packet
from livehub.media.rtp.errors import RtpError
from livehub.media.rtp.header import RtpHeader, abs_send_time, parse_extensions, parse_header
from livehub.media.rtp.timeline import PublisherTimeline, ntp_from_unix
from livehub.media.sdp import MID_URI, OfferedCodec, OfferedMedia
from livehub.media.speakers import UNTOLD_BYTES, UNTOLD_LEVEL
from livehub.media.stage import CAMERA
from livehub.media.timers import Timers
from livehub.media.track import SERVER_SSRC, Track

log = logging.getLogger(__name__)

REPORT_INTERVAL_S = 1.0


@dataclass(frozen=True, slots=True)
class Section:
    """An accepted media section of the publisher's offer."""

    media: OfferedMedia
    codecs: tuple[OfferedCodec, ...]


class Publisher:
    """One publishing session. ``on_tracks`` is called when a track came or all of them went.

    ``on_level`` is called with every audio packet: its track, its loudness (-dBov), and when it came.
    """

    def __init__(
        self,
        identity: str,
        display_name: str,
        sections: tuple[Section, ...],
        *,
        peer: RemoteEnd,
        rows: SendRows,
        limits: MediaLimits,
        timers: Timers,
        cname: str,
        on_tracks: Callable[[], None],
        on_level: Callable[[Track, int, float], None],
        on_closed: Callable[[], None],
        source: str = CAMERA,
        is_host: bool = False,
    ) -> None:
        self.identity = identity
        self.source = source
        self.is_host = is_host
        self.display_name = display_name
        self.peer = peer
        self.tracks: dict[int, Track] = {}
        #: by SSRC of four bytes: audio of which nothing is needed while it is quiet
        self.quiet: dict[bytes, QuietAudio] = {}
        self.malformed = self.unknown = 0
        self._rows = rows
        self._limits = limits
        self._timers = timers
        self._cname = cname
        self._on_tracks = on_tracks
        self._on_level = on_level
        self._on_closed = on_closed
        self._sections = sections
        self._repairs = {rtx: ssrc for section in sections for rtx, ssrc in section.media.repairs.items()}
        self._mid_ids = {section.media.extensions.get(MID_URI, 0) for section in sections} - {0}
        levels = {section.media.extensions.get(AUDIO_LEVEL_URI, 0) for section in sections} - {0}
        self._level_id = min(levels, default=0)  # one id for all: BUNDLE has them agree (RFC 8843 section 9.2)
        self._timeline = PublisherTimeline()
        self._limit = LossBasedLimit(limits.max_video_bitrate_bps, limits.min_video_bitrate_bps)
        self._octets_before = 0
        self._closed = False
        peer.handler = self

    @property
    def bitrate_limit_bps(self) -> int:
        return self._limit.bitrate_bps

    def connected(self) -> None:
        self._report()

    def closed(self) -> None:
        if self._closed:
            return
        self._closed = True
        for track in self.tracks.values():
            track.close()
        self._on_closed()

    # --- RTP

    def received_rtp(self, data: memoryview) -> None:
        try:
            header = parse_header(data)
            track, repair = self._find(data, header)
        except RtpError:
            self.malformed += 1
            return
        if track is None:
            self.unknown += 1
            return
        payload = bytes(data[header.payload_start : header.payload_end])
        number, now_s = header.sequence_number, self._timers.monotonic()
        if repair:  # RFC 4588 section 4: the original sequence number, then the original payload
            if len(payload) < 3:
                return  # padding of a bandwidth probe
            number, payload = int.from_bytes(payload[:2], "big"), payload[2:]
        track.receive(
            Packet(
                number,
                header.timestamp,
                header.marker,
                payload,
                now_s,
                abs_send_time(self._timers.unix()),
            ),
            repair=repair,
        )
        if track.kind == "audio":  # after it: who is taken in by this packet gets what follows it
            level = audio_level(data, header.extension_start, self._level_id) if self._level_id else None
            if level is None:
                level = UNTOLD_LEVEL if len(payload) > UNTOLD_BYTES else SILENCE
            self._on_level(track, level, now_s)

    def _find(self, data: memoryview, header: RtpHeader) -> tuple[Track | None, bool]:
        """The packet's track, and whether it repairs one. The first packet of a source makes its track."""
        track = self.tracks.get(header.ssrc)
        if track is not None:
            return track, False
        repaired = self._repairs.get(header.ssrc)
        if repaired is not None:
            return self.tracks.get(repaired), True
        section = self._section_of(data, header)
        if section is None or len(self.tracks) >= self._limits.max_tracks_per_publisher:
            return None, False
        for offered in section.codecs:
            if offered.payload_type == header.payload_type:
                return self._make_track(offered, header), False
            if offered.rtx_payload_type == header.payload_type:
                return self._learn_repair(section, header), True
        return None, False

    def _section_of(self, data: memoryview, header: RtpHeader) -> Section | None:
        """By declared SSRC, else by MID, else by a payload type that only one section has (RFC 8843 section 9.2)."""
        for section in self._sections:
            if header.ssrc in section.media.ssrcs:
                return section
        if self._mid_ids and header.extension_start:
            elements = parse_extensions(data, header)
            mids = {elements[identifier] for identifier in self._mid_ids if identifier in elements}
            for section in self._sections:
                if section.media.mid.encode() in mids:
                    return section
        fitting = [
            section
            for section in self._sections
            if any(header.payload_type in {item.payload_type, item.rtx_payload_type} for item in section.codecs)
        ]
        return fitting[0] if len(fitting) == 1 else None

    def _learn_repair(self, section: Section, header: RtpHeader) -> Track | None:
        """An undeclared RTX source belongs to the one track of its section's payload types."""
        kinds = {item.codec for item in section.codecs}
        fitting = [track for track in self.tracks.values() if track.codec in kinds]
        if len(fitting) != 1:
            return None
        self._repairs[header.ssrc] = fitting[0].ssrc
        return fitting[0]

    def _make_track(self, offered: OfferedCodec, header: RtpHeader) -> Track:
        track = self.tracks[header.ssrc] = Track(
            self.identity,
            offered.codec,
            header.ssrc,
            header.sequence_number,
            feedback=offered.feedback,
            rows=self._rows,
            limits=self._limits,
            timers=self._timers,
            send_rtcp=self.peer.send_rtcp,
            source=self.source,
        )
        if track.kind == "audio" and self._level_id:
            self.quiet[header.ssrc.to_bytes(4, "big")] = QuietAudio(track, self._level_id)
        log.info("track of %s: %s", self.identity, offered.codec)
        if track.kind == "video":  # at once: a browser begins with 300 kbit/s and goes up when it is told that it may
            remb = rtcp.pack_remb(SERVER_SSRC, self._limit.bitrate_bps, [track.ssrc])
            self.peer.send_rtcp(rtcp.pack_receiver_report(SERVER_SSRC, []) + remb)
        self._on_tracks()
        return track

    # --- RTCP

    def received_rtcp(self, data: memoryview) -> None:
        try:
            packets = rtcp.parse_compound(data)
        except RtpError:
            self.malformed += 1
            return
        for packet in packets:
            if isinstance(packet, rtcp.SenderReport):
                self._sender_report(packet)
            elif isinstance(packet, rtcp.Bye):
                self._bye(packet)

    def _sender_report(self, report: rtcp.SenderReport) -> None:
        track = self.tracks.get(report.ssrc)
        if track is None or not report.ntp_time:
            return
        first = track.clock.rtp_at(0) is None
        track.statistics.sender_report(report.ntp_time, self._timers.monotonic())
        now_ntp = ntp_from_unix(self._timers.unix())
        track.clock.anchor(self._timeline.place(report.ntp_time, now_ntp), report.rtp_time)
        if first:
            track.send_report(now_ntp, self._cname)

    def _bye(self, packet: rtcp.Bye) -> None:
        gone = [self.tracks.pop(ssrc) for ssrc in packet.ssrcs if ssrc in self.tracks]
        for track in gone:
            self.quiet.pop(track.ssrc.to_bytes(4, "big"), None)
            track.close()
        if gone:
            self._on_tracks()

    def _report(self) -> None:
        """Every second: how it arrives, how much more may come, and where each track's clock stands."""
        if self._closed:
            return
        now_s, tracks = self._timers.monotonic(), list(self.tracks.values())
        if tracks:
            reports = [track.statistics.report(now_s) for track in tracks[:31]]
            compound = rtcp.pack_receiver_report(SERVER_SSRC, reports)
            video = [track for track in tracks if track.kind == "video"]
            if video:
                compound += self._remb(video)
            self.peer.send_rtcp(compound)
            now_ntp = ntp_from_unix(self._timers.unix())
            for track in tracks:
                track.send_report(now_ntp, self._cname)
        self._timers.call_later(REPORT_INTERVAL_S, self._report)

    def _remb(self, video: list[Track]) -> bytes:
        octets = sum(track.statistics.octets for track in video)
        received_bps = (octets - self._octets_before) * 8 / REPORT_INTERVAL_S
        self._octets_before = octets
        worst = max(track.statistics.fraction_lost for track in video)
        limit = self._limit.update(worst, received_bps / len(video))
        return rtcp.pack_remb(SERVER_SSRC, limit * len(video), [track.ssrc for track in video])
