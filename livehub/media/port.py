"""The one UDP port of a media worker: datagrams in by the batch, told apart, and out by the batch.

It knows bytes and addresses only. What a datagram means is told by its first byte (RFC 7983), whose it is by its
address, which the ICE agent has authenticated; everything else is counted and dropped.
"""

import asyncio
import errno
import logging
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Protocol

import numpy as np

from livehub.media import segments
from livehub.media.sieve import Sieve
from livehub.media.syscalls import MAX_MESSAGES, MSG_DONTWAIT, WOULD_BLOCK, address_of, ffi, libc
from livehub.media.transport import length_pointer, packet_pointer

log = logging.getLogger(__name__)

_SO_SNDBUFFORCE, _SO_RCVBUFFORCE = 32, 33
#: the kernel's default of 212 KB loses packets when a keyframe comes from many at once
SOCKET_BUFFER_BYTES = 16 << 20
#: ``struct mmsghdr`` in words of four bytes, and where it keeps the size of what came
_MESSAGE_WORDS, _SIZE_AT = ffi.sizeof("struct mmsghdr") // 4, ffi.offsetof("struct mmsghdr", "msg_len") // 4


class Datagrams(Protocol):
    """Who gets what the port receives; implemented by :class:`livehub.media.ice_lite.IceLite`."""

    def peer_at(self, address: bytes) -> "PeerInput | None": ...

    def receive_stun(self, data: bytes, address: bytes) -> None: ...


class PeerInput(Protocol):
    def receive_dtls(self, data: bytes) -> None: ...

    def receive_srtp(self, packet: Any, length: Any, view: memoryview, address: bytes, *, rtcp: bool) -> None: ...


@dataclass(slots=True)
class PortCounters:
    stun: int = 0
    dtls: int = 0
    rtp: int = 0
    rtcp: int = 0
    #: of RTP and RTCP, with headers
    octets: int = 0
    unknown: int = 0
    failed: int = 0
    sent: int = 0
    #: of media: fan-outs without the seal of SRTP, all else with it
    octets_sent: int = 0
    send_calls: int = 0
    #: not sent because the socket's buffer was full
    dropped: int = 0
    send_errors: int = 0
    #: groups of datagrams that the kernel would not take as one: each was sent by itself
    groups_refused: int = 0


