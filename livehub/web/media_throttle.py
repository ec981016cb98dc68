"""How often WHIP and WHEP may be asked (RFC 9725 section 5): an offer costs the server far more than its sender."""

from aiohttp import web

from livehub.clock import Clock
from livehub.media.limits import MediaLimits
from livehub.ratelimit import LOCAL, TokenBuckets
from livehub.web.auth import client_address


class MediaThrottle:
    """By address before anything is looked up, by member before a body is read."""

    def __init__(self, clock: Clock, limits: MediaLimits) -> None:
        self._addresses = TokenBuckets(clock, limits.offers_per_address_per_s, limits.offers_per_address)
        self._offers = TokenBuckets(clock, limits.offers_per_member_per_s, limits.offers_per_member)
        self._changes = TokenBuckets(clock, limits.changes_per_member_per_s, limits.changes_per_member)

    def check_address(self, request: web.Request) -> None:
        """Raises: RateLimited."""
        address = client_address(request)
        if address != LOCAL:
            self._addresses.take(address)

    def check_offer(self, identity: str) -> None:
        """Raises: RateLimited."""
        self._offers.take(identity)

    def check_change(self, identity: str) -> None:
        """A PATCH or DELETE. Raises: RateLimited."""
        self._changes.take(identity)


MEDIA_THROTTLE: web.AppKey[MediaThrottle] = web.AppKey("media_throttle", MediaThrottle)
