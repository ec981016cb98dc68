"""What of an offer is taken: pure decisions, before anything is made."""

from collections.abc import Mapping, Sequence

from livehub.media.answer import AcceptedMedia, SentStream
from livehub.media.errors import CodecNotSupported
from livehub.media.publisher import Section
from livehub.media.rtp.codecs import Codec
from livehub.media.sdp import Offer

Plan = list[AcceptedMedia | None]

#: SSRCs of the slots; each viewer has a transport of its own, so all viewers may share them
VIDEO_SSRC, AUDIO_SSRC = 0x10000000, 0x20000000


def plan_incoming(offer: Offer) -> Plan:
    """Every section that sends something we forward.

    Raises:
        CodecNotSupported: there is none.
    """
    plan: Plan = [
        AcceptedMedia(media.codecs) if offer.usable(media) and media.can_send else None for media in offer.media
    ]
    if not any(plan):
        raise CodecNotSupported("Offer to send H.264 (packetization-mode=1) or VP8 video, or Opus audio.")
    return plan


def plan_slots(offer: Offer, *, video: int, audio: int, cname: str) -> Plan:
    """A slot for each section that can receive, up to ``video`` and ``audio`` of them.

    Slots of one index belong to one stream, which a browser plays in sync.

    Raises:
        CodecNotSupported: not one slot.
    """
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
