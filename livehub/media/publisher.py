"""Whoever sends: packets to tracks, and what the sender is told (reports, bandwidth, requests)."""

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from livehub.media.counters import MediaCounters
from livehub.media.limits import MediaLimits
from livehub.media.peer import RemoteEnd
from livehub.media.quiet import QuietAudio
from livehub.media.rows import SendRows
from livehub.media.rtp import rtcp
from livehub.media.rtp.audio_level import AUDIO_LEVEL_URI, SILENCE, audio_level
from livehub.media.rtp.bandwidth import BitrateLimit
from livehub.media.rtp.cache import Packet
from livehub.media.rtp.errors import RtpError
from livehub.media.rtp.header import RtpHeader, abs_send_time, parse_extensions, parse_header
from livehub.media.rtp.timeline import PublisherTimeline, ntp_from_unix
from livehub.media.sdp import MID_URI, REPAIRED_RID_URI, RID_URI, OfferedCodec, OfferedMedia
from livehub.media.source import Source, nobody_asks
from livehub.media.speakers import UNTOLD_BYTES, UNTOLD_LEVEL
from livehub.media.stage import CAMERA
from livehub.media.timers import Timers
from livehub.media.track import SERVER_SSRC, Track

log = logging.getLogger(__name__)

REPORT_INTERVAL_S = 1.0
LAYER_CHECK_S = 0.5
#: of a camera's bandwidth when its smaller layers come with it
LAYERED_SHARE = 1.5


def rid_of(media: OfferedMedia, elements: Mapping[int, bytes], uri: str) -> str | None:
    """The layer that a packet names in the extension ``uri``, if it is one that we took (RFC 8852)."""
    named = elements.get(media.extensions.get(uri, 0))
    return next((rid for rid in media.rids if rid.encode() == named), None)


@dataclass(frozen=True, slots=True)
class Section:
    """An accepted media section of the publisher's offer."""

    media: OfferedMedia
    codecs: tuple[OfferedCodec, ...]


def nobody(mid: str, rids: tuple[str, ...]) -> None:
    """Nobody is told any more."""


def _nothing() -> None:
    """What a closed publisher calls back."""


