"""The answer of a WHIP server, read with the same suspicion as an offer."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from livehub.media.errors import MalformedSdp, OfferNotAcceptable
from livehub.media.restream.failure import SendFailure
from livehub.media.restream.ice import MAX_PAIRS, Address, Credentials
from livehub.media.restream.offer import OfferedStream
from livehub.media.rtp.codecs import Codec
from livehub.media.sdp import parse_offer
from livehub.media.transport import Fingerprint

MAX_ANSWER_BYTES: Final = 64 * 1024
#: RFC 8839 section 5.1; names (.local ones among them) are passed over: what they lead to could not be checked
_CANDIDATE: Final = re.compile(
    r"a=candidate:\S{1,32} 1 udp (\d{1,10}) ([0-9A-Fa-f.:]{2,45}) (\d{1,5}) typ (?:host|srflx|prflx|relay)\b.*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class AcceptedStream:
    """A section that the server takes: under which payload types."""

    codec: Codec
    payload_type: int
    rtx_payload_type: int | None


@dataclass(frozen=True, slots=True)
class Answer:
    """``streams`` by place in the offer, None where the server wants none. ``candidates`` best first.

    ``is_lite``: the server never checks itself, so without candidates it cannot be reached.
    """

    streams: tuple[AcceptedStream | None, ...]
    ice: Credentials
    fingerprints: tuple[Fingerprint, ...]
    dtls_client: bool
    candidates: tuple[Address, ...]
    is_lite: bool


def parse_answer(text: str, offered: Sequence[OfferedStream]) -> Answer:
    """
    Raises:
        SendFailure: ``answer_unreadable``, or ``codec_refused`` when the server takes nothing that was offered.
    """
    try:
        parsed = parse_offer(text)
    except (MalformedSdp, OfferNotAcceptable) as error:
        raise SendFailure("answer_unreadable", f"The server's answer cannot be used. {error.detail}") from None
    streams: list[AcceptedStream | None] = []
    for stream, media in zip(offered, [*parsed.media, *[None] * len(offered)], strict=False):
        taken = None
        if media is not None and parsed.usable(media) and media.can_receive:
            taken = next((item for item in media.codecs if item.codec is stream.codec), None)
        streams.append(AcceptedStream(taken.codec, taken.payload_type, taken.rtx_payload_type) if taken else None)
    _require_what_matters(offered, streams)
    password = next((media.ice_pwd for media in parsed.media if media.mid in parsed.bundled and media.ice_pwd), "")
    if not password:
        raise SendFailure("answer_unreadable", "The server's answer has no ICE credentials.")
    ice = Credentials(parsed.ice_ufrag, password)
    is_lite = any(line.strip() == "a=ice-lite" for line in text.splitlines())
    return Answer(tuple(streams), ice, parsed.fingerprints, parsed.dtls_client, _candidates(text), is_lite)


def _require_what_matters(offered: Sequence[OfferedStream], streams: Sequence[AcceptedStream | None]) -> None:
    """A show without its picture is none; one without its sound can go on."""
    refused = [str(stream.codec) for stream, taken in zip(offered, streams, strict=True) if taken is None]
    has_video = any(stream.codec.kind == "video" for stream in offered)
    if not any(streams) or (has_video and not any(item and item.codec.kind == "video" for item in streams)):
        names = ", ".join(refused)
        raise SendFailure("codec_refused", f"The server does not take {names}.", final=True, about_codec=True)


def _candidates(text: str) -> tuple[Address, ...]:
    found: dict[Address, int] = {}
    for line in text.splitlines():
        match = _CANDIDATE.fullmatch(line.strip())
        if match is None:
            continue
        try:
            address = (ip_address(match[2]), int(match[3]))
        except ValueError:
            continue
        if 0 < address[1] <= 65535:
            found.setdefault(address, int(match[1]))
    return tuple(sorted(found, key=lambda address: -found[address])[:MAX_PAIRS])
