"""Invoices and credit notes: numbered without gaps, frozen, in the buyer's language, as page and as PDF."""

import asyncio
from typing import Any

from livehub.ids import new_id
from tests.commerce.selling import Json, Person, Show, euros

TERMS = {
    "seller_name": "Mai Pottery Ltd",
    "seller_address": "1 Tea Lane\nHanoi",
    "tax_id": "VN 123",
    "invoice_note": "Thanks!",
}


async def paid(show: Show, quantity: int = 1, **changes: Any) -> tuple[Person, Json]:
    buyer = show.site.guest()
    order = await show.buy(buyer, quantity, **changes)
    await show.site.report(order, event_id=new_id("evt"))
    return buyer, order


async def issued(person: Person, order: Json) -> list[Json]:
    found: list[Json] = (await person.ok("GET", f"/orders/{order['id']}/service"))["invoices"]
    return found


async def test_numbers_have_no_gaps_and_belong_to_the_store(show: Show) -> None:
    buyers = await asyncio.gather(*(paid(show) for _ in range(5)))
    numbers = sorted([(await issued(*one))[0]["number"] for one in buyers])
    assert numbers == ["000001", "000002", "000003", "000004", "000005"]
    # A payment that is refused, or reported twice, draws none.
    unpaid = await show.buy(show.site.guest())
    await show.site.report(unpaid, "payment.failed", event_id=new_id("evt"))
    await show.site.report(unpaid, event_id="once")
    await show.site.report(unpaid, event_id="once")
    await show.site.report(unpaid, event_id="twice")
    listed = (await show.merchant.ok("GET", f"/stores/{show.store['id']}/invoices"))["items"]
    assert [one["number"] for one in listed] == [f"{number:06d}" for number in range(6, 0, -1)]
    page = await show.merchant.ok("GET", f"/stores/{show.store['id']}/invoices?limit=4")
    rest = await show.merchant.ok("GET", f"/stores/{show.store['id']}/invoices?limit=4&after={page['next']}")
    assert [one["number"] for one in rest["items"]] == ["000002", "000001"]
    eve = await show.site.account("Eve")
    await eve.refused(403, "not_store_owner", "GET", f"/stores/{show.store['id']}/invoices")
    stranger = show.site.guest("Eve")
    await stranger.refused(404, "order_not_found", "GET", f"/orders/{unpaid['id']}/service")


async def test_an_invoice_stays_as_it_was_and_credit_notes_follow(show: Show) -> None:
    await show.merchant.ok("PUT", f"/stores/{show.store['id']}/terms", json=TERMS)
    buyer, order = await paid(show, 2)
    await show.merchant.ok("PUT", f"/stores/{show.store['id']}/terms", json={"seller_name": "Renamed"})
    lines = [{"offer": show.offer["id"], "quantity": 1}]
    await show.merchant.ok("POST", f"/orders/{order['id']}/refunds", json={"lines": lines, "reason": "chipped"})
    invoice, credit = await issued(buyer, order)
    assert (invoice["kind"], credit["kind"], credit["number"]) == ("invoice", "credit", "000002")
    status, page = await show.site.nobody.call("GET", f"{show.site.url}{invoice['url']}")
    assert status == 200
    for part in (
        "Invoice 000001",
        "Mai Pottery Ltd",
        "VN 123",
        "Tea cup · blue · CUP-1",
        "€12.50",
        "€25.00",
        "Thanks!",
    ):
        assert part in page, part
    _, page = await show.site.nobody.call("GET", f"{show.site.url}{credit['url']}")
    for part in ("Credit note 000002", "Given back", "€12.50", "chipped", "Renamed"):
        assert part in page, part
    status, _ = await show.site.nobody.call("GET", f"{show.site.url}/invoices/inv_{'x' * 32}")
    assert status == 404


async def test_the_page_escapes_what_people_typed(show: Show) -> None:
    buyer, order = await paid(show, contact={"name": "<script>alert(1)</script>", "email": "a@example.org"})
    (invoice,) = await issued(buyer, order)
    async with show.site.http.get(f"{show.site.url}{invoice['url']}") as response:
        page = await response.text()
        assert "no-referrer" in response.headers["Referrer-Policy"]
        assert "script-src" in response.headers["Content-Security-Policy"]
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


async def test_the_pdf_is_one_and_the_same_again(show: Show) -> None:
    buyer, order = await paid(show)
    (invoice,) = await issued(buyer, order)
    for _ in range(2):
        async with show.site.http.get(f"{show.site.url}{invoice['pdf_url']}") as response:
            assert response.status == 200, await response.text()
            assert response.content_type == "application/pdf"
            assert (await response.read()).startswith(b"%PDF-")
    assert order["total"] == euros(1250)
