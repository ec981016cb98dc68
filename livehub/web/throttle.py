"""How much one address may change: before anything is read, so that nobody fills tables, disks or the stage alone.

What somebody may do as themselves is limited by the domains; this is for those who are many people at once.
"""

from typing import Final

from aiohttp import web

from livehub.clock import Clock
from livehub.ratelimit import LOCAL, TokenBuckets
from livehub.web.auth import SAFE_METHODS, client_address
from livehub.web.openapi import API
from livehub.web.problem import Handler

#: a school or a company behind one address comes at once: some requests each; nobody types as fast as the rate
BURST: Final = 1200
PER_S: Final = 40
#: signed by their senders, who are few and send for many; sockets have limits of their own
_EXEMPT: Final = (f"{API}/webhooks/payments/", "/socket.io/")


class Throttle:
    """Requests of this machine itself are not counted: whoever can send those can do anything else too."""

    def __init__(self, clock: Clock) -> None:
        self._changes = TokenBuckets(clock, PER_S, BURST)

    def check(self, request: web.Request) -> None:
        """Raises: RateLimited."""
        if request.method in SAFE_METHODS or request.path.startswith(_EXEMPT):
            return
        address = client_address(request)
        if address != LOCAL:
            self._changes.take(address)


THROTTLE: web.AppKey[Throttle] = web.AppKey("throttle", Throttle)


@web.middleware
async def throttle_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    request.app[THROTTLE].check(request)
    return await handler(request)
