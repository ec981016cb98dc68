"""Answers: written line by line from checked values; no text of the offer is repeated save checked tokens."""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from livehub.media.rtp.audio_level import AUDIO_LEVEL_URI
from livehub.media.rtp.codecs import Codec
from livehub.media.sdp import (
    ABS_SEND_TIME_URI,
    MID_URI,
    REPAIRED_RID_URI,
    RID_URI,
    Offer,
    OfferedCodec,
    OfferedMedia,
    h264_profile,
)

_VIDEO_FEEDBACK = ("goog-remb", "ccm fir", "nack", "nack pli")


@dataclass(frozen=True, slots=True)
class LocalTransport:
    """What an answer tells about our end."""

    ips: tuple[str, ...]
    port: int
    ufrag: str
    password: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class SentStream:
    """A slot, as the viewer's browser is told of it. Slots with one ``index`` are one stream, played in sync."""

    ssrc: int
    rtx_ssrc: int | None
    index: int
    kind: str
    cname: str


@dataclass(frozen=True, slots=True)
class AcceptedMedia:
    """A section we take: to receive, or to send ``sends``."""

    codecs: tuple[OfferedCodec, ...]
    sends: SentStream | None = None


def build_answer(offer: Offer, accepted: Sequence[AcceptedMedia | None], transport: LocalTransport) -> str:
    """One entry in ``accepted`` for each media section; None turns it down (port 0, RFC 3264 section 6)."""
    mids = [media.mid for media, taken in zip(offer.media, accepted, strict=True) if taken is not None]
    host = ip_address(transport.ips[0])
    lines = [
        "v=0",
        f"o=- {secrets.randbits(62)} 1 IN IP{host.version} {host}",
        "s=-",
        "t=0 0",
        "a=ice-lite",
        f"a=group:BUNDLE {' '.join(mids)}",
        "a=extmap-allow-mixed",
        "a=msid-semantic: WMS *",
    ]
    for media, taken in zip(offer.media, accepted, strict=True):
        if taken is None:
            lines += _rejected(media)
        else:
            lines += _accepted(offer, media, taken, transport)
    return "\r\n".join(lines) + "\r\n"


def _rejected(media: OfferedMedia) -> list[str]:
    kind = media.kind if media.kind in {"audio", "video", "application"} else "application"
    formats = "webrtc-datachannel" if kind == "application" else "0"
    protocol = "UDP/DTLS/SCTP" if kind == "application" else "UDP/TLS/RTP/SAVPF"
    return [f"m={kind} 0 {protocol} {formats}", "c=IN IP4 0.0.0.0", "a=inactive", f"a=mid:{media.mid}"]


def _accepted(offer: Offer, media: OfferedMedia, taken: AcceptedMedia, transport: LocalTransport) -> Iterator[str]:
    payload_types = [
        str(number)
        for item in taken.codecs
        for number in (item.payload_type, item.rtx_payload_type)
        if number is not None
    ]
    host = ip_address(transport.ips[0])
    yield f"m={media.kind} {transport.port} UDP/TLS/RTP/SAVPF {' '.join(payload_types)}"
    yield f"c=IN IP{host.version} {host}"
    yield f"a=mid:{media.mid}"
    yield "a=sendonly" if taken.sends else "a=recvonly"
    yield "a=rtcp-mux"
    yield "a=rtcp-mux-only"  # RFC 9725 section 4.4.1 asks for it in each bundled section (RFC 8858)
    yield "a=rtcp-rsize"
    yield f"a=ice-ufrag:{transport.ufrag}"
    yield f"a=ice-pwd:{transport.password}"
    yield f"a=fingerprint:sha-256 {transport.fingerprint}"
    yield "a=setup:active" if offer.dtls_client else "a=setup:passive"
    yield from candidate_lines(transport)
    for uri in (MID_URI, ABS_SEND_TIME_URI) if media.kind == "video" else _audio_extensions(taken):
        if uri in media.extensions:
            yield f"a=extmap:{media.extensions[uri]} {uri}"
    for item in taken.codecs:
        yield from _codec(item)
    if taken.sends:
        yield from _stream(taken.sends)
    elif media.rids:
        yield from _layers(media)