class Publisher:
    """One publishing session. ``on_tracks`` is called when sources or layers came or went.

    ``on_level`` is called with every audio packet: its source, its loudness (-dBov), and when it came. ``on_wanted`` is
    called with the MID of a camera and the RIDs of those of its layers that somebody wants, when they have changed.
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
        on_level: Callable[[Source, int, float], None],
        on_closed: Callable[[], None],
        on_wanted: Callable[[str, tuple[str, ...]], None] = nobody,
        source: str = CAMERA,
        is_host: bool = False,
        counters: MediaCounters | None = None,
    ) -> None:
        self.identity = identity
        self.source = source
        self.is_host = is_host
        self.display_name = display_name
        self.peer = peer
        #: by SSRC
        self.tracks: dict[int, Track] = {}
        #: by the MID of a camera sent as simulcast; others by SSRC, for there is nothing better to tell them by
        self._sources: dict[str | int, Source] = {}
        self._source_of: dict[int, Source] = {}
        #: by SSRC: header of the packet that told what it is
        self._origins: dict[int, bytes] = {}
        #: by SSRC of four bytes: audio of which nothing is needed while it is quiet
        self.quiet: dict[bytes, QuietAudio] = {}
        self.malformed = self.unknown = 0
        #: by SSRC of what was asked for: datagrams
        self.nacks: dict[int, int] = {}
        self._counters = counters or MediaCounters()
        self._rows = rows
        self._limits = limits
        self._timers = timers
        self._cname = cname
        self._on_tracks = on_tracks
        self._on_level = on_level
        self._on_closed = on_closed
        self._on_wanted = on_wanted
        self._sections = sections
        self._repairs = {rtx: ssrc for section in sections for rtx, ssrc in section.media.repairs.items()}
        self._mid_ids = {section.media.extensions.get(MID_URI, 0) for section in sections} - {0}
        levels = {section.media.extensions.get(AUDIO_LEVEL_URI, 0) for section in sections} - {0}
        self._level_id = min(levels, default=0)  # one id for all: BUNDLE has them agree (RFC 8843 section 9.2)
        self._timeline = PublisherTimeline()
        self._limit = BitrateLimit(limits.max_video_bitrate_bps, limits.min_video_bitrate_bps)
        self._octets_before = 0
        self._closed = False
        peer.handler = self

    @property
    def sources(self) -> Collection[Source]:
        return self._sources.values()

    @property
    def bitrate_limit_bps(self) -> int:
        return self._limit.bitrate_bps

    def connected(self) -> None:
        self._report()
        self._check_layers()

    def closed(self) -> None:
        if self._closed:
            return
        self._closed = True
        for track in self.tracks.values():
            track.close()
        # What is called back knows this publisher: without the circle its packets are free at once.
        on_closed, self._on_closed, self._on_tracks = self._on_closed, _nothing, _nothing
        on_closed()
        self._on_wanted = nobody
        for source in self.sources:
            source.on_wanted = nobody_asks
        self.tracks, self._sources, self._source_of = {}, {}, {}
        self.quiet.clear()

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
            self._on_level(self._source_of[track.ssrc], level, now_s)

    def _find(self, data: memoryview, header: RtpHeader) -> tuple[Track | None, bool]:
        """The packet's track, and whether it repairs one. The first packet of a source makes its track."""
        track = self.tracks.get(header.ssrc)
        if track is not None:
            return track, False
        repaired = self._repairs.get(header.ssrc)
        if repaired is not None:
            return self.tracks.get(repaired), True
        elements = parse_extensions(data, header)
        section = self._section_of(header, elements)
        if section is None or len(self.tracks) >= self._limits.max_tracks_per_publisher:
            return None, False
        found: tuple[Track | None, bool] = None, False
        for offered in section.codecs:
            if offered.payload_type == header.payload_type:
                found = self._first_packet(section, offered, header, elements), False
            elif offered.rtx_payload_type == header.payload_type:
                found = self._learn_repair(section, header, elements), True
        if found[0] is not None:
            self._origins[header.ssrc] = bytes(data[: header.payload_start])
        return found

    def introductions(self) -> list[bytes]:
        """Packets without payload from which another publisher of the same offer learns all sources as they are now.

        Browsers name MID and layer in their first packets only.
        """
        packets = []
        for ssrc, head in self._origins.items():
            packet, track = bytearray(head), self.tracks.get(ssrc)
            packet[0] &= 0xDF  # no padding: it went with the payload
            if track is not None:
                packet[2:4] = (track.sequence.extended & 0xFFFF).to_bytes(2, "big")
                packet[4:8] = (track.newest_timestamp & 0xFFFF_FFFF).to_bytes(4, "big")
            packets.append(bytes(packet))
        return packets

    def _section_of(self, header: RtpHeader, elements: Mapping[int, bytes]) -> Section | None:
        """By declared SSRC, else by MID, else by a payload type that only one section has (RFC 8843 section 9.2)."""
        for section in self._sections:
            if header.ssrc in section.media.ssrcs:
                return section
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

    def _first_packet(
        self, section: Section, offered: OfferedCodec, header: RtpHeader, elements: Mapping[int, bytes]
    ) -> Track | None:
        """Which source, and which layer of it, begins here. None: not yet told, the next packet may tell it."""
        media = section.media
        if media.rids:
            rid = rid_of(media, elements, RID_URI)
            return self._make_track(offered, header, media.mid, rid) if rid else None
        if header.ssrc in media.sim_ssrcs:
            return self._make_track(offered, header, media.mid, str(media.sim_ssrcs.index(header.ssrc)))
        return self._make_track(offered, header, header.ssrc, "")

    def _learn_repair(self, section: Section, header: RtpHeader, elements: Mapping[int, bytes]) -> Track | None:
        """An undeclared RTX source: of the layer it names, else of the one track of its section's payload types."""
        if section.media.rids:
            rid = rid_of(section.media, elements, REPAIRED_RID_URI)
            source = self._sources.get(section.media.mid)
            track = source.layer(rid) if source and rid else None
        else:
            kinds = {item.codec for item in section.codecs}
            fitting = [track for track in self.tracks.values() if track.codec in kinds]
            track = fitting[0] if len(fitting) == 1 else None
        if track is not None:
            self._repairs[header.ssrc] = track.ssrc
        return track

    def _make_track(self, offered: OfferedCodec, header: RtpHeader, key: str | int, rid: str) -> Track:
        track = self.tracks[header.ssrc] = Track(
            self.identity,
            offered.codec,
            header.ssrc,
            header.sequence_number,
            feedback=offered.feedback,
            rows=self._rows,
            limits=self._limits,
            timers=self._timers,
            send_rtcp=self._request,
            source=self.source,
        )
        if track.kind == "audio" and self._level_id:
            self.quiet[header.ssrc.to_bytes(4, "big")] = QuietAudio(track, self._level_id)
        log.info("track of %s: %s%s", self.identity, offered.codec, f", layer {rid}" if rid else "")
        source = self._sources.get(key)
        if source is not None and source.codec is not track.codec:
            for layer in source.layers:
                self._remove(layer)
            source = None
        if source is None:
            source = self._sources[key] = Source(
                self.identity,
                track.codec,
                self.source,
                limits=self._limits,
                on_wanted=lambda rids: self._on_wanted(str(key), rids),
            )
        before = source.put(rid, track, self._timers.monotonic())
        if before is not None:  # the layer began anew under another SSRC
            self._remove(before)
        self._source_of[track.ssrc] = source
        if track.kind == "video":  # at once: a browser begins with 300 kbit/s and goes up when it is told that it may
            remb = rtcp.pack_remb(SERVER_SSRC, self._limit.bitrate_bps, [track.ssrc])
            self.peer.send_rtcp(rtcp.pack_receiver_report(SERVER_SSRC, []) + remb)
        self._on_tracks()
        return track

    # --- RTCP

    def _request(self, packet: bytes) -> None:
        """What a track asks for: repair (RTPFB) or a keyframe (PSFB), RFC 4585 section 6.1."""
        if packet[1] == rtcp.TRANSPORT_FEEDBACK:
            ssrc = int.from_bytes(packet[8:12], "big")
            self.nacks[ssrc] = self.nacks.get(ssrc, 0) + 1
            self._counters.nacks_sent += 1
        elif packet[1] == rtcp.PAYLOAD_FEEDBACK:
            self._counters.keyframe_requests_sent += 1
        self.peer.send_rtcp(packet)

    @property
    def round_trip_s(self) -> float | None:
        """None until an answer to a NACK has shown it."""
        measured = [track.repair.round_trip_s for track in self.tracks.values() if track.repair is not None]
        return min((item for item in measured if item is not None), default=None)

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
        gone = [self.tracks[ssrc] for ssrc in dict.fromkeys(packet.ssrcs) if ssrc in self.tracks]
        for track in gone:
            self._remove(track)
        if gone:
            self._on_tracks()

    def _remove(self, track: Track) -> None:
        """One layer is over, and with the last its source."""
        track.close()
        self._origins.pop(track.ssrc, None)
        self.quiet.pop(track.ssrc.to_bytes(4, "big"), None)
        del self.tracks[track.ssrc]
        self._source_of.pop(track.ssrc).remove(track, self._timers.monotonic())
        self._sources = {key: source for key, source in self._sources.items() if not source.is_gone}

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
        self._timers.call_later(REPORT_INTERVAL_S / 2, self._show_life)
        self._timers.call_later(REPORT_INTERVAL_S, self._report)

    def _show_life(self) -> None:
        """Between two reports an empty one: the page takes a path for dead that brings nothing for over a second."""
        if not self._closed:
            self.peer.send_rtcp(rtcp.pack_receiver_report(SERVER_SSRC, []))

    def _check_layers(self) -> None:
        if self._closed:
            return
        now_s = self._timers.monotonic()
        goes_elsewhere = self.peer.handler is not self  # to other workers, whose viewers are not counted here
        changed = [source.check(now_s, all_watched=goes_elsewhere) for source in self.sources if source.kind == "video"]
        if any(changed):
            self._on_tracks()
        self._timers.call_later(LAYER_CHECK_S, self._check_layers)

    def _remb(self, video: list[Track]) -> bytes:
        """What all video together may have: each source the limit, and a camera in layers half as much again."""
        octets = sum(track.statistics.octets for track in video)
        received_bps = (octets - self._octets_before) * 8 / REPORT_INTERVAL_S
        self._octets_before = octets
        worst = max(track.statistics.fraction_lost for track in video)
        shares = sum(
            LAYERED_SHARE if len(source.layers) > 1 else 1.0 for source in self.sources if source.kind == "video"
        )
        queued_s = max(track.statistics.queued_s for track in video)
        limit = self._limit.update(worst, received_bps / shares, queued_s)
        return rtcp.pack_remb(SERVER_SSRC, int(limit * shares), [track.ssrc for track in video])
