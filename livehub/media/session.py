"""One WHIP or WHEP session, as its resource under /api/v1/media shows it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from livehub.accounts.origin import Origin
from livehub.media.meter import Meter
from livehub.media.peer import Peer
from livehub.media.publisher import Publisher
from livehub.media.rtp.codecs import Codec
from livehub.media.subscriber import Subscriber


@dataclass(slots=True, eq=False)
class MediaSession:
    """One WHIP or WHEP session. ``id`` is unguessable: whoever knows it may end it.

    ``etag`` changes with an ICE restart (RFC 9725 section 4.3.1). ``kind`` is ``publish`` or ``play``; ``source``
    of a publishing one is ``camera`` or ``screen``.
    """

    id: str
    room_id: str
    identity: str
    kind: str
    answer_sdp: str
    etag: str
    peer: Peer = field(repr=False)
    publisher: Publisher | None = field(default=None, repr=False)
    subscriber: Subscriber | None = field(default=None, repr=False)
    source: str = ""
    meter: Meter = field(default_factory=lambda: Meter(0.0), repr=False)
    #: of one who publishes; a worker that helps with the room makes a publisher of the same
    offer_sdp: str = field(default="", repr=False)
    #: where it was asked for, of those whom no role brings into the room: bans of networks and devices end it
    origin: Origin | None = field(default=None, repr=False)

    @property
    def undecodable(self) -> frozenset[Codec]:
        """Codecs on air that this viewer cannot decode; empty while there is something to see."""
        return self.subscriber.undecodable if self.subscriber else frozenset()

    @property
    def slots(self) -> Sequence[Mapping[str, Any]]:
        """What a viewer's slots show, as in :class:`livehub.events.SlotsShown`."""
        return self.subscriber.describe() if self.subscriber else ()

    @property
    def is_connected(self) -> bool:
        return self.peer.is_connected


def entity_tag(peer: Peer) -> str:
    """Names the ICE session, as RFC 9725 section 4.3.1 asks; a digest, for the fragment is half a credential."""
    return hashlib.sha256(peer.local_ufrag.encode()).hexdigest()[:16]
