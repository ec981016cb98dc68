"""The sandbox's page, and its callback over real HTTP through the outbox."""

import pytest

from livehub.commerce.gateways.sandbox import DELAY_MS
from livehub.commerce.orders.ports import OrderQuery
from tests.commerce.selling import Json, Person, SellingSite, open_show, until


async def choose(buyer: Person, order: Json, choice: str) -> tuple[int, str]:
    """What the page shows after the choice (the redirect is followed)."""
    status, text = await buyer.call("POST", order["payment"]["action_url"], data={"choice": choice})
    return status, text


async def status_of(buyer: Person, order: Json, wanted: str, payment: str) -> Json:
    async def look() -> Json | None:
        seen: Json = await buyer.ok("GET", f"/orders/{order['id']}")
        return seen if (seen["status"], seen["payment"]["status"]) == (wanted, payment) else None

    found: Json = await until(look, f"the order is {wanted}, its payment {payment}")
    return found


async def test_the_page_shows_the_order_and_runs_no_script(site: SellingSite) -> None:
    show = await open_show(site)
    await show.merchant.ok("PATCH", f"/products/{show.product['id']}", json={"title": "<script>alert(1)</script>"})
    order = await show.buy(site.guest(), 2)
    async with site.http.get(order["payment"]["action_url"]) as response:
        text = await response.text()
        assert response.status == 200
        assert response.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'")
        assert response.headers["Cache-Control"] == "no-store"
    assert "€25.00" in text
    assert order["number"] in text
    assert "<script>" not in text
    assert "&lt;script&gt;" in text
    async with site.http.get("/sandbox/style.css") as response:
        assert (response.status, response.content_type) == (200, "text/css")
    async with site.http.get(order["payment"]["action_url"], headers={"Accept-Language": "ar"}) as response:
        assert 'lang="ar" dir="rtl"' in await response.text()


async def test_approving_pays_the_order(working_site: SellingSite) -> None:
    show = await open_show(working_site)
    buyer = working_site.guest()
    order = await show.buy(buyer, 2)
    status, text = await choose(buyer, order, "approve")
    assert status == 200
    assert "Approve the payment" not in text
    await status_of(buyer, order, "paid", "paid")
    # Once more, and the other way round: it stays paid, and the page says so.
    _, text = await choose(buyer, order, "decline")
    assert "This order is paid." in text
    assert (await working_site.counts())["sold"] == 2


async def test_declining_leaves_another_try(working_site: SellingSite) -> None:
    show = await open_show(working_site)
    buyer = working_site.guest()
    order = await show.buy(buyer)
    _, text = await choose(buyer, order, "decline")
    assert "Approve the payment" in text
    await status_of(buyer, order, "pending_payment", "failed")
    await choose(buyer, order, "approve")
    await status_of(buyer, order, "paid", "paid")


async def test_a_delayed_approval_comes_after_ten_seconds(working_site: SellingSite) -> None:
    show = await open_show(working_site)
    buyer = working_site.guest()
    order = await show.buy(buyer)
    await choose(buyer, order, "delay")
    working_site.clock.advance(DELAY_MS / 1000 - 1)
    assert await working_site.outbox.due(working_site.clock.now_ms(), 10, "own") == []
    assert (await buyer.ok("GET", f"/orders/{order['id']}"))["status"] == "pending_payment"
    working_site.clock.advance(2)
    await status_of(buyer, order, "paid", "paid")


@pytest.mark.parametrize("choice", ["", "steal"])
async def test_other_choices_are_none(site: SellingSite, choice: str) -> None:
    show = await open_show(site)
    order = await show.buy(site.guest())
    await site.nobody.refused(422, "invalid_input", "POST", order["payment"]["action_url"], data={"choice": choice})


async def test_an_unknown_payment_has_no_page(site: SellingSite) -> None:
    await site.nobody.refused(404, "payment_not_found", "GET", "/sandbox/pay/pay_0")
    await site.nobody.refused(404, "payment_not_found", "POST", "/sandbox/pay/pay_0", data={"choice": "approve"})


async def test_a_manual_order_has_no_sandbox_page(site: SellingSite) -> None:
    show = await open_show(site)
    await show.buy(site.guest(), payment_provider="manual")
    orders = await site.commerce.desk.of_store(OrderQuery(store_id=show.store["id"]))
    await site.nobody.refused(404, "payment_not_found", "GET", f"/sandbox/pay/{orders[0].payment.reference}")
