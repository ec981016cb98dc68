"""The whole way of an order on both databases, as ``livehub serve`` makes them."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from livehub.clock import ManualClock
from livehub.commerce.orders.model import RESERVATION_MS
from livehub.events import EventBus
from livehub.storage.commerce import offers
from livehub.storage.database import Database
from tests.commerce.selling import open_show, selling


async def test_a_rush_its_payments_and_its_expiry(
    migrated: Database, clock: ManualClock, bus: EventBus, tmp_path: Path
) -> None:
    async with selling(migrated, clock, bus, tmp_path) as site:
        show = await open_show(site, stock=25, quantity=20, per_buyer_limit=2)
        headers = {"Idempotency-Key": "mine"}
        buyers = [site.guest() for _ in range(60)]
        answers = await asyncio.gather(
            *(buyer.call("POST", "/orders", json=show.basket(), headers=headers) for buyer in buyers)
        )
        assert Counter(status for status, _ in answers) == {201: 20, 409: 40}
        orders = [body for status, body in answers if status == 201]
        for number, order in enumerate(orders[:5]):
            for _ in range(2):
                assert (await site.report(order, event_id=f"evt_{number}"))[0] == 204
        assert await site.counts() == {"received": 25, "free": 5, "available": 0, "held": 15, "sold": 5}
        clock.advance(RESERVATION_MS / 1000 + 1)
        await site.worker.sweeper.sweep()
        assert await site.counts() == {"received": 25, "free": 5, "available": 15, "held": 0, "sold": 5}
        await show.merchant.ok("PUT", f"/offers/{show.offer['id']}/pin")
        await show.merchant.ok("POST", f"/orders/{orders[0]['id']}/refunds")
        await show.end()
        assert await site.counts() == {"received": 25, "free": 21, "available": 0, "held": 0, "sold": 4}
        page = await show.merchant.ok("GET", f"/stores/{show.store['id']}/orders?status=expired&limit=10")
        assert (len(page["items"]), page["next"] is None) == (10, False)
        await show.merchant.ok("DELETE", f"/products/{show.product['id']}")


@pytest.mark.parametrize(
    "wrong", [{"available": -1}, {"held": -1}, {"sold": -1}, {"quantity": 99}, {"available": 11}, {"price_minor": 0}]
)
async def test_the_database_itself_refuses_wrong_counts(
    migrated: Database, clock: ManualClock, bus: EventBus, tmp_path: Path, wrong: dict[str, int]
) -> None:
    async with selling(migrated, clock, bus, tmp_path) as site:
        await open_show(site, stock=10, quantity=10)
        with pytest.raises(IntegrityError):
            await migrated.write(lambda tx: tx.execute(update(offers).values(wrong)).close())
        assert (await site.counts())["available"] == 10


async def test_books_are_kept_on_both_databases(
    migrated: Database, clock: ManualClock, bus: EventBus, tmp_path: Path
) -> None:
    async with selling(migrated, clock, bus, tmp_path) as site:
        show = await open_show(site, stock=12, quantity=10)
        path = f"/stores/{show.store['id']}/stock"
        await show.merchant.ok("PATCH", f"{path}/CUP-1", json={"low_stock": 4})
        lost = {"delta": -1, "reason": "lost", "reference": "same"}
        both = [show.merchant.ok("POST", f"{path}/CUP-1/adjustments", json=lost) for _ in range(2)]
        one, other = await asyncio.gather(*both)
        assert one["entry"] == other["entry"]
        await show.buy(site.guest(), 4)
        headers = {"If-Match": '"1-11"'}
        await show.merchant.refused(412, "stock_changed", "PUT", f"{path}/CUP-1", json={"stock": 2}, headers=headers)
        await show.merchant.ok("PUT", f"{path}/CUP-1", json={"stock": 2}, headers={"If-Match": "*"})
        assert await site.counts() == {"received": 6, "free": 0, "available": 2, "held": 4, "sold": 0}
        await site.worker.sweeper.sweep()
        low = (await show.merchant.ok("GET", f"{path}?low=1"))["items"]
        assert [(level["sku"], level["stock"]) for level in low] == [("CUP-1", 2)]
        journal = (await show.merchant.ok("GET", f"{path}/CUP-1/adjustments"))["items"]
        assert [entry["delta"] for entry in journal] == [-5, -1, 12]
