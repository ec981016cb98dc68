"""What the media plane has between its start and its end."""

from dataclasses import dataclass, field

from livehub.media.answer import LocalTransport
from livehub.media.counters import MediaCounters
from livehub.media.ice_lite import IceLite
from livehub.media.limits import MediaLimits
from livehub.media.pacing import Pacer
from livehub.media.peer import Peer
from livehub.media.port import MediaPort
from livehub.media.rows import SendRows
from livehub.media.sdp import Offer
from livehub.media.transport import Certificate, Scratch


@dataclass(frozen=True, slots=True)
class Runtime:
    """One port, and what all peers on it share."""

    port: MediaPort
    ice: IceLite
    certificate: Certificate
    rows: SendRows
    scratch: Scratch
    pacer: Pacer
    counters: MediaCounters = field(default_factory=MediaCounters)

    def make_peer(self, offer: Offer, limits: MediaLimits, now_s: float) -> Peer:
        return Peer(
            self.port,
            self.ice,
            self.certificate,
            self.scratch,
            remote_ufrag=offer.ice_ufrag,
            fingerprints=offer.fingerprints,
            dtls_client=offer.dtls_client,
            now_s=now_s,
            connect_timeout_s=limits.connect_timeout_s,
            consent_timeout_s=limits.consent_timeout_s,
        )

    def transport(self, ips: tuple[str, ...], peer: Peer) -> LocalTransport:
        """What an answer to ``peer`` tells about our end."""
        return LocalTransport(ips, self.port.port, peer.local_ufrag, peer.local_password, self.certificate.fingerprint)
