"""A show in figures against the ledger, to the cent: coupons, refunds in part and whole, late payments, currencies."""

import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from livehub.accounts.principal import Principal, PrincipalKind
from livehub.clock import ManualClock
from livehub.commerce.orders.model import RESERVATION_MS
from livehub.errors import Forbidden, Unauthenticated
from livehub.events import EventBus, OfferPinned, RoomEnded
from livehub.insights.gathering import Step
from livehub.insights.ports import Footfall
from livehub.insights.report import Report
from livehub.insights.service import Insights
from livehub.insights.sheet import written
from livehub.interaction.questions import QuestionState
from livehub.rooms.access import Access
from livehub.storage.database import Database
from livehub.storage.insights import SqlInsights
from livehub.storage.interaction_rows import questions
from tests.commerce.selling import SellingSite, Show, open_show, selling


class Hall:
    """How many are in each room."""

    def __init__(self) -> None:
        self.rooms: dict[str, Footfall] = {}

    def footfall(self, room_id: str) -> Footfall | None:
        return self.rooms.get(room_id)


@pytest.fixture
async def site(database: Database, clock: ManualClock, bus: EventBus, tmp_path: Path) -> AsyncIterator[SellingSite]:
    async with selling(database, clock, bus, tmp_path) as site:
        yield site


def insights_of(site: SellingSite, bus: EventBus, hall: Hall) -> Insights:
    return Insights(SqlInsights(site.database), audience=lambda: hall, bus=bus, clock=site.clock)


@pytest.fixture
def hall() -> Hall:
    return Hall()


@pytest.fixture
def insights(site: SellingSite, bus: EventBus, hall: Hall) -> Insights:
    return insights_of(site, bus, hall)


async def access_of(show: Show, *, owner: bool = True) -> Access:
    me = await show.merchant.ok("GET", f"/rooms/{show.room['id']}")
    identity = me["host"]["id"] if owner else "acc_someone"
    principal = Principal(PrincipalKind.ACCOUNT, identity, "Mai", "en")
    return await show.site.rooms.access(show.room["id"], principal)


async def pay(show: Show, order: dict[str, Any]) -> None:
    status, _ = await show.site.report(order, event_id=f"evt_{order['id']}")
    assert status < 300


async def movements(show: Show) -> list[dict[str, Any]]:
    path = f"/stores/{show.store['id']}/ledger?limit=200"
    return list((await show.merchant.ok("GET", path))["items"])


async def require_as_booked(show: Show, report: Report) -> dict[str, int]:
    """What the ledger says and what the report says are the same, in all the ways that the report says it."""
    booked = {"payment": 0, "refund": 0}
    for one in await movements(show):
        assert one["amount"]["currency"] == report.show.currency
        booked[one["kind"]] += one["amount"]["amount_minor"]
    shown = report.present()
    money = shown["money"]
    assert (money["taken"], money["refunded"]) == (booked["payment"], booked["refund"])
    assert money["net"] == booked["payment"] - booked["refund"]
    assert money["goods"] - money["discounts"] + money["charges"] + money["unserved"] == money["taken"]
    for name in ("taken", "refunded", "units"):
        parts = sum(point[name] for point in [*shown["minutes"], shown["after"]])
        assert parts == (shown["units"] if name == "units" else money[name])
    balances = await show.merchant.ok("GET", f"/stores/{show.store['id']}/ledger/balances")
    tills = sum(one["amount_minor"] for one in balances["accounts"] if one["account"] != "buyer")
    assert tills == money["net"]
    [summary] = await show_summaries(show)
    assert (summary["taken"], summary["refunded"], summary["units"]) == (
        money["taken"],
        money["refunded"],
        shown["units"],
    )
    return booked


async def show_summaries(show: Show) -> list[dict[str, Any]]:
    store = SqlInsights(show.site.database)
    return [one.present() for one in await store.shows(show.store["id"], None, 10)]


