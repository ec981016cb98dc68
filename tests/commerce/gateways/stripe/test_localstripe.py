"""The gateway against localstripe, an independent imitation of Stripe: PaymentIntents, 3-D Secure, capture, refunds.

It knows no Checkout, no automatic methods and no idempotency keys, and reports no authorisations: those are the fake's.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import stripe
from aiohttp import ClientError, ClientSession, web
from aiohttp.test_utils import TestServer, unused_port

from livehub.clock import SystemClock
from livehub.commerce.errors import GatewayFailed, PaymentNotFound
from livehub.commerce.gateway import GatewayContext, Outcome, PaymentEvent, PaymentHandle, PaymentRequest, RefundRequest
from livehub.commerce.gateways.stripe.gateway import StripeGateway
from livehub.commerce.gateways.stripe.setting import StripeSetting
from livehub.commerce.money import Money
from tests.commerce.selling import until

KEY, WHSEC = "sk_test_12345", "whsec_local"
AMOUNT = Money(4250, "EUR")
GOOD, THREE_D_SECURE, DECLINED = "4242424242424242", "4000002500003155", "4000000000000341"


class NoCallbacks:
    async def later(self, provider: str, event_id: str, body: bytes, due_at: int) -> None:
        raise AssertionError("nobody calls back here")


class Buyer:
    """What Stripe.js does in the buyer's browser, with the same SDK."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.http = stripe.AIOHTTPClient()
        self._client: Any = stripe.StripeClient(KEY, http_client=self.http, base_addresses={"api": url})

    async def confirm(self, intent: str, card: str) -> Any:
        v1 = self._client.v1
        number = {"number": card, "exp_month": 12, "exp_year": 2030, "cvc": "123"}
        method = await v1.payment_methods.create_async({"type": "card", "card": number})
        await v1.payment_intents.update_async(intent, {"payment_method": method.id})
        return await v1.payment_intents.confirm_async(intent)

    async def authenticate(self, intent: Any, *, success: bool) -> None:
        form = {"client_secret": intent.client_secret, "success": str(success).lower(), "key": "pk_test_1"}
        url = f"{self._url}/v1/payment_intents/{intent.id}/_authenticate"
        async with ClientSession() as http, http.post(url, data=form) as answer:
            assert answer.status == 200, await answer.text()


@pytest.fixture
async def local(tmp_path: Path) -> AsyncIterator[str]:
    """localstripe in a process of its own: it keeps its state in the folder it runs in."""
    port = unused_port()
    url = f"http://127.0.0.1:{port}"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "localstripe", "--port", str(port), "--from-scratch",
        cwd=tmp_path, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip

    async def answers() -> bool:
        assert process.returncode is None, "localstripe ended"
        try:
            async with ClientSession() as http, http.get(f"{url}/js.stripe.com/v3/") as answer:
                return answer.status == 200
        except ClientError:
            return False

    await until(answers, "localstripe answers", timeout_s=60)
    yield url
    process.terminate()
    await process.wait()


@pytest.fixture
async def gateway(local: str) -> AsyncIterator[StripeGateway]:
    setting = StripeSetting.parse(
        f"key={KEY};webhook={WHSEC};mode=intents;publishable=pk_test_1;methods=card;api={local}"
    )
    gateway = StripeGateway(setting, GatewayContext("https://shop.example", "s" * 32, SystemClock(), NoCallbacks()))
    yield gateway
    await gateway.close()


@pytest.fixture
async def buyer(local: str) -> AsyncIterator[Buyer]:
    buyer = Buyer(local)
    yield buyer
    await buyer.http.close_async()


async def begun(gateway: StripeGateway, number: int = 1) -> PaymentHandle:
    payment = PaymentRequest(f"pay_{number}", f"ord_{number}", "100001", AMOUNT, "https://shop.example/", None)
    start = await gateway.begin(payment)
    return PaymentHandle(payment.payment_id, start.reference, start.provider_payment, AMOUNT)


