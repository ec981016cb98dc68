"""Who is connected: counted by address before anybody is known, found by identity afterwards."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from livehub.clock import Clock
from livehub.errors import RateLimited, Unavailable
from livehub.ratelimit import LOCAL, TokenBuckets, counted_by
from livehub.signalling.limits import Limits
from livehub.signalling.links import Batch, Link
from livehub.signalling.member import Connection
from livehub.signalling.sequence import encode

_ADDRESS: Final = web.RequestKey("address", str)


def client_address(request: web.Request) -> str:
    """The address that limits count by; what connects from this machine without a proxy is not limited by it."""
    # Asked for three times on the way in.
    known = request.get(_ADDRESS)
    if known is None:
        known = request[_ADDRESS] = counted_by(request.remote, request.headers.getall("X-Forwarded-For", ()))
    return known


class Connections:
    def __init__(self, limits: Limits, clock: Clock) -> None:
        self._limits = limits
        self._connects = TokenBuckets(clock, limits.connects_per_s, limits.connects_burst)
        self._addresses: dict[str, str] = {}
        self._per_address: Counter[str] = Counter()
        #: links that nobody has come through yet, with when that began (loop time)
        self._waiting: dict[str, tuple[Link, float]] = {}
        self._by_sid: dict[str, Connection] = {}
        self._by_identity: dict[str, dict[Connection, None]] = {}

    def __len__(self) -> int:
        return len(self._addresses)

    def check(self, request: web.Request) -> None:
        """May one more connection come from there? Raises: RateLimited; Unavailable when the server is full."""
        if len(self._addresses) >= self._limits.max_connections:
            raise Unavailable("This server has as many connections as it takes", code="too_many_connections")
        address = client_address(request)
        if address == LOCAL:
            return
        if self._per_address[address] >= self._limits.max_connections_per_address:
            raise RateLimited("Too many connections from this address", retry_after_s=10, code="too_many_connections")
        self._connects.take(address)

    # ---- links: transports, before anybody is known ----

    def opened(self, link: Link, request: web.Request) -> None:
        address = client_address(request)
        self._addresses[link.id] = address
        self._per_address[address] += 1
        self._waiting[link.id] = (link, asyncio.get_running_loop().time())

    def closed(self, link: Link) -> None:
        self._waiting.pop(link.id, None)
        address = self._addresses.pop(link.id, None)
        if address is not None:
            self._per_address[address] -= 1
            if not self._per_address[address]:
                del self._per_address[address]

    def cut_waiting(self) -> None:
        """End the connections through which nobody came in time."""
        latest = asyncio.get_running_loop().time() - self._limits.handshake_s
        for link, since in list(self._waiting.values()):
            if since < latest:
                link.cut()

    # ---- connections: people ----

    def add(self, connection: Connection) -> None:
        self._waiting.pop(connection.link.id, None)
        self._by_sid[connection.sid] = connection
        if connection.principal is not None:
            self._by_identity.setdefault(connection.principal.identity, {})[connection] = None

    def remove(self, sid: str) -> Connection | None:
        connection = self._by_sid.pop(sid, None)
        if connection is None:
            return None
        if connection.link.id in self._addresses:
            self._waiting[connection.link.id] = (connection.link, asyncio.get_running_loop().time())
        if connection.principal is not None:
            identity = connection.principal.identity
            of_identity = self._by_identity.get(identity, {})
            of_identity.pop(connection, None)
            if not of_identity:
                self._by_identity.pop(identity, None)
        return connection

    def get(self, sid: str) -> Connection | None:
        return self._by_sid.get(sid)

    def tell(self, identity: str, name: str, payload: Mapping[str, Any]) -> None:
        """An event without a number to every socket of one person, in whatever room."""
        batch = Batch([encode(name, payload)])
        for connection in self._by_identity.get(identity, ()):
            connection.link.write(batch)
