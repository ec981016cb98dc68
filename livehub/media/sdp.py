"""Offers, read with suspicion (RFC 8866, RFC 9429, RFC 8843; simulcast by RFC 8851 and RFC 8853).

aiortc's parser serves calls among friends: it takes 3 ms for Chromium's seven media lines and raises what it likes.
This one walks the lines once, keeps what a forwarder needs, and raises only the two errors below.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from livehub.media.errors import MalformedSdp, OfferNotAcceptable
from livehub.media.rtp.audio_level import AUDIO_LEVEL_URI
from livehub.media.rtp.codecs import Codec
from livehub.media.transport import Fingerprint

MID_URI = "urn:ietf:params:rtp-hdrext:sdes:mid"
REPAIRED_RID_URI = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
RID_URI = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
ABS_SEND_TIME_URI = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
KNOWN_EXTENSIONS = frozenset({MID_URI, RID_URI, REPAIRED_RID_URI, ABS_SEND_TIME_URI, AUDIO_LEVEL_URI})

MAX_MEDIA = 64
MAX_LINES = 4_000
MAX_LINE = 2_000
MAX_CODECS = 128
MAX_SSRCS = 64
#: layers of one camera; browsers send three, and of more the first three are taken
MAX_LAYERS = 3
MAX_RIDS = 16

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`{|}~-]{1,32}")
#: RFC 8851 section 10 with the length that a one-byte header extension holds (RFC 8285 section 4.2)
_RID = re.compile(r"[A-Za-z0-9_-]{1,16}")
_ICE_UFRAG = re.compile(r"[A-Za-z0-9+/]{4,256}")
_ICE_PWD = re.compile(r"[A-Za-z0-9+/]{22,256}")
_FINGERPRINT = re.compile(r"(sha-256|sha-384|sha-512) ((?:[0-9A-Fa-f]{2}:){31,63}[0-9A-Fa-f]{2})")
_PROFILE_LEVEL_ID = re.compile(r"[0-9a-f]{6}")
_NUMBER = re.compile(r"[0-9]{1,10}")
_FRAGMENT_LINE = re.compile(r"a=[A-Za-z]|m=[a-z]")
_STREAM = re.compile(r"[^ ]{1,64}")
_DIRECTIONS = frozenset({"sendrecv", "sendonly", "recvonly", "inactive"})
#: profiles of H.264 in our order: constrained baseline, baseline, main, high, and at the end any other
_H264_PROFILES = ("42e0", "42c0", "4200", "4d", "64", "")


@dataclass(frozen=True, slots=True)
class OfferedCodec:
    """``parameters`` are those of ``a=fmtp``, names and values in lower case."""

    codec: Codec
    payload_type: int
    rtx_payload_type: int | None
    parameters: dict[str, str]
    feedback: frozenset[str]


@dataclass(slots=True)
class OfferedMedia:
    """One media section. ``codecs`` are the ones we forward, best first: one of each kind of codec."""

    kind: str
    mid: str = ""
    #: the offerer itself has turned it off (port 0)
    is_off: bool = False
    #: off, or no media over DTLS-SRTP
    rejected: bool = False
    protocol: str = ""
    direction: str = "sendrecv"
    #: the MediaStream of ``a=msid`` (RFC 8830); empty when none is named
    stream: str = ""
    rtcp_mux: bool = False
    codecs: tuple[OfferedCodec, ...] = ()
    #: URI → id, of the extensions we know
    extensions: dict[str, int] = field(default_factory=dict)
    #: those that the other side only sends (``a=extmap:9/sendonly``, as Firefox offers RIDs)
    sent_extensions: set[str] = field(default_factory=set)
    #: RTX SSRC → the SSRC that it repairs
    repairs: dict[int, int] = field(default_factory=dict)
    ssrcs: tuple[int, ...] = ()
    #: layers of a camera that are told apart by their RID; empty without simulcast
    rids: tuple[str, ...] = ()
    #: the same told apart by SSRC (``a=ssrc-group:SIM``, which browsers made before there were RIDs)
    sim_ssrcs: tuple[int, ...] = ()
    ice_ufrag: str = ""
    ice_pwd: str = ""
    fingerprints: tuple[Fingerprint, ...] = ()
    setup: str = ""

    @property
    def can_send(self) -> bool:
        return self.direction in {"sendrecv", "sendonly"}

    @property
    def can_receive(self) -> bool:
        return self.direction in {"sendrecv", "recvonly"}


@dataclass(frozen=True, slots=True)
class Offer:
    """``media`` in the order of the offer; ICE and DTLS are those of the BUNDLE group's first section."""

    media: tuple[OfferedMedia, ...]
    bundled: frozenset[str]
    ice_ufrag: str
    fingerprints: tuple[Fingerprint, ...]
    #: we must open the DTLS handshake (the offer said ``a=setup:passive``, as ffmpeg's does)
    dtls_client: bool

    def usable(self, media: OfferedMedia) -> bool:
        return media.mid in self.bundled and not media.rejected and bool(media.codecs) and media.rtcp_mux


