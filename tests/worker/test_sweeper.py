"""What the sweeper does by itself, and that it goes on after a failure."""

import pytest

from livehub.commerce.errors import GatewayFailed
from livehub.commerce.gateway import RefundRequest
from livehub.commerce.orders.model import RESERVATION_MS, Order
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


async def test_a_step_that_fails_keeps_no_other_from_being_done(show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    site = show.site

    async def stumble(_at_ms: int, _limit: int) -> list[Order]:
        raise RuntimeError("the driver stumbled")

    monkeypatch.setattr(SqlOrders, "expire", lambda _self, at_ms, limit: stumble(at_ms, limit))
    await show.end()
    assert await site.counts() == {"received": 10, "free": 10, "available": 0, "held": 0, "sold": 0}
