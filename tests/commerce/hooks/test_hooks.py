"""Checkout hooks: what they add, what they ask, what happens when they fail, and that a quote is kept to."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from livehub.clock import ManualClock
from livehub.commerce.checkout_hook import (
    Affirmation,
    Answer,
    Charge,
    ChargeKind,
    CheckoutContext,
    CheckoutHook,
    HookContext,
)
from livehub.commerce.errors import HookFailed, PluginInvalid, QuoteInvalid
from livehub.commerce.hooks.http import create, read_answer
from livehub.commerce.hooks.registry import GROUP, load_hooks
from livehub.commerce.money import Money
from livehub.commerce.orders.checkout import Basket, DeliveryMethod, Wanted
from livehub.commerce.orders.confirmed import Confirmed
from livehub.commerce.orders.quotes import QUOTE_MS, Quotes
from livehub.events import EventBus
from livehub.storage.database import Database
from tests.commerce.selling import CONTACT, Json, SellingSite, Show, euros, open_show, selling

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SHIPPING = Charge(ChargeKind.SHIPPING, "Shipping", Money(490, "EUR"))
VAT = Charge(ChargeKind.TAX, "VAT", Money(200, "EUR"), included=True)
AGE = Affirmation("of-age", "2", "I am of age")


@dataclass
class Hook:
    """Answers what it is told to."""

    answer: Any = field(default_factory=Answer)
    id: str = "hook"
    deadline_s: float = 5.0
    on_failure: Literal["refuse", "default"] = "refuse"
    otherwise: Answer = field(default_factory=Answer)
    asked: list[CheckoutContext] = field(default_factory=list)

    async def quote(self, context: CheckoutContext) -> Answer:
        self.asked.append(context)
        if isinstance(self.answer, Exception):
            raise self.answer
        if self.answer is None:
            await asyncio.Event().wait()
        answer: Answer = self.answer
        return answer

    def default(self, context: CheckoutContext) -> Answer:
        return self.otherwise

    async def close(self) -> None:
        """Holds nothing."""


@pytest.fixture
def shop(database: Database, clock: ManualClock, bus: EventBus, tmp_path: Path) -> Any:
    @asynccontextmanager
    async def opened(*hooks: CheckoutHook) -> AsyncIterator[tuple[SellingSite, Show]]:
        async with selling(database, clock, bus, tmp_path, hooks=hooks) as site:
            yield site, await open_show(site)

    return opened


def asked_of(show: Show, quantity: int = 2) -> Json:
    basket = show.basket(quantity)
    return {"room": basket["room"], "lines": basket["lines"], "delivery": basket["delivery"]}


async def test_quoted_confirmed_and_kept(shop: Any) -> None:
    hook = Hook(Answer((SHIPPING, VAT), (AGE,)))
    async with shop(hook) as (site, show):
        buyer = site.guest()
        quote = await buyer.ok("POST", "/quotes", json={**asked_of(show), "locale": "de"})
        assert (quote["subtotal"], quote["total"]) == (euros(2500), euros(2990))
        assert [charge["amount"]["amount_minor"] for charge in quote["charges"]] == [490, 200]
        basket = show.basket(2, quote=quote["quote"])
        problem = await buyer.refused(409, "affirmation_missing", "POST", "/orders", json=basket)
        assert problem["affirmations"] == quote["affirmations"]
        old = [{"id": "of-age", "version": "1"}]
        await buyer.refused(409, "affirmation_missing", "POST", "/orders", json={**basket, "affirmed": old})
        affirmed = [{"id": "of-age", "version": "2"}]
        headers = {"Idempotency-Key": "one"}
        order = await buyer.ok("POST", "/orders", json={**basket, "affirmed": affirmed}, headers=headers)
        assert order["total"] == euros(2990)
        assert [one["text"] for one in order["affirmations"]] == ["I am of age"]
        assert order["affirmations"][0]["at"] == order["placed_at"]
        seen = await buyer.ok("GET", f"/orders/{order['id']}")
        assert (seen["charges"], seen["affirmations"], seen["total"]) == (
            order["charges"], order["affirmations"], order["total"]
        )  # fmt: skip
        # The money that is taken is the total, all included.
        assert (await site.report(order, amount_minor=2500))[0] == 409
        assert (await site.report(order))[0] == 204
        assert len(hook.asked) == 1, "the order was placed from the quote"
        # Repeated after the quote has run out, it is the same order.
        site.clock.advance(QUOTE_MS / 1000 + 1)
        again = await buyer.ok("POST", "/orders", json={**basket, "affirmed": affirmed}, headers=headers)
        assert again["id"] == order["id"]
        # All of it can go back, goods and shipping.
        after = await show.merchant.ok("POST", f"/orders/{order['id']}/refunds")
        assert (after["status"], after["refunded"]) == ("refunded", euros(2990))


async def test_an_order_without_a_quote_costs_the_same(shop: Any) -> None:
    async with shop(Hook(Answer((SHIPPING,)))) as (site, show):
        order = await show.buy(site.guest())
        assert order["total"] == euros(1740)


async def test_hooks_are_told_what_they_need_and_not_who_buys(shop: Any) -> None:
    hook = Hook()
    async with shop(hook) as (site, show):
        await show.buy(site.guest("Ana Secret"), 2, delivery={"method": "courier", "address": "Street 1"})
        told = json.dumps(hook.asked[0].present())
        assert all(word not in told for word in ("Ana", *CONTACT.values()))
        assert hook.asked[0].delivery == {"method": "courier", "address": "Street 1"}
        assert [(line.sku, line.quantity) for line in hook.asked[0].lines] == [("CUP-1", 2)]


async def test_a_quote_is_of_one_basket_for_some_time_and_of_these_prices(shop: Any) -> None:
    async with shop(Hook(Answer((SHIPPING,)))) as (site, show):
        buyer = site.guest()
        quote = (await buyer.ok("POST", "/quotes", json=asked_of(show)))["quote"]
        for basket in (show.basket(3, quote=quote), show.basket(2, quote=quote + "x"), show.basket(2, quote="no.no")):
            await buyer.refused(409, "quote_invalid", "POST", "/orders", json=basket)
        cheaper = {"price": euros(1000)}
        await show.merchant.ok("PATCH", f"/offers/{show.offer['id']}", json=cheaper)
        basket = show.basket(2, quote=quote)
        problem = await buyer.refused(409, "quote_stale", "POST", "/orders", json=basket)
        assert problem["subtotal_minor"] == 2000
        quote = (await buyer.ok("POST", "/quotes", json=asked_of(show)))["quote"]
        site.clock.advance(QUOTE_MS / 1000 + 1)
        await buyer.refused(409, "quote_invalid", "POST", "/orders", json=show.basket(2, quote=quote))
        assert (await site.counts())["held"] == 0


@pytest.mark.parametrize(
    "answer",
    [
        RuntimeError("broken"),
        Answer((replace(SHIPPING, amount=Money(1, "USD")),)),
        Answer((replace(SHIPPING, amount=Money(-1, "EUR")),)),
        Answer((SHIPPING,) * 21),
        Answer((), (Affirmation("", "1", "x"),)),
        Answer((replace(SHIPPING, title="Shipping\0"),)),
        Answer((replace(SHIPPING, title="Shipping\nPaid"),)),
        Answer((replace(SHIPPING, title="\u202egnippihS"),)),
        Answer((), (Affirmation("age", "1", "I am\0 18"),)),
        Answer((), (Affirmation("age", "1\0", "I am 18"),)),
    ],
)
async def test_what_a_failure_means_is_the_hooks_policy(shop: Any, answer: Any) -> None:
    refusing, going_on = Hook(answer), Hook(answer, "other", on_failure="default", otherwise=Answer((SHIPPING,)))
    async with shop(refusing) as (site, show):
        await site.guest().refused(503, "checkout_hook_failed", "POST", "/quotes", json=asked_of(show))
        await site.guest().refused(503, "checkout_hook_failed", "POST", "/orders", json=show.basket())
        site.commerce.quotes.hooks = (going_on,)
        assert (await show.buy(site.guest()))["total"] == euros(1740)


async def test_a_hook_that_takes_too_long_has_failed(shop: Any) -> None:
    async with shop(Hook(None, deadline_s=0.01)) as (site, show):
        await site.guest().refused(503, "checkout_hook_failed", "POST", "/quotes", json=asked_of(show))


async def test_a_hook_can_refuse(shop: Any) -> None:
    async with shop(Hook(), Hook(Answer(refusal="Not to the moon"), "moon")) as (site, show):
        problem = await site.guest().refused(409, "checkout_refused", "POST", "/orders", json=show.basket())
        assert problem["detail"] == "Not to the moon"


# --- over HTTP --------------------------------------------------------------------------------------------------------


@dataclass
class Remote:
    """A merchant's own tax service, which checks the signature with the library of Standard Webhooks."""

    status: int = 200
    answer: bytes = b"{}"
    asked: list[Json] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.asked.append(Webhook(SECRET).verify(body.decode(), dict(request.headers)))
        headers = {"Location": "/elsewhere"} if self.status == 302 else {}
        return web.Response(status=self.status, body=self.answer, headers=headers)