async def test_authorised_captured_and_given_back_in_parts(gateway: StripeGateway, buyer: Buyer) -> None:
    payment = await begun(gateway)
    assert (await gateway.inquire(payment)).outcome is None
    assert (await gateway.client_details(payment))["client_secret"].startswith("pi_")
    await buyer.confirm(payment.provider_payment or "", GOOD)
    assert (await gateway.inquire(payment)).outcome is Outcome.AUTHORIZED
    for _ in range(2):
        await gateway.capture(payment)
    state = await gateway.inquire(payment)
    assert (state.outcome, state.amount, state.refunded.amount_minor) == (Outcome.PAID, AMOUNT, 0)
    for name, amount in (("ref_1", 1000), ("ref_1", 1000), ("ref_2", 250)):
        await gateway.refund(
            RefundRequest("pay_1", "pay_1", Money(amount, "EUR"), "", name, provider_payment=payment.provider_payment)
        )
    assert (await gateway.inquire(payment)).refunded == Money(1250, "EUR")


async def test_three_d_secure(gateway: StripeGateway, buyer: Buyer) -> None:
    refused, proved = await begun(gateway, 1), await begun(gateway, 2)
    for payment, success in ((refused, False), (proved, True)):
        intent = await buyer.confirm(payment.provider_payment or "", THREE_D_SECURE)
        assert intent.status == "requires_action"
        assert (await gateway.inquire(payment)).outcome is None
        await buyer.authenticate(intent, success=success)
    assert (await gateway.inquire(refused)).outcome is None
    assert (await gateway.inquire(proved)).outcome is Outcome.AUTHORIZED


async def test_declined_and_released(gateway: StripeGateway, buyer: Buyer) -> None:
    declined, left = await begun(gateway, 1), await begun(gateway, 2)
    with pytest.raises(stripe.CardError):
        await buyer.confirm(declined.provider_payment or "", DECLINED)
    assert (await gateway.inquire(declined)).outcome is None
    await buyer.confirm(left.provider_payment or "", GOOD)
    for _ in range(2):
        await gateway.release(left)
    assert (await gateway.inquire(left)).outcome is Outcome.CLOSED


async def test_its_signed_webhooks_are_read(gateway: StripeGateway, buyer: Buyer, local: str) -> None:
    heard: list[PaymentEvent | None] = []

    async def receive(request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        heard.append(gateway.parse_webhook(headers, await request.read()))
        return web.Response()

    app = web.Application()
    app.router.add_post("/hook", receive)
    async with TestServer(app) as server, ClientSession() as http:
        hook = {"url": str(server.make_url("/hook")), "secret": WHSEC}
        async with http.post(f"{local}/_config/webhooks/one", json=hook) as answer:
            assert answer.status == 200
        payment = await begun(gateway)
        await buyer.confirm(payment.provider_payment or "", GOOD)
        await gateway.capture(payment)

        async def paid() -> list[PaymentEvent]:
            return [event for event in heard if event is not None and event.outcome is Outcome.PAID]

        event = (await until(paid, "the webhook says that it is paid", timeout_s=30))[0]
    assert (event.reference, event.amount, event.provider_payment) == ("pay_1", AMOUNT, payment.provider_payment)


async def test_unknown_payments_and_a_server_that_is_away(gateway: StripeGateway) -> None:
    with pytest.raises(PaymentNotFound):
        await gateway.inquire(PaymentHandle("pay_9", "pay_9", "pi_nobody", AMOUNT))
    setting = StripeSetting(KEY, (WHSEC,), api=f"http://127.0.0.1:{unused_port()}")
    away = StripeGateway(setting, GatewayContext("https://shop.example", "s" * 32, SystemClock(), NoCallbacks()))
    with pytest.raises(GatewayFailed):
        await begun(away)
    await away.close()
