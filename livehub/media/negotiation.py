"""What of an offer is taken: pure decisions, before anything is made."""

from collections.abc import Mapping, Sequence

from livehub.media.answer import AcceptedMedia, SentStream
from livehub.media.errors import CodecNotSupported, OfferNotAcceptable
from livehub.media.publisher import Section
from livehub.media.rtp.codecs import Codec
from livehub.media.sdp import Offer, OfferedMedia

Plan = list[AcceptedMedia | None]

#: SSRCs of the slots; each viewer has a transport of its own, so all viewers may share them
VIDEO_SSRC, AUDIO_SSRC = 0x10000000, 0x20000000


def plan_incoming(offer: Offer) -> Plan:
    """All of the offer or nothing of it: a publisher half of whose tracks were turned down would not know
    (RFC 9725 section 4.4.3). A section that the offerer has itself turned off (port 0) stays off.

    Raises:
        CodecNotSupported: a section offers no codec that we forward.
        OfferNotAcceptable: a section that sends nothing, is no audio or video, or stands outside the BUNDLE group; two
            tracks of one kind or two MediaStreams (RFC 9725 section 4.4.2).
    """
    wanted = [media for media in offer.media if not media.is_off]
    for media in wanted:
        _require_sending(offer, media)
    for kind in ("audio", "video"):
        if sum(media.kind == kind for media in wanted) > 1:
            raise OfferNotAcceptable(f"Send one {kind} track a session; make another session for more.")
    if len({media.stream for media in wanted} - {""}) > 1:
        raise OfferNotAcceptable("Send the tracks as one MediaStream: the same a=msid in each media section.")
    return [None if media.is_off else AcceptedMedia(media.codecs) for media in offer.media]


def _require_sending(offer: Offer, media: OfferedMedia) -> None:
    if media.kind not in {"audio", "video"} or media.rejected:
        raise OfferNotAcceptable("Offer audio and video only; there is no data channel here.")
    if not media.can_send:
        raise OfferNotAcceptable("Offer every media section as sendonly (or sendrecv).")
    if media.mid not in offer.bundled or not media.rtcp_mux:
        raise OfferNotAcceptable("Offer all media sections in one BUNDLE group, each with a=rtcp-mux.")
    if not media.codecs:
        raise CodecNotSupported("Offer to send H.264 (packetization-mode=1) or VP8 video, or Opus audio.")


def plan_slots(offer: Offer, *, video: int, audio: int, cname: str) -> Plan:
    """A slot for each section that can receive, up to ``video`` and ``audio`` of them.

    Slots of one index belong to one stream, which a browser plays in sync.

    Raises:
        CodecNotSupported: not one slot.
        OfferNotAcceptable: an audio or video section that does not receive (draft-ietf-wish-whep section 4.2).
    """
    for media in offer.media:
        if media.kind in {"audio", "video"} and not media.rejected and not media.can_receive:
            raise OfferNotAcceptable("Offer every media section as recvonly (or sendrecv).")
    limits, used = {"video": video, "audio": audio}, {"video": 0, "audio": 0}
    plan: Plan = []
    for media in offer.media:
        if not offer.usable(media) or not media.can_receive or used[media.kind] >= limits[media.kind]:
            plan.append(None)
            continue
        index = used[media.kind]
        used[media.kind] += 1
        ssrc = (VIDEO_SSRC if media.kind == "video" else AUDIO_SSRC) + 2 * index
        has_rtx = any(item.rtx_payload_type is not None for item in media.codecs)
        stream = SentStream(ssrc, ssrc + 1 if has_rtx else None, index, media.kind, cname)
        plan.append(AcceptedMedia(media.codecs, stream))
    if not any(plan):
        raise CodecNotSupported("Offer to receive H.264 (packetization-mode=1) or VP8 video, or Opus audio.")
    return plan


def sections_of(offer: Offer, plan: Plan) -> tuple[Section, ...]:
    return tuple(Section(media, item.codecs) for media, item in zip(offer.media, plan, strict=True) if item)


def formats_of(offer: Offer, plan: Sequence[AcceptedMedia | None]) -> Mapping[str, frozenset[Codec]]:
    """Kind → the codecs that the viewer decodes."""
    return {
        media.kind: frozenset(codec.codec for codec in item.codecs)
        for media, item in zip(offer.media, plan, strict=True)
        if item is not None
    }
