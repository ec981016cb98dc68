"""The worker put together: one owner for everything of commerce that runs in the background."""

from collections.abc import Awaitable, Callable, Mapping

from livehub.clock import Clock
from livehub.commerce.service import Commerce
from livehub.commerce.webhooks.ports import EndpointStore, OutboxStore
from livehub.worker.backoff import OWN
from livehub.worker.carrier import Carrier
from livehub.worker.delivery import Deliverer, Destination
from livehub.worker.sweeper import Sweeper
from livehub.worker.tidying import Tidying


class Worker:
    """``own_url``: where this server reaches itself, without trailing slash; its public address unless given.

    ``tidy`` is done now and every few minutes: what was kept too long goes. ``carriers``: see
    :class:`livehub.worker.delivery.Deliverer`; each is started and closed with the rest.
    """

    def __init__(
        self,
        commerce: Commerce,
        outbox: OutboxStore,
        endpoints: EndpointStore,
        *,
        clock: Clock,
        public_url: str,
        own_url: str | None = None,
        allow_private_webhooks: bool = False,
        tidy: Callable[[], Awaitable[None]] | None = None,
        carriers: Mapping[str, Carrier] | None = None,
    ) -> None:
        own = {
            name: Destination(f"{own_url or public_url}/api/v1/webhooks/payments/{name}", (secret,), OWN, guarded=False)
            for name, gateway in commerce.gateways.items()
            if (secret := getattr(gateway, "webhook_secret", None))
        }
        self._carriers = tuple((carriers or {}).values())
        self.sweeper = Sweeper(commerce, outbox, clock=clock)
        self.tidying = Tidying(tidy) if tidy else None
        self.deliverer = Deliverer(
            outbox, endpoints, clock=clock, own=own, allow_private=allow_private_webhooks, carriers=carriers
        )

    def start(self) -> None:
        """On the running event loop."""
        self.sweeper.start()
        for carrier in self._carriers:
            carrier.start()
        self.deliverer.start()
        if self.tidying is not None:
            self.tidying.start()

    async def close(self) -> None:
        if self.tidying is not None:
            await self.tidying.close()
        await self.deliverer.close()
        for carrier in self._carriers:
            await carrier.close()
        await self.sweeper.close()