class MediaPort:
    """Owns the socket. ``start`` and ``close`` are its whole life."""

    BATCH = 128
    ROW = 2048
    #: batches read before timers and HTTP get their turn, and datagrams of them that were looked at: silence that is
    #: passed over costs little, and the more that has to be sent is found at once, the less each costs
    MAX_BATCHES = 8
    MAX_LOOKED_AT = 256

    def __init__(self, ips: tuple[str, ...], port: int) -> None:
        self._socket = open_socket(ips, port)
        self.family = self._socket.family
        self.port: int = self._socket.getsockname()[1]
        self.address_size = 28 if self.family == socket.AF_INET6 else 16
        #: whether the kernel takes several datagrams of one address as one
        self.takes_groups = segments.is_supported(self.family)
        self.counters = PortCounters()
        self._fd = self._socket.fileno()
        self._receiver: Datagrams | None = None
        self._after_batch: Callable[[], None] | None = None
        self._rows()

    def _rows(self) -> None:
        """Memory for one batch, with every pointer made once."""
        count, size = self.BATCH, self.address_size
        self._memory = ffi.new("uint8_t[]", count * self.ROW)
        self._names = ffi.new("uint8_t[]", count * size)
        self._vectors = ffi.new("struct iovec[]", count)
        self._messages = ffi.new("struct mmsghdr[]", count)
        for row in range(count):
            self._vectors[row].iov_base = self._memory + row * self.ROW
            self._vectors[row].iov_len = self.ROW
            header = self._messages[row].msg_hdr
            header.msg_name, header.msg_namelen = self._names + row * size, size
            header.msg_iov, header.msg_iovlen = self._vectors + row, 1
        view = memoryview(ffi.buffer(self._memory))
        names = memoryview(ffi.buffer(self._names))
        start = address_of(self._memory)
        self._views = [view[row * self.ROW : (row + 1) * self.ROW] for row in range(count)]
        self._addresses = [names[row * size : (row + 1) * size] for row in range(count)]
        self._pointers = [packet_pointer(start + row * self.ROW) for row in range(count)]
        self._length = ffi.new("int *")
        self._length_pointer = length_pointer(address_of(self._length))
        rows = np.frombuffer(view, np.uint8).reshape(count, self.ROW)
        self.sieve = Sieve(rows, np.frombuffer(names, np.uint8).reshape(count, size))
        self._sizes = np.frombuffer(ffi.buffer(self._messages), np.uint32)[_SIZE_AT::_MESSAGE_WORDS]

    def start(self, receiver: Datagrams, after_batch: Callable[[], None]) -> None:
        """``after_batch`` is called when the datagrams of one system call have all been handed over."""
        self._receiver = receiver
        self._after_batch = after_batch
        asyncio.get_running_loop().add_reader(self._fd, self._on_readable)

    def close(self) -> None:
        """Idempotent. Nothing is received or sent afterwards."""
        if self._fd < 0:
            return
        if self._receiver is not None:
            asyncio.get_running_loop().remove_reader(self._fd)
            self._receiver = None
        self._fd = -1
        self._socket.close()

    def _on_readable(self) -> None:
        looked_at = 0
        for _ in range(self.MAX_BATCHES):
            received = libc.recvmmsg(self._fd, self._messages, self.BATCH, MSG_DONTWAIT, ffi.NULL)
            rows = self._sift(received)
            looked_at += len(rows)
            for row in rows:
                try:
                    self._dispatch(row, self._messages[row].msg_len)
                except Exception:
                    # One peer's datagram must not cost the others theirs. This is a defect of ours: report it.
                    self.counters.failed += 1
                    log.exception("a datagram could not be handled")
            if received < self.BATCH or looked_at + self.BATCH > self.MAX_LOOKED_AT or self._fd < 0:
                break
        # Once for all that had come: a server that is busy finds more each time, and sends more at once.
        self._end_batch()

    def _sift(self, received: int) -> Sequence[int]:
        """The rows to look at. Silence that nobody gets is counted as what it is, and done with."""
        rows = self.sieve.sift(received, self._sizes)
        passed = received - len(rows)
        if passed > 0:
            self.counters.rtp += passed
            self.counters.octets += int(self._sizes[:received].sum()) - int(self._sizes[rows].sum())
        return rows

    def _end_batch(self) -> None:
        if self._after_batch is None:
            return
        try:
            self._after_batch()
        except Exception:
            self.counters.failed += 1
            log.exception("a batch could not be sent")

    def _dispatch(self, row: int, size: int) -> None:
        """Tell STUN, DTLS and SRTP apart by RFC 7983 section 7, RTP and RTCP by RFC 5761 section 4."""
        receiver, counters = self._receiver, self.counters
        if receiver is None or size < 12:
            counters.unknown += 1
            return
        view, address = self._views[row], bytes(self._addresses[row])
        first = view[0]
        if first < 4:
            counters.stun += 1
            receiver.receive_stun(bytes(view[:size]), address)
            return
        peer = receiver.peer_at(address)
        if peer is None:
            counters.unknown += 1
        elif 127 < first < 192:
            rtcp = 64 <= view[1] & 0x7F < 96
            if rtcp:
                counters.rtcp += 1
            else:
                counters.rtp += 1
            counters.octets += size
            self._length[0] = size
            peer.receive_srtp(self._pointers[row], self._length_pointer, view, address, rtcp=rtcp)
        elif 19 < first < 64:
            counters.dtls += 1
            peer.receive_dtls(bytes(view[:size]))
        else:
            counters.unknown += 1

    def send(self, data: bytes, address: bytes) -> None:
        """One datagram, now or never: a full buffer drops it, as a full queue in the network would."""
        if self._fd >= 0:
            self._send_one(data, len(data), address, len(address))

    def _send_one(self, data: Any, size: int, address: Any, address_size: int) -> None:
        if libc.sendto(self._fd, data, size, MSG_DONTWAIT, address, address_size) >= 0:
            self.counters.sent += 1
            self.counters.octets_sent += size
        elif ffi.errno in WOULD_BLOCK:
            self.counters.dropped += 1
        else:
            self.counters.send_errors += 1

    def send_batch(self, messages: Any, count: int, datagrams: int) -> None:
        """``count`` entries of a ``struct mmsghdr`` array, together ``datagrams``. A destination that fails is skipped.

        An entry with several vectors is a group (:mod:`livehub.media.segments`), one with a single vector a datagram.
        """
        if self._fd < 0:
            return
        counters, done = self.counters, 0
        while done < count:
            sent = libc.sendmmsg(self._fd, messages + done, min(count - done, MAX_MESSAGES), MSG_DONTWAIT)
            counters.send_calls += 1
            if sent > 0:
                done += sent
                continue
            reason, header = ffi.errno, messages[done].msg_hdr
            if reason in WOULD_BLOCK:
                unsent = sum(messages[index].msg_hdr.msg_iovlen for index in range(done, count))
                counters.dropped += unsent
                done = count
            else:  # the first of the rest: unreachable, or refused by a firewall
                unsent = header.msg_iovlen
                done += 1
                if unsent > 1 and reason in segments.REFUSED:
                    self._send_singly(header, reason)
                else:
                    counters.send_errors += unsent
            datagrams -= unsent
        counters.sent += datagrams

    def _send_singly(self, header: Any, reason: int) -> None:
        """The datagrams of a group that was refused as one. A narrow path concerns one viewer, EIO the interface."""
        self.counters.groups_refused += 1
        if reason == errno.EIO and self.takes_groups:
            self.takes_groups = False
            log.warning("datagrams are sent singly from now on: the network interface takes no groups (UDP_SEGMENT)")
        for index in range(header.msg_iovlen):
            vector = header.msg_iov[index]
            self._send_one(vector.iov_base, vector.iov_len, header.msg_name, header.msg_namelen)