@pytest.fixture
async def remote() -> AsyncIterator[tuple[Remote, str]]:
    service, app = Remote(), web.Application()
    app.router.add_post("/quote", service.handle)
    async with TestServer(app) as server:
        yield service, str(server.make_url("/quote"))


async def test_a_signed_hook_over_http(shop: Any, remote: tuple[Remote, str]) -> None:
    service, url = remote
    from livehub.clock import SystemClock

    hook = create(f"{url};secret={SECRET};deadline_ms=5000", HookContext(SystemClock()))
    service.answer = json.dumps(
        {"charges": [{"kind": "tax", "title": "Tax", "amount_minor": 100}],
         "affirmations": [{"id": "a", "version": "1", "text": "Yes"}]}
    ).encode()  # fmt: skip
    async with shop(hook) as (site, show):
        quote = await site.guest().ok("POST", "/quotes", json=asked_of(show))
        assert (quote["total"], len(quote["affirmations"])) == (euros(2600), 1)
        assert service.asked[0]["type"] == "checkout.quote"
        assert service.asked[0]["data"]["subtotal"] == euros(2500)
        for service.status, service.answer in ((500, b"{}"), (302, b"{}"), (200, b"no json"), (200, b"x" * 70_000)):
            await site.guest().refused(503, "checkout_hook_failed", "POST", "/quotes", json=asked_of(show))
        hook.on_failure = "default"
        assert (await site.guest().ok("POST", "/quotes", json=asked_of(show)))["total"] == euros(2500)


