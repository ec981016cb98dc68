"""A UDP socket of its own for one session that this server opens."""

import asyncio
import logging
import socket
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address
from typing import Final

from livehub.media.restream.ice import Address

log = logging.getLogger(__name__)

#: a keyframe leaves in one burst
SEND_BUFFER_BYTES: Final = 4 << 20
#: datagrams read before others on the loop get their turn
_BATCH: Final = 64


class UdpSocket:
    """Dual-stack where the machine is; ``receive`` gets each datagram on the event loop."""

    def __init__(self, receive: Callable[[bytes, Address], None]) -> None:
        self._receive = receive
        self._socket, self._is_dual = _open()
        self.port: int = self._socket.getsockname()[1]
        #: not sent because the socket's buffer was full, or refused by the network
        self.dropped = self.errors = 0
        asyncio.get_running_loop().add_reader(self._socket.fileno(), self._on_readable)

    def send(self, data: bytes, address: Address) -> None:
        """One datagram, now or never."""
        ip, port = address
        host = f"::ffff:{ip}" if self._is_dual and ip.version == 4 else str(ip)
        try:
            self._socket.sendto(data, (host, port))
        except (BlockingIOError, InterruptedError):
            self.dropped += 1
        except OSError as error:  # no route to one candidate must not end the checks of the others
            self.errors += 1
            log.debug("datagram not sent: %s", error.strerror)

    def close(self) -> None:
        """Idempotent."""
        if self._socket.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self._socket.fileno())
            self._socket.close()

    def _on_readable(self) -> None:
        for _ in range(_BATCH):
            if self._socket.fileno() < 0:
                return
            try:
                data, name = self._socket.recvfrom(2048)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:  # an ICMP error to an earlier datagram: consent tells whether the path is gone
                self.errors += 1
                continue
            ip = ip_address(name[0].partition("%")[0])
            mapped = ip.ipv4_mapped if isinstance(ip, IPv6Address) else None
            if data:
                self._receive(data, (mapped or ip, name[1]))


def _open() -> tuple[socket.socket, bool]:
    try:
        made = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    except OSError:  # a kernel without IPv6
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        made.bind(("0.0.0.0", 0))
        return made, False
    try:
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        made.bind(("::", 0))
    except OSError:
        made.close()
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        made.bind(("0.0.0.0", 0))
        return made, False
    return made, True