async def test_every_kind_of_money_is_as_the_ledger_has_it(site: SellingSite, insights: Insights) -> None:
    show = await open_show(site, stock=40, quantity=40)
    await show.merchant.ok(
        "POST", f"/stores/{show.store['id']}/coupons", json={"code": "TEN", "percent": 10, "per_buyer": 9}
    )
    ana, bo = site.guest("Ana"), site.guest("Bo")
    plain = await show.buy(ana, 2)
    with_coupon = await show.buy(ana, 3, coupon="TEN")  # 3750 less 375
    for order in (plain, with_coupon):
        await pay(show, order)
    site.clock.advance(70)
    in_part, whole, late, unpaid = [await show.buy(bo, n) for n in (4, 1, 2, 1)]
    for order in (in_part, whole):
        await pay(show, order)
    refund = {"lines": [{"offer": show.offer["id"], "quantity": 1}]}
    await show.merchant.ok("POST", f"/orders/{in_part['id']}/refunds", json=refund)
    await show.merchant.ok(
        "POST", f"/orders/{plain['id']}/refunds", json={"amount": {"amount_minor": 7, "currency": "EUR"}}
    )
    await show.merchant.ok("POST", f"/orders/{whole['id']}/refunds", json={})
    # too late for its stock: the money comes in and goes back by itself
    await bo.ok("POST", f"/orders/{late['id']}/cancel")
    await pay(show, late)
    await site.worker.sweeper.sweep()
    by_hand = await show.buy(bo, 1, payment_provider="manual")
    await show.merchant.ok("POST", f"/orders/{by_hand['id']}/paid")

    report = await insights.report(await access_of(show))
    booked = await require_as_booked(show, report)
    assert booked["payment"] == 2500 + 3375 + 5000 + 1250 + 2500 + 1250
    assert booked["refund"] == 1250 + 7 + 1250 + 2500
    shown = report.present()
    assert shown["money"]["discounts"] == 375
    assert shown["money"]["unserved"] == 2500
    assert shown["money"]["charges"] == 0
    assert (shown["orders"], shown["units"], shown["returned"]) == (5, 11, 2)
    assert shown["waiting"] == {"orders": 1, "total": 1250}
    assert unpaid["status"] == "pending_payment"
    [cup] = [one for one in shown["products"] if one["sku"] == "CUP-1"]
    assert cup["funnel"]["paid"] == 5
    assert cup["goods"] == 11 * 1250
    assert [point["units"] for point in shown["minutes"]] == [5, 6]


@pytest.mark.parametrize(("currency", "digits"), [("JPY", 0), ("KWD", 3), ("VND", 0), ("USD", 2)])
async def test_any_currency_is_exact(site: SellingSite, insights: Insights, currency: str, digits: int) -> None:
    euro = await open_show(site)
    merchant = euro.merchant
    store = await merchant.ok("POST", "/stores", json={"title": "Other", "currency": currency})
    price = {"amount_minor": 1999, "currency": currency}
    variants = [{"sku": "X", "title": "", "price": price, "stock": 9}]
    product = await merchant.ok(
        "POST", f"/stores/{store['id']}/products", json={"title": "=Thing", "variants": variants}
    )
    body = {"kind": "show", "title": "Abroad", "locale": "en", "visibility": "public", "store_id": store["id"]}
    room = await merchant.ok("POST", "/rooms", json=body)
    offer = await merchant.ok("POST", f"/rooms/{room['id']}/offers", json={"sku": "X", "quantity": 9})
    show = Show(site, merchant, store, product, room, offer)
    await show.go_live()
    await pay(show, await show.buy(site.guest(), 3))
    await pay(euro, await euro.buy(site.guest(), 1))
    report = await insights.report(await access_of(show))
    assert await require_as_booked(show, report) == {"payment": 5997, "refund": 0}
    rows = list(csv.reader(io.StringIO(written(report, "money", digits).decode("utf-8-sig"))))
    taken = {row[0]: row[1] for row in rows}["taken"]
    assert taken == {0: "5997", 2: "59.97", 3: "5.997"}[digits]
    rows = list(csv.reader(io.StringIO(written(report, "products", digits).decode("utf-8-sig"))))
    assert rows[1][1] == "'=Thing", "no cell is a formula"


