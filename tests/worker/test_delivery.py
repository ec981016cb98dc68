"""The outbox on its way to merchants: signed, repeated, patient, and unmoved by those who hang."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from livehub.commerce.gateway import Outcome
from livehub.commerce.orders.model import RESERVATION_MS
from livehub.commerce.signature import verify
from livehub.commerce.webhooks.ports import Parcel
from livehub.storage.commerce import outbox as outbox_table
from livehub.storage.outbox import SqlEndpoints, SqlOutbox
from livehub.worker.backoff import MERCHANT, OWN, next_delay_s
from livehub.worker.delivery import AT_ONCE, AT_ONCE_PER_TARGET, Deliverer, Destination
from tests.commerce.selling import Json, SellingSite, Show, headers_of, until


@dataclass
class Receiver:
    """A merchant's system: keeps what it gets and answers what it is told to."""

    url: str = ""
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    status: int = 204
    answer: bytes = b"x" * 100_000
    under_way: int = 0
    most_at_once: int = 0
    hang: bool = False
    #: answers come only once it is set
    wait: asyncio.Event | None = None

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.under_way += 1
        self.most_at_once = max(self.most_at_once, self.under_way)
        try:
            if self.hang:
                await asyncio.sleep(60)
            if self.wait is not None:
                await self.wait.wait()
        finally:
            self.under_way -= 1
        self.got.append((headers_of(request.headers), body))
        return web.Response(status=self.status, headers={"Location": "/elsewhere"}, body=self.answer)

    def types(self) -> list[str]:
        return [json.loads(body)["type"] for _, body in self.got]


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/hook", receiver.handle)
    app.router.add_post("/elsewhere", receiver.handle)
    async with TestServer(app) as server:
        receiver.url = str(server.make_url("/hook"))
        yield receiver


async def subscribe(show: Show, url: str) -> Json:
    made: Json = await show.merchant.ok("POST", "/webhook-endpoints", json={"url": url, "store_id": show.store["id"]})
    return made


async def waiting(site: SellingSite) -> list[Any]:
    return await site.database.read(
        lambda connection: list(connection.execute(outbox_table.select().order_by(outbox_table.c.id)))
    )


@asynccontextmanager
async def delivering(site: SellingSite, **options: Any) -> AsyncIterator[Deliverer]:
    options.setdefault("allow_private", True)
    options.setdefault("own", {})
    deliverer = Deliverer(site.outbox, SqlEndpoints(site.database), clock=site.clock, **options)
    deliverer.start()
    try:
        yield deliverer
    finally:
        await deliverer.close()


def settled(site: SellingSite, count: int) -> Callable[[], Awaitable[bool]]:
    """Whether so many attempts were written down."""

    async def look() -> bool:
        return bool(sum(row.attempts for row in await waiting(site)) >= count)

    return look


async def test_merchants_hear_of_every_step_signed_with_their_secret(show: Show) -> None:
    site = show.site
    async with receiving() as receiver, delivering(site):
        endpoint = await subscribe(show, receiver.url)
        order = await show.buy(site.guest(), 2)
        await site.report(order)
        await until(settled(site, 2), "both messages are delivered")
    assert sorted(receiver.types()) == ["order.paid", "order.placed"]
    for headers, body in receiver.got:
        assert verify(endpoint["secret"], headers, body, site.clock.now_ms()).startswith("msg_")
        data = json.loads(body)["data"]
        assert (data["id"], data["lines"][0]["quantity"]) == (order["id"], 2)
        assert headers["content-type"] == "application/json"
    assert {row.state for row in await waiting(site)} == {"delivered"}
    # Of an endless answer only the beginning was read.
    assert all(len(row.answer) <= 300 for row in await waiting(site))


async def test_those_who_are_away_are_tried_again_under_the_same_id(show: Show) -> None:
    site = show.site
    async with receiving() as receiver, delivering(site):
        await subscribe(show, receiver.url)
        receiver.status = 503
        await show.buy(site.guest())
        await until(settled(site, 1), "the first attempt")
        (row,) = await waiting(site)
        assert (row.state, row.due_at) == ("waiting", site.clock.now_ms() + MERCHANT[0] * 1000)
        receiver.status = 200
        site.clock.advance(MERCHANT[0])
        await until(settled(site, 2), "the second attempt")
    assert [headers["webhook-id"] for headers, _ in receiver.got] == [row.id, row.id]
    # The timestamp is the attempt's own, so that it is fresh for whoever checks it.
    assert len({headers["webhook-timestamp"] for headers, _ in receiver.got}) == 2


