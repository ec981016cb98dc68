"""One remote end: its ICE credentials, its address, its DTLS session, and what goes to and fro under SRTP."""

import asyncio
import logging
import secrets
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from livehub.media.ice_lite import IceLite
from livehub.media.port import MediaPort
from livehub.media.sieve import QuietTrack
from livehub.media.syscalls import address_of, ffi
from livehub.media.transport import (
    Certificate,
    DtlsSession,
    DtlsState,
    Fingerprint,
    Scratch,
    protect,
    protect_rtcp,
    unprotect,
    unprotect_rtcp,
)

log = logging.getLogger(__name__)


class Quiet(QuietTrack, Protocol):
    """Implemented by :class:`livehub.media.quiet.QuietAudio`."""

    def passes_over(self, data: memoryview, size: int) -> bool: ...


class PeerHandler(Protocol):
    """A publisher or a subscriber. ``data`` is the port's memory: copy what is kept."""

    def connected(self) -> None: ...

    def received_rtp(self, data: memoryview) -> None: ...

    def received_rtcp(self, data: memoryview) -> None: ...

    def closed(self) -> None: ...


class RemoteEnd(Protocol):
    """What a publisher needs of the other side: to be heard by ``handler``, to send reports and requests, to end."""

    handler: PeerHandler | None

    @property
    def is_connected(self) -> bool: ...

    def send_rtcp(self, packet: bytes) -> None: ...

    def close(self) -> None: ...


