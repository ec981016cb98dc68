"""DTLS-SRTP for one peer: aiortc's transport without its tasks, libsrtp without its copies.

This is the only module that touches private names of aiortc and pylibsrtp; tests/media/test_contract.py holds them.
aiortc's :class:`RTCDtlsTransport` brings the certificate checks and the key derivation (RFC 5764). Its own pump needs a
task for each peer; here :meth:`DtlsSession.receive` is called with each datagram, and a timer repeats lost flights.
"""

import asyncio
import enum
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiortc.rtcdtlstransport import (
    SRTP_AEAD_AES_128_GCM,
    SRTP_AES128_CM_SHA1_80,
    SRTP_PROFILES,
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
    State,
)
from OpenSSL import SSL
from pylibsrtp._binding import ffi as srtp_ffi
from pylibsrtp._binding import lib as srtp

log = logging.getLogger(__name__)

#: GCM first: it costs 1.4 µs a packet less than SHA1 (docs/media.md), and 128 bits are what WebRTC asks for
PROFILES = [profile for profile in (SRTP_AEAD_AES_128_GCM, SRTP_AES128_CM_SHA1_80) if profile in SRTP_PROFILES]
#: aiortc's four, and the RSA suite that GStreamer's certificate needs
CIPHERS = (
    b"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-AES128-GCM-SHA256:"
    b"ECDHE-RSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA:ECDHE-RSA-AES128-SHA"
)
_MODE_RELEASE_BUFFERS = 0x10  # SSL_MODE_RELEASE_BUFFERS: 10 KB less for each idle connection
DTLS_MTU = 1200

#: ``protect(session, packet, length*) -> status``: 0 is success, any other is an error (srtp_err_status_t)
protect: Callable[[Any, Any, Any], int] = srtp.srtp_protect
protect_rtcp: Callable[[Any, Any, Any], int] = srtp.srtp_protect_rtcp
unprotect: Callable[[Any, Any, Any], int] = srtp.srtp_unprotect
unprotect_rtcp: Callable[[Any, Any, Any], int] = srtp.srtp_unprotect_rtcp
#: libsrtp appends at most this (SRTP_MAX_TRAILER_LEN, and the SRTCP index)
MAX_TRAILER = 16 + 128 + 4


def packet_pointer(address: int) -> Any:
    """``void *`` of libsrtp's binding at an address of another binding's memory, whose owner keeps it alive."""
    return srtp_ffi.cast("void *", address)


def length_pointer(address: int) -> Any:
    return srtp_ffi.cast("int *", address)


class Scratch:
    """Room for one packet, protected in place."""

    SIZE = 2048

    def __init__(self) -> None:
        self._memory = srtp_ffi.new("uint8_t[]", self.SIZE)
        self._view = memoryview(srtp_ffi.buffer(self._memory))
        self._length = srtp_ffi.new("int *")

    def seal(self, function: Callable[[Any, Any, Any], int], session: Any, packet: bytes) -> bytes | None:
        """``packet`` protected, or None when libsrtp refuses it: then nothing may be sent."""
        size = len(packet)
        if size + MAX_TRAILER > self.SIZE:
            return None
        self._view[:size] = packet
        self._length[0] = size
        if function(session, self._memory, self._length):
            return None
        return bytes(self._view[: self._length[0]])