def open_socket(ips: tuple[str, ...], port: int) -> socket.socket:
    """Dual-stack where the machine has IPv6; bound to loopback alone when only loopback is offered.

    Raises:
        OSError: the port is taken, or an address is not of this machine.
    """
    loopback = bool(ips) and all(ip_address(ip).is_loopback for ip in ips)
    only_ipv4 = all(ip_address(ip).version == 4 for ip in ips)
    if not socket.has_ipv6 or (loopback and only_ipv4):
        return _bound(socket.AF_INET, "127.0.0.1" if loopback else "0.0.0.0", port)
    try:
        return _bound(socket.AF_INET6, "::1" if loopback and len(ips) == 1 else "::", port)
    except OSError:
        if not only_ipv4:
            raise
        return _bound(socket.AF_INET, "0.0.0.0", port)  # IPv6 is switched off in the kernel


def _bound(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    made = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    try:
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        for forced, plain in ((_SO_RCVBUFFORCE, socket.SO_RCVBUF), (_SO_SNDBUFFORCE, socket.SO_SNDBUF)):
            try:
                made.setsockopt(socket.SOL_SOCKET, forced, SOCKET_BUFFER_BYTES)
            except PermissionError:  # without CAP_NET_ADMIN: up to net.core.rmem_max
                made.setsockopt(socket.SOL_SOCKET, plain, SOCKET_BUFFER_BYTES)
        made.bind((host, port))
    except BaseException:
        made.close()
        raise
    return made
