"""How a session fares, as plain data for its owner and for the room's host. No address of anybody is in it."""

from collections.abc import Sequence
from dataclasses import dataclass

from livehub.media.addresses import unpack
from livehub.media.meter import Meter
from livehub.media.peer import Peer
from livehub.media.publisher import Publisher
from livehub.media.session import MediaSession
from livehub.media.slot import Slot
from livehub.media.track import Track


@dataclass(frozen=True, slots=True)
class TrackStats:
    """What comes of one layer of a publisher; ``octets`` of payload. ``lost_share`` (0 to 1) is of the last second.

    ``unanswered_s``: for how long a keyframe was asked for in vain, so that nobody, no HLS and no recording can begin
    with this layer; 0 when that is not so. ``layer`` is the RID of simulcast. ``nacks`` and ``keyframe_requests``: sent
    to the publisher. ``receivers``: slots
    that get it now.
    """

    kind: str
    codec: str
    source: str
    layer: str
    width: int
    height: int
    packets: int
    octets: int
    bitrate_bps: int
    lost: int
    lost_share: float
    jitter_ms: float
    nacks: int
    keyframe_requests: int
    keyframes: int
    unanswered_s: float
    receivers: int
    muted: bool


@dataclass(frozen=True, slots=True)
class SlotStats:
    """What one slot of a viewer shows, and how it arrives by the viewer's own reports. Empty texts: it shows nothing.

    ``resends``: packets sent again. ``keyframe_requests``: that the viewer sent.
    """

    mid: str
    kind: str
    slot: int
    publisher: str
    source: str
    codec: str
    layer: str
    width: int
    height: int
    packets: int
    octets: int
    bitrate_bps: int
    lost: int
    lost_share: float
    jitter_ms: float
    resends: int
    keyframe_requests: int
    switches: int


@dataclass(frozen=True, slots=True)
class SessionStats:
    """``kind`` is publish or play. ``round_trip_ms`` is None until it was measured.

    ``limit_bps``: what a publisher is told that it may send for each picture, or what a viewer's browser says that it
    can take (REMB); 0 while that is not known. ``nacks``: sent to a publisher, or asked for by a viewer.
    ``address_family``: ipv4, ipv6, or empty before the first check. Bitrates are means since they were last asked for.
    """

    id: str
    room: str
    identity: str
    kind: str
    source: str
    connected: bool
    age_s: float
    address_family: str
    round_trip_ms: float | None
    limit_bps: int
    bitrate_bps: int
    packets: int
    octets: int
    nacks: int
    malformed: int
    undecodable: Sequence[str]
    tracks: Sequence[TrackStats]
    slots: Sequence[SlotStats]


def stats_of(session: MediaSession, now_s: float) -> SessionStats:
    meter, publisher, subscriber = session.meter, session.publisher, session.subscriber
    meter.now_s = now_s
    tracks = _tracks(publisher, meter) if publisher else []
    slots = [_slot(slot, meter) for slot in subscriber.slots] if subscriber else []
    streams: Sequence[TrackStats | SlotStats] = [*tracks, *slots]
    measured_s = publisher.round_trip_s if publisher else None
    if subscriber is not None and subscriber.is_measured:
        measured_s = subscriber.round_trip_s
    return SessionStats(
        id=session.id,
        room=session.room_id,
        identity=session.identity,
        kind=session.kind,
        source=session.source,
        connected=session.is_connected,
        age_s=round(now_s - meter.began_s, 1),
        address_family=_address_family(session.peer),
        round_trip_ms=None if measured_s is None else round(measured_s * 1000, 1),
        limit_bps=publisher.bitrate_limit_bps if publisher else subscriber.estimate_bps if subscriber else 0,
        bitrate_bps=sum(stream.bitrate_bps for stream in streams),
        packets=sum(stream.packets for stream in streams),
        octets=sum(stream.octets for stream in streams),
        nacks=sum(publisher.nacks.values()) if publisher else subscriber.nacks if subscriber else 0,
        malformed=publisher.malformed if publisher else subscriber.malformed if subscriber else 0,
        undecodable=sorted(str(codec) for codec in session.undecodable),
        tracks=tracks,
        slots=slots,
    )


def _address_family(peer: Peer) -> str:
    return f"ipv{unpack(peer.address)[0].version}" if peer.address is not None else ""


def _tracks(publisher: Publisher, meter: Meter) -> list[TrackStats]:
    layers = [layer for source in publisher.sources for layer in source.named_layers]
    return [_track(publisher, track, rid, meter) for rid, track in layers]


def _track(publisher: Publisher, track: Track, rid: str, meter: Meter) -> TrackStats:
    received = track.statistics
    return TrackStats(
        kind=track.kind,
        codec=str(track.codec),
        source=track.source,
        layer=rid,
        width=track.width,
        height=track.height,
        packets=received.packets,
        octets=received.octets,
        bitrate_bps=meter.bitrate_bps(f"t{track.ssrc}", received.octets),
        lost=max(track.sequence.expected - received.packets, 0),
        lost_share=round(received.fraction_lost, 4),
        jitter_ms=round(received.jitter * 1000 / track.codec.clock_rate, 1),
        nacks=publisher.nacks.get(track.ssrc, 0),
        keyframe_requests=track.requests_sent,
        keyframes=track.keyframes,
        unanswered_s=round(track.unanswered_s, 1),
        receivers=len(track.slots),
        muted=track.muted,
    )


def _slot(slot: Slot, meter: Meter) -> SlotStats:
    track, heard, sent = slot.track, slot.heard, slot.sent
    rid = slot.source.name_of(track) if slot.source is not None and track is not None else ""
    return SlotStats(
        mid=slot.mid,
        kind=slot.kind,
        slot=slot.index,
        publisher=track.publisher if track else "",
        source=track.source if track else "",
        codec=str(track.codec) if track else "",
        layer=rid,
        width=track.width if track else 0,
        height=track.height if track else 0,
        packets=sent[0],
        octets=sent[1],
        bitrate_bps=meter.bitrate_bps(f"s{slot.ssrc}", sent[1]),
        lost=heard.lost,
        lost_share=round(heard.lost_share, 4),
        jitter_ms=round(heard.jitter_ms, 1),
        resends=slot.resent,
        keyframe_requests=slot.keyframe_requests,
        switches=slot.switches,
    )