@pytest.mark.parametrize(("status", "state"), [(410, "given_up"), (302, "waiting"), (500, "waiting"), (400, "waiting")])
async def test_other_answers(show: Show, status: int, state: str) -> None:
    site = show.site
    async with receiving() as receiver, delivering(site):
        await subscribe(show, receiver.url)
        receiver.status = status
        await show.buy(site.guest())
        await until(settled(site, 1), "the attempt")
        await asyncio.sleep(0.05)
    (row,) = await waiting(site)
    assert row.state == state
    # A redirect was not followed.
    assert len(receiver.got) == 1


async def test_what_a_merchant_answers_is_in_no_log(show: Show, caplog: pytest.LogCaptureFixture) -> None:
    """It may be the order's own address, or look like a line of the log."""
    site = show.site
    said = b"ana@example.org\n2026-01-01 ERROR livehub: the disk is full"
    async with receiving() as receiver, delivering(site):
        await subscribe(show, receiver.url)
        receiver.status, receiver.answer = 410, said
        await show.buy(site.guest())
        await until(settled(site, 1), "the attempt")
    (row,) = await waiting(site)
    assert row.answer == f"410 {said.decode()}"
    (line,) = [record.getMessage() for record in caplog.records if row.id in record.getMessage()]
    assert line.endswith("was given up: 410")


async def test_an_answer_that_no_database_keeps_is_kept_without_that(show: Show) -> None:
    """PostgreSQL takes no NUL: what was not marked as delivered would be sent again twice a second, without end."""
    site = show.site
    async with receiving() as receiver, delivering(site):
        await subscribe(show, receiver.url)
        receiver.status, receiver.answer = 200, b"a\x00b\xff"
        await show.buy(site.guest())
        await until(settled(site, 1), "the attempt")
    (row,) = await waiting(site)
    assert (row.state, row.answer) == ("delivered", "200 a\ufffdb\ufffd")


async def test_after_three_days_it_is_given_up(show: Show) -> None:
    site = show.site
    async with receiving() as receiver, delivering(site):
        await subscribe(show, receiver.url)
        receiver.status = 500
        await show.buy(site.guest())
        for attempt, delay_s in enumerate(MERCHANT, start=1):
            await until(settled(site, attempt), f"attempt {attempt}")
            site.clock.advance(delay_s)
            site.outbox.added()
        await until(settled(site, len(MERCHANT) + 1), "the last attempt")
    (row,) = await waiting(site)
    assert (row.state, row.attempts) == ("given_up", len(MERCHANT) + 1)


async def test_private_addresses_are_refused_unless_allowed(show: Show) -> None:
    site = show.site
    async with receiving() as receiver:
        await subscribe(show, receiver.url)
        await subscribe(show, receiver.url.replace("127.0.0.1", "localhost"))
        async with delivering(site, allow_private=False):
            await show.buy(site.guest())
            await until(settled(site, 2), "both are refused")
    assert receiver.got == []
    for row in await waiting(site):
        assert row.state == "given_up"
        assert "not on the public internet" in row.answer


async def test_one_who_hangs_holds_up_nobody(show: Show) -> None:
    site = show.site
    async with receiving() as slow, receiving() as quick, delivering(site, timeout_s=30):
        slow.hang = True
        await subscribe(show, slow.url)
        await subscribe(show, quick.url)
        for _ in range(10):
            await show.buy(site.guest())

        async def all_there() -> bool:
            return len(quick.got) == 10

        await until(all_there, "the quick one has everything")
        assert slow.most_at_once == AT_ONCE_PER_TARGET


class SlowToTell:
    """The real outbox; what :meth:`due` has read is told only once the gate is open, as from a slow disk."""

    def __init__(self, outbox: SqlOutbox) -> None:
        self._outbox = outbox
        self.gate = asyncio.Event()
        self.gate.set()
        self.read = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._outbox, name)

    async def due(self, *arguments: Any) -> list[Parcel]:
        found = await self._outbox.due(*arguments)
        if found:
            self.read += 1
            await self.gate.wait()
        return found


