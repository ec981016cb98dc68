"""Where requests to typed-in addresses may go."""

import socket

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.test_utils import TestServer

from livehub.egress import AddressRefused, PublicResolver, check_literal, find_addresses, is_public, open_session


class Answers(AbstractResolver):
    """A name server that says what it is told to."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=address, port=port, family=socket.AF_INET, proto=0, flags=0)
            for address in self.addresses
        ]

    async def close(self) -> None:
        """Holds nothing."""


@pytest.mark.parametrize("address", ["93.184.215.14", "8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8"])
def test_the_public_internet(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "240.0.0.1", "::1", "::", "fe80::1", "fe80::1%eth0",
        "fc00::1", "fd12::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::",
        "2001:db8::1", "fec0::1", "::7f00:1", "5f00::1", "localhost", "",
    ],
)  # fmt: skip
def test_everything_else(address: str) -> None:
    assert not is_public(address)


async def test_a_name_with_one_private_address_is_refused() -> None:
    with pytest.raises(AddressRefused):
        await PublicResolver(Answers("8.8.8.8", "127.0.0.1")).resolve("rebind.example", 80)
    with pytest.raises(AddressRefused):
        await PublicResolver(Answers()).resolve("empty.example", 80)
    assert [found["host"] for found in await PublicResolver(Answers("8.8.8.8")).resolve("x.example", 80)] == ["8.8.8.8"]


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "http://[::1]:8080/x", "https://[fe80::1]/", "http://10.0.0.1/"])
def test_literals_are_checked_too(url: str) -> None:
    with pytest.raises(AddressRefused):
        check_literal(url)
    check_literal("https://8.8.8.8/")
    check_literal("https://shop.example/")


@pytest.mark.parametrize("spelling", ["localhost", "127.1", "0x7f.0.0.1", "2130706433", "0177.0.0.1"])
async def test_no_spelling_of_loopback_gets_through(spelling: str) -> None:
    """A real server on loopback is not reached, however its address is written."""
    reached: list[str] = []

    async def handle(request: web.Request) -> web.Response:
        reached.append(request.path)
        return web.Response()

    app = web.Application()
    app.router.add_post("/", handle)
    async with TestServer(app) as server, open_session(timeout_s=5, resolver=PublicResolver()) as session:
        with pytest.raises((aiohttp.ClientError, OSError)):
            await session.post(f"http://{spelling}:{server.port}/", data=b"x")
    assert reached == []


@pytest.mark.parametrize("spelling", ["１２７.0.0.1", "127。0。0。1", "①②⑦.0.0.1", "127.0.0.²", "127.1", "2130706433"])
def test_literals_are_checked_as_they_are_connected_to(spelling: str) -> None:
    """aiohttp normalises a host first (UTS 46), and resolves nothing that is an address then."""
    with pytest.raises(AddressRefused):
        check_literal(f"http://{spelling}:8080/hook")


@pytest.mark.parametrize("url", ["http://[::1", "http://a:b/", "http://127.0.0.1\u00ad/"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        check_literal(url)


async def test_addresses_for_what_is_no_http_pass_the_same_check() -> None:
    public, mixed = Answers("8.8.8.8", "8.8.4.4", "8.8.8.8"), Answers("8.8.8.8", "10.0.0.1")
    assert await find_addresses("live.example", 1935, guarded=True, resolver=public) == ["8.8.8.8", "8.8.4.4"]
    with pytest.raises(AddressRefused):
        await find_addresses("live.example", 1935, guarded=True, resolver=mixed)
    assert await find_addresses("live.example", 1935, guarded=False, resolver=mixed) == ["8.8.8.8", "10.0.0.1"]
    for literal in ("127.0.0.1", "::1", "192.168.7.7"):
        with pytest.raises(AddressRefused):
            await find_addresses(literal, 1935, guarded=True)
        assert await find_addresses(literal, 1935, guarded=False) == [literal]