class Certificate(RTCCertificate):
    """One certificate and one SSL context for all peers; aiortc makes a context for each (0.4 ms)."""

    def __init__(self, key: Any, cert: Any) -> None:
        super().__init__(key, cert)
        self.context = self._create_ssl_context(PROFILES)
        self.context.set_cipher_list(CIPHERS)
        self.context.set_mode(_MODE_RELEASE_BUFFERS)
        self.fingerprint = next(f.value for f in self.getFingerprints() if f.algorithm == "sha-256")


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Hash of a certificate as in ``a=fingerprint`` (RFC 8122)."""

    algorithm: str
    value: str


class DtlsState(enum.Enum):
    CONNECTING = enum.auto()
    CONNECTED = enum.auto()
    CLOSED = enum.auto()


class _NoTransport:
    """aiortc asks its transport for a role only in the pump, which is not used here."""

    role = "controlled"


def _ignore(_: object) -> None:
    """What a closed session calls."""


class DtlsSession:
    """The handshake, then the two SRTP sessions. Everything happens in :meth:`receive` and the timer; no task."""

    def __init__(
        self,
        certificate: Certificate,
        fingerprints: tuple[Fingerprint, ...],
        *,
        client: bool,
        send: Callable[[bytes], None],
        on_state: Callable[[DtlsState], None],
    ) -> None:
        self.state = DtlsState.CONNECTING
        self.client = client
        self._send = send
        self._on_state = on_state
        self._timer: asyncio.TimerHandle | None = None
        self._parameters = RTCDtlsParameters([RTCDtlsFingerprint(f.algorithm, f.value) for f in fingerprints])
        self._transport = RTCDtlsTransport(_NoTransport(), [certificate])  # type: ignore[arg-type]
        self._transport._srtp_profiles = PROFILES
        self._transport._set_role("client" if client else "server")
        ssl = self._ssl = self._transport._ssl = SSL.Connection(certificate.context)
        ssl.set_ciphertext_mtu(DTLS_MTU)
        if client:
            ssl.set_connect_state()
        else:
            ssl.set_accept_state()
        #: libsrtp's sessions (``srtp_t``); None until connected and after closing
        self.rx: Any = None
        self.tx: Any = None

    @property
    def profile(self) -> str:
        """Name of the negotiated SRTP profile; empty before the handshake is done."""
        chosen = self._ssl.get_selected_srtp_profile()
        return chosen.decode() if chosen else ""

    def start(self) -> None:
        """Send the first flight, if it is ours to send."""
        self._advance()

    def receive(self, datagram: bytes) -> None:
        """One datagram that begins like DTLS, from an address that ICE has authenticated. Never raises."""
        if self.state is DtlsState.CLOSED:
            return
        try:
            self._ssl.bio_write(datagram)
        except SSL.Error:
            return
        if self.state is DtlsState.CONNECTING:
            self._advance()
            return
        try:
            self._ssl.recv(2048)  # alerts, repeated flights; application data has no use here
        except SSL.ZeroReturnError:
            self.close()
            return
        except SSL.Error as error:
            log.debug("DTLS record passed over: %r", error)
        self._flush()

    def close(self) -> None:
        """Send close_notify and forget the keys. Idempotent."""
        if self.state is DtlsState.CLOSED:
            return
        self._cancel_timer()
        try:
            self._ssl.shutdown()
            self._flush()
        except SSL.Error as error:
            log.debug("DTLS closed before it was open: %r", error)
        self._end()

    def _advance(self) -> None:
        self._cancel_timer()
        try:
            self._ssl.do_handshake()
        except SSL.WantReadError:
            self._flush()
            self._arm_timer()
            return
        except SSL.Error as error:
            log.info("DTLS handshake failed: %r", error)
            self._flush()  # the alert tells the other side
            self._end()
            return
        self._flush()
        self._finish()

    def _finish(self) -> None:
        transport = self._transport
        try:
            transport._validate_peer_identity(self._parameters)
            if transport._state is not State.FAILED:
                transport._setup_srtp()
        except ValueError as error:  # a certificate that OpenSSL takes and cryptography does not
            log.info("DTLS peer refused: %r", error)
            self._end()
            return
        if transport._state is State.FAILED:
            log.info("DTLS peer refused: fingerprint or SRTP profile does not match")
            self._end()
            return
        self.rx, self.tx = transport._rx_srtp._srtp[0], transport._tx_srtp._srtp[0]
        self.state = DtlsState.CONNECTED
        self._on_state(self.state)

    def _end(self) -> None:
        self.state = DtlsState.CLOSED
        self.rx = self.tx = None
        tell = self._on_state
        # Whoever made this session is made of it too: without the circle, keys and buffers are freed at once.
        self._on_state, self._send = _ignore, _ignore
        tell(self.state)

    def _flush(self) -> None:
        """Send what OpenSSL wrote, cut between records: reading a memory BIO by size would cut through them."""
        try:
            data = self._ssl.bio_read(65536)
        except SSL.Error:
            return
        start = position = 0
        while position + 13 <= len(data):
            end = position + 13 + int.from_bytes(data[position + 11 : position + 13], "big")
            if end - start > DTLS_MTU and position > start:
                self._send(data[start:position])
                start = position
            position = end
        if start < len(data):
            self._send(data[start:])

    def _arm_timer(self) -> None:
        timeout = self._ssl.DTLSv1_get_timeout()
        if timeout is not None:
            self._timer = asyncio.get_running_loop().call_later(timeout + 0.005, self._repeat)

    def _repeat(self) -> None:
        self._timer = None
        if self.state is not DtlsState.CONNECTING:
            return
        try:
            self._ssl.DTLSv1_handle_timeout()
        except SSL.Error as error:
            log.info("DTLS handshake timed out: %r", error)
            self._end()
            return
        self._flush()
        self._arm_timer()

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