@given(st.binary(max_size=200) | st.builds(lambda value: json.dumps(value).encode(), st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["charges", "affirmations", "kind", "title", "amount_minor"]), inner),
    max_leaves=8,
)))  # fmt: skip
def test_no_answer_does_harm(body: bytes) -> None:
    try:
        read_answer(body, "EUR")
    except HookFailed:
        return


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("", "begins with an address"),
        ("ftp://x;secret=whsec_1", "begins with an address"),
        ("https://x", "secret has to be"),
        ("https://x;secret=1234567", "secret has to be"),
        (f"https://x;secret={SECRET};on_failure=shrug", "on_failure is"),
        (f"https://x;secret={SECRET};deadline_ms=soon", "deadline_ms is"),
        (f"https://x;secret={SECRET};colour=red", "after the address come"),
    ],
)
def test_settings_that_are_no_use(setting: str, says: str) -> None:
    with pytest.raises(ValueError, match=says) as refused:
        create(setting, HookContext(ManualClock()))
    assert "1234567" not in str(refused.value)


# --- tokens and plug-ins ----------------------------------------------------------------------------------------------

BASKET = Basket("room_1", (Wanted("ofr_1", 1),), DeliveryMethod.PICKUP, None, {}, "")


@given(st.text(max_size=200), st.integers(0, 5000))
def test_no_token_but_our_own_is_taken(text: str, where: int) -> None:
    quotes = Quotes((), "s" * 32, ManualClock())
    token, _ = quotes.token(BASKET, Confirmed(Money(100, "EUR"), (SHIPPING,), ()))
    assert quotes.read(token, BASKET).charges == (SHIPPING,)
    place = where % len(token)
    altered = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
    for forged in (
        text,
        altered,
        Quotes((), "t" * 32, ManualClock()).token(BASKET, Confirmed(Money(1, "EUR"), (), ()))[0],
    ):
        try:
            read = quotes.read(forged, BASKET)
        except QuoteInvalid:
            continue
        # The last character of base64 has bits that say nothing.
        assert read.charges == (SHIPPING,)


