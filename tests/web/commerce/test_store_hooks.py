"""A shop's own checkout hooks: set in the desk, asked by signed POST, and what happens when they fail."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from standardwebhooks import Webhook

from livehub.clock import ManualClock
from livehub.commerce.hooks.stores import FAILURES, FRESH_S, REST_S
from livehub.events import EventBus
from livehub.storage.database import Database
from tests.commerce.selling import Json, SellingSite, Show, euros, open_show, selling

SHIPPING = {"charges": [{"kind": "shipping", "title": "Post", "amount_minor": 490}]}


@dataclass
class Service:
    """A shop's own server. It checks signatures with the library of Standard Webhooks, as of the clock given."""

    url: str = ""
    secret: str = ""
    body: bytes = json.dumps(SHIPPING).encode()
    status: int = 200
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    hangs: bool = False
    asked: list[Json] = field(default_factory=list)
    let_go: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        # The library checks the time by the system's clock, and this test has one of its own.
        at = datetime.fromtimestamp(int(request.headers["webhook-timestamp"]), UTC)
        signed = Webhook(self.secret).sign(request.headers["webhook-id"], at, body.decode())
        if signed not in request.headers["webhook-signature"].split():
            return web.Response(status=401)
        self.asked.append(json.loads(body))
        if self.hangs:
            await self.let_go.wait()
        return web.Response(status=self.status, body=self.body, content_type=self.content_type, headers=self.headers)


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    service, app = Service(), web.Application()
    app.router.add_post("/quote", service.handle)
    async with TestServer(app) as server:
        service.url = str(server.make_url("/quote"))
        yield service
        service.let_go.set()


async def hooked(show: Show, service: Service, **changes: Any) -> Json:
    made: Json = await show.merchant.ok("POST", path(show), json={"url": service.url, "deadline_ms": 5000, **changes})
    service.secret = made["secret"]
    return made


def path(show: Show, hook: Json | None = None) -> str:
    return f"/stores/{show.store['id']}/checkout-hooks" + (f"/{hook['id']}" if hook else "")


def asked_of(show: Show) -> Json:
    basket = show.basket(2)
    return {"room": basket["room"], "lines": basket["lines"], "delivery": basket["delivery"]}


async def test_what_a_shop_sets_counts_for_its_own_orders(site: SellingSite, service: Service) -> None:
    show = await open_show(site)
    checkout = f"/rooms/{show.room['id']}/checkout"
    assert await site.guest().ok("GET", checkout) == {"quotes": False, "transfer": False}
    hook = await hooked(show, service)
    assert await site.guest().ok("GET", checkout) == {"quotes": True, "transfer": False}
    quote = await site.guest().ok("POST", "/quotes", json=asked_of(show))
    assert (quote["subtotal"], quote["total"]) == (euros(2500), euros(2990))
    assert (await show.buy(site.guest(), 1))["total"] == euros(1250 + 490), "asked on the spot without a quote"
    assert service.asked[0]["type"] == "checkout.quote"
    other = await open_show(site)
    assert (await other.buy(site.guest(), 1))["total"] == euros(1250)
    (seen,) = (await show.merchant.ok("GET", path(show)))["items"]
    assert (seen["id"], seen["failure"], seen["rests"]) == (hook["id"], None, False)
    assert "secret" not in seen
    await show.merchant.ok("DELETE", path(show, hook))
    assert (await show.buy(site.guest(), 1))["total"] == euros(1250)


