"""Bank transfers: offered by shops that say their account, told to the buyer alone, marked paid by the shop."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from livehub.clock import ManualClock, iso
from livehub.commerce.errors import PluginInvalid
from livehub.commerce.fulfilment.terms import DAY_MS
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


async def says_account(show: Show, account: str = ACCOUNT, **more: int) -> None:
    await show.merchant.ok("PUT", f"/stores/{show.store['id']}/terms", json={"transfer_to": account, **more})


async def later(site: SellingSite, days: float) -> None:
    site.clock.advance(days * 24 * 3600)
    await site.worker.sweeper.sweep()


async def balances(show: Show) -> dict[str, int]:
    told = await show.merchant.ok("GET", f"/stores/{show.store['id']}/ledger/balances")
    return {one["account"]: one["amount_minor"] for one in told["accounts"]}


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
    assert (order["status"], order["expires_at"]) == ("pending_payment", iso(bank.clock.now_ms() + 7 * DAY_MS))
    path = f"/orders/{order['id']}/service"
    for person in (ana, show.merchant):
        assert (await person.ok("GET", path))["transfer"] == {"to": ACCOUNT, "reference": order["number"]}
    await bank.guest("Ben").refused(404, "order_not_found", "GET", path)
    # A new account is what the buyer is told from then on; the order has none of it in itself.
    await says_account(show, "IBAN NEW")
    assert (await ana.ok("GET", path))["transfer"]["to"] == "IBAN NEW"
    assert "IBAN" not in str(await ana.ok("GET", f"/orders/{order['id']}"))
    # It waits as long as the shop says, and nobody but the shop says that the money is there.
    bank.clock.advance(7 * 24 * 3600 - 1)
    await bank.worker.sweeper.sweep()
    assert (await bank.counts())["held"] == 2
    await ana.refused(403, "account_required", "POST", f"/orders/{order['id']}/paid")
    status, _ = await bank.nobody.call("POST", "/webhooks/payments/transfer", data=b"{}")
    assert status == 401
    paid = await show.merchant.ok("POST", f"/orders/{order['id']}/paid")
    assert (paid["status"], (await bank.counts())["sold"]) == ("paid", 2)
    assert (await ana.ok("GET", path))["transfer"] is None
    assert await balances(show) == {"buyer": -2500, "provider:transfer": 2500}


async def test_it_waits_for_as_many_days_as_the_shop_says(bank: SellingSite) -> None:
    show, ana = await open_show(bank), bank.guest("Ana")
    await says_account(show, wait_days=2)
    order = await show.buy(ana, 2, payment_provider="transfer")
    # Other terms are for other orders, and cash on pick-up has no end.
    await says_account(show, wait_days=0)
    endless = await show.buy(bank.guest("Ben"), payment_provider="transfer")
    by_cash = await show.buy(bank.guest("Cem"), payment_provider="manual")
    assert (endless["expires_at"], by_cash["expires_at"]) == (None, None)
    await later(bank, 1.99)
    assert (await ana.ok("GET", f"/orders/{order['id']}"))["status"] == "pending_payment"
    # Nothing of it is packed: its time may end while it stands in the parcel.
    lines = {"lines": [{"offer": order["lines"][0]["offer"], "quantity": 1}]}
    await show.merchant.refused(409, "illegal_transition", "POST", f"/orders/{order['id']}/shipments", json=lines)
    await later(bank, 0.01)
    given_up = await ana.ok("GET", f"/orders/{order['id']}")
    assert (given_up["status"], given_up["payment"]["status"]) == ("expired", "pending")
    assert await bank.counts() == {**await bank.counts(), "held": 2, "sold": 0}
    await later(bank, 60)
    for one in (endless, by_cash):
        assert (await show.merchant.ok("GET", f"/orders/{one['id']}"))["status"] == "pending_payment"
    for days in (-1, 61):
        path, body = f"/stores/{show.store['id']}/terms", {"wait_days": days}
        refusal = await show.merchant.refused(422, "invalid_input", "PUT", path, json=body)
        assert refusal["field"] == "wait_days"


async def test_money_that_comes_late_buys_what_is_still_there(bank: SellingSite) -> None:
    show, ana = await open_show(bank), bank.guest("Ana")
    await says_account(show)
    order = await show.buy(ana, 2, payment_provider="transfer")
    await later(bank, 7)
    before = await bank.counts()
    paid = await show.merchant.ok("POST", f"/orders/{order['id']}/paid")
    assert (paid["status"], paid["payment"]["status"]) == ("paid", "paid")
    after = await bank.counts()
    assert (after["available"], after["sold"]) == (before["available"] - 2, before["sold"] + 2)
    assert await balances(show) == {"buyer": -2500, "provider:transfer": 2500}
    await show.merchant.refused(409, "illegal_transition", "POST", f"/orders/{order['id']}/paid")


async def test_money_that_comes_for_what_others_have_goes_back(bank: SellingSite) -> None:
    show, ana = await open_show(bank), bank.guest("Ana")
    await says_account(show)
    order = await show.buy(ana, 2, payment_provider="transfer")
    await later(bank, 7)
    left = (await bank.counts())["available"]
    await show.buy(bank.guest("Ben"), left, payment_provider="manual")
    path = f"/orders/{order['id']}/paid"
    # The shop is told first: it may have received more of it, or not have the money after all.
    await show.merchant.refused(409, "sold_out", "POST", path)
    assert await balances(show) == {}
    for wrong in ({"or_give_back": 1}, {"or_give_back": None}):
        await show.merchant.refused(422, "invalid_input", "POST", path, json=wrong)
    await show.merchant.ok("POST", path, json={"or_give_back": True})
    back = await ana.ok("GET", f"/orders/{order['id']}")
    assert (back["status"], back["payment"]["status"]) == ("expired", "refunded")
    assert back["refunded"] == back["total"]
    assert await balances(show) == {"buyer": 0, "provider:transfer": 0}
    # Once is enough, whatever is pressed again, and whatever is there by then.
    for body in ({"or_give_back": True}, {}):
        await show.merchant.refused(409, "illegal_transition", "POST", path, json=body)
    assert (await bank.counts())["available"] == 0


async def test_money_that_comes_for_a_cancelled_order_goes_back(bank: SellingSite) -> None:
    show, ana = await open_show(bank), bank.guest("Ana")
    await says_account(show)
    order = await show.buy(ana, 2, payment_provider="transfer")
    await ana.ok("POST", f"/orders/{order['id']}/cancel")
    path = f"/orders/{order['id']}/paid"
    await show.merchant.refused(409, "illegal_transition", "POST", path)
    back = await show.merchant.ok("POST", path, json={"or_give_back": True})
    assert (back["status"], back["payment"]["status"]) == ("cancelled", "refunded")
    assert back["refunded"] == back["total"]
    assert (await bank.counts())["available"] == 10
    assert await balances(show) == {"buyer": 0, "provider:transfer": 0}
    await show.merchant.refused(409, "illegal_transition", "POST", path, json={"or_give_back": True})


async def test_a_server_that_offers_no_transfers_has_none(show: Show) -> None:
    await says_account(show)
    assert not await takes_transfers(show)
    basket = show.basket(payment_provider="transfer")
    await show.site.guest().refused(422, "payment_provider_unknown", "POST", "/orders", json=basket)


def test_it_has_no_setting(bank: SellingSite) -> None:
    context = GatewayContext("https://shop.example", "s" * 32, bank.clock, bank.outbox)
    with pytest.raises(PluginInvalid, match="each shop says its account"):
        load_gateways(("transfer:DE02",), context)