async def test_the_report_has_the_questions_that_most_wanted_answered(site: SellingSite, insights: Insights) -> None:
    show, other = await open_show(site), await open_show(site)

    def asked(n: int, room: str, votes: int, state: QuestionState) -> dict[str, Any]:
        who = {"identity": f"guest_{n}", "display_name": f"Ana {n}", "client_id": f"c{n}"}
        what = {"text": f"Question {n}?", "votes": votes, "state": state.value, "created_at": n}
        return {"id": f"q_{n}", "room_id": room, **who, **what}

    room, states = show.room["id"], QuestionState
    rows = [asked(n, room, votes, states.WAITING) for n, votes in enumerate((3, 9, 1, 7, 2, 5, 0))]
    rows += [asked(7, room, 99, states.REMOVED), asked(8, other.room["id"], 50, states.WAITING)]
    rows[3] |= {"state": states.ANSWERED.value}
    await site.database.write(lambda tx: tx.execute(questions.insert().values(rows)).close())
    shown = (await insights.report(await access_of(show))).present()["questions"]
    assert [one["text"] for one in shown] == [f"Question {n}?" for n in (1, 3, 5, 0, 4)]
    assert [(one["votes"], one["answered"]) for one in shown] == [
        (9, False),
        (7, True),
        (5, False),
        (3, False),
        (2, False),
    ]


async def test_money_after_the_end_stands_apart(site: SellingSite, insights: Insights) -> None:
    show = await open_show(site)
    order = await show.buy(site.guest(), 1)
    await pay(show, order)
    site.clock.advance(60)
    late = await show.buy(site.guest(), 1)
    await show.end()
    site.clock.advance(1)
    await pay(show, late)  # in the minute of the end, and after it
    site.clock.advance(600)
    await show.merchant.ok("POST", f"/orders/{order['id']}/refunds", json={})
    report = await insights.report(await access_of(show))
    await require_as_booked(show, report)
    assert (report.after.refunded, report.after.taken, report.after.units) == (1250, 1250, 1)
    assert sum(point.refunded for point in report.points) == 0
    assert site.clock.now_ms() > RESERVATION_MS // 1000


async def test_two_processes_add_to_the_same_minutes(site: SellingSite, bus: EventBus) -> None:
    show = await open_show(site)
    room, offer = show.room["id"], show.offer["id"]
    halls = [Hall(), Hall()]
    both = [insights_of(site, EventBus(), hall) for hall in halls]
    halls[0].rooms[room], halls[1].rooms[room] = Footfall(7, 4, 4), Footfall(7, 3, 3)
    for one in both:
        await one.look()
    for one in both:
        one._on_pinned(OfferPinned(room, show.offer, (show.offer,)))
        one.step(room, offer, Step.CARD, "ana")
        one.step(room, "ofr_nowhere", Step.CARD, "ana")
    halls[1].rooms[room] = Footfall(9, 5, 5)
    for one in both:
        one._on_ended(RoomEnded(room))
        await one.look()
    report = (await both[0].report(await access_of(show))).present()
    assert report["viewers"]["peak"] == 9
    assert report["viewers"]["entered"] == 9
    assert report["products"][0]["funnel"] == {"view": 9, "card": 2, "checkout": 0, "paid": 0}


async def test_only_the_host_sees_it(site: SellingSite, insights: Insights) -> None:
    show = await open_show(site)
    with pytest.raises(Forbidden):
        await insights.report(await access_of(show, owner=False))
    with pytest.raises(Unauthenticated):
        await insights.report(await site.rooms.access(show.room["id"], None))


async def test_a_live_report_is_made_once_for_all_who_ask(site: SellingSite, insights: Insights) -> None:
    show = await open_show(site)
    access = await access_of(show)
    first = await insights.report(access)
    assert await insights.report(access) is first
    await pay(show, await show.buy(site.guest(), 1))
    assert (await insights.report(access)).taken == 0, "at most five seconds old"
    site.clock.advance(6)
    assert (await insights.report(access)).taken == 1250


async def test_a_long_show_has_few_points_and_loses_nothing(site: SellingSite, bus: EventBus, hall: Hall) -> None:
    insights = insights_of(site, bus, hall)
    show = await open_show(site, stock=40, quantity=40)
    await pay(show, await show.buy(site.guest(), 1))
    site.clock.advance(30 * 3600)
    await pay(show, await show.buy(site.guest(), 2))
    report = await insights.report(await access_of(show))
    assert len(report.points) <= insights.limits.max_points
    assert report.step_minutes == 4
    await require_as_booked(show, report)