async def test_only_its_owner_sets_them(show: Show, service: Service) -> None:
    hook = await hooked(show, service)
    eve = await show.site.account("Eve")
    for person, status, code in (
        (show.site.guest(), 403, "account_required"),
        (eve, 403, "not_store_owner"),
        (show.site.nobody, 401, "unauthenticated"),
    ):
        await person.refused(status, code, "GET", path(show))
        await person.refused(status, code, "GET", f"{path(show)}/log")
        await person.refused(status, code, "POST", path(show), json={"url": service.url})
        await person.refused(status, code, "PATCH", path(show, hook), json={"deadline_ms": 100})
        await person.refused(status, code, "DELETE", path(show, hook))
        for verb in ("secret", "test"):
            await person.refused(status, code, "POST", f"{path(show, hook)}/{verb}")
    own = (await eve.ok("POST", "/stores", json={"title": "Eve's", "currency": "EUR"}))["id"]
    await eve.refused(404, "hook_not_found", "DELETE", f"/stores/{own}/checkout-hooks/{hook['id']}")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"url": "ftp://x.example"}, "url_refused"),
        ({"url": "https://me:secret@x.example/"}, "url_refused"),
        ({"url": "https://x.example/", "deadline_ms": 99}, "invalid_input"),
        ({"url": "https://x.example/", "deadline_ms": 5001}, "invalid_input"),
        ({"url": "https://x.example/", "on_failure": "shrug"}, "invalid_input"),
        ({"url": ""}, "invalid_input"),
    ],
)
async def test_what_is_no_hook(show: Show, body: Json, code: str) -> None:
    await show.merchant.refused(422, code, "POST", path(show), json=body)
    assert (await show.merchant.ok("GET", path(show)))["items"] == []


async def test_three_and_who_changed_what(show: Show, service: Service) -> None:
    hooks = [await hooked(show, service) for _ in range(3)]
    await show.merchant.refused(409, "too_many_hooks", "POST", path(show), json={"url": service.url})
    changed = await show.merchant.ok("PATCH", path(show, hooks[0]), json={"on_failure": "default", "deadline_ms": 700})
    assert (changed["on_failure"], changed["deadline_ms"], changed["url"]) == ("default", 700, service.url)
    await show.merchant.ok("POST", f"{path(show, hooks[0])}/secret")
    await show.merchant.ok("DELETE", path(show, hooks[1]))
    log = (await show.merchant.ok("GET", f"{path(show)}/log"))["items"]
    assert [one["what"] for one in log] == ["removed", "rotated", "changed", "added", "added", "added"]
    assert log[0]["hook"] == hooks[1]["id"]
    assert log[0]["by"].startswith("acc_")


async def test_a_secret_is_replaced_without_a_gap(show: Show, service: Service) -> None:
    hook = await hooked(show, service)
    old = service.secret
    rotated = await show.merchant.ok("POST", f"{path(show, hook)}/secret", json={"keep_old_s": 60})
    assert rotated["secret"] != old
    for service.secret in (old, rotated["secret"]):
        await show.site.guest().ok("POST", "/quotes", json=asked_of(show))
    show.site.clock.advance(61)
    await show.site.guest().ok("POST", "/quotes", json=asked_of(show))
    service.secret = old
    await show.site.guest().refused(503, "checkout_hook_failed", "POST", "/quotes", json=asked_of(show))