async def test_what_is_delivered_while_the_outbox_is_read_goes_out_once(show: Show) -> None:
    site = show.site
    outbox = SlowToTell(site.outbox)
    async with receiving() as receiver:
        await subscribe(show, receiver.url)
        receiver.wait = asyncio.Event()
        deliverer = Deliverer(outbox, SqlEndpoints(site.database), clock=site.clock, own={}, allow_private=True)
        deliverer.start()
        try:
            await show.buy(site.guest())

            async def arrived() -> bool:
                return receiver.under_way == 1

            await until(arrived, "the first one is on its way")
            outbox.gate.clear()
            seen = outbox.read
            outbox.added()

            async def read_again() -> bool:
                return outbox.read > seen

            await until(read_again, "the outbox is read while the first one still waits in it")
            receiver.wait.set()
            await until(settled(site, 1), "the first one is written down as delivered")
            outbox.gate.set()
            await show.buy(site.guest())

            async def both() -> bool:
                return len({headers["webhook-id"] for headers, _ in receiver.got}) == 2

            await until(both, "the second one is delivered too")
            assert len(receiver.got) == 2
        finally:
            outbox.gate.set()
            await deliverer.close()


async def test_all_merchants_who_hang_hold_up_no_payment(show: Show) -> None:
    site = show.site
    async with receiving() as slow, receiving() as own:
        slow.hang = True
        for number in range(AT_ONCE["endpoint"] // AT_ONCE_PER_TARGET):
            await subscribe(show, f"{slow.url}?{number}")
        for _ in range(AT_ONCE_PER_TARGET):
            await show.buy(site.guest())
        sandbox = {"sandbox": Destination(own.url, (site.sandbox.webhook_secret,), OWN, guarded=False)}
        async with delivering(site, own=sandbox, timeout_s=30):

            async def all_taken() -> bool:
                return slow.under_way == AT_ONCE["endpoint"]

            await until(all_taken, "every place for merchants is taken")
            order = await show.buy(site.guest())
            reference = order["payment"]["action_url"].rpartition("/")[2]
            await site.commerce.settlement.sandbox_decide(reference, Outcome.PAID, delayed=False)

            async def reported() -> bool:
                return own.types() == ["payment.paid"]

            await until(reported, "the payment is reported")


async def test_what_was_under_way_at_the_end_is_sent_after_the_next_start(show: Show) -> None:
    site = show.site
    async with receiving() as receiver:
        receiver.hang = True
        await subscribe(show, receiver.url)
        await show.buy(site.guest())
        async with delivering(site):

            async def begun() -> bool:
                return receiver.under_way == 1

            await until(begun, "the delivery is under way")
        receiver.hang = False
        async with delivering(site):
            await until(settled(site, 1), "it is delivered")
    assert receiver.types() == ["order.placed"]


async def test_messages_for_an_endpoint_that_is_gone_end_there(show: Show) -> None:
    site = show.site
    endpoint = await subscribe(show, "https://shop.example/hook")
    await show.buy(site.guest())
    await show.merchant.ok("DELETE", f"/webhook-endpoints/{endpoint['id']}")
    async with delivering(site):
        await until(settled(site, 1), "it is given up")
    assert [row.state for row in await waiting(site)] == ["given_up"]


async def test_expiry_and_cancellation_are_told_in_the_same_commit(show: Show) -> None:
    site = show.site
    await subscribe(show, "https://shop.example/hook")
    buyer = site.guest()
    first, _second = await show.buy(buyer), await show.buy(buyer)
    await buyer.ok("POST", f"/orders/{first['id']}/cancel")
    site.clock.advance(RESERVATION_MS / 1000 + 1)
    await site.worker.sweeper.sweep()
    types = [json.loads(row.body)["type"] for row in await waiting(site)]
    assert sorted(types) == ["order.cancelled", "order.expired", "order.placed", "order.placed"]


def test_the_schedules_last_three_days_and_a_day() -> None:
    assert 2.9 * 86_400 < sum(MERCHANT) < 3.5 * 86_400
    assert sum(OWN) > 86_400
    assert next_delay_s(MERCHANT, 1) == 5
    assert next_delay_s(MERCHANT, len(MERCHANT)) == 86_400
    assert next_delay_s(MERCHANT, len(MERCHANT) + 1) is None
