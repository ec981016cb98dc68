"""What the sweeper does by itself, and that it goes on after a failure."""

import pytest

from livehub.commerce.errors import GatewayFailed
from livehub.commerce.gateway import RefundRequest
from livehub.commerce.orders.model import RESERVATION_MS, Order
from livehub.commerce.payments import dues
from livehub.commerce.payments.dues import RETRY_S
from livehub.storage.orders import SqlOrders
from livehub.worker.sweeper import Sweeper
from tests.commerce.selling import SellingSite, Show, open_show, until


async def test_it_expires_by_itself_also_what_an_earlier_run_left(show: Show) -> None:
    site = show.site
    await show.buy(site.guest(), 4)
    site.clock.advance(RESERVATION_MS / 1000 + 1)
    # Nobody swept meanwhile: this one is the first of the next run.
    sweeper = Sweeper(site.commerce, site.outbox, clock=site.clock)
    sweeper.start()

    async def given_back() -> bool:
        return bool((await site.counts())["available"] == 10)

    await until(given_back, "the units are back")
    await sweeper.close()


@pytest.mark.parametrize("failure", [GatewayFailed(), RuntimeError("a plug-in's own")])
async def test_a_refund_that_fails_is_tried_again_later(site: SellingSite, failure: Exception) -> None:
    show = await open_show(site)
    buyer = site.guest()
    order = await show.buy(buyer)
    await buyer.ok("POST", f"/orders/{order['id']}/cancel")
    gateway, real, asked = site.sandbox, site.sandbox.refund, list[RefundRequest]()

    async def refund(request: RefundRequest) -> None:
        asked.append(request)
        if len(asked) == 1:
            raise failure
        await real(request)

    gateway.refund = refund  # type: ignore[assignment,method-assign]
    await site.report(order)
    for _ in range(3):
        await site.worker.sweeper.sweep()
    assert len(asked) == 1
    seen = await buyer.ok("GET", f"/orders/{order['id']}")
    assert seen["payment"]["status"] == "paid"
    site.clock.advance(RETRY_S[0])
    for _ in range(3):
        await site.worker.sweeper.sweep()
    seen = await buyer.ok("GET", f"/orders/{order['id']}")
    assert (seen["status"], seen["payment"]["status"]) == ("cancelled", "refunded")
    # Both times for the same payment: a provider can tell that it is the same refund.
    assert len(asked) == 2
    assert asked[0] == asked[1]


@pytest.mark.parametrize("paid_before", [True, False], ids=["refunds", "payments"])
async def test_what_a_provider_will_not_do_keeps_nothing_that_came_later_from_its_turn(
    show: Show, monkeypatch: pytest.MonkeyPatch, paid_before: bool
) -> None:
    """``paid_before``: given back by the shop, which makes a refund; else paid once it was cancelled."""
    monkeypatch.setattr(dues, "BATCH", 2)
    site, buyer = show.site, show.site.guest()
    bought = [await show.buy(buyer) for _ in range(5)]
    asked, stuck = list[str](), set[str]()
    real = site.sandbox.refund

    async def refund(request: RefundRequest) -> None:
        asked.append(request.reference)
        if request.reference in stuck:
            raise GatewayFailed("it answers nothing")
        await real(request)

    monkeypatch.setattr(site.sandbox, "refund", refund)
    references = [order["payment"]["action_url"].rpartition("/")[2] for order in bought]
    stuck.update(references)
    for number, order in enumerate(bought):
        if paid_before:
            await site.report(order, event_id=f"evt_{number}")
            await show.merchant.call("POST", f"/orders/{order['id']}/refunds", json={})
        else:
            await buyer.ok("POST", f"/orders/{order['id']}/cancel")
            await site.report(order, event_id=f"evt_{number}")
    asked.clear()
    stuck.remove(references[-1])
    site.clock.advance(RETRY_S[-1])
    await site.worker.sweeper.sweep()
    assert asked == references[:3], "it is left alone for this time"
    await site.worker.sweeper.sweep()
    assert asked == references, "the next goes on behind those"
    assert (await buyer.ok("GET", f"/orders/{bought[-1]['id']}"))["payment"]["status"] == "refunded"
    stuck.clear()
    site.clock.advance(RETRY_S[-1])
    await site.worker.sweeper.sweep()
    for order in bought:
        assert (await buyer.ok("GET", f"/orders/{order['id']}"))["payment"]["status"] == "refunded"


async def test_a_step_that_fails_keeps_no_other_from_being_done(show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    site = show.site

    async def stumble(_at_ms: int, _limit: int) -> list[Order]:
        raise RuntimeError("the driver stumbled")

    monkeypatch.setattr(SqlOrders, "expire", lambda _self, at_ms, limit: stumble(at_ms, limit))
    await show.end()
    assert await site.counts() == {"received": 10, "free": 10, "available": 0, "held": 0, "sold": 0}