async def test_the_desk_tries_it_and_says_what_came(show: Show, service: Service) -> None:
    hook = await hooked(show, service)
    path_to = f"{path(show, hook)}/test"
    told = await show.merchant.ok("POST", path_to)
    assert (told["ok"], told["reason"]) == (True, None)
    assert told["answer"]["charges"][0]["amount"] == euros(490)
    for changes, says in (
        ({"status": 500}, "answered 500"),
        ({"status": 302, "headers": {"Location": "http://127.0.0.1/"}}, "answered 302"),
        ({"body": b"<!doctype html><title>Hello", "content_type": "text/html"}, "cannot be read"),
        ({"body": b"x" * 70_000}, "more than 65536 bytes"),
        ({"body": b'{"charges": [{"kind": "tax", "title": "T", "amount_minor": -1}]}'}, "cannot be read"),
        ({"secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}, "answered 401"),
    ):
        before = {name: getattr(service, name) for name in changes}
        for name, value in changes.items():
            setattr(service, name, value)
        told = await show.merchant.ok("POST", path_to)
        assert (told["ok"], told["answer"]) == (False, None)
        assert says in told["reason"]
        for name, value in before.items():
            setattr(service, name, value)
    # What the merchant tries is nobody's failure.
    assert (await show.merchant.ok("GET", path(show)))["items"][0]["failure"] is None
    statuses = {(await show.merchant.call("POST", path_to))[0] for _ in range(12)}
    assert 429 in statuses


async def test_a_slow_one_ends_with_its_deadline(show: Show, service: Service) -> None:
    hook = await hooked(show, service, deadline_ms=100)
    service.hangs = True
    told = await show.merchant.ok("POST", f"{path(show, hook)}/test")
    assert (told["ok"], told["reason"]) == (False, "it did not answer within 100 ms")
    await show.site.guest().refused(503, "checkout_hook_failed", "POST", "/quotes", json=asked_of(show))
    failure = (await show.merchant.ok("GET", path(show)))["items"][0]["failure"]
    assert failure["reason"] == "it did not answer within 100 ms"
    await show.merchant.ok("PATCH", path(show, hook), json={"on_failure": "default"})
    for _ in range(FAILURES):
        quote = await show.site.guest().ok("POST", "/quotes", json=asked_of(show))
        assert quote["total"] == euros(2500)
    assert (await show.merchant.ok("GET", path(show)))["items"][0]["rests"] is True


async def test_one_that_is_dead_holds_up_nobody_where_the_policy_is_to_go_on(show: Show, service: Service) -> None:
    await hooked(show, service, on_failure="default")
    service.status = 500
    buyer = show.site.guest()

    async def total() -> Json:
        quote: Json = await buyer.ok("POST", "/quotes", json=asked_of(show))
        total: Json = quote["total"]
        return total

    for _ in range(FAILURES + 3):
        assert await total() == euros(2500)
    assert len(service.asked) == FAILURES, "then it rests"
    assert (await show.merchant.ok("GET", path(show)))["items"][0]["rests"] is True
    # What was read of the shop is read again meanwhile, and the rest goes on.
    show.site.clock.advance(FRESH_S + 1)
    assert await total() == euros(2500)
    assert len(service.asked) == FAILURES
    show.site.clock.advance(REST_S)
    assert await total() == euros(2500)
    assert len(service.asked) == FAILURES + 1, "one tries, and it rests again"
    assert await total() == euros(2500)
    assert len(service.asked) == FAILURES + 1
    show.site.clock.advance(REST_S + 1)
    service.status = 200
    assert await total() == euros(2990)
    assert await total() == euros(2990)
    assert (await show.merchant.ok("GET", path(show)))["items"][0]["failure"] is None


async def test_one_whose_policy_is_to_refuse_is_asked_each_time(show: Show, service: Service) -> None:
    await hooked(show, service)
    service.status = 500
    for _ in range(FAILURES + 1):
        await show.site.guest().refused(503, "checkout_hook_failed", "POST", "/quotes", json=asked_of(show))
    service.status = 200
    await show.site.guest().ok("POST", "/quotes", json=asked_of(show))


async def test_no_address_leads_into_the_own_network(
    database: Database, clock: ManualClock, bus: EventBus, tmp_path: Path, service: Service
) -> None:
    async with selling(database, clock, bus, tmp_path, guarded_hooks=True) as site:
        show = await open_show(site)
        for url in (service.url, "http://[::1]/", "http://169.254.169.254/latest", "http://10.0.0.1:8080/x"):
            await show.merchant.refused(422, "url_refused", "POST", path(show), json={"url": url})
        # A name is looked at when it is asked, whatever it leads to then.
        name = service.url.replace("127.0.0.1", "localhost")
        hook = await show.merchant.ok("POST", path(show), json={"url": name, "on_failure": "default"})
        told = await show.merchant.ok("POST", f"{path(show, hook)}/test")
        assert (told["ok"], told["reason"]) == (False, "its address is not on the public internet")
        await show.merchant.refused(422, "url_refused", "PATCH", path(show, hook), json={"url": service.url})
        assert (await site.guest().ok("POST", "/quotes", json=asked_of(show)))["total"] == euros(2500)
        assert service.asked == []
