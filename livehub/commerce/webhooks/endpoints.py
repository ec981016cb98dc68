"""Where merchants want to be told: webhook endpoints, each with a secret of its own, shown once."""

import base64
import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from livehub.accounts.principal import Principal
from livehub.clock import Clock
from livehub.commerce.catalog.shop import Shop
from livehub.commerce.errors import EndpointNotFound, UrlRefused
from livehub.commerce.signature import SECRET_PREFIX
from livehub.commerce.webhooks.events import EVENTS
from livehub.commerce.webhooks.ports import Endpoint, EndpointStore
from livehub.errors import Conflict, InvalidInput
from livehub.ids import new_id

MAX_URL_CHARS: Final = 2000
MAX_PER_STORE: Final = 10
#: how long a replaced secret may go on signing
MAX_KEEP_OLD_S: Final = 7 * 24 * 3600


class Endpoints:
    """What an address resolves to is checked when something is sent there, each time (:mod:`livehub.egress`)."""

    def __init__(self, store: EndpointStore, shop: Shop, clock: Clock) -> None:
        self._store = store
        self._shop = shop
        self._clock = clock

    async def add(self, principal: Principal, store_id: str, url: str, events: Sequence[str] = ()) -> Endpoint:
        """``events``: types of the catalogue; none, all of them.

        Raises: StoreNotFound, Forbidden, UrlRefused, InvalidInput, Conflict (``too_many_endpoints``).
        """
        store = await self._shop.own_store(principal, store_id)
        check_url(url)
        wanted = check_events(events)
        if len(await self._store.of_stores([store.id])) >= MAX_PER_STORE:
            raise Conflict(f"A store has at most {MAX_PER_STORE} webhook endpoints", code="too_many_endpoints")
        endpoint = Endpoint(new_id("whe"), store.id, url, new_signing_secret(), self._clock.now_ms(), wanted)
        await self._store.add(endpoint)
        return endpoint

    async def of(self, principal: Principal) -> list[Endpoint]:
        """Those of all the caller's stores."""
        stores = await self._shop.stores_of(principal)
        return await self._store.of_stores([store.id for store in stores]) if stores else []

    async def own(self, principal: Principal, endpoint_id: str) -> Endpoint:
        """Raises: EndpointNotFound, also for somebody else's."""
        for endpoint in await self.of(principal):
            if endpoint.id == endpoint_id:
                return endpoint
        raise EndpointNotFound

    async def change(
        self, principal: Principal, endpoint_id: str, url: str | None, events: Sequence[str] | None
    ) -> Endpoint:
        """Raises: EndpointNotFound, UrlRefused, InvalidInput."""
        endpoint = await self.own(principal, endpoint_id)
        if url is not None:
            check_url(url)
            endpoint = replace(endpoint, url=url)
        if events is not None:
            endpoint = replace(endpoint, events=check_events(events))
        await self._store.change(endpoint)
        return endpoint

    async def rotate(self, principal: Principal, endpoint_id: str, keep_old_s: int) -> Endpoint:
        """A new secret; the old one signs too for ``keep_old_s``, so that nothing is refused meanwhile.

        Raises: EndpointNotFound.
        """
        endpoint = await self.own(principal, endpoint_id)
        until = self._clock.now_ms() + keep_old_s * 1000
        endpoint = replace(endpoint, secret=new_signing_secret(), previous_secret=endpoint.secret, previous_until=until)
        await self._store.change(endpoint)
        return endpoint

    async def delete(self, principal: Principal, endpoint_id: str) -> None:
        """Raises: EndpointNotFound, also for somebody else's."""
        await self._store.delete((await self.own(principal, endpoint_id)).id)


def new_signing_secret() -> str:
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def check_events(events: Sequence[str]) -> str:
    """As an endpoint keeps them. Raises: InvalidInput for a type that is not in the catalogue."""
    unknown = sorted(set(events) - EVENTS.keys())
    if unknown:
        raise InvalidInput(f'"{unknown[0][:40]}" is no type of the catalogue (GET /webhook-events)', field="events")
    return " ".join(sorted(set(events)))


def check_url(url: str) -> None:
    """Raises: UrlRefused unless it is http(s) with a host, and without a user name or a fragment."""
    try:
        parts = urlsplit(url)
        port_ok = parts.port is None or 1 <= parts.port <= 65535
    except ValueError:
        raise UrlRefused("This is not a URL", field="url") from None
    printable = len(url) <= MAX_URL_CHARS and url.isascii() and url.isprintable() and " " not in url
    if not printable or not port_ok or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UrlRefused("Give a URL that begins with https:// (or http://) and a host name", field="url")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise UrlRefused("Leave user name, password and fragment out of the URL", field="url")