def _layers(media: OfferedMedia) -> Iterator[str]:
    """Simulcast taken in: RFC 8853 section 5.3.2, with the extensions of RFC 8852 that name each packet's layer."""
    for uri in (RID_URI, REPAIRED_RID_URI):
        if uri in media.extensions:
            way = "/recvonly" if uri in media.sent_extensions else ""
            yield f"a=extmap:{media.extensions[uri]}{way} {uri}"
    yield from (f"a=rid:{rid} recv" for rid in media.rids)
    yield f"a=simulcast:recv {';'.join(media.rids)}"


def _audio_extensions(taken: AcceptedMedia) -> tuple[str, ...]:
    """Loudness is asked of publishers; viewers are sent none."""
    return (MID_URI,) if taken.sends else (MID_URI, AUDIO_LEVEL_URI)


def candidate_lines(transport: LocalTransport) -> Iterator[str]:
    """Host candidates, the first preferred (RFC 8445 section 5.1.2.1); there will be no others."""
    for index, ip in enumerate(transport.ips):
        priority = 126 << 24 | max(65535 - index, 0) << 8 | 255
        yield f"a=candidate:{index + 1} 1 udp {priority} {ip} {transport.port} typ host"
    yield "a=end-of-candidates"


def restart_fragment(answer: str, transport: LocalTransport) -> str:
    """What a PATCH that restarts ICE is answered with (RFC 8840 section 4.4, RFC 9725 section 4.3.3).

    The media line is that of the BUNDLE group's first section, taken from the answer that the session began with.
    """
    lines = answer.split("\r\n")
    group = next(line for line in lines if line.startswith("a=group:BUNDLE "))
    mid = f"a=mid:{group.split(' ')[1]}"
    media = next(line for line in reversed(lines[: lines.index(mid)]) if line.startswith("m="))
    kind, _, rest = media.partition(" ")
    fields = ["a=ice-lite", group, f"{kind} 9 {rest.partition(' ')[2]}", mid]
    fields += [f"a=ice-ufrag:{transport.ufrag}", f"a=ice-pwd:{transport.password}", *candidate_lines(transport)]
    return "\r\n".join(fields) + "\r\n"


def _codec(item: OfferedCodec) -> Iterator[str]:
    number = item.payload_type
    if item.codec is Codec.OPUS:
        stereo = ";stereo=1" if "1" in {item.parameters.get("stereo"), item.parameters.get("sprop-stereo")} else ""
        yield f"a=rtpmap:{number} opus/48000/2"
        if "nack" in item.feedback:
            yield f"a=rtcp-fb:{number} nack"
        yield f"a=fmtp:{number} minptime=10;useinbandfec=1{stereo}"
        return
    yield f"a=rtpmap:{number} {item.codec}/90000"
    yield from (f"a=rtcp-fb:{number} {feedback}" for feedback in _VIDEO_FEEDBACK if feedback in item.feedback)
    if item.codec is Codec.H264:
        profile = h264_profile(item)
        yield f"a=fmtp:{number} level-asymmetry-allowed=1;packetization-mode=1;profile-level-id={profile}"
    if item.rtx_payload_type is not None:
        yield f"a=rtpmap:{item.rtx_payload_type} rtx/90000"
        yield f"a=fmtp:{item.rtx_payload_type} apt={number}"


def _stream(sent: SentStream) -> Iterator[str]:
    yield f"a=msid:s{sent.index} {sent.kind}{sent.index}"
    if sent.rtx_ssrc is not None:
        yield f"a=ssrc-group:FID {sent.ssrc} {sent.rtx_ssrc}"
    for ssrc in (sent.ssrc, sent.rtx_ssrc):
        if ssrc is not None:
            yield f"a=ssrc:{ssrc} cname:{sent.cname}"