def parse_offer(text: str, max_bytes: int = 64 * 1024) -> Offer:
    """Read an offer and check it as a whole.

    Raises:
        MalformedSdp: it cannot be read.
        OfferNotAcceptable: no ICE credentials, DTLS fingerprint or media section that could be used.
    """
    if len(text) > max_bytes:
        raise MalformedSdp(f"An offer may have {max_bytes} bytes.")
    session, sections = _split(text)
    groups = [line[14:].split() for line in session if line.startswith("a=group:BUNDLE")]
    defaults = OfferedMedia("session")
    for line in session:
        _transport_attribute(defaults, line)
    media = tuple(_parse_media(lines, defaults) for lines in sections)
    mids = [item.mid for item in media]
    if len(set(mids)) != len(mids):
        raise MalformedSdp("Two media sections have the same a=mid.")
    if len(groups) > 1:
        raise OfferNotAcceptable("Offer one BUNDLE group: all media share one transport here.")
    bundled = frozenset(groups[0]) if groups else frozenset(mids[:1])
    first = next((item for item in media if item.mid in bundled and not item.rejected), None)
    if first is None:
        raise OfferNotAcceptable("The offer has no media section that could be accepted.")
    if not first.ice_ufrag:
        raise OfferNotAcceptable("The offer has no ICE credentials (a=ice-ufrag).")
    if not first.fingerprints:
        raise OfferNotAcceptable("The offer has no usable DTLS fingerprint (a=fingerprint with sha-256 or longer).")
    if first.setup not in {"actpass", "active", "passive"}:
        raise OfferNotAcceptable("The offer needs a=setup:actpass, active or passive.")
    return Offer(media, bundled, first.ice_ufrag, first.fingerprints, first.setup == "passive")


def parse_fragment(text: str) -> tuple[str, str] | None:
    """ICE user fragment and password of a trickle-ICE fragment (RFC 8840 section 4.4); None when it names none.

    Raises:
        MalformedSdp: it is empty, has lines of other kinds, or half of the credentials.
    """
    found, lines = OfferedMedia("session"), _lines(text)
    if not lines:
        raise MalformedSdp("The fragment is empty.")
    for line in lines:
        if not _FRAGMENT_LINE.match(line):
            raise MalformedSdp("A fragment has lines that begin with a= or m=, and no others.")
        _transport_attribute(found, line)
    if bool(found.ice_ufrag) != bool(found.ice_pwd):
        raise MalformedSdp("A fragment with new credentials has both a=ice-ufrag and a=ice-pwd.")
    return (found.ice_ufrag, found.ice_pwd) if found.ice_ufrag else None


def _lines(text: str) -> list[str]:
    lines = text.replace("\r\n", "\n").split("\n")
    if len(lines) > MAX_LINES or any(len(line) > MAX_LINE for line in lines):
        raise MalformedSdp("The description has too many or too long lines.")
    if any(not line.isprintable() for line in lines):
        raise MalformedSdp("The description has control characters.")
    return [line for line in lines if line]


def _split(text: str) -> tuple[list[str], list[list[str]]]:
    lines = _lines(text)
    if not lines or lines[0] != "v=0":
        raise MalformedSdp("A session description begins with v=0.")
    starts = [index for index, line in enumerate(lines) if line.startswith("m=")]
    if not starts:
        raise MalformedSdp("The description has no media section.")
    if len(starts) > MAX_MEDIA:
        raise MalformedSdp(f"The description has more than {MAX_MEDIA} media sections.")
    ends = [*starts[1:], len(lines)]
    return lines[: starts[0]], [lines[start:end] for start, end in zip(starts, ends, strict=True)]


def _number(text: str, most: int) -> int:
    if not _NUMBER.fullmatch(text) or int(text) > most:
        raise MalformedSdp(f"{text[:20]!r} is not a number from 0 to {most}.")
    return int(text)


@dataclass(slots=True)
class _CodecLines:
    """Attributes of one section that make sense only together: of codecs, by payload type, and of simulcast."""

    names: dict[int, str] = field(default_factory=dict)
    parameters: dict[int, dict[str, str]] = field(default_factory=dict)
    feedback: dict[int, set[str]] = field(default_factory=dict)
    for_all: set[str] = field(default_factory=set)
    #: RID → the payload types it is restricted to; None: all
    rids: dict[str, frozenset[int] | None] = field(default_factory=dict)
    #: RIDs of ``a=simulcast:send``, the first of each list of alternatives
    simulcast: tuple[str, ...] = ()


