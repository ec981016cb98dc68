"""Connections to addresses that people typed in: only to the public internet, whatever a name resolves to.

The check happens where the connection is made: the resolver hands the connector only addresses that passed, and the
connector connects to exactly those; what is no HTTP gets them from :func:`find_addresses`. A name that resolves
differently the next moment (DNS rebinding) gains nothing, and redirects are not followed unchecked. Against
server-side request forgery (OWASP SSRF Prevention Cheat Sheet).
"""

import ipaddress
import socket
from typing import Final

from aiohttp import ClientResponse, ClientSession, ClientTimeout, TCPConnector, ThreadedResolver
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

#: addresses that lead to IPv4 ones through a gateway: what they lead to cannot be seen here
_TRANSLATED: Final = tuple(ipaddress.ip_network(net) for net in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16"))


class AddressRefused(OSError):
    """The name leads to an address that is not of the public internet."""


def is_public(address: str) -> bool:
    """Whether ``address`` (an IP literal) is one of the public internet."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        if any(ip in net for net in _TRANSLATED):
            return False
        # Site-local ones (deprecated by RFC 3879) are routed where somebody still has them; of reserved ones nobody
        # in public has any.
        if ip.is_site_local or ip.is_reserved:
            return False
    return ip.is_global and not ip.is_multicast


class PublicResolver(AbstractResolver):
    """Resolves as ``inner`` does, and refuses names of which any address is not public."""

    def __init__(self, inner: AbstractResolver | None = None) -> None:
        self._inner = inner or ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Raises: AddressRefused; OSError when the name is unknown."""
        found = await self._inner.resolve(host, port, family)
        if not found or not all(is_public(result["host"]) for result in found):
            raise AddressRefused(f"{host} is not on the public internet")
        return found

    async def close(self) -> None:
        await self._inner.close()


def check_literal(url: str) -> None:
    """Connectors do not ask the resolver about IP literals: they are checked here, as aiohttp reads them.

    By the host that it connects to, not by the one that is written: ``①②⑦。0.0.1`` is 127.0.0.1 once it is
    normalised (UTS 46). Raises: AddressRefused.
    """
    try:
        host = (URL(url).raw_host or "").rstrip(".")
    except ValueError:
        raise AddressRefused("this is no address") from None
    # What aiohttp.helpers.is_ip_address takes for one, and so never resolves.
    if (":" in host or host.replace(".", "").isdigit()) and not is_public(host):
        raise AddressRefused(f"{host} is not on the public internet")


async def find_addresses(host: str, port: int, *, guarded: bool, resolver: AbstractResolver | None = None) -> list[str]:
    """IP addresses to connect to: those that ``host`` (a name or a literal) has right now, in the resolver's order.

    Raises:
        AddressRefused: ``guarded``, and one of them is not of the public internet.
        OSError: the name is unknown.
    """
    try:
        literal = str(ipaddress.ip_address(host))
    except ValueError:
        inner = resolver or ThreadedResolver()
        chosen = PublicResolver(inner) if guarded else inner
        found = await chosen.resolve(host, port, socket.AF_UNSPEC)
        return list(dict.fromkeys(result["host"] for result in found))
    if guarded and not is_public(literal):
        raise AddressRefused(f"{host} is not on the public internet")
    return [literal]


async def read_at_most(response: ClientResponse, octets: int) -> bytes:
    """The body up to ``octets``: all that comes, in however many pieces. One ``read`` gives what one piece brought."""
    body = b""
    while len(body) < octets and (more := await response.content.read(octets - len(body))):
        body += more
    return body


def open_session(*, timeout_s: float, resolver: AbstractResolver | None) -> ClientSession:
    """A client without cookies, proxies or a cache of names; ``resolver`` None: any address (our own server's)."""
    return ClientSession(
        connector=TCPConnector(resolver=resolver, use_dns_cache=False, limit=64, force_close=True),
        timeout=ClientTimeout(total=timeout_s, connect=timeout_s / 2),
        auto_decompress=False,
        trust_env=False,
    )
