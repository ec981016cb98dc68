"""Where merchants want to be told: webhook endpoints, each with a secret of its own, shown once."""

import base64
import secrets
from typing import Final
from urllib.parse import urlsplit

from livehub.accounts.principal import Principal
from livehub.clock import Clock
from livehub.commerce.errors import EndpointNotFound, UrlRefused
from livehub.commerce.ports import Endpoint, EndpointStore
from livehub.commerce.shop import Shop
from livehub.commerce.signature import SECRET_PREFIX
from livehub.errors import Conflict
from livehub.ids import new_id

MAX_URL_CHARS: Final = 2000
MAX_PER_STORE: Final = 10


class Endpoints:
    """What an address resolves to is checked when something is sent there, each time (:mod:`livehub.egress`)."""

    def __init__(self, store: EndpointStore, shop: Shop, clock: Clock) -> None:
        self._store = store
        self._shop = shop
        self._clock = clock

    async def add(self, principal: Principal, store_id: str, url: str) -> Endpoint:
        """Raises: StoreNotFound, Forbidden, UrlRefused, Conflict (``too_many_endpoints``)."""
        store = await self._shop.own_store(principal, store_id)
        check_url(url)
        if len(await self._store.of_stores([store.id])) >= MAX_PER_STORE:
            raise Conflict(f"A store has at most {MAX_PER_STORE} webhook endpoints", code="too_many_endpoints")
        secret = SECRET_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()
        endpoint = Endpoint(new_id("whe"), store.id, url, secret, self._clock.now_ms())
        await self._store.add(endpoint)
        return endpoint

    async def of(self, principal: Principal) -> list[Endpoint]:
        """Those of all the caller's stores."""
        stores = await self._shop.stores_of(principal)
        return await self._store.of_stores([store.id for store in stores]) if stores else []

    async def delete(self, principal: Principal, endpoint_id: str) -> None:
        """Raises: EndpointNotFound, also for somebody else's."""
        if endpoint_id not in {endpoint.id for endpoint in await self.of(principal)}:
            raise EndpointNotFound
        await self._store.delete(endpoint_id)


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
