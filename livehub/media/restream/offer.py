"""The offer of a WHIP client: one video and one audio section, in exactly the formats that are on stage (RFC 9725)."""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from livehub.media.restream.ice import Credentials
from livehub.media.rtp.codecs import Codec

AUDIO_PT, VIDEO_PT, RTX_PT = 111, 96, 97
#: what is said of H.264 whose parameter sets were not seen yet: constrained baseline, level 3.1
USUAL_H264_PROFILE: Final = "42e01f"


@dataclass(frozen=True, slots=True)
class OfferedStream:
    """What one section sends. ``rtx_ssrc`` is for video; ``profile`` for H.264."""

    codec: Codec
    ssrc: int
    rtx_ssrc: int | None = None
    profile: str = USUAL_H264_PROFILE

    @property
    def payload_type(self) -> int:
        return AUDIO_PT if self.codec is Codec.OPUS else VIDEO_PT


def build_offer(
    streams: Sequence[OfferedStream], *, ips: Sequence[str], port: int, ice: Credentials, fingerprint: str, cname: str
) -> str:
    """``ips`` with ``port`` are our host candidates: those that cannot be reached do no harm, for we check too."""
    lines = [
        "v=0",
        f"o=- {secrets.randbits(62)} 1 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        f"a=group:BUNDLE {' '.join(str(mid) for mid in range(len(streams)))}",
        "a=msid-semantic: WMS *",
    ]
    for mid, stream in enumerate(streams):
        lines += _section(mid, stream, ice, fingerprint, cname)
        lines += _candidates(ips, port)
    return "\r\n".join(lines) + "\r\n"


def _section(mid: int, stream: OfferedStream, ice: Credentials, fingerprint: str, cname: str) -> Iterator[str]:
    kind = stream.codec.kind
    payload_types = [stream.payload_type] if stream.rtx_ssrc is None else [stream.payload_type, RTX_PT]
    yield f"m={kind} 9 UDP/TLS/RTP/SAVPF {' '.join(map(str, payload_types))}"
    yield "c=IN IP4 0.0.0.0"
    yield "a=rtcp:9 IN IP4 0.0.0.0"
    yield f"a=ice-ufrag:{ice.ufrag}"
    yield f"a=ice-pwd:{ice.password}"
    yield f"a=fingerprint:sha-256 {fingerprint}"
    yield "a=setup:actpass"
    yield f"a=mid:{mid}"
    yield "a=sendonly"
    yield "a=rtcp-mux"
    yield "a=rtcp-rsize"
    yield from _codec(stream)
    yield f"a=msid:livehub {kind}"
    if stream.rtx_ssrc is not None:
        yield f"a=ssrc-group:FID {stream.ssrc} {stream.rtx_ssrc}"
    for ssrc in (stream.ssrc, stream.rtx_ssrc):
        if ssrc is not None:
            yield f"a=ssrc:{ssrc} cname:{cname}"
            yield f"a=ssrc:{ssrc} msid:livehub {kind}"


def _codec(stream: OfferedStream) -> Iterator[str]:
    number = stream.payload_type
    if stream.codec is Codec.OPUS:
        yield f"a=rtpmap:{number} opus/48000/2"
        yield f"a=fmtp:{number} minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1"
        return
    yield f"a=rtpmap:{number} {stream.codec}/90000"
    yield from (f"a=rtcp-fb:{number} {feedback}" for feedback in ("nack", "nack pli", "ccm fir"))
    if stream.codec is Codec.H264:
        yield f"a=fmtp:{number} level-asymmetry-allowed=1;packetization-mode=1;profile-level-id={stream.profile}"
    if stream.rtx_ssrc is not None:
        yield f"a=rtpmap:{RTX_PT} rtx/90000"
        yield f"a=fmtp:{RTX_PT} apt={number}"


def _candidates(ips: Sequence[str], port: int) -> Iterator[str]:
    for index, ip in enumerate(ips):
        priority = 126 << 24 | max(65535 - index, 0) << 8 | 255
        yield f"a=candidate:{index + 1} 1 udp {priority} {ip_address(ip)} {port} typ host"
    yield "a=end-of-candidates"