def test_a_token_of_another_version_of_the_server_has_run_out() -> None:
    quotes = Quotes((), "s" * 32, ManualClock())
    body = msgspec.json.encode(["of", "another", "shape"])
    token = ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (body, quotes._sign(body)))
    with pytest.raises(QuoteInvalid, match="run out"):
        quotes.read(token, BASKET)


def entries(monkeypatch: pytest.MonkeyPatch, made: Any) -> Sequence[EntryPoint]:
    import sys

    module = ModuleType("hook_plugin")
    module.create = lambda _setting, _context: made  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "hook_plugin", module)
    return [EntryPoint("mine", "hook_plugin:create", GROUP)]


def test_hooks_are_found_and_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    context = HookContext(ManualClock())
    good = Hook()
    assert load_hooks(("mine:x",), context, entries(monkeypatch, good)) == (good,)
    with pytest.raises(PluginInvalid, match='called "other"; installed are: mine'):
        load_hooks(("other",), context, entries(monkeypatch, good))
    with pytest.raises(PluginInvalid, match="same id"):
        load_hooks(("mine", "mine"), context, entries(monkeypatch, good))
    for made, says in (
        (object(), "whose id is not a str"),
        (Hook(deadline_s=60), "deadline_s has to be"),
        (Hook(on_failure="shrug"), "on_failure has to be"),  # type: ignore[arg-type]
    ):
        with pytest.raises(PluginInvalid, match=says):
            load_hooks(("mine",), context, entries(monkeypatch, made))


async def test_hooks_see_what_a_coupon_takes_off(shop: Any) -> None:
    hook = Hook(Answer(charges=(SHIPPING,)))
    async with shop(hook) as (site, show):
        coupons = f"/stores/{show.store['id']}/coupons"
        await show.merchant.ok("POST", coupons, json={"code": "TEN", "percent": 10})
        buyer = site.guest()
        asked = {name: show.basket(2)[name] for name in ("room", "lines", "delivery")}
        plain = await buyer.ok("POST", "/quotes", json=asked)
        assert (plain["discount"], hook.asked[-1].discount) == (None, None)
        quote = await buyer.ok("POST", "/quotes", json={**asked, "coupon": " ten "})
        assert quote["discount"] == euros(250)
        assert hook.asked[-1].discount == Money(250, "EUR")
        order = await show.buy(buyer, 2, quote=quote["quote"], coupon="TEN")
        assert order["total"] == euros(2500 - 250 + 490)
        # Without its coupon the quote is of another basket; without a quote the hooks are asked on the spot.
        await buyer.refused(409, "quote_invalid", "POST", "/orders", json=show.basket(2, quote=quote["quote"]))
        other = site.guest()
        await show.buy(other, 2, coupon="TEN")
        assert hook.asked[-1].discount == Money(250, "EUR")
        await other.refused(409, "coupon_used", "POST", "/quotes", json={**asked, "coupon": "TEN"})
        await other.refused(404, "coupon_not_found", "POST", "/quotes", json={**asked, "coupon": "NONE"})


async def test_a_quote_holds_for_what_its_coupon_took_off(shop: Any) -> None:
    async with shop(Hook(Answer(charges=(SHIPPING,)))) as (site, show):
        coupons = f"/stores/{show.store['id']}/coupons"
        coupon = await show.merchant.ok("POST", coupons, json={"code": "TEN", "percent": 10})
        buyer = site.guest()
        asked = {name: show.basket(2)[name] for name in ("room", "lines", "delivery")}
        quote = await buyer.ok("POST", "/quotes", json={**asked, "coupon": "TEN"})
        assert quote["discount"] == euros(250)
        # Another with the same code: the buyer would pay more than they were told.
        await show.merchant.ok("DELETE", f"/coupons/{coupon['id']}")
        await show.merchant.ok("POST", coupons, json={"code": "TEN", "percent": 5})
        basket = show.basket(2, quote=quote["quote"], coupon="TEN")
        await buyer.refused(409, "quote_stale", "POST", "/orders", json=basket)