class Peer:
    """Lives from the answer to its close; ``closed`` of the handler is called exactly once."""

    #: an ffmpeg that waits for our ClientHello drops the first one: it is still busy with ICE
    SECOND_HELLO_S = 0.03
    #: sources that one remote end may send by: libsrtp keeps something for each as long as the session lives
    MAX_SOURCES = 64

    def __init__(
        self,
        port: MediaPort,
        ice: IceLite,
        certificate: Certificate,
        scratch: Scratch,
        *,
        remote_ufrag: str,
        fingerprints: tuple[Fingerprint, ...],
        dtls_client: bool,
        now_s: float,
        connect_timeout_s: float,
        consent_timeout_s: float,
    ) -> None:
        self.local_ufrag, self.local_password = secrets.token_hex(4), secrets.token_hex(12)
        self.remote_ufrag = remote_ufrag
        self.handler: PeerHandler | None = None
        self.address: bytes | None = None
        #: memory with the address, at which batches point: a migration changes it in place
        self.address_memory = ffi.new("uint8_t[]", port.address_size)
        self.address_pointer = address_of(self.address_memory)
        self.failures = 0
        #: by SSRC of four bytes: what may be passed over before it is decrypted
        self.quiet: Mapping[bytes, Quiet] = {}
        self._sources: set[bytes] = set()
        self._earlier: tuple[str, str, str] | None = None
        self._port = port
        self._ice = ice
        self._scratch = scratch
        self._heard = False
        #: something came from :attr:`address` since :meth:`has_left` was asked
        self._is_settled = False
        self._made_s = self._alive_s = now_s
        self._connect_timeout_s = connect_timeout_s
        self._consent_timeout_s = consent_timeout_s
        self._second_hello: asyncio.TimerHandle | None = None
        self._started = False
        self._closed = False
        self.dtls = DtlsSession(
            certificate, fingerprints, client=dtls_client, send=self._send_dtls, on_state=self._on_dtls_state
        )
        ice.add(self)

    @property
    def is_connected(self) -> bool:
        return self.dtls.state is DtlsState.CONNECTED

    @property
    def session(self) -> Any:
        """libsrtp's sending session, for batches; None unless connected."""
        return self.dtls.tx

    # --- ICE

    @property
    def ufrags(self) -> tuple[str, ...]:
        return (self.local_ufrag,) if self._earlier is None else (self.local_ufrag, self._earlier[0])

    def password_for(self, local_ufrag: str, remote_ufrag: str) -> bytes | None:
        if (local_ufrag, remote_ufrag) == (self.local_ufrag, self.remote_ufrag):
            return self.local_password.encode()
        if self._earlier is not None and (local_ufrag, remote_ufrag) == (self._earlier[0], self._earlier[2]):
            return self._earlier[1].encode()
        return None

    def restart_ice(self, remote_ufrag: str) -> None:
        """New credentials (RFC 8445 section 9); the ones before stay valid until the next restart."""
        if self._earlier is not None:
            self._ice.forget(self._earlier[0])
        self._earlier = (self.local_ufrag, self.local_password, self.remote_ufrag)
        self.local_ufrag, self.local_password = secrets.token_hex(4), secrets.token_hex(12)
        self.remote_ufrag = remote_ufrag
        self._ice.add(self)

    def touch(self, now_s: float) -> None:
        self._alive_s = now_s

    def is_silent(self, now_s: float) -> bool:
        if self._heard:
            self._heard, self._alive_s = False, now_s
        if not self.is_connected:  # checks alone do not keep a session: the handshake has to end
            return now_s - self._made_s > self._connect_timeout_s
        return now_s - self._alive_s > self._consent_timeout_s

    def has_left(self) -> bool:
        """Asked when it is heard from another of its addresses: nothing came from the chosen one since the last time.

        Once is no sign: what overtook another on the way looks the same.
        """
        settled, self._is_settled = self._is_settled, False
        return not settled

    def select_address(self, address: bytes) -> None:
        self.address = address
        self._is_settled = True
        ffi.memmove(self.address_memory, address, len(address))
        if not self._started:
            self._started = True
            self.dtls.start()

    # --- in

    def receive_dtls(self, data: bytes) -> None:
        self.dtls.receive(data)

    def receive_srtp(self, packet: Any, length: Any, view: memoryview, address: bytes, *, rtcp: bool) -> None:
        session, handler = self.dtls.rx, self.handler
        if session is None or handler is None:
            return
        source = bytes(view[4:8] if rtcp else view[8:12])
        is_known = source in self._sources
        if not is_known and len(self._sources) >= self.MAX_SOURCES:
            self.failures += 1
            return
        if not rtcp:
            quiet = self.quiet.get(source)
            if quiet is not None and quiet.passes_over(view, length[0]):
                self._port.sieve.learn(self, address, view, quiet)
                return
        if (unprotect_rtcp if rtcp else unprotect)(session, packet, length):
            self.failures += 1  # forged, repeated or damaged
            return
        if not is_known:
            self._sources.add(source)
        self._heard = True
        if address == self.address:
            self._is_settled = True
        elif self.has_left():
            self._ice.follow(self, address)
        if rtcp:
            handler.received_rtcp(view[: length[0]])
        else:
            handler.received_rtp(view[: length[0]])

    # --- out

    def send_rtp(self, packet: bytes) -> None:
        self._send_sealed(protect, packet)

    def send_rtcp(self, packet: bytes) -> None:
        self._send_sealed(protect_rtcp, packet)

    def _send_sealed(self, function: Callable[[Any, Any, Any], int], packet: bytes) -> None:
        session, address = self.dtls.tx, self.address
        if session is None or address is None:
            return
        sealed = self._scratch.seal(function, session, packet)
        if sealed is None:
            self.failures += 1
            return
        self._port.send(sealed, address)

    def _send_dtls(self, data: bytes) -> None:
        if self.address is None:
            return
        self._port.send(data, self.address)
        if self.dtls.client and self._second_hello is None:
            loop = asyncio.get_running_loop()
            self._second_hello = loop.call_later(self.SECOND_HELLO_S, self._repeat_hello, data)

    def _repeat_hello(self, data: bytes) -> None:
        if self.dtls.state is DtlsState.CONNECTING and self.address is not None:
            self._port.send(data, self.address)

    # --- life

    def _on_dtls_state(self, state: DtlsState) -> None:
        if state is DtlsState.CONNECTED and self.handler is not None:
            self.handler.connected()
        elif state is DtlsState.CLOSED:
            self.close()

    def close(self) -> None:
        """Tell the other side, forget the keys and the addresses. Idempotent."""
        if self._closed:
            return
        self._closed = True
        if self._second_hello is not None:
            self._second_hello.cancel()
        # The handler first: it takes this peer out of every batch while its session is still valid memory.
        handler, self.handler = self.handler, None
        if handler is not None:
            handler.closed()
        self.dtls.close()
        self._port.sieve.forget(self)
        self._ice.remove(self)
