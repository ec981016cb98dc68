"""The slots that a viewer's plan asks for."""

from livehub.media.limits import MediaLimits
from livehub.media.negotiation import Plan
from livehub.media.peer import Peer
from livehub.media.sdp import ABS_SEND_TIME_URI, Offer
from livehub.media.slot import Format, Slot
from livehub.media.timers import Timers


def slots_of(offer: Offer, plan: Plan, peer: Peer, timers: Timers, limits: MediaLimits) -> list[Slot]:
    """One for each section of the plan that sends."""
    return [
        Slot(
            media.kind,
            item.sends.index,
            item.sends.ssrc,
            {codec.codec: Format(codec.payload_type, codec.rtx_payload_type) for codec in item.codecs},
            peer=peer,
            timers=timers,
            abs_send_time_id=media.extensions.get(ABS_SEND_TIME_URI),
            max_resends_per_s=limits.max_resends_per_s,
            mid=media.mid,
        )
        for media, item in zip(offer.media, plan, strict=True)
        if item is not None and item.sends is not None
    ]