def _parse_media(lines: list[str], defaults: OfferedMedia) -> OfferedMedia:
    fields = lines[0][2:].split(" ")
    if len(fields) < 4 or not _TOKEN.fullmatch(fields[0]):
        raise MalformedSdp("A media line has too few fields.")
    media = OfferedMedia(fields[0], protocol=fields[2])
    media.ice_ufrag, media.fingerprints, media.setup = defaults.ice_ufrag, defaults.fingerprints, defaults.setup
    port = _number(fields[1].partition("/")[0], 65535)
    codec_lines, ssrcs, bundle_only = _CodecLines(), dict[int, None](), False
    own_fingerprints = False
    for line in lines[1:]:
        if line.startswith("a=fingerprint:") and not own_fingerprints:
            media.fingerprints, own_fingerprints = (), True
        bundle_only = bundle_only or line == "a=bundle-only"
        if not _transport_attribute(media, line):
            _media_attribute(media, codec_lines, ssrcs, line)
    if not media.mid:
        raise MalformedSdp("A media section has no a=mid.")
    media.ssrcs = tuple(ssrcs)
    media.is_off = port == 0 and not bundle_only
    media.rejected = media.is_off or "SAVPF" not in media.protocol
    if media.kind in {"audio", "video"} and not media.rejected:
        media.codecs = tuple(_choose(media.kind, codec_lines))
        media.rids = _layers(media, codec_lines)
    return media


def _layers(media: OfferedMedia, lines: _CodecLines) -> tuple[str, ...]:
    """The layers we take. Without the RID header extension they could not be told apart (RFC 8853 section 5.5)."""
    if media.kind != "video" or RID_URI not in media.extensions:
        return ()
    known = {item.payload_type for item in media.codecs}
    fitting = [
        rid
        for rid in dict.fromkeys(lines.simulcast)
        if rid in lines.rids and ((types := lines.rids[rid]) is None or types & known)
    ]
    return tuple(fitting[:MAX_LAYERS]) if len(fitting) > 1 else ()


def _transport_attribute(media: OfferedMedia, line: str) -> bool:
    if line.startswith("a=ice-ufrag:"):
        media.ice_ufrag = _matching(_ICE_UFRAG, line[12:], "a=ice-ufrag")
    elif line.startswith("a=ice-pwd:"):
        media.ice_pwd = _matching(_ICE_PWD, line[10:], "a=ice-pwd")
    elif line.startswith("a=fingerprint:"):
        found = _FINGERPRINT.fullmatch(line[14:].strip())
        if found and len(media.fingerprints) < 4:  # sha-1 and other old ones are passed over
            media.fingerprints += (Fingerprint(found[1], found[2].upper()),)
    elif line.startswith("a=setup:"):
        media.setup = line[8:]
    else:
        return False
    return True


def _matching(pattern: re.Pattern[str], value: str, name: str) -> str:
    if not pattern.fullmatch(value):
        raise MalformedSdp(f"{name} has a value that is not allowed.")
    return value


def _media_attribute(media: OfferedMedia, codecs: _CodecLines, ssrcs: dict[int, None], line: str) -> None:
    if not line.startswith("a="):
        return
    name, _, value = line[2:].partition(":")
    if name == "mid":
        media.mid = _matching(_TOKEN, value, "a=mid")
    elif name in _DIRECTIONS:
        media.direction = name
    elif name == "msid":
        media.stream = _matching(_STREAM, value.partition(" ")[0], "a=msid")
    elif name == "rtcp-mux":
        media.rtcp_mux = True
    elif name == "extmap":
        _extension(media, value)
    elif name == "ssrc" and len(ssrcs) < MAX_SSRCS:
        ssrcs[_number(value.partition(" ")[0], 0xFFFFFFFF)] = None
    elif name == "ssrc-group":
        _ssrc_group(media, value)
    else:
        reader = _CODEC_ATTRIBUTES.get(name)
        if reader is not None:
            reader(codecs, value)


def _ssrc_group(media: OfferedMedia, value: str) -> None:
    semantics, *members = value.split(" ")
    if semantics == "FID" and len(members) == 2 and len(media.repairs) < MAX_SSRCS:
        media.repairs[_number(members[1], 0xFFFFFFFF)] = _number(members[0], 0xFFFFFFFF)
    elif semantics == "SIM" and 1 < len(members) <= MAX_SSRCS and not media.sim_ssrcs:
        media.sim_ssrcs = tuple(dict.fromkeys(_number(member, 0xFFFFFFFF) for member in members))[:MAX_LAYERS]


