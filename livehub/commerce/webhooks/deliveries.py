"""The log of what went to a merchant's endpoint, and sending it again."""

from typing import Final

import msgspec

from livehub.accounts.principal import Principal
from livehub.clock import Clock, iso
from livehub.commerce.errors import DeliveryNotFound
from livehub.commerce.webhooks.endpoints import Endpoints
from livehub.commerce.webhooks.events import TEST
from livehub.commerce.webhooks.ports import Delivery, DeliveryStore, Endpoint
from livehub.ids import new_id

#: what still waits, and what was settled in the last days, is in the log
STATES: Final = ("waiting", "delivered", "given_up")


class Deliveries:
    def __init__(self, store: DeliveryStore, endpoints: Endpoints, clock: Clock) -> None:
        self._store = store
        self._endpoints = endpoints
        self._clock = clock

    async def page(
        self, principal: Principal, endpoint_id: str, state: str | None, after: str | None, limit: int
    ) -> list[Delivery]:
        """Newest first; ``after``: the id that the last page ended on. Raises: EndpointNotFound."""
        endpoint = await self._endpoints.own(principal, endpoint_id)
        return await self._store.deliveries(endpoint.id, state, after, limit)

    async def replay(self, principal: Principal, endpoint_id: str, delivery_id: str) -> Delivery:
        """Again, now, with the same id and all attempts ahead. Raises: EndpointNotFound, DeliveryNotFound."""
        endpoint = await self._endpoints.own(principal, endpoint_id)
        again = await self._store.replay(endpoint.id, delivery_id, self._clock.now_ms())
        if again is None:
            raise DeliveryNotFound
        return again

    async def test(self, principal: Principal, endpoint_id: str) -> Delivery:
        """A message that says nothing, to see whether they arrive. Raises: EndpointNotFound."""
        endpoint: Endpoint = await self._endpoints.own(principal, endpoint_id)
        now = self._clock.now_ms()
        body = msgspec.json.encode({"type": TEST, "timestamp": iso(now), "data": {}}).decode()
        return await self._store.add_delivery(endpoint.id, new_id("msg"), body, now)
