"""Socket addresses as the kernel writes them, and the addresses of this machine.

The port keeps a peer's address as the raw ``sockaddr`` it received: it serves as dictionary key and, unchanged, as the
destination. A dual-stack socket writes IPv4 addresses as mapped IPv6 ones, so one length serves all peers of a port.
"""

import fcntl
import ipaddress
import socket
import struct
from pathlib import Path

_IPV4 = struct.Struct("=H2s4s8x")
_IPV6 = struct.Struct("=H2sI16sI")
_SIOCGIFADDR = 0x8915

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


def pack(family: int, ip: IpAddress, port: int) -> bytes:
    """``sockaddr_in`` or ``sockaddr_in6`` for a socket of ``family``; IPv4 on a dual-stack socket is mapped."""
    if family == socket.AF_INET:
        return _IPV4.pack(socket.AF_INET, port.to_bytes(2, "big"), ip.packed)
    packed = ip.packed if ip.version == 6 else bytes(10) + b"\xff\xff" + ip.packed
    return _IPV6.pack(socket.AF_INET6, port.to_bytes(2, "big"), 0, packed, 0)


def unpack(address: bytes) -> tuple[IpAddress, int]:
    """The address and port of a raw ``sockaddr``; mapped IPv4 addresses come out as IPv4."""
    if len(address) == _IPV4.size:
        _, port, packed = _IPV4.unpack(address)
        return ipaddress.IPv4Address(packed), int.from_bytes(port, "big")
    _, port, _, packed, _ = _IPV6.unpack(address)
    ip = ipaddress.IPv6Address(packed)
    return ip.ipv4_mapped or ip, int.from_bytes(port, "big")


def local_ips() -> tuple[str, ...]:
    """Addresses that browsers can reach, IPv4 first; loopback only where there is nothing else."""
    found = [*_ipv4_addresses(), *_ipv6_addresses()]
    usable = [ip for ip in found if not ip.is_loopback and not ip.is_link_local]
    return tuple(dict.fromkeys(str(ip) for ip in usable)) or ("127.0.0.1",)


def _ipv4_addresses() -> list[IpAddress]:
    found: list[IpAddress] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for _, name in socket.if_nameindex():
            try:
                answer = fcntl.ioctl(probe, _SIOCGIFADDR, struct.pack("256s", name.encode()[:15]))
            except OSError:  # an interface without an IPv4 address
                continue
            found.append(ipaddress.IPv4Address(answer[20:24]))
    return found


def _ipv6_addresses() -> list[IpAddress]:
    table = Path("/proc/net/if_inet6")
    if not table.exists():
        return []
    return [ipaddress.IPv6Address(bytes.fromhex(line.split()[0])) for line in table.read_text().splitlines()]