def _extension(media: OfferedMedia, value: str) -> None:
    identifier, _, rest = value.partition(" ")
    uri = rest.partition(" ")[0]
    number = _number(identifier.partition("/")[0], 255)
    if uri in KNOWN_EXTENSIONS and 1 <= number <= 14:  # what has a two-byte id is not negotiated
        media.extensions[uri] = number
        if identifier.endswith("/sendonly"):
            media.sent_extensions.add(uri)


def _rtpmap(codecs: _CodecLines, value: str) -> None:
    payload_type, _, name = value.partition(" ")
    if len(codecs.names) >= MAX_CODECS:
        raise MalformedSdp("A media section has too many codecs.")
    codecs.names[_number(payload_type, 127)] = name.lower()


def _fmtp(codecs: _CodecLines, value: str) -> None:
    payload_type, _, text = value.partition(" ")
    pairs = (part.strip().lower().partition("=") for part in text.split(";"))
    codecs.parameters[_number(payload_type, 127)] = {key: content for key, _, content in pairs if key}


def _rtcp_fb(codecs: _CodecLines, value: str) -> None:
    payload_type, _, feedback = value.partition(" ")
    if payload_type == "*":
        codecs.for_all.add(feedback)
    else:
        codecs.feedback.setdefault(_number(payload_type, 127), set()).add(feedback)


def _rid(codecs: _CodecLines, value: str) -> None:
    """``a=rid:h send pt=96,97;max-width=1280``; restrictions other than of payload types do not concern us."""
    rid, _, rest = value.partition(" ")
    direction, _, restrictions = rest.partition(" ")
    if direction != "send" or not _RID.fullmatch(rid) or len(codecs.rids) >= MAX_RIDS:
        return
    types: frozenset[int] | None = None
    for part in restrictions.split(";"):
        name, _, numbers = part.strip().partition("=")
        if name == "pt":
            types = frozenset(_number(number, 127) for number in numbers.split(",")[:MAX_CODECS])
    codecs.rids[rid] = types


def _simulcast(codecs: _CodecLines, value: str) -> None:
    """``a=simulcast:send q;~h,h2;f recv x`` (RFC 8853 section 5.1), and Firefox's older ``send rid=q;h``."""
    words = value.split()
    for direction, streams in zip(words[::2], words[1::2], strict=False):
        if direction == "send" and not codecs.simulcast:
            first = (item.split(",")[0].removeprefix("~") for item in streams.removeprefix("rid=").split(";"))
            codecs.simulcast = tuple(rid for rid in first if _RID.fullmatch(rid))[:MAX_RIDS]


_CODEC_ATTRIBUTES: dict[str, Callable[[_CodecLines, str], None]] = {
    "rtpmap": _rtpmap,
    "fmtp": _fmtp,
    "rtcp-fb": _rtcp_fb,
    "rid": _rid,
    "simulcast": _simulcast,
}


def _choose(kind: str, lines: _CodecLines) -> Iterator[OfferedCodec]:
    """The codecs we forward, in our order: H.264 before VP8, constrained baseline before other profiles."""
    rtx = {
        lines.parameters.get(payload_type, {}).get("apt"): payload_type
        for payload_type, name in lines.names.items()
        if name == "rtx/90000"
    }

    def offered(codec: Codec, payload_type: int) -> OfferedCodec:
        feedback = frozenset(lines.feedback.get(payload_type, set()) | lines.for_all)
        parameters = lines.parameters.get(payload_type, {})
        return OfferedCodec(codec, payload_type, rtx.get(str(payload_type)), parameters, feedback)

    if kind == "audio":
        yield from [offered(Codec.OPUS, pt) for pt, name in lines.names.items() if name == "opus/48000/2"][:1]
        return
    h264 = [offered(Codec.H264, pt) for pt, name in lines.names.items() if name == "h264/90000"]
    h264 = [item for item in h264 if item.parameters.get("packetization-mode") == "1"]
    yield from sorted(h264, key=_profile_rank)[:1]
    yield from [offered(Codec.VP8, pt) for pt, name in lines.names.items() if name == "vp8/90000"][:1]


def _profile_rank(offered: OfferedCodec) -> int:
    profile = offered.parameters.get("profile-level-id", "420010")
    return next(rank for rank, start in enumerate(_H264_PROFILES) if profile.startswith(start))


def h264_profile(offered: OfferedCodec) -> str:
    """The profile to answer with: what was offered, if it is one at all (RFC 6184 section 8.1 gives the default)."""
    profile = offered.parameters.get("profile-level-id", "")
    return profile if _PROFILE_LEVEL_ID.fullmatch(profile) else "420010"
