"""A selling server whose payments go to the fake Stripe."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from livehub import plugins
from livehub.clock import ManualClock
from livehub.commerce.gateways import registry
from livehub.events import EventBus
from livehub.storage.database import Database
from tests.commerce.gateways.stripe.fake import KEY, WHSEC, FakeStripe, running
from tests.commerce.selling import Json, Person, SellingSite, Show, open_show, selling


@dataclass
class Shop:
    stripe: FakeStripe
    site: SellingSite
    show: Show

    async def order(self, buyer: Person, quantity: int = 1) -> Json:
        return await self.show.buy(buyer, quantity, payment_provider="stripe")

    async def payment_id(self, order: Json) -> str:
        found = await self.site.commerce.desk._orders.find(order["id"])
        assert found is not None
        return found.payment.id

    async def tell(self, event: Json, *, status: int = 204) -> Any:
        """What Stripe sends to the webhook."""
        import json

        body = json.dumps(event).encode()
        got, answer = await self.site.nobody.call(
            "POST", "/webhooks/payments/stripe", data=body, headers=self.stripe.sign(body)
        )
        assert got == status, answer
        return answer

    async def work(self) -> None:
        await self.site.worker.sweeper.sweep()

    async def seen(self, buyer: Person, order: Json) -> tuple[str, str]:
        now = await buyer.ok("GET", f"/orders/{order['id']}")
        return now["status"], now["payment"]["status"]


@pytest.fixture(params=["checkout", "intents"])
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def shop(
    database: Database, clock: ManualClock, bus: EventBus, tmp_path: Path, mode: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Shop]:
    # An environment made before this entry point was declared has none of it.
    entries = [
        EntryPoint("stripe", "livehub.commerce.gateways.stripe:create", registry.GROUP),
        EntryPoint("sandbox", "livehub.commerce.gateways.sandbox:create", registry.GROUP),
    ]
    monkeypatch.setattr(plugins, "entry_points", lambda group: entries)
    async with running(clock) as stripe:
        setting = f"stripe:key={KEY};webhook={WHSEC};publishable=pk_test_fake;mode={mode};api={stripe.url}"
        async with selling(database, clock, bus, tmp_path, payments=(setting, "sandbox")) as site:
            yield Shop(stripe, site, await open_show(site))
