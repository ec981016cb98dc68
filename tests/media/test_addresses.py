"""Raw socket addresses, as the kernel reads and writes them."""

import socket
from ipaddress import ip_address

import pytest

from livehub.media import addresses
from livehub.media.port import open_socket


@pytest.mark.parametrize(
    ("family", "ip", "size"),
    [
        (socket.AF_INET, "192.0.2.7", 16),
        (socket.AF_INET6, "2001:db8::7", 28),
        (socket.AF_INET6, "192.0.2.7", 28),  # mapped, on a dual-stack socket
    ],
)
def test_pack_and_unpack(family: int, ip: str, size: int) -> None:
    packed = addresses.pack(family, ip_address(ip), 8443)
    assert len(packed) == size
    assert addresses.unpack(packed) == (ip_address(ip), 8443)


def test_local_ips_are_addresses_one_can_send_to() -> None:
    found = [ip_address(ip) for ip in addresses.local_ips()]
    assert found
    assert not any(ip.is_unspecified or ip.is_link_local for ip in found)
    assert len(found) == 1 or not any(ip.is_loopback for ip in found)


def test_loopback_alone_is_bound_to_loopback_and_the_world_to_both_families() -> None:
    with open_socket(("127.0.0.1",), 0) as made:
        assert made.getsockname()[0] == "127.0.0.1"
    with open_socket(("203.0.113.5",), 0) as made:
        assert made.getsockname()[0] in {"::", "0.0.0.0"}
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.sendto(b"four", ("127.0.0.1", made.getsockname()[1]))
        made.settimeout(2)
        assert made.recv(100) == b"four"
