"""An ICE-lite agent for all peers of one port (RFC 8445 section 2.5): it answers checks and never sends any.

A peer is known by the username fragment we gave it. Its addresses are those from which checks with its password came;
the last one it nominated gets the media, so a phone that moves from Wi-Fi to mobile goes on without a new session. A
NAT that gives it another address tells nobody: the address that authentic media comes from is followed, and without
media the one that checks come from, once the chosen one is silent.
"""

import logging
from collections.abc import Callable, Iterator
from typing import Protocol

from livehub.media import addresses, stun
from livehub.media.port import PeerInput

log = logging.getLogger(__name__)


class IcePeer(PeerInput, Protocol):
    """What the agent needs of a peer; implemented by :class:`livehub.media.peer.Peer`."""

    @property
    def ufrags(self) -> tuple[str, ...]: ...

    @property
    def address(self) -> bytes | None: ...

    def password_for(self, local_ufrag: str, remote_ufrag: str) -> bytes | None: ...

    def select_address(self, address: bytes) -> None: ...

    def has_left(self) -> bool:
        """Whether nothing came from its address since this was asked last."""

    def is_silent(self, now_s: float) -> bool: ...

    def touch(self, now_s: float) -> None: ...

    def close(self) -> None: ...


class IceLite:
    #: addresses one peer may hold; one that sends from ever new ports loses its oldest
    MAX_ADDRESSES = 8
    #: after so long without a check from the chosen address another is followed; browsers check every 2.5 s
    LEFT_AFTER_S = 3.0

    def __init__(self, send: Callable[[bytes, bytes], None], monotonic: Callable[[], float]) -> None:
        self._send = send
        self._monotonic = monotonic
        self._by_ufrag: dict[str, IcePeer] = {}
        self._by_address: dict[bytes, IcePeer] = {}
        self._addresses: dict[IcePeer, list[bytes]] = {}
        self._checked_s: dict[IcePeer, float] = {}  # when the chosen address was last checked
        self.refused = 0
        self.migrations = 0

    def __len__(self) -> int:
        return len(self._addresses)

    def __iter__(self) -> Iterator[IcePeer]:
        return iter(list(self._addresses))

    def add(self, peer: IcePeer) -> None:
        self._addresses.setdefault(peer, [])
        for ufrag in peer.ufrags:
            self._by_ufrag[ufrag] = peer

    def forget(self, ufrag: str) -> None:
        self._by_ufrag.pop(ufrag, None)

    def remove(self, peer: IcePeer) -> None:
        for ufrag in peer.ufrags:
            self._by_ufrag.pop(ufrag, None)
        self._checked_s.pop(peer, None)
        for address in self._addresses.pop(peer, ()):
            if self._by_address.get(address) is peer:
                del self._by_address[address]

    def peer_at(self, address: bytes) -> IcePeer | None:
        return self._by_address.get(address)

    def receive_stun(self, data: bytes, address: bytes) -> None:
        """Answer a check. Whoever knows no password gets no answer: nothing to probe, nothing to reflect."""
        try:
            request = stun.parse_binding_request(data)
        except stun.StunError:
            self.refused += 1
            return
        peer = self._by_ufrag.get(request.local_ufrag)
        password = peer.password_for(request.local_ufrag, request.remote_ufrag) if peer is not None else None
        if peer is None or password is None or not stun.is_authentic(data, request, password):
            self.refused += 1
            return
        ip, port = addresses.unpack(address)
        self._send(stun.build_response(request.transaction_id, ip, port, password), address)
        now_s = self._monotonic()
        peer.touch(now_s)
        if self._by_address.get(address) is not peer:
            self._learn(peer, address)
        if peer.address is None or peer.address == address:
            self._checked_s[peer] = now_s
            if peer.address is None:
                peer.select_address(address)
        elif request.use_candidate or (now_s - self._checked_s[peer] > self.LEFT_AFTER_S and peer.has_left()):
            self.follow(peer, address)

    def follow(self, peer: IcePeer, address: bytes) -> None:
        """Send to ``address``, one of the peer's, from now on."""
        self.migrations += 1
        self._checked_s[peer] = self._monotonic()
        peer.select_address(address)

    def _learn(self, peer: IcePeer, address: bytes) -> None:
        before = self._by_address.get(address)
        if before is not None:  # the port was another session's, such as a reloaded page's
            self._addresses[before].remove(address)
        known = self._addresses[peer]
        if len(known) >= self.MAX_ADDRESSES:
            oldest = next(item for item in known if item != peer.address)
            known.remove(oldest)
            del self._by_address[oldest]
        known.append(address)
        self._by_address[address] = peer

    def sweep(self) -> int:
        """Close the peers that gave no sign for too long (RFC 7675). Gives how many."""
        now_s = self._monotonic()
        silent = [peer for peer in self._addresses if peer.is_silent(now_s)]
        for peer in silent:
            log.info("peer is silent, closing it")
            peer.close()
        return len(silent)
