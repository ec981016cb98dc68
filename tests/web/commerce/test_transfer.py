"""Bank transfers: offered by shops that say their account, told to the buyer alone, marked paid by the shop."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from livehub.clock import ManualClock
from livehub.commerce.errors import PluginInvalid
from livehub.commerce.gateway import GatewayContext
from livehub.commerce.gateways.registry import load_gateways
from livehub.events import EventBus
from livehub.storage.database import Database
from tests.commerce.selling import SellingSite, Show, open_show, selling

ACCOUNT = "Mai's pottery\nIBAN DE02 1203 0000 0000 2020 51"


@pytest.fixture
async def bank(database: Database, clock: ManualClock, bus: EventBus, tmp_path: Path) -> AsyncIterator[SellingSite]:
    async with selling(database, clock, bus, tmp_path, payments=("sandbox", "manual", "transfer")) as site:
        yield site


async def says_account(show: Show, account: str = ACCOUNT) -> None:
    await show.merchant.ok("PUT", f"/stores/{show.store['id']}/terms", json={"transfer_to": account})


async def takes_transfers(show: Show) -> bool:
    return bool((await show.site.guest().ok("GET", f"/rooms/{show.room['id']}/checkout"))["transfer"])


async def test_only_a_shop_that_has_said_its_account_takes_transfers(bank: SellingSite) -> None:
    show, ana = await open_show(bank), bank.guest("Ana")
    by_transfer = show.basket(payment_provider="transfer")
    assert not await takes_transfers(show)
    refusal = await ana.refused(422, "payment_provider_unknown", "POST", "/orders", json=by_transfer)
    assert refusal["field"] == "payment_provider"
    await says_account(show)
    assert await takes_transfers(show)
    order = await ana.ok("POST", "/orders", json=by_transfer)
    await says_account(show, "  \n ")
    assert not await takes_transfers(show)
    assert (await ana.ok("GET", f"/orders/{order['id']}/service"))["transfer"] is None


async def test_an_order_is_answered_again_after_the_shop_has_taken_its_account_away(bank: SellingSite) -> None:
    show, ana = await open_show(bank), bank.guest("Ana")
    await says_account(show)
    order = await show.buy(ana, key="one", payment_provider="transfer")
    await says_account(show, "")
    assert (await show.buy(ana, key="one", payment_provider="transfer"))["id"] == order["id"]
    for buyer, key in ((ana, "two"), (bank.guest("Ben"), "one")):
        asked = {"json": show.basket(payment_provider="transfer"), "headers": {"Idempotency-Key": key}}
        await buyer.refused(422, "payment_provider_unknown", "POST", "/orders", **asked)


async def test_the_buyer_is_told_where_to_and_the_shop_says_that_it_came(bank: SellingSite) -> None:
    show, ana = await open_show(bank), bank.guest("Ana")
    await says_account(show)
    order = await ana.ok("POST", "/orders", json=show.basket(2, payment_provider="transfer"))
    assert (order["status"], order["expires_at"]) == ("pending_payment", None)
    path = f"/orders/{order['id']}/service"
    for person in (ana, show.merchant):
        assert (await person.ok("GET", path))["transfer"] == {"to": ACCOUNT, "reference": order["number"]}
    await bank.guest("Ben").refused(404, "order_not_found", "GET", path)
    # A new account is what the buyer is told from then on; the order has none of it in itself.
    await says_account(show, "IBAN NEW")
    assert (await ana.ok("GET", path))["transfer"]["to"] == "IBAN NEW"
    assert "IBAN" not in str(await ana.ok("GET", f"/orders/{order['id']}"))
    # It waits as long as it takes, and nobody but the shop says that the money is there.
    bank.clock.advance(7 * 24 * 3600)
    await bank.worker.sweeper.sweep()
    assert (await bank.counts())["held"] == 2
    await ana.refused(403, "account_required", "POST", f"/orders/{order['id']}/paid")
    status, _ = await bank.nobody.call("POST", "/webhooks/payments/transfer", data=b"{}")
    assert status == 401
    paid = await show.merchant.ok("POST", f"/orders/{order['id']}/paid")
    assert (paid["status"], (await bank.counts())["sold"]) == ("paid", 2)
    assert (await ana.ok("GET", path))["transfer"] is None
    balances = await show.merchant.ok("GET", f"/stores/{show.store['id']}/ledger/balances")
    found = {one["account"]: one["amount_minor"] for one in balances["accounts"]}
    assert found == {"buyer": -2500, "provider:transfer": 2500}


async def test_a_server_that_offers_no_transfers_has_none(show: Show) -> None:
    await says_account(show)
    assert not await takes_transfers(show)
    basket = show.basket(payment_provider="transfer")
    await show.site.guest().refused(422, "payment_provider_unknown", "POST", "/orders", json=basket)


def test_it_has_no_setting(bank: SellingSite) -> None:
    context = GatewayContext("https://shop.example", "s" * 32, bank.clock, bank.outbox)
    with pytest.raises(PluginInvalid, match="each shop says its account"):
        load_gateways(("transfer:DE02",), context)
